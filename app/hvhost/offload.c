/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See offload.h.
 */

#include <stdbool.h>
#include <string.h>

#include "offload.h"
#include "rndis.h"
#include "wire.h"

#define OBJECT_OFFLOAD 0xa7u
#define OBJECT_DEFAULT 0x80u
#define ENCAPSULATION_8023 2u
#define PARAMS_LEN_MIN 20u

/* Where each offload is in NDIS_OFFLOAD_PARAMETERS, and its name as a setting. */
static const struct {
	uint8_t offset;
	uint32_t tx;
	uint32_t rx;			/* 0: on or off only */
	const char *name;
} offload_params[] = {
	{ 4, OFFLOAD_TX_IP4, OFFLOAD_RX_IP4, "*IPChecksumOffloadIPv4" },
	{ 5, OFFLOAD_TX_TCP4, OFFLOAD_RX_TCP4, "*TCPChecksumOffloadIPv4" },
	{ 6, OFFLOAD_TX_UDP4, OFFLOAD_RX_UDP4, "*UDPChecksumOffloadIPv4" },
	{ 7, OFFLOAD_TX_TCP6, OFFLOAD_RX_TCP6, "*TCPChecksumOffloadIPv6" },
	{ 8, OFFLOAD_TX_UDP6, OFFLOAD_RX_UDP6, "*UDPChecksumOffloadIPv6" },
	{ 11, OFFLOAD_LSO4, 0, "*LsoV2IPv4" },
	{ 12, OFFLOAD_LSO6, 0, "*LsoV2IPv6" },
	{ 22, OFFLOAD_RSC4, 0, "*RscIPv4" },
	{ 23, OFFLOAD_RSC6, 0, "*RscIPv6" },
};

#define OFFLOAD_PARAMS (sizeof(offload_params) / sizeof(offload_params[0]))

/* Bits of the flag words of NDIS_OFFLOAD. */
enum {
	FLAG_IP_OPTIONS = 0x001,
	FLAG_TCP_OPTIONS = 0x004,
	FLAG_TCP = 0x010,
	FLAG_UDP = 0x040,
	FLAG_IP = 0x100,
};

static void
offload_write_direction(struct wire *out, bool ip, bool tcp, bool udp)
{
	uint32_t flags = 0;

	if (ip)
		flags |= FLAG_IP | FLAG_IP_OPTIONS;
	if (tcp)
		flags |= FLAG_TCP | FLAG_TCP_OPTIONS;
	if (udp)
		flags |= FLAG_UDP;
	put32(out, flags != 0 ? ENCAPSULATION_8023 : 0);
	put32(out, flags);
}

static void
offload_write_zeros(struct wire *out, unsigned int words)
{
	while (words-- > 0)
		put32(out, 0);
}

static void
offload_write_lso(struct wire *out, bool on, const struct offload_limits *limits)
{
	put32(out, on ? ENCAPSULATION_8023 : 0);
	put32(out, on ? limits->payload_max : 0);
	put32(out, on ? limits->segments_min : 0);
}

void
offload_write(struct wire *out, uint8_t revision, uint32_t offloads,
	      const struct offload_limits *limits)
{
	static const uint16_t len[] = { 0, 112, 144, 156 };

	put8(out, OBJECT_OFFLOAD);
	put8(out, revision);
	put16(out, len[revision]);
	offload_write_direction(out, offloads & OFFLOAD_TX_IP4, offloads & OFFLOAD_TX_TCP4,
				offloads & OFFLOAD_TX_UDP4);
	offload_write_direction(out, offloads & OFFLOAD_RX_IP4, offloads & OFFLOAD_RX_TCP4,
				offloads & OFFLOAD_RX_UDP4);
	offload_write_direction(out, false, offloads & OFFLOAD_TX_TCP6,
				offloads & OFFLOAD_TX_UDP6);
	offload_write_direction(out, false, offloads & OFFLOAD_RX_TCP6,
				offloads & OFFLOAD_RX_UDP6);
	offload_write_zeros(out, 4 + 7);		/* LSO v1, IPsec v1 */
	offload_write_lso(out, offloads & OFFLOAD_LSO4, limits);
	offload_write_lso(out, offloads & OFFLOAD_LSO6, limits);
	put32(out, offloads & OFFLOAD_LSO6 ? FLAG_IP_OPTIONS | FLAG_TCP_OPTIONS : 0);
	put32(out, 0);					/* flags */
	if (revision >= 2)
		offload_write_zeros(out, 8);		/* IPsec v2 */
	if (revision >= 3) {
		put8(out, offloads & OFFLOAD_RSC4 ? 1 : 0);
		put8(out, offloads & OFFLOAD_RSC6 ? 1 : 0);
		put16(out, 0);
		offload_write_zeros(out, 2);		/* NVGRE */
	}
}

/* TX and RX on or off. */
static void
offload_apply(size_t row, bool tx, bool rx, uint32_t supported, uint32_t *offloads)
{
	*offloads &= ~(offload_params[row].tx | offload_params[row].rx);
	if (tx)
		*offloads |= offload_params[row].tx & supported;
	if (rx)
		*offloads |= offload_params[row].rx & supported;
}

/* Checksums: 1 off, 2 TX, 3 RX, 4 both. Others: 1 off, 2 on. Anything else: no change. */
static void
offload_apply_value(size_t row, uint8_t value, uint32_t supported, uint32_t *offloads)
{
	bool checksum = offload_params[row].rx != 0;

	if (value >= 1 && value <= (checksum ? 4 : 2))
		offload_apply(row, value == 2 || value == 4, value >= 3, supported, offloads);
}

uint32_t
offload_set(const uint8_t *params, size_t len, uint32_t supported, uint32_t *offloads)
{
	enum { LSO_V1 = 9, ON = 2 };
	struct wire in = wire_over(params, len);
	uint8_t type = get8(&in);
	uint8_t revision = get8(&in);
	uint16_t size = get16(&in);

	if (len < PARAMS_LEN_MIN || type != OBJECT_DEFAULT || revision < 1 ||
	    size < PARAMS_LEN_MIN || size > len)
		return RNDIS_STATUS_INVALID_DATA;
	if (params[LSO_V1] == ON)
		return RNDIS_STATUS_NOT_SUPPORTED;
	/* Older revisions end before the later fields. */
	for (size_t i = 0; i < OFFLOAD_PARAMS && offload_params[i].offset < size; i++)
		offload_apply_value(i, params[offload_params[i].offset], supported, offloads);
	return RNDIS_STATUS_SUCCESS;
}

void
offload_set_by_name(const char *name, uint32_t digit, uint32_t supported, uint32_t *offloads)
{
	for (size_t i = 0; i < OFFLOAD_PARAMS; i++) {
		bool checksum = offload_params[i].rx != 0;

		if (strcmp(name, offload_params[i].name) == 0)
			offload_apply(i, checksum ? digit & 1 : digit != 0, checksum && digit & 2,
				      supported, offloads);
	}
}

int
offload_parse(const char *text, uint32_t *offloads)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} names[] = {
		{ "none", 0 },
		{ "ip4", OFFLOAD_TX_IP4 | OFFLOAD_RX_IP4 },
		{ "tcp4", OFFLOAD_TX_TCP4 | OFFLOAD_RX_TCP4 },
		{ "udp4", OFFLOAD_TX_UDP4 | OFFLOAD_RX_UDP4 },
		{ "tcp6", OFFLOAD_TX_TCP6 | OFFLOAD_RX_TCP6 },
		{ "udp6", OFFLOAD_TX_UDP6 | OFFLOAD_RX_UDP6 },
		{ "lso4", OFFLOAD_LSO4 },
		{ "lso6", OFFLOAD_LSO6 },
		{ "rsc", OFFLOAD_RSC },
	};
	uint32_t found = 0;

	/* Each turn takes a name and the plus behind it off the text. */
	for (size_t len = 0, i; ; text += len + 1) {
		len = strcspn(text, "+");
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].name) == len && memcmp(names[i].name, text, len) == 0)
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			return -1;
		found |= names[i].bits;
		if (text[len] == '\0')
			break;
	}
	*offloads = found;
	return 0;
}
