/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What happens to a NIC's cable, and the indications by which the guest hears
 * of it.
 */

#include <inttypes.h>

#include "log.h"
#include "nic_private.h"

#define LINK_SPEED_UNIT 100u		/* bit/s */

/* A guest that is still being born asks for itself. */
static enum nic_told
nic_indicate(struct nic *nic, uint32_t status)
{
	uint8_t message[RNDIS_REPLY_MAX];

	if (!nic->rndis.initialized)
		return NIC_TOLD_NOBODY;
	nic_control_indicate(nic, message, rndis_write_indication(&nic->rndis, status, message));
	return NIC_TOLD;
}

static enum nic_told
nic_indicate_value(struct nic *nic, uint32_t status, uint32_t value)
{
	uint8_t message[RNDIS_REPLY_MAX];

	if (!nic->rndis.initialized)
		return NIC_TOLD_NOBODY;
	nic_control_indicate(nic, message, rndis_write_value_indication(status, value, message));
	return NIC_TOLD;
}

enum nic_told
nic_set_link(struct nic *nic, bool up)
{
	if (nic->rndis.link_up == up)
		return NIC_TOLD_NOTHING;
	nic->rndis.link_up = up;
	log_info("%s: link is %s", nic->name, up ? "up" : "down");
	return nic_indicate(nic, up ? RNDIS_STATUS_MEDIA_CONNECT : RNDIS_STATUS_MEDIA_DISCONNECT);
}

enum nic_told
nic_set_speed(struct nic *nic, uint64_t bps)
{
	uint64_t units = bps / LINK_SPEED_UNIT;

	if (nic->rndis.link_bps == bps)
		return NIC_TOLD_NOTHING;
	nic->rndis.link_bps = bps;
	log_info("%s: link speed is %" PRIu64 " bit/s", nic->name, bps);
	/* Others see it when they next ask. */
	if (nic->rndis.initialized && !(nic->nvsp.capabilities & NVSP_CAP_TEAMING))
		return NIC_TOLD_UNWANTED;
	return nic_indicate_value(nic, RNDIS_STATUS_LINK_SPEED_CHANGE,
				  units < UINT32_MAX ? (uint32_t)units : UINT32_MAX);
}

enum nic_told
nic_change_network(struct nic *nic, uint32_t kind)
{
	log_info("%s: the network is another", nic->name);
	return nic_indicate_value(nic, RNDIS_STATUS_NETWORK_CHANGE, kind);
}
