/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Devices that come while the program runs are probed as they would have been
 * at its start. All of it happens in EAL's interrupt thread of the primary
 * process; EAL passes the news on to secondary ones.
 *
 * An event makes us look, a while later, and many events make us look once. A
 * look compares sysfs with what was there at the last one, so that nothing
 * hangs on any single event. A device is
 *
 *   away     not there, or not bound to uio_hv_generic with a node of its own
 *   waiting  there with a new node, while the application still has the former
 *            one of the same name: until it closes the port or removes the device
 *   coming   there with a new node: probed at this look
 *   known    there with the node of the last look: in use, or removed by the
 *            application, or not wanted, or its probe failed for good
 *
 * That a device in use is gone its driver finds out, and tells the application.
 * Nothing is taken from under its feet here.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_interrupts.h>
#include <rte_string_fns.h>

#include "vmbus_private.h"

/* From an event to the look: the kernel makes the node's files after it tells of it. */
#define HOTPLUG_SETTLE_US 100000u
/* EAL is still busy with other things when the monitor starts. */
#define HOTPLUG_FIRST_US 1000000u
/* A probe that failed is tried again, in case that something was not ready. */
#define HOTPLUG_RETRY_US 1000000u
#define HOTPLUG_TRIES 3

/* What we know of a device. */
struct hotplug_row {
	TAILQ_ENTRY(hotplug_row) next;
	char name[RTE_UUID_STRLEN];
	struct vmbus_node known;	/* by the last look; minor -1: away */
	struct vmbus_node now;		/* by this look */
	char *args;			/* the user's, which EAL forgets with the device */
	bool is_ours;			/* EAL has devargs of it because we probed it */
	bool wanted;			/* by the user's lists, at some time */
	bool waits;			/* and that has been said */
	unsigned int tries;
};

static TAILQ_HEAD(, hotplug_row) hotplug_rows = TAILQ_HEAD_INITIALIZER(hotplug_rows);
/* Guards the rows. A row stays until a look removes it, so looks may let go of the lock. */
static pthread_mutex_t hotplug_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rte_intr_handle *hotplug_intr;
static RTE_ATOMIC(bool) hotplug_runs;
static RTE_ATOMIC(bool) hotplug_pending;

static const struct vmbus_node hotplug_away = { .uio_minor = -1 };

static void hotplug_look(void *arg);

static bool
hotplug_is_on(void)
{
	return rte_atomic_load_explicit(&hotplug_runs, rte_memory_order_acquire);
}

/* At most one alarm waits, however many events there are. */
static void
hotplug_schedule(uint64_t us)
{
	if (!hotplug_is_on() ||
	    rte_atomic_exchange_explicit(&hotplug_pending, true, rte_memory_order_acq_rel))
		return;
	if (rte_eal_alarm_set(us, hotplug_look, NULL) < 0)
		rte_atomic_store_explicit(&hotplug_pending, false, rte_memory_order_release);
}

/* Rows */

static struct hotplug_row *
row_get(const char *name)
{
	struct hotplug_row *row;

	TAILQ_FOREACH(row, &hotplug_rows, next) {
		if (strcmp(row->name, name) == 0)
			return row;
	}
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return NULL;
	strlcpy(row->name, name, sizeof(row->name));
	row->known = hotplug_away;
	row->now = hotplug_away;
	TAILQ_INSERT_TAIL(&hotplug_rows, row, next);
	return row;
}

/* The one after this one, or the first. */
static struct hotplug_row *
row_next(const struct hotplug_row *row)
{
	struct hotplug_row *next;

	pthread_mutex_lock(&hotplug_lock);
	next = row != NULL ? TAILQ_NEXT(row, next) : TAILQ_FIRST(&hotplug_rows);
	pthread_mutex_unlock(&hotplug_lock);
	return next;
}

/* What the user said of the device stays valid when it comes back. */
static void
row_learn(struct hotplug_row *row, const struct rte_vmbus_device *dev)
{
	const struct rte_devargs *devargs = dev->device.devargs;
	const char *args = devargs != NULL && devargs->args != NULL ? devargs->args : "";

	row->wanted = row->wanted || vmbus_bus_is_wanted(dev);
	if (devargs == NULL || (row->is_ours && args[0] == '\0'))
		return;
	free(row->args);
	row->args = strdup(args);
}

/* The bus has a device at its start, or a driver has taken one. */
void
vmbus_hotplug_learn(const struct rte_vmbus_device *dev)
{
	struct hotplug_row *row;

	pthread_mutex_lock(&hotplug_lock);
	row = row_get(dev->name);
	if (row != NULL) {
		row_learn(row, dev);
		/* Bound, but its node is still to come: nobody could have used it yet. */
		if (vmbus_uio_has_node(dev->node.uio_minor))
			row->known = dev->node;
		row->now = row->known;	/* whatever a look has seen that is just going on */
	}
	pthread_mutex_unlock(&hotplug_lock);
}

/* Looking */

static int
hotplug_see(const struct rte_vmbus_device *dev, void *ctx __rte_unused)
{
	struct hotplug_row *row;

	if (dev->node.uio_minor < 0 || !vmbus_uio_has_node(dev->node.uio_minor))
		return 0;
	pthread_mutex_lock(&hotplug_lock);
	row = row_get(dev->name);
	if (row != NULL) {
		row_learn(row, dev);
		row->now = dev->node;
	}
	pthread_mutex_unlock(&hotplug_lock);
	return 0;
}

/*
 * What to do about a device, by what sysfs showed a moment ago. What needs no
 * more than a note is done here.
 */
static bool
hotplug_is_coming(struct hotplug_row *row)
{
	if (vmbus_node_is_same(&row->known, &row->now)) {
		row->tries = 0;
		return false;
	}
	if (row->now.uio_minor < 0)
		VMBUS_LOG(INFO, "%s: is gone", row->name);
	if (row->now.uio_minor < 0 || !row->wanted) {
		row->known = row->now;
		row->tries = 0;
		row->waits = false;
		return false;
	}
	if (vmbus_bus_is_held(row->name)) {
		if (!row->waits)
			VMBUS_LOG(NOTICE, "%s: has come back; waits until the application has "
				  "closed or removed the former one", row->name);
		row->waits = true;
		return false;
	}
	row->waits = false;
	return true;
}

/* As the user would: rte_dev_probe() tells the secondary processes, too. */
static int
hotplug_probe(struct hotplug_row *row)
{
	char *devargs = NULL;
	int ret = -ENOMEM;

	pthread_mutex_lock(&hotplug_lock);
	row->is_ours = row->args == NULL;
	if (asprintf(&devargs, "vmbus:%s,%s", row->name, row->is_ours ? "" : row->args) < 0)
		devargs = NULL;
	pthread_mutex_unlock(&hotplug_lock);
	VMBUS_LOG(NOTICE, "%s: has come (/dev/uio%d)", row->name, row->now.uio_minor);
	if (devargs != NULL)
		ret = rte_dev_probe(devargs);
	free(devargs);
	if (ret == 0 && !vmbus_bus_is_used(row->name, &row->now))
		ret = -EBUSY;	/* the application has removed the former one just now */
	return ret;
}

/* Is another look needed, although nothing may happen until then? */
static bool
hotplug_follow(struct hotplug_row *row)
{
	bool coming, again;
	int ret;

	pthread_mutex_lock(&hotplug_lock);
	coming = hotplug_is_coming(row);
	pthread_mutex_unlock(&hotplug_lock);
	if (!coming)
		return false;
	ret = hotplug_probe(row);
	if (ret < 0)
		VMBUS_LOG(ERR, "%s: cannot be used: %s", row->name, strerror(-ret));
	pthread_mutex_lock(&hotplug_lock);
	again = ret < 0 && ++row->tries < HOTPLUG_TRIES;
	if (!again)
		row->known = row->now;
	pthread_mutex_unlock(&hotplug_lock);
	return again;
}

/* The host may invent names for ever; what the user said is finite and is kept. */
static void
hotplug_forget(void)
{
	struct hotplug_row *row, *next;

	pthread_mutex_lock(&hotplug_lock);
	for (row = TAILQ_FIRST(&hotplug_rows); row != NULL; row = next) {
		next = TAILQ_NEXT(row, next);
		if (row->known.uio_minor >= 0 || row->now.uio_minor >= 0 || row->args != NULL)
			continue;
		TAILQ_REMOVE(&hotplug_rows, row, next);
		free(row);
	}
	pthread_mutex_unlock(&hotplug_lock);
}

static void
hotplug_look(void *arg __rte_unused)
{
	struct hotplug_row *row;
	bool again = false;

	/* What happens from here on makes us look once more. */
	rte_atomic_store_explicit(&hotplug_pending, false, rte_memory_order_release);
	pthread_mutex_lock(&hotplug_lock);
	TAILQ_FOREACH(row, &hotplug_rows, next)
		row->now = hotplug_away;
	pthread_mutex_unlock(&hotplug_lock);
	if (!hotplug_is_on() || vmbus_bus_walk(hotplug_see, NULL) < 0)
		return;
	/* Forward: rows come at the end only. The application may stop us meanwhile. */
	for (row = row_next(NULL); row != NULL; row = row_next(row)) {
		if (hotplug_is_on() && hotplug_follow(row))
			again = true;
	}
	hotplug_forget();
	if (again)
		hotplug_schedule(HOTPLUG_RETRY_US);
}

void
vmbus_hotplug_kick(void)
{
	hotplug_schedule(HOTPLUG_SETTLE_US);
}

/* Start and stop */

static void
hotplug_go_deaf(void *arg __rte_unused)
{
	rte_vmbus_hotplug_stop();
}

static void
hotplug_hear(void *arg __rte_unused)
{
	int ret = vmbus_uevent_read(rte_intr_fd_get(hotplug_intr));

	if (ret > 0)
		hotplug_schedule(HOTPLUG_SETTLE_US);
	if (ret >= 0)
		return;
	VMBUS_LOG(WARNING, "cannot hear any more of devices that come: %s", strerror(-ret));
	/* Not from here, where the handle is in use. */
	rte_eal_alarm_set(1, hotplug_go_deaf, NULL);
}

/* Register with EAL's interrupt thread; takes the socket over. */
static int
hotplug_listen(int fd)
{
	int ret = -ENOMEM;

	hotplug_intr = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (hotplug_intr != NULL &&
	    rte_intr_type_set(hotplug_intr, RTE_INTR_HANDLE_DEV_EVENT) == 0 &&
	    rte_intr_fd_set(hotplug_intr, fd) == 0)
		ret = rte_intr_callback_register(hotplug_intr, hotplug_hear, NULL);
	if (ret < 0) {
		rte_intr_instance_free(hotplug_intr);
		hotplug_intr = NULL;
		vmbus_uevent_close(fd);
	}
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_vmbus_hotplug_start, 26.11)
int
rte_vmbus_hotplug_start(void)
{
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return -ENOTSUP;
	if (hotplug_is_on())
		return -EALREADY;
	ret = vmbus_uevent_open();
	if (ret >= 0)
		ret = hotplug_listen(ret);
	if (ret < 0)
		return ret;
	rte_atomic_store_explicit(&hotplug_runs, true, rte_memory_order_release);
	/* For what has come before we could hear of it. */
	hotplug_schedule(HOTPLUG_FIRST_US);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_vmbus_hotplug_stop, 26.11)
void
rte_vmbus_hotplug_stop(void)
{
	int fd;

	if (!rte_atomic_exchange_explicit(&hotplug_runs, false, rte_memory_order_acq_rel))
		return;
	fd = rte_intr_fd_get(hotplug_intr);
	rte_intr_callback_unregister_sync(hotplug_intr, hotplug_hear, NULL);
	rte_intr_instance_free(hotplug_intr);
	hotplug_intr = NULL;
	vmbus_uevent_close(fd);
	/* Waits for one that runs, unless we are called from it. */
	rte_eal_alarm_cancel(hotplug_look, NULL);
	rte_eal_alarm_cancel(hotplug_go_deaf, NULL);
	rte_atomic_store_explicit(&hotplug_pending, false, rte_memory_order_release);
}
