/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Queues come and go here; what they do is in hn_rx.c and hn_tx.c.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_malloc.h>

#include "hn_ledger.h"
#include "hn_log.h"
#include "hn_pkt_rx.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "hn_queue.h"
#include "hn_rx.h"
#include "hn_tx.h"

/* Ring packets that a look into the ring takes: each holds at least one frame. */
#define QUEUE_COUNT_BUDGET 64

/* Can frames of this MTU be received into mbufs of the pool? */
static bool
queue_takes_mtu(struct rte_mempool *pool, bool scatter, uint16_t port_id, uint16_t mtu)
{
	uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	uint32_t longest = mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;

	if (longest <= room || scatter)
		return true;
	HN_LOG(ERR, "port %u: frames of %u bytes do not fit mbufs of %u; use larger mbufs, "
	       "a smaller MTU or the scatter offload", port_id, longest, room);
	return false;
}

bool
hn_queue_takes_mtu(const struct rte_eth_dev *dev, uint16_t mtu)
{
	const struct hn_rxq *rxq;
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		rxq = dev->data->rx_queues[i];
		if (rxq != NULL &&
		    !queue_takes_mtu(rxq->pool, rxq->chains, dev->data->port_id, mtu))
			return false;
	}
	return true;
}

/* Longest frame that is copied. */
static uint32_t
queue_copybreak(const struct hn_options *options, struct rte_mempool *pool)
{
	/* mbufs with memory that is theirs for good are never detached from any other. */
	if (options->rx_extmbuf == 0 ||
	    (rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0)
		return UINT32_MAX;
	return options->rx_copybreak;
}

/* A tag is always told: it is the frame's. */
static uint32_t
queue_wants(uint64_t offloads)
{
	uint32_t wants = HN_PKT_RX_VLAN;

	if ((offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM) != 0)
		wants |= HN_PKT_RX_CHECKSUM;
	if ((offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0)
		wants |= HN_PKT_RX_HASH;
	return wants;
}

int
hn_queue_setup_rx(struct rte_eth_dev *dev, uint16_t index, uint16_t nb_desc,
		  unsigned int socket, const struct rte_eth_rxconf *conf,
		  struct rte_mempool *pool)
{
	uint64_t offloads = conf->offloads | dev->data->dev_conf.rxmode.offloads;
	bool chains = (offloads & (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_TCP_LRO)) != 0;
	const struct hn_port *port = dev->data->dev_private;
	struct hn_rxq *rxq;

	if (!queue_takes_mtu(pool, chains, dev->data->port_id, dev->data->mtu))
		return -EINVAL;
	rxq = rte_zmalloc_socket("netvsc_rxq", sizeof(*rxq), RTE_CACHE_LINE_SIZE, (int)socket);
	if (rxq == NULL)
		return -ENOMEM;
	rxq->port_id = dev->data->port_id;
	rxq->queue_id = index;
	rxq->nb_desc = nb_desc;
	rxq->pool = pool;
	hn_rx_mbuf_init(&rxq->start, pool, rxq->port_id);
	rxq->chains = chains;
	rxq->deferred = conf->rx_deferred_start != 0;
	if (chains)
		dev->data->scattered_rx = 1;
	rxq->strip_vlan = (offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	rxq->wants = queue_wants(offloads);
	rxq->ptype_layers = port->ptype_layers;
	rxq->copybreak = queue_copybreak(&port->options, pool);
	dev->data->rx_queues[index] = rxq;
	return 0;
}

void
hn_queue_release_rx(struct rte_eth_dev *dev, uint16_t index)
{
	rte_free(dev->data->rx_queues[index]);
	dev->data->rx_queues[index] = NULL;
}

/*
 * Memory that the host reads, and the address of each of its parts. A part does
 * not cross a page, so it is contiguous, whatever the pages are.
 */
static int
queue_alloc_parts(uint8_t **mem, uint64_t **iova, uint32_t count, uint32_t part_len, int socket)
{
	uint32_t i;

	*mem = rte_zmalloc_socket("netvsc_tx_parts", (size_t)count * part_len, VMBUS_PAGE_SIZE,
				  socket);
	*iova = rte_zmalloc_socket("netvsc_tx_iova", count * sizeof(**iova), RTE_CACHE_LINE_SIZE,
				   socket);
	if (*mem == NULL || *iova == NULL)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		(*iova)[i] = rte_mem_virt2iova(*mem + (size_t)i * part_len);
		if ((*iova)[i] == RTE_BAD_IOVA)
			return -EFAULT;
	}
	return 0;
}

/* Headers of directly sent frames, and room for those in too many pieces. */
static int
queue_alloc_seen(struct hn_txq *txq, int socket)
{
	int ret = queue_alloc_parts(&txq->slots, &txq->slot_iova, txq->nb_desc, HN_TX_SLOT_LEN,
				    socket);

	if (ret == 0)
		ret = queue_alloc_parts(&txq->bounce, &txq->bounce_iova,
					HN_TXBUF_BOUNCES * HN_TX_BOUNCE_PAGES, VMBUS_PAGE_SIZE,
					socket);
	return ret;
}

/* What the host agreed to, and books for this queue's share of it; anew each time. */
static int
queue_alloc_books(struct hn_txq *txq, const struct rte_eth_dev *dev, int socket)
{
	const struct hn_proc *proc = dev->process_private;
	uint16_t share_of = RTE_MAX(dev->data->nb_tx_queues, 1u);
	uint32_t section_count = proc->nvs.tx_section_count / share_of;
	uint32_t done_count = rte_align32pow2(txq->nb_desc + HN_CHAN_COMPS_BULK);
	size_t done_len = done_count * sizeof(txq->done.entry[0]);

	rte_free(txq->mem);
	txq->share_of = 0;	/* until there are new ones */
	memset(&txq->done, 0, sizeof(txq->done));
	memset(&txq->buf, 0, sizeof(txq->buf));
	txq->mem = rte_zmalloc_socket("netvsc_txq_books",
				      done_len + hn_txbuf_mem_len(txq->nb_desc, section_count),
				      RTE_CACHE_LINE_SIZE, socket);
	if (txq->mem == NULL)
		return -ENOMEM;
	txq->share_of = share_of;
	txq->done.entry = txq->mem;
	txq->done.mask = done_count - 1;
	hn_txbuf_init(&txq->buf, RTE_PTR_ADD(txq->mem, done_len), txq->nb_desc,
		      section_count * txq->queue_id, section_count);
	txq->section_len = proc->nvs.tx_section_len;
	txq->max_packets = proc->rndis.max_packets;
	txq->max_transfer = proc->rndis.max_transfer;
	txq->align = RTE_MAX(proc->rndis.align, 4u);
	hn_tx_set_ways(txq);
	return 0;
}

/* What the port's frames are checked against. */
static void
queue_set_limits(struct hn_txq *txq, const struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;

	txq->limits.tasks = port->offload.enabled;
	txq->limits.lso_len_max = port->offload.lso_len_max;
	txq->limits.lso_segments_min = port->offload.lso_segments_min;
	txq->limits.frame_len_max = port->mtu + RTE_ETHER_HDR_LEN;
	txq->fast_free = (dev->data->dev_conf.txmode.offloads &
			  RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
}

/*
 * From now on completions are for the queue, or not: whoever polls its channel,
 * and be it the port's watch, brings what the host says, true or not.
 */
static void
queue_set_open(struct rte_eth_dev *dev, struct hn_txq *txq, bool open)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_chan *chan = hn_proc_chan(port->port_id, txq->chan_index);

	hn_chan_rx_lock(chan);
	port->txq[txq->queue_id] = open ? txq : NULL;
	hn_chan_rx_unlock(chan);
}

/* With fewer channels than queues some share one, whose send end has one owner at a time. */
int
hn_queue_bind_tx(struct rte_eth_dev *dev)
{
	const struct hn_proc *proc = dev->process_private;
	uint16_t channels = RTE_MAX(proc->channels.count, 1u);
	struct hn_txq *txq;
	uint16_t i;
	int ret;

	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		txq = dev->data->tx_queues[i];
		queue_set_open(dev, txq, false);
		txq->chan_index = i % channels;
		queue_set_limits(txq, dev);
		if (txq->share_of != dev->data->nb_tx_queues) {
			ret = queue_alloc_books(txq, dev, dev->data->numa_node);
			if (ret < 0)
				return ret;
		}
		queue_set_open(dev, txq, true);
	}
	return 0;
}

int
hn_queue_renew_tx(struct rte_eth_dev *dev)
{
	struct hn_txq *txq;
	uint16_t i;
	int ret;

	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		txq = dev->data->tx_queues[i];
		if (txq == NULL)
			continue;
		queue_set_open(dev, txq, false);
		ret = queue_alloc_books(txq, dev, dev->data->numa_node);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void
queue_free_tx(struct hn_txq *txq)
{
	rte_free(txq->mem);
	rte_free(txq->slot_iova);
	rte_free(txq->slots);
	rte_free(txq->bounce_iova);
	rte_free(txq->bounce);
	rte_free(txq);
}

int
hn_queue_setup_tx(struct rte_eth_dev *dev, uint16_t index, uint16_t nb_desc,
		  unsigned int socket, const struct rte_eth_txconf *conf)
{
	const struct hn_port *port = dev->data->dev_private;
	struct hn_txq *txq;
	int ret;

	if (conf->tx_free_thresh >= nb_desc) {
		HN_LOG(ERR, "port %u: tx_free_thresh %u is not below the %u descriptors",
		       port->port_id, conf->tx_free_thresh, nb_desc);
		return -EINVAL;
	}
	txq = rte_zmalloc_socket("netvsc_txq", sizeof(*txq), RTE_CACHE_LINE_SIZE, (int)socket);
	if (txq == NULL)
		return -ENOMEM;
	txq->port_id = dev->data->port_id;
	txq->queue_id = index;
	txq->nb_desc = nb_desc;
	txq->free_thresh = conf->tx_free_thresh != 0 ? conf->tx_free_thresh : nb_desc / 2;
	txq->copy_max = port->options.tx_copybreak;
	txq->deferred = conf->tx_deferred_start != 0;
	ret = queue_alloc_books(txq, dev, (int)socket);
	if (ret == 0)
		ret = queue_alloc_seen(txq, (int)socket);
	if (ret < 0) {
		queue_free_tx(txq);
		return ret;
	}
	dev->data->tx_queues[index] = txq;
	return 0;
}

void
hn_queue_release_tx(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_txq *txq = dev->data->tx_queues[index];

	if (txq == NULL)
		return;
	dev->data->tx_queues[index] = NULL;
	queue_set_open(dev, txq, false);
	/* A port that was lost has had no chance to get all of it back. */
	hn_tx_abandon(txq);
	(void)hn_ledger_check_tx(txq, "release");
	queue_free_tx(txq);
}

void
hn_queue_info_rx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_rxq_info *info)
{
	const struct hn_rxq *rxq = dev->data->rx_queues[index];

	info->mp = rxq->pool;
	info->nb_desc = rxq->nb_desc;
	info->scattered_rx = rxq->chains;
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
	info->conf.rx_deferred_start = rxq->deferred;
}

void
hn_queue_info_tx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_txq_info *info)
{
	const struct hn_txq *txq = dev->data->tx_queues[index];

	info->nb_desc = txq->nb_desc;
	info->conf.tx_free_thresh = txq->free_thresh;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads;
	info->conf.tx_deferred_start = txq->deferred;
}

int
hn_queue_mode_rx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_burst_mode *mode)
{
	const struct hn_rxq *rxq = dev->data->rx_queues[index];

	if (rxq == NULL)
		return -EINVAL;
	snprintf(mode->info, sizeof(mode->info), "%s", rxq->chains ? "Scalar Scattered" : "Scalar");
	return 0;
}

int
hn_queue_mode_tx(struct rte_eth_dev *dev __rte_unused, uint16_t index __rte_unused,
		 struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "Scalar");
	return 0;
}

hn_queue_count_t
hn_queue_count_rx(void *queue)
{
	const struct hn_rxq *rxq = queue;
	uint32_t count = rxq->busy ? rxq->msg.range_count - rxq->next_range : 0;

	/*
	 * What a stopped queue's ring holds would be dropped, and other processes have
	 * no ring to look into.
	 */
	if (rxq->running && hn_proc_get(rxq->port_id) != NULL)
		count += hn_chan_count(hn_proc_chan(rxq->port_id, rxq->queue_id),
				       QUEUE_COUNT_BUDGET);
	return (hn_queue_count_t)RTE_MIN(count, (uint32_t)rxq->nb_desc);
}

int
hn_queue_status_rx(void *queue, uint16_t offset)
{
	const struct hn_rxq *rxq = queue;

	if (offset >= rxq->nb_desc)
		return -EINVAL;
	return (uint32_t)offset < (uint32_t)hn_queue_count_rx(queue) ? RTE_ETH_RX_DESC_DONE :
								       RTE_ETH_RX_DESC_AVAIL;
}

/* Seen from the next free one: the free ones first, then those with the host. */
int
hn_queue_status_tx(void *queue, uint16_t offset)
{
	const struct hn_txq *txq = queue;

	if (offset >= txq->nb_desc)
		return -EINVAL;
	return offset < txq->buf.free_desc_count ? RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}

int
hn_queue_count_tx(void *queue)
{
	const struct hn_txq *txq = queue;

	return txq->nb_desc - txq->buf.free_desc_count;
}

int
hn_queue_done_cleanup(void *queue, uint32_t count)
{
	return hn_tx_free_done(queue, count != 0 ? count : UINT32_MAX);
}
