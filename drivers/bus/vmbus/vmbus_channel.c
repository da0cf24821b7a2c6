/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A channel is two rings and a way to signal the host: a bit in the monitor
 * page where the host gave the channel one, otherwise a write to the device.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_eal.h>

#include "vmbus_private.h"

/* Of a packet without its trailer: what its length field can say. */
#define PACKET_LEN_MAX (UINT16_MAX * 8u)

/*
 * Exactly one bit, by an atomic OR whose old value nobody wants: the page is
 * shared by all devices of the guest, and where a paravisor emulates it that is
 * the one form of access that it decodes quickly.
 */
static void
channel_trigger_monitor(const struct vmbus_channel *chan)
{
	struct vmbus_mon_page *page = chan->dev->region[VMBUS_MAP_MON_PAGE].addr;
	uint32_t id = chan->shared->monitor_id;
	uint32_t *pending = &page->trigs[id / VMBUS_MONITOR_GROUP_BITS].pending;
	uint32_t bit = UINT32_C(1) << (id % VMBUS_MONITOR_GROUP_BITS);

	(void)rte_atomic_fetch_or_explicit((RTE_ATOMIC(uint32_t) *)pending, bit,
					   rte_memory_order_seq_cst);
}

static bool
channel_wants_irq(const struct vmbus_channel *chan)
{
	return rte_atomic_load_explicit(&chan->shared->irq_wanted, rte_memory_order_relaxed);
}

/* Each channel of this process gets the interrupt mask that its user wants. */
static void
channel_restore_masks(struct rte_vmbus_device *dev)
{
	struct vmbus_channel *each;

	for (each = dev->channels; each != NULL; each = each->next)
		vmbus_rxring_set_mask(&each->rx, !channel_wants_irq(each));
}

/* Newer kernels unmask every channel of the device in that write: mask them again. */
static void
channel_trigger_write(const struct vmbus_channel *chan)
{
	/* Fails only when the device is gone; its owner will notice. */
	if (vmbus_uio_signal(chan->dev->uio_fd) == 0)
		channel_restore_masks(chan->dev);
}

static void
channel_signal(const struct vmbus_channel *chan)
{
	if (chan->shared->has_monitor)
		channel_trigger_monitor(chan);
	else
		channel_trigger_write(chan);
}

/* Each direction looks at a flag of its own; what fails one fails the other, too. */
static bool
channel_has_failed(const struct vmbus_channel *chan)
{
	return vmbus_rxring_is_broken(&chan->rx) || vmbus_txring_is_broken(&chan->tx);
}

/* Hands on what a ring said; if it is broken the other one is left alone as well. */
static int
channel_note(struct vmbus_channel *chan, int ret)
{
	if (unlikely(ret == -EPROTO)) {
		vmbus_txring_break(&chan->tx);
		vmbus_rxring_break(&chan->rx);
	}
	return ret;
}

static struct vmbus_channel *
channel_alloc(struct rte_vmbus_device *dev, uint16_t index)
{
	struct vmbus_channel *chan;
	void *mem;

	if (posix_memalign(&mem, alignof(struct vmbus_channel), sizeof(*chan)) != 0)
		return NULL;
	chan = memset(mem, 0, sizeof(*chan));
	chan->dev = dev;
	chan->index = index;
	chan->shared = &dev->shared->channel[index];
	return chan;
}

/* Both halves of a mapping: we send in the first, receive in the second. */
static int
channel_attach_rings(struct vmbus_channel *chan, void *mem, uint64_t len)
{
	uint32_t page_len = (uint32_t)sysconf(_SC_PAGESIZE);
	int ret;

	ret = vmbus_txring_attach(&chan->tx, &chan->shared->tx, mem, len / 2, page_len);
	if (ret < 0)
		return ret;
	return vmbus_rxring_attach(&chan->rx, &chan->shared->rx, (uint8_t *)mem + len / 2,
				   len / 2, page_len);
}

/* The primary process takes the rings over, for all. */
static int
channel_begin(struct vmbus_channel *chan, void *mem, uint64_t len,
	      const struct vmbus_sysfs_channel *info)
{
	int ret = channel_attach_rings(chan, mem, len);

	if (ret < 0)
		return ret;
	chan->shared->relid = info->relid;
	chan->shared->has_monitor = info->has_monitor;
	chan->shared->monitor_id = info->monitor_id;
	chan->shared->map_len = len;
	rte_atomic_store_explicit(&chan->shared->irq_wanted, false, rte_memory_order_relaxed);
	ret = vmbus_rxring_begin(&chan->rx);
	if (ret < 0)
		return ret;
	/* Kernels differ in what they leave here; we poll. */
	vmbus_rxring_set_mask(&chan->rx, true);
	return vmbus_txring_begin(&chan->tx);
}

/* The primary channel stays the first of the chain. */
static void
channel_link(struct vmbus_channel *chan)
{
	struct vmbus_channel **link = &chan->dev->channels;

	if (*link != NULL && (*link)->index == 0)
		link = &(*link)->next;
	chan->next = *link;
	*link = chan;
}

/* Other processes may use it from here on. Release: they find it complete. */
static void
channel_publish(struct vmbus_channel *chan)
{
	rte_atomic_store_explicit(&chan->shared->is_open, true, rte_memory_order_release);
	channel_link(chan);
}

static bool
channel_is_open(const struct rte_vmbus_device *dev, uint32_t relid, uint16_t index)
{
	const struct vmbus_channel *each;

	for (each = dev->channels; each != NULL; each = each->next)
		if (each->shared->relid == relid || each->index == index)
			return true;
	return false;
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_open)
int
rte_vmbus_chan_open(struct rte_vmbus_device *device, struct vmbus_channel **chan)
{
	const struct vmbus_region *rings = &device->region[VMBUS_MAP_RINGS];
	const struct vmbus_sysfs_channel info = {
		.relid = device->node.relid,
		.has_monitor = device->has_monitor,
		.monitor_id = device->monitor_id,
	};
	struct vmbus_channel *primary;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		VMBUS_LOG(ERR, "%s: a secondary process cannot open channels",
			  device->device.name);
		return -ENOTSUP;
	}
	if (channel_is_open(device, info.relid, 0))
		return -EBUSY;
	primary = channel_alloc(device, 0);
	if (primary == NULL)
		return -ENOMEM;
	ret = channel_begin(primary, rings->addr, rings->len, &info);
	if (ret < 0) {
		VMBUS_LOG(ERR, "%s: the rings make no sense: %s", device->device.name,
			  ret == -EINVAL ? "impossible size" : "impossible positions");
		free(primary);
		return ret;
	}
	channel_publish(primary);
	*chan = primary;
	return 0;
}

/* What channel_try_sub() works with. */
struct channel_search {
	struct rte_vmbus_device *dev;
	char dir[PATH_MAX];
	struct vmbus_channel *found;
};

/* Open this subchannel if it has rings and nobody has opened it: 1, else 0. */
static int
channel_try_sub(uint32_t relid, void *ctx)
{
	struct channel_search *search = ctx;
	struct vmbus_sysfs_channel info;
	struct vmbus_channel *sub;
	uint64_t map_len = 0;

	/* The primary is open, so that neither it nor another of its index is taken. */
	if (vmbus_sysfs_read_channel(search->dir, relid, &info) < 0 ||
	    info.index >= VMBUS_CHANNEL_MAX || channel_is_open(search->dev, relid, info.index))
		return 0;
	/* What is sent on it the host would never notice. */
	if (!info.has_monitor && !vmbus_uio_signals_subchannels())
		return 0;
	sub = channel_alloc(search->dev, info.index);
	if (sub == NULL)
		return -ENOMEM;
	/* A channel of an earlier open may still be listed; its rings do not map. */
	sub->map = vmbus_uio_map_ring(search->dir, relid, &map_len);
	if (sub->map == NULL || channel_begin(sub, sub->map, map_len, &info) < 0) {
		vmbus_uio_unmap(sub->map, map_len);
		free(sub);
		return 0;
	}
	search->found = sub;
	return 1;
}

RTE_EXPORT_SYMBOL(rte_vmbus_subchan_open)
int
rte_vmbus_subchan_open(struct vmbus_channel *primary, struct vmbus_channel **new_chan)
{
	struct channel_search search = { .dev = primary->dev };
	int ret;

	vmbus_sysfs_device_dir(primary->dev, search.dir, sizeof(search.dir));
	ret = vmbus_sysfs_walk_channels(search.dir, channel_try_sub, &search);
	if (ret < 0)
		return ret;
	if (search.found == NULL)
		return -ENOENT;
	channel_publish(search.found);
	*new_chan = search.found;
	return 0;
}

static bool
channel_is_attached(const struct rte_vmbus_device *dev, uint16_t index)
{
	const struct vmbus_channel *each = dev->channels;

	while (each != NULL && each->index != index)
		each = each->next;
	return each != NULL;
}

/* This process's mapping of the rings, of the length that the primary process found. */
static void *
channel_map_rings(struct vmbus_channel *chan)
{
	const struct vmbus_region *rings = &chan->dev->region[VMBUS_MAP_RINGS];
	char dir[PATH_MAX];
	uint64_t len = 0;

	if (chan->index == 0)
		return rings->len == chan->shared->map_len ? rings->addr : NULL;
	vmbus_sysfs_device_dir(chan->dev, dir, sizeof(dir));
	chan->map = vmbus_uio_map_ring(dir, chan->shared->relid, &len);
	if (chan->map != NULL && len != chan->shared->map_len) {
		vmbus_uio_unmap(chan->map, len);
		chan->map = NULL;
	}
	return chan->map;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_attach)
int
rte_vmbus_chan_attach(struct rte_vmbus_device *dev, uint16_t index, struct vmbus_channel **chan)
{
	struct vmbus_channel *other;
	void *rings;

	if (index >= VMBUS_CHANNEL_MAX)
		return -EINVAL;
	if (dev->shared == NULL || dev->uio_fd < 0)
		return -ENODEV;
	if (channel_is_attached(dev, index))
		return -EBUSY;
	/* Acquire: pairs with channel_publish(). */
	if (!rte_atomic_load_explicit(&dev->shared->channel[index].is_open,
				      rte_memory_order_acquire))
		return -ENOENT;
	other = channel_alloc(dev, index);
	if (other == NULL)
		return -ENOMEM;
	rings = channel_map_rings(other);
	if (rings == NULL || channel_attach_rings(other, rings, other->shared->map_len) < 0) {
		vmbus_uio_unmap(other->map, other->shared->map_len);
		free(other);
		return -ENODEV;
	}
	channel_link(other);
	*chan = other;
	return 0;
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_close)
void
rte_vmbus_chan_close(struct vmbus_channel *chan)
{
	struct vmbus_channel **link;

	if (chan == NULL)
		return;
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_atomic_store_explicit(&chan->shared->is_open, false,
					  rte_memory_order_release);
	/* Forward: the chain ends at the channel itself, which is in it. */
	for (link = &chan->dev->channels; *link != NULL; link = &(*link)->next) {
		if (*link == chan) {
			*link = chan->next;
			break;
		}
	}
	vmbus_uio_unmap(chan->map, chan->shared->map_len);
	free(chan);
}

void
vmbus_channel_close_all(struct rte_vmbus_device *dev)
{
	/* Each turn takes one channel out of the chain. */
	while (dev->channels != NULL)
		rte_vmbus_chan_close(dev->channels);
}

RTE_EXPORT_SYMBOL(rte_vmbus_max_channels)
int
rte_vmbus_max_channels(const struct rte_vmbus_device *device)
{
	char dir[PATH_MAX];

	/* Hosts that give the primary no monitor give the others none. */
	if (!device->has_monitor && !vmbus_uio_signals_subchannels())
		return 1;
	vmbus_sysfs_device_dir(device, dir, sizeof(dir));
	return vmbus_sysfs_has_subchannels(dir, device->node.relid) ? VMBUS_CHANNEL_MAX : 1;
}

RTE_EXPORT_SYMBOL(rte_vmbus_sub_channel_index)
uint16_t
rte_vmbus_sub_channel_index(const struct vmbus_channel *chan)
{
	return chan->index;
}

RTE_EXPORT_SYMBOL(rte_vmbus_set_latency)
void
rte_vmbus_set_latency(const struct rte_vmbus_device *dev, const struct vmbus_channel *chan,
		      uint32_t latency)
{
	struct vmbus_mon_page *page = dev->region[VMBUS_MAP_MON_PAGE].addr;
	uint32_t units = latency / 100, id = chan->shared->monitor_id;

	if (!chan->shared->has_monitor || units == 0)
		return;
	page->latency[id / VMBUS_MONITOR_GROUP_BITS][id % VMBUS_MONITOR_GROUP_BITS] =
		(uint16_t)RTE_MIN(units, (uint32_t)UINT16_MAX);
}

/* Sending */

/* Fill in a packet's lengths. Returns its bytes in the ring; 0 if they are too many. */
static uint32_t
channel_set_len(struct vmbus_chanpkt_hdr *hdr, uint32_t header_len, uint32_t payload_len)
{
	uint32_t total;

	if (unlikely(payload_len > PACKET_LEN_MAX - header_len))
		return 0;
	total = header_len + RTE_ALIGN_CEIL(payload_len, 8u);
	hdr->hlen = (uint16_t)(header_len / 8);
	hdr->tlen = (uint16_t)(total / 8);
	return total;
}

/* Write a packet; publish it unless the caller will. */
static int
channel_put(struct vmbus_channel *chan, const struct vmbus_piece piece[], unsigned int count,
	    uint32_t total, bool *need_sig)
{
	int ret;

	if (unlikely(total == 0))
		return -EINVAL;
	ret = channel_note(chan, vmbus_txring_put(&chan->tx, piece, count, total));
	if (unlikely(ret < 0))
		return ret;
	if (need_sig != NULL)
		*need_sig = true;
	else
		rte_vmbus_chan_signal_tx(chan);
	return 0;
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_send)
int
rte_vmbus_chan_send(struct vmbus_channel *chan, uint16_t type, const void *data, uint32_t dlen,
		    uint64_t xactid, uint32_t flags, bool *need_sig)
{
	struct vmbus_chanpkt_hdr hdr = {
		.type = type,
		.flags = (uint16_t)flags,
		.xactid = xactid,
	};
	const struct vmbus_piece piece[] = { { &hdr, sizeof(hdr) }, { data, dlen } };

	return channel_put(chan, piece, RTE_DIM(piece),
			   channel_set_len(&hdr, sizeof(hdr), dlen), need_sig);
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_send_sglist)
int
rte_vmbus_chan_send_sglist(struct vmbus_channel *chan, const struct vmbus_gpa gpa[],
			   uint32_t gpacnt, const void *data, uint32_t dlen, uint64_t xactid,
			   bool *need_sig)
{
	struct vmbus_chanpkt_sglist sglist = {
		.hdr.type = VMBUS_CHANPKT_TYPE_GPA,
		.hdr.flags = VMBUS_CHANPKT_FLAG_RC,
		.hdr.xactid = xactid,
		.gpa_cnt = gpacnt,
	};
	uint32_t gpa_len = gpacnt * (uint32_t)sizeof(gpa[0]);
	const struct vmbus_piece piece[] = {
		{ &sglist, sizeof(sglist) }, { gpa, gpa_len }, { data, dlen },
	};

	if (gpacnt == 0 || gpacnt > VMBUS_GPA_MAX)
		return -EINVAL;
	return channel_put(chan, piece, RTE_DIM(piece),
			   channel_set_len(&sglist.hdr, sizeof(sglist) + gpa_len, dlen), need_sig);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_send_raw)
int
rte_vmbus_chan_send_raw(struct vmbus_channel *chan, const struct vmbus_chanpkt_hdr *packet)
{
	return channel_note(chan, vmbus_txring_put_packet(&chan->tx, packet));
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_signal_tx)
void
rte_vmbus_chan_signal_tx(struct vmbus_channel *chan)
{
	if (vmbus_txring_publish(&chan->tx)) {
		channel_signal(chan);
		vmbus_txring_signalled(&chan->tx);
	}
}

/* Receiving */

RTE_EXPORT_SYMBOL(rte_vmbus_chan_recv_raw)
int
rte_vmbus_chan_recv_raw(struct vmbus_channel *chan, void *data, uint32_t *len)
{
	return channel_note(chan, vmbus_rxring_get(&chan->rx, data, len));
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_recv_hint)
bool
rte_vmbus_chan_recv_hint(const struct vmbus_channel *chan, uint32_t offset, uint32_t *word)
{
	return vmbus_rxring_hint(&chan->rx, offset, word);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_peek_comps)
uint32_t
rte_vmbus_chan_peek_comps(struct vmbus_channel *chan, struct vmbus_comp *comp, uint32_t max)
{
	return vmbus_rxring_peek_comps(&chan->rx, comp, max);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_skip)
void
rte_vmbus_chan_skip(struct vmbus_channel *chan, uint32_t bytes)
{
	vmbus_rxring_skip(&chan->rx, bytes);
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_signal_read)
void
rte_vmbus_chan_signal_read(struct vmbus_channel *chan, uint32_t bytes_read __rte_unused)
{
	/* The ring has counted, also what a user took who was killed before he came here. */
	if (vmbus_rxring_commit(&chan->rx)) {
		channel_signal(chan);
		vmbus_rxring_signalled(&chan->rx);
	}
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_recv)
int
rte_vmbus_chan_recv(struct vmbus_channel *chan, void *data, uint32_t *len, uint64_t *request_id)
{
	uint32_t packet_len, header_len, payload_len;
	struct vmbus_chanpkt_hdr hdr, *packet;
	int ret;

	/* Peek first: a packet that does not fit the caller has to stay. */
	ret = channel_note(chan, vmbus_rxring_peek(&chan->rx, &hdr));
	if (ret < 0)
		return ret;
	packet_len = hdr.tlen * 8u;
	payload_len = packet_len - hdr.hlen * 8u;
	if (payload_len > *len) {
		*len = payload_len;
		return -ENOBUFS;
	}
	packet = malloc(packet_len);
	if (packet == NULL)
		return -ENOMEM;
	ret = vmbus_rxring_get(&chan->rx, packet, &packet_len);
	if (ret < 0) {
		/* Anything but what we peeked at: the host rewrote what it had published. */
		ret = channel_note(chan, -EPROTO);
		goto out;
	}
	/* For the same reason only the copy counts from here on. */
	header_len = packet->hlen * 8u;
	payload_len = RTE_MIN(packet_len - header_len, *len);
	memcpy(data, (const uint8_t *)packet + header_len, payload_len);
	*len = payload_len;
	*request_id = packet->xactid;
	rte_vmbus_chan_signal_read(chan, (uint32_t)ret);
	ret = 0;
out:
	free(packet);
	return ret;
}

RTE_EXPORT_SYMBOL(rte_vmbus_chan_rx_empty)
bool
rte_vmbus_chan_rx_empty(const struct vmbus_channel *chan)
{
	return vmbus_rxring_is_empty(&chan->rx);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_tx_empty)
bool
rte_vmbus_chan_tx_empty(const struct vmbus_channel *chan)
{
	return channel_has_failed(chan) || vmbus_txring_is_empty(&chan->tx);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_watch)
volatile void *
rte_vmbus_chan_watch(struct vmbus_channel *chan, uint32_t *idle)
{
	if (channel_has_failed(chan))
		return NULL;
	*idle = chan->rx.state->rindex;
	return &chan->rx.ctl->windex;
}

/* Interrupts */

static void
channel_want_irq(struct vmbus_channel *chan, bool wanted)
{
	rte_atomic_store_explicit(&chan->shared->irq_wanted, wanted, rte_memory_order_relaxed);
}

static void
channel_set_irq(struct rte_vmbus_device *device, bool wanted)
{
	struct vmbus_channel *each;

	for (each = device->channels; each != NULL; each = each->next)
		channel_want_irq(each, wanted);
	channel_restore_masks(device);
}

static void
channel_mask(struct vmbus_channel *chan, bool masked)
{
	channel_want_irq(chan, !masked);
	if (!channel_has_failed(chan))
		vmbus_rxring_set_mask(&chan->rx, masked);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_irq_mask)
void
rte_vmbus_chan_irq_mask(struct vmbus_channel *chan)
{
	channel_mask(chan, true);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_chan_irq_unmask)
void
rte_vmbus_chan_irq_unmask(struct vmbus_channel *chan)
{
	channel_mask(chan, false);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_subchan_interrupts)
bool
rte_vmbus_subchan_interrupts(void)
{
	/* The same change brought both. */
	return vmbus_uio_signals_subchannels();
}

RTE_EXPORT_SYMBOL(rte_vmbus_irq_mask)
void
rte_vmbus_irq_mask(struct rte_vmbus_device *device)
{
	channel_set_irq(device, false);
}

RTE_EXPORT_SYMBOL(rte_vmbus_irq_unmask)
void
rte_vmbus_irq_unmask(struct rte_vmbus_device *device)
{
	channel_set_irq(device, true);
}

RTE_EXPORT_SYMBOL(rte_vmbus_irq_read)
int
rte_vmbus_irq_read(struct rte_vmbus_device *device)
{
	return vmbus_uio_read_event(device->uio_fd);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_dev_is_gone)
bool
rte_vmbus_dev_is_gone(const struct rte_vmbus_device *dev)
{
	return vmbus_uio_is_gone(dev->uio_fd);
}
