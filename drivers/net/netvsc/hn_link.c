/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * News from the data path, then the alarms that tell them.
 */

#include <errno.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_alarm.h>
#include <rte_eal.h>

#include "hn_intr.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "ndis.h"
#include "rndis.h"

/* How soon news are told, and how often the device is looked after. */
#define LINK_NEWS_US 100000
#define LINK_LOSS_US 1000
#define LINK_WATCH_US 1000000
/* Ring packets taken each time. */
#define LINK_WATCH_BUDGET 16

static void link_tell(void *arg);

/*
 * At most one alarm waits, however many news the host sends. What another process
 * than the primary one hears, that one's watch finds and tells.
 */
static void
link_note_news(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		(void)hn_link_publish(dev);
	else if (rte_atomic_exchange_explicit(&port->link_news, 1, rte_memory_order_acq_rel) == 0 &&
	    rte_eal_alarm_set(LINK_NEWS_US, link_tell, dev) < 0)
		rte_atomic_store_explicit(&port->link_news, 0, rte_memory_order_release);
}

void
hn_link_indicate(struct rte_eth_dev *dev, uint32_t status, uint32_t value)
{
	struct hn_port *port = dev->data->dev_private;

	switch (status) {
	case RNDIS_STATUS_MEDIA_CONNECT:
	case RNDIS_STATUS_MEDIA_DISCONNECT:
		rte_atomic_store_explicit(&port->link_up, status == RNDIS_STATUS_MEDIA_CONNECT,
					  rte_memory_order_relaxed);
		break;
	case RNDIS_STATUS_LINK_SPEED_CHANGE:
		if (value == 0)
			return;		/* unknown */
		rte_atomic_store_explicit(&port->link_mbps,
					  value / (1000000 / NDIS_LINK_SPEED_UNIT),
					  rte_memory_order_relaxed);
		break;
	case RNDIS_STATUS_NETWORK_CHANGE:
		rte_atomic_store_explicit(&port->link_flap, HN_LINK_FLAP_DUE,
					  rte_memory_order_relaxed);
		break;
	default:
		return;
	}
	link_note_news(dev);
}

static struct rte_eth_link
link_now(const struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	bool up = rte_atomic_load_explicit(&port->link_up, rte_memory_order_relaxed) != 0 &&
		  rte_atomic_load_explicit(&port->link_flap, rte_memory_order_relaxed) !=
			HN_LINK_FLAP_SHOWN && !hn_link_is_lost(dev);
	uint32_t mbps = rte_atomic_load_explicit(&port->link_mbps, rte_memory_order_relaxed);

	return (struct rte_eth_link){
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN,
		.link_speed = mbps != 0 ? mbps : RTE_ETH_SPEED_NUM_UNKNOWN,
	};
}

int
hn_link_publish(struct rte_eth_dev *dev)
{
	struct rte_eth_link link = link_now(dev);

	return rte_eth_linkstatus_set(dev, &link);
}

int
hn_link_update(struct rte_eth_dev *dev, int wait __rte_unused)
{
	/*
	 * The host indicates every change, and asking it would tell nothing new; but
	 * an indication may wait in the ring, behind data that nobody has taken yet.
	 */
	if (dev->process_private != NULL && !hn_link_is_lost(dev))
		(void)hn_chan_poll(hn_proc_chan(dev->data->port_id, 0), LINK_WATCH_BUDGET,
				   HN_CHAN_LEAVE);
	return hn_link_publish(dev);
}

uint32_t
hn_link_speed_capa(const struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;
	uint32_t mbps = rte_atomic_load_explicit(&port->link_mbps, rte_memory_order_relaxed);

	return rte_eth_speed_bitflag(mbps, RTE_ETH_LINK_FULL_DUPLEX);
}

/* Is it another state than the application was told last? */
static bool
link_is_other(const struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;
	struct rte_eth_link link = link_now(dev);

	return link.link_status != port->link_told.link_status ||
	       link.link_speed != port->link_told.link_speed;
}

/* The same, published and kept in mind. */
static bool
link_is_news(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	struct rte_eth_link link = link_now(dev);
	bool is_news = link_is_other(dev);

	rte_eth_linkstatus_set(dev, &link);
	port->link_told = link;
	return is_news;
}

/*
 * The host moved the card to another network: let the stack above notice, by a
 * link that is down until the next alarm.
 */
static void
link_flap(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;

	if (rte_atomic_exchange_explicit(&port->link_flap, HN_LINK_FLAP_NONE,
					 rte_memory_order_acq_rel) != HN_LINK_FLAP_DUE)
		return;
	rte_atomic_store_explicit(&port->link_flap, HN_LINK_FLAP_SHOWN, rte_memory_order_relaxed);
	link_note_news(dev);
}

/* The application may close the port in a callback: that comes last. */
static void
link_tell(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct hn_port *port = dev->data->dev_private;

	rte_atomic_store_explicit(&port->link_news, 0, rte_memory_order_release);
	link_flap(dev);
	if (!link_is_news(dev))
		return;
	HN_LOG(NOTICE, "port %u: link is %s, %u Mbit/s", dev->data->port_id,
	       port->link_told.link_status == RTE_ETH_LINK_UP ? "up" : "down",
	       port->link_told.link_speed);
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

/* Loss */

bool
hn_link_is_lost(const struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;

	return rte_atomic_load_explicit(&port->lost, rte_memory_order_acquire) != 0;
}

static void
link_tell_loss(void *arg)
{
	struct rte_eth_dev *dev = arg;

	uint16_t port_id = dev->data->port_id;

	/* Whoever sleeps would not be woken by anything else. */
	hn_intr_check(dev);
	if (link_is_news(dev))
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
	/* Unless the application has closed the port on that. */
	if (rte_eth_dev_is_valid_port(port_id))
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

void
hn_link_lose(struct rte_eth_dev *dev, int err)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	uint32_t none = 0;

	/* The first reason is the one that all processes tell. */
	rte_atomic_compare_exchange_strong_explicit(&port->lost, &none, (uint32_t)-err,
						    rte_memory_order_acq_rel,
						    rte_memory_order_relaxed);
	if (rte_atomic_exchange_explicit(&proc->loss_told, 1, rte_memory_order_acq_rel))
		return;
	hn_channels_abandon(&proc->channels);
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	rte_eth_fp_ops[dev->data->port_id].rx_pkt_burst = rte_eth_pkt_burst_dummy;
	rte_eth_fp_ops[dev->data->port_id].tx_pkt_burst = rte_eth_pkt_burst_dummy;
	if (err == -ENODEV)
		HN_LOG(ERR, "port %u: the host has taken the device %s away",
		       dev->data->port_id, dev->device->name);
	else if (err == -EPROTO || err == -ENOBUFS)
		HN_LOG(ERR, "port %u: the host broke the ring of device %s; "
		       "the port is not used any more", dev->data->port_id, dev->device->name);
	else
		HN_LOG(ERR, "port %u: device %s cannot be used any more: %s",
		       dev->data->port_id, dev->device->name, hn_log_reason(err));
	rte_eal_alarm_set(LINK_LOSS_US, link_tell_loss, dev);
}

/* What the primary process does for a port that is not polled. */
static void
link_look_after(struct rte_eth_dev *dev)
{
	/* Nobody else hears what the host says. */
	(void)hn_chan_poll(hn_proc_chan(dev->data->port_id, 0), LINK_WATCH_BUDGET,
			   HN_CHAN_LEAVE);
	hn_intr_check(dev);
	/* Another process may have heard it. */
	if (link_is_other(dev))
		link_note_news(dev);
}

/* A secondary process may have no device of its own just now. */
static bool
link_is_gone(const struct rte_eth_dev *dev)
{
	const struct hn_channels *channels = &hn_proc_get(dev->data->port_id)->channels;

	return (channels->count != 0 || rte_eal_process_type() == RTE_PROC_PRIMARY) &&
	       rte_vmbus_dev_is_gone(channels->chan[0].dev);
}

/*
 * The kernel tells of a device that is gone, and the host's interrupts of news;
 * a host that sees us poll does not interrupt, and either may be lost.
 */
static void
link_watch(void *arg)
{
	struct rte_eth_dev *dev = arg;
	const struct hn_port *port = dev->data->dev_private;
	uint32_t lost = rte_atomic_load_explicit(&port->lost, rte_memory_order_acquire);

	if (lost == 0 && link_is_gone(dev))
		lost = ENODEV;
	if (lost != 0) {
		hn_link_lose(dev, -(int)lost);
		return;
	}
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		link_look_after(dev);
	/* What a dead process held, and what is freed after its queue was stopped. */
	hn_channels_tend(&hn_proc_get(dev->data->port_id)->channels);
	rte_eal_alarm_set(LINK_WATCH_US, link_watch, dev);
}

int
hn_link_watch_start(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	int ret;

	/* This much the application finds by itself. */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		port->link_told = link_now(dev);
	ret = rte_eal_alarm_set(LINK_WATCH_US, link_watch, dev);
	/* A secondary process may have no device of its own just now. */
	if (ret < 0 || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return ret;
	ret = hn_intr_listen(dev);
	if (ret < 0)
		rte_eal_alarm_cancel(link_watch, dev);
	return ret;
}

void
hn_link_watch_stop(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;

	hn_intr_unlisten(dev);
	/* Waits for one that runs, unless we are called from it. */
	rte_eal_alarm_cancel(link_watch, dev);
	rte_eal_alarm_cancel(link_tell, dev);
	rte_eal_alarm_cancel(link_tell_loss, dev);
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_atomic_store_explicit(&port->link_news, 0, rte_memory_order_release);
}
