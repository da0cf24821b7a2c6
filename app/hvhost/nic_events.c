/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What happens to a NIC's cable, and the indications by which the guest hears
 * of it; pauses of the host, of which it hears nothing.
 */

#include <inttypes.h>

#include "log.h"
#include "nic_private.h"
#include "pace.h"

#define LINK_SPEED_UNIT 100u		/* bit/s */
#define NS_PER_MS UINT64_C(1000000)
#define PAUSE_ENDLESS UINT64_MAX

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

void
nic_pause(struct nic *nic, uint64_t ms)
{
	uint64_t now = pace_now_ns();

	nic->paused_until_ns = ms > 0 && ms < (PAUSE_ENDLESS - now) / NS_PER_MS ?
			       now + ms * NS_PER_MS : PAUSE_ENDLESS;
	log_info("%s: pauses", nic->name);
}

enum nic_told
nic_resume(struct nic *nic)
{
	if (nic->paused_until_ns == 0)
		return NIC_TOLD_NOTHING;
	nic->paused_until_ns = 0;
	log_info("%s: goes on", nic->name);
	return NIC_TOLD;
}

bool
nic_is_paused(struct nic *nic)
{
	if (nic->paused_until_ns != 0 && nic->paused_until_ns <= pace_now_ns())
		nic_resume(nic);
	return nic->paused_until_ns != 0;
}
