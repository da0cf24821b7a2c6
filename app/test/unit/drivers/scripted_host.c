/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * See scripted_host.h. The script is script[] for NVSP and rndis_answer() for
 * RNDIS; the functions of the bus at the end lead there.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>

#include "nvsp.h"
#include "rndis.h"
#include "scripted_host.h"

#define RXBUF_LEN (1u << 20)
#define TXBUF_LEN (1u << 18)
#define QUEUE_MAX 256
#define PACKET_MAX 8192
#define ANSWER_MAX 256
#define INBOX_MAX 100
/* Transaction ids of the flood begin here. */
#define FLOOD_IDS (UINT64_C(1) << 40)

struct scripted_host host;
struct rte_vmbus_driver *scripted_driver;

static uint8_t rxbuf[RXBUF_LEN], txbuf[TXBUF_LEN];
static struct rte_vmbus_device device;
static struct scripted_packet {
	const void *chan;	/* that it is for */
	uint32_t len;
	uint8_t bytes[PACKET_MAX];
} queue[QUEUE_MAX];
static unsigned int queue_head, queue_count, rx_place;

/* What the host says late. */
static struct scripted_packet held[4];
static unsigned int held_count;

/* What the guest has said to a paused host. */
static struct {
	const void *chan;
	bool rndis;
	uint64_t id;
	uint8_t bytes[PACKET_MAX];
} inbox[INBOX_MAX];
static unsigned int inbox_count;
static uint32_t paused_looks;

static uint32_t flood_left;		/* packets of it before the first in the queue */
static uint64_t flood_returned;		/* packets of it that the guest has given back */

/* The channel that is spoken on. */
static const void *channel = &device;

void
scripted_reset(void)
{
	host = (struct scripted_host){
		.version = NVSP_VERSION_61,
		.piece_len = 1806,
		.piece_count = RXBUF_LEN / 1806,
		.sections = 1,
		.section_len = 6144,
		.max_packets = 8,
		.max_transfer = 0xefffffff,
		.alignment = 3,
		.mac = { 0x02, 0x15, 0x5d, 0, 0, 1 },
		.current_mac = { 0x02, 0x15, 0x5d, 0, 0, 1 },
		/* Revision 2, 18 bytes: Toeplitz, IPv4 and IPv6; 8 queues, 128 entries. */
		.rss_caps = { 0x88, 2, 18, 0, 1, 3, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 128, 0 },
		.rss_caps_len = 20,
		/* Revision 3: nothing on offer. */
		.offload_caps = { 0xa7, 3, 156, 0 },
		.offload_caps_len = 156,
	};
	queue_head = 0;
	queue_count = 0;
	rx_place = 0;
	held_count = 0;
	inbox_count = 0;
	paused_looks = 0;
	flood_left = 0;
	flood_returned = 0;
}

struct rte_vmbus_device *
scripted_device(void)
{
	device.region[VMBUS_MAP_RECV_BUF] = (struct vmbus_region){ rxbuf, RXBUF_LEN, 0xe1e10, 0, 0 };
	device.region[VMBUS_MAP_SEND_BUF] = (struct vmbus_region){ txbuf, TXBUF_LEN, 0xe1e11, 0, 0 };
	if (device.uio_fd == 0)
		device.uio_fd = eventfd(0, EFD_NONBLOCK);
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
	queue[at].chan = channel;
	host.word++;
	if (queue_count++ == 0)
		flood_left = host.flood;
}

static void
say_completion(uint64_t id, const void *nvsp, uint32_t len)
{
	uint8_t packet[256] = { 0 };
	struct vmbus_chanpkt_hdr hdr = {
		.type = VMBUS_CHANPKT_TYPE_COMP,
		.hlen = sizeof(hdr) / 8,
		.tlen = (uint16_t)((sizeof(hdr) + RTE_ALIGN_CEIL(len, 8u)) / 8),
		.xactid = id,
	};

	memcpy(packet, &hdr, sizeof(hdr));
	if (len != 0)
		memcpy(packet + sizeof(hdr), nvsp, len);
	scripted_push(packet, hdr.tlen * 8u);
}

struct rxbuf_packet {
	struct vmbus_chanpkt_rxbuf hdr;
	struct vmbus_rxbuf_range range;
	struct nvsp_rndis_pkt nvsp;
};

/* The message goes into the receive buffer, to a place of that number. */
static struct rxbuf_packet
rxbuf_packet(uint32_t channel_type, const void *message, uint32_t len, uint64_t id,
	     unsigned int place)
{
	struct rxbuf_packet packet = {
		.hdr.hdr.type = VMBUS_CHANPKT_TYPE_RXBUF,
		.hdr.hdr.hlen = (sizeof(packet.hdr) + sizeof(packet.range)) / 8,
		.hdr.hdr.tlen = sizeof(packet) / 8,
		.hdr.hdr.flags = VMBUS_CHANPKT_FLAG_RC,
		.hdr.hdr.xactid = id,
		.hdr.rxbuf_id = NVSP_RECV_BUF_ID,
		.hdr.rxbuf_cnt = 1,
		.range = { .len = len, .ofs = place * 2048 },
		.nvsp = { NVSP_TYPE_RNDIS_PKT, channel_type, NVSP_SECTION_NONE, 0 },
	};

	memcpy(rxbuf + packet.range.ofs, message, len);
	return packet;
}

void
scripted_push_rndis(uint32_t channel_type, const void *message, uint32_t len, uint64_t id)
{
	struct rxbuf_packet packet = rxbuf_packet(channel_type, message, len, id,
						  rx_place++ % 16);

	scripted_push(&packet, sizeof(packet));
}

/* Flood: more than the queue holds, so it is made when it is looked for. */

static bool
flood_is_next(const struct vmbus_channel *chan)
{
	return host.flood != 0 && host.filter != 0 &&
	       host.flooded - flood_returned < host.piece_count &&
	       chan == (const struct vmbus_channel *)&device &&
	       (queue_count == 0 || flood_left != 0);
}

static int
say_flood(void *data, uint32_t *len)
{
	const uint32_t message[26] = { RNDIS_PACKET, sizeof(message), 36, 60 };
	struct rxbuf_packet packet = rxbuf_packet(NVSP_CHANNEL_DATA, message, sizeof(message),
						  FLOOD_IDS + host.flooded, 16);

	if (sizeof(packet) > *len)
		abort();
	memcpy(data, &packet, sizeof(packet));
	*len = sizeof(packet);
	host.flooded++;
	flood_left -= flood_left != 0;
	return (int)sizeof(packet) + 8;
}

/* NVSP: a table of what is heard and what is said to it. */

static bool
faulty(enum scripted_fault fault)
{
	return host.fault == fault && host.heard == host.fault_at;
}

static void
say_init(uint64_t id, const uint32_t *msg)
{
	struct nvsp_init_complete answer = {
		.type = NVSP_TYPE_INIT_COMPLETE + (faulty(FAULT_TYPE) ? 1 : 0),
		.version = UINT32_MAX,
		.max_mdl_chain = 34,
		.status = msg[1] <= host.version && !faulty(FAULT_STATUS) ?
			  NVSP_STATUS_SUCCESS : NVSP_STATUS_NONE,
	};

	say_completion(id, &answer, faulty(FAULT_SHORT) ? 8 : sizeof(answer));
}

static void
say_recv_buf(uint64_t id, const uint32_t *msg)
{
	struct nvsp_recv_buf_complete answer = {
		.type = NVSP_TYPE_RECV_BUF_COMPLETE + (faulty(FAULT_TYPE) ? 1 : 0),
		.status = faulty(FAULT_STATUS) ? NVSP_STATUS_FAIL : NVSP_STATUS_SUCCESS,
		.sections = host.sections,
		.offset = host.piece_offset,
		.piece_len = host.piece_len,
		.piece_count = host.piece_count,
	};

	(void)msg;
	say_completion(id, &answer, faulty(FAULT_SHORT) ? 16 : sizeof(answer));
}

static void
say_send_buf(uint64_t id, const uint32_t *msg)
{
	struct nvsp_send_buf_complete answer = {
		.type = NVSP_TYPE_SEND_BUF_COMPLETE + (faulty(FAULT_TYPE) ? 1 : 0),
		.status = faulty(FAULT_STATUS) ? NVSP_STATUS_FAIL : NVSP_STATUS_SUCCESS,
		.section_len = host.section_len,
	};

	(void)msg;
	say_completion(id, &answer, faulty(FAULT_SHORT) ? 8 : sizeof(answer));
}

static void
say_subchannels(uint64_t id, const uint32_t *msg)
{
	struct nvsp_subchannel_complete answer = {
		.type = NVSP_TYPE_SUBCHANNEL + (faulty(FAULT_TYPE) ? 1 : 0),
		.status = host.refuse || faulty(FAULT_STATUS) ? NVSP_STATUS_FAIL :
								NVSP_STATUS_SUCCESS,
		.count = msg[1] == NVSP_SUBCHANNEL_ALLOCATE ? RTE_MIN(host.grant, msg[2]) : 0,
	};

	if (host.grant > SCRIPTED_OFFERS_MAX)
		answer.count = host.grant;	/* a liar */
	say_completion(id, &answer, faulty(FAULT_SHORT) ? 8 : sizeof(answer));
}

static const struct {
	uint32_t hears;
	void (*says)(uint64_t id, const uint32_t *msg);
} script[] = {
	{ NVSP_TYPE_INIT, say_init },
	{ NVSP_TYPE_RECV_BUF, say_recv_buf },
	{ NVSP_TYPE_SEND_BUF, say_send_buf },
	{ NVSP_TYPE_SUBCHANNEL, say_subchannels },
};

void
scripted_complete(uint64_t id, uint32_t status)
{
	struct nvsp_rndis_pkt_complete done = { NVSP_TYPE_RNDIS_PKT_COMPLETE, status };

	say_completion(id, &done, sizeof(done));
}

/* Frames of the guest, in a section or by their pages. */
static void
hear_frames(uint64_t id)
{
	host.sent[host.sent_count++ % RTE_DIM(host.sent)] = id;
	if (host.completes)
		scripted_complete(id, faulty(FAULT_STATUS) ? NVSP_STATUS_FAIL :
							     NVSP_STATUS_SUCCESS);
}

static bool
holds_frames(const void *nvsp)
{
	struct nvsp_rndis_pkt pkt;

	memcpy(&pkt, nvsp, sizeof(pkt));
	return pkt.type == NVSP_TYPE_RNDIS_PKT && pkt.channel_type == NVSP_CHANNEL_DATA;
}

static void
hear_nvsp(const void *nvsp, uint64_t id)
{
	uint32_t msg[8];
	unsigned int i;

	memcpy(msg, nvsp, sizeof(msg));
	host.last_nvsp = msg[0];
	if (msg[0] < RTE_DIM(host.nvsp_heard))
		host.nvsp_heard[msg[0]]++;
	if (msg[0] == NVSP_TYPE_NDIS_CONFIG)
		host.caps = msg[3];
	if (faulty(FAULT_SILENT))
		return;
	if (holds_frames(nvsp))
		hear_frames(id);
	for (i = 0; i < RTE_DIM(script); i++)
		if (script[i].hears == msg[0])
			script[i].says(id, msg);
}

/* RNDIS */

static uint32_t
answer_initialize(uint8_t *to, uint32_t id)
{
	struct rndis_initialize_cmplt answer = {
		.type = RNDIS_INITIALIZE_CMPLT,
		.len = sizeof(answer) + 8,	/* with the address list's fields */
		.request_id = id,
		.status = faulty(FAULT_STATUS) ? RNDIS_STATUS_INVALID_DATA : RNDIS_STATUS_SUCCESS,
		.max_packets = host.max_packets,
		.max_transfer = host.max_transfer,
		.alignment = host.alignment,
	};

	memset(to, 0, answer.len);
	memcpy(to, &answer, sizeof(answer));
	return answer.len;
}

/* What is answered to a QUERY; its length. */
static uint32_t
query_value(uint32_t oid, void *to)
{
	static const struct {
		uint32_t oid, value;
	} values[] = {
		{ 0x00010106, 1500 }, { 0x00010107, 100000000 }, { 0x00010114, 0 },
	};
	unsigned int i;

	if (oid == 0x01010101) {
		memcpy(to, host.mac, sizeof(host.mac));
		return sizeof(host.mac);
	}
	if (oid == 0x01010102) {
		memcpy(to, host.current_mac, sizeof(host.current_mac));
		return sizeof(host.current_mac);
	}
	if (oid == 0x01010104) {
		memcpy(to, &host.list_size, sizeof(host.list_size));
		return sizeof(host.list_size);
	}
	if (oid == 0x00010203) {
		memcpy(to, host.rss_caps, host.rss_caps_len);
		return host.rss_caps_len;
	}
	if (oid == 0xfc01020d) {
		memcpy(to, host.offload_caps, host.offload_caps_len);
		return host.offload_caps_len;
	}
	for (i = 0; i < RTE_DIM(values); i++)
		if (values[i].oid == oid)
			memcpy(to, &values[i].value, sizeof(values[i].value));
	return 4;
}

static uint32_t
oid_status(uint32_t oid)
{
	if (faulty(FAULT_STATUS))
		return RNDIS_STATUS_INVALID_DATA;
	return host.refused_oid == oid && oid != 0 ? host.refused_status : host.oid_status;
}

static uint32_t
answer_query(uint8_t *to, uint32_t id, uint32_t oid)
{
	struct rndis_query_cmplt answer = {
		.type = RNDIS_QUERY_CMPLT,
		.request_id = id,
		.status = oid_status(oid),
		.info_offset = 16,
	};

	memset(to, 0, ANSWER_MAX);
	answer.info_len = query_value(oid, to + sizeof(answer));
	answer.len = (uint32_t)sizeof(answer) + answer.info_len;
	memcpy(to, &answer, sizeof(answer));
	return answer.len;
}

static void
hear_set(const struct rndis_oid *req)
{
	struct scripted_set *set = &host.set[host.sets++ % RTE_DIM(host.set)];

	if (req->info_len > sizeof(set->bytes) || req->info_offset != 20)
		abort();
	set->oid = req->oid;
	set->len = req->info_len;
	memcpy(set->bytes, req + 1, req->info_len);
}

const struct scripted_set *
scripted_last_set(uint32_t n)
{
	if (n > host.sets || n > RTE_DIM(host.set))
		abort();
	return &host.set[(host.sets - n) % RTE_DIM(host.set)];
}

static uint32_t
answer_set(uint8_t *to, uint32_t id, const struct rndis_oid *req)
{
	struct rndis_cmplt answer = {
		.type = RNDIS_SET_CMPLT,
		.len = sizeof(answer),
		.request_id = id,
		.status = oid_status(req->oid),
	};

	hear_set(req);
	if (host.take_set != NULL && answer.status == RNDIS_STATUS_SUCCESS)
		host.take_set(scripted_last_set(1));
	if (req->oid == 0x0001010e)
		memcpy(&host.filter, req + 1, sizeof(host.filter));
	memcpy(to, &answer, sizeof(answer));
	return answer.len;
}

static void
rndis_answer(const void *message)
{
	uint8_t bytes[ANSWER_MAX];
	struct rndis_oid req;
	uint32_t len = 0;

	memcpy(&req, message, sizeof(req));
	req.request_id += host.request_id_off + (faulty(FAULT_WRONG_ID) ? 1 : 0);
	if (req.type == RNDIS_INITIALIZE)
		len = answer_initialize(bytes, req.request_id);
	else if (req.type == RNDIS_QUERY)
		len = answer_query(bytes, req.request_id, req.oid);
	else if (req.type == RNDIS_SET)
		len = answer_set(bytes, req.request_id, message);
	if (len == 0)
		return;
	if (faulty(FAULT_SHORT)) {
		len = 12;
		memcpy(bytes + 4, &len, sizeof(len));
	}
	if (faulty(FAULT_TYPE))
		bytes[0] ^= 1;
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, bytes, len, 1000 + host.heard);
}

static void
hear_rndis(uint64_t id, const void *message)
{
	if (faulty(FAULT_SILENT))
		return;
	if (host.answer_first)
		rndis_answer(message);
	if (!faulty(FAULT_UNCOMPLETED))
		scripted_complete(id, NVSP_STATUS_SUCCESS);
	if (!host.answer_first && !faulty(FAULT_UNANSWERED))
		rndis_answer(message);
}

/* What has just been said goes wrong on the way. */

static void
copy_said(unsigned int to, unsigned int from)
{
	queue[to % QUEUE_MAX] = queue[from % QUEUE_MAX];
}

static void
hold_back(unsigned int first)
{
	while (queue_count > first) {
		queue_count--;
		held[held_count++] = queue[(queue_head + queue_count) % QUEUE_MAX];
	}
}

/* The first was held last. */
static void
say_held(void)
{
	while (held_count != 0) {
		channel = held[--held_count].chan;
		scripted_push(held[held_count].bytes, held[held_count].len);
	}
}

static void
say_twice(unsigned int first)
{
	unsigned int i, last = queue_count;

	for (i = first; i < last; i++)
		scripted_push(queue[(queue_head + i) % QUEUE_MAX].bytes,
			      queue[(queue_head + i) % QUEUE_MAX].len);
}

/* A completion and an answer. */
static void
say_swapped(unsigned int first)
{
	if (queue_count - first != 2)
		return;
	copy_said(queue_head + queue_count, queue_head + first);
	copy_said(queue_head + first, queue_head + first + 1);
	copy_said(queue_head + first + 1, queue_head + queue_count);
}

/* What is heard is answered, and that may go wrong. */
static void
answer(const void *chan, bool rndis, const void *message, uint64_t id)
{
	unsigned int first;

	say_held();
	first = queue_count;
	channel = chan;
	if (rndis)
		hear_rndis(id, message);
	else
		hear_nvsp(message, id + (faulty(FAULT_WRONG_ID) ? 1 : 0));
	if (faulty(FAULT_LATE))
		hold_back(first);
	if (faulty(FAULT_TWICE))
		say_twice(first);
	if (faulty(FAULT_SWAPPED))
		say_swapped(first);
	channel = &device;
}

/* Pause */

void
scripted_pause(uint32_t looks)
{
	paused_looks = looks;
}

void
scripted_resume(void)
{
	unsigned int i, count = inbox_count;

	paused_looks = 0;
	inbox_count = 0;
	for (i = 0; i < count; i++)
		answer(inbox[i].chan, inbox[i].rndis, inbox[i].bytes, inbox[i].id);
}

static void
remember(const void *chan, bool rndis, const void *message, uint32_t len, uint64_t id)
{
	inbox[inbox_count].chan = chan;
	inbox[inbox_count].rndis = rndis;
	inbox[inbox_count].id = id;
	memcpy(inbox[inbox_count].bytes, message, len);
	inbox_count++;
}

/* The bus */

/* -EPROTO if this message cannot be sent, -EAGAIN if the ring is full. */
static int
hear(const void *chan, bool rndis, const void *message, uint32_t len, uint64_t id)
{
	if (inbox_count == INBOX_MAX)
		return -EAGAIN;
	host.heard++;
	if (host.heard < RTE_DIM(host.said))
		memcpy(host.said[host.heard], message, RTE_MIN(len, sizeof(host.said[0])));
	if (faulty(FAULT_GONE))
		host.gone = true;
	if (faulty(FAULT_SEND_FAILS))
		return -EPROTO;
	if (host.heard == host.pause_at)
		scripted_pause(host.pause_looks);
	if (paused_looks != 0)
		remember(chan, rndis, message, len, id);
	else if (!host.gone)
		answer(chan, rndis, message, id);
	return 0;
}

int
rte_vmbus_chan_open(struct rte_vmbus_device *dev, struct vmbus_channel **chan)
{
	*chan = (struct vmbus_channel *)dev;
	return 0;
}

int
rte_vmbus_chan_attach(struct rte_vmbus_device *dev, uint16_t index, struct vmbus_channel **chan)
{
	if (index != 0)
		return -ENOENT;
	return rte_vmbus_chan_open(dev, chan);
}

/* A subchannel is its place in the list of offers. */
int
rte_vmbus_subchan_open(struct vmbus_channel *primary, struct vmbus_channel **chan)
{
	(void)primary;
	if (host.open_error != 0)
		return host.open_error;
	if (host.opened == host.offer_count || host.looks++ < host.offer_after)
		return -ENOENT;
	host.looks = 0;
	*chan = (struct vmbus_channel *)&host.offer[host.opened++];
	return 0;
}

uint16_t
rte_vmbus_sub_channel_index(const struct vmbus_channel *chan)
{
	return chan == (const struct vmbus_channel *)&device ? 0 : *(const uint16_t *)chan;
}

void
rte_vmbus_chan_close(struct vmbus_channel *chan)
{
	host.closed += chan != NULL;
}

int
rte_vmbus_chan_send(struct vmbus_channel *chan, uint16_t type, const void *data, uint32_t dlen,
		    uint64_t xactid, uint32_t flags, bool *need_sig)
{
	(void)flags;
	*need_sig = true;
	if (type == VMBUS_CHANPKT_TYPE_COMP) {
		if (host.on_completion != NULL)
			host.on_completion();
		host.rx_astray += host.rx_completions++ != 0 && xactid != host.rx_completed + 1;
		host.rx_completed = xactid;
		flood_returned += xactid >= FLOOD_IDS;
		return 0;
	}
	if (dlen < 32)
		abort();	/* such a one would not be answered */
	return hear(chan, false, data, dlen, xactid);
}

int
rte_vmbus_chan_send_sglist(struct vmbus_channel *chan, const struct vmbus_gpa gpa[],
			   uint32_t gpacnt, const void *data, uint32_t dlen, uint64_t xactid,
			   bool *need_sig)
{
	/* Without hugepages DPDK's addresses are virtual ones: ours. */
	const void *message = (void *)(uintptr_t)(gpa->page * VMBUS_PAGE_SIZE + gpa->ofs);

	(void)dlen;
	*need_sig = true;
	if ((gpacnt != 1 && !holds_frames(data)) || gpa->ofs + gpa->len > VMBUS_PAGE_SIZE)
		abort();
	/* The host does not look into frames. */
	if (holds_frames(data))
		return hear(chan, false, data, dlen, xactid);
	return hear(chan, true, message, gpa->len, xactid);
}

/* As the bus: the descriptor tells what it is. */
int
rte_vmbus_chan_send_raw(struct vmbus_channel *chan, const struct vmbus_chanpkt_hdr *packet)
{
	const struct vmbus_chanpkt_sglist *sglist = (const void *)packet;
	const uint8_t *payload = (const uint8_t *)packet + packet->hlen * 8u;
	uint32_t len = (packet->tlen - packet->hlen) * 8u;
	bool staged;

	if (packet->type == VMBUS_CHANPKT_TYPE_GPA)
		return rte_vmbus_chan_send_sglist(chan, (const void *)(sglist + 1),
						  sglist->gpa_cnt, payload, len, packet->xactid,
						  &staged);
	return rte_vmbus_chan_send(chan, packet->type, payload, len, packet->xactid,
				   packet->flags, &staged);
}

void
rte_vmbus_chan_signal_tx(struct vmbus_channel *chan)
{
	(void)chan;
}

/* The first packet in the queue is for the channel, if any is. */
static bool
is_for(const struct vmbus_channel *chan)
{
	struct scripted_packet found;
	unsigned int i;

	for (i = 0; i < queue_count; i++)
		if (!host.tells_channels || queue[(queue_head + i) % QUEUE_MAX].chan == chan)
			break;
	if (i == queue_count)
		return false;
	found = queue[(queue_head + i) % QUEUE_MAX];
	for (; i != 0; i--)
		copy_said(queue_head + i, queue_head + i - 1);
	queue[queue_head] = found;
	return true;
}

int
rte_vmbus_chan_recv_raw(struct vmbus_channel *chan, void *data, uint32_t *len)
{
	uint32_t got;

	if (paused_looks != 0 && paused_looks != UINT32_MAX && --paused_looks == 0)
		scripted_resume();
	if (queue_count == 0 && host.chatter)
		say_completion(0, NULL, 0);
	if (flood_is_next(chan))
		return say_flood(data, len);
	if (!is_for(chan))
		return -EAGAIN;
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

bool
rte_vmbus_chan_recv_hint(const struct vmbus_channel *chan, uint32_t offset, uint32_t *word)
{
	if (!is_for(chan))
		return false;
	memcpy(word, queue[queue_head].bytes + offset, sizeof(*word));
	return true;
}

/* One at a time, if the next packet is a completion. */
uint32_t
rte_vmbus_chan_peek_comps(struct vmbus_channel *chan, struct vmbus_comp *comp, uint32_t max)
{
	struct vmbus_chanpkt_hdr hdr;

	if (max == 0 || flood_is_next(chan) || !is_for(chan))
		return 0;
	memcpy(&hdr, queue[queue_head].bytes, sizeof(hdr));
	if (hdr.type != VMBUS_CHANPKT_TYPE_COMP)
		return 0;
	memset(comp, 0, sizeof(*comp));
	comp->xactid = hdr.xactid;
	comp->payload_len = (hdr.tlen - hdr.hlen) * 8u;
	comp->ring_len = hdr.tlen * 8u + 8;
	memcpy(comp->payload, queue[queue_head].bytes + hdr.hlen * 8u,
	       comp->payload_len < 8 ? comp->payload_len : 8);
	return 1;
}

void
rte_vmbus_chan_skip(struct vmbus_channel *chan, uint32_t bytes)
{
	if (!is_for(chan) || bytes != queue[queue_head].len + 8)
		abort();
	queue_head = (queue_head + 1) % QUEUE_MAX;
	queue_count--;
}

void
rte_vmbus_chan_signal_read(struct vmbus_channel *chan, uint32_t bytes)
{
	(void)chan;
	(void)bytes;
}

bool
rte_vmbus_chan_rx_empty(const struct vmbus_channel *chan)
{
	return queue_count == 0 && !flood_is_next(chan);
}

bool
rte_vmbus_chan_tx_empty(const struct vmbus_channel *chan)
{
	(void)chan;
	host.tx_unread -= host.tx_unread != 0;
	return host.tx_unread == 0;
}

void
rte_vmbus_chan_irq_mask(struct vmbus_channel *chan)
{
	(void)chan;
	host.interrupts = false;
}

void
rte_vmbus_chan_irq_unmask(struct vmbus_channel *chan)
{
	(void)chan;
	if (host.on_unmask != NULL)
		host.on_unmask();
	host.interrupts = true;
}

volatile void *
rte_vmbus_chan_watch(struct vmbus_channel *chan, uint32_t *idle)
{
	(void)chan;
	*idle = host.word;
	return &host.word;
}

bool
rte_vmbus_subchan_interrupts(void)
{
	return !host.deaf_subchannels;
}

/* The device's event is an eventfd of the test's. */
int
rte_vmbus_irq_read(struct rte_vmbus_device *dev)
{
	uint64_t count;

	if (host.gone)
		return -EIO;
	return read(dev->uio_fd, &count, sizeof(count)) == sizeof(count) ? 1 : -EINTR;
}

bool
rte_vmbus_dev_is_gone(const struct rte_vmbus_device *dev)
{
	(void)dev;
	return host.gone;
}

void *
rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len)
{
	*len = dev->region[which].map_len;
	return dev->region[which].map;
}

/* The rest of it, for the whole driver. */

void
rte_vmbus_register(struct rte_vmbus_driver *driver)
{
	scripted_driver = driver;
}

int
rte_vmbus_map_device(struct rte_vmbus_device *dev)
{
	(void)dev;
	if (host.gone)
		return -ENODEV;
	(void)scripted_device();
	host.maps++;
	return 0;
}

/* What was on its way goes with the rings, and channels will be offered anew. */
void
rte_vmbus_unmap_device(struct rte_vmbus_device *dev)
{
	(void)dev;
	queue_count = 0;
	held_count = 0;
	inbox_count = 0;
	host.opened = 0;
	host.looks = 0;
	host.maps = 0;
}

void
rte_vmbus_dev_release(struct rte_vmbus_device *dev)
{
	(void)dev;
}

int
rte_vmbus_max_channels(const struct rte_vmbus_device *dev)
{
	(void)dev;
	return SCRIPTED_OFFERS_MAX;
}

void
rte_vmbus_set_latency(const struct rte_vmbus_device *dev, const struct vmbus_channel *chan,
		      uint32_t latency)
{
	(void)dev;
	(void)chan;
	(void)latency;
}
