/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stddef.h>
#include <string.h>

#include "limit.h"

/* Packets between two looks at what the guest has done. */
#define POLL_PACKETS 32u

static void
host_write_message(uint8_t *to, uint32_t section, uint32_t frame_len)
{
	uint32_t i;

	*(struct limit_message *)(void *)to = (struct limit_message){
		.type = 1,
		.len = (uint32_t)sizeof(struct limit_message) + frame_len,
		.data_offset = sizeof(struct limit_message) -
			       offsetof(struct limit_message, data_offset),
		.data_len = frame_len,
	};
	for (i = 0; i < frame_len; i++)
		to[sizeof(struct limit_message) + i] = (uint8_t)((section + i) % 251);
}

void
limit_host_init(struct limit_host *host, const struct limit_memory *memory, bool sends,
		uint32_t ranges, uint32_t frame_len)
{
	uint32_t i;

	memset(host, 0, sizeof(*host));
	host->sends = sends;
	host->ranges = ranges;
	host->frame_len = frame_len;
	host->section_len = frame_len < 1514 ? 1514 + LIMIT_RX_SECTION_EXTRA :
					       frame_len + LIMIT_RX_SECTION_EXTRA;
	host->sections = LIMIT_RXBUF_LEN / host->section_len;
	limit_end_init(&host->in, memory->in,
		       sends ? limit_xfer_len(ranges) : sizeof(struct limit_done));
	limit_end_init(&host->out, memory->out,
		       sends ? sizeof(struct limit_done) : sizeof(struct limit_send));
	for (i = 0; sends && i < host->sections; i++)
		host_write_message(memory->rxbuf + (size_t)i * host->section_len, i, frame_len);
	/* It polls all the time and needs no doorbell. */
	__atomic_store_n(&memory->out->mask, 1, __ATOMIC_RELEASE);
}

static void
host_write_packet(struct limit_host *host)
{
	struct limit_xfer *xfer = limit_end_at(&host->in);
	uint32_t i, head = (uint32_t)sizeof(*xfer) + host->ranges * 8;
	struct limit_nvsp *nvsp = (void *)&xfer->range[host->ranges];
	uint64_t trailer = (uint64_t)host->in.index << 32;

	xfer->desc = (struct limit_desc){ .type = 7, .head8 = (uint16_t)(head / 8),
					  .len8 = (uint16_t)((head + sizeof(*nvsp)) / 8),
					  .flags = 1, .xactid = host->next };
	xfer->set = 0xcafe;
	xfer->ranges = host->ranges;
	for (i = 0; i < host->ranges; i++) {
		xfer->range[i].len = (uint32_t)sizeof(struct limit_message) + host->frame_len;
		xfer->range[i].offset = host->next * host->section_len;
		host->next = host->next + 1 == host->sections ? 0 : host->next + 1;
	}
	*nvsp = (struct limit_nvsp){ .type = 107, .section = UINT32_MAX };
	memcpy(nvsp + 1, &trailer, sizeof(trailer));
	host->held += host->ranges;
	limit_end_step(&host->in);
}

/* What the guest has done with: it is done in the order in which it was sent. */
static void
host_take_completions(struct limit_host *host)
{
	while (limit_end_has_packet(&host->out)) {
		host->held -= host->ranges;
		limit_end_step(&host->out);
	}
	__atomic_store_n(&host->out.ring->read_index, host->out.index, __ATOMIC_RELEASE);
}

static uint32_t
host_send(struct limit_host *host)
{
	uint32_t n = 0;

	host_take_completions(host);
	while (n < POLL_PACKETS && host->held + host->ranges <= host->sections &&
	       limit_end_has_room(&host->in)) {
		host_write_packet(host);
		n++;
	}
	return n;
}

static uint32_t
host_take(struct limit_host *host)
{
	const struct limit_send *send;
	struct limit_done *done;
	uint32_t n = 0;

	while (n < POLL_PACKETS && limit_end_has_packet(&host->out)) {
		send = limit_end_at(&host->out);
		done = limit_end_at(&host->in);
		done->desc = (struct limit_desc){ .type = 11, .head8 = 2, .len8 = 3,
						  .xactid = send->desc.xactid };
		done->type = 108;
		done->status = 1;
		done->trailer = (uint64_t)host->in.index << 32;
		limit_end_step(&host->out);
		limit_end_step(&host->in);
		n++;
	}
	if (n != 0)
		__atomic_store_n(&host->out.ring->read_index, host->out.index, __ATOMIC_RELEASE);
	return n;
}

uint32_t
limit_host_poll(struct limit_host *host)
{
	uint32_t n = host->sends ? host_send(host) : host_take(host);

	/* Release: packets are written before the guest reads them. */
	if (n != 0)
		__atomic_store_n(&host->in.ring->write_index, host->in.index, __ATOMIC_RELEASE);
	return n;
}
