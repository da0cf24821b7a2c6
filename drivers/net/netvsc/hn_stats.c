/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Every counter that the driver keeps is one row below; basic statistics,
 * extended ones, names and reset follow from the rows.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "hn_port.h"
#include "hn_rx.h"
#include "hn_stats.h"
#include "hn_tx.h"

enum stats_owner {
	STATS_RXQ,
	STATS_TXQ,
	STATS_CHAN,
};

static const struct stats_row {
	const char *name;
	enum stats_owner owner;
	size_t offset;		/* in the owner's struct */
} stats_rows[] = {
	{ "packets", STATS_RXQ, offsetof(struct hn_rxq, stats.packets) },
	{ "bytes", STATS_RXQ, offsetof(struct hn_rxq, stats.bytes) },
	{ "errors", STATS_RXQ, offsetof(struct hn_rxq, stats.errors) },
	{ "no_mbuf", STATS_RXQ, offsetof(struct hn_rxq, stats.no_mbuf) },
	{ "attached", STATS_RXQ, offsetof(struct hn_rxq, stats.attached) },
	{ "packets", STATS_TXQ, offsetof(struct hn_txq, stats.packets) },
	{ "bytes", STATS_TXQ, offsetof(struct hn_txq, stats.bytes) },
	{ "errors", STATS_TXQ, offsetof(struct hn_txq, stats.errors) },
	{ "copied", STATS_TXQ, offsetof(struct hn_txq, stats.copied) },
	{ "direct", STATS_TXQ, offsetof(struct hn_txq, stats.direct) },
	{ "gathered", STATS_TXQ, offsetof(struct hn_txq, stats.gathered) },
	{ "segmented", STATS_TXQ, offsetof(struct hn_txq, stats.segmented) },
	{ "stray_completions", STATS_TXQ, offsetof(struct hn_txq, stats.stray) },
	{ "surplus_completions", STATS_TXQ, offsetof(struct hn_txq, done.lost) },
	{ "bad_packets", STATS_CHAN, offsetof(struct hn_chan_shared, stats.bad_packets) },
	{ "stale_answers", STATS_CHAN, offsetof(struct hn_chan_shared, stats.stale_answers) },
	{ "missed", STATS_CHAN, offsetof(struct hn_chan_shared, stats.missed) },
	{ "send_tables", STATS_CHAN, offsetof(struct hn_chan_shared, stats.send_tables) },
};

static const char *const stats_prefix[] = {
	[STATS_RXQ] = "rx_q",
	[STATS_TXQ] = "tx_q",
	[STATS_CHAN] = "channel",
};

/* How many of its owner the port has. */
static uint16_t
stats_count(const struct rte_eth_dev *dev, enum stats_owner owner)
{
	const struct hn_port *port = dev->data->dev_private;

	switch (owner) {
	case STATS_RXQ:
		return dev->data->nb_rx_queues;
	case STATS_TXQ:
		return dev->data->nb_tx_queues;
	default:
		return port->channels_open;
	}
}

/* NULL if that queue is not set up. */
static uint64_t *
stats_counter(const struct rte_eth_dev *dev, const struct stats_row *row, uint16_t index)
{
	struct hn_port *port = dev->data->dev_private;
	uint8_t *owner;

	switch (row->owner) {
	case STATS_RXQ:
		owner = dev->data->rx_queues[index];
		break;
	case STATS_TXQ:
		owner = dev->data->tx_queues[index];
		break;
	default:
		owner = (uint8_t *)&port->chan[index];
		break;
	}
	return owner != NULL ? (uint64_t *)(owner + row->offset) : NULL;
}

static void
stats_add_rxq(struct rte_eth_stats *stats, struct eth_queue_stats *queues,
	      const struct hn_rxq *rxq, uint16_t index)
{
	stats->ipackets += rxq->stats.packets;
	stats->ibytes += rxq->stats.bytes;
	stats->ierrors += rxq->stats.errors;
	stats->rx_nombuf += rxq->stats.no_mbuf;
	if (queues == NULL || index >= RTE_ETHDEV_QUEUE_STAT_CNTRS)
		return;
	queues->q_ipackets[index] = rxq->stats.packets;
	queues->q_ibytes[index] = rxq->stats.bytes;
	queues->q_errors[index] = rxq->stats.errors;
}

static void
stats_add_txq(struct rte_eth_stats *stats, struct eth_queue_stats *queues,
	      const struct hn_txq *txq, uint16_t index)
{
	stats->opackets += txq->stats.packets;
	stats->obytes += txq->stats.bytes;
	stats->oerrors += txq->stats.errors;
	if (queues == NULL || index >= RTE_ETHDEV_QUEUE_STAT_CNTRS)
		return;
	queues->q_opackets[index] = txq->stats.packets;
	queues->q_obytes[index] = txq->stats.bytes;
}

int
hn_stats_get(struct rte_eth_dev *dev, HN_STATS_ARGS)
{
	const struct hn_port *port = dev->data->dev_private;
	uint16_t i;

#ifdef HN_STATS_QUEUES_IN_STATS
	struct eth_queue_stats *queues = stats;
#endif
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		if (dev->data->rx_queues[i] != NULL)
			stats_add_rxq(stats, queues, dev->data->rx_queues[i], i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			stats_add_txq(stats, queues, dev->data->tx_queues[i], i);
	for (i = 0; i < port->channels_open; i++)
		stats->imissed += port->chan[i].stats.missed;
	return 0;
}

int
hn_stats_reset(struct rte_eth_dev *dev)
{
	unsigned int row;
	uint16_t i;

	for (row = 0; row < RTE_DIM(stats_rows); row++) {
		for (i = 0; i < stats_count(dev, stats_rows[row].owner); i++) {
			uint64_t *counter = stats_counter(dev, &stats_rows[row], i);

			if (counter != NULL)
				*counter = 0;
		}
	}
	return 0;
}

static unsigned int
stats_total(const struct rte_eth_dev *dev)
{
	unsigned int row, total = 0;

	for (row = 0; row < RTE_DIM(stats_rows); row++)
		total += stats_count(dev, stats_rows[row].owner);
	return total;
}

int
hn_stats_get_xnames(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int count)
{
	unsigned int row, total = stats_total(dev), at = 0;
	uint16_t i;

	if (names == NULL || count < total)
		return (int)total;
	for (row = 0; row < RTE_DIM(stats_rows); row++)
		for (i = 0; i < stats_count(dev, stats_rows[row].owner); i++)
			snprintf(names[at++].name, RTE_ETH_XSTATS_NAME_SIZE, "%s%u_%s",
				 stats_prefix[stats_rows[row].owner], i, stats_rows[row].name);
	return (int)total;
}

int
hn_stats_get_x(struct rte_eth_dev *dev, struct rte_eth_xstat *values, unsigned int count)
{
	unsigned int row, total = stats_total(dev), at = 0;
	const uint64_t *counter;
	uint16_t i;

	if (values == NULL || count < total)
		return (int)total;
	for (row = 0; row < RTE_DIM(stats_rows); row++) {
		for (i = 0; i < stats_count(dev, stats_rows[row].owner); i++) {
			counter = stats_counter(dev, &stats_rows[row], i);
			values[at].id = at;
			values[at].value = counter != NULL ? *counter : 0;
			at++;
		}
	}
	return (int)total;
}
