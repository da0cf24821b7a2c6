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
#define TCP_CWR 0x80u

/* The field holds the pseudo header's sum; add what it lacks and the rest. */
static void
fill_transport_checksum(uint8_t *transport, size_t len, size_t field, uint32_t add)
{
	uint32_t sum = ~checksum_sum(transport, len, add) & 0xffff;

	/* 0 means "no checksum" in UDP; both say the same otherwise. */
	put_be16(transport + field, sum != 0 ? sum : 0xffff);
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

/* A large send being cut. */
struct large_send {
	const uint8_t *frame;
	size_t transport;
	size_t headers;			/* bytes before the payload */
	bool ipv6;
	uint8_t flags;
	uint32_t seq;
	uint16_t ip_id;
};

static bool
large_send_init(struct large_send *ls, const uint8_t *frame, size_t len,
		const struct rndis_packet *packet)
{
	const uint8_t *tcp;

	ls->frame = frame;
	ls->transport = packet->transport_offset;
	ls->ipv6 = packet->large_send_is_ipv6;
	if (packet->mss == 0 || ls->transport > len || len - ls->transport < 20 ||
	    ls->transport < ETHER_HDR_LEN + (ls->ipv6 ? 40u : 20u))
		return false;
	tcp = frame + ls->transport;
	ls->headers = ls->transport + (size_t)(tcp[TCP_DATA_OFFSET_AT] >> 4) * 4;
	if (ls->headers < ls->transport + 20 || ls->headers >= len)
		return false;
	ls->flags = tcp[TCP_FLAGS_AT];
	ls->seq = get_be32(tcp + TCP_SEQ_AT);
	ls->ip_id = (uint16_t)get_be16(frame + ETHER_HDR_LEN + IP4_ID_AT);
	return true;
}

/* Headers of segment number n, whose payload starts at done of the whole. */
static void
large_send_headers(const struct large_send *ls, uint8_t *out, size_t done, size_t payload,
		   unsigned int n, bool last)
{
	uint8_t *ip = out + ETHER_HDR_LEN, *tcp = out + ls->transport;
	size_t tcp_len = ls->headers - ls->transport + payload;
	uint32_t seq = ls->seq + (uint32_t)done;
	uint8_t flags = ls->flags;

	if (ls->ipv6) {
		put_be16(ip + IP6_LEN_AT, (uint32_t)(ls->headers + payload - ETHER_HDR_LEN -
						  IP6_HEADER_LEN));
	} else {
		put_be16(ip + IP4_LEN_AT, (uint32_t)(ls->headers + payload - ETHER_HDR_LEN));
		put_be16(ip + IP4_ID_AT, ls->ip_id + n);
		checksum_fill_ip4(ip);
	}
	put_be32(tcp + TCP_SEQ_AT, seq);
	if (!last)
		flags &= (uint8_t)~TCP_FIN_PSH;
	if (n > 0)
		flags &= (uint8_t)~TCP_CWR;
	tcp[TCP_FLAGS_AT] = flags;
	fill_transport_checksum(tcp, tcp_len, TCP_SUM_AT, (uint32_t)tcp_len);
}

unsigned int
segment_large_send(uint8_t *frame, size_t len, const struct rndis_packet *packet,
		   void (*emit)(void *ctx, uint8_t *frame, size_t len), void *ctx)
{
	static uint8_t out[FRAME_MAX];
	struct large_send ls;
	size_t done = 0, total, part;
	unsigned int n = 0;

	if (len > sizeof(out) || !large_send_init(&ls, frame, len, packet))
		return 0;
	total = len - ls.headers;
	for (; done < total; done += part, n++) {
		part = total - done < packet->mss ? total - done : packet->mss;
		memcpy(out, frame, ls.headers);
		memcpy(out + ls.headers, frame + ls.headers + done, part);
		large_send_headers(&ls, out, done, part, n, done + part == total);
		emit(ctx, out, ls.headers + part);
	}
	return n;
}
