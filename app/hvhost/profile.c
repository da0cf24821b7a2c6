/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See profile.h. Which Windows release speaks which version is inferred from
 * guests' sources; only the version numbers themselves are certain.
 */

#include <string.h>

#include "offload.h"
#include "profile.h"

static const struct profile profiles[] = {
	{
		.name = "default",
		.what = "a current host: NVSP 6.1",
		.nvsp_max = NVSP_VERSION_61,
		.offload_revision = 3,
		.rss_revision = 2,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
	},
	{
		.name = "openvmm",
		.what = "OpenVMM: filter on or off only, answers short requests",
		.nvsp_max = NVSP_VERSION_61,
		.offload_revision = 3,
		.rss_revision = 2,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
		.answers_short = true,
		.filter_is_a_switch = true,
		.always_connected = true,
		.any_info_offset = true,
		.no_multicast_list = true,
	},
	{
		.name = "ws2016",
		.what = "Windows Server 2016: NVSP 6.0",
		.nvsp_max = NVSP_VERSION_6,
		.offload_revision = 3,
		.rss_revision = 2,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
	},
	{
		.name = "ws2012r2",
		.what = "Windows Server 2012 R2: NVSP 5",
		.nvsp_max = NVSP_VERSION_5,
		.offload_revision = 3,
		.rss_revision = 2,
		.offloads = OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS,
	},
	{
		.name = "ws2012",
		.what = "Windows Server 2012: NVSP 4, no UDP checksums",
		.nvsp_max = NVSP_VERSION_4,
		.offload_revision = 2,
		.rss_revision = 1,
		.offloads = (OFFLOAD_CHECKSUMS & ~OFFLOAD_UDP) | OFFLOAD_LARGE_SENDS,
	},
	{
		.name = "ws2008r2",
		.what = "Windows Server 2008 R2: NVSP 2, no RSS",
		.nvsp_max = NVSP_VERSION_2,
		.offload_revision = 1,
		.offloads = OFFLOAD_CHECKSUMS & ~OFFLOAD_UDP,
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
