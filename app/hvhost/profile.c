/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See profile.h. Certain are the version numbers, what a version brings with
 * it, and the row of OpenVMM. Inferred from guests' sources and from the NDIS
 * version of each release are: which release speaks which version; since when
 * there are UDP checksums, UDP hashes and RSC; and that a Windows host puts a
 * checksum info only beside frames that it has looked at. Unknown is the longest
 * frame that production hosts take: OpenVMM's limit stands in for it.
 */

#include <string.h>

#include "offload.h"
#include "profile.h"

#define CHECKSUMS_WITHOUT_UDP (OFFLOAD_CHECKSUMS & ~OFFLOAD_UDP)
#define CHECKSUMS_OF_IP4 (OFFLOAD_TX_IP4 | OFFLOAD_TX_TCP4 | OFFLOAD_RX_IP4 | OFFLOAD_RX_TCP4)
#define HASHES_OF_TCP (RSS_HASH_TOEPLITZ | RSS_HASH_TCP4 | RSS_HASH_TCP6)
#define HASHES_ALL (HASHES_OF_TCP | RSS_HASH_UDP4 | RSS_HASH_UDP6)
#define FRAME_LONGEST 9216u

/* What all releases with RSC over vmbus have in common as far as a guest sees. */
#define SINCE_WS2019 \
	.nvsp_max = NVSP_VERSION_61, \
	.offload_revision = 3, \
	.rss_revision = 2, \
	.rss_hashes = HASHES_ALL, \
	.hash_infos = true, \
	.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS | OFFLOAD_RSC, \
	.frame_max = FRAME_LONGEST

static const struct profile profiles[] = {
	{
		.name = "default",
		.what = "a current host: NVSP 6.1, all offloads, RSC",
		SINCE_WS2019,
	},
	{
		.name = "openvmm",
		.what = "OpenVMM: NVSP 6.1, no RSC, no hashes, filter on or off only",
		.nvsp_max = NVSP_VERSION_61,
		.offload_revision = 3,
		.rss_revision = 2,
		.rss_hashes = HASHES_OF_TCP,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
		.frame_max = FRAME_LONGEST,
		.checksum_always = true,
		.table_behind_fields = true,
		.answers_short = true,
		.filter_is_a_switch = true,
		.always_connected = true,
		.any_info_offset = true,
		.ignores_mac_change = true,
		.any_rss_parameters = true,
		.no_multicast_list = true,
	},
	{
		.name = "azure",
		.what = "Azure: as ws2022",
		SINCE_WS2019,
	},
	{
		.name = "ws2025",
		.what = "Windows Server 2025: as ws2019",
		SINCE_WS2019,
	},
	{
		.name = "ws2022",
		.what = "Windows Server 2022: as ws2019",
		SINCE_WS2019,
	},
	{
		.name = "ws2019",
		.what = "Windows Server 2019: NVSP 6.1, RSC",
		SINCE_WS2019,
	},
	{
		.name = "ws2016",
		.what = "Windows Server 2016: NVSP 6.0, UDP hashes, no RSC",
		.nvsp_max = NVSP_VERSION_6,
		.offload_revision = 3,
		.rss_revision = 2,
		.rss_hashes = HASHES_ALL,
		.hash_infos = true,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
		.frame_max = FRAME_LONGEST,
	},
	{
		.name = "ws2012r2",
		.what = "Windows Server 2012 R2: NVSP 5, no UDP hashes",
		.nvsp_max = NVSP_VERSION_5,
		.offload_revision = 3,
		.rss_revision = 2,
		.rss_hashes = HASHES_OF_TCP,
		.hash_infos = true,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
		.frame_max = FRAME_LONGEST,
	},
	{
		.name = "ws2012",
		.what = "Windows Server 2012: NVSP 4, no UDP checksums",
		.nvsp_max = NVSP_VERSION_4,
		.offload_revision = 2,
		.rss_revision = 1,
		.rss_hashes = HASHES_OF_TCP,
		.hash_infos = true,
		.offloads = CHECKSUMS_WITHOUT_UDP | OFFLOAD_LARGE_SENDS,
		.frame_max = FRAME_LONGEST,
	},
	{
		.name = "ws2008r2",
		.what = "Windows Server 2008 R2: NVSP 2, no RSS, no large sends",
		.nvsp_max = NVSP_VERSION_2,
		.offload_revision = 1,
		.offloads = CHECKSUMS_WITHOUT_UDP,
		.frame_max = FRAME_LONGEST,
	},
	{
		.name = "ws2008",
		.what = "Windows Server 2008: NVSP 1, no jumbo frames, IPv4 checksums only",
		.nvsp_max = NVSP_VERSION_1,
		.offload_revision = 1,
		.offloads = CHECKSUMS_OF_IP4,
		.frame_max = FRAME_LONGEST,
	},
};

static const struct {
	uint32_t version;
	const char *name;
} versions[] = {
	{ NVSP_VERSION_1, "1" },
	{ NVSP_VERSION_2, "2" },
	{ NVSP_VERSION_4, "4" },
	{ NVSP_VERSION_5, "5" },
	{ NVSP_VERSION_6, "6" },
	{ NVSP_VERSION_61, "6.1" },
};

#define VERSIONS (sizeof(versions) / sizeof(versions[0]))

const struct profile *
profile_at(size_t i)
{
	return i < sizeof(profiles) / sizeof(profiles[0]) ? &profiles[i] : NULL;
}

const struct profile *
profile_default(void)
{
	return &profiles[0];
}

const struct profile *
profile_find(const char *name)
{
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_at(i)) != NULL; i++)
		if (strcmp(profile->name, name) == 0)
			return profile;
	return NULL;
}

uint32_t
nvsp_version_parse(const char *text)
{
	for (size_t i = 0; i < VERSIONS; i++)
		if (strcmp(versions[i].name, text) == 0)
			return versions[i].version;
	return 0;
}

const char *
nvsp_version_name(uint32_t version)
{
	for (size_t i = 0; i < VERSIONS; i++)
		if (versions[i].version == version)
			return versions[i].name;
	return "?";
}

bool
nvsp_version_exists(uint32_t version)
{
	return nvsp_version_name(version)[0] != '?';
}
