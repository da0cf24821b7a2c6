/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What the bus reads of a device's directory, over directories made here as
 * kernels of different ages make them.
 */

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver_test.h"
#include "vmbus_private.h"

static char dir[64];

static void
make_dir(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void
make_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static void
drop(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(remove(path), 0);
}

static void
bind_to(const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "%s/driver", dir);
	snprintf(target, sizeof(target), "../../../bus/vmbus/drivers/%s", driver);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* A device as a current kernel shows it. */
static int
start(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/vmbus_sysfs_XXXXXX");
	assert_non_null(mkdtemp(dir));
	make_file("class_id", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}");
	make_file("device_id", "{ED963694-E847-4B2A-85AF-BC9CFC11D6F3}");
	make_file("id", "14");
	make_file("monitor_id", "5");
	make_file("numa_node", "1");
	bind_to("uio_hv_generic");
	make_dir("uio");
	make_dir("uio/uio3");
	make_dir("uio/uio3/maps");
	make_dir("uio/uio3/maps/map0");
	make_file("uio/uio3/maps/map0/name", "txrx_rings");
	make_file("uio/uio3/maps/map0/addr", "0x00000001f2400000");
	make_file("uio/uio3/maps/map0/size", "0x0000000000400000");
	make_dir("channels");
	make_dir("channels/14");
	make_file("channels/14/subchannel_id", "0");
	make_file("channels/14/ring", "");
	make_dir("channels/35");
	make_file("channels/35/subchannel_id", "1");
	make_file("channels/35/monitor_id", "9");
	make_file("channels/35/ring", "");
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
stop(void **state)
{
	(void)state;
	return nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int
read_device(struct rte_vmbus_device *dev)
{
	const char *reason;

	memset(dev, 0, sizeof(*dev));
	return vmbus_sysfs_read_device(dir, dev, &reason);
}

static void
device_of_a_current_kernel_is_read(void **state)
{
	struct rte_vmbus_device dev;
	char uuid[RTE_UUID_STRLEN];

	(void)state;
	assert_int_equal(read_device(&dev), 0);
	rte_uuid_unparse(dev.device_id, uuid, sizeof(uuid));
	assert_string_equal(uuid, "ed963694-e847-4b2a-85af-bc9cfc11d6f3");
	assert_int_equal(dev.node.relid, 14);
	assert_true(dev.has_monitor);
	assert_int_equal(dev.monitor_id, 5);
	assert_int_equal(dev.device.numa_node, 1);
	assert_int_equal(dev.node.uio_minor, 3);
}

static void
guid_without_braces_is_read_too(void **state)
{
	struct rte_vmbus_device dev;

	(void)state;
	make_file("device_id", "ed963694-e847-4b2a-85af-bc9cfc11d6f3");
	assert_int_equal(read_device(&dev), 0);
}

/* Each of these files is needed, and each may be gone at any time. */
static void
missing_or_senseless_file_fails_and_is_named(void **state)
{
	static const char *const needed[] = { "class_id", "device_id", "id" };
	struct rte_vmbus_device dev = { 0 };
	const char *reason;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		stop(state);
		start(state);
		make_file(needed[i], "nonsense");
		assert_int_equal(vmbus_sysfs_read_device(dir, &dev, &reason), -EINVAL);
		assert_string_equal(reason, needed[i]);
		drop(needed[i]);
		assert_int_equal(vmbus_sysfs_read_device(dir, &dev, &reason), -ENOENT);
		assert_string_equal(reason, needed[i]);
	}
}

/* The kernel can say anything, and a GUID or a relid is one thing. */
static void
numbers_and_guids_are_taken_strictly(void **state)
{
	static const struct {
		const char *file;
		const char *text;
	} wrong[] = {
		{ "id", "0" }, { "id", "2048" }, { "id", "-14" }, { "id", "+14" }, { "id", " 14" },
		{ "id", "14 " }, { "id", "14x" }, { "id", "0x0e" }, { "id", "" },
		{ "id", "99999999999999999999999999" },
		{ "class_id", "{f8615163-df3e-46c5-913f-f2d2f965ed0e" },
		{ "class_id", "f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
		{ "class_id", "{{f8615163-df3e-46c5-913f-f2d2f965ed0e}}" },
		{ "class_id", "f8615163-df3e-46c5-913f-f2d2f965ed0" },
		{ "class_id", "f8615163-df3e-46c5-913f-f2d2f965ed0eff" },
		{ "class_id", "f8615163xdf3e-46c5-913f-f2d2f965ed0e" },
		{ "class_id", "g8615163-df3e-46c5-913f-f2d2f965ed0e" },
		{ "class_id", "{}" }, { "class_id", "{" }, { "class_id", "" },
		{ "device_id", "(null)" },
	};
	struct rte_vmbus_device dev;
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		stop(state);
		start(state);
		make_file(wrong[i].file, wrong[i].text);
		if (read_device(&dev) != -EINVAL)
			fail_msg("\"%s\" was taken for a %s", wrong[i].text, wrong[i].file);
	}
}

/* Reading a directory fails even for root, as sysfs does for a device that goes. */
static void
file_that_opens_and_cannot_be_read_fails_with_its_error(void **state)
{
	struct rte_vmbus_device dev;

	(void)state;
	drop("device_id");
	make_dir("device_id");
	assert_int_equal(read_device(&dev), -EISDIR);
	drop("device_id");
	make_file("device_id", "ed963694-e847-4b2a-85af-bc9cfc11d6f3");
	drop("monitor_id");
	make_dir("monitor_id");
	assert_int_equal(read_device(&dev), 0);
	assert_false(dev.has_monitor);
}

/* For the log: a network card that is broken is another matter than a broken mouse. */
static void
class_of_a_broken_device_is_known_nevertheless(void **state)
{
	struct rte_vmbus_device dev;
	char uuid[RTE_UUID_STRLEN];

	(void)state;
	drop("id");
	assert_int_equal(read_device(&dev), -ENOENT);
	rte_uuid_unparse(dev.class_id, uuid, sizeof(uuid));
	assert_string_equal(uuid, "f8615163-df3e-46c5-913f-f2d2f965ed0e");
}

static void
monitor_id_out_of_range_or_absent_means_none(void **state)
{
	struct rte_vmbus_device dev;

	(void)state;
	make_file("monitor_id", "128");
	assert_int_equal(read_device(&dev), 0);
	assert_false(dev.has_monitor);
	make_file("monitor_id", "-1");
	assert_int_equal(read_device(&dev), 0);
	assert_false(dev.has_monitor);
	drop("monitor_id");
	assert_int_equal(read_device(&dev), 0);
	assert_false(dev.has_monitor);
	make_file("monitor_id", "127");
	assert_int_equal(read_device(&dev), 0);
	assert_true(dev.has_monitor);
}

static void
kernel_without_numa_says_no_node(void **state)
{
	struct rte_vmbus_device dev;

	(void)state;
	drop("numa_node");
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.device.numa_node, -1);
}

static void
device_of_another_driver_has_no_uio(void **state)
{
	struct rte_vmbus_device dev;
	char name[64];

	(void)state;
	bind_to("hv_netvsc");
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, -1);
	vmbus_sysfs_read_driver(dir, name, sizeof(name));
	assert_string_equal(name, "hv_netvsc");
	drop("driver");
	vmbus_sysfs_read_driver(dir, name, sizeof(name));
	assert_string_equal(name, "");
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, -1);
}

/* uio_hv_generic has the device and could not make it a uio device. */
static void
bound_device_without_uio_directory_has_none(void **state)
{
	static const char *const gone[] = {
		"uio/uio3/maps/map0/name", "uio/uio3/maps/map0/addr", "uio/uio3/maps/map0/size",
		"uio/uio3/maps/map0", "uio/uio3/maps", "uio/uio3",
	};
	struct rte_vmbus_device dev;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		drop(gone[i]);
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, -1);
	make_dir("uio/abc9");
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, -1);
	drop("uio/abc9");
	drop("uio");
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, -1);
}

static void
uio_name_with_trailing_characters_is_none(void **state)
{
	static const char *const names[] = {
		"uio/uio3x", "uio/uio", "uio/uio-3", "uio/xuio3", "uio/uio 3", "uio/uio4294967296",
	};
	struct rte_vmbus_device dev;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make_dir(names[i]);
	assert_int_equal(read_device(&dev), 0);
	assert_int_equal(dev.node.uio_minor, 3);
}

static void
region_is_read(void **state)
{
	struct vmbus_sysfs_map map;

	(void)state;
	assert_int_equal(vmbus_sysfs_read_map(dir, 3, 0, &map), 0);
	assert_string_equal(map.name, "txrx_rings");
	assert_int_equal(map.addr, 0x1f2400000);
	assert_int_equal(map.size, 4 << 20);
}

static void
region_that_the_kernel_has_not_is_told_from_a_broken_one(void **state)
{
	struct vmbus_sysfs_map map;

	(void)state;
	assert_int_equal(vmbus_sysfs_read_map(dir, 3, 3, &map), -ENOENT);
	make_file("uio/uio3/maps/map0/size", "0x10 and more");
	assert_int_equal(vmbus_sysfs_read_map(dir, 3, 0, &map), -EINVAL);
	make_file("uio/uio3/maps/map0/size", "-1");
	assert_int_equal(vmbus_sysfs_read_map(dir, 3, 0, &map), -EINVAL);
	make_file("uio/uio3/maps/map0/size", "0x1ffffffffffffffff");
	assert_int_equal(vmbus_sysfs_read_map(dir, 3, 0, &map), -EINVAL);
}

static void
channel_without_rings_is_not_ready(void **state)
{
	struct vmbus_sysfs_channel channel;

	(void)state;
	assert_int_equal(vmbus_sysfs_read_channel(dir, 35, &channel), 0);
	assert_int_equal(channel.index, 1);
	assert_true(channel.has_monitor);
	assert_int_equal(channel.monitor_id, 9);
	drop("channels/35/ring");
	assert_int_equal(vmbus_sysfs_read_channel(dir, 35, &channel), -EAGAIN);
	assert_int_equal(vmbus_sysfs_read_channel(dir, 77, &channel), -EAGAIN);
}

static int
sum_relids(uint32_t relid, void *ctx)
{
	*(uint32_t *)ctx += relid;
	return 0;
}

static void
only_numbers_are_channels(void **state)
{
	uint32_t sum = 0;

	(void)state;
	make_dir("channels/new");
	make_dir("channels/12x");
	make_dir("channels/99999");
	make_dir("channels/0");
	make_dir("channels/-7");
	make_file("channels/note", "");
	assert_int_equal(vmbus_sysfs_walk_channels(dir, sum_relids, &sum), 0);
	assert_int_equal(sum, 14 + 35);
}

static void
kernel_without_channels_is_told_so(void **state)
{
	uint32_t sum = 0;

	(void)state;
	drop("channels/14/subchannel_id");
	drop("channels/14/ring");
	drop("channels/14");
	drop("channels/35/subchannel_id");
	drop("channels/35/monitor_id");
	drop("channels/35/ring");
	drop("channels/35");
	drop("channels");
	assert_int_equal(vmbus_sysfs_walk_channels(dir, sum_relids, &sum), -ENOENT);
	assert_false(vmbus_sysfs_has_subchannels(dir, 14));
}

/* 4.14 lists channels and does not say which is which. */
static void
kernel_that_does_not_number_channels_has_no_subchannels(void **state)
{
	struct vmbus_sysfs_channel channel;

	(void)state;
	assert_true(vmbus_sysfs_has_subchannels(dir, 14));
	/* Some newer ones do not show the primary's rings there. */
	drop("channels/14/ring");
	assert_true(vmbus_sysfs_has_subchannels(dir, 14));
	drop("channels/14/subchannel_id");
	assert_false(vmbus_sysfs_has_subchannels(dir, 14));
	drop("channels/35/subchannel_id");
	assert_int_equal(vmbus_sysfs_read_channel(dir, 35, &channel), -ENOENT);
}

static void
channel_number_that_makes_no_sense_is_refused(void **state)
{
	static const char *const wrong[] = { "-1", "65536", "one", "" };
	struct vmbus_sysfs_channel channel;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make_file("channels/35/subchannel_id", wrong[i]);
		assert_int_equal(vmbus_sysfs_read_channel(dir, 35, &channel), -EINVAL);
	}
	make_file("channels/35/subchannel_id", "1");
	make_file("channels/35/monitor_id", "255");
	assert_int_equal(vmbus_sysfs_read_channel(dir, 35, &channel), 0);
	assert_false(channel.has_monitor);
}

/* vmbus_sysfs.c logs nothing, but its header declares the type. */
int vmbus_logtype_bus;

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a device of a current kernel is read", device_of_a_current_kernel_is_read),
		CASE("a GUID without braces is read too", guid_without_braces_is_read_too),
		CASE("a missing or senseless file fails, and is named",
		     missing_or_senseless_file_fails_and_is_named),
		CASE("numbers and GUIDs are taken strictly", numbers_and_guids_are_taken_strictly),
		CASE("a file that opens and cannot be read fails with its error",
		     file_that_opens_and_cannot_be_read_fails_with_its_error),
		CASE("the class of a broken device is known nevertheless",
		     class_of_a_broken_device_is_known_nevertheless),
		CASE("a monitor id out of range or absent means none",
		     monitor_id_out_of_range_or_absent_means_none),
		CASE("a kernel without NUMA says no node", kernel_without_numa_says_no_node),
		CASE("a device of another driver has no uio", device_of_another_driver_has_no_uio),
		CASE("a bound device without uio directory has none",
		     bound_device_without_uio_directory_has_none),
		CASE("a uio name with trailing characters is none",
		     uio_name_with_trailing_characters_is_none),
		CASE("a region is read", region_is_read),
		CASE("a region that the kernel has not is told from a broken one",
		     region_that_the_kernel_has_not_is_told_from_a_broken_one),
		CASE("a channel without rings is not ready", channel_without_rings_is_not_ready),
		CASE("only numbers are channels", only_numbers_are_channels),
		CASE("a kernel without channels is told so", kernel_without_channels_is_told_so),
		CASE("a kernel that does not number channels has no subchannels",
		     kernel_that_does_not_number_channels_has_no_subchannels),
		CASE("a channel number that makes no sense is refused",
		     channel_number_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests_name("vmbus sysfs", tests, NULL, NULL);
}
