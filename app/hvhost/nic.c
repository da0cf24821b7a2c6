/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See nic.h. A turn goes: frames of the port into free receive sections and off
 * to the guest in one packet; then the guest's packets, each answered by one
 * completion; then waiting control messages; then what was written is
 * published.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "log.h"
#include "nic_private.h"
#include "offload.h"
#include "port.h"
#include "rules.h"

#define NIC_RX_BUDGET 256u		/* frames of the port in a turn */
#define NIC_TX_BUDGET 256u		/* packets of a channel in a turn */

/* Where a packet is copied to; one at a time is looked at. */
static struct vmbus_packet nic_packet;

void
nic_kill(struct nic_channel *ch, const char *why)
{
	if (ch->dead)
		return;
	ch->dead = true;
	vmbus_channel_kill(ch->vch);
	log_info("%s: channel %u is silent from now on: %s", ch->nic->name, ch->index, why);
}

/* Completions. */

static bool
nic_send_completion(struct nic_channel *ch, uint64_t id, const uint8_t *bytes, size_t len)
{
	int ret = vmbus_channel_send(ch->vch, &(struct vmbus_send){
		.type = PACKET_COMPLETION,
		.id = id,
		.payload = bytes,
		.payload_len = len,
	});

	return ret != -EAGAIN;
}

void
nic_complete(struct nic_channel *ch, uint64_t id, const uint8_t *bytes, size_t len)
{
	if (nic_send_completion(ch, id, bytes, len))
		return;
	ch->stuck.waits = true;
	ch->stuck.id = id;
	ch->stuck.len = len;
	memcpy(ch->stuck.bytes, bytes, len);
}

/* Whether the way is free: a completion that waited is out, if there was one. */
static bool
nic_unstick(struct nic_channel *ch)
{
	if (ch->stuck.waits)
		ch->stuck.waits = !nic_send_completion(ch, ch->stuck.id, ch->stuck.bytes,
						       ch->stuck.len);
	return !ch->stuck.waits;
}

/* Coalescing is a matter of the vmbus side too: both have to have it. */
static uint32_t
nic_offloads(const struct nic *nic)
{
	bool rsc = nic->nvsp.version >= NVSP_VERSION_61 && nic->nvsp.capabilities & NVSP_CAP_RSC;

	return rsc ? nic->config.offloads : nic->config.offloads & ~OFFLOAD_RSC;
}

/* The buffers are known: set up the books over them. false: no memory. */
static bool
nic_attach_buffers(struct nic *nic)
{
	if (nic->has_rxbuf)
		return true;
	nic->sections = nic->nvsp.send.len / NVSP_SEND_SECTION_LEN;
	nic->section_turn = calloc(nic->sections + 1, sizeof(nic->section_turn[0]));
	if (nic->section_turn == NULL ||
	    rxbuf_init(&nic->rxbuf, nic->nvsp.recv_sections, NVSP_CONTROL_SECTIONS, 1) != 0)
		return false;
	nic->has_rxbuf = true;
	nic->rndis.frame_len = nic->nvsp.frame_len;
	nic->rndis.ndis_major = nic->nvsp.ndis_major;
	nic->rndis.ndis_minor = nic->nvsp.ndis_minor;
	rndis_offer(&nic->rndis, nic_offloads(nic));
	return true;
}

static void
nic_detach_buffers(struct nic *nic)
{
	rxbuf_free(&nic->rxbuf);
	nic->has_rxbuf = false;
	free(nic->section_turn);
	nic->section_turn = NULL;
	nic->sections = 0;
	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++)
		nic_rx_reset(&nic->channel[i]);
}

/* The guest takes a buffer back: from now on nothing of it is touched. */
static void
nic_revoked(struct nic_channel *ch)
{
	struct nic *nic = ch->nic;

	if (!nic->rndis.halted)
		rules_break(nic->rules, RULE_HALT_BEFORE_REVOKE, nic->name,
			    "a buffer is revoked before HALT");
	if (nic->rxbuf.held > 0)
		rules_break(nic->rules, RULE_RX_LEFTOVER, nic->name,
			    "%u receive sections have not come back", nic->rxbuf.held);
	nic_detach_buffers(nic);
	nic_kill(ch, "the guest has revoked a buffer");
}

static void
nic_message(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	struct nvsp_answer answer;
	struct nvsp_rndis rndis;

	switch (nvsp_receive(&ch->nic->nvsp, ch->index, packet->payload, packet->payload_len,
			     packet->wants_completion, &answer, &rndis)) {
	case NVSP_SILENT:
		break;
	case NVSP_ANSWER:
		nic_answer(ch, FAULT_NVSP, packet->id, answer.bytes, answer.len);
		break;
	case NVSP_RNDIS:
		if (nic_attach_buffers(ch->nic))
			nic_tx_rndis(ch, packet, &rndis);
		else
			nic_kill(ch, "the host has no memory for its books");
		break;
	case NVSP_REVOKED:
		nic_revoked(ch);
		break;
	case NVSP_DEAD:
		nic_kill(ch, "a rule was broken");
		break;
	}
}

bool
nic_is_lost(const struct nic *nic)
{
	return nic->config.lost_at != 0 && nic->packets == nic->config.lost_at;
}

/* A guest that has asked is not answered any more when its card goes. */
static bool
nic_gets_lost(struct nic_channel *ch)
{
	if (ch->nic->packets < ch->nic->config.lost_at)
		ch->nic->packets++;
	if (!nic_is_lost(ch->nic))
		return false;
	nic_kill(ch, "the card goes");
	return true;
}

static void
nic_take_packet(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	if (nic_gets_lost(ch))
		return;
	switch (packet->type) {
	case PACKET_COMPLETION:
		nic_rx_completed(ch, packet);
		break;
	case PACKET_INBAND:
	case PACKET_GPA_DIRECT:
		nic_message(ch, packet);
		break;
	default:
		rules_break(ch->nic->rules, RULE_PACKET_TYPE, ch->nic->name,
			    "a packet of type %u", packet->type);
		nic_kill(ch, "a packet that guests do not send");
	}
}

static unsigned int
nic_drain(struct nic_channel *ch)
{
	unsigned int n = 0;

	while (n < NIC_TX_BUDGET && nic_channel_works(ch) && nic_unstick(ch)) {
		int ret = vmbus_channel_recv(ch->vch, &nic_packet);

		if (ret < 0)
			nic_kill(ch, "its ring is broken");
		if (ret <= 0)
			break;
		nic_take_packet(ch, &nic_packet);
		n++;
	}
	return n;
}

/* The turn. */

static unsigned int
nic_poll_channel(struct nic_channel *ch)
{
	if (!nic_channel_works(ch))
		return 0;
	nic_rx_flush(ch);
	return nic_drain(ch);
}

unsigned int
nic_poll(struct nic *nic)
{
	unsigned int n = 0;

	if (nic_is_paused(nic))
		return 0;
	if (nic->port->ops->poll != NULL)
		n += nic->port->ops->poll(nic->port, NIC_RX_BUDGET);
	for (unsigned int i = 0; i <= nic->subs.offered; i++)
		n += nic_poll_channel(&nic->channel[i]);
	n += nic_faults_poll(nic);
	n += nic_control_poll(nic);
	nic_subs_poll(nic);
	for (unsigned int i = 0; i <= nic->subs.offered; i++)
		if (nic_channel_works(&nic->channel[i]))
			vmbus_channel_flush(nic->channel[i].vch);
	if (++nic->turn == 0)
		nic->turn = 1;
	return n;
}

/* Events from below. */

static void
nic_channel_opened(void *ctx, struct vmbus_channel *vch)
{
	struct nic *nic = ctx;
	uint16_t index = vmbus_channel_index(vch);
	struct nic_channel *ch;

	if (index >= NIC_QUEUES_MAX)
		return;
	ch = &nic->channel[index];
	ch->vch = vch;
	ch->dead = false;
	ch->rescinded = false;
	ch->stuck.waits = false;
	nic->rndis.channels_open |= 1ULL << index;
	nic_rx_reset(ch);
	if (index >= nic->queues_seen)
		nic->queues_seen = index + 1u;
	if (index == 0) {
		nic->packets = 0;
		nic->counters.opens++;
		log_info("%s: opened by a guest", nic->name);
	}
}

static void
nic_forget_guest(struct nic *nic)
{
	nic_detach_buffers(nic);
	nic_subs_reset(nic);
	nic_faults_forget(nic);
	control_queue_clear(&nic->control);
	nvsp_reset(&nic->nvsp);
	rndis_reset(&nic->rndis);
}

static void
nic_channel_closed(void *ctx, struct vmbus_channel *vch)
{
	struct nic *nic = ctx;
	uint16_t index = vmbus_channel_index(vch);

	if (index >= NIC_QUEUES_MAX)
		return;
	nic->channel[index].vch = NULL;
	nic->rndis.channels_open &= ~(1ULL << index);
	if (index != 0)
		return;
	log_info("%s: closed%s", nic->name,
		 nic->nvsp.state == NVSP_ENDED ? "" : " without taking its buffers back");
	nic_forget_guest(nic);
}

static const struct vmbus_device_ops nic_vmbus_ops = {
	.opened = nic_channel_opened,
	.closed = nic_channel_closed,
};

static uint8_t *
nic_gpadl(void *ctx, uint32_t handle, size_t *len)
{
	return vmbus_gpadl(((struct nic *)ctx)->dev, handle, len);
}

static uint32_t
nic_subchannels(void *ctx, uint32_t count)
{
	return nic_subs_grant(ctx, count);
}

/* Birth and death. */

static void
nic_init_protocols(struct nic *nic)
{
	const struct nic_config *config = &nic->config;

	nic->nvsp.profile = config->profile;
	nic->nvsp.ops = (struct nvsp_ops){ nic_gpadl, nic_subchannels, nic };
	nic->nvsp.rules = nic->rules;
	nic->nvsp.who = nic->name;
	nic->nvsp.version_min = config->nvsp_min;
	nic->nvsp.version_max = config->nvsp_max;
	nic->nvsp.frame_max = config->frame_max;
	nic->rndis.profile = config->profile;
	nic->rndis.rules = nic->rules;
	nic->rndis.who = nic->name;
	memcpy(nic->rndis.mac, config->mac, sizeof(nic->rndis.mac));
	nic->rndis.mac_change = config->mac_change;
	nic->rndis.queues_max = config->queues_max;
	nic->rndis.rss_entries = config->rss_entries;
	nic->rndis.large_send = config->large_send;
	nic->rndis.link_up = true;
	nic->rndis.link_bps = config->link_bps;
	nic->rxbuf.oldest_first = config->oldest_first;
	control_queue_init(&nic->control);
	nic_forget_guest(nic);
}

struct nic *
nic_create(struct vmbus *bus, struct rules *rules, const struct nic_config *config,
	   struct port *port)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (nic == NULL)
		return NULL;
	nic->config = *config;
	nic->faults = config->faults;
	nic->bus = bus;
	nic->rules = rules;
	nic->turn = 1;
	snprintf(nic->name, sizeof(nic->name), "nic %u", config->number);
	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++) {
		nic->channel[i].nic = nic;
		nic->channel[i].index = (uint16_t)i;
	}
	nic_init_protocols(nic);
	nic_rx_plug(nic, port);
	nic->dev = vmbus_offer(bus, &(struct vmbus_offer){
		.instance = config->instance,
		.monitored = config->monitored,
		.subs_unmonitored = config->subs_unmonitored,
		.hides_ring = config->hides_ring,
		.ring_bytes = config->ring_bytes,
		.recv_bytes = config->recv_bytes,
		.send_bytes = config->send_bytes,
		.delays = config->delays,
	}, &nic_vmbus_ops, nic);
	if (nic->dev == NULL) {
		free(nic);
		return NULL;
	}
	return nic;
}

void
nic_destroy(struct nic *nic)
{
	if (nic == NULL)
		return;
	vmbus_rescind(nic->dev);
	port_close(nic->port);
	nic_forget_guest(nic);
	capture_close(nic->capture);
	free(nic->landing);
	free(nic);
}

/* For the user. */

int
nic_capture(struct nic *nic, const char *path, uint32_t snap_len)
{
	struct capture *capture = NULL;

	if (path != NULL) {
		capture = capture_open(path, nic->config.number, snap_len);
		if (capture == NULL)
			return -1;
	}
	capture_close(nic->capture);
	nic->capture = capture;
	return 0;
}

bool
nic_is_open(const struct nic *nic)
{
	return nic->channel[0].vch != NULL;
}

const struct nic_counters *
nic_counters(const struct nic *nic)
{
	return &nic->counters;
}

const struct nic_queue_counters *
nic_queue_counters(const struct nic *nic, unsigned int i)
{
	return i < nic->queues_seen ? &nic->channel[i].counters : NULL;
}

struct nic_held
nic_held(const struct nic *nic)
{
	struct nic_held held = { .rx = nic->has_rxbuf ? nic->rxbuf.held : 0 };

	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++)
		held.tx += nic->channel[i].vch != NULL && nic->channel[i].stuck.waits;
	held.tx += nic_faults_held(nic);
	return held;
}

const struct nic_config *
nic_config(const struct nic *nic)
{
	return &nic->config;
}

struct port *
nic_port(const struct nic *nic)
{
	return nic->port;
}

const char *
nic_state(const struct nic *nic)
{
	static const char *const states[] = {
		[NVSP_WAIT_INIT] = "opened", [NVSP_SETUP] = "setting up", [NVSP_READY] = "ready",
		[NVSP_ENDED] = "halted",
	};
	static char text[128];

	if (!nic_is_open(nic))
		return "no guest";
	if (nic->nvsp.state != NVSP_READY)
		return nic->channel[0].dead ? "dead" : states[nic->nvsp.state];
	snprintf(text, sizeof(text), "%s, NVSP %s, mtu %u, filter 0x%02x, link %s",
		 nic->channel[0].dead ? "dead" : "ready", nvsp_version_name(nic->nvsp.version),
		 nic->nvsp.frame_len - ETHER_HDR_LEN, nic->rndis.filter,
		 nic->rndis.link_up ? "up" : "down");
	return text;
}
