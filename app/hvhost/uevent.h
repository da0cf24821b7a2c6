/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Uevents: what the guests' kernel tells about devices that come and go, to all
 * who listen. A listener is one end of a datagram socket, whose other end a
 * guest has for a netlink socket (guest/uevents.c).
 *
 * What this machine's kernel tells goes to them as well, as far as it is not
 * about VMBus or uio devices: those of the machine are not the guests'.
 *
 * Form and order of the words are the kernel's (Documentation of the kobject
 * interface): "ACTION@DEVPATH", then one NAME=VALUE after the other, each with
 * its zero.
 */

#ifndef HVHOST_UEVENT_H
#define HVHOST_UEVENT_H

#include <stdbool.h>
#include <stdint.h>

/** All listeners that there can be at a time. */
#define UEVENT_LISTENERS_MAX 256u

struct uevent_listener;

struct uevents {
	struct uevent_listener *listeners;
	uint64_t seqnum;		/**< of the last event */
	int epoll_fd;
	int kernel_fd;			/**< -1: this machine's kernel cannot be heard */
};

/** 0 or -errno. */
int uevents_init(struct uevents *uevents);
void uevents_fini(struct uevents *uevents);

/** Readable when uevents_handle() has something to do. */
int uevents_fd(const struct uevents *uevents);
void uevents_handle(struct uevents *uevents);

/**
 * Somebody who may want to listen. Tells nothing before uevents_join().
 *
 * @param owner
 *   Whose it is; ids are the owner's.
 * @param fd
 *   Is copied.
 * @return 0 or -errno.
 */
int uevents_add(struct uevents *uevents, const void *owner, uint32_t id, int fd);

/** From now on the listener hears of everything. 0, or -ENOENT. */
int uevents_join(struct uevents *uevents, const void *owner, uint32_t id);

/** No more. */
void uevents_drop(struct uevents *uevents, const void *owner, uint32_t id);
void uevents_drop_owner(struct uevents *uevents, const void *owner);

/**
 * Tell all who listen. Who does not read loses events, and is told so.
 *
 * @param path
 *   In /sys, without that.
 * @param variables
 *   Lines of NAME=VALUE that the subsystem adds, each with its newline; may be empty.
 */
void uevents_tell(struct uevents *uevents, const char *action, const char *path,
		  const char *subsystem, const char *variables);

/** Whether any listener has lost something that it is not told of yet. */
bool uevents_has_lost(const struct uevents *uevents);

#endif /* HVHOST_UEVENT_H */
