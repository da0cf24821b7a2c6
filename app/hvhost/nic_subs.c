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

/* Every queue has a receive section at least. */
static bool
nic_subs_have_sections(const struct nic *nic, uint32_t subs)
{
	return nic->nvsp.recv_sections >= NVSP_CONTROL_SECTIONS + 1 + subs;
}

static void
nic_subs_set_due(struct nic *nic)
{
	nic->subs.due_ns = pace_now_ns() + (uint64_t)nic->config.grant_delay_ms * NS_PER_MS;
}

/* What the host makes of a request for so many; 0: nothing. */
static uint32_t
nic_subs_decide(const struct nic *nic, uint32_t count)
{
	const struct nic_config *config = &nic->config;
	uint32_t granted;

	if (count >= config->queues_max)
		return 0;
	granted = count < config->grant_max ? count : config->grant_max;
	if (granted == 0)
		return 0;
	granted += config->grant_extra;
	return granted < NIC_QUEUES_MAX ? granted : NIC_QUEUES_MAX - 1;
}

/*
 * As with OpenVMM the count is of all subchannels that there are to be: a second
 * request may ask for more, and one for fewer takes none away.
 */
uint32_t
nic_subs_grant(struct nic *nic, uint32_t count)
{
	struct nic_subs *subs = &nic->subs;
	uint32_t granted = nic_subs_decide(nic, count);

	if (granted == 0 || !nic_subs_have_sections(nic, granted))
		return 0;
	if (nic->landing == NULL)
		nic->landing = malloc(FRAME_MAX + ETHER_TAG_LEN);
	if (nic->landing == NULL)
		return 0;
	subs->wanted = granted;
	subs->asked_turn = nic->turn;
	subs->split_due = true;
	subs->table_due = true;
	nic_subs_set_due(nic);
	return granted;
}

/* Divide the receive sections among the queues; false: no memory. */
static bool
nic_subs_split(struct nic *nic)
{
	for (uint32_t i = 0; i <= nic->subs.offered; i++)
		nic_rx_untake(&nic->channel[i]);
	nic->subs.split_due = !rxbuf_split(&nic->rxbuf, nic->subs.wanted + 1);
	return !nic->subs.split_due;
}

static void
nic_subs_offer(struct nic *nic)
{
	struct nic_subs *subs = &nic->subs;
	int ret = vmbus_channel_offer_sub(nic->dev, (uint16_t)(subs->offered + 1));

	if (ret < 0) {
		log_info("%s: no subchannel %u: %s", nic->name, subs->offered + 1, strerror(-ret));
		subs->wanted = subs->offered;
		return;
	}
	subs->offered++;
	nic_subs_set_due(nic);
}

/* The guest's kernel may open none, or some later. One that is gone is not waited for. */
static bool
nic_subs_are_open(const struct nic *nic)
{
	for (uint32_t i = 1; i <= nic->subs.wanted; i++)
		if (nic->channel[i].vch == NULL && !nic->channel[i].rescinded)
			return false;
	return true;
}

static void
nic_subs_send_table(struct nic *nic)
{
	uint8_t message[NVSP_TABLE_MESSAGE_MAX];
	size_t len = nvsp_write_table(&nic->nvsp, message, nic->subs.wanted + 1);

	if (vmbus_channel_send(nic->channel[0].vch, &(struct vmbus_send){
			.type = PACKET_INBAND,
			.payload = message,
			.payload_len = len,
		}) != -EAGAIN)
		nic->subs.table_due = false;
}

/* The answer is seen before what follows it. */
static bool
nic_subs_may_offer(const struct nic *nic)
{
	const struct nic_channel *primary = &nic->channel[0];

	return nic_channel_works(primary) && !primary->stuck.waits && nic->has_rxbuf &&
	       nic->subs.asked_turn != nic->turn;
}

void
nic_subs_poll(struct nic *nic)
{
	struct nic_subs *subs = &nic->subs;

	if (!subs->table_due || !nic_subs_may_offer(nic))
		return;
	if (subs->split_due && !nic_subs_split(nic))
		return;
	/* Each turn offers one, or wants no more. */
	while (subs->offered < subs->wanted && pace_now_ns() >= subs->due_ns)
		nic_subs_offer(nic);
	if (subs->offered >= subs->wanted && nic_subs_are_open(nic))
		nic_subs_send_table(nic);
}

void
nic_subs_reset(struct nic *nic)
{
	nic->subs = (struct nic_subs){ 0 };
	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++) {
		if (nic->channel[i].rescinded)
			nic->rndis.channels_open &= ~(1ULL << i);
		nic->channel[i].rescinded = false;
	}
}

/* What is on its way to the guest is in the ring then, for a guest that still looks. */
int
nic_rescind_channel(struct nic *nic, uint64_t index)
{
	struct nic_channel *ch = index > 0 && index < NIC_QUEUES_MAX ? &nic->channel[index] : NULL;

	if (ch == NULL || ch->vch == NULL)
		return -ENOENT;
	if (nic_channel_works(ch)) {
		nic_rx_flush(ch);
		vmbus_channel_flush(ch->vch);
	}
	nic_rx_untake(ch);
	vmbus_channel_rescind(ch->vch);
	ch->rescinded = true;
	/* To the guest it is open, and may be in its RSS table. */
	nic->rndis.channels_open |= 1ULL << index;
	if (nic->has_rxbuf)
		rxbuf_lose(&nic->rxbuf, ch->index);
	log_info("%s: channel %u is rescinded", nic->name, ch->index);
	return 0;
}
