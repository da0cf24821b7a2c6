/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See vmbus.h. The bus first (the run directory and what lives in it), then
 * signals from guests.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "guestmem.h"
#include "hugepages.h"
#include "rules.h"
#include "vmbus.h"

/* The kernel numbers GPADLs from here upwards. */
#define GPADL_FIRST 0xe1e10u
#define RELID_FIRST 14u

/* The monitor page's four words of 32 bits. */
#define MONITOR_PENDING(group) (0x008u + 8u * (group))
#define MONITOR_GROUPS 4u

/* One host in a directory: whoever has the lock. A killed host's is free again. */
static int
bus_lock(struct vmbus *bus)
{
	const char *dir = bus->config.dir;
	char path[128];

	if (strlen(dir) > TRANSPORT_DIR_MAX) {
		fprintf(stderr, "hvhost: the run directory's name is too long (%zu characters, "
			"%d at most): choose a shorter one with --dir\n", strlen(dir),
			TRANSPORT_DIR_MAX);
		return -1;
	}
	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		fprintf(stderr, "hvhost: cannot make the run directory %s: %s\n", dir,
			strerror(errno));
		return -1;
	}
	snprintf(path, sizeof(path), "%s/lock", dir);
	bus->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (bus->lock_fd < 0) {
		fprintf(stderr, "hvhost: cannot write to the run directory %s: %s\n", dir,
			strerror(errno));
		return -1;
	}
	if (flock(bus->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		fprintf(stderr, "hvhost: another host lives in %s: end it, or choose another "
			"directory with --dir\n", dir);
		return -1;
	}
	snprintf(bus->tree, sizeof(bus->tree), "%s/" TRANSPORT_TREE, dir);
	snprintf(bus->socket_path, sizeof(bus->socket_path), "%s/" TRANSPORT_SOCKET, dir);
	return 0;
}

static int
bus_listen(struct vmbus *bus)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct epoll_event event = { .events = EPOLLIN };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", bus->socket_path);
	unlink(addr.sun_path);
	bus->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bus->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bus->epoll_fd < 0 || bus->listen_fd < 0 ||
	    bind(bus->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(bus->listen_fd, 64) < 0 ||
	    epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, bus->listen_fd, &event) < 0)
		return -errno;
	return 0;
}

static int
bus_make(struct vmbus *bus)
{
	int ret;

	bus->mem = guestmem_create(0);
	if (bus->mem == NULL)
		return -ENOMEM;
	ret = shm_create(&bus->int_page, "int_page", GUEST_PAGE);
	if (ret == 0)
		ret = shm_create(&bus->monitor_page, "monitor_page", GUEST_PAGE);
	if (ret == 0)
		ret = sysfs_create(bus->tree);
	if (ret == 0)
		ret = hugepages_create(bus->config.dir, bus->tree);
	if (ret == 0)
		ret = bus_listen(bus);
	return ret;
}

struct vmbus *
vmbus_create(const struct vmbus_config *config)
{
	struct vmbus *bus = calloc(1, sizeof(*bus));
	int ret;

	if (bus == NULL) {
		fprintf(stderr, "hvhost: out of memory\n");
		return NULL;
	}
	bus->config = *config;
	bus->lock_fd = bus->listen_fd = bus->epoll_fd = -1;
	bus->next_relid = RELID_FIRST;
	bus->next_gpadl = GPADL_FIRST;
	if (bus_lock(bus) < 0) {
		if (bus->lock_fd >= 0)
			close(bus->lock_fd);
		free(bus);
		return NULL;
	}
	ret = bus_make(bus);
	if (ret < 0) {
		fprintf(stderr, "hvhost: cannot set up %s: %s\n", config->dir, strerror(-ret));
		vmbus_destroy(bus);
		return NULL;
	}
	return bus;
}

static void
bus_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
vmbus_destroy(struct vmbus *bus)
{
	char path[128];

	/* Each turn takes one device away. */
	while (bus->devices != NULL)
		vmbus_rescind(bus->devices);
	session_end_all(bus);
	unlink(bus->socket_path);
	sysfs_destroy(bus->tree);
	hugepages_destroy(bus->config.dir);
	snprintf(path, sizeof(path), "%s/lock", bus->config.dir);
	unlink(path);
	rmdir(bus->config.dir);		/* unless others have put something there */
	bus_close(bus->listen_fd);
	bus_close(bus->epoll_fd);
	bus_close(bus->lock_fd);
	shm_destroy(&bus->int_page);
	shm_destroy(&bus->monitor_page);
	if (bus->mem != NULL)
		guestmem_destroy(bus->mem);
	free(bus);
}

int
vmbus_fd(const struct vmbus *bus)
{
	return bus->epoll_fd;
}

struct guestmem *
vmbus_guestmem(struct vmbus *bus)
{
	return bus->mem;
}

void
vmbus_handle(struct vmbus *bus)
{
	struct epoll_event event;

	/* One at a time: serving one may end others. Each turn serves what waits. */
	while (epoll_wait(bus->epoll_fd, &event, 1, 0) > 0) {
		if (event.data.ptr == NULL)
			session_accept(bus);
		else
			session_serve(event.data.ptr);
	}
}

/* Signals from guests */

/*
 * A signal is due when the ring stops being empty, so at least one packet comes
 * with it, and when the guest makes room that we asked for. We may have taken
 * the packets of several signals before we see the first.
 */
static void
channel_signalled(struct vmbus_channel *ch)
{
	if (ch->signals_due > 0)
		ch->signals_due--;
	else if (!ch->dead && ring_is_drained(&ch->from_guest))
		rules_break(ch->dev->bus->config.rules, RULE_RING_SIGNAL, ch->dev->name,
			    "a signal without a packet on channel %u", ch->index);
	ch->signalled = true;
}

static bool
bus_signal_monitor(struct vmbus *bus, uint32_t monitor_id)
{
	struct vmbus_device *dev;

	for (dev = bus->devices; dev != NULL; dev = dev->next) {
		if (dev->primary.monitor_id == monitor_id && dev->primary.is_open) {
			channel_signalled(&dev->primary);
			return true;
		}
	}
	return false;
}

bool
vmbus_scan_doorbells(struct vmbus *bus)
{
	uint8_t *page = bus->monitor_page.addr;
	unsigned int group;
	bool any = false;

	for (group = 0; group < MONITOR_GROUPS; group++) {
		uint32_t *word = (uint32_t *)(void *)(page + MONITOR_PENDING(group));
		uint32_t bits;

		if (__atomic_load_n(word, __ATOMIC_RELAXED) == 0)
			continue;
		/* Acquire: the packets that a bit tells of are there. Each turn clears a bit. */
		for (bits = __atomic_exchange_n(word, 0, __ATOMIC_ACQ_REL); bits != 0;
		     bits &= bits - 1)
			any |= bus_signal_monitor(bus, group * 32 + (uint32_t)__builtin_ctz(bits));
	}
	return any;
}

void
device_irq_control(struct vmbus_device *dev, bool on)
{
	if (!dev->primary.is_open)
		return;
	ring_set_mask(&dev->primary.to_guest, !on);
	/* Enabling is also how a guest signals channels without monitor. */
	if (on && dev->primary.monitor_id == MONITOR_NONE)
		channel_signalled(&dev->primary);
}
