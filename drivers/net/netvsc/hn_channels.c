/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The host answers how many subchannels it grants, and offers them by another
 * way, some time later; the kernel opens each and then shows its rings.
 */

#include <errno.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_cycles.h>

#include "hn_channels.h"
#include "hn_clock.h"
#include "hn_log.h"
#include "hn_nvs.h"
#include "hn_rxbuf.h"

/* At most, from the host's answer to the last offer: as busy hosts take for answers. */
#define CHANNELS_OFFER_TIMEOUT_MS 20000u
/* Ring packets taken at a time when a channel is flushed, and how often at most. */
#define CHANNELS_FLUSH_BUDGET 256
#define CHANNELS_FLUSH_TURNS 64
/* How long to wait for that, and until the host has read what it gets back. */
#define CHANNELS_FLUSH_MS 1000

void
hn_channels_init(struct hn_channels *channels, struct hn_chan_shared *shared)
{
	unsigned int i;

	memset(channels, 0, sizeof(*channels));
	for (i = 0; i < HN_CHANNELS_MAX; i++)
		hn_chan_init(&channels->chan[i], &shared[i]);
}

int
hn_channels_open(struct hn_channels *channels, struct rte_vmbus_device *dev, uint16_t port_id,
		 const struct hn_chan_events *events, void *ctx)
{
	int ret = hn_chan_open(&channels->chan[0], dev, port_id, events, ctx);

	if (ret == 0)
		channels->count = 1;
	return ret;
}

/*
 * Open the next one offered: 1; 0 if none waits; or negative errno. One whose
 * index makes no sense stays the bus's, which closes it with the device.
 */
static int
channels_open_next(struct hn_channels *channels)
{
	struct hn_chan *primary = &channels->chan[0];
	struct vmbus_channel *vmbus;
	uint16_t index;
	int ret = rte_vmbus_subchan_open(primary->vmbus, &vmbus);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	index = rte_vmbus_sub_channel_index(vmbus);
	if (index == 0 || index > channels->granted || channels->chan[index].vmbus != NULL) {
		HN_LOG(WARNING, "port %u: the host offers a subchannel %u, which was not asked for",
		       primary->port_id, index);
		return 1;
	}
	ret = hn_chan_open_sub(&channels->chan[index], primary, vmbus);
	return ret < 0 ? ret : 1;
}

/* How many are open without a gap. */
static uint16_t
channels_count(const struct hn_channels *channels)
{
	uint16_t count = 1;

	while (count < HN_CHANNELS_MAX && channels->chan[count].vmbus != NULL)
		count++;
	return count;
}

int
hn_channels_add_late(struct hn_channels *channels)
{
	int ret;

	/* Forward: each turn opens one of those that the kernel lists. */
	while ((ret = channels_open_next(channels)) > 0)
		;
	channels->count = channels_count(channels);
	return ret;
}

/*
 * Nothing is sent meanwhile: where a signal goes through the kernel, it walks
 * all channels of the device, also those that it is just setting up.
 */
static int
channels_await(struct hn_channels *channels, uint32_t timeout_ms)
{
	uint64_t begin = hn_clock_ms();
	uint32_t turn = 0;
	int ret;

	/* Each turn comes closer to the deadline. */
	do {
		ret = hn_channels_add_late(channels);
		if (ret < 0 || channels->count > channels->granted)
			return ret;
		if (turn++ % 64 == 63 && rte_vmbus_dev_is_gone(channels->chan[0].dev))
			return -ENODEV;
		rte_delay_us_sleep(1000);
	} while (hn_clock_ms() - begin < timeout_ms);
	return 0;
}

int
hn_channels_add(struct hn_channels *channels, const struct hn_nvs *nvs, uint16_t want,
		uint32_t timeout_ms)
{
	uint16_t port_id = channels->chan[0].port_id;
	uint32_t granted;
	int ret;

	want = RTE_MIN(want, (uint16_t)HN_CHANNELS_MAX);
	ret = hn_nvs_ask_subchannels(nvs, &channels->chan[0], want - 1u, &granted, timeout_ms);
	channels->granted = (uint16_t)granted;
	if (ret < 0)
		return ret;
	if (granted != 0)
		ret = channels_await(channels, RTE_MIN(timeout_ms, CHANNELS_OFFER_TIMEOUT_MS));
	if (ret < 0) {
		HN_LOG(ERR, "port %u: open subchannels: %s", port_id, hn_log_reason(ret));
		return ret;
	}
	if (channels->count < want)
		HN_LOG(WARNING, "port %u: %u channels are open, not the %u asked for (the host "
		       "granted %u)", port_id, channels->count, want, granted + 1);
	return 0;
}

void
hn_channels_close(struct hn_channels *channels)
{
	unsigned int i = HN_CHANNELS_MAX;

	channels->count = 0;
	channels->granted = 0;
	while (i-- > 0)
		hn_chan_close(&channels->chan[i]);
}

void
hn_channels_abandon(struct hn_channels *channels)
{
	unsigned int i;

	for (i = 0; i < HN_CHANNELS_MAX; i++)
		hn_chan_abandon(&channels->chan[i]);
}

void
hn_channels_tend(struct hn_channels *channels)
{
	uint16_t i;

	for (i = 0; i < channels->count; i++) {
		hn_chan_recover(&channels->chan[i]);
		hn_chan_tend(&channels->chan[i]);
	}
}

int
hn_channels_attach(struct hn_channels *channels, struct rte_vmbus_device *dev, uint16_t port_id,
		   const struct hn_chan_events *events, void *ctx)
{
	const struct vmbus_region *rxbuf = &dev->region[VMBUS_MAP_RECV_BUF];
	struct hn_chan *chan;
	int ret;

	/* Those that are attached stay so. */
	for (; channels->count < HN_CHANNELS_MAX; channels->count++) {
		chan = &channels->chan[channels->count];
		chan->port_id = port_id;
		chan->events = events;
		chan->ctx = ctx;
		ret = hn_chan_attach(chan, dev, channels->count, rxbuf->addr,
				     (uint32_t)rxbuf->len);
		if (ret < 0)
			return ret == -ENOENT && channels->count != 0 ? 0 : ret;
	}
	return 0;
}

void
hn_channels_detach(struct hn_channels *channels)
{
	/* Each turn takes one channel off, the primary last. */
	while (channels->count != 0)
		hn_chan_detach(&channels->chan[--channels->count]);
}

/* true if the host has everything back. */
static bool
channels_flush_one(struct hn_chan *chan)
{
	unsigned int turn;

	for (turn = 0; turn < CHANNELS_FLUSH_TURNS; turn++)
		if (hn_chan_poll(chan, CHANNELS_FLUSH_BUDGET, HN_CHAN_DROP) <= 0)
			break;
	return hn_chan_is_paid(chan);
}

void
hn_channels_flush(struct hn_channels *channels)
{
	uint64_t begin = hn_clock_ms();
	unsigned int turn = 0;
	bool done;
	uint16_t i;

	/* Each turn comes closer to the deadline, however much the host sends. */
	do {
		done = true;
		for (i = 0; i < channels->count; i++)
			done = channels_flush_one(&channels->chan[i]) && done;
		if (done || (turn++ % 64 == 63 && rte_vmbus_dev_is_gone(channels->chan[0].dev)))
			return;
		rte_delay_us_sleep(1000);
	} while (hn_clock_ms() - begin < CHANNELS_FLUSH_MS);
}

void
hn_channels_share(struct hn_channels *channels)
{
	uint16_t i;

	for (i = 0; i < channels->count; i++)
		hn_chan_set_share(&channels->chan[i], channels->count);
}

int
hn_channels_keep(struct hn_channels *channels, struct hn_rxmem *mem, uint32_t pieces)
{
	uint32_t share = pieces / channels->count / 2;
	struct hn_chan *chan;
	uint16_t i;

	for (i = 0; i < channels->count; i++) {
		chan = &channels->chan[i];
		if (chan->kept == NULL)
			chan->kept = hn_rxbuf_create(mem, share);
		if (chan->kept == NULL)
			return -ENOMEM;
		/* Those that came before the others have had more. */
		chan->kept->ranges_max = RTE_MIN(chan->kept->ranges_max, share);
	}
	return 0;
}

uint32_t
hn_channels_kept(const struct hn_channels *channels)
{
	uint32_t packets = 0;
	uint16_t i;

	for (i = 0; i < channels->count; i++)
		if (channels->chan[i].kept != NULL)
			packets += hn_rxbuf_kept(channels->chan[i].kept);
	return packets;
}
