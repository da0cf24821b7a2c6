/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See inspect.h.
 */

#include "checksum.h"
#include "inspect.h"

#define TYPE_AT 12u
#define TYPE_IP4 0x0800u
#define TYPE_IP6 0x86ddu
#define IP4_MORE_OR_OFFSET 0x3fffu
#define IP6_MORE_OR_OFFSET 0xfff9u
#define EXTENSION_UNIT 8u

/* IPv6 headers that stand before the transport header. */
enum {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_DESTINATION = 60,
};

static bool
inspect_is_extension(uint8_t protocol)
{
	return protocol == EXTENSION_HOP_BY_HOP || protocol == EXTENSION_ROUTING ||
	       protocol == EXTENSION_FRAGMENT || protocol == EXTENSION_DESTINATION;
}

/* The packet's own length: 0 for a large send, whose end is that of the frame. */
static void
inspect_set_end(struct layout *l, size_t ip_len, size_t len)
{
	l->has_len = ip_len >= l->ip_header_len && ip_len <= len - l->ip;
	l->end = l->has_len ? l->ip + ip_len : len;
}

static void
inspect_set_transport(struct layout *l, size_t at, uint8_t protocol)
{
	size_t least = protocol == PROTOCOL_TCP ? TCP_HEADER_LEN : UDP_HEADER_LEN;

	l->protocol = protocol;
	if (at <= UINT16_MAX && at <= l->end && l->end - at >= least)
		l->transport = (uint16_t)at;
}

static void
inspect_ip4(struct layout *l, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + l->ip;
	uint32_t fragment;

	if (len - l->ip < IP4_HEADER_LEN || ip[0] >> 4 != 4)
		return;
	l->ip_header_len = (uint16_t)((ip[0] & 0x0f) * 4);
	if (l->ip_header_len < IP4_HEADER_LEN || l->ip_header_len > len - l->ip)
		return;
	l->ip_version = 4;
	inspect_set_end(l, get_be16(ip + IP4_LEN_AT), len);
	fragment = get_be16(ip + IP4_FRAGMENT_AT) & IP4_MORE_OR_OFFSET;
	l->is_fragment = fragment != 0;
	inspect_set_transport(l, (size_t)l->ip + l->ip_header_len, ip[IP4_PROTOCOL_AT]);
}

/* Past one extension header; false if it is not all there. */
static bool
inspect_skip_extension(struct layout *l, const uint8_t *frame, size_t *at, uint8_t *protocol)
{
	const uint8_t *extension = frame + *at;
	size_t len;

	if (l->end < EXTENSION_UNIT || *at > l->end - EXTENSION_UNIT)
		return false;
	len = *protocol == EXTENSION_FRAGMENT ? EXTENSION_UNIT :
	      EXTENSION_UNIT * (extension[1] + 1u);
	if (*protocol == EXTENSION_FRAGMENT &&
	    (get_be16(extension + 2) & IP6_MORE_OR_OFFSET) != 0)
		l->is_fragment = true;
	l->is_routed |= *protocol == EXTENSION_ROUTING && extension[3] != 0;
	if (len > l->end - *at)
		return false;
	*protocol = extension[0];
	*at += len;
	return true;
}

static void
inspect_ip6(struct layout *l, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + l->ip;
	size_t at = (size_t)l->ip + IP6_HEADER_LEN;
	size_t payload;
	uint8_t protocol;

	if (len - l->ip < IP6_HEADER_LEN || ip[0] >> 4 != 6)
		return;
	l->ip_version = 6;
	l->ip_header_len = IP6_HEADER_LEN;
	payload = get_be16(ip + IP6_LEN_AT);
	inspect_set_end(l, payload != 0 ? payload + IP6_HEADER_LEN : 0, len);
	protocol = ip[IP6_PROTOCOL_AT];
	/* Each turn goes on by 8 bytes at least, within the packet. */
	while (inspect_is_extension(protocol) && !l->is_fragment)
		if (!inspect_skip_extension(l, frame, &at, &protocol))
			return;
	inspect_set_transport(l, at, protocol);
}

struct layout
inspect(const uint8_t *frame, size_t len)
{
	struct layout l = { .ip = ETHER_HDR_LEN, .end = len };

	if (len < ETHER_HDR_LEN)
		return l;
	if (get_be16(frame + TYPE_AT) == TYPE_IP4)
		inspect_ip4(&l, frame, len);
	else if (get_be16(frame + TYPE_AT) == TYPE_IP6)
		inspect_ip6(&l, frame, len);
	if (l.is_fragment)
		l.transport = 0;
	return l;
}
