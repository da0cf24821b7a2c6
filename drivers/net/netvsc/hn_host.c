/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Wires channel, NVSP and RNDIS together: which event of the one goes to which
 * other, and in which order they come and go.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_cycles.h>

#include "hn_filter.h"
#include "hn_host.h"
#include "hn_ledger.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_mac.h"
#include "hn_mp.h"
#include "hn_offload.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "hn_queue.h"
#include "hn_rxmem.h"
#include "hn_tx.h"
#include "ndis.h"
#include "nvsp.h"

/* So long the application gets to free mbufs that lead into the receive buffer. */
#define HOST_KEPT_MS 100

/* Events of the channel */

static void
host_tx_done(void *ctx, struct hn_chan *chan, uint64_t xactid, uint32_t status)
{
	struct rte_eth_dev *dev = ctx;
	const struct hn_port *port = dev->data->dev_private;
	uint32_t queue = (uint32_t)(xactid >> HN_TX_XACT_QUEUE_SHIFT);
	struct hn_txq *txq = NULL;

	if ((xactid & HN_XACT_RNDIS) != 0) {
		hn_rndis_tx_done(&hn_proc_get(dev->data->port_id)->rndis, xactid);
		return;
	}
	if (queue < RTE_DIM(port->txq))
		txq = port->txq[queue];
	/* A queue takes its completions from its channel only: from one thread at a time. */
	if (txq == NULL || txq->chan_index != chan->index)
		chan->shared->stats.bad_packets++;
	else
		hn_tx_put_done(txq, (uint32_t)xactid, status);
}

static void
host_control(void *ctx, struct hn_chan *chan __rte_unused, const struct hn_msg *msg)
{
	struct rte_eth_dev *dev = ctx;

	hn_rndis_receive(&hn_proc_get(dev->data->port_id)->rndis, msg);
}

/*
 * The host's wish is kept and shown, no more: which queue a frame is sent from
 * is the application's choice, and a queue's channel is fixed.
 */
static void
host_send_table(struct rte_eth_dev *dev, struct hn_chan *chan, const struct hn_msg *msg)
{
	const struct hn_proc *proc = dev->process_private;
	struct hn_port *port = dev->data->dev_private;

	if (chan->index != 0 ||
	    hn_rss_take_send_table(&port->send_table, msg->nvsp, msg->nvsp_len,
				   proc->nvs.version, proc->channels.count) < 0) {
		chan->shared->stats.bad_packets++;
		return;
	}
	chan->shared->stats.send_tables++;
}

static void
host_notice(void *ctx, struct hn_chan *chan, const struct hn_msg *msg)
{
	const struct nvsp_hdr *hdr = msg->nvsp;

	HN_TRACE("port %u: host: NVSP message %u", chan->port_id, hdr->type);
	if (hdr->type == NVSP_TYPE_INDIRECTION_TABLE)
		host_send_table(ctx, chan, msg);
}

static void
host_failed(void *ctx, struct hn_chan *chan __rte_unused, int ret)
{
	hn_link_lose(ctx, ret);
}

static const struct hn_chan_events host_chan_events = {
	.tx_done = host_tx_done,
	.control = host_control,
	.notice = host_notice,
	.failed = host_failed,
};

static void
host_status(void *ctx, uint32_t status, uint32_t value)
{
	hn_link_indicate(ctx, status, value);
}

static const struct hn_rndis_events host_rndis_events = {
	.status = host_status,
};

/* Connect */

static int
host_learn_link(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	uint32_t mbps;
	bool up;
	int ret;

	ret = hn_rndis_get_link(&proc->rndis, &up);
	if (ret < 0)
		return ret;
	rte_atomic_store_explicit(&port->link_up, up, rte_memory_order_relaxed);
	ret = hn_rndis_get_speed(&proc->rndis, &mbps);
	if (ret < 0)
		return ret;
	rte_atomic_store_explicit(&port->link_mbps, mbps, rte_memory_order_relaxed);
	return 0;
}

/* A former user of the channel may have left it receiving. */
static int
host_quiet(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	return hn_filter_close(dev);
}

static int
host_learn_mac(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	return hn_mac_learn(dev);
}

static int
host_check_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_proc *proc = hn_proc_get(port->port_id);
	uint32_t host_mtu;
	int ret = hn_rndis_get_mtu(&proc->rndis, &host_mtu);

	if (ret < 0)
		return ret;
	if (port->mtu_max == 0)
		port->mtu_max = hn_nvs_can_set_mtu(&proc->nvs) ? HN_HOST_MTU_MAX : RTE_ETHER_MTU;
	if (host_mtu >= mtu)
		return 0;
	port->mtu_max = RTE_MIN(port->mtu_max,
				mtu > HN_HOST_MTU_USUAL ? HN_HOST_MTU_USUAL : mtu - 1);
	HN_LOG(ERR, "port %u: the host does not take an MTU of %u, it made it %" PRIu32,
	       port->port_id, mtu, host_mtu);
	return -EINVAL;
}

static int
host_learn_channels(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	struct hn_rss_caps *caps = &port->rss.caps;
	int ret = hn_rss_query(caps, &proc->rndis, &proc->nvs);

	port->channels_max = RTE_MIN(caps->queues, HN_CHANNELS_MAX);
	port->channels_max = RTE_MIN(port->channels_max,
				     rte_vmbus_max_channels(proc->channels.chan[0].dev));
	/* Another host than before may hash less; and it has been told nothing. */
	port->rss.types &= caps->types;
	port->rss.applied = false;
	port->send_table.count = 0;
	return ret;
}

static int
host_learn_offloads(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;

	return hn_offload_query(&port->offload, &proc->rndis, &proc->nvs);
}

/* Those of the port's last configuration; none before the first. */
static int
host_apply_offloads(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	const struct rte_eth_conf *conf = &dev->data->dev_conf;

	return hn_offload_apply(&port->offload, &proc->rndis, &proc->nvs, conf->rxmode.offloads,
				conf->txmode.offloads);
}

/* What the host is told and asked before a port can be used, in this order. */
static const struct {
	const char *name;
	int (*take)(struct rte_eth_dev *dev, uint16_t mtu);
} host_steps[] = {
	{ "packet filter", host_quiet },
	{ "MAC address", host_learn_mac },
	{ "MTU", host_check_mtu },
	{ "offload capabilities", host_learn_offloads },
	{ "offloads", host_apply_offloads },
	{ "link state", host_learn_link },
	{ "channels", host_learn_channels },
};

static int
host_configure(struct rte_eth_dev *dev, uint16_t mtu)
{
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(host_steps); i++) {
		ret = host_steps[i].take(dev, mtu);
		if (ret < 0) {
			HN_LOG(ERR, "port %u: %s: %s", dev->data->port_id, host_steps[i].name,
			       hn_log_reason(ret));
			return ret;
		}
	}
	return 0;
}

/* What the user wants of the channels, once they are there. */
static int
host_keep_rxbuf(struct hn_proc *proc, const struct rte_vmbus_device *vmbus, uint16_t port_id)
{
	if (proc->rxmem == NULL)
		proc->rxmem = hn_rxmem_create(vmbus);
	if (proc->rxmem != NULL)
		return hn_channels_keep(&proc->channels, proc->rxmem, proc->nvs.rx_piece_count);
	HN_LOG(WARNING, "port %u: the addresses of the receive buffer cannot be told: "
	       "rx_extmbuf_enable has no effect, frames are copied", port_id);
	return 0;
}

/* Each channel's latency, its share of the receive buffer, and of what mbufs may lead into. */
static int
host_tune_channels(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	const struct hn_port *port = dev->data->dev_private;
	struct hn_chan *chan;
	uint16_t i;

	for (i = 0; i < proc->channels.count; i++) {
		chan = &proc->channels.chan[i];
		rte_vmbus_set_latency(chan->dev, chan->vmbus, port->options.latency_us * 1000);
	}
	hn_channels_share(&proc->channels);
	if (port->options.rx_extmbuf == 0)
		return 0;
	return host_keep_rxbuf(proc, proc->channels.chan[0].dev, port->port_id);
}

/* As many channels as have been asked for before. */
static int
host_add_channels(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	const struct hn_port *port = dev->data->dev_private;
	int ret = 0;

	if (port->channels_asked > 1)
		ret = hn_channels_add(&proc->channels, &proc->nvs, port->channels_asked,
				      HN_HOST_TIMEOUT_MS);
	if (ret == -ETIMEDOUT)
		hn_rndis_note_silence(&proc->rndis);
	return ret < 0 ? ret : host_tune_channels(dev);
}

/* Other processes look how many there are, and learn of it. */
static void
host_publish_channels(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	uint16_t count = hn_proc_get(port->port_id)->channels.count;

	if (count == port->channels_open)
		return;
	port->channels_open = count;
	hn_mp_tell(dev, HN_MP_JOIN);
}

/* Some that were asked for then may have come in the meantime. */
static int
host_add_late_channels(struct rte_eth_dev *dev)
{
	struct hn_channels *channels = &hn_proc_get(dev->data->port_id)->channels;
	int ret;

	if (channels->count > channels->granted)
		return 0;
	ret = hn_channels_add_late(channels);
	return ret < 0 ? ret : host_tune_channels(dev);
}

/* Do mbufs lead into it that outlived the last connection? */
static bool
host_memory_is_held(const struct rte_vmbus_device *vmbus, uint16_t port_id)
{
	if (!hn_rxmem_is_held(vmbus->device_id))
		return false;
	HN_LOG(ERR, "port %u: received mbufs of %s are not freed yet, and lead into memory that "
	       "the host would write to; free them first", port_id, vmbus->device.name);
	return true;
}

int
hn_host_connect(struct rte_eth_dev *dev, struct rte_vmbus_device *vmbus, uint16_t mtu)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	int ret;

	if (host_memory_is_held(vmbus, port->port_id))
		return -EBUSY;
	rte_atomic_store_explicit(&proc->loss_told, 0, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&port->lost, 0, rte_memory_order_release);
	/* ethdev keeps in mind what it was told when the port was lost. */
	if (dev->state == RTE_ETH_DEV_REMOVED)
		dev->state = RTE_ETH_DEV_ATTACHED;
	ret = hn_channels_open(&proc->channels, vmbus, port->port_id, &host_chan_events, dev);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: open channel: %s", port->port_id, hn_log_reason(ret));
		return ret;
	}
	proc->txbuf = vmbus->region[VMBUS_MAP_SEND_BUF].addr;
	port->attached = true;
	ret = hn_nvs_attach(&proc->nvs, &proc->channels.chan[0], vmbus, mtu, HN_HOST_TIMEOUT_MS);
	if (ret == 0)
		ret = hn_rndis_attach(&proc->rndis, &proc->channels.chan[0], &host_rndis_events,
				      dev, HN_HOST_TIMEOUT_MS);
	if (ret == 0)
		ret = host_configure(dev, mtu);
	if (ret == 0)
		ret = host_add_channels(dev);
	if (ret < 0) {
		hn_host_disconnect(dev);
		return ret;
	}
	port->mtu = mtu;
	port->nvs_version = proc->nvs.version;
	host_publish_channels(dev);
	return 0;
}

int
hn_host_join(struct rte_eth_dev *dev)
{
	struct rte_vmbus_device *vmbus = container_of(dev->device, struct rte_vmbus_device, device);
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	int ret;

	if (!port->attached || hn_link_is_lost(dev))
		return 0;
	rte_atomic_store_explicit(&proc->loss_told, 0, rte_memory_order_relaxed);
	ret = rte_vmbus_map_device(vmbus);
	/* It is mapped already where there are more channels than before. */
	if (ret < 0 && ret != -EBUSY)
		return ret;
	proc->txbuf = vmbus->region[VMBUS_MAP_SEND_BUF].addr;
	proc->nvs.version = port->nvs_version;
	hn_rndis_listen(&proc->rndis, &proc->channels.chan[0], &host_rndis_events, dev);
	ret = hn_channels_attach(&proc->channels, vmbus, port->port_id, &host_chan_events, dev);
	if (ret < 0)
		hn_host_leave(dev);
	return ret;
}

void
hn_host_leave(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);

	hn_channels_detach(&proc->channels);
	hn_rndis_listen(&proc->rndis, NULL, NULL, NULL);
	proc->txbuf = NULL;
	rte_vmbus_unmap_device(container_of(dev->device, struct rte_vmbus_device, device));
}

void
hn_host_disconnect(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	struct hn_port *port = dev->data->dev_private;
	bool was_silent;

	if (!port->attached)
		return;
	port->attached = false;
	if (port->channels_open != 0)
		hn_mp_tell(dev, HN_MP_LEAVE);
	port->channels_open = 0;
	/* Nothing is said to a host that cannot hear it. */
	if (hn_link_is_lost(dev)) {
		proc->rndis.initialized = false;
		proc->nvs.rx_connected = false;
		proc->nvs.tx_connected = false;
	}
	was_silent = hn_rndis_is_silent(&proc->rndis);
	if (!was_silent)
		hn_channels_flush(&proc->channels);
	hn_rndis_detach(&proc->rndis);
	if (hn_rndis_is_silent(&proc->rndis) && !was_silent)
		HN_LOG(ERR, "port %u: halt: %s", port->port_id, hn_log_reason(-ETIMEDOUT));
	hn_nvs_detach(&proc->nvs, &proc->channels.chan[0]);
	(void)hn_ledger_check(dev, "disconnect");
	hn_channels_close(&proc->channels);
	hn_rxmem_end(proc->rxmem, container_of(dev->device, struct rte_vmbus_device, device));
	proc->rxmem = NULL;
	proc->txbuf = NULL;
}

void
hn_host_end(struct rte_eth_dev *dev)
{
	struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;

	hn_host_disconnect(dev);
	if (rndis->pages == NULL)
		return;
	rte_vmbus_unmap_device(container_of(dev->device, struct rte_vmbus_device, device));
	hn_rndis_abandon(rndis);
}

bool
hn_host_is_kept(struct rte_eth_dev *dev)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	uint32_t waited, packets = 0;

	/* Some may be with frames that it has sent and that never complete. */
	if (hn_link_is_lost(dev))
		return false;
	for (waited = 0; waited < HOST_KEPT_MS; waited++) {
		packets = hn_channels_kept(&proc->channels);
		if (packets == 0)
			return false;
		rte_delay_us_sleep(1000);
	}
	HN_LOG(ERR, "port %u: the application keeps mbufs of %u received packets, which lead into "
	       "the receive buffer; free them first", dev->data->port_id, packets);
	return true;
}

/* As hn_host_drop(), but nothing watches the device afterwards. */
static int
host_close_device(struct rte_eth_dev *dev)
{
	struct rte_vmbus_device *vmbus = container_of(dev->device, struct rte_vmbus_device, device);
	uint16_t i;
	int ret;

	/* The watch polls the channel; and until that is closed the host can tell news. */
	hn_link_watch_stop(dev);
	hn_host_disconnect(dev);
	hn_link_watch_stop(dev);
	rte_vmbus_unmap_device(vmbus);
	hn_rndis_abandon(&hn_proc_get(dev->data->port_id)->rndis);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			hn_tx_abandon(dev->data->tx_queues[i]);
	/* The host would be given the same memory again. */
	if (host_memory_is_held(vmbus, dev->data->port_id))
		return -EBUSY;
	ret = rte_vmbus_map_device(vmbus);
	/* A node that is not there any more has gone with its device. */
	if (ret == -ENOENT || ret == -ENXIO)
		ret = -ENODEV;
	if (ret < 0)
		hn_link_lose(dev, ret);
	return ret;
}

int
hn_host_drop(struct rte_eth_dev *dev)
{
	int ret = host_close_device(dev);

	/* Who needs the device maps it, once nothing leads into its memory any more. */
	if (ret == -EBUSY)
		return 0;
	return ret < 0 ? ret : hn_link_watch_start(dev);
}

static int
host_connect_anew(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct rte_vmbus_device *vmbus = container_of(dev->device, struct rte_vmbus_device, device);
	const struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;
	bool was_silent = hn_rndis_is_silent(rndis);
	int ret, watch;

	if (hn_host_is_kept(dev))
		return -EBUSY;
	ret = host_close_device(dev);
	if (ret < 0)
		return ret;
	/* One that did not let itself be halted has had its time. */
	if (hn_rndis_is_silent(rndis) && !was_silent)
		ret = -ETIMEDOUT;
	else
		ret = hn_host_connect(dev, vmbus, mtu);
	if (ret == 0)
		ret = hn_queue_renew_tx(dev);
	/* Also a device that is not connected may go away. */
	watch = hn_link_watch_start(dev);
	if (ret == 0 && watch < 0)
		hn_host_disconnect(dev);
	return ret < 0 ? ret : watch;
}

int
hn_host_reconnect(struct rte_eth_dev *dev, uint16_t mtu)
{
	int ret = host_connect_anew(dev, mtu);

	/* A host may answer better next time; one that is gone does not come back. */
	if (ret == -ENODEV)
		hn_link_lose(dev, ret);
	return ret;
}

int
hn_host_require(struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;

	if (hn_link_is_lost(dev))
		return -ENODEV;
	return port->attached ? 0 : hn_host_reconnect(dev, port->mtu);
}

/* With another MTU, and port->channels_asked channels; or as before. */
static int
host_change_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct hn_port *port = dev->data->dev_private;
	uint16_t former = port->mtu;
	int ret = host_connect_anew(dev, mtu);

	/* A host that is silent now will not take the former one either, nor one that is gone. */
	if (ret < 0 && ret != -ETIMEDOUT && ret != -EBUSY && !hn_link_is_lost(dev))
		(void)hn_host_reconnect(dev, former);
	return ret;
}

/* More channels, or those that have come late. A request that fails is not repeated. */
static int
host_open_channels(struct rte_eth_dev *dev, bool grows)
{
	int ret = grows ? host_add_channels(dev) : host_add_late_channels(dev), dropped = ret;

	if (ret < 0 && ret != -ENODEV)
		dropped = hn_host_drop(dev);
	if (ret == 0)
		host_publish_channels(dev);
	if (dropped < 0)
		hn_link_lose(dev, dropped);
	return ret;
}

int
hn_host_change(struct rte_eth_dev *dev, uint16_t mtu, uint16_t channels)
{
	struct hn_port *port = dev->data->dev_private;
	uint16_t asked;
	bool grows;
	int ret = hn_host_require(dev);

	if (ret < 0)
		return ret;
	asked = port->channels_asked;
	channels = RTE_MIN(channels, port->channels_max);
	grows = channels > asked;
	if (grows)
		port->channels_asked = channels;
	/* Hosts expect to be asked for channels once. */
	if (mtu != port->mtu || (grows && asked != 1))
		ret = host_change_mtu(dev, mtu);
	else
		ret = host_open_channels(dev, grows);
	if (ret < 0)
		port->channels_asked = asked;
	return ret;
}

int
hn_host_apply_offloads(struct rte_eth_dev *dev)
{
	int ret = host_apply_offloads(dev, 0);

	if (ret < 0)
		HN_LOG(ERR, "port %u: configure: offloads: %s", dev->data->port_id,
		       hn_log_reason(ret));
	return ret;
}
