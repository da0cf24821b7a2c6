/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rsc.h. The rules are those of NDIS, but stricter where it saves a change to
 * a header: acknowledgement, window and options are the same in all segments.
 */

#include <string.h>

#include "checksum.h"
#include "rsc.h"

#define TCP_FLAG_PSH 0x08u
#define TCP_FLAG_ACK 0x10u
#define IP_LEN_MAX 65535u

void
rsc_close(struct rsc *rsc)
{
	rsc->segments = 0;
}

/* A segment that carries data and no news about the connection. */
static bool
rsc_is_plain(const uint8_t *frame, const struct layout *l, size_t header_len)
{
	uint8_t flags = frame[l->transport + TCP_FLAGS_AT];

	return (flags & ~TCP_FLAG_PSH) == TCP_FLAG_ACK && header_len < l->end &&
	       header_len >= l->transport + TCP_HEADER_LEN &&
	       l->transport == l->ip + (l->ip_version == 4 ? IP4_HEADER_LEN : IP6_HEADER_LEN);
}

static void
rsc_open(struct rsc *rsc, uint8_t *frame, const struct layout *l, size_t header_len,
	 uint32_t tag)
{
	rsc->tag = tag;
	rsc->segments = 1;
	rsc->first = frame;
	rsc->header_len = header_len;
	rsc->ip = l->ip;
	rsc->tcp = l->transport;
	rsc->len = l->end;
	rsc->next_seq = get_be32(frame + l->transport + TCP_SEQ_AT) +
			(uint32_t)(l->end - header_len);
}

/* Whether bytes [from, to) of both headers are the same. */
static bool
rsc_same(const struct rsc *rsc, const uint8_t *frame, size_t from, size_t to)
{
	return memcmp(rsc->first + from, frame + from, to - from) == 0;
}

/* All of the IP header but length, identification and checksum. */
static bool
rsc_same_ip(const struct rsc *rsc, const uint8_t *frame, unsigned int ip_version)
{
	size_t ip = rsc->ip;

	if (ip_version == 6)
		return rsc_same(rsc, frame, 0, ip + IP6_LEN_AT) &&
		       rsc_same(rsc, frame, ip + IP6_PROTOCOL_AT, ip + IP6_HEADER_LEN);
	return rsc_same(rsc, frame, 0, ip + IP4_LEN_AT) &&
	       rsc_same(rsc, frame, ip + IP4_FRAGMENT_AT, ip + IP4_SUM_AT) &&
	       rsc_same(rsc, frame, ip + IP4_ADDRESSES_AT, ip + IP4_HEADER_LEN);
}

/* Ports; acknowledgement and header length; window; options. */
static bool
rsc_same_tcp(const struct rsc *rsc, const uint8_t *frame)
{
	size_t tcp = rsc->tcp;

	return rsc_same(rsc, frame, tcp, tcp + TCP_SEQ_AT) &&
	       rsc_same(rsc, frame, tcp + TCP_ACK_AT, tcp + TCP_FLAGS_AT) &&
	       rsc_same(rsc, frame, tcp + TCP_WINDOW_AT, tcp + TCP_SUM_AT) &&
	       rsc_same(rsc, frame, tcp + TCP_HEADER_LEN, rsc->header_len);
}

static bool
rsc_continues(const struct rsc *rsc, const uint8_t *frame, const struct layout *l,
	      size_t header_len)
{
	size_t payload = l->end - header_len;

	/* PSH says that the sender had no more; nothing is put behind it. */
	return rsc->segments > 0 && l->transport == rsc->tcp && header_len == rsc->header_len &&
	       get_be32(frame + l->transport + TCP_SEQ_AT) == rsc->next_seq &&
	       !(rsc->first[rsc->tcp + TCP_FLAGS_AT] & TCP_FLAG_PSH) &&
	       rsc->len - rsc->ip + payload <= IP_LEN_MAX &&
	       rsc_same_ip(rsc, frame, l->ip_version) && rsc_same_tcp(rsc, frame);
}

/* The headers speak for one segment more. Checksums are left as they were. */
static void
rsc_grow(struct rsc *rsc, const uint8_t *frame, const struct layout *l)
{
	size_t payload = l->end - rsc->header_len;
	uint8_t *ip = rsc->first + rsc->ip;

	rsc->segments++;
	rsc->len += payload;
	rsc->next_seq += (uint32_t)payload;
	if (l->ip_version == 4)
		put_be16(ip + IP4_LEN_AT, (uint32_t)(rsc->len - rsc->ip));
	else
		put_be16(ip + IP6_LEN_AT, (uint32_t)(rsc->len - rsc->ip - IP6_HEADER_LEN));
	rsc->first[rsc->tcp + TCP_FLAGS_AT] |= frame[l->transport + TCP_FLAGS_AT] & TCP_FLAG_PSH;
}

bool
rsc_add(struct rsc *rsc, uint8_t *frame, const struct layout *l, uint32_t tag)
{
	size_t header_len;

	if (l->transport == 0 || l->protocol != PROTOCOL_TCP || !l->has_len) {
		rsc_close(rsc);
		return false;
	}
	header_len = l->transport + (size_t)(frame[l->transport + TCP_DATA_OFFSET_AT] >> 4) * 4;
	if (!rsc_is_plain(frame, l, header_len)) {
		rsc_close(rsc);
		return false;
	}
	if (rsc->tag == tag && rsc_continues(rsc, frame, l, header_len)) {
		rsc_grow(rsc, frame, l);
		return true;
	}
	rsc_open(rsc, frame, l, header_len, tag);
	return false;
}
