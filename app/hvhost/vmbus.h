/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * VMBus from the host's side: devices offered to guests, their channels, the
 * two rings of each channel, signals both ways.
 *
 * Knows nothing of network devices. How a guest reaches the host (a Unix
 * socket and shared memory files: transport.h, session.c) does not show here.
 *
 * Calls go down from nic.c to here; events (a guest opens or closes a
 * channel) come up through struct vmbus_device_ops. Everything runs in the
 * one thread of the event loop.
 */

#ifndef HVHOST_VMBUS_H
#define HVHOST_VMBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arrival.h"

struct guestmem;
struct kernel;
struct rules;
struct vmbus;
struct vmbus_device;
struct vmbus_channel;

/** Packet types, spec vmbus-uio.md 4.1. */
enum {
	PACKET_INBAND = 6,
	PACKET_XFER_PAGES = 7,
	PACKET_GPA_DIRECT = 9,
	PACKET_COMPLETION = 11,
};

enum { PACKET_WANTS_COMPLETION = 1 };

/** Largest packet with its descriptor that a guest may send us. */
#define VMBUS_PACKET_MAX 65536u

/**
 * A packet copied out of the guest's ring and checked: the host does not
 * trust the guest either. Pointers lead into @p bytes.
 */
struct vmbus_packet {
	uint16_t type;
	bool wants_completion;
	uint64_t id;			/**< transaction id */
	const uint8_t *header;		/**< what follows the 16 byte descriptor */
	size_t header_len;
	const uint8_t *payload;
	size_t payload_len;		/**< multiple of 8, padding included */
	uint8_t bytes[VMBUS_PACKET_MAX] __attribute__((aligned(8)));
};

/** What a new device is made of. */
struct vmbus_offer {
	const char *instance;		/**< GUID, 36 characters, lower case */
	bool monitored;			/**< has a monitor id; else signalled by write() */
	bool hides_ring;		/**< the primary channel's directory has no ring file */
	bool subs_unmonitored;		/**< subchannels have none, whatever the primary has */
	size_t ring_bytes;		/**< of one ring with its header page; 2 MiB usual */
	size_t recv_bytes;		/**< receive buffer; 31 MiB usual */
	size_t send_bytes;		/**< send buffer; 16 MiB usual */
	struct arrival_delays delays;
};

/** Events that come up to the device's owner. */
struct vmbus_device_ops {
	/** The guest opened the channel; its rings are empty and ready. */
	void (*opened)(void *ctx, struct vmbus_channel *ch);
	/** The guest closed it or died; the channel must not be used again. */
	void (*closed)(void *ctx, struct vmbus_channel *ch);
};

struct vmbus_config {
	const char *dir;		/**< run directory: socket, sys tree */
	bool doorbell_only;		/**< read a ring only after its signal */
	bool awake;			/**< looks at rings without signals, and tells guests so */
	bool scatter;			/**< pages of cards' buffers are not in a row */
	const struct kernel *kernel;	/**< the guests' uio_hv_generic; NULL: the usual one */
	uint64_t gpa_base;		/**< first guest-physical address, see guestmem_create() */
	uint32_t grace_ms;		/**< until lost rings are left alone; 0: GHOST_GRACE_MS */
	struct rules *rules;
};

/**
 * Make the run directory's socket and an empty device tree.
 *
 * @return
 *   NULL with one sentence on stderr, for instance when another host lives
 *   in the directory.
 */
struct vmbus *vmbus_create(const struct vmbus_config *config);

/** Close every channel, remove everything vmbus_create() and vmbus_offer() made. */
void vmbus_destroy(struct vmbus *bus);

/** A descriptor that becomes readable when vmbus_handle() has something to do. */
int vmbus_fd(const struct vmbus *bus);

/** Accept guests, serve their requests, notice their deaths; never blocks. */
void vmbus_handle(struct vmbus *bus);

/**
 * Look at the monitor page: mark the channels whose bit the guest has set.
 * Cheap; called once per turn of the event loop.
 *
 * @return
 *   true if any channel was signalled.
 */
bool vmbus_scan_doorbells(struct vmbus *bus);

/** The memory of the bus's guests. */
struct guestmem *vmbus_guestmem(struct vmbus *bus);

/** Offer a device: it appears in the tree of guests. NULL with errno on failure. */
struct vmbus_device *vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer,
				 const struct vmbus_device_ops *ops, void *ctx);

/** Take a device away: closes its channels, removes it from the tree. */
void vmbus_rescind(struct vmbus_device *dev);

/** The buffer that the guest names by this GPADL handle: NULL if not its own. */
uint8_t *vmbus_gpadl(struct vmbus_device *dev, uint32_t handle, size_t *len);

/**
 * Offer a subchannel of an open device. It appears in the tree and opens, if the
 * guests' kernel does so: its opened() is called before this returns. It is closed
 * with the primary.
 *
 * @param index
 *   1 and up; each once.
 * @return 0; -EEXIST, -EINVAL, or why there are no rings for it.
 */
int vmbus_channel_offer_sub(struct vmbus_device *dev, uint16_t index);

/**
 * Take an open subchannel away by itself. As under Linux its guest is told nothing:
 * directory, ring file and rings stay until the device is closed, and nobody reads or
 * writes them. Its closed() is called before this returns.
 */
void vmbus_channel_rescind(struct vmbus_channel *ch);

/** 0 for the primary. */
uint16_t vmbus_channel_index(const struct vmbus_channel *ch);

/**
 * Take the next packet out of the guest's ring.
 *
 * @return
 *   1 with *packet filled; 0 when the ring is empty (or, with doorbell_only,
 *   not signalled); -EPROTO when the guest broke a ring rule: it has been
 *   reported to the rules and the channel is dead until re-opened.
 */
int vmbus_channel_recv(struct vmbus_channel *ch, struct vmbus_packet *packet);

/**
 * Bytes a packet (descriptor included, without trailer) may have to be sent now; 0 as well
 * when the guest broke a ring rule, as with vmbus_channel_recv().
 */
size_t vmbus_channel_room(struct vmbus_channel *ch);

/** A packet to send; header is what follows the descriptor (may be empty). */
struct vmbus_send {
	uint16_t type;
	bool wants_completion;
	uint64_t id;
	const void *header;
	size_t header_len;		/**< multiple of 8 */
	const void *payload;
	size_t payload_len;		/**< padded with zeros to a multiple of 8 */
};

/**
 * Write a packet behind those not yet flushed.
 *
 * @return
 *   0; -EAGAIN when the ring is full: pending_send_size is set, so the guest
 *   signals when there is room; -EPROTO when the channel is dead.
 */
int vmbus_channel_send(struct vmbus_channel *ch, const struct vmbus_send *send);

/** Publish what was sent and what was received; interrupt the guest if it asks for it. */
void vmbus_channel_flush(struct vmbus_channel *ch);

/** Stop serving the channel until the guest closes and opens it ("dead"). */
void vmbus_channel_kill(struct vmbus_channel *ch);
bool vmbus_channel_is_dead(const struct vmbus_channel *ch);

#endif /* HVHOST_VMBUS_H */
