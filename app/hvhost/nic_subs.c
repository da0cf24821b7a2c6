/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Subchannels: the guest asks on the primary and is answered; then they are
 * offered, one after the other, and after the last of them was opened the
 * guest is told which channels the host would like to see its frames on.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "nic_private.h"
#include "pace.h"

#define NS_PER_MS 1000000u

uint32_t
nic_subs_grant(struct nic *nic, uint32_t count)
{
	struct nic_subs *subs = &nic->subs;

	if (count >= nic->config.queues_max)
		return 0;
	if (nic->landing == NULL)
		nic->landing = malloc(FRAME_MAX + ETHER_TAG_LEN);
	if (nic->landing == NULL)
		return 0;
	subs->wanted = count < nic->config.grant_max ? count : nic->config.grant_max;
	subs->due_ns = pace_now_ns() + (uint64_t)nic->config.grant_delay_ms * NS_PER_MS;
	subs->table_due = subs->wanted > 0;
	return subs->wanted;
}

/* The receive sections are divided anew when the queues are: at the first offer. */
static void
nic_subs_offer(struct nic *nic)
{
	struct nic_subs *subs = &nic->subs;
	int ret;

	if (subs->offered == 0 && !rxbuf_split(&nic->rxbuf, subs->wanted + 1))
		ret = -ENOMEM;
	else
		ret = vmbus_channel_offer_sub(nic->dev, (uint16_t)(subs->offered + 1));
	if (ret < 0) {
		log_info("%s: no subchannel %u: %s", nic->name, subs->offered + 1, strerror(-ret));
		subs->wanted = subs->offered;
		return;
	}
	subs->offered++;
	subs->due_ns = pace_now_ns() + (uint64_t)nic->config.grant_delay_ms * NS_PER_MS;
}

static void
nic_subs_send_table(struct nic *nic)
{
	uint8_t message[NVSP_TABLE_MESSAGE_MAX];
	size_t len = nvsp_write_table(&nic->nvsp, message, nic->subs.offered + 1);

	if (vmbus_channel_send(nic->channel[0].vch, &(struct vmbus_send){
			.type = PACKET_INBAND,
			.payload = message,
			.payload_len = len,
		}) != -EAGAIN)
		nic->subs.table_due = false;
}

void
nic_subs_poll(struct nic *nic)
{
	struct nic_subs *subs = &nic->subs;

	if (!nic_channel_works(&nic->channel[0]) || !nic->has_rxbuf)
		return;
	while (subs->offered < subs->wanted && pace_now_ns() >= subs->due_ns)
		nic_subs_offer(nic);
	if (subs->table_due && subs->offered == subs->wanted)
		nic_subs_send_table(nic);
}

void
nic_subs_reset(struct nic *nic)
{
	nic->subs = (struct nic_subs){ 0 };
}
