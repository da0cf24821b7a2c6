/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the files of the bus share: vmbus.c (the bus and its run directory),
 * device.c (devices, opened and closed), arrival.c (what guests see of
 * them), channel.c (packets and signals),
 * session.c (the guests' connections).
 */

#ifndef HVHOST_DEVICE_H
#define HVHOST_DEVICE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "arrival.h"
#include "ring.h"
#include "shm.h"
#include "sysfs.h"
#include "transport.h"
#include "uevent.h"
#include "vmbus.h"

struct ghost;
struct session;

/** Monitor ids there are, and what stands for none. */
#define MONITORS 128u
#define MONITOR_NONE UINT32_MAX

/** A channel: the guest's ring, ours, and where its signals are. */
struct vmbus_channel {
	struct vmbus_channel *next;	/**< of the device's subchannels */
	struct vmbus_device *dev;
	uint32_t relid;
	uint16_t index;
	uint32_t monitor_id;		/**< or MONITOR_NONE */
	bool is_open;
	bool in_sight;			/**< of guests: see arrival.h */
	uint64_t ring_due_ns;		/**< UINT64_MAX: its file is there, or never will be */
	bool was_open;			/**< guests may have its rings */
	bool rescinded;			/**< alone: guests that have it open do not know */
	bool dead;
	bool signalled;			/**< doorbell_only: may be read */
	bool wants_room;		/**< our ring was full: the guest has been asked to tell */
	bool owes_interrupt;		/**< found out while reading, due at the next flush */
	unsigned int signals_due;	/**< how often the guest may still signal */
	struct ring from_guest;
	struct ring to_guest;
	struct shm rings;		/**< both, the guest's first */
};

struct vmbus_device {
	struct vmbus_device *next;
	struct vmbus *bus;
	const struct vmbus_device_ops *ops;
	void *ctx;
	char instance[37];
	char name[24];			/**< "uio0", for log lines */
	unsigned int minor;
	size_t ring_bytes;
	bool monitored, subs_unmonitored, hides_ring;
	struct vmbus_channel primary;
	struct vmbus_channel *subs;
	struct shm recv, send;
	uint32_t recv_gpadl, send_gpadl;
	struct sysfs_device sysfs;
	unsigned int steps;		/**< of its arrival that are done: a bit each */
	uint64_t since_ns;		/**< the next ones wait since then; UINT64_MAX: for a guest */
	struct arrival_delays delays;
	char recv_name[32], send_name[32];
	bool gone;			/**< rescinded: guests do not know it yet */
	unsigned int opens;		/**< uio sessions */
	uint32_t events;		/**< interrupts so far */
};

struct vmbus {
	struct vmbus_config config;
	char dir[PATH_MAX];		/**< the run directory's full name */
	char tree[128], lock_path[128];
	char socket_path[108];		/**< as long as a Unix address is */
	size_t page;			/**< of the guests: that of this machine */
	int lock_fd;
	int listen_fd;
	int epoll_fd;
	int timer_fd;			/**< of arrivals and ghosts */
	bool had_guest;
	uint32_t next_relid, next_gpadl;
	unsigned int next_minor;
	struct vmbus_channel *monitored[MONITORS];
	struct shm int_page, monitor_page;
	struct guestmem *mem;
	struct vmbus_device *devices;
	struct session *sessions;
	struct uevents uevents;
	struct ghost *ghosts;
};

/** vmbus.c: give the channel a number and, if wanted and left, a monitor; and take them back. */
void bus_attach_channel(struct vmbus *bus, struct vmbus_channel *ch, bool monitored);
void bus_detach_channel(struct vmbus *bus, struct vmbus_channel *ch);

/** vmbus.c: have arrivals and ghosts go on when it is time. */
void bus_set_timer(const struct vmbus *bus);

/** vmbus.c: forget the signals that a former guest may have left. */
void bus_clear_doorbell(struct vmbus *bus, const struct vmbus_channel *ch);

/** Counted opens: the first makes the channel ready, the last closes it. */
void device_open(struct vmbus_device *dev);
void device_close(struct vmbus_device *dev);

/** The guest wrote to its uio: interrupts on or off, for all channels. */
void device_irq_control(struct vmbus_device *dev, bool on);

struct vmbus_device *device_find(const struct vmbus *bus, uint32_t minor);

/** One of the five regions; NULL if there is no such. */
const struct shm *device_region(const struct vmbus_device *dev, uint32_t index);

/** The rings of an open channel; NULL if there is no such. */
const struct shm *device_ring(const struct vmbus *bus, uint32_t relid);

/** Whether the guests' kernel opens the channel for programs. */
bool channel_is_for_guests(const struct vmbus_channel *ch);

/** channel.c: the rings are empty, the guest may begin; and the end of it. */
void channel_open(struct vmbus_channel *ch);
void channel_close(struct vmbus_channel *ch);

/** channel.c: the guest has signalled. */
void channel_signal(struct vmbus_channel *ch);

/** session.c: tell every guest that has the device open of an interrupt. */
void session_interrupt(struct vmbus_device *dev);
/** session.c: end the guests' hold on the device. */
void session_end_device(struct vmbus_device *dev);
/** session.c: the listening socket or a session has something to say. */
void session_accept(struct vmbus *bus);
void session_serve(struct session *session);
void session_end_all(struct vmbus *bus);

#endif /* HVHOST_DEVICE_H */
