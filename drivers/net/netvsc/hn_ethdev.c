/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A Hyper-V synthetic network card as a DPDK port: probe and remove, configure,
 * start and stop, and what may be asked of it. The units below do the work.
 */

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <ethdev_driver.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#include "hn_dump.h"
#include "hn_filter.h"
#include "hn_host.h"
#include "hn_intr.h"
#include "hn_life.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_mac.h"
#include "hn_mp.h"
#include "hn_options.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "hn_ptype.h"
#include "hn_queue.h"
#include "hn_rss_ops.h"
#include "hn_run.h"
#include "hn_rx.h"
#include "hn_stats.h"
#include "hn_tx.h"
#include "rndis.h"

RTE_LOG_REGISTER_SUFFIX(hn_logtype_init, init, NOTICE);
RTE_LOG_REGISTER_SUFFIX(hn_logtype_driver, driver, NOTICE);

/* What the driver does, whatever the host offers. */
#define ETHDEV_RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_SCATTER)
#define ETHDEV_TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | \
			    RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)

/* Configuration */

/* What ethdev lets through, although no capability says that it can be had. */
static int
ethdev_check_modes(const struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;

	if ((conf->rxmode.mq_mode == RTE_ETH_MQ_RX_NONE ||
	     conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS) &&
	    conf->txmode.mq_mode == RTE_ETH_MQ_TX_NONE &&
	    conf->lpbk_mode == 0 && conf->dcb_capability_en == 0)
		return 0;
	HN_LOG(ERR, "port %u: configure: of the modes for several queues there is RSS only, and "
	       "no loopback", dev->data->port_id);
	return -ENOTSUP;
}

static int
ethdev_configure(struct rte_eth_dev *dev)
{
	int ret = ethdev_check_modes(dev);

	if (ret == 0)
		ret = hn_host_change(dev, dev->data->mtu,
				     RTE_MAX(dev->data->nb_rx_queues, dev->data->nb_tx_queues));
	if (ret == 0)
		ret = hn_host_apply_offloads(dev);
	if (ret == 0)
		ret = hn_rss_ops_configure(dev);
	return ret < 0 ? ret : hn_intr_configure(dev);
}

static int
ethdev_info(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct hn_port *port = dev->data->dev_private;

	info->min_rx_bufsize = RTE_ETHER_MIN_LEN;
	info->max_rx_pktlen = port->mtu_max + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = port->mtu_max;
	info->max_rx_queues = port->channels_max;
	/* Where there are fewer channels, queues share them. */
	info->max_tx_queues = HN_CHANNELS_MAX;
	info->max_mac_addrs = 1;
	info->speed_capa = hn_link_speed_capa(dev);
	info->rx_offload_capa = ETHDEV_RX_OFFLOADS | hn_offload_rx_capa(&port->offload);
	if (port->rss.caps.types != 0)
		info->rx_offload_capa |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
	info->max_lro_pkt_size = HN_RX_FRAME_MAX;
	info->tx_offload_capa = ETHDEV_TX_OFFLOADS | hn_offload_tx_capa(&port->offload);
	info->default_rxportconf.ring_size = HN_RX_DESC_DEFAULT;
	info->default_txportconf.ring_size = HN_TX_DESC_DEFAULT;
	info->tx_desc_lim.nb_min = HN_TX_DESC_MIN;
	info->tx_desc_lim.nb_max = HN_TX_DESC_MAX;
	info->tx_desc_lim.nb_align = 1;
	/* A frame in more pieces than the host takes is copied first. */
	info->tx_desc_lim.nb_seg_max = UINT16_MAX;
	info->tx_desc_lim.nb_mtu_seg_max = UINT16_MAX;
	hn_rss_ops_info(dev, info);
	return 0;
}

/* ethdev has put what is wanted into the port's offloads. */
static int
ethdev_set_vlan_offload(struct rte_eth_dev *dev, int mask)
{
	uint64_t offloads = dev->data->dev_conf.rxmode.offloads;
	struct hn_rxq *rxq;
	uint16_t i;

	if ((mask & RTE_ETH_VLAN_STRIP_MASK) == 0)
		return 0;
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		rxq = dev->data->rx_queues[i];
		if (rxq != NULL)
			rxq->strip_vlan = (offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	}
	return 0;
}

static int
ethdev_set_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	const struct hn_port *port = dev->data->dev_private;

	if (dev->data->dev_started) {
		HN_LOG(ERR, "port %u: stop the port to change its MTU", dev->data->port_id);
		return -EBUSY;
	}
	if (!hn_queue_takes_mtu(dev, mtu))
		return -EINVAL;
	return hn_host_change(dev, mtu, port->channels_asked);
}

static int
ethdev_set_mac(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	int ret = hn_host_require(dev);

	return ret < 0 ? ret : hn_mac_set(dev, mac);
}

/* Probe and remove */

/*
 * ethdev has stopped the port. What the application has changed is forgotten;
 * a port that was lost to a broken ring comes back, if the host serves it.
 */
static int
ethdev_reset(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;

	if (hn_host_is_kept(dev))
		return -EBUSY;
	port->channels_asked = 1;
	port->mac = port->permanent_mac;
	memset(&port->filter, 0, sizeof(port->filter));
	hn_rss_reset(&port->rss);
	port->rss_queues = 0;
	dev->data->mtu = RTE_ETHER_MTU;
	port->mtu = RTE_ETHER_MTU;
	return hn_host_reconnect(dev, RTE_ETHER_MTU);
}

/* Of a secondary process: all that it has of the port. */
static void
ethdev_leave(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = dev->process_private;

	if (proc == NULL)
		return;
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	hn_mp_end();
	hn_link_watch_stop(dev);
	hn_host_leave(dev);
	dev->process_private = NULL;
	free(proc);
	hn_life_end();
}

static int
ethdev_close(struct rte_eth_dev *dev)
{
	uint16_t i;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		ethdev_leave(dev);
		return 0;
	}
	hn_link_watch_stop(dev);
	hn_host_end(dev);
	/* Once more: until then the host could tell news. */
	hn_link_watch_stop(dev);
	/* The host does not touch anything of ours any more. */
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		hn_queue_release_rx(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		hn_queue_release_tx(dev, i);
	/* It lies in the private data, which ethdev frees. */
	dev->data->mac_addrs = NULL;
	hn_intr_fini(dev);
	rte_free(dev->process_private);
	dev->process_private = NULL;
	hn_life_end();
	/* The host's next card of this name does not have to wait for rte_dev_remove(). */
	rte_vmbus_dev_release(container_of(dev->device, struct rte_vmbus_device, device));
	return 0;
}

static int
ethdev_is_removed(struct rte_eth_dev *dev)
{
	return hn_link_is_lost(dev);
}

static const struct eth_dev_ops ethdev_ops = {
	.dev_configure = ethdev_configure,
	.dev_start = hn_run_start,
	.dev_stop = hn_run_stop,
	.dev_reset = ethdev_reset,
	.dev_close = ethdev_close,
	.is_removed = ethdev_is_removed,
	.dev_infos_get = ethdev_info,
	.mtu_set = ethdev_set_mtu,
	.vlan_offload_set = ethdev_set_vlan_offload,
	.link_update = hn_link_update,
	.promiscuous_enable = hn_filter_enable_promiscuous,
	.promiscuous_disable = hn_filter_disable_promiscuous,
	.allmulticast_enable = hn_filter_enable_allmulticast,
	.allmulticast_disable = hn_filter_disable_allmulticast,
	.set_mc_addr_list = hn_filter_set_list,
	.mac_addr_set = ethdev_set_mac,
	.rx_queue_setup = hn_queue_setup_rx,
	.rx_queue_release = hn_queue_release_rx,
	.tx_queue_setup = hn_queue_setup_tx,
	.tx_queue_release = hn_queue_release_tx,
	.rx_queue_start = hn_run_start_rxq,
	.rx_queue_stop = hn_run_stop_rxq,
	.tx_queue_start = hn_run_start_txq,
	.tx_queue_stop = hn_run_stop_txq,
	.reta_update = hn_rss_ops_update_table,
	.reta_query = hn_rss_ops_query_table,
	.rss_hash_update = hn_rss_ops_update_hash,
	.rss_hash_conf_get = hn_rss_ops_query_hash,
	.fw_version_get = hn_dump_version,
	.eth_dev_priv_dump = hn_dump_port,
	.rx_burst_mode_get = hn_queue_mode_rx,
	.tx_burst_mode_get = hn_queue_mode_tx,
	.rx_queue_intr_enable = hn_intr_enable,
	.rx_queue_intr_disable = hn_intr_disable,
	.get_monitor_addr = hn_intr_watch,
	.dev_supported_ptypes_get = hn_ptype_get_supported,
	.dev_ptypes_set = hn_ptype_set,
	.rxq_info_get = hn_queue_info_rx,
	.txq_info_get = hn_queue_info_tx,
	.tx_done_cleanup = hn_queue_done_cleanup,
	.stats_get = hn_stats_get,
	.stats_reset = hn_stats_reset,
	.xstats_get = hn_stats_get_x,
	.xstats_get_names = hn_stats_get_xnames,
	.xstats_reset = hn_stats_reset,
};

/*
 * What a secondary process may do besides using its queues: look. What changes a
 * port is the primary process's, and ethdev answers that it is not supported.
 */
static const struct eth_dev_ops ethdev_secondary_ops = {
	.dev_close = ethdev_close,
	.dev_infos_get = ethdev_info,
	.link_update = hn_link_update,
	.reta_query = hn_rss_ops_query_table,
	.rss_hash_conf_get = hn_rss_ops_query_hash,
	.eth_dev_priv_dump = hn_dump_port,
	.rxq_info_get = hn_queue_info_rx,
	.txq_info_get = hn_queue_info_tx,
	.tx_done_cleanup = hn_queue_done_cleanup,
	.stats_get = hn_stats_get,
	.xstats_get = hn_stats_get_x,
	.xstats_get_names = hn_stats_get_xnames,
};

static void
ethdev_set_ops(struct rte_eth_dev *dev, const struct eth_dev_ops *ops)
{
	dev->dev_ops = ops;
	dev->rx_queue_count = hn_queue_count_rx;
	dev->rx_descriptor_status = hn_queue_status_rx;
	dev->tx_descriptor_status = hn_queue_status_tx;
	hn_dev_set_tx_queue_count(dev, hn_queue_count_tx);
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_prepare = hn_tx_prepare;
}

/* The ethdev and its memory; the private data is freed with the ethdev. */
static struct rte_eth_dev *
ethdev_alloc(struct rte_vmbus_device *vmbus)
{
	int socket = vmbus->device.numa_node;
	struct rte_eth_dev *dev = rte_eth_dev_allocate(vmbus->device.name);
	struct hn_port *port;
	struct hn_proc *proc;

	if (dev == NULL)
		return NULL;
	port = rte_zmalloc_socket("netvsc_port", sizeof(*port), RTE_CACHE_LINE_SIZE, socket);
	dev->data->dev_private = port;
	dev->process_private = rte_zmalloc_socket("netvsc_proc", sizeof(struct hn_proc),
						  RTE_CACHE_LINE_SIZE, socket);
	if (port == NULL || dev->process_private == NULL || hn_life_begin() < 0)
		goto free;
	if (hn_intr_init(dev) < 0) {
		hn_life_end();
		goto free;
	}
	port->port_id = dev->data->port_id;
	port->channels_asked = 1;
	hn_rss_reset(&port->rss);
	proc = dev->process_private;
	hn_channels_init(&proc->channels, port->chan);
	proc->rndis.shared = &port->rndis;
	dev->device = &vmbus->device;
	dev->data->numa_node = socket;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV;
	dev->data->mac_addrs = &port->mac;
	return dev;
free:
	rte_free(dev->process_private);
	rte_eth_dev_release_port(dev);
	return NULL;
}

static void
ethdev_free(struct rte_eth_dev *dev)
{
	dev->data->mac_addrs = NULL;
	hn_intr_fini(dev);
	rte_free(dev->process_private);
	dev->process_private = NULL;
	hn_life_end();
	rte_eth_dev_release_port(dev);
}

static const struct hn_mp_events ethdev_mp_events = {
	.join = hn_host_join,
	.leave = hn_host_leave,
};

/* What a secondary process has of the port. */
static int
ethdev_alloc_proc(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_proc *proc = aligned_alloc(alignof(struct hn_proc), sizeof(*proc));
	int ret;

	if (proc == NULL)
		return -ENOMEM;
	memset(proc, 0, sizeof(*proc));
	hn_channels_init(&proc->channels, port->chan);
	proc->rndis.shared = &port->rndis;
	ret = hn_life_begin();
	if (ret < 0) {
		free(proc);
		return ret;
	}
	dev->process_private = proc;
	ret = hn_mp_listen(&ethdev_mp_events);
	if (ret < 0) {
		dev->process_private = NULL;
		free(proc);
		hn_life_end();
	}
	return ret;
}

/*
 * A secondary process polls queues of its own. It has the device for itself, at
 * addresses of its own, for as long as the primary process has it.
 */
static int
ethdev_probe_secondary(struct rte_vmbus_device *vmbus)
{
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(vmbus->device.name);
	const struct hn_port *port;
	int ret;

	if (dev == NULL)
		return -ENODEV;
	port = dev->data->dev_private;
	dev->device = &vmbus->device;
	ethdev_set_ops(dev, &ethdev_secondary_ops);
	ret = ethdev_alloc_proc(dev);
	if (ret == 0)
		ret = hn_link_watch_start(dev);
	if (ret < 0)
		goto fail;
	if (port->options.rx_extmbuf != 0) {
		HN_LOG(NOTICE, "port %u: rx_extmbuf_enable=1 is for one process: this one can look "
		       "at the port, but neither receive nor transmit", dev->data->port_id);
	} else {
		ret = hn_host_join(dev);
		if (ret < 0)
			goto fail;
		dev->rx_pkt_burst = hn_rx_burst;
		dev->tx_pkt_burst = hn_tx_burst;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
fail:
	HN_LOG(ERR, "port %u: this secondary process cannot use it: %s", dev->data->port_id,
	       strerror(-ret));
	ethdev_leave(dev);
	rte_eth_dev_release_port(dev);
	return ret;
}

static int
ethdev_probe(struct rte_vmbus_driver *drv __rte_unused, struct rte_vmbus_device *vmbus)
{
	struct rte_eth_dev *dev;
	struct hn_port *port;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return ethdev_probe_secondary(vmbus);
	dev = ethdev_alloc(vmbus);
	if (dev == NULL)
		return -ENOMEM;
	port = dev->data->dev_private;
	ret = hn_options_parse(&port->options, vmbus->device.name, vmbus->device.devargs);
	if (ret < 0)
		goto free;
	/* By default queues may be anywhere: a VF, which carries most, may be elsewhere. */
	if (port->options.numa_aware == 0)
		dev->data->numa_node = SOCKET_ID_ANY;
	ret = hn_host_connect(dev, vmbus, RTE_ETHER_MTU);
	if (ret < 0)
		goto free;
	ret = hn_link_watch_start(dev);
	if (ret < 0)
		goto free;
	ethdev_set_ops(dev, &ethdev_ops);
	hn_link_publish(dev);
	HN_LOG(NOTICE, "port %u: %s: NVSP %s, MAC " RTE_ETHER_ADDR_PRT_FMT ", link %s, %u Mbit/s",
	       port->port_id, vmbus->device.name,
	       hn_nvs_version_name(hn_proc_get(port->port_id)->nvs.version),
	       RTE_ETHER_ADDR_BYTES(&port->mac),
	       dev->data->dev_link.link_status == RTE_ETH_LINK_UP ? "up" : "down",
	       dev->data->dev_link.link_speed);
	rte_eth_dev_probing_finish(dev);
	return 0;
free:
	hn_host_end(dev);
	/* News of a port that never was. */
	hn_link_watch_stop(dev);
	ethdev_free(dev);
	return ret;
}

static int
ethdev_remove(struct rte_vmbus_device *vmbus)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(vmbus->device.name);
	int ret;

	if (dev == NULL)
		return 0;	/* the application has closed it */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		ethdev_leave(dev);
		return rte_eth_dev_release_port(dev);
	}
	if (dev->data->dev_started) {
		ret = rte_eth_dev_stop(dev->data->port_id);
		if (ret < 0)
			return ret;
	}
	ethdev_close(dev);
	return rte_eth_dev_release_port(dev);
}

/* Network class of Hyper-V's synthetic devices. */
static const rte_uuid_t ethdev_ids[] = {
	RTE_UUID_INIT(0xf8615163, 0xdf3e, 0x46c5, 0x913f, 0xf2d2f965ed0eULL),
	{ 0 },
};

static struct rte_vmbus_driver ethdev_driver = {
	.probe = ethdev_probe,
	.remove = ethdev_remove,
	.id_table = ethdev_ids,
};

RTE_PMD_REGISTER_VMBUS(net_netvsc, ethdev_driver);
RTE_PMD_REGISTER_KMOD_DEP(net_netvsc, "* uio_hv_generic");
RTE_PMD_REGISTER_PARAM_STRING(net_netvsc, HN_OPTIONS_HELP);
