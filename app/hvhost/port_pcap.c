/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Pcap port: frames of a capture file go to the guest, those that the guest
 * sends are written to another.
 */

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "keyvals.h"
#include "log.h"
#include "pace.h"
#include "port.h"

#define PCAP_FLUSH_NS 100000000u

struct pcap_port {
	struct port port;
	struct pace pace;
	struct pace_delay delay;
	pcap_t *rx;			/* NULL: no file, or at its end */
	pcap_t *tx_handle;
	pcap_dumper_t *tx;
	uint64_t frames_read;
	uint64_t frames_cut;
	uint64_t frames_written;
	uint64_t flushed;		/* of frames_written */
	uint64_t flushed_ns;
};

static void
pcap_port_end_of_file(struct pcap_port *pp, int ret)
{
	if (ret == PCAP_ERROR)
		log_info("pcap port: %s", pcap_geterr(pp->rx));
	else
		log_info("pcap port: all %llu frames are with the guest",
			 (unsigned long long)pp->frames_read);
	pcap_close(pp->rx);
	pp->rx = NULL;
}

/* false: no room, or the end of the file. */
static bool
pcap_port_receive(struct pcap_port *pp)
{
	struct port_user *user = &pp->port.user;
	struct pcap_pkthdr *hdr;
	const u_char *bytes;
	uint8_t *frame;
	size_t room;
	int ret;

	frame = user->begin(user->ctx, &room);
	if (frame == NULL)
		return false;
	ret = pcap_next_ex(pp->rx, &hdr, &bytes);
	if (ret != 1) {
		user->commit(user->ctx, 0);
		pcap_port_end_of_file(pp, ret);
		return false;
	}
	pp->frames_read++;
	/* What is not whole in the file is not the frame that it was. */
	pp->frames_cut += hdr->caplen < hdr->len;
	if (hdr->caplen > room || hdr->caplen < hdr->len) {
		user->commit(user->ctx, 0);
		user->dropped(user->ctx, 1);
		return true;
	}
	memcpy(frame, bytes, hdr->caplen);
	user->commit(user->ctx, hdr->caplen);
	return true;
}

/* A reader of the file sees frames soon after they were sent. */
static void
pcap_port_flush(struct pcap_port *pp)
{
	uint64_t now;

	if (pp->flushed == pp->frames_written)
		return;
	now = pace_now_ns();
	if (now - pp->flushed_ns < PCAP_FLUSH_NS)
		return;
	pcap_dump_flush(pp->tx);
	pp->flushed = pp->frames_written;
	pp->flushed_ns = now;
}

static unsigned int
pcap_port_poll(struct port *port, unsigned int budget)
{
	struct pcap_port *pp = (struct pcap_port *)port;
	unsigned int due, n = 0;

	pcap_port_flush(pp);
	if (pp->rx == NULL ||
	    !pace_delay_is_over(&pp->delay, port->user.listens(port->user.ctx)))
		return 0;
	due = pace_allow(&pp->pace, budget);
	while (n < due && pp->rx != NULL && pcap_port_receive(pp))
		n++;
	pace_take(&pp->pace, n);
	return n;
}

static struct pace *
pcap_port_pace(struct port *port)
{
	return &((struct pcap_port *)port)->pace;
}

static bool
pcap_port_send(struct port *port, const struct frame *frame)
{
	static uint8_t bytes[FRAME_MAX];
	struct pcap_port *pp = (struct pcap_port *)port;
	struct pcap_pkthdr hdr = { 0 };

	if (pp->tx == NULL)
		return true;
	gettimeofday(&hdr.ts, NULL);
	hdr.caplen = (bpf_u_int32)frame_copy(frame, 0, bytes, sizeof(bytes));
	hdr.len = (bpf_u_int32)frame->len;
	pcap_dump((u_char *)pp->tx, &hdr, bytes);
	pp->frames_written++;
	return true;
}

static void
pcap_port_close(struct port *port)
{
	struct pcap_port *pp = (struct pcap_port *)port;

	if (pp->rx != NULL)
		pcap_close(pp->rx);
	if (pp->tx != NULL)
		pcap_dump_close(pp->tx);
	if (pp->tx_handle != NULL)
		pcap_close(pp->tx_handle);
	free(pp);
}

static uint64_t
pcap_port_read(const struct port *port)
{
	return ((const struct pcap_port *)port)->frames_read;
}

static uint64_t
pcap_port_cut(const struct port *port)
{
	return ((const struct pcap_port *)port)->frames_cut;
}

static uint64_t
pcap_port_written(const struct port *port)
{
	return ((const struct pcap_port *)port)->frames_written;
}

static const struct port_counter pcap_counters[] = {
	{ "pcap_read", pcap_port_read },
	{ "pcap_cut", pcap_port_cut },
	{ "pcap_written", pcap_port_written },
	{ NULL, NULL },
};

static const struct port_ops pcap_ops = {
	.poll = pcap_port_poll,
	.send = pcap_port_send,
	.pace = pcap_port_pace,
	.close = pcap_port_close,
	.counters = pcap_counters,
};

static int
pcap_port_open_rx(struct pcap_port *pp, const char *file)
{
	char error[PCAP_ERRBUF_SIZE];

	pp->rx = pcap_open_offline(file, error);
	if (pp->rx == NULL) {
		log_usage("port pcap: %s", error);
		return -1;
	}
	if (pcap_datalink(pp->rx) != DLT_EN10MB) {
		log_usage("port pcap: %s holds no Ethernet frames", file);
		return -1;
	}
	return 0;
}

static int
pcap_port_open_tx(struct pcap_port *pp, const char *file)
{
	pp->tx_handle = pcap_open_dead(DLT_EN10MB, FRAME_MAX);
	if (pp->tx_handle == NULL) {
		log_usage("no memory for a pcap port");
		return -1;
	}
	pp->tx = pcap_dump_open(pp->tx_handle, file);
	if (pp->tx == NULL) {
		log_usage("port pcap: %s", pcap_geterr(pp->tx_handle));
		return -1;
	}
	return 0;
}

struct port *
port_pcap_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	const char *rx = keyvals_take(kv, "rx");
	const char *tx = keyvals_take(kv, "tx");
	struct pcap_port *pp;

	(void)arg;
	(void)env;
	pp = calloc(1, sizeof(*pp));
	if (pp == NULL) {
		log_usage("no memory for a pcap port");
		return NULL;
	}
	pp->port.ops = &pcap_ops;
	pp->port.fd = -1;
	if (keyvals_number(kv, "rate", 0, PACE_RATE_MAX, &pp->pace.rate) != 0 ||
	    keyvals_number(kv, "delay", 0, 3600000, &pp->delay.delay_ms) != 0 ||
	    (rx != NULL && pcap_port_open_rx(pp, rx) != 0) ||
	    (tx != NULL && pcap_port_open_tx(pp, tx) != 0)) {
		pcap_port_close(&pp->port);
		return NULL;
	}
	return &pp->port;
}
