/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See verify.h.
 */

#include "checksum.h"
#include "offload.h"
#include "rndis_packet.h"
#include "verify.h"

static bool
verify_wants(const struct layout *l, uint32_t offloads)
{
	bool ip4 = l->ip_version == 4;

	switch (l->protocol) {
	case PROTOCOL_TCP:
		return offloads & (ip4 ? OFFLOAD_RX_TCP4 : OFFLOAD_RX_TCP6);
	case PROTOCOL_UDP:
		return offloads & (ip4 ? OFFLOAD_RX_UDP4 : OFFLOAD_RX_UDP6);
	default:
		return false;
	}
}

static bool
verify_sum(const uint8_t *frame, const struct layout *l, size_t len)
{
	uint32_t sum = checksum_pseudo(frame + l->ip, l->ip_version, l->protocol, (uint32_t)len);

	return checksum_sum(frame + l->transport, len, sum) == CHECKSUM_GOOD;
}

static uint32_t
verify_tcp(const uint8_t *frame, const struct layout *l)
{
	return verify_sum(frame, l, l->end - l->transport) ? RX_CHECKSUM_TCP_GOOD :
	       RX_CHECKSUM_TCP_FAILED;
}

/* A datagram says its own length; without a checksum there is nothing to say in IPv4. */
static uint32_t
verify_udp(const uint8_t *frame, const struct layout *l)
{
	size_t len = get_be16(frame + l->transport + UDP_LEN_AT);

	if (get_be16(frame + l->transport + UDP_SUM_AT) == 0)
		return l->ip_version == 4 ? RX_CHECKSUM_UNKNOWN : RX_CHECKSUM_UDP_FAILED;
	if (len < UDP_HEADER_LEN || len > l->end - l->transport)
		return RX_CHECKSUM_UDP_FAILED;
	return verify_sum(frame, l, len) ? RX_CHECKSUM_UDP_GOOD : RX_CHECKSUM_UDP_FAILED;
}

static uint32_t
verify_ip(const uint8_t *frame, const struct layout *l)
{
	return checksum_sum(frame + l->ip, l->ip_header_len, 0) == CHECKSUM_GOOD ?
	       RX_CHECKSUM_IP_GOOD : RX_CHECKSUM_IP_FAILED;
}

/* Whether the transport header can be spoken of, and the guest wants that. */
static bool
verify_has_transport(const struct layout *l, uint32_t offloads)
{
	return l->transport != 0 && l->has_len && !l->is_routed && verify_wants(l, offloads);
}

static uint32_t
verify_network(const uint8_t *frame, const struct layout *l, uint32_t offloads)
{
	return l->ip_version == 4 && offloads & OFFLOAD_RX_IP4 ? verify_ip(frame, l) :
	       RX_CHECKSUM_UNKNOWN;
}

uint32_t
verify_checksums(const uint8_t *frame, const struct layout *l, uint32_t offloads)
{
	uint32_t found = verify_network(frame, l, offloads);

	if (!verify_has_transport(l, offloads))
		return found;
	return found | (l->protocol == PROTOCOL_TCP ? verify_tcp(frame, l) :
			verify_udp(frame, l));
}

uint32_t
verify_partial(const uint8_t *frame, const struct layout *l, uint32_t offloads)
{
	uint32_t found = verify_network(frame, l, offloads);

	if (!verify_has_transport(l, offloads))
		return found;
	return found | (l->protocol == PROTOCOL_TCP ?
			RX_CHECKSUM_TCP_GOOD | RX_CHECKSUM_TCP_STALE : RX_CHECKSUM_UDP_GOOD);
}
