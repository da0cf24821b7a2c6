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
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "ghost.h"
#include "guestmem.h"
#include "hugepages.h"
#include "kernel.h"
#include "rules.h"
#include "vmbus.h"

/* The kernel numbers GPADLs from here upwards. */
#define GPADL_FIRST 0xe1e10u
#define RELID_FIRST 14u
#define NS_PER_S UINT64_C(1000000000)

/* What one vmbus_handle() serves: guests that never stop asking do not stop the host. */
#define HANDLE_MAX 256

static int
bus_check_dir(const char *dir)
{
	if (strlen(dir) <= TRANSPORT_DIR_MAX)
		return 0;
	fprintf(stderr, "hvhost: the run directory's name is too long (%zu characters, %d at "
		"most): choose a shorter one with --dir\n", strlen(dir), TRANSPORT_DIR_MAX);
	return -1;
}

/* Its full name has to be short as well, for that is what guests are given. */
static int
bus_make_dir(struct vmbus *bus)
{
	const char *dir = bus->config.dir;
	bool made;

	if (bus_check_dir(dir) < 0)
		return -1;
	made = mkdir(dir, 0755) == 0;
	if ((!made && errno != EEXIST) || realpath(dir, bus->dir) == NULL) {
		fprintf(stderr, "hvhost: cannot make the run directory %s: %s\n", dir,
			strerror(errno));
		return -1;
	}
	if (bus_check_dir(bus->dir) < 0) {
		if (made)
			rmdir(dir);
		return -1;
	}
	snprintf(bus->tree, sizeof(bus->tree), "%.*s/" TRANSPORT_TREE, TRANSPORT_DIR_MAX,
		 bus->dir);
	snprintf(bus->socket_path, sizeof(bus->socket_path), "%.*s/" TRANSPORT_SOCKET,
		 TRANSPORT_DIR_MAX, bus->dir);
	snprintf(bus->lock_path, sizeof(bus->lock_path), "%.*s/" TRANSPORT_LOCK,
		 TRANSPORT_DIR_MAX, bus->dir);
	return 0;
}

/* What a killed host left has its lock beside it; anything else is somebody's. */
static bool
bus_dir_is_ours(const struct vmbus *bus)
{
	return access(bus->lock_path, F_OK) == 0 ||
	       (access(bus->tree, F_OK) < 0 && access(bus->socket_path, F_OK) < 0);
}

/* Did the one who had the lock remove the file while we waited at its door? */
static bool
bus_lock_is_stale(const struct vmbus *bus)
{
	struct stat mine, there;

	return fstat(bus->lock_fd, &mine) < 0 || stat(bus->lock_path, &there) < 0 ||
	       mine.st_ino != there.st_ino || mine.st_dev != there.st_dev;
}

/* One host in a directory: whoever has the lock. A killed host's is free again. */
static int
bus_lock(struct vmbus *bus)
{
	const char *dir = bus->config.dir;

	if (!bus_dir_is_ours(bus)) {
		fprintf(stderr, "hvhost: %s has files that are no host's: choose another "
			"directory with --dir\n", dir);
		return -1;
	}
	bus->lock_fd = open(bus->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (bus->lock_fd < 0) {
		fprintf(stderr, "hvhost: cannot write to the run directory %s: %s\n", dir,
			strerror(errno));
		return -1;
	}
	if (flock(bus->lock_fd, LOCK_EX | LOCK_NB) < 0 || bus_lock_is_stale(bus)) {
		fprintf(stderr, "hvhost: another host lives in %s: end it, or choose another "
			"directory with --dir\n", dir);
		close(bus->lock_fd);
		return -1;
	}
	return 0;
}

static int
bus_listen(struct vmbus *bus)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct epoll_event guests = { .events = EPOLLIN };
	struct epoll_event uevents = { .events = EPOLLIN, .data.ptr = &bus->uevents };
	struct epoll_event timer = { .events = EPOLLIN, .data.ptr = &bus->timer_fd };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", bus->socket_path);
	unlink(addr.sun_path);
	bus->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bus->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bus->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (bus->epoll_fd < 0 || bus->listen_fd < 0 || bus->timer_fd < 0 ||
	    bind(bus->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(bus->listen_fd, 64) < 0 ||
	    epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, bus->listen_fd, &guests) < 0 ||
	    epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, uevents_fd(&bus->uevents), &uevents) < 0 ||
	    epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, bus->timer_fd, &timer) < 0)
		return -errno;
	return 0;
}

static int
bus_make(struct vmbus *bus)
{
	int ret;

	bus->mem = guestmem_create(bus->config.gpa_base);
	if (bus->mem == NULL)
		return -ENOMEM;
	ret = shm_create(&bus->int_page, "int_page", GUEST_PAGE);
	if (ret == 0)
		ret = shm_create(&bus->monitor_page, "monitor_page", GUEST_PAGE);
	if (ret == 0)
		ret = sysfs_create(bus->tree);
	/* Where there is no place for them, guests have to make do with the kernel's. */
	if (ret == 0)
		hugepages_create(bus->dir, bus->tree);
	if (ret == 0)
		ret = uevents_init(&bus->uevents);
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
	if (bus->config.kernel == NULL)
		bus->config.kernel = kernel_default();
	if (bus->config.grace_ms == 0)
		bus->config.grace_ms = GHOST_GRACE_MS;
	bus->lock_fd = bus->listen_fd = bus->epoll_fd = bus->timer_fd = -1;
	bus->uevents.epoll_fd = bus->uevents.kernel_fd = -1;
	bus->next_relid = RELID_FIRST;
	bus->next_gpadl = GPADL_FIRST;
	bus->page = (size_t)sysconf(_SC_PAGESIZE);
	if (bus_make_dir(bus) < 0 || bus_lock(bus) < 0) {
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

/* Somebody may have removed the directory, and another host have made it anew: its own now. */
static void
bus_leave_dir(const struct vmbus *bus)
{
	if (bus_lock_is_stale(bus))
		return;
	unlink(bus->socket_path);
	sysfs_destroy(bus->tree);
	hugepages_destroy(bus->dir);
	unlink(bus->lock_path);
	rmdir(bus->dir);		/* unless others have put something there */
}

void
vmbus_destroy(struct vmbus *bus)
{
	/* Each turn takes one device away. */
	while (bus->devices != NULL)
		vmbus_rescind(bus->devices);
	session_end_all(bus);
	ghosts_forget(bus);
	bus_leave_dir(bus);
	uevents_fini(&bus->uevents);
	bus_close(bus->listen_fd);
	bus_close(bus->timer_fd);
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
bus_set_timer(const struct vmbus *bus)
{
	uint64_t arrivals = arrivals_due_ns(bus), ghosts = ghosts_due_ns(bus);
	uint64_t due_ns = arrivals < ghosts ? arrivals : ghosts;
	struct itimerspec timer = { 0 };	/* nothing to wait for */

	if (due_ns != UINT64_MAX) {
		timer.it_value.tv_sec = (time_t)(due_ns / NS_PER_S);
		timer.it_value.tv_nsec = (long)(due_ns % NS_PER_S);
	}
	timerfd_settime(bus->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

static void
bus_go_on(struct vmbus *bus)
{
	uint64_t times;

	if (read(bus->timer_fd, &times, sizeof(times)) != sizeof(times))
		return;
	arrivals_go_on(bus);
	ghosts_go_on(bus);
	bus_set_timer(bus);
}

void
vmbus_handle(struct vmbus *bus)
{
	struct epoll_event event;
	unsigned int i;

	/* One at a time: serving one may end others. */
	for (i = 0; i < HANDLE_MAX && epoll_wait(bus->epoll_fd, &event, 1, 0) > 0; i++) {
		if (event.data.ptr == NULL)
			session_accept(bus);
		else if (event.data.ptr == &bus->uevents)
			uevents_handle(&bus->uevents);
		else if (event.data.ptr == &bus->timer_fd)
			bus_go_on(bus);
		else
			session_serve(event.data.ptr);
	}
}

/* Channels and their monitors */

void
bus_attach_channel(struct vmbus *bus, struct vmbus_channel *ch, bool monitored)
{
	uint32_t id = 0;

	ch->relid = bus->next_relid++;
	while (id < MONITORS && bus->monitored[id] != NULL)
		id++;
	/* There are only so many: later channels do without, as on a real host. */
	if (!monitored || id == MONITORS)
		return;
	ch->monitor_id = id;
	bus->monitored[id] = ch;
}

void
bus_detach_channel(struct vmbus *bus, struct vmbus_channel *ch)
{
	if (ch->monitor_id != MONITOR_NONE)
		bus->monitored[ch->monitor_id] = NULL;
	ch->monitor_id = MONITOR_NONE;
}

/* The pending bits of 32 monitors. */
static uint32_t *
monitor_pending(const struct vmbus *bus, uint32_t group)
{
	return (uint32_t *)(void *)((uint8_t *)bus->monitor_page.addr + 0x008 + 8 * group);
}

void
bus_clear_doorbell(struct vmbus *bus, const struct vmbus_channel *ch)
{
	if (ch->monitor_id != MONITOR_NONE)
		__atomic_and_fetch(monitor_pending(bus, ch->monitor_id / 32),
				   ~(1u << ch->monitor_id % 32), __ATOMIC_RELAXED);
}

static bool
bus_signal(struct vmbus *bus, uint32_t monitor_id)
{
	struct vmbus_channel *ch = bus->monitored[monitor_id];

	if (ch == NULL || !ch->is_open)
		return false;
	channel_signal(ch);
	return true;
}

bool
vmbus_scan_doorbells(struct vmbus *bus)
{
	uint32_t group, bits;
	bool any = false;

	for (group = 0; group < MONITORS / 32; group++) {
		if (__atomic_load_n(monitor_pending(bus, group), __ATOMIC_RELAXED) == 0)
			continue;
		/* Acquire: the packets that a bit tells of are there. Each turn clears a bit. */
		for (bits = __atomic_exchange_n(monitor_pending(bus, group), 0, __ATOMIC_ACQ_REL);
		     bits != 0; bits &= bits - 1)
			any |= bus_signal(bus, group * 32 + (uint32_t)__builtin_ctz(bits));
	}
	return any;
}
