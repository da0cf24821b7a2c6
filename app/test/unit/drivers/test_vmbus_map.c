/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Which regions of a device are mapped and which are refused, over a kernel of
 * our own: what sysfs says and what /dev/uioN does comes from here.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <rte_eal.h>

#include "driver_test.h"
#include "vmbus_private.h"

#define PAGE 4096u
#define FD 77

/* What the kernel says of a NIC's regions.. */
static struct vmbus_sysfs_map maps[VMBUS_MAP_MAX];
static bool has_map[VMBUS_MAP_MAX];
/* What the kernel does, and what has been asked of it. */
static int open_error;
static unsigned int map_error_index;
static int opened, mapped;
static uint64_t mapped_len[VMBUS_MAP_MAX];
static bool closed_with_mappings;
static uint8_t memory[VMBUS_MAP_MAX][PAGE];
/* The node that the device has now, and had when it was scanned. */
static struct vmbus_node nic_now;
static const struct vmbus_node nic = { .inode = 815, .relid = 14, .uio_minor = 3 };
static enum rte_proc_type_t process;
static struct vmbus_shared shared;
static bool has_record;

int vmbus_logtype_bus;

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return process;
}

int
vmbus_shared_alloc(struct rte_vmbus_device *dev)
{
	if (!has_record)
		return -ENOMEM;
	dev->shared = &shared;
	return 0;
}

int
vmbus_shared_find(struct rte_vmbus_device *dev)
{
	if (!has_record || !shared.is_mapped)
		return -ENODEV;
	dev->shared = &shared;
	return 0;
}

int
vmbus_sysfs_read_device(const char *dir, struct rte_vmbus_device *dev, const char **file)
{
	assert_string_equal(dir, "here");
	*file = "device_id";
	dev->node = nic_now;
	return nic_now.uio_minor < 0 ? -ENODEV : 0;
}

bool
vmbus_node_is_same(const struct vmbus_node *a, const struct vmbus_node *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int
vmbus_uio_open(int minor)
{
	assert_int_equal(minor, 3);
	if (open_error != 0)
		return -open_error;
	opened++;
	return FD;
}

void
vmbus_uio_close(int fd)
{
	if (fd < 0)
		return;
	assert_int_equal(fd, FD);
	opened--;
	if (mapped != 0)
		closed_with_mappings = true;
}

void *
vmbus_uio_map(int fd, unsigned int index, uint64_t len)
{
	assert_int_equal(fd, FD);
	if (index == map_error_index) {
		errno = EINVAL;
		return NULL;
	}
	mapped++;
	mapped_len[index] = len;
	return memory[index];
}

void
vmbus_uio_unmap(void *addr, uint64_t len)
{
	unsigned int i;

	if (addr == NULL)
		return;
	for (i = 0; i < VMBUS_MAP_MAX && addr != memory[i]; i++)
		;
	assert_int_not_equal(i, VMBUS_MAP_MAX);
	assert_int_equal(len, mapped_len[i]);
	mapped--;
}

int
vmbus_sysfs_read_map(const char *dir, int minor, unsigned int index, struct vmbus_sysfs_map *map)
{
	assert_string_equal(dir, "here");
	assert_int_equal(minor, 3);
	if (!has_map[index])
		return -ENOENT;
	*map = maps[index];
	return 0;
}

void
vmbus_sysfs_device_dir(const struct rte_vmbus_device *dev, char *dir, size_t len)
{
	(void)dev;
	snprintf(dir, len, "here");
}

void
vmbus_channel_close_all(struct rte_vmbus_device *dev)
{
	(void)dev;
}

/* A NIC of a current kernel. */
static int
start(void **state)
{
	static const struct vmbus_sysfs_map current[VMBUS_MAP_MAX] = {
		{ "txrx_rings", 0x1f2400000, 4 << 20 },
		{ "int_page", 0xffff888000101000, PAGE },
		{ "monitor_page", 0xffff888000102000, PAGE },
		{ "recv:925200", 0xffffc90000200000, 31 << 20 },
		{ "send:4294967295", 0xffffc90004200000, 16 << 20 },
	};
	unsigned int i;

	(void)state;
	memcpy(maps, current, sizeof(maps));
	for (i = 0; i < VMBUS_MAP_MAX; i++)
		has_map[i] = true;
	open_error = 0;
	map_error_index = VMBUS_MAP_MAX;
	opened = mapped = 0;
	closed_with_mappings = false;
	process = RTE_PROC_PRIMARY;
	memset(&shared, 0, sizeof(shared));
	has_record = true;
	nic_now = nic;
	return 0;
}

static struct rte_vmbus_device
new_device(void)
{
	return (struct rte_vmbus_device){
		.device.name = "nic", .node = nic, .uio_fd = -1,
	};
}

/* Nothing of a refused device stays behind. */
static void
expect_refusal(int ret)
{
	struct rte_vmbus_device dev = new_device();
	unsigned int i;

	assert_int_equal(rte_vmbus_map_device(&dev), ret);
	assert_int_equal(dev.uio_fd, -1);
	assert_int_equal(opened, 0);
	assert_int_equal(mapped, 0);
	assert_false(closed_with_mappings);
	for (i = 0; i < VMBUS_MAP_MAX; i++)
		assert_null(dev.region[i].addr);
	if (process == RTE_PROC_PRIMARY)
		assert_false(shared.is_mapped);
}

static void
regions_are_mapped_whole_with_their_handles(void **state)
{
	struct rte_vmbus_device dev = new_device();
	unsigned int i;

	(void)state;
	assert_int_equal(rte_vmbus_map_device(&dev), 0);
	assert_int_equal(dev.uio_fd, FD);
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		assert_ptr_equal(dev.region[i].addr, memory[i]);
		assert_int_equal(dev.region[i].len, maps[i].size);
		assert_int_equal(mapped_len[i], maps[i].size);
	}
	assert_int_equal(dev.region[VMBUS_MAP_RECV_BUF].gpadl, 925200);
	assert_int_equal(dev.region[VMBUS_MAP_SEND_BUF].gpadl, UINT32_MAX);
	rte_vmbus_unmap_device(&dev);
	assert_int_equal(mapped, 0);
	assert_int_equal(opened, 0);
	assert_false(closed_with_mappings);
	/* And once more is no harm. */
	rte_vmbus_unmap_device(&dev);
	assert_int_equal(opened, 0);
}

static void
page_that_is_said_to_be_longer_counts_as_one_page(void **state)
{
	struct rte_vmbus_device dev = new_device();

	(void)state;
	maps[VMBUS_MAP_MON_PAGE].size = 65536;
	assert_int_equal(rte_vmbus_map_device(&dev), 0);
	assert_int_equal(dev.region[VMBUS_MAP_MON_PAGE].len, PAGE);
	assert_int_equal(mapped_len[VMBUS_MAP_MON_PAGE], PAGE);
	rte_vmbus_unmap_device(&dev);
}

static void
device_that_does_not_open_is_refused_with_the_reason(void **state)
{
	static const int errors[] = { EACCES, EPERM, ENOENT, ENODEV, ENXIO, EAGAIN, EBUSY, EIO };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		open_error = errors[i];
		expect_refusal(-errors[i]);
	}
}

static void
device_without_one_of_its_regions_is_refused(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		start(state);
		has_map[i] = false;
		expect_refusal(-ENOENT);
	}
}

static void
region_that_does_not_map_undoes_those_before_it(void **state)
{
	(void)state;
	for (map_error_index = 0; map_error_index < VMBUS_MAP_MAX; map_error_index++)
		expect_refusal(-EINVAL);
}

/* One thing of one region is wrong. */
static const struct {
	enum vmbus_map index;
	struct vmbus_sysfs_map map;
} nonsense[] = {
	{ VMBUS_MAP_RINGS, { "txrx", 0, 4 << 20 } },
	{ VMBUS_MAP_RINGS, { "", 0, 4 << 20 } },
	{ VMBUS_MAP_RINGS, { "int_page", 0, 4 << 20 } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, 0 } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, PAGE } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, 2 * PAGE } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, 5 * PAGE } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, (4 << 20) + 8 } },
	{ VMBUS_MAP_RINGS, { "txrx_rings", 0, UINT64_C(1) << 32 } },
	{ VMBUS_MAP_INT_PAGE, { "int_page", 0, 0 } },
	{ VMBUS_MAP_MON_PAGE, { "monitor_page", 0x1008, PAGE } },
	{ VMBUS_MAP_MON_PAGE, { "int_page", 0, PAGE } },
	{ VMBUS_MAP_RECV_BUF, { "recv:", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "send:1", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:x", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:1x", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv: 1", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:-1", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:+1", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:0x10", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:4294967296", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:99999999999999999999999", 0, 31 << 20 } },
	{ VMBUS_MAP_RECV_BUF, { "recv:1", 0, UINT64_MAX } },
	{ VMBUS_MAP_SEND_BUF, { "send:1", 0, 0 } },
};

static void
region_that_makes_no_sense_is_refused(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		start(state);
		maps[nonsense[i].index] = nonsense[i].map;
		expect_refusal(-EINVAL);
	}
}

static void
device_is_mapped_once(void **state)
{
	struct rte_vmbus_device dev = new_device();

	(void)state;
	assert_int_equal(rte_vmbus_map_device(&dev), 0);
	assert_int_equal(rte_vmbus_map_device(&dev), -EBUSY);
	assert_int_equal(opened, 1);
	rte_vmbus_unmap_device(&dev);
	assert_int_equal(rte_vmbus_map_device(&dev), 0);
	rte_vmbus_unmap_device(&dev);
}

static void
device_without_memory_for_its_record_is_refused(void **state)
{
	(void)state;
	has_record = false;
	expect_refusal(-ENOMEM);
}

/* What sysfs says of the regions may be unreadable by then: the record counts. */
static void
secondary_process_maps_by_what_the_primary_found(void **state)
{
	struct rte_vmbus_device primary = new_device(), secondary = new_device();
	unsigned int i;

	(void)state;
	assert_int_equal(rte_vmbus_map_device(&primary), 0);
	process = RTE_PROC_SECONDARY;
	memset(has_map, 0, sizeof(has_map));
	assert_int_equal(rte_vmbus_map_device(&secondary), 0);
	assert_int_equal(opened, 2);
	assert_int_equal(mapped, 2 * VMBUS_MAP_MAX);
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		assert_int_equal(secondary.region[i].len, primary.region[i].len);
		assert_int_equal(secondary.region[i].gpadl, primary.region[i].gpadl);
	}
	rte_vmbus_unmap_device(&secondary);
	assert_int_equal(opened, 1);
	assert_int_equal(mapped, VMBUS_MAP_MAX);
	/* The primary's is as it was. */
	assert_true(shared.is_mapped);
	process = RTE_PROC_PRIMARY;
	rte_vmbus_unmap_device(&primary);
	assert_int_equal(opened, 0);
	assert_false(shared.is_mapped);
}

static void
secondary_process_maps_nothing_that_the_primary_does_not_use(void **state)
{
	(void)state;
	process = RTE_PROC_SECONDARY;
	expect_refusal(-ENODEV);
}

/* Every way in which it shows that a device went and came back. */
static void
secondary_process_refuses_the_node_of_another_device(void **state)
{
	static const struct vmbus_node others[] = {
		{ .inode = 816, .relid = 14, .uio_minor = 3 },
		{ .inode = 815, .relid = 15, .uio_minor = 3 },
		{ .inode = 815, .relid = 14, .uio_minor = 4 },
		{ .inode = 0, .relid = 0, .uio_minor = -1 },
	};
	struct rte_vmbus_device primary = new_device();
	unsigned int i;

	(void)state;
	assert_int_equal(rte_vmbus_map_device(&primary), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct rte_vmbus_device secondary = new_device();

		process = RTE_PROC_SECONDARY;
		nic_now = others[i];
		assert_int_equal(rte_vmbus_map_device(&secondary), -ENODEV);
		assert_int_equal(opened, 1);
		assert_int_equal(mapped, VMBUS_MAP_MAX);
	}
	nic_now = nic;
	shared.node.relid = 15;
	assert_int_equal(rte_vmbus_map_device(&(struct rte_vmbus_device){
		.device.name = "nic", .node = nic, .uio_fd = -1 }), -ENODEV);
	process = RTE_PROC_PRIMARY;
	rte_vmbus_unmap_device(&primary);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("the regions are mapped whole, with their handles",
		     regions_are_mapped_whole_with_their_handles),
		CASE("a page that is said to be longer counts as one page",
		     page_that_is_said_to_be_longer_counts_as_one_page),
		CASE("a device that does not open is refused with the reason",
		     device_that_does_not_open_is_refused_with_the_reason),
		CASE("a device without one of its regions is refused",
		     device_without_one_of_its_regions_is_refused),
		CASE("a region that does not map undoes those before it",
		     region_that_does_not_map_undoes_those_before_it),
		CASE("a device is mapped once", device_is_mapped_once),
		CASE("a device without memory for its record is refused",
		     device_without_memory_for_its_record_is_refused),
		CASE("a secondary process maps by what the primary found",
		     secondary_process_maps_by_what_the_primary_found),
		CASE("a secondary process maps nothing that the primary does not use",
		     secondary_process_maps_nothing_that_the_primary_does_not_use),
		CASE("a secondary process refuses the node of another device",
		     secondary_process_refuses_the_node_of_another_device),
		CASE("a region that makes no sense is refused",
		     region_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests_name("vmbus map", tests, NULL, NULL);
}
