/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Generations of the Hyper-V network host, as data: what each one speaks and
 * where it differs from the others.
 */

#ifndef HVHOST_PROFILE_H
#define HVHOST_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** NVSP versions; there is no 3. */
enum {
	NVSP_VERSION_1 = 0x00000002,
	NVSP_VERSION_2 = 0x00030002,
	NVSP_VERSION_4 = 0x00040000,
	NVSP_VERSION_5 = 0x00050000,
	NVSP_VERSION_6 = 0x00060000,
	NVSP_VERSION_61 = 0x00060001,
};

/** Hash functions and types in the RSS capabilities. */
enum {
	RSS_HASH_TOEPLITZ = 0x1,
	RSS_HASH_TCP4 = 0x100,
	RSS_HASH_TCP6 = 0x200,
	RSS_HASH_UDP4 = 0x800,
	RSS_HASH_UDP6 = 0x1000,
};

struct profile {
	const char *name;
	const char *what;		/**< for the help text */
	uint32_t nvsp_max;		/**< highest version; all below are spoken too */
	uint8_t offload_revision;	/**< of NDIS_OFFLOAD: 1, 2 or 3 */
	uint8_t rss_revision;		/**< of the RSS capabilities: 0 none, 1 or 2 */
	uint32_t rss_hashes;		/**< RSS_HASH_... of the RSS capabilities */
	bool hash_infos;		/**< received frames carry hash value and hash info */
	uint32_t offloads;		/**< OFFLOAD_... */
	uint32_t frame_max;		/**< longest frame that NDIS_CONFIG can ask for */
	/** Quirk: each received frame has a checksum info, also if it says nothing. */
	bool checksum_always;
	/** Quirk: the send table stands right behind the fields of its message. */
	bool table_behind_fields;
	/** Quirk: NVSP requests that fill less than 32 bytes are answered. */
	bool answers_short;
	/** Quirk: any packet filter but 0 lets every frame through. */
	bool filter_is_a_switch;
	/** Quirk: the media status OIDs say "connected" whatever the link does. */
	bool always_connected;
	/** Quirk: queries whose info offset is not 20 are answered. */
	bool any_info_offset;
	/** Quirk: another address is taken for the card's, and nothing comes of it. */
	bool ignores_mac_change;
	/** Quirk: RSS parameters are not looked at closely. */
	bool any_rss_parameters;
	/** Quirk: there is no multicast list. */
	bool no_multicast_list;
};

/** The profile of that name, NULL if there is none. */
const struct profile *profile_find(const char *name);

/** The one that is used when nothing is said. */
const struct profile *profile_default(void);

/** Profile number i, NULL after the last. */
const struct profile *profile_at(size_t i);

/** "6.1" -> 0x00060001; 0 if there is no such NVSP version. */
uint32_t nvsp_version_parse(const char *text);
const char *nvsp_version_name(uint32_t version);
bool nvsp_version_exists(uint32_t version);

#endif /* HVHOST_PROFILE_H */
