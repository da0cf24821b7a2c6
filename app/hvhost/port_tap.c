/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * TAP port: the Linux network stack at the other end of the cable.
 *
 * Linux may leave checksums and segmentation to this end. The port does both,
 * as a card at the other end of a real cable would: frames come up finished, in
 * the size of the wire. On demand it lets the unfinished through, either way.
 */

#include <errno.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checksum.h"
#include "gpa.h"
#include "inspect.h"
#include "keyvals.h"
#include "log.h"
#include "port.h"
#include "segment.h"
#include "tap.h"

#define TAP_MTU_MAX 65521u
/* A frame of the guest with its tag, and the header before it. */
#define TAP_PARTS_MAX (GPA_SEGMENTS_MAX + 4u)

struct tap {
	struct port port;
	bool vnet;			/* frames are behind a struct virtio_net_hdr */
	bool partial_rx;
	uint64_t send_errors;
	uint64_t large;
	uint64_t segments;
	uint64_t partial;
};

/* A frame that is not in its final place: it is too long for that, or has to be cut. */
static uint8_t tap_bytes[2 * FRAME_MAX];

/* Nobody listens: a cable without a card drops what is sent into it. */
static unsigned int
tap_drain(struct tap *tap, unsigned int budget)
{
	struct port_user *user = &tap->port.user;
	unsigned int n = 0;

	while (n < budget && read(tap->port.fd, tap_bytes, sizeof(tap_bytes)) > 0)
		n++;
	if (n > 0)
		user->dropped(user->ctx, n);
	return n;
}

/* What Linux has left to do in a frame of len bytes. */
static struct frame_work
tap_work(const struct virtio_net_hdr *hdr, const uint8_t *frame)
{
	bool tagged = get_be16(frame + 2 * ETHER_ADDR_LEN) == ETHER_TYPE_VLAN;
	bool partial = hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	return (struct frame_work){
		.ip = ETHER_HDR_LEN + (tagged ? ETHER_TAG_LEN : 0),
		.is_ip6 = (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV6,
		.sum_start = partial ? hdr->csum_start : 0,
		.sum_offset = hdr->csum_offset,
		.mss = hdr->gso_size,
	};
}

static void
tap_deliver_segment(void *ctx, uint8_t *frame, size_t len)
{
	struct tap *tap = ctx;
	struct iovec seg = { frame, len };

	port_user_deliver(&tap->port.user, &(struct frame){ &seg, 1, len });
}

/* A large send of len bytes in tap_bytes; how many frames it became. */
static unsigned int
tap_receive_large(struct tap *tap, const struct virtio_net_hdr *hdr, size_t len)
{
	struct frame_work work = tap_work(hdr, tap_bytes);
	unsigned int n = 0;

	tap->large++;
	/* The length, which Linux has put into the pseudo header's sum, does not belong there. */
	if (work.sum_offset == TCP_SUM_AT && work.ip + IP6_HEADER_LEN <= len &&
	    work.sum_start + TCP_HEADER_LEN <= len) {
		put_be16(tap_bytes + work.sum_start + TCP_SUM_AT,
			 checksum_pseudo(tap_bytes + work.ip, work.is_ip6 ? 6 : 4,
					 PROTOCOL_TCP, 0));
		n = segment_large_send(tap_bytes, len, &work, tap_deliver_segment, tap);
	}
	tap->segments += n;
	if (n == 0)
		tap->port.user.dropped(tap->port.user.ctx, 1);
	return n + (n == 0);
}

/* A frame of len bytes in its place, finished but perhaps for a checksum. */
static void
tap_commit(struct tap *tap, const struct virtio_net_hdr *hdr, uint8_t *frame, size_t len)
{
	struct port_user *user = &tap->port.user;
	struct frame_work work;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || len < ETHER_HDR_LEN) {
		user->commit(user->ctx, len);
		return;
	}
	tap->partial++;
	work = tap_work(hdr, frame);
	if (tap->partial_rx && user->commit_partial != NULL) {
		user->commit_partial(user->ctx, len, &work);
		return;
	}
	segment_finish(frame, len, &work);
	user->commit(user->ctx, len);
}

/* How many frames were handed up, or were too long; 0: there is none, or no room. */
static unsigned int
tap_receive(struct tap *tap)
{
	struct virtio_net_hdr hdr = { 0 };
	struct port_user *user = &tap->port.user;
	size_t room = 0, hdr_len = tap->vnet ? sizeof(hdr) : 0;
	uint8_t *frame = user->begin(user->ctx, &room);
	/* What finds no room goes to where it belongs if the rest is put before it. */
	struct iovec part[3] = {
		{ &hdr, hdr_len }, { frame, room },
		{ tap_bytes + room, sizeof(tap_bytes) - room },
	};
	ssize_t len;

	if (frame == NULL)
		return 0;
	len = readv(tap->port.fd, part, 3) - (ssize_t)hdr_len;
	if (len > 0 && (size_t)len <= room && hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		tap_commit(tap, &hdr, frame, (size_t)len);
		return 1;
	}
	if (len > 0 && hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		memcpy(tap_bytes, frame, (size_t)len < room ? (size_t)len : room);
	user->commit(user->ctx, 0);
	if (len <= 0)
		return 0;
	if (hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return tap_receive_large(tap, &hdr, (size_t)len);
	user->dropped(user->ctx, 1);
	return 1;
}

static unsigned int
tap_poll(struct port *port, unsigned int budget)
{
	struct tap *tap = (struct tap *)port;
	unsigned int n = 0, now = 1;

	if (!port->user.listens(port->user.ctx))
		return tap_drain(tap, budget);
	for (; n < budget && now > 0; n += now)
		now = tap_receive(tap);
	return n;
}

static bool
tap_write(struct tap *tap, const struct frame *frame, struct virtio_net_hdr *hdr)
{
	struct iovec part[TAP_PARTS_MAX] = { { hdr, tap->vnet ? sizeof(*hdr) : 0 } };

	if (frame->n < TAP_PARTS_MAX) {
		memcpy(part + 1, frame->seg, frame->n * sizeof(part[0]));
		if (writev(tap->port.fd, part, (int)frame->n + 1) ==
		    (ssize_t)(frame->len + part[0].iov_len))
			return true;
	}
	tap->send_errors++;
	return false;
}

static bool
tap_send(struct port *port, const struct frame *frame)
{
	struct virtio_net_hdr hdr = { 0 };

	return tap_write((struct tap *)port, frame, &hdr);
}

static bool
tap_send_partial(struct port *port, const struct frame *frame, const struct frame_work *work)
{
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = work->sum_start,
		.csum_offset = work->sum_offset,
	};
	uint8_t tcp[TCP_HEADER_LEN] = { 0 };

	if (work->mss != 0) {
		frame_copy(frame, work->sum_start, tcp, sizeof(tcp));
		hdr.gso_type = work->is_ip6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		if (tcp[TCP_FLAGS_AT] & TCP_CWR)
			hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		hdr.gso_size = work->mss;
		hdr.hdr_len = (uint16_t)(work->sum_start +
					 (tcp[TCP_DATA_OFFSET_AT] >> 4) * 4);
	}
	return tap_write((struct tap *)port, frame, &hdr);
}

static void
tap_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	free(port);
}

static uint64_t
tap_send_errors(const struct port *port)
{
	return ((const struct tap *)port)->send_errors;
}

static uint64_t
tap_large(const struct port *port)
{
	return ((const struct tap *)port)->large;
}

static uint64_t
tap_segments(const struct port *port)
{
	return ((const struct tap *)port)->segments;
}

static uint64_t
tap_partial(const struct port *port)
{
	return ((const struct tap *)port)->partial;
}

static const struct port_counter tap_counters[] = {
	{ "tap_send_errors", tap_send_errors },
	{ "tap_large", tap_large },
	{ "tap_segments", tap_segments },
	{ "tap_partial", tap_partial },
	{ NULL, NULL },
};

static const struct port_ops tap_ops = {
	.poll = tap_poll,
	.send = tap_send,
	.close = tap_close,
	.counters = tap_counters,
};

/* What the guest has left to the card is left to Linux. */
static const struct port_ops tap_partial_ops = {
	.poll = tap_poll,
	.send = tap_send,
	.send_partial = tap_send_partial,
	.close = tap_close,
	.counters = tap_counters,
};

/* "NAME[@NETNS]" */
static int
tap_parse_spec(struct tap_spec *spec, const char *arg, const struct port_env *env,
	       const char *option)
{
	size_t len = strcspn(arg, "@");

	spec->netns = arg[len] == '@' ? arg + len + 1 : NULL;
	spec->mtu = env->frame_len - ETHER_HDR_LEN;
	if (len == 0 || len >= sizeof(spec->name) ||
	    (spec->netns != NULL && strchr(spec->netns, '/') != NULL)) {
		log_usage("%s: port=tap:%s does not name an interface", option, arg);
		return -1;
	}
	if (spec->mtu > TAP_MTU_MAX) {
		log_usage("%s: the mtu of a TAP is %u at most", option, TAP_MTU_MAX);
		return -1;
	}
	snprintf(spec->name, sizeof(spec->name), "%.*s", (int)len, arg);
	return 0;
}

/* Both kinds of letting unfinished frames through need the header before the frame. */
static int
tap_start(struct tap *tap, const char *arg, struct tap_spec *spec, bool partial_tx)
{
	tap->port.fd = tap_open(spec);
	if (tap->port.fd < 0) {
		log_usage("cannot open port tap:%s: %s", arg, tap_reason(-tap->port.fd));
		return -1;
	}
	tap->vnet = spec->vnet;
	if (!tap->vnet && (partial_tx || tap->partial_rx)) {
		log_usage("port tap:%s: this needs vnet=yes, and a kernel that can do it", arg);
		close(tap->port.fd);
		return -1;
	}
	tap->port.ops = partial_tx ? &tap_partial_ops : &tap_ops;
	return 0;
}

struct port *
port_tap_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct tap_spec spec = { .vnet = true };
	bool partial_tx = false;
	struct tap *tap = calloc(1, sizeof(*tap));

	if (tap == NULL) {
		log_usage("no memory for a TAP port");
		return NULL;
	}
	if (keyvals_switch(kv, "vnet", &spec.vnet) != 0 ||
	    keyvals_switch(kv, "partial-rx", &tap->partial_rx) != 0 ||
	    keyvals_switch(kv, "partial-tx", &partial_tx) != 0 ||
	    tap_parse_spec(&spec, arg, env, kv->option) != 0 ||
	    tap_start(tap, arg, &spec, partial_tx) != 0) {
		free(tap);
		return NULL;
	}
	return &tap->port;
}
