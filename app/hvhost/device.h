/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A device that the bus offers: its memory, its channels, and the guests that
 * have it open. Between vmbus.c (the bus) and session.c (the guests).
 */

#ifndef HVHOST_DEVICE_H
#define HVHOST_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"
#include "shm.h"
#include "sysfs.h"
#include "transport.h"
#include "vmbus.h"

struct session;

/** No monitor. */
#define MONITOR_NONE UINT32_MAX

/** A channel: the guest's ring, ours, and where its signals are. */
struct vmbus_channel {
	struct vmbus_device *dev;
	uint32_t relid;
	uint16_t index;
	uint32_t monitor_id;		/**< or MONITOR_NONE */
	bool is_open;
	bool dead;
	bool signalled;			/**< doorbell_only: may be read */
	bool wanted_room;		/**< our ring was full: the guest was asked to signal */
	uint64_t signals_due;		/**< reasons for a signal that has not come */
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
	char name[24];			/**< "nic 0", for log lines */
	unsigned int minor;
	size_t ring_bytes;
	struct vmbus_channel primary;
	struct shm recv, send;
	uint32_t recv_gpadl, send_gpadl;
	struct sysfs_device sysfs;
	char recv_name[32], send_name[32];
	unsigned int opens;		/**< uio sessions */
	uint32_t events;		/**< interrupts so far */
};

struct vmbus {
	struct vmbus_config config;
	char tree[128];
	char socket_path[108];		/**< as long as a Unix address is */
	int lock_fd;
	int listen_fd;
	int epoll_fd;
	uint32_t next_relid, next_gpadl;
	unsigned int next_minor, next_monitor;
	struct shm int_page, monitor_page;
	struct guestmem *mem;
	struct vmbus_device *devices;
	struct session *sessions;
};

/** Counted opens: the first makes the channel ready, the last closes it. */
void device_open(struct vmbus_device *dev);
void device_close(struct vmbus_device *dev);

/** The guest wrote to its uio: interrupts on or off. */
void device_irq_control(struct vmbus_device *dev, bool on);

/** The descriptors and lengths of the five regions. */
void device_regions(const struct vmbus_device *dev, int fd[TRANSPORT_REGIONS],
		    uint64_t len[TRANSPORT_REGIONS]);

/** session.c: tell every guest that has the device open of an interrupt. */
void session_interrupt(struct vmbus_device *dev);
/** session.c: end the guests' hold on the device. */
void session_end_device(struct vmbus_device *dev);
/** session.c: the listening socket or a session has something to say. */
void session_accept(struct vmbus *bus);
void session_serve(struct session *session);
void session_end_all(struct vmbus *bus);

#endif /* HVHOST_DEVICE_H */
