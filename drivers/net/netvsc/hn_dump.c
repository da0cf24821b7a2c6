/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * For people. The lines of the ledger are also compared with the host's by tests.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "hn_dump.h"
#include "hn_ledger.h"
#include "hn_port.h"
#include "hn_proc.h"

int
hn_dump_version(struct rte_eth_dev *dev, char *text, size_t len)
{
	const struct hn_nvs *nvs = &hn_proc_get(dev->data->port_id)->nvs;
	int ret = snprintf(text, len, "NVSP %s NDIS %u.%u", hn_nvs_version_name(nvs->version),
			   nvs->ndis_major, nvs->ndis_minor);

	if (ret < 0)
		return -EINVAL;
	/* With the end of the string, if it did not fit. */
	return (size_t)ret < len ? 0 : ret + 1;
}

static void
dump_rss(const struct hn_rss *rss, FILE *file)
{
	uint16_t i;

	fprintf(file, "  RSS: host serves %u channels, hashes types 0x%" PRIx64
		", has a table of %u\n", rss->caps.queues, rss->caps.types, rss->caps.table_size);
	fprintf(file, "  RSS: types 0x%" PRIx64 ", %s\n", rss->types,
		rss->applied ? "in force" : "not told to the host");
	fprintf(file, "  RSS table:");
	for (i = 0; i < rss->caps.table_size; i++)
		fprintf(file, " %u", rss->table[i]);
	fprintf(file, "\n");
}

static void
dump_send_table(const struct hn_send_table *table, FILE *file)
{
	uint16_t i;

	fprintf(file, "  send table:");
	for (i = 0; i < table->count; i++)
		fprintf(file, " %u", table->entry[i]);
	fprintf(file, table->count == 0 ? " none\n" : "\n");
}

static void
dump_fault(void *ctx, const char *sentence)
{
	fprintf(ctx, "  ledger: %s\n", sentence);
}

static void
dump_received(struct rte_eth_dev *dev, const struct hn_ledger_fault *fault, FILE *file)
{
	struct hn_channels *channels = &hn_proc_get(dev->data->port_id)->channels;
	struct hn_ledger_rx rx, all = { 0 };
	const struct hn_rxq *rxq;
	uint16_t i;

	for (i = 0; i < channels->count; i++) {
		rxq = i < dev->data->nb_rx_queues ? dev->data->rx_queues[i] : NULL;
		hn_chan_rx_lock(&channels->chan[i]);
		(void)hn_ledger_count_rx(&rx, &channels->chan[i], rxq, fault);
		hn_chan_rx_unlock(&channels->chan[i]);
		all.out += rx.out;
		all.owed += rx.owed;
		all.waiting += rx.waiting;
		all.begun += rx.begun;
		all.kept += rx.kept;
		all.released += rx.released;
		all.ranges += rx.ranges;
	}
	fprintf(file, "  received: %u packets are not completed: %u owed, %u waiting, %u begun, "
		"%u kept, %u released; they keep %u ranges\n", all.out, all.owed, all.waiting,
		all.begun, all.kept, all.released, all.ranges);
}

/* Something that differs if the queue was used in between. */
static uint64_t
dump_mark(const struct hn_txq *txq)
{
	return txq->stats.packets + txq->stats.errors + txq->stats.stray +
	       rte_atomic_load_explicit(&txq->done.tail, rte_memory_order_acquire);
}

/* While a queue is being sent on its books move, and faults would be none. */
static void
dump_count_tx(const struct hn_txq *txq, struct hn_ledger_tx *tx,
	      const struct hn_ledger_fault *fault)
{
	uint64_t mark = dump_mark(txq);

	if (hn_ledger_count_tx(tx, txq, NULL) != 0 && dump_mark(txq) == mark)
		(void)hn_ledger_count_tx(tx, txq, fault);
}

static void
dump_sent(const struct rte_eth_dev *dev, const struct hn_ledger_fault *fault, FILE *file)
{
	struct hn_ledger_tx tx, all = { 0 };
	uint16_t i;

	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		if (dev->data->tx_queues[i] == NULL)
			continue;
		dump_count_tx(dev->data->tx_queues[i], &tx, fault);
		all.free += tx.free;
		all.filling += tx.filling;
		all.sent += tx.sent;
		all.mbufs += tx.mbufs;
		all.sections_free += tx.sections_free;
		all.sections_used += tx.sections_used;
		all.bounces_free += tx.bounces_free;
		all.bounces_used += tx.bounces_used;
	}
	fprintf(file, "  sent: %u descriptors are with the host, %u being filled, %u free; they "
		"keep %u mbufs\n", all.sent, all.filling, all.free, all.mbufs);
	fprintf(file, "  send sections: %u used, %u free; bounce buffers: %u used, %u free\n",
		all.sections_used, all.sections_free, all.bounces_used, all.bounces_free);
}

static void
dump_ledger(struct rte_eth_dev *dev, FILE *file)
{
	const struct hn_ledger_fault fault = { dump_fault, file };

	dump_received(dev, &fault, file);
	dump_sent(dev, &fault, file);
}

int
hn_dump_port(struct rte_eth_dev *dev, FILE *file)
{
	const struct hn_port *port = dev->data->dev_private;

	fprintf(file, "  MTU %u, %s\n", port->mtu,
		port->attached ? "connected" : "not connected");
	fprintf(file, "  channels: %u at most, %u asked for\n", port->channels_max,
		port->channels_asked);
	/* A process without a channel has nothing of the host's. */
	if (dev->process_private != NULL)
		dump_ledger(dev, file);
	dump_rss(&port->rss, file);
	dump_send_table(&port->send_table, file);
	return 0;
}
