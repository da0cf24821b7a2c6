/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One queue, then all of them: a running port is a filter that is open at the
 * host, readers on the channels, and burst functions.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "hn_clock.h"
#include "hn_filter.h"
#include "hn_host.h"
#include "hn_intr.h"
#include "hn_ledger.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "hn_queue.h"
#include "hn_run.h"
#include "hn_rss_ops.h"
#include "hn_rx.h"
#include "hn_tx.h"

/* So long a stop waits for each completion of what the host still has, and for all. */
#define RUN_DRAIN_MS 2000
#define RUN_DRAIN_ALL_MS 30000

/* Receive queues */

int
hn_run_start_rxq(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_rxq *rxq = dev->data->rx_queues[index];

	hn_chan_reader_start(hn_proc_chan(dev->data->port_id, index));
	rxq->running = true;
	dev->data->rx_queue_state[index] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

int
hn_run_stop_rxq(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_rxq *rxq = dev->data->rx_queues[index];

	dev->data->rx_queue_state[index] = RTE_ETH_QUEUE_STATE_STOPPED;
	hn_rx_stop(rxq);
	hn_chan_reader_stop(hn_proc_chan(dev->data->port_id, index));
	return 0;
}

/* Transmit queues */

int
hn_run_start_txq(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_txq *txq = dev->data->tx_queues[index];

	txq->running = true;
	dev->data->tx_queue_state[index] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static void
run_halt_txq(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_txq *txq = dev->data->tx_queues[index];

	struct hn_chan *chan = hn_proc_chan(dev->data->port_id, txq->chan_index);

	/* As owner: a burst of any process is over, or sees it. */
	hn_chan_tx_lock(chan);
	txq->running = false;
	hn_chan_tx_unlock(chan);
	dev->data->tx_queue_state[index] = RTE_ETH_QUEUE_STATE_STOPPED;
}

/* Queues first to last send what they have taken from the application, by one deadline. */
static void
run_flush(struct rte_eth_dev *dev, uint16_t first, uint16_t last)
{
	struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;
	uint32_t timeout_ms = hn_rndis_is_silent(rndis) ? 0 : HN_HOST_TIMEOUT_MS;
	uint16_t i;

	for (i = first; i <= last; i++)
		if (hn_tx_flush(dev->data->tx_queues[i], &timeout_ms) == -ETIMEDOUT)
			hn_rndis_note_silence(rndis);
}

/* How much of it the host has not completed; looks once. */
static uint32_t
run_count_left(struct rte_eth_dev *dev, uint16_t first, uint16_t last)
{
	uint32_t left = 0;
	uint16_t i;

	for (i = first; i <= last; i++)
		left += hn_tx_reclaim(dev->data->tx_queues[i]);
	return left;
}

/* Wait until that is nothing, or the host does not get on; what is left. */
static uint32_t
run_drain(struct rte_eth_dev *dev, uint16_t first, uint16_t last)
{
	uint64_t begin = hn_clock_ms(), progress = begin, now = begin;
	uint32_t left = run_count_left(dev, first, last), before;

	/* Each turn comes closer to both deadlines, or has brought completions. */
	while (left != 0 && !hn_link_is_lost(dev) && now - progress < RUN_DRAIN_MS &&
	       now - begin < RUN_DRAIN_ALL_MS) {
		rte_delay_us_sleep(1000);
		before = left;
		left = run_count_left(dev, first, last);
		now = hn_clock_ms();
		if (left < before)
			progress = now;
	}
	return left;
}

/* Any question will do. */
static bool
run_host_answers(struct rte_eth_dev *dev)
{
	bool up;

	return !hn_link_is_lost(dev) &&
	       hn_rndis_get_link(&hn_proc_get(dev->data->port_id)->rndis, &up) != -ETIMEDOUT;
}

/*
 * Queues first to last get back what the host has of them; how much it has not
 * completed. A host that is paused just now gets on once it answers; one that
 * answers and does not get on never will.
 */
static uint32_t
run_empty(struct rte_eth_dev *dev, uint16_t first, uint16_t last)
{
	const struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;
	uint32_t left;

	/* It has had its time. */
	if (hn_rndis_is_silent(rndis))
		return run_count_left(dev, first, last);
	left = run_drain(dev, first, last);
	if (left != 0 && run_host_answers(dev))
		left = run_drain(dev, first, last);
	return left;
}

int
hn_run_stop_txq(struct rte_eth_dev *dev, uint16_t index)
{
	uint32_t left;

	run_halt_txq(dev, index);
	run_flush(dev, index, index);
	left = run_empty(dev, index, index);
	if (left == 0 || hn_link_is_lost(dev))
		return 0;
	HN_LOG(ERR, "port %u: stop Tx queue %u: the host did not complete %u transmits; the queue "
	       "goes on", dev->data->port_id, index, left);
	hn_run_start_txq(dev, index);
	return -ETIMEDOUT;
}

/* The port */

static void
run_start_rx_queues(struct rte_eth_dev *dev)
{
	const struct hn_rxq *rxq;
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		rxq = dev->data->rx_queues[i];
		if (!rxq->deferred)
			hn_run_start_rxq(dev, i);
	}
}

/* Other processes poll all the time: hosts do not take frames before the filter is open. */
static void
run_start_tx_queues(struct rte_eth_dev *dev)
{
	const struct hn_txq *txq;
	uint16_t i;

	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		txq = dev->data->tx_queues[i];
		if (!txq->deferred)
			hn_run_start_txq(dev, i);
	}
}

static void
run_stop_queues(struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		hn_run_stop_rxq(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		run_halt_txq(dev, i);
}

static void
run_set_bursts(struct rte_eth_dev *dev, bool on)
{
	dev->rx_pkt_burst = on ? hn_rx_burst : rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = on ? hn_tx_burst : rte_eth_pkt_burst_dummy;
}

/* ethdev lets a program start a port whose queues it forgot. */
static bool
run_has_queues(const struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] == NULL)
			return false;
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] == NULL)
			return false;
	return true;
}

/* What can refuse the start, before anything runs. */
static int
run_prepare(struct rte_eth_dev *dev)
{
	int ret;

	if (!run_has_queues(dev)) {
		HN_LOG(ERR, "port %u: start: a configured queue was not set up",
		       dev->data->port_id);
		return -EINVAL;
	}
	ret = hn_host_require(dev);
	if (ret == 0)
		ret = hn_queue_bind_tx(dev);
	return ret < 0 ? ret : hn_rss_ops_start(dev);
}

int
hn_run_start(struct rte_eth_dev *dev)
{
	int ret = run_prepare(dev);

	if (ret < 0)
		return ret;
	ret = hn_intr_start(dev);
	if (ret < 0)
		return ret;
	run_start_rx_queues(dev);
	ret = hn_filter_open(dev);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: start: packet filter: %s", dev->data->port_id,
		       hn_log_reason(ret));
		/* A silent host may open it yet: closed is what it makes it last. */
		if (ret == -ETIMEDOUT)
			(void)hn_filter_close(dev);
		run_stop_queues(dev);
		hn_intr_stop(dev);
		return ret;
	}
	run_start_tx_queues(dev);
	run_set_bursts(dev, true);
	/* It may have been lost meanwhile: whoever came last has to undo it. */
	if (hn_link_is_lost(dev)) {
		run_set_bursts(dev, false);
		run_stop_queues(dev);
		hn_intr_stop(dev);
		return -ENODEV;
	}
	hn_link_publish(dev);
	return 0;
}

/* The host is told to stop, and given time; how many transmits it still has. */
static uint32_t
run_quiet_host(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	uint16_t txqs = dev->data->nb_tx_queues;
	uint32_t left = 0;
	int ret;

	/* It may drop what comes when it has stopped receiving. */
	if (txqs != 0)
		run_flush(dev, 0, txqs - 1);
	ret = hn_filter_close(dev);
	if (ret < 0)
		HN_LOG(WARNING, "port %u: stop: packet filter: %s", dev->data->port_id,
		       hn_log_reason(ret));
	if (txqs != 0)
		left = run_empty(dev, 0, txqs - 1);
	if (!hn_rndis_is_silent(&proc->rndis))
		hn_channels_flush(&proc->channels);
	return left;
}

static void
run_stop(struct rte_eth_dev *dev)
{
	uint32_t left;
	int ret;

	run_set_bursts(dev, false);
	dev->data->dev_started = 0;
	hn_intr_stop(dev);
	run_stop_queues(dev);
	if (hn_link_is_lost(dev))
		return;
	left = run_quiet_host(dev);
	if (left == 0 || hn_link_is_lost(dev))
		return;
	HN_LOG(WARNING, "port %u: stop: the host did not complete %u transmits; it will be "
	       "connected to anew", dev->data->port_id, left);
	/* What it still has must not be used for anything else. */
	ret = hn_host_drop(dev);
	if (ret < 0)
		hn_link_lose(dev, ret);
}

int
hn_run_stop(struct rte_eth_dev *dev)
{
	run_stop(dev);
	(void)hn_ledger_check(dev, "stop");
	return 0;
}
