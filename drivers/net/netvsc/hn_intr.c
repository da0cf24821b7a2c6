/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One queue, then the kernel's event, then ethdev's side of it.
 */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <bus_vmbus_driver.h>

#include "hn_intr.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_proc.h"
#include "hn_rx.h"

static struct hn_intr *
intr_get(const struct rte_eth_dev *dev)
{
	return &hn_proc_get(dev->data->port_id)->intr;
}

/* One queue */

static void
intr_fire(struct hn_intr *intr, uint16_t index)
{
	const uint64_t one = 1;

	intr->armed[index] = false;
	/* Fails only where it is signalled already, 2^64 times. */
	if (write(rte_intr_efds_index_get(intr->queues, index), &one, sizeof(one)) < 0)
		HN_LOG(DEBUG, "Rx queue %u: wake: %s", index, strerror(errno));
}

/* As owner of the receive end: sleep on, or be woken. */
static void
intr_rearm(struct hn_intr *intr, const struct hn_rxq *rxq, struct hn_chan *chan)
{
	if (rxq->busy || !hn_chan_arm(chan)) {
		hn_chan_disarm(chan);
		intr_fire(intr, rxq->queue_id);
	}
}

int
hn_intr_enable(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_rxq *rxq = dev->data->rx_queues[index];
	struct hn_intr *intr = intr_get(dev);
	struct hn_chan *chan = hn_proc_chan(dev->data->port_id, index);

	if (index >= intr->count || !rxq->running)
		return -EINVAL;
	/* Of a queue that the host does not serve nothing will ever come. */
	if (index >= hn_proc_get(dev->data->port_id)->channels.count)
		return 0;
	hn_chan_rx_lock(chan);
	intr->armed[index] = true;
	intr_rearm(intr, rxq, chan);
	hn_chan_rx_unlock(chan);
	return 0;
}

int
hn_intr_disable(struct rte_eth_dev *dev, uint16_t index)
{
	struct hn_intr *intr = intr_get(dev);
	struct hn_chan *chan = hn_proc_chan(dev->data->port_id, index);

	if (index >= intr->count)
		return -EINVAL;
	hn_chan_rx_lock(chan);
	intr->armed[index] = false;
	hn_chan_disarm(chan);
	hn_chan_rx_unlock(chan);
	return 0;
}

/* Watching memory */

/* Nonzero: do not go to sleep. */
static int
intr_has_changed(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	return value != opaque[0] ? -1 : 0;
}

int
hn_intr_watch(void *queue, struct rte_power_monitor_cond *cond)
{
	const struct hn_rxq *rxq = queue;
	struct hn_chan *chan = hn_proc_chan(rxq->port_id, rxq->queue_id);
	uint32_t idle = 0;

	if (rxq->busy || !hn_chan_rx_trylock(chan))
		return -EBUSY;
	cond->addr = hn_chan_watch(chan, &idle);
	hn_chan_rx_unlock(chan);
	if (cond->addr == NULL)
		return -EBUSY;
	cond->size = sizeof(idle);
	cond->opaque[0] = idle;
	cond->fn = intr_has_changed;
	return 0;
}

/* The kernel's event */

void
hn_intr_check(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);
	struct hn_chan *chan;
	uint16_t i;

	for (i = 0; i < intr->count; i++) {
		chan = hn_proc_chan(dev->data->port_id, i);
		hn_chan_rx_lock(chan);
		if (intr->armed[i])
			intr_rearm(intr, dev->data->rx_queues[i], chan);
		hn_chan_rx_unlock(chan);
	}
}

/* In EAL's interrupt thread. */
static void
intr_event(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct hn_intr *intr = intr_get(dev);
	int ret = rte_vmbus_irq_read(hn_proc_chan(dev->data->port_id, 0)->dev);

	if (ret < 0 && ret != -EINTR) {
		/* It would be told without end. */
		rte_intr_callback_unregister_pending(intr->device, intr_event, dev, NULL);
		hn_link_lose(dev, -ENODEV);
	}
	hn_intr_check(dev);
}

int
hn_intr_listen(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);
	int fd = hn_proc_chan(dev->data->port_id, 0)->dev->uio_fd, ret;

	intr->device = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (intr->device == NULL)
		return -ENOMEM;
	/* "External": read here, as EAL's own reading does not end when the device is gone. */
	if (rte_intr_type_set(intr->device, RTE_INTR_HANDLE_EXT) < 0 ||
	    rte_intr_fd_set(intr->device, fd) < 0)
		ret = -rte_errno;
	else
		ret = rte_intr_callback_register(intr->device, intr_event, dev);
	if (ret < 0) {
		rte_intr_instance_free(intr->device);
		intr->device = NULL;
	}
	return ret;
}

void
hn_intr_unlisten(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);

	if (intr->device == NULL)
		return;
	/* Waits for one that runs. */
	rte_intr_callback_unregister_sync(intr->device, intr_event, dev);
	rte_intr_instance_free(intr->device);
	intr->device = NULL;
}

/* ethdev's side */

static int
intr_open_queues(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);
	uint16_t i, count = dev->data->nb_rx_queues;
	int fd;

	if (rte_intr_vec_list_alloc(intr->queues, "netvsc_intr", count) < 0)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		fd = eventfd(0, EFD_CLOEXEC);
		if (fd < 0)
			return -errno;
		intr->count = i + 1;
		if (rte_intr_efds_index_set(intr->queues, i, fd) < 0 ||
		    rte_intr_vec_list_index_set(intr->queues, i, RTE_INTR_VEC_RXTX_OFFSET + i) < 0)
			return -rte_errno;
	}
	return rte_intr_nb_efd_set(intr->queues, count);
}

static void
intr_close_queues(struct hn_intr *intr)
{
	uint16_t i;

	/* Out of the application's epolls. */
	rte_intr_free_epoll_fd(intr->queues);
	for (i = 0; i < intr->count; i++)
		close(rte_intr_efds_index_get(intr->queues, i));
	rte_intr_vec_list_free(intr->queues);
	rte_intr_nb_efd_set(intr->queues, 0);
	intr->count = 0;
}

int
hn_intr_init(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);

	intr->queues = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (intr->queues == NULL)
		return -ENOMEM;
	rte_intr_type_set(intr->queues, RTE_INTR_HANDLE_VDEV);
	rte_intr_efd_counter_size_set(intr->queues, sizeof(uint64_t));
	dev->intr_handle = intr->queues;
	return 0;
}

void
hn_intr_fini(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);

	dev->intr_handle = NULL;
	rte_intr_instance_free(intr->queues);
	intr->queues = NULL;
}

int
hn_intr_configure(const struct rte_eth_dev *dev)
{
	if (dev->data->dev_conf.intr_conf.rxq == 0 || dev->data->nb_rx_queues <= 1 ||
	    rte_vmbus_subchan_interrupts())
		return 0;
	HN_LOG(ERR, "port %u: Rx interrupts for more than one queue need Linux 6.16 or later",
	       dev->data->port_id);
	return -ENOTSUP;
}

int
hn_intr_start(struct rte_eth_dev *dev)
{
	int ret;

	if (dev->data->dev_conf.intr_conf.rxq == 0)
		return 0;
	ret = intr_open_queues(dev);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: Rx interrupts: %s", dev->data->port_id, hn_log_reason(ret));
		hn_intr_stop(dev);
	}
	return ret;
}

void
hn_intr_stop(struct rte_eth_dev *dev)
{
	struct hn_intr *intr = intr_get(dev);
	uint16_t i;

	for (i = 0; i < intr->count; i++)
		hn_intr_disable(dev, i);
	intr_close_queues(intr);
}
