/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * VMBus channels from user space.
 *
 * A VMBus device bound to Linux's uio_hv_generic has one primary channel and,
 * after asking the host, subchannels. A channel is two rings in memory shared
 * with the host: one to send, one to receive. This is the interface through
 * which a driver opens channels, exchanges packets and wakes the host.
 *
 * Threading: a channel's sending functions may be used by one thread at a
 * time, its receiving functions by one thread at a time, counted over all
 * processes; sending and receiving may go on in parallel. Opening and closing
 * channels of a device, and masking its interrupts, may not go on beside anything
 * else on that device. Nothing here takes a lock.
 *
 * A channel whose host has corrupted one of its rings has failed for good, in
 * both directions: it sends nothing, receives nothing and says -EPROTO.
 */

#ifndef _RTE_BUS_VMBUS_H_
#define _RTE_BUS_VMBUS_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_vmbus_reg.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_vmbus_device;
struct vmbus_channel;

/**
 * Look for VMBus devices that are bound to uio_hv_generic.
 *
 * A device that cannot be read is skipped with a log line; the others are
 * found nevertheless.
 *
 * @return
 *   0, also on a machine without VMBus; negative errno if the bus itself
 *   cannot be read.
 */
int rte_vmbus_scan(void);

/**
 * Hand every scanned and wanted device to the driver that matches its class.
 *
 * @return
 *   0 if all went well or nothing matched, -1 if every matched device failed.
 */
int rte_vmbus_probe(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Probe devices that come while the program runs, as they would have been at
 * its start: those that the allow and block lists admit. The bus starts this by
 * itself in the primary process, once it has probed what was there.
 *
 * A device that comes back after the host had taken it away, with the same
 * name, is a new one. It is probed when the application has closed the port of
 * the former one or removed that device; with the devargs that it had.
 *
 * Devices are probed in EAL's interrupt thread; the application hears of their
 * ports by RTE_ETH_EVENT_NEW.
 *
 * @return
 *   0; -EALREADY; -ENOTSUP in a secondary process, which EAL tells of what the
 *   primary one probes; or why the kernel does not tell of devices.
 */
__rte_experimental
int rte_vmbus_hotplug_start(void);

/**
 * @warning
 * @b EXPERIMENTAL: this API may change without prior notice.
 *
 * Leave devices alone that come from now on, but for rte_dev_probe(). Waits for
 * a probe that is under way, unless called from it.
 */
__rte_experimental
void rte_vmbus_hotplug_stop(void);

/**
 * Map the regions of a device: rings, interrupt page, monitor page, receive
 * and send buffer. Called by the bus before the driver's probe in the primary
 * process. In a secondary one the driver calls it, after the primary process
 * has mapped the device; addresses may differ.
 *
 * The primary process unmaps last: first every secondary process lets go of the
 * channels and unmaps. While one of them has the device mapped the kernel keeps
 * the channels open, so that a new one of the primary finds them as they are.
 *
 * @return
 *   0; -EBUSY if this process has it mapped; or negative errno, and nothing
 *   stays mapped. In a secondary process -ENODEV if the primary one has not
 *   mapped it, or a device of its name has come in its place.
 */
int rte_vmbus_map_device(struct rte_vmbus_device *dev);

/**
 * Undo rte_vmbus_map_device(): unmaps, then closes the device, which closes
 * all its channels in the kernel. No channel may be in use.
 */
void rte_vmbus_unmap_device(struct rte_vmbus_device *dev);

/**
 * Open the primary channel.
 *
 * The ring positions are read from shared memory once, checked and from then
 * on kept privately. Host interrupts are masked.
 *
 * @param device
 *   A mapped device.
 * @param chan
 *   The channel, valid until rte_vmbus_chan_close().
 * @return
 *   0, -EBUSY if it is open already, -ENOMEM, -ENOTSUP in a secondary process,
 *   -EINVAL if the rings have an impossible size, or -EPROTO if a position in
 *   their headers makes no sense. All but -EBUSY and -ENOMEM have been logged.
 */
int rte_vmbus_chan_open(struct rte_vmbus_device *device, struct vmbus_channel **chan);

/**
 * Open the next subchannel that the host has offered and no one has opened.
 *
 * @param primary
 *   The device's primary channel.
 * @param new_chan
 *   The subchannel; rte_vmbus_sub_channel_index() tells which.
 * @return
 *   0, -ENOENT when none is waiting (poll again, with a deadline; for ever so
 *   on kernels before 4.16), or another negative errno.
 */
int rte_vmbus_subchan_open(struct vmbus_channel *primary, struct vmbus_channel **new_chan);

/**
 * Close a channel and unmap a subchannel's rings. In a secondary process only
 * lets go of it. NULL is allowed.
 */
void rte_vmbus_chan_close(struct vmbus_channel *chan);

/** How many channels, the primary included, this kernel can give the device. */
int rte_vmbus_max_channels(const struct rte_vmbus_device *device);

/** The host's index of a channel: 0 is the primary. */
uint16_t rte_vmbus_sub_channel_index(const struct vmbus_channel *chan);

/**
 * Tune how often the hypervisor looks at the channel's monitor bit.
 *
 * @param latency
 *   Nanoseconds, rounded to 100, at most 6553500; 0 leaves it alone. Does
 *   nothing for a channel without monitor.
 */
void rte_vmbus_set_latency(const struct rte_vmbus_device *dev,
			   const struct vmbus_channel *chan, uint32_t latency);

/**
 * Send one in-band packet.
 *
 * With @p need_sig NULL the packet is published and the host signalled if
 * that is due. Otherwise it is only written behind those already waiting, and
 * *need_sig is set to true: one rte_vmbus_chan_signal_tx() publishes the whole
 * batch.
 *
 * @param type
 *   VMBUS_CHANPKT_TYPE_INBAND or VMBUS_CHANPKT_TYPE_COMP.
 * @param data
 *   Payload, padded with zeros to a multiple of 8 in the ring.
 * @param dlen
 *   Bytes of payload.
 * @param xactid
 *   Comes back in the completion.
 * @param flags
 *   VMBUS_CHANPKT_FLAG_NONE or VMBUS_CHANPKT_FLAG_RC to ask for a completion.
 * @return
 *   0, -EAGAIN if the ring has no room now, -EINVAL if the packet can never
 *   fit, -EPROTO if the host corrupted the ring (the channel stays failed).
 */
int rte_vmbus_chan_send(struct vmbus_channel *chan, uint16_t type,
			const void *data, uint32_t dlen,
			uint64_t xactid, uint32_t flags, bool *need_sig);

/**
 * Send one packet whose data lies in guest pages (GPA direct). A completion
 * is always requested.
 *
 * @param gpa
 *   The page ranges; each lies inside one 4096-byte page.
 * @param gpacnt
 *   1 to VMBUS_GPA_MAX.
 * @param data, dlen, xactid, need_sig
 *   As in rte_vmbus_chan_send().
 * @return
 *   As rte_vmbus_chan_send().
 */
int rte_vmbus_chan_send_sglist(struct vmbus_channel *chan,
			       const struct vmbus_gpa gpa[], uint32_t gpacnt,
			       const void *data, uint32_t dlen,
			       uint64_t xactid, bool *need_sig);

/**
 * Publish what has been written since the last publish and signal the host,
 * if and only if the ring was empty before and the host wants to know.
 */
void rte_vmbus_chan_signal_tx(struct vmbus_channel *chan);

/**
 * Receive the payload of one packet and acknowledge it to the host at once.
 * For start-up and simple tools; the data path uses rte_vmbus_chan_recv_raw().
 *
 * @param len
 *   In: capacity of @p data. Out: bytes of payload.
 * @param request_id
 *   The packet's transaction id.
 * @return
 *   0, -EAGAIN if the ring is empty, -ENOBUFS with the needed size in *len
 *   (the packet stays), -ENOMEM, -EPROTO if the host corrupted the ring.
 */
int rte_vmbus_chan_recv(struct vmbus_channel *chan, void *data,
			uint32_t *len, uint64_t *request_id);

/**
 * Copy the next packet, descriptor included, out of the ring.
 *
 * What is copied has been checked: 16 <= hlen * 8 <= tlen * 8 == bytes
 * returned. The host sees the space as free only after
 * rte_vmbus_chan_signal_read(), to be called once per batch.
 *
 * @param data
 *   8-byte aligned destination.
 * @param len
 *   In: capacity of @p data. Out: bytes copied.
 * @return
 *   Ring bytes consumed (positive), -EAGAIN if the ring is empty, -ENOBUFS with
 *   the needed size in *len (the packet stays), -EPROTO if the host corrupted
 *   the ring; then the channel stays failed.
 */
int rte_vmbus_chan_recv_raw(struct vmbus_channel *chan, void *data, uint32_t *len);

/**
 * Give what has been received since the last call back to the host, and wake
 * the host if it waits for that much room.
 *
 * @param bytes_read
 *   Sum of what rte_vmbus_chan_recv_raw() returned since the last call. The
 *   ring counts for itself as well, and that is what counts.
 */
void rte_vmbus_chan_signal_read(struct vmbus_channel *chan, uint32_t bytes_read);

/** Is nothing waiting to be received? Also true for a failed channel. */
bool rte_vmbus_chan_rx_empty(const struct vmbus_channel *chan);

/**
 * Ask the host not to interrupt for any open channel of the device (the
 * state after open, and the right one for polling).
 */
void rte_vmbus_irq_mask(struct rte_vmbus_device *device);

/** Ask the host to interrupt when a ring of the device stops being empty. */
void rte_vmbus_irq_unmask(struct rte_vmbus_device *device);

/**
 * Wait for an interrupt of the device.
 *
 * @return
 *   The device's event count so far (31 bits of it), or negative errno: -EINTR
 *   after a signal, -EIO once the device is gone.
 */
int rte_vmbus_irq_read(struct rte_vmbus_device *device);

#ifdef __cplusplus
}
#endif

#endif /* _RTE_BUS_VMBUS_H_ */
