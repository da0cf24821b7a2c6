/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See segment.h.
 */

#include <string.h>

#include "checksum.h"
#include "inspect.h"
#include "segment.h"

#define TCP_FIN_PSH 0x09u

/* The field holds the pseudo header's sum; add what it lacks and the rest. */
static void
fill_transport_checksum(uint8_t *transport, size_t len, size_t field, uint32_t add)
{
	uint32_t sum = ~checksum_sum(transport, len, add) & 0xffff;

	/* Both say the same; but 0 means "no checksum" in UDP, and is what others make it. */
	put_be16(transport + field, sum == 0 && field == UDP_SUM_AT ? 0xffff : sum);
}

void
segment_checksum(uint8_t *frame, const struct layout *layout, const struct rndis_packet *packet)
{
	size_t field = packet->checksum & TX_CHECKSUM_TCP ? TCP_SUM_AT : UDP_SUM_AT;
	size_t transport = packet->transport_offset;
	size_t end = layout->end;	/* padding of short frames does not belong to the sum */

	if (packet->checksum & TX_CHECKSUM_IP_HEADER && layout->ip_version == 4)
		checksum_fill_ip4(frame + layout->ip);
	if (!(packet->checksum & (TX_CHECKSUM_TCP | TX_CHECKSUM_UDP)))
		return;
	if (transport == 0)
		transport = ETHER_HDR_LEN + (packet->checksum & TX_CHECKSUM_IPV4 ?
					     IP4_HEADER_LEN : IP6_HEADER_LEN);
	if (transport <= end && end - transport >= field + 2)
		fill_transport_checksum(frame + transport, end - transport, field, 0);
}

void
segment_finish(uint8_t *frame, size_t len, const struct frame_work *work)
{
	if (work->sum_start <= len && len - work->sum_start >= work->sum_offset + 2u)
		fill_transport_checksum(frame + work->sum_start, len - work->sum_start,
					work->sum_offset, 0);
}

/* The length in an IP header of a packet of len bytes. */
static void
fill_ip_length(uint8_t *ip, bool is_ip6, size_t len)
{
	if (is_ip6)
		put_be16(ip + IP6_LEN_AT, (uint32_t)(len - IP6_HEADER_LEN));
	else
		put_be16(ip + IP4_LEN_AT, (uint32_t)len);
}

/* A large send being cut. */
struct large_send {
	const uint8_t *frame;
	const struct frame_work *work;
	size_t headers;			/* bytes before the payload */
	uint8_t flags;
	uint32_t seq;
	uint16_t ip_id;
};

static bool
large_send_init(struct large_send *ls, const uint8_t *frame, size_t len,
		const struct frame_work *work)
{
	size_t transport = work->sum_start;
	const uint8_t *tcp;

	ls->frame = frame;
	ls->work = work;
	if (work->mss == 0 || transport > len || len - transport < TCP_HEADER_LEN ||
	    transport < work->ip + (work->is_ip6 ? IP6_HEADER_LEN : IP4_HEADER_LEN))
		return false;
	tcp = frame + transport;
	ls->headers = transport + (size_t)(tcp[TCP_DATA_OFFSET_AT] >> 4) * 4;
	if (ls->headers < transport + TCP_HEADER_LEN || ls->headers >= len)
		return false;
	ls->flags = tcp[TCP_FLAGS_AT];
	ls->seq = get_be32(tcp + TCP_SEQ_AT);
	ls->ip_id = (uint16_t)get_be16(frame + work->ip + IP4_ID_AT);
	return true;
}

void
segment_complete_headers(uint8_t *frame, size_t len, const struct frame_work *work)
{
	uint8_t *ip = frame + work->ip, *tcp = frame + work->sum_start;
	struct large_send ls;

	if (!large_send_init(&ls, frame, len, work))
		return;
	fill_ip_length(ip, work->is_ip6, len - work->ip);
	if (!work->is_ip6)
		checksum_fill_ip4(ip);
	put_be16(tcp + TCP_SUM_AT, checksum_pseudo(ip, work->is_ip6 ? 6 : 4, PROTOCOL_TCP,
						   (uint32_t)(len - work->sum_start)));
}

/* Headers of segment number n, whose payload starts at done of the whole. */
static void
large_send_headers(const struct large_send *ls, uint8_t *out, size_t done, size_t payload,
		   unsigned int n, bool last)
{
	uint8_t *ip = out + ls->work->ip, *tcp = out + ls->work->sum_start;
	size_t tcp_len = ls->headers - ls->work->sum_start + payload;
	uint8_t flags = ls->flags;

	fill_ip_length(ip, ls->work->is_ip6, ls->headers + payload - ls->work->ip);
	if (!ls->work->is_ip6) {
		put_be16(ip + IP4_ID_AT, ls->ip_id + n);
		checksum_fill_ip4(ip);
	}
	put_be32(tcp + TCP_SEQ_AT, ls->seq + (uint32_t)done);
	if (!last)
		flags &= (uint8_t)~TCP_FIN_PSH;
	if (n > 0)
		flags &= (uint8_t)~TCP_CWR;
	tcp[TCP_FLAGS_AT] = flags;
	fill_transport_checksum(tcp, tcp_len, TCP_SUM_AT, (uint32_t)tcp_len);
}

unsigned int
segment_large_send(const uint8_t *frame, size_t len, const struct frame_work *work,
		   void (*emit)(void *ctx, uint8_t *frame, size_t len), void *ctx)
{
	static uint8_t out[FRAME_MAX];
	struct large_send ls;
	size_t done = 0, total, part;
	unsigned int n = 0;

	if (len > sizeof(out) || !large_send_init(&ls, frame, len, work))
		return 0;
	total = len - ls.headers;
	for (; done < total; done += part, n++) {
		part = total - done < work->mss ? total - done : work->mss;
		memcpy(out, frame, ls.headers);
		memcpy(out + ls.headers, frame + ls.headers + done, part);
		large_send_headers(&ls, out, done, part, n, done + part == total);
		emit(ctx, out, ls.headers + part);
	}
	return n;
}
