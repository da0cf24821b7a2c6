/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The bus under EAL itself, with a driver of our own: devices are probed and
 * removed at run time, go away and come back. The kernel is the test's.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "driver_test.h"
#include "vmbus_private.h"

#define NAME "ed963694-e847-4b2a-85af-bc9cfc11d6f3"
#define UPPER "ED963694-E847-4B2A-85AF-BC9CFC11D6F3"
#define PAGE 4096u
#define RINGS_LEN (4 * PAGE)
#define BUFFER_LEN PAGE
#define TIMES 100
/* Until the heap's caches have what they keep. */
#define WARM 10

static const rte_uuid_t class_id =
	RTE_UUID_INIT(0xf8615163, 0xdf3e, 0x46c5, 0x913f, 0xf2d2f965ed0eULL);

/* The one device that the kernel lists, or none. */
static bool is_there;
static struct vmbus_node node;
/* What it has given out. */
static int opened, mapped;
/* The driver's part. */
static int probe_result, remove_result;
static unsigned int probed, removed;
static struct rte_vmbus_device *taken;
/* What the bus told the monitor. */
static unsigned int learned, kicks, starts, stops;

/* EAL without hugepages would be refused. */
enum rte_iova_mode
rte_eal_iova_mode(void)
{
	return RTE_IOVA_PA;
}

int
rte_eal_has_hugepages(void)
{
	return 1;
}

int
vmbus_sysfs_walk_devices(int (*found)(const char *sysfs_name, void *ctx), void *ctx)
{
	return is_there ? found(NAME, ctx) : 0;
}

void
vmbus_sysfs_device_dir(const struct rte_vmbus_device *dev, char *dir, size_t len)
{
	(void)dev;
	snprintf(dir, len, "here");
}

int
vmbus_sysfs_read_device(const char *dir, struct rte_vmbus_device *dev, const char **file)
{
	(void)dir;
	*file = "device_id";
	rte_uuid_copy(dev->class_id, class_id);
	dev->node = node;
	dev->has_monitor = true;
	return rte_uuid_parse(NAME, dev->device_id);
}

bool
vmbus_node_is_same(const struct vmbus_node *a, const struct vmbus_node *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
vmbus_sysfs_read_driver(const char *dir, char *name, size_t len)
{
	(void)dir;
	snprintf(name, len, "hv_netvsc");
}

int
vmbus_sysfs_read_map(const char *dir, int minor, unsigned int index, struct vmbus_sysfs_map *map)
{
	static const struct vmbus_sysfs_map maps[VMBUS_MAP_MAX] = {
		{ "txrx_rings", 0, RINGS_LEN }, { "int_page", 0, PAGE },
		{ "monitor_page", 0, PAGE }, { "recv:1", 0, BUFFER_LEN },
		{ "send:2", 0, BUFFER_LEN },
	};

	(void)dir;
	assert_int_equal(minor, node.uio_minor);
	*map = maps[index];
	return 0;
}

bool
vmbus_sysfs_has_subchannels(const char *dir, uint32_t relid)
{
	(void)dir;
	(void)relid;
	return false;
}

int
vmbus_sysfs_read_channel(const char *dir, uint32_t relid, struct vmbus_sysfs_channel *channel)
{
	(void)dir;
	(void)relid;
	(void)channel;
	return -EAGAIN;
}

int
vmbus_sysfs_walk_channels(const char *dir, int (*found)(uint32_t relid, void *ctx), void *ctx)
{
	(void)dir;
	(void)found;
	(void)ctx;
	return -ENOENT;
}

/* A descriptor of its own each time, so that lost ones show. */
int
vmbus_uio_open(int minor)
{
	if (!is_there || minor != node.uio_minor)
		return -ENODEV;
	opened++;
	return dup(STDERR_FILENO);
}

void
vmbus_uio_close(int fd)
{
	if (fd < 0)
		return;
	assert_int_equal(close(fd), 0);
	opened--;
}

void *
vmbus_uio_map(int fd, unsigned int index, uint64_t len)
{
	(void)fd;
	(void)index;
	mapped++;
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *
vmbus_uio_map_ring(const char *dir, uint32_t relid, uint64_t *len)
{
	(void)dir;
	(void)relid;
	(void)len;
	return NULL;
}

void
vmbus_uio_unmap(void *addr, uint64_t len)
{
	if (addr == NULL)
		return;
	mapped--;
	assert_int_equal(munmap(addr, len), 0);
}

int
vmbus_uio_signal(int fd)
{
	(void)fd;
	return 0;
}

bool
vmbus_uio_signals_subchannels(void)
{
	return true;
}

int
vmbus_uio_read_event(int fd)
{
	(void)fd;
	return 0;
}

bool
vmbus_uio_is_gone(int fd)
{
	(void)fd;
	return !is_there;
}

void
vmbus_hotplug_learn(const struct rte_vmbus_device *dev)
{
	assert_string_equal(dev->name, NAME);
	learned++;
}

void
vmbus_hotplug_kick(void)
{
	kicks++;
}

int
rte_vmbus_hotplug_start(void)
{
	starts++;
	return 0;
}

void
rte_vmbus_hotplug_stop(void)
{
	stops++;
}

static int
probe(struct rte_vmbus_driver *drv, struct rte_vmbus_device *dev)
{
	struct vmbus_channel *chan;

	/* Whoever sees the port that we would make asks for it. */
	assert_ptr_equal(dev->device.driver, &drv->driver);
	probed++;
	if (probe_result != 0)
		return probe_result;
	taken = dev;
	return rte_vmbus_chan_open(dev, &chan);
}

static int
take_off(struct rte_vmbus_device *dev)
{
	assert_ptr_equal(dev, taken);
	removed++;
	if (remove_result == 0)
		taken = NULL;
	return remove_result;
}

static const rte_uuid_t ids[] = {
	RTE_UUID_INIT(0xf8615163, 0xdf3e, 0x46c5, 0x913f, 0xf2d2f965ed0eULL), { 0 },
};

static struct rte_vmbus_driver driver = {
	.driver.name = "test",
	.probe = probe,
	.remove = take_off,
	.id_table = ids,
};

static int
start_eal(void **state)
{
	static char args[][24] = {
		"test", "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf",
		"-m", "64", "-l", "0", "--log-level=error",
	};
	char *argv[sizeof(args) / sizeof(args[0])];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		argv[i] = args[i];
	rte_vmbus_register(&driver);
	return rte_eal_init((int)i, argv) < 0 ? -1 : 0;
}

static int
stop_eal(void **state)
{
	(void)state;
	assert_int_equal(rte_eal_cleanup(), 0);
	assert_int_equal(stops, 1);
	assert_int_equal(opened, 0);
	return 0;
}

static int
start(void **state)
{
	(void)state;
	is_there = true;
	node = (struct vmbus_node){ .inode = 1, .relid = 14, .uio_minor = 3 };
	probe_result = remove_result = 0;
	probed = removed = learned = kicks = 0;
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	remove_result = 0;
	if (taken != NULL)
		assert_int_equal(rte_dev_remove(&taken->device), 0);
	assert_int_equal(opened, 0);
	assert_int_equal(mapped, 0);
	return 0;
}

/* What a life of a device might leave behind. */
struct count {
	size_t heap, shared;
	unsigned int zones, fds;
};

static void
count_zone(const struct rte_memzone *zone, void *arg)
{
	(void)zone;
	(*(unsigned int *)arg)++;
}

static struct count
count(void)
{
	struct rte_malloc_socket_stats stats;
	struct count now = { 0 };
	int fd;

	rte_malloc_get_socket_stats(0, &stats);
	now.heap = mallinfo2().uordblks;
	now.shared = stats.heap_allocsz_bytes;
	rte_memzone_walk(count_zone, &now.zones);
	fd = dup(STDERR_FILENO);	/* the lowest that is free */
	now.fds = (unsigned int)fd;
	close(fd);
	return now;
}

static void
device_is_probed_and_removed_a_hundred_times_and_nothing_is_left(void **state)
{
	struct count before = { 0 }, after;
	unsigned int i;

	(void)state;
	for (i = 0; i < TIMES + WARM; i++) {
		if (i == WARM)
			before = count();
		assert_int_equal(rte_dev_probe("vmbus:" NAME ",key=value"), 0);
		assert_int_equal(opened, 1);
		assert_int_equal(mapped, VMBUS_MAP_MAX);
		assert_non_null(taken->shared);
		assert_int_equal(rte_dev_remove(&taken->device), 0);
		assert_int_equal(opened, 0);
		assert_int_equal(mapped, 0);
	}
	assert_int_equal(probed, TIMES + WARM);
	assert_int_equal(removed, TIMES + WARM);
	assert_int_equal(learned, TIMES + WARM);
	assert_true(kicks >= TIMES + WARM);
	after = count();
	assert_int_equal(after.heap, before.heap);
	assert_int_equal(after.shared, before.shared);
	assert_int_equal(after.zones, before.zones);
	assert_int_equal(after.fds, before.fds);
}

static void
probe_that_fails_leaves_nothing_and_may_be_tried_again(void **state)
{
	struct count before = { 0 }, after;
	unsigned int i;

	(void)state;
	probe_result = -EIO;
	for (i = 0; i < TIMES + WARM; i++) {
		if (i == WARM)
			before = count();
		assert_int_equal(rte_dev_probe("vmbus:" NAME), -EIO);
		assert_int_equal(opened, 0);
		assert_int_equal(mapped, 0);
	}
	after = count();
	assert_int_equal(after.shared, before.shared);
	assert_int_equal(after.fds, before.fds);
	assert_int_equal(learned, 0);
	probe_result = 0;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
}

static void
device_is_found_by_any_spelling_of_its_name(void **state)
{
	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" UPPER), 0);
	assert_int_equal(rte_dev_remove(&taken->device), 0);
	assert_int_equal(rte_dev_probe("vmbus:{" UPPER "}"), 0);
}

static void
device_in_use_is_probed_once(void **state)
{
	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	/* EAL takes that for a device which secondary processes may still want. */
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	assert_int_equal(probed, 1);
	assert_int_equal(opened, 1);
}

static void
device_that_its_driver_keeps_stays_in_use(void **state)
{
	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	remove_result = -EBUSY;
	assert_int_equal(rte_dev_remove(&taken->device), -EBUSY);
	assert_int_equal(opened, 1);
	assert_true(vmbus_bus_is_held(NAME));
	assert_true(vmbus_bus_is_used(NAME, &node));
}

static void
device_in_use_stays_as_it_is_when_another_comes_in_its_place(void **state)
{
	const struct vmbus_node old = node;

	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	node = (struct vmbus_node){ .inode = 2, .relid = 15, .uio_minor = 4 };
	assert_int_equal(rte_vmbus_scan(), 0);
	assert_true(vmbus_node_is_same(&taken->node, &old));
	assert_true(vmbus_bus_is_held(NAME));
	assert_false(vmbus_bus_is_used(NAME, &node));
	/* Removed, the other one takes its place. */
	assert_int_equal(rte_dev_remove(&taken->device), 0);
	assert_false(vmbus_bus_is_held(NAME));
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	assert_true(vmbus_bus_is_used(NAME, &node));
	assert_int_equal(probed, 2);
}

static void
device_of_a_closed_port_makes_room_for_the_one_that_comes(void **state)
{
	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	kicks = 0;
	rte_vmbus_dev_release(taken);
	assert_int_equal(kicks, 1);
	assert_false(vmbus_bus_is_held(NAME));
	node = (struct vmbus_node){ .inode = 2, .relid = 15, .uio_minor = 4 };
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	assert_true(vmbus_bus_is_used(NAME, &node));
	assert_int_equal(opened, 1);
	assert_int_equal(probed, 2);
	assert_int_equal(removed, 0);
}

static void
device_of_a_closed_port_may_be_removed(void **state)
{
	(void)state;
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	rte_vmbus_dev_release(taken);
	/* As on any bus it stays the application's until then. */
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
	assert_int_equal(probed, 1);
	assert_int_equal(rte_dev_remove(&taken->device), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(rte_dev_probe("vmbus:" NAME), 0);
}

static void
device_that_is_not_there_is_not_probed(void **state)
{
	(void)state;
	is_there = false;
	assert_true(rte_dev_probe("vmbus:" NAME) < 0);
	is_there = true;
	node.uio_minor = -1;
	assert_true(rte_dev_probe("vmbus:" NAME) < 0);
	assert_int_equal(probed, 0);
}

static int
count_one(const struct rte_vmbus_device *dev, void *ctx)
{
	(*(unsigned int *)ctx)++;
	assert_string_equal(dev->name, NAME);
	assert_true(vmbus_bus_is_wanted(dev));
	return 0;
}

static void
walk_shows_devices_and_enters_none(void **state)
{
	unsigned int seen = 0;

	(void)state;
	node.uio_minor = -1;
	assert_int_equal(vmbus_bus_walk(count_one, &seen), 0);
	assert_int_equal(seen, 1);
	is_there = false;
	assert_int_equal(vmbus_bus_walk(count_one, &seen), 0);
	assert_int_equal(seen, 1);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a device is probed and removed a hundred times and nothing is left",
		     device_is_probed_and_removed_a_hundred_times_and_nothing_is_left),
		CASE("a probe that fails leaves nothing and may be tried again",
		     probe_that_fails_leaves_nothing_and_may_be_tried_again),
		CASE("a device is found by any spelling of its name",
		     device_is_found_by_any_spelling_of_its_name),
		CASE("a device in use is probed once", device_in_use_is_probed_once),
		CASE("a device that its driver keeps stays in use",
		     device_that_its_driver_keeps_stays_in_use),
		CASE("a device in use stays as it is when another comes in its place",
		     device_in_use_stays_as_it_is_when_another_comes_in_its_place),
		CASE("a device of a closed port makes room for the one that comes",
		     device_of_a_closed_port_makes_room_for_the_one_that_comes),
		CASE("a device of a closed port may be removed",
		     device_of_a_closed_port_may_be_removed),
		CASE("a device that is not there is not probed",
		     device_that_is_not_there_is_not_probed),
		CASE("a walk shows devices and enters none", walk_shows_devices_and_enters_none),
	};

	return cmocka_run_group_tests_name("vmbus bus", tests, start_eal, stop_eal);
}
