/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The bus as EAL sees it: finds devices, brings devices and drivers together,
 * takes them apart. The work is done by functions that have the shape of the
 * current EAL; one block at the end of the file fits them to older ones.
 *
 * One broken device never stops the scan or the probe of the others.
 */

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_memory.h>
#include <rte_string_fns.h>

#include "vmbus_private.h"

RTE_LOG_REGISTER_DEFAULT(vmbus_logtype_bus, NOTICE);

static struct rte_bus vmbus_bus;

/*
 * The monitor of vmbus_hotplug.c scans and probes in another thread than the
 * application. The first guards the list and what is said of its devices'
 * use, the second is held while a driver takes a device.
 */
static pthread_mutex_t bus_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bus_probe_lock = PTHREAD_MUTEX_INITIALIZER;

/* Shape-free part: lists (adapted below), then scan, match, probe, unplug. */

static void bus_add_device(struct rte_vmbus_device *dev, struct rte_vmbus_device *before);
static struct rte_vmbus_device *bus_next_device(const struct rte_vmbus_device *dev);
static struct rte_driver *bus_next_driver(const struct rte_driver *drv);
static bool bus_is_ignored(const char *name);

static struct rte_vmbus_device *
bus_find_by_name(const char *name)
{
	struct rte_vmbus_device *dev;

	for (dev = bus_next_device(NULL); dev != NULL; dev = bus_next_device(dev))
		if (strcmp(dev->name, name) == 0)
			return dev;
	return NULL;
}

/*
 * Has the application the device? A closed port's is not in use, even before
 * the application removes it; one that it is just probing or removing is.
 */
static bool
bus_is_in_use(const struct rte_vmbus_device *dev)
{
	return (rte_dev_is_probed(&dev->device) || dev->uio_fd >= 0) &&
	       (!dev->is_released || dev->is_leaving);
}

/* Devices are kept by name, so that ports come in one order on every start. */
static struct rte_vmbus_device *
bus_find_successor(const char *name)
{
	struct rte_vmbus_device *dev = bus_next_device(NULL);

	while (dev != NULL && strcmp(dev->name, name) < 0)
		dev = bus_next_device(dev);
	return dev;
}

/* "{UUID}" or "uuid" -> the name that the bus gives the device. */
static int
bus_parse_name(const char *text, char name[RTE_UUID_STRLEN])
{
	char bare[RTE_UUID_STRLEN];
	size_t len = strlen(text);
	rte_uuid_t uuid;

	if (len > 2 && text[0] == '{' && text[len - 1] == '}') {
		text++;
		len -= 2;
	}
	if (len != RTE_UUID_STRLEN - 1)
		return -EINVAL;
	strlcpy(bare, text, sizeof(bare));
	if (rte_uuid_parse(bare, uuid) != 0)
		return -EINVAL;
	rte_uuid_unparse(uuid, name, RTE_UUID_STRLEN);
	return 0;
}

static bool
bus_match(const struct rte_driver *drv, const struct rte_device *rte_dev)
{
	const struct rte_vmbus_driver *driver =
		container_of(drv, const struct rte_vmbus_driver, driver);
	const struct rte_vmbus_device *dev =
		container_of(rte_dev, const struct rte_vmbus_device, device);
	const rte_uuid_t *id;

	/* Forward to the null uuid that ends the driver's table. */
	for (id = driver->id_table; !rte_uuid_is_null(*id); id++)
		if (rte_uuid_compare(*id, dev->class_id) == 0)
			return true;
	return false;
}

/* EAL may keep what was said at an earlier probe: the last word counts. */
static struct rte_devargs *
bus_find_devargs(const char *name)
{
	struct rte_devargs *devargs, *found = NULL;
	char wanted[RTE_UUID_STRLEN];

	RTE_EAL_DEVARGS_FOREACH("vmbus", devargs) {
		if (bus_parse_name(devargs->name, wanted) < 0 || strcmp(wanted, name) != 0)
			continue;
		/*
		 * The user may have spelt the name in another way; EAL looks for
		 * a device by its devargs' name letter by letter.
		 */
		strlcpy(devargs->name, name, sizeof(devargs->name));
		found = devargs;
	}
	return found;
}

static bool
bus_has_driver(const struct rte_vmbus_device *dev)
{
	const struct rte_driver *drv;

	for (drv = bus_next_driver(NULL); drv != NULL; drv = bus_next_driver(drv))
		if (bus_match(drv, &dev->device))
			return true;
	return false;
}

/* A device that cannot be read. Those of other kinds may well lack what we ask for. */
static void
bus_say_unreadable(const struct rte_vmbus_device *dev, const char *file, int err)
{
	if (bus_has_driver(dev))
		VMBUS_LOG(WARNING, "%s: skipped, cannot read its %s: %s", dev->sysfs_name, file,
			  strerror(err));
	else
		VMBUS_LOG(DEBUG, "%s: skipped, cannot read its %s: %s", dev->sysfs_name, file,
			  strerror(err));
}

/* A card that we could drive but that the kernel keeps: say how to get it. */
static void
bus_say_unbound(const struct rte_vmbus_device *dev)
{
	char driver[64], dir[PATH_MAX];

	if (!bus_has_driver(dev))
		return;
	vmbus_sysfs_device_dir(dev, dir, sizeof(dir));
	vmbus_sysfs_read_driver(dir, driver, sizeof(driver));
	if (driver[0] == '\0')
		strlcpy(driver, "no driver", sizeof(driver));
	if (strcmp(driver, VMBUS_UIO_DRIVER) == 0)
		VMBUS_LOG(ERR, "%s: not usable, " VMBUS_UIO_DRIVER " gave it no uio device; "
			  "the kernel's log (dmesg) says why", dev->name);
	/* Only who asked for it wants to hear it: the others may be the kernel's on purpose. */
	else if (dev->device.devargs == NULL)
		VMBUS_LOG(INFO, "%s: left to %s", dev->name, driver);
	else
		VMBUS_LOG(ERR, "%s: not usable, it is bound to %s; to take it from the kernel: "
			  "driverctl -b vmbus set-override %s " VMBUS_UIO_DRIVER, dev->name,
			  driver, dev->sysfs_name);
}

/* What the user asked for by name and did not get. */
static void
bus_say_missing(void)
{
	char name[RTE_UUID_STRLEN], dir[PATH_MAX];
	struct rte_devargs *devargs;

	RTE_EAL_DEVARGS_FOREACH("vmbus", devargs) {
		if (devargs->policy != RTE_DEV_ALLOWED)
			continue;
		if (bus_parse_name(devargs->name, name) < 0) {
			VMBUS_LOG(ERR, "%s: is no device name, they look like "
				  "vmbus:ed963694-e847-4b2a-85af-bc9cfc11d6f3", devargs->name);
			continue;
		}
		/* One that is there but cannot be used has been spoken of. */
		snprintf(dir, sizeof(dir), VMBUS_SYSFS_DEVICES "/%s", name);
		if (bus_find_by_name(name) == NULL && access(dir, F_OK) < 0)
			VMBUS_LOG(ERR, "%s: there is no such device in "
				  VMBUS_SYSFS_DEVICES, name);
	}
}

/*
 * A later scan. A device in use stays as it is, even if it is gone; any other
 * may have been away in the meantime and have come back with another node.
 */
static void
bus_update_device(struct rte_vmbus_device *old, const struct rte_vmbus_device *dev)
{
	if (bus_is_in_use(old))
		return;
	if (rte_dev_is_probed(&old->device) && vmbus_node_is_same(&old->node, &dev->node))
		return;
	/* Its driver has let go of it: as if the application had removed it, too. */
	rte_vmbus_unmap_device(old);
	old->device.driver = NULL;
	old->is_released = false;
	old->is_leaving = false;
	strlcpy(old->sysfs_name, dev->sysfs_name, sizeof(old->sysfs_name));
	old->node = dev->node;
	old->has_monitor = dev->has_monitor;
	old->monitor_id = dev->monitor_id;
	old->device.devargs = dev->device.devargs;
}

/* What sysfs says of a device; on failure *file is what could not be read. */
static int
bus_read_device(const char *sysfs_name, struct rte_vmbus_device *dev, const char **file)
{
	char dir[PATH_MAX];
	int ret;

	memset(dev, 0, sizeof(*dev));
	dev->uio_fd = -1;
	strlcpy(dev->sysfs_name, sysfs_name, sizeof(dev->sysfs_name));
	vmbus_sysfs_device_dir(dev, dir, sizeof(dir));
	ret = vmbus_sysfs_read_device(dir, dev, file);
	if (ret < 0)
		return ret;
	rte_uuid_unparse(dev->device_id, dev->name, sizeof(dev->name));
	dev->device.name = dev->name;
	dev->device.bus = &vmbus_bus;
	dev->device.devargs = bus_find_devargs(dev->name);
	return 0;
}

/* Into the list, or into the entry that is there. Takes the device over. */
static void
bus_enter(struct rte_vmbus_device *dev)
{
	struct rte_vmbus_device *old;

	pthread_mutex_lock(&bus_lock);
	old = bus_find_by_name(dev->name);
	if (old != NULL)
		bus_update_device(old, dev);
	else
		bus_add_device(dev, bus_find_successor(dev->name));
	pthread_mutex_unlock(&bus_lock);
	if (old != NULL)
		free(dev);
}

/* Negative only if the scan cannot go on. */
static int
bus_scan_one(const char *sysfs_name, void *ctx __rte_unused)
{
	struct rte_vmbus_device *dev = malloc(sizeof(*dev));
	const char *file = "";
	int ret;

	if (dev == NULL)
		return -ENOMEM;
	ret = bus_read_device(sysfs_name, dev, &file);
	if (ret < 0) {
		bus_say_unreadable(dev, file, -ret);
	} else if (bus_is_ignored(dev->name)) {
		VMBUS_LOG(DEBUG, "%s: not wanted", dev->name);
	} else if (dev->node.uio_minor < 0) {
		bus_say_unbound(dev);
	} else {
		bus_enter(dev);
		return 0;
	}
	free(dev);
	return 0;
}

RTE_EXPORT_SYMBOL(rte_vmbus_scan)
int
rte_vmbus_scan(void)
{
	int ret = vmbus_sysfs_walk_devices(bus_scan_one, NULL);

	if (ret < 0 && ret != -ENOENT)
		VMBUS_LOG(ERR, "cannot read " VMBUS_SYSFS_DEVICES ": %s", strerror(-ret));
	bus_say_missing();
	return ret == -ENOENT ? 0 : ret;	/* -ENOENT: not a Hyper-V guest */
}

/* For hot-plug */

struct bus_walk {
	int (*found)(const struct rte_vmbus_device *dev, void *ctx);
	void *ctx;
};

/* One that cannot be read just now is not there. */
static int
bus_walk_one(const char *sysfs_name, void *ctx)
{
	const struct bus_walk *walk = ctx;
	struct rte_vmbus_device dev;
	const char *file;

	if (bus_read_device(sysfs_name, &dev, &file) < 0)
		return 0;
	return walk->found(&dev, walk->ctx);
}

int
vmbus_bus_walk(int (*found)(const struct rte_vmbus_device *dev, void *ctx), void *ctx)
{
	struct bus_walk walk = { .found = found, .ctx = ctx };

	return vmbus_sysfs_walk_devices(bus_walk_one, &walk);
}

bool
vmbus_bus_is_wanted(const struct rte_vmbus_device *dev)
{
	return bus_has_driver(dev) && !bus_is_ignored(dev->name);
}

bool
vmbus_bus_is_held(const char *name)
{
	struct rte_vmbus_device *dev;
	bool held;

	pthread_mutex_lock(&bus_lock);
	dev = bus_find_by_name(name);
	held = dev != NULL && bus_is_in_use(dev);
	pthread_mutex_unlock(&bus_lock);
	return held;
}

bool
vmbus_bus_is_used(const char *name, const struct vmbus_node *node)
{
	struct rte_vmbus_device *dev;
	bool used;

	pthread_mutex_lock(&bus_lock);
	dev = bus_find_by_name(name);
	used = dev != NULL && bus_is_in_use(dev) && vmbus_node_is_same(&dev->node, node);
	pthread_mutex_unlock(&bus_lock);
	return used;
}

static void
bus_start_hotplug(void)
{
	const struct rte_vmbus_device *dev;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY || access(VMBUS_SYSFS_DEVICES, F_OK) < 0)
		return;
	for (dev = bus_next_device(NULL); dev != NULL; dev = bus_next_device(dev))
		vmbus_hotplug_learn(dev);
	ret = rte_vmbus_hotplug_start();
	if (ret < 0 && ret != -EALREADY)
		VMBUS_LOG(WARNING, "devices that come later will not be noticed: %s",
			  strerror(-ret));
}

/* The host takes guest-physical addresses; nothing translates for it. */
static int
bus_check_iova(const struct rte_vmbus_device *dev)
{
	if (rte_eal_iova_mode() == RTE_IOVA_PA && rte_eal_has_hugepages())
		return 0;
	VMBUS_LOG(ERR, "%s: refused, the host needs guest-physical addresses: "
		  "run as root with hugepages and --iova-mode=pa", dev->name);
	return -ENOTSUP;
}

/* What the bus holds of a device in use. The processes' record is the primary's to free. */
static void
bus_release_device(struct rte_vmbus_device *dev)
{
	rte_vmbus_unmap_device(dev);
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		vmbus_shared_free(dev);
	dev->shared = NULL;
}

static int
bus_probe_locked(struct rte_vmbus_driver *driver, struct rte_vmbus_device *dev)
{
	bool is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	int ret;

	dev->is_released = false;
	/*
	 * In a secondary process the driver maps, if and when it wants to: an
	 * open device keeps the primary from closing the channel.
	 */
	ret = is_primary ? rte_vmbus_map_device(dev) : 0;
	if (ret == -EBUSY)
		return 0;	/* another thread has been faster */
	if (ret < 0)
		goto release;
	VMBUS_LOG(INFO, "%s: probe by %s (/dev/uio%d)", dev->name, driver->driver.name,
		  dev->node.uio_minor);
	/* Another thread may ask for the driver as soon as there is a port. */
	dev->device.driver = &driver->driver;
	ret = driver->probe(driver, dev);
	if (ret != 0)
		goto release;
	if (is_primary)
		vmbus_hotplug_learn(dev);
	return 0;
release:
	dev->device.driver = NULL;
	bus_release_device(dev);
	return ret;
}

static int
bus_probe_device(struct rte_driver *drv, struct rte_device *rte_dev)
{
	struct rte_vmbus_driver *driver = container_of(drv, struct rte_vmbus_driver, driver);
	struct rte_vmbus_device *dev = container_of(rte_dev, struct rte_vmbus_device, device);
	int ret;

	ret = bus_check_iova(dev);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&bus_probe_lock);
	ret = bus_probe_locked(driver, dev);
	pthread_mutex_unlock(&bus_probe_lock);
	return ret;
}

static void
bus_set_leaving(struct rte_vmbus_device *dev, bool leaving)
{
	pthread_mutex_lock(&bus_lock);
	dev->is_leaving = leaving;
	pthread_mutex_unlock(&bus_lock);
}

/* Until EAL has forgotten its driver, too, the device is no one else's. */
static int
bus_unplug_device(struct rte_device *rte_dev)
{
	const struct rte_vmbus_driver *driver =
		container_of(rte_dev->driver, const struct rte_vmbus_driver, driver);
	struct rte_vmbus_device *dev = container_of(rte_dev, struct rte_vmbus_device, device);
	int ret;

	bus_set_leaving(dev, true);
	ret = driver->remove != NULL ? driver->remove(dev) : 0;
	if (ret < 0) {
		bus_set_leaving(dev, false);
		return ret;
	}
	bus_release_device(dev);
	vmbus_hotplug_kick();
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_dev_release)
void
rte_vmbus_dev_release(struct rte_vmbus_device *dev)
{
	pthread_mutex_lock(&bus_lock);
	dev->is_released = true;
	pthread_mutex_unlock(&bus_lock);
	vmbus_hotplug_kick();
}

/* EAL asks whether this is a name of ours, and for its canonical form. */
static int
bus_parse(const char *text, void *addr)
{
	char name[RTE_UUID_STRLEN];

	if (bus_parse_name(text, name) < 0)
		return -EINVAL;
	if (addr != NULL)
		rte_uuid_parse(name, addr);
	return 0;
}

/*
 * Physical addresses are wanted as soon as there is a device that we drive.
 * Where EAL has none (no hugepages, no root) asking would make it refuse to
 * start, so leave the choice to EAL; bus_check_iova() then refuses our devices
 * only.
 */
static enum rte_iova_mode
bus_get_iommu_class(void)
{
	const struct rte_vmbus_device *dev;

	if (!rte_eal_using_phys_addrs())
		return RTE_IOVA_DC;
	for (dev = bus_next_device(NULL); dev != NULL; dev = bus_next_device(dev))
		if (bus_has_driver(dev))
			return RTE_IOVA_PA;
	return RTE_IOVA_DC;
}

/*
 * What EAL's shape of a bus is. 26.07: devices and drivers are chained in the
 * bus and EAL walks them.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)

static void
bus_add_device(struct rte_vmbus_device *dev, struct rte_vmbus_device *before)
{
	if (before != NULL)
		rte_bus_insert_device(&vmbus_bus, &before->device, &dev->device);
	else
		rte_bus_add_device(&vmbus_bus, &dev->device);
}

static struct rte_vmbus_device *
bus_next_device(const struct rte_vmbus_device *dev)
{
	struct rte_device *next = dev != NULL ? TAILQ_NEXT(&dev->device, next) :
						TAILQ_FIRST(&vmbus_bus.device_list);

	return next != NULL ? container_of(next, struct rte_vmbus_device, device) : NULL;
}

static struct rte_driver *
bus_next_driver(const struct rte_driver *drv)
{
	return drv != NULL ? TAILQ_NEXT(drv, next) : TAILQ_FIRST(&vmbus_bus.driver_list);
}

static bool
bus_is_ignored(const char *name)
{
	return rte_bus_device_is_ignored(&vmbus_bus, name);
}

static void
bus_free_device(struct rte_device *dev)
{
	pthread_mutex_lock(&bus_lock);
	free(container_of(dev, struct rte_vmbus_device, device));
	pthread_mutex_unlock(&bus_lock);
}

static int
bus_probe(struct rte_bus *bus)
{
	int ret = rte_bus_generic_probe(bus);

	bus_start_hotplug();
	return ret;
}

static int
bus_cleanup(struct rte_bus *bus)
{
	rte_vmbus_hotplug_stop();
	return rte_bus_generic_cleanup(bus);
}

static int
bus_compare_names(const char *name1, const char *name2)
{
	char uuid1[RTE_UUID_STRLEN], uuid2[RTE_UUID_STRLEN];

	if (bus_parse_name(name1, uuid1) < 0 || bus_parse_name(name2, uuid2) < 0)
		return 1;
	return strcmp(uuid1, uuid2);
}

RTE_EXPORT_SYMBOL(rte_vmbus_probe)
int
rte_vmbus_probe(void)
{
	return rte_bus_generic_probe(&vmbus_bus);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_register)
void
rte_vmbus_register(struct rte_vmbus_driver *driver)
{
	rte_bus_add_driver(&vmbus_bus, &driver->driver);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_unregister)
void
rte_vmbus_unregister(struct rte_vmbus_driver *driver)
{
	rte_bus_remove_driver(&vmbus_bus, &driver->driver);
}

static struct rte_bus vmbus_bus = {
	.scan = rte_vmbus_scan,
	.probe = bus_probe,
	.find_device = rte_bus_generic_find_device,
	.match = bus_match,
	.probe_device = bus_probe_device,
	.unplug_device = bus_unplug_device,
	.free_device = bus_free_device,
	.parse = bus_parse,
	.dev_compare = bus_compare_names,
	.get_iommu_class = bus_get_iommu_class,
	.dev_iterate = rte_bus_generic_dev_iterate,
	.cleanup = bus_cleanup,
};

#else /* up to 26.03 the bus keeps its lists and finds the driver itself */

static TAILQ_HEAD(, rte_device) bus_devices = TAILQ_HEAD_INITIALIZER(bus_devices);
static TAILQ_HEAD(, rte_driver) bus_drivers = TAILQ_HEAD_INITIALIZER(bus_drivers);

static void
bus_add_device(struct rte_vmbus_device *dev, struct rte_vmbus_device *before)
{
	if (before != NULL)
		TAILQ_INSERT_BEFORE(&before->device, &dev->device, next);
	else
		TAILQ_INSERT_TAIL(&bus_devices, &dev->device, next);
}

static struct rte_vmbus_device *
bus_next_device(const struct rte_vmbus_device *dev)
{
	struct rte_device *next = dev != NULL ? TAILQ_NEXT(&dev->device, next) :
						TAILQ_FIRST(&bus_devices);

	return next != NULL ? container_of(next, struct rte_vmbus_device, device) : NULL;
}

static struct rte_driver *
bus_next_driver(const struct rte_driver *drv)
{
	return drv != NULL ? TAILQ_NEXT(drv, next) : TAILQ_FIRST(&bus_drivers);
}

static bool
bus_is_ignored(const char *name)
{
	const struct rte_devargs *devargs = bus_find_devargs(name);

	if (vmbus_bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST)
		return devargs == NULL || devargs->policy != RTE_DEV_ALLOWED;
	return devargs != NULL && devargs->policy == RTE_DEV_BLOCKED;
}

static int
bus_plug(struct rte_device *dev)
{
	struct rte_driver *drv;
	int ret;

	if (rte_dev_is_probed(dev))
		return -EEXIST;
	for (drv = bus_next_driver(NULL); drv != NULL; drv = bus_next_driver(drv)) {
		if (!bus_match(drv, dev))
			continue;
		ret = bus_probe_device(drv, dev);
		if (ret == 0)
			dev->driver = drv;
		if (ret <= 0)
			return ret;
	}
	return 1;	/* nobody's */
}

RTE_EXPORT_SYMBOL(rte_vmbus_probe)
int
rte_vmbus_probe(void)
{
	struct rte_vmbus_device *dev;
	unsigned int probed = 0, failed = 0;
	int ret;

	for (dev = bus_next_device(NULL); dev != NULL; dev = bus_next_device(dev)) {
		ret = bus_plug(&dev->device);
		if (ret > 0)
			continue;
		probed++;
		if (ret < 0 && ret != -EEXIST) {
			VMBUS_LOG(ERR, "%s: cannot be used", dev->name);
			failed++;
		}
	}
	return probed != 0 && probed == failed ? -1 : 0;
}

static int
bus_probe(void)
{
	int ret = rte_vmbus_probe();

	bus_start_hotplug();
	return ret;
}

static void
bus_drop_device(struct rte_device *dev)
{
	pthread_mutex_lock(&bus_lock);
	TAILQ_REMOVE(&bus_devices, dev, next);
	free(container_of(dev, struct rte_vmbus_device, device));
	pthread_mutex_unlock(&bus_lock);
}

static int
bus_unplug(struct rte_device *dev)
{
	int ret = dev->driver != NULL ? bus_unplug_device(dev) : 0;

	if (ret < 0)
		return ret;
	rte_devargs_remove(dev->devargs);
	bus_drop_device(dev);
	return 0;
}

static int
bus_cleanup(void)
{
	struct rte_vmbus_device *dev, *next;
	int ret = 0;

	rte_vmbus_hotplug_stop();
	for (dev = bus_next_device(NULL); dev != NULL; dev = next) {
		next = bus_next_device(dev);
		if (dev->device.driver != NULL && bus_unplug_device(&dev->device) < 0)
			ret = -1;
		else
			bus_drop_device(&dev->device);
	}
	return ret;
}

static struct rte_device *
bus_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct rte_device *dev = start != NULL ? TAILQ_NEXT(start, next) :
						 TAILQ_FIRST(&bus_devices);

	while (dev != NULL && cmp(dev, data) != 0)
		dev = TAILQ_NEXT(dev, next);
	return dev;
}

static int
bus_compare_device(const struct rte_device *dev, const void *kvlist)
{
	const char *text = kvlist != NULL ? rte_kvargs_get(kvlist, "name") : NULL;
	char name[RTE_UUID_STRLEN];

	if (text == NULL)
		return 0;	/* any device will do */
	return bus_parse_name(text, name) < 0 ? 1 : strcmp(dev->name, name);
}

/* The string is what follows "bus=vmbus,": nothing or "name=<uuid>". */
static void *
bus_dev_iterate(const void *start, const char *str,
		const struct rte_dev_iterator *it __rte_unused)
{
	static const char *const keys[] = { "name", NULL };
	struct rte_kvargs *kvlist = NULL;
	struct rte_device *dev;

	if (str != NULL) {
		kvlist = rte_kvargs_parse(str, keys);
		if (kvlist == NULL) {
			VMBUS_LOG(ERR, "\"%s\" is no description of a device, only "
				  "name=<uuid> is", str);
			rte_errno = EINVAL;
			return NULL;
		}
	}
	dev = bus_find_device(start, bus_compare_device, kvlist);
	rte_kvargs_free(kvlist);
	return dev;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_register)
void
rte_vmbus_register(struct rte_vmbus_driver *driver)
{
	TAILQ_INSERT_TAIL(&bus_drivers, &driver->driver, next);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_unregister)
void
rte_vmbus_unregister(struct rte_vmbus_driver *driver)
{
	TAILQ_REMOVE(&bus_drivers, &driver->driver, next);
}

static struct rte_bus vmbus_bus = {
	.scan = rte_vmbus_scan,
	.probe = bus_probe,
	.find_device = bus_find_device,
	.plug = bus_plug,
	.unplug = bus_unplug,
	.parse = bus_parse,
	.get_iommu_class = bus_get_iommu_class,
	.dev_iterate = bus_dev_iterate,
	.cleanup = bus_cleanup,
};

#endif

RTE_REGISTER_BUS(vmbus, vmbus_bus);
