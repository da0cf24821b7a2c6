/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See nic_options.h.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "nic_options.h"
#include "offload.h"
#include "rss.h"

#define MIB (1024u * 1024u)
#define DELAY_MAX_MS 600000u
/* A frame of this MTU has 64 KiB. */
#define MTU_LONGEST (65536u - ETHER_HDR_LEN)

static int
parse_mac(struct nic_options *options)
{
	const char *text = keyvals_take(&options->kv, "mac");
	uint8_t *mac = options->config.mac;
	int end = 0;

	if (text == NULL)
		return 0;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &end) != ETHER_ADDR_LEN || text[end] != '\0' ||
	    mac[0] & 1) {
		log_usage("--nic: mac=%s is no station address", text);
		return -1;
	}
	return 0;
}

/* 8-4-4-4-12 digits, in lower case from here on. */
static int
parse_guid(struct nic_options *options)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const char *text = keyvals_take(&options->kv, "guid");
	bool good;

	if (text == NULL)
		return 0;
	good = strlen(text) == strlen(form);
	for (size_t i = 0; good && form[i] != '\0'; i++) {
		good = form[i] == 'x' ? isxdigit((unsigned char)text[i]) != 0 : text[i] == '-';
		options->config.instance[i] = (char)tolower((unsigned char)text[i]);
	}
	if (!good)
		log_usage("--nic: guid=%s is not of the form %s", text, form);
	return good ? 0 : -1;
}

static int
parse_nvsp(struct nic_options *options)
{
	const char *text = keyvals_take(&options->kv, "nvsp");
	uint32_t version;

	if (text == NULL)
		return 0;
	version = nvsp_version_parse(text);
	if (version == 0) {
		log_usage("--nic: nvsp=%s is none of 1, 2, 4, 5, 6, 6.1", text);
		return -1;
	}
	options->config.nvsp_min = version;
	options->config.nvsp_max = version;
	return 0;
}

static int
parse_sections(struct nic_options *options)
{
	const char *text = keyvals_take(&options->kv, "sections");

	if (text == NULL)
		return 0;
	options->config.oldest_first = strcmp(text, "cold") == 0;
	if (options->config.oldest_first || strcmp(text, "hot") == 0)
		return 0;
	log_usage("--nic: sections=%s is neither hot nor cold", text);
	return -1;
}

/* "primary": only the primary channel has one. */
static int
parse_monitor(struct nic_options *options)
{
	static const char *const words[] = { "no", "yes", "primary" };
	const char *text = keyvals_take(&options->kv, "monitor");
	size_t i;

	if (text == NULL)
		return 0;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			break;
	options->config.monitored = i > 0;
	options->config.subs_unmonitored = i == 2;
	if (i < sizeof(words) / sizeof(words[0]))
		return 0;
	log_usage("--nic: monitor=%s is none of yes, no, primary", text);
	return -1;
}

static int
parse_capture(struct nic_options *options)
{
	uint64_t snap_len = 0;

	options->capture = keyvals_take(&options->kv, "capture");
	if (keyvals_number(&options->kv, "snaplen", 1, UINT32_MAX, &snap_len) != 0)
		return -1;
	options->snap_len = (uint32_t)snap_len;
	if (options->capture == NULL || options->capture[0] != '\0')
		return 0;
	log_usage("--nic: capture= names no file");
	return -1;
}

static int
parse_size(struct nic_options *options, const char *key, uint64_t min, size_t *size)
{
	uint64_t value = *size;

	if (keyvals_number(&options->kv, key, min, 1024 * MIB, &value) != 0)
		return -1;
	if (value % 4096 != 0) {
		log_usage("--nic: %s is not a multiple of 4096", key);
		return -1;
	}
	*size = value;
	return 0;
}

/* "none", or names with a plus between them. */
static int
parse_offloads(struct nic_options *options)
{
	const char *text = keyvals_take(&options->kv, "offloads");
	uint32_t all = options->config.offloads | OFFLOAD_RSC;

	if (text == NULL || strcmp(text, "all") == 0)
		return 0;
	if (offload_parse(text, &options->config.offloads) != 0) {
		log_usage("--nic: offloads=%s is none of all, none, or names such as ip4+tcp4+lso4",
			  text);
		return -1;
	}
	options->config.offloads &= all;
	return 0;
}

/* How large a large send may be, and how small. */
static int
parse_large_send(struct nic_options *options)
{
	struct offload_limits *limits = &options->config.large_send;
	uint64_t most = OFFLOAD_PAYLOAD_MAX, least = OFFLOAD_SEGMENTS_MIN;

	if (keyvals_number(&options->kv, "lso-max", 1, 65535, &most) != 0 ||
	    keyvals_number(&options->kv, "lso-segments", 1, 65535, &least) != 0)
		return -1;
	limits->payload_max = (uint32_t)most;
	limits->segments_min = (uint32_t)least;
	return 0;
}

static int
parse_rsc(struct nic_options *options)
{
	bool rsc = options->config.offloads & OFFLOAD_RSC;

	if (keyvals_switch(&options->kv, "rsc", &rsc) != 0)
		return -1;
	options->config.offloads &= ~OFFLOAD_RSC;
	if (rsc)
		options->config.offloads |= OFFLOAD_RSC;
	return 0;
}

/* How long frames can be that a guest asks for, and those of its port are. */
static int
parse_mtu(struct nic_options *options)
{
	uint64_t most = options->config.frame_max - ETHER_HDR_LEN, mtu = 1500;

	if (keyvals_number(&options->kv, "mtu-max", 1500, MTU_LONGEST, &most) != 0 ||
	    keyvals_number(&options->kv, "mtu", 68, MTU_LONGEST, &mtu) != 0)
		return -1;
	options->config.frame_max = (uint32_t)most + ETHER_HDR_LEN;
	options->port_frame_len = (uint32_t)mtu + ETHER_HDR_LEN;
	return 0;
}

/* How many channels a guest may have, and how it comes by them. */
static int
parse_queues(struct nic_options *options)
{
	struct nic_config *config = &options->config;
	uint64_t queues = 1, grant = NIC_QUEUES_MAX, extra = 0, delay = 0, entries = RSS_ENTRIES;

	if (keyvals_number(&options->kv, "queues", 1, NIC_QUEUES_MAX, &queues) != 0 ||
	    keyvals_number(&options->kv, "grant", 0, NIC_QUEUES_MAX, &grant) != 0 ||
	    keyvals_number(&options->kv, "grant-extra", 0, NIC_QUEUES_MAX, &extra) != 0 ||
	    keyvals_number(&options->kv, "grant-delay", 0, 60000, &delay) != 0 ||
	    keyvals_number(&options->kv, "rss-table", 1, RSS_ENTRIES_MAX, &entries) != 0)
		return -1;
	config->queues_max = (uint32_t)queues;
	config->grant_max = (uint32_t)grant;
	config->grant_extra = (uint32_t)extra;
	config->grant_delay_ms = (uint32_t)delay;
	config->rss_entries = (uint32_t)entries;
	return 0;
}

/* What of the card appears late. */
static int
parse_delays(struct nic_options *options)
{
	static const char *const keys[ARRIVAL_STEPS] = {
		[ARRIVAL_DEVICE] = "offer-delay",
		[ARRIVAL_DRIVER] = "bind-delay",
		[ARRIVAL_NODE] = "node-delay",
		[ARRIVAL_CHANNELS] = "channels-delay",
		[ARRIVAL_RING] = "ring-delay",
	};

	for (size_t i = 0; i < ARRIVAL_STEPS; i++) {
		uint64_t ms = 0;

		if (keyvals_number(&options->kv, keys[i], 0, DELAY_MAX_MS, &ms) != 0)
			return -1;
		options->config.delays.ms[i] = (uint32_t)ms;
	}
	return 0;
}

static int
parse_faults(struct nic_options *options)
{
	const char *text = keyvals_take(&options->kv, "fault");

	return text == NULL ? 0 : faults_add(&options->config.faults, text);
}

static int
parse_numbers(struct nic_options *options)
{
	struct nic_config *config = &options->config;
	uint64_t lost_at = 0;
	bool has_ring = true;

	if (keyvals_number(&options->kv, "lost-at", 0, UINT32_MAX, &lost_at) != 0 ||
	    keyvals_number(&options->kv, "speed", 1, UINT64_MAX, &config->link_bps) != 0 ||
	    keyvals_switch(&options->kv, "mac-change", &config->mac_change) != 0 ||
	    keyvals_switch(&options->kv, "unseen", &config->unseen) != 0 ||
	    keyvals_switch(&options->kv, "primary-ring", &has_ring) != 0 ||
	    parse_size(options, "ring", 2 * 4096, &config->ring_bytes) != 0 ||
	    parse_size(options, "recv", 64 * 1024, &config->recv_bytes) != 0 ||
	    parse_size(options, "send", 4096, &config->send_bytes) != 0)
		return -1;
	config->hides_ring = !has_ring;
	config->lost_at = (uint32_t)lost_at;
	return 0;
}

static void
set_defaults(struct nic_options *options, unsigned int number, const struct profile *profile)
{
	const uint8_t mac[ETHER_ADDR_LEN] = {
		0x02, 0x15, 0x5d, 0x00, (uint8_t)(number >> 8), (uint8_t)number,
	};

	snprintf(options->config.instance, sizeof(options->config.instance),
		 "6e657473-0000-4000-8000-%012x", number);
	memcpy(options->config.mac, mac, sizeof(mac));
	options->config.number = number;
	options->config.profile = profile;
	options->config.nvsp_min = NVSP_VERSION_1;
	options->config.nvsp_max = profile->nvsp_max;
	options->config.offloads = profile->offloads;
	options->config.frame_max = profile->frame_max;
	options->config.link_bps = 10000000000;
	options->config.monitored = true;
	options->config.ring_bytes = 2 * MIB;
	options->config.recv_bytes = 31 * MIB;
	options->config.send_bytes = 16 * MIB;
}

int
nic_options_parse(struct nic_options *options, const char *text, unsigned int number,
		  const struct profile *profile)
{
	memset(options, 0, sizeof(*options));
	set_defaults(options, number, profile);
	if (keyvals_parse(&options->kv, "--nic", text) != 0)
		return -1;
	options->port = keyvals_take(&options->kv, "port");
	if (options->port == NULL) {
		log_usage("--nic %s: there is no port= (see hvhost --help)", text);
		return -1;
	}
	if (parse_mac(options) != 0 || parse_guid(options) != 0 || parse_nvsp(options) != 0 ||
	    parse_sections(options) != 0 || parse_offloads(options) != 0 ||
	    parse_large_send(options) != 0 || parse_capture(options) != 0 ||
	    parse_rsc(options) != 0 || parse_mtu(options) != 0 || parse_queues(options) != 0 ||
	    parse_faults(options) != 0 || parse_monitor(options) != 0 || parse_delays(options) != 0 ||
	    parse_numbers(options) != 0)
		return -1;
	return 0;
}
