/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Offload parameters. How much of the object a host knows goes by the NVSP
 * version.
 */

#include <errno.h>
#include <stdbool.h>

#include <rte_common.h>

#include "hn_nvs.h"
#include "hn_offload.h"
#include "hn_rndis.h"
#include "ndis.h"
#include "nvsp.h"

static const struct {
	uint32_t nvsp;		/* from this version on */
	uint8_t revision;
	uint16_t size;
} offload_forms[] = {
	{ NVSP_VERSION_5, 3, NDIS_OFFLOAD_PARAMS_SIZE_3 },
	{ NVSP_VERSION_4, 2, NDIS_OFFLOAD_PARAMS_SIZE_2 },
	{ 0, 1, NDIS_OFFLOAD_PARAMS_SIZE_1 },
};

int
hn_offload_reset(struct hn_rndis *rndis, const struct hn_nvs *nvs)
{
	struct ndis_offload_params params = {
		.hdr.type = NDIS_OBJECT_TYPE_DEFAULT,
		.ipv4_checksum = NDIS_CHECKSUM_OFF,
		.tcp_ipv4_checksum = NDIS_CHECKSUM_OFF,
		.udp_ipv4_checksum = NDIS_CHECKSUM_OFF,
		.tcp_ipv6_checksum = NDIS_CHECKSUM_OFF,
		.udp_ipv6_checksum = NDIS_CHECKSUM_OFF,
		.lso_v2_ipv4 = NDIS_OFFLOAD_OFF,
		.lso_v2_ipv6 = NDIS_OFFLOAD_OFF,
	};
	unsigned int i;
	int ret;

	/* Forward to the last form, which every version reaches. */
	for (i = 0; nvs->version < offload_forms[i].nvsp; i++)
		;
	params.hdr.revision = offload_forms[i].revision;
	params.hdr.size = offload_forms[i].size;
	if (offload_forms[i].revision >= 3) {
		params.rsc_ipv4 = NDIS_OFFLOAD_OFF;
		params.rsc_ipv6 = NDIS_OFFLOAD_OFF;
	}
	ret = hn_rndis_set(rndis, OID_TCP_OFFLOAD_PARAMETERS, &params, params.hdr.size);
	return ret == -ENOTSUP ? 0 : ret;
}
