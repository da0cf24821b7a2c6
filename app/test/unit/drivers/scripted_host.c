/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * See scripted_host.h. The script is script[] for NVSP and rndis_script[] for
 * RNDIS; the functions of the bus at the end lead there.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "hn_test.h"
#include "scripted_host.h"

#define RXBUF_LEN (1u << 20)
#define TXBUF_LEN (1u << 18)
#define QUEUE_MAX 256
#define PACKET_MAX 8192

struct scripted_host host;

static uint8_t rxbuf[RXBUF_LEN], txbuf[TXBUF_LEN];
static struct rte_vmbus_device device;
static struct {
	uint32_t len;
	uint8_t bytes[PACKET_MAX];
} queue[QUEUE_MAX];
static unsigned int queue_head, queue_count, rx_place;

void
scripted_reset(void)
{
	host = (struct scripted_host){
		.version = 0x00060001,
		.piece_len = 1806,
		.piece_count = RXBUF_LEN / 1806,
		.sections = 1,
		.section_len = 6144,
		.max_packets = 8,
		.max_transfer = 0xefffffff,
		.alignment = 3,
		.mac = { 0x02, 0x15, 0x5d, 0, 0, 1 },
	};
	queue_head = 0;
	queue_count = 0;
	rx_place = 0;
}

struct rte_vmbus_device *
scripted_device(void)
{
	device.region[VMBUS_MAP_RECV_BUF] =
		(struct vmbus_region){ rxbuf, RXBUF_LEN, 0xe1e10, 0, 0 };
	device.region[VMBUS_MAP_SEND_BUF] =
		(struct vmbus_region){ txbuf, TXBUF_LEN, 0xe1e11, 0, 0 };
	return &device;
}

uint8_t *
scripted_rxbuf(void)
{
	return rxbuf;
}

/* Saying */

void
scripted_push(const void *packet, uint32_t len)
{
	unsigned int at = (queue_head + queue_count) % QUEUE_MAX;

	if (queue_count == QUEUE_MAX || len > PACKET_MAX)
		abort();
	memcpy(queue[at].bytes, packet, len);
	queue[at].len = len;
	queue_count++;
}

/* VMBus packet types, and the descriptor: lengths count 8 bytes. */
#define PACKET_INBAND 6
#define PACKET_XFER 7
#define PACKET_GPA 9
#define PACKET_COMPLETION 11

static void
put_descriptor(uint8_t *packet, uint16_t type, uint32_t hlen, uint32_t tlen, uint32_t flags,
	       uint64_t id)
{
	put32(packet, type | hlen / 8 << 16);
	put32(packet + 4, tlen / 8 | flags << 16);
	put32(packet + 8, (uint32_t)id);
	put32(packet + 12, (uint32_t)(id >> 32));
}

static void
say_completion(uint64_t id, const void *nvsp, uint32_t len)
{
	uint8_t packet[256] = { 0 };
	uint32_t tlen = 16 + RTE_ALIGN_CEIL(len, 8u);

	put_descriptor(packet, PACKET_COMPLETION, 16, tlen, 0, id);
	if (len != 0)
		memcpy(packet + 16, nvsp, len);
	scripted_push(packet, tlen);
}

void
scripted_push_rndis(uint32_t channel_type, const void *message, uint32_t len, uint64_t id)
{
	uint32_t place = rx_place++ % 16 * 2048;
	uint8_t packet[48] = { 0 };

	put_descriptor(packet, PACKET_XFER, 32, sizeof(packet), 1, id);
	put32(packet + 16, 0xcafe);
	put32(packet + 20, 1);			/* ranges: this one */
	put32(packet + 24, len);
	put32(packet + 28, place);
	put32(packet + 32, 107);		/* NVSP RNDIS_PKT in no section */
	put32(packet + 36, channel_type);
	put32(packet + 40, 0xffffffff);
	memcpy(rxbuf + place, message, len);
	scripted_push(packet, sizeof(packet));
}

/* NVSP: a table of what is heard and what is said to it. */

static bool
faulty(enum scripted_fault fault)
{
	return host.fault == fault && host.heard == host.fault_at;
}

static void
say_init(uint64_t id, const uint8_t *msg)
{
	bool taken = get32(msg + 4) <= host.version && !faulty(FAULT_STATUS);
	uint8_t answer[16];

	put32(answer, faulty(FAULT_TYPE) ? 3 : 2);
	put32(answer + 4, 0xffffffff);		/* historical */
	put32(answer + 8, 34);
	put32(answer + 12, taken ? 1 : 0);
	say_completion(id, answer, faulty(FAULT_SHORT) ? 8 : sizeof(answer));
}

static void
say_recv_buf(uint64_t id, const uint8_t *msg __rte_unused)
{
	uint8_t answer[28];

	put32(answer, faulty(FAULT_TYPE) ? 103 : 102);
	put32(answer + 4, faulty(FAULT_STATUS) ? 2 : 1);
	put32(answer + 8, host.sections);
	put32(answer + 12, host.piece_offset);
	put32(answer + 16, host.piece_len);
	put32(answer + 20, host.piece_count);
	put32(answer + 24, host.piece_len * host.piece_count);
	say_completion(id, answer, faulty(FAULT_SHORT) ? 16 : sizeof(answer));
}

static void
say_send_buf(uint64_t id, const uint8_t *msg __rte_unused)
{
	uint8_t answer[12];

	put32(answer, faulty(FAULT_TYPE) ? 106 : 105);
	put32(answer + 4, faulty(FAULT_STATUS) ? 2 : 1);
	put32(answer + 8, host.section_len);
	say_completion(id, answer, faulty(FAULT_SHORT) ? 8 : sizeof(answer));
}

static const struct {
	uint32_t hears;
	void (*says)(uint64_t id, const uint8_t *msg);
} script[] = {
	{ 1, say_init },
	{ 101, say_recv_buf },
	{ 104, say_send_buf },
};

static void
hear_nvsp(const uint8_t *msg, uint64_t id)
{
	uint32_t type = get32(msg);
	unsigned int i;

	host.last_nvsp = type;
	if (type < RTE_DIM(host.nvsp_heard))
		host.nvsp_heard[type]++;
	if (faulty(FAULT_SILENT))
		return;
	for (i = 0; i < RTE_DIM(script); i++)
		if (script[i].hears == type)
			script[i].says(id, msg);
}

/* RNDIS. Offsets inside a message count from its byte 8. */

#define STATUS_INVALID_DATA 0xc0010015u
#define STATUS_NOT_SUPPORTED 0xc00000bbu

static uint32_t
rndis_status(uint32_t otherwise)
{
	return faulty(FAULT_STATUS) ? STATUS_INVALID_DATA : otherwise;
}

static uint32_t
answer_initialize(uint8_t *to, const uint8_t *req __rte_unused)
{
	put32(to + 12, rndis_status(0));
	put32(to + 16, 1);
	put32(to + 24, 1);			/* connectionless */
	put32(to + 32, host.max_packets);
	put32(to + 36, host.max_transfer);
	put32(to + 40, host.alignment);
	return 52;				/* with the address list's fields */
}

/* What the OIDs of four bytes say. */
static const struct {
	uint32_t oid;
	uint32_t value;
} values[] = {
	{ 0x00010106, 1500 },			/* largest frame, without header */
	{ 0x00010107, 100000000 },		/* link speed, 100 bit/s */
	{ 0x00010114, 0 },			/* connected */
};

static uint32_t
answer_query(uint8_t *to, const uint8_t *req)
{
	uint32_t oid = get32(req + 12), info_len = 4;
	unsigned int i;

	for (i = 0; i < RTE_DIM(values); i++)
		if (values[i].oid == oid)
			put32(to + 24, values[i].value);
	if (oid == 0x01010101) {
		info_len = sizeof(host.mac);
		memcpy(to + 24, host.mac, info_len);
	}
	if (oid == 0xfc01020d) {
		info_len = host.offload_len;
		memcpy(to + 24, host.offload, info_len);
	}
	put32(to + 12, rndis_status(info_len != 0 ? host.oid_status : STATUS_NOT_SUPPORTED));
	put32(to + 16, info_len);
	put32(to + 20, 16);
	return 24 + RTE_ALIGN_CEIL(info_len, 8u);
}

static uint32_t
answer_set(uint8_t *to, const uint8_t *req)
{
	if (get32(req + 12) == 0x0001010e)
		host.filter = get32(req + 8 + get32(req + 20));
	put32(to + 12, rndis_status(host.oid_status));
	return 16;
}

static const struct {
	uint32_t hears;
	uint32_t (*says)(uint8_t *to, const uint8_t *req);
} rndis_script[] = {
	{ 2, answer_initialize },
	{ 4, answer_query },
	{ 5, answer_set },
};

static void
rndis_answer(const uint8_t *req)
{
	uint8_t bytes[256] = { 0 };
	uint32_t len = 0, type = get32(req);
	unsigned int i;

	for (i = 0; i < RTE_DIM(rndis_script); i++)
		if (rndis_script[i].hears == type)
			len = rndis_script[i].says(bytes, req);
	if (len == 0)
		return;
	if (faulty(FAULT_SHORT))
		len = 12;
	put32(bytes, (type | 0x80000000u) ^ (faulty(FAULT_TYPE) ? 1 : 0));
	put32(bytes + 4, len);
	put32(bytes + 8, get32(req + 8) + host.request_id_off);
	scripted_push_rndis(1, bytes, len, 1000 + host.heard);
}

static void
hear_rndis(uint64_t id, const uint8_t *message)
{
	uint8_t done[8];

	if (faulty(FAULT_SILENT))
		return;
	put32(done, 108);
	put32(done + 4, 1);
	if (host.answer_first)
		rndis_answer(message);
	say_completion(id, done, sizeof(done));
	if (!host.answer_first)
		rndis_answer(message);
}

/* The bus */

/* Counts what the guest says: -EPROTO if this one cannot be sent. */
static int
hear(void)
{
	host.heard++;
	if (faulty(FAULT_GONE))
		host.gone = true;
	return faulty(FAULT_SEND_FAILS) ? -EPROTO : 0;
}

/* Where the next packet is remembered; beyond SCRIPTED_LOG_MAX none is. */
static struct scripted_packet *
remember(uint16_t type, const void *nvsp, uint32_t len, uint64_t xactid, uint32_t flags)
{
	static struct scripted_packet beyond;
	struct scripted_packet *packet = &beyond;

	if (len > sizeof(packet->nvsp))
		abort();
	if (host.log_count < SCRIPTED_LOG_MAX)
		packet = &host.log[host.log_count++];
	*packet = (struct scripted_packet){
		.type = type, .flags = flags, .xactid = xactid, .nvsp_len = len,
	};
	memcpy(packet->nvsp, nvsp, len);
	return packet;
}

int
rte_vmbus_chan_open(struct rte_vmbus_device *dev, struct vmbus_channel **chan)
{
	*chan = (struct vmbus_channel *)dev;
	return 0;
}

void
rte_vmbus_chan_close(struct vmbus_channel *chan)
{
	(void)chan;
}

int
rte_vmbus_chan_send(struct vmbus_channel *chan, uint16_t type, const void *data, uint32_t dlen,
		    uint64_t xactid, uint32_t flags, bool *need_sig)
{
	(void)chan;
	*need_sig = true;
	remember(type, data, dlen, xactid, flags);
	if (type == PACKET_COMPLETION) {
		host.rx_completions++;
		return 0;
	}
	if (dlen < 32)
		abort();	/* such a one would not be answered */
	if (hear() < 0)
		return -EPROTO;
	if (!host.gone)
		hear_nvsp(data, xactid);
	return 0;
}

int
rte_vmbus_chan_send_sglist(struct vmbus_channel *chan, const struct vmbus_gpa gpa[],
			   uint32_t gpacnt, const void *data, uint32_t dlen, uint64_t xactid,
			   bool *need_sig)
{
	struct scripted_packet *packet;
	uint8_t *message;

	(void)chan;
	*need_sig = true;
	if (gpacnt != 1 || gpa->ofs + gpa->len > VMBUS_PAGE_SIZE || dlen < 32)
		abort();
	/* Without hugepages DPDK's addresses are virtual ones: ours. */
	message = (uint8_t *)(uintptr_t)(gpa->page * VMBUS_PAGE_SIZE + gpa->ofs);
	packet = remember(PACKET_GPA, data, dlen, xactid, VMBUS_CHANPKT_FLAG_RC);
	packet->rndis_len = gpa->len;
	memcpy(packet->rndis, message, RTE_MIN(gpa->len, (uint32_t)sizeof(packet->rndis)));
	if (hear() < 0)
		return -EPROTO;
	if (!host.gone)
		hear_rndis(xactid, message);
	return 0;
}

void
rte_vmbus_chan_signal_tx(struct vmbus_channel *chan)
{
	(void)chan;
}

int
rte_vmbus_chan_recv_raw(struct vmbus_channel *chan, void *data, uint32_t *len)
{
	uint32_t got;

	(void)chan;
	if (queue_count == 0 && host.chatter)
		say_completion(0, NULL, 0);
	if (queue_count == 0)
		return -EAGAIN;
	if (host.stall_ms != 0) {
		rte_delay_us_sleep(host.stall_ms * 1000);
		host.stall_ms = 0;
		return -EAGAIN;		/* it came just behind the look */
	}
	got = queue[queue_head].len;
	if (got > *len) {
		*len = got;
		return -ENOBUFS;
	}
	memcpy(data, queue[queue_head].bytes, got);
	*len = got;
	queue_head = (queue_head + 1) % QUEUE_MAX;
	queue_count--;
	return (int)got + 8;
}

void
rte_vmbus_chan_signal_read(struct vmbus_channel *chan, uint32_t bytes)
{
	(void)chan;
	(void)bytes;
}

bool
rte_vmbus_dev_is_gone(const struct rte_vmbus_device *dev)
{
	(void)dev;
	return host.gone;
}
