/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See oid.h. One row of the table per object.
 */

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "offload.h"
#include "oid.h"
#include "rndis.h"
#include "rss.h"
#include "rules.h"
#include "wire.h"

#define LINK_SPEED_UNIT 100u		/* bit/s */
#define BUFFER_SPACE 262144u
#define VENDOR_ID 0x0000155du
#define DRIVER_VERSION 0x0100u
#define FRIENDLY_NAME_LEN 512u
/* copy lookahead, no pend, no loopback, 802.1p, 802.1Q */
#define MAC_OPTIONS 0x24du
#define OBJECT_DEFAULT 0x80u
#define OBJECT_ENCAPSULATION 0xa8u
#define ENCAPSULATION_8023 2u
#define ETHER_ENCAPSULATION_LEN 14u

struct oid_entry;

typedef uint32_t oid_query_fn(struct rndis *rndis, const struct oid_entry *entry,
			      struct wire *out);
typedef uint32_t oid_set_fn(struct rndis *rndis, const uint8_t *value, size_t len);

struct oid_entry {
	uint32_t oid;
	const char *name;
	oid_query_fn *query;
	uint32_t constant;		/* for query_constant */
	oid_set_fn *set;
	bool since_630;			/* of NDIS; else in the list of 6.0 already */
};

static uint32_t
query_constant(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)rndis;
	put32(out, entry->constant);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_constant16(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)rndis;
	put16(out, (uint16_t)entry->constant);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_frame_size(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put32(out, rndis->frame_len - ETHER_HDR_LEN);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_total_size(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put32(out, rndis->frame_len);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_link_speed(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	uint64_t units = rndis->link_bps / LINK_SPEED_UNIT;

	(void)entry;
	put32(out, units < UINT32_MAX ? (uint32_t)units : UINT32_MAX);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_max_link_speed(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put64(out, rndis->link_bps);
	put64(out, rndis->link_bps);
	return RNDIS_STATUS_SUCCESS;
}

static bool
oid_link_is_up(const struct rndis *rndis)
{
	return rndis->link_up || rndis->profile->always_connected;
}

static uint32_t
query_media_status(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put32(out, oid_link_is_up(rndis) ? 0 : 1);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_link_state(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put8(out, OBJECT_DEFAULT);
	put8(out, 1);
	put16(out, 40);
	put32(out, oid_link_is_up(rndis) ? 1 : 2);
	put32(out, 0);			/* duplex unknown */
	put32(out, 0);
	put64(out, rndis->link_bps);
	put64(out, rndis->link_bps);
	put32(out, 0);
	put32(out, 0);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_vendor_description(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	static const char text[] = "Hyper-V network host";

	(void)rndis;
	(void)entry;
	for (size_t i = 0; i < sizeof(text); i++)
		put8(out, (uint8_t)text[i]);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_friendly_name(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	static const char text[] = "Network Device";

	(void)rndis;
	(void)entry;
	for (size_t i = 0; i < FRIENDLY_NAME_LEN / 2; i++)
		put16(out, i < sizeof(text) ? (uint8_t)text[i] : 0);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_filter(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put32(out, rndis->profile->filter_is_a_switch ? 0 : rndis->filter);
	return RNDIS_STATUS_SUCCESS;
}

static void
put_addresses(struct wire *out, const uint8_t *address, unsigned int n)
{
	for (unsigned int i = 0; i < n * ETHER_ADDR_LEN; i++)
		put8(out, address[i]);
}

static uint32_t
query_permanent_mac(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put_addresses(out, rndis->mac, 1);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_current_mac(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put_addresses(out, rndis->current_mac, 1);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_multicast_list(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	if (rndis->profile->no_multicast_list)
		return RNDIS_STATUS_NOT_SUPPORTED;
	put_addresses(out, rndis->multicast[0], rndis->multicasts);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_multicast_max(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	put32(out, rndis->profile->no_multicast_list ? 0 : RNDIS_MULTICAST_MAX);
	return RNDIS_STATUS_SUCCESS;
}

static struct rss_limits
oid_rss_limits(const struct rndis *rndis)
{
	return (struct rss_limits){
		.revision = rndis->profile->rss_revision,
		.hashes = rndis->profile->rss_hashes,
		.queues = rndis->queues_max,
		.entries = rndis->rss_entries,
		.open = rndis->channels_open,
	};
}

static uint32_t
query_rss_capabilities(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	struct rss_limits can = oid_rss_limits(rndis);

	(void)entry;
	if (can.revision == 0)
		return RNDIS_STATUS_NOT_SUPPORTED;
	rss_write_capabilities(out, &can);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_offloads(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)entry;
	offload_write(out, rndis->profile->offload_revision, rndis->supported,
		      &rndis->large_send);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
query_encapsulation(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	(void)rndis;
	(void)entry;
	put8(out, OBJECT_ENCAPSULATION);
	put8(out, 1);
	put16(out, 28);
	for (unsigned int family = 0; family < 2; family++) {
		put32(out, 1);
		put32(out, ENCAPSULATION_8023);
		put32(out, ETHER_ENCAPSULATION_LEN);
	}
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
set_filter(struct rndis *rndis, const uint8_t *value, size_t len)
{
	struct wire in = wire_over(value, len);
	uint32_t filter = get32(&in);

	if (len < 4)
		return RNDIS_STATUS_FAILURE;
	if (filter != rndis->filter)
		log_info("%s: packet filter 0x%02x: %s%s%s%s%s", rndis->who, filter,
			 filter == 0 ? "receives nothing" : "receives",
			 filter & RNDIS_FILTER_DIRECTED ? " directed" : "",
			 filter & (RNDIS_FILTER_MULTICAST | RNDIS_FILTER_ALL_MULTICAST) ?
			 " multicast" : "",
			 filter & RNDIS_FILTER_BROADCAST ? " broadcast" : "",
			 filter & RNDIS_FILTER_PROMISCUOUS ? " everything" : "");
	rndis->filter = filter;
	return RNDIS_STATUS_SUCCESS;
}

/* As with Hyper-V's "MAC address spoofing": the guest may have another address, or not. */
static uint32_t
set_mac(struct rndis *rndis, const uint8_t *value, size_t len)
{
	static const uint8_t none[ETHER_ADDR_LEN];

	if (len != ETHER_ADDR_LEN || value[0] & 1 || memcmp(value, none, sizeof(none)) == 0)
		return RNDIS_STATUS_INVALID_DATA;
	if (!rndis->mac_change)
		return RNDIS_STATUS_FAILURE;
	memcpy(rndis->current_mac, value, ETHER_ADDR_LEN);
	log_info("%s: address %02x:%02x:%02x:%02x:%02x:%02x", rndis->who, value[0], value[1],
		 value[2], value[3], value[4], value[5]);
	return RNDIS_STATUS_SUCCESS;
}

/* The address as 12 digits, which is how a driver's registry has it. */
static uint32_t
set_mac_by_name(struct rndis *rndis, const char *digits)
{
	uint8_t mac[ETHER_ADDR_LEN];

	if (rndis->profile->ignores_mac_change)
		return RNDIS_STATUS_SUCCESS;
	if (strlen(digits) != 2 * ETHER_ADDR_LEN ||
	    strspn(digits, "0123456789abcdefABCDEF") != 2 * ETHER_ADDR_LEN ||
	    sscanf(digits, "%2hhx%2hhx%2hhx%2hhx%2hhx%2hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != ETHER_ADDR_LEN)
		return RNDIS_STATUS_INVALID_DATA;
	return set_mac(rndis, mac, sizeof(mac));
}

static uint32_t
set_current_mac(struct rndis *rndis, const uint8_t *value, size_t len)
{
	return rndis->profile->ignores_mac_change ? RNDIS_STATUS_NOT_SUPPORTED :
						    set_mac(rndis, value, len);
}

static uint32_t
set_multicast_list(struct rndis *rndis, const uint8_t *value, size_t len)
{
	if (rndis->profile->no_multicast_list)
		return RNDIS_STATUS_NOT_SUPPORTED;
	if (len % ETHER_ADDR_LEN != 0)
		return RNDIS_STATUS_INVALID_DATA;
	if (len > sizeof(rndis->multicast))
		return RNDIS_STATUS_MULTICAST_FULL;
	memcpy(rndis->multicast, value, len);
	rndis->multicasts = (unsigned int)(len / ETHER_ADDR_LEN);
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
set_nothing(struct rndis *rndis, const uint8_t *value, size_t len)
{
	(void)rndis;
	(void)value;
	(void)len;
	return RNDIS_STATUS_SUCCESS;
}

static uint32_t
set_offloads(struct rndis *rndis, const uint8_t *value, size_t len)
{
	uint32_t status = offload_set(value, len, rndis->supported, &rndis->offloads);

	rndis->offloads_changed |= status == RNDIS_STATUS_SUCCESS;
	return status;
}

/* Switched on only for plain Ethernet. */
static uint32_t
set_encapsulation(struct rndis *rndis, const uint8_t *value, size_t len)
{
	enum { ON = 1 };
	struct wire in = wire_over(value, len);

	(void)rndis;
	if (len < 28 || get8(&in) != OBJECT_ENCAPSULATION)
		return RNDIS_STATUS_INVALID_DATA;
	get8(&in);
	get16(&in);
	for (unsigned int family = 0; family < 2; family++) {
		uint32_t enabled = get32(&in);
		uint32_t type = get32(&in);
		uint32_t header_len = get32(&in);

		if (enabled == ON && (type != ENCAPSULATION_8023 ||
				      header_len != ETHER_ENCAPSULATION_LEN))
			return RNDIS_STATUS_NOT_SUPPORTED;
	}
	return RNDIS_STATUS_SUCCESS;
}

/* An UTF-16 string of [offset, offset + bytes) as ASCII; false if it is not all there. */
static bool
oid_string(const uint8_t *value, size_t len, uint32_t offset, uint32_t bytes, char text[256])
{
	struct wire in;

	if (bytes > 255 || offset > len || bytes > len - offset)
		return false;
	in = wire_over(value + offset, bytes);
	for (uint32_t i = 0; i < bytes / 2; i++) {
		uint16_t c = get16(&in);

		text[i] = c < 128 ? (char)c : '?';
	}
	text[bytes / 2] = '\0';
	return true;
}

/* A named setting, as a Windows driver's registry has them; unknown ones are taken silently. */
static uint32_t
set_config_parameter(struct rndis *rndis, const uint8_t *value, size_t len)
{
	struct wire in = wire_over(value, len);
	uint32_t name_offset = get32(&in);
	uint32_t name_len = get32(&in);
	uint32_t type = get32(&in);
	uint32_t text_offset = get32(&in);
	uint32_t text_len = get32(&in);
	char name[256], text[256];

	(void)type;
	if (!oid_string(value, len, name_offset, name_len, name) ||
	    !oid_string(value, len, text_offset, text_len, text))
		return RNDIS_STATUS_INVALID_DATA;
	log_trace("%s: setting %s = %s", rndis->who, name, text);
	if (strcmp(name, "NetworkAddress") == 0)
		return set_mac_by_name(rndis, text);
	if (text[0] >= '0' && text[0] <= '9')
		offload_set_by_name(name, (uint32_t)(text[0] - '0'), rndis->supported,
				    &rndis->offloads);
	return RNDIS_STATUS_SUCCESS;
}

/* Nothing is known of hosts that refuse the last two; what comes of them is not certain. */
static const struct {
	enum rule rule;
	const char *what;
	bool is_refused;
} oid_rss_faults[] = {
	[RSS_FAULT_HEADER] = { RULE_RSS_HEADER, "the object header is another's", true },
	[RSS_FAULT_LAYOUT] = { RULE_RSS_LAYOUT, "they are not all there", true },
	[RSS_FAULT_UNCHANGED] = { RULE_RSS_WHOLE, "something is to stay unchanged", true },
	[RSS_FAULT_HASH] = { RULE_RSS_HASH, "the host cannot hash so", true },
	[RSS_FAULT_ENTRY] = { RULE_RSS_ENTRY, "an entry of the table is no channel", true },
	[RSS_FAULT_CLOSED] = { RULE_RSS_CLOSED, "an entry's channel is not open", false },
	[RSS_FAULT_ENABLED] = { RULE_RSS_DISABLE_FIRST, "RSS is on", false },
};

static uint32_t
set_rss_parameters(struct rndis *rndis, const uint8_t *value, size_t len)
{
	struct rss_limits can = oid_rss_limits(rndis);
	enum rss_fault fault = rss_check(&rndis->rss, &can, value, len);

	if (can.revision == 0)
		return RNDIS_STATUS_NOT_SUPPORTED;
	if (fault != RSS_FAULT_NONE)
		rules_break(rndis->rules, oid_rss_faults[fault].rule, rndis->who,
			    "RSS parameters of %zu bytes: %s", len, oid_rss_faults[fault].what);
	if (oid_rss_faults[fault].is_refused && !rndis->profile->any_rss_parameters)
		return RNDIS_STATUS_INVALID_DATA;
	return rss_set(&rndis->rss, &can, value, len) ? RNDIS_STATUS_SUCCESS :
							RNDIS_STATUS_INVALID_DATA;
}

static oid_query_fn query_supported_list;

static const struct oid_entry oids[] = {
	{ 0x00010101, "GEN_SUPPORTED_LIST", query_supported_list, 0, NULL, false },
	{ 0x00010102, "GEN_HARDWARE_STATUS", query_constant, 0, NULL, false },
	{ 0x00010103, "GEN_MEDIA_SUPPORTED", query_constant, 0, NULL, false },
	{ 0x00010104, "GEN_MEDIA_IN_USE", query_constant, 0, NULL, false },
	{ 0x00010105, "GEN_MAXIMUM_LOOKAHEAD", query_frame_size, 0, NULL, false },
	{ 0x00010106, "GEN_MAXIMUM_FRAME_SIZE", query_frame_size, 0, NULL, false },
	{ 0x00010107, "GEN_LINK_SPEED", query_link_speed, 0, NULL, false },
	{ 0x00010108, "GEN_TRANSMIT_BUFFER_SPACE", query_constant, BUFFER_SPACE, NULL, false },
	{ 0x00010109, "GEN_RECEIVE_BUFFER_SPACE", query_constant, BUFFER_SPACE, NULL, false },
	{ 0x0001010a, "GEN_TRANSMIT_BLOCK_SIZE", query_total_size, 0, NULL, false },
	{ 0x0001010b, "GEN_RECEIVE_BLOCK_SIZE", query_total_size, 0, NULL, false },
	{ 0x0001010c, "GEN_VENDOR_ID", query_constant, VENDOR_ID, NULL, false },
	{ 0x0001010d, "GEN_VENDOR_DESCRIPTION", query_vendor_description, 0, NULL, false },
	{ 0x0001010e, "GEN_CURRENT_PACKET_FILTER", query_filter, 0, set_filter, false },
	{ 0x0001010f, "GEN_CURRENT_LOOKAHEAD", query_frame_size, 0, set_nothing, false },
	{ 0x00010110, "GEN_DRIVER_VERSION", query_constant16, DRIVER_VERSION, NULL, false },
	{ 0x00010111, "GEN_MAXIMUM_TOTAL_SIZE", query_total_size, 0, NULL, false },
	{ 0x00010113, "GEN_MAC_OPTIONS", query_constant, MAC_OPTIONS, NULL, false },
	{ 0x00010114, "GEN_MEDIA_CONNECT_STATUS", query_media_status, 0, NULL, false },
	{ 0x00010115, "GEN_MAXIMUM_SEND_PACKETS", query_constant, UINT32_MAX, NULL, false },
	{ 0x00010116, "GEN_VENDOR_DRIVER_VERSION", query_constant16, DRIVER_VERSION, NULL,
	  false },
	{ 0x00010118, "GEN_NETWORK_LAYER_ADDRESSES", NULL, 0, set_nothing, false },
	{ 0x00010203, "GEN_RECEIVE_SCALE_CAPABILITIES", query_rss_capabilities, 0, NULL, true },
	{ 0x00010204, "GEN_RECEIVE_SCALE_PARAMETERS", NULL, 0, set_rss_parameters, true },
	{ 0x00010206, "GEN_MAX_LINK_SPEED", query_max_link_speed, 0, NULL, false },
	{ 0x00010207, "GEN_LINK_STATE", query_link_state, 0, NULL, false },
	{ 0x00020216, "GEN_FRIENDLY_NAME", query_friendly_name, 0, NULL, false },
	{ 0x0001021b, "GEN_RNDIS_CONFIG_PARAMETER", NULL, 0, set_config_parameter, false },
	{ 0x01010101, "802_3_PERMANENT_ADDRESS", query_permanent_mac, 0, NULL, false },
	{ 0x01010102, "802_3_CURRENT_ADDRESS", query_current_mac, 0, set_current_mac, false },
	{ 0x01010103, "802_3_MULTICAST_LIST", query_multicast_list, 0, set_multicast_list, false },
	{ 0x01010104, "802_3_MAXIMUM_LIST_SIZE", query_multicast_max, 0, NULL, false },
	{ 0x01020101, "802_3_RCV_ERROR_ALIGNMENT", query_constant, 0, NULL, false },
	{ 0x01020102, "802_3_XMIT_ONE_COLLISION", query_constant, 0, NULL, false },
	{ 0x01020103, "802_3_XMIT_MORE_COLLISIONS", query_constant, 0, NULL, false },
	{ 0x0101010a, "OFFLOAD_ENCAPSULATION", query_encapsulation, 0, set_encapsulation, false },
	{ 0xfc01020b, "TCP_OFFLOAD_CURRENT_CONFIG", query_offloads, 0, NULL, false },
	{ 0xfc01020c, "TCP_OFFLOAD_PARAMETERS", NULL, 0, set_offloads, false },
	{ 0xfc01020d, "TCP_OFFLOAD_HARDWARE_CAPABILITIES", query_offloads, 0, NULL, false },
};

#define OIDS (sizeof(oids) / sizeof(oids[0]))

static uint32_t
query_supported_list(struct rndis *rndis, const struct oid_entry *entry, struct wire *out)
{
	bool is_630 = rndis->ndis_major == 6 && rndis->ndis_minor >= 30;

	(void)entry;
	if (rndis->ndis_major != 5 && rndis->ndis_major != 6)
		return RNDIS_STATUS_BAD_VERSION;
	for (size_t i = 0; i < OIDS; i++)
		if (!oids[i].since_630 || is_630)
			put32(out, oids[i].oid);
	return RNDIS_STATUS_SUCCESS;
}

static const struct oid_entry *
oid_find(uint32_t oid)
{
	for (size_t i = 0; i < OIDS; i++)
		if (oids[i].oid == oid)
			return &oids[i];
	return NULL;
}

const char *
oid_name(uint32_t oid)
{
	const struct oid_entry *entry = oid_find(oid);

	return entry != NULL ? entry->name : "?";
}

uint32_t
oid_query(struct rndis *rndis, uint32_t oid, struct wire *out)
{
	const struct oid_entry *entry = oid_find(oid);

	if (entry == NULL || entry->query == NULL)
		return RNDIS_STATUS_NOT_SUPPORTED;
	return entry->query(rndis, entry, out);
}

uint32_t
oid_set(struct rndis *rndis, uint32_t oid, const uint8_t *value, size_t len)
{
	const struct oid_entry *entry = oid_find(oid);

	if (entry == NULL || entry->set == NULL)
		return RNDIS_STATUS_NOT_SUPPORTED;
	return entry->set(rndis, value, len);
}
