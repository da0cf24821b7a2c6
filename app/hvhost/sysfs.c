/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See sysfs.h. A directory is filled under another name and renamed, so that
 * no reader sees half of one.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sysfs.h"

/* Class of synthetic network devices, and the same as the kernel's modalias has it. */
#define CLASS_NETWORK "f8615163-df3e-46c5-913f-f2d2f965ed0e"
#define MODALIAS_NETWORK "vmbus:635161f83edfc546913ff2d2f965ed0e"

#define DEVICES "bus/vmbus/devices"
#define DRIVER "bus/vmbus/drivers/uio_hv_generic"

/* A directory being filled; remembers the first failure. */
struct fill {
	char path[PATH_MAX];
	int ret;
};

static void fill_file(struct fill *fill, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
fill_file(struct fill *fill, const char *name, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;

	if (fill->ret < 0)
		return;
	if (snprintf(path, sizeof(path), "%s/%s", fill->path, name) >= (int)sizeof(path)) {
		fill->ret = -ENAMETOOLONG;
		return;
	}
	file = fopen(path, "we");
	if (file == NULL) {
		fill->ret = -errno;
		return;
	}
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	if (fputc('\n', file) == EOF || fclose(file) == EOF)
		fill->ret = -EIO;
}

static int
make_dirs(const char *base, const char *below)
{
	char path[PATH_MAX];
	size_t i, len;

	if (snprintf(path, sizeof(path), "%s/%s/", base, below) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	len = 1;
	/* Forward over the path's own length. */
	for (i = len; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		path[i] = '/';
	}
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

static void
remove_tree(const char *path)
{
	/* Children first; links are removed, not followed. */
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int
sysfs_create(const char *tree)
{
	int ret;

	remove_tree(tree);
	ret = make_dirs(tree, DEVICES);
	if (ret == 0)
		ret = make_dirs(tree, DRIVER);
	if (ret == 0)
		ret = make_dirs(tree, "class/uio");
	return ret;
}

void
sysfs_destroy(const char *tree)
{
	remove_tree(tree);
}

static void
fill_dir(struct fill *fill, struct fill *sub, const char *name)
{
	*sub = (struct fill){ .ret = fill->ret };
	if (sub->ret < 0)
		return;
	sub->ret = make_dirs(fill->path, name);
	if (snprintf(sub->path, sizeof(sub->path), "%s/%s", fill->path, name) >=
	    (int)sizeof(sub->path))
		sub->ret = -ENAMETOOLONG;
}

static void
fill_map(struct fill *uio, unsigned int index, const struct sysfs_map *map)
{
	char name[32];
	struct fill dir;

	snprintf(name, sizeof(name), "maps/map%u", index);
	fill_dir(uio, &dir, name);
	fill_file(&dir, "name", "%s", map->name);
	fill_file(&dir, "addr", "0x%016" PRIx64, map->addr);
	fill_file(&dir, "size", "0x%016" PRIx64, map->len);
	fill_file(&dir, "offset", "0x0");
	uio->ret = dir.ret;
}

static void
fill_uio(struct fill *device, const struct sysfs_device *dev)
{
	char name[32];
	struct fill uio;
	unsigned int i;

	snprintf(name, sizeof(name), "uio/uio%u", dev->minor);
	fill_dir(device, &uio, name);
	fill_file(&uio, "name", "uio_hv_generic");
	fill_file(&uio, "version", "0.02.1");
	fill_file(&uio, "event", "0");
	for (i = 0; i < SYSFS_MAPS; i++)
		fill_map(&uio, i, &dev->map[i]);
	device->ret = uio.ret;
}

static void
fill_link(struct fill *fill, const char *name, const char *target)
{
	char path[PATH_MAX];

	if (fill->ret < 0)
		return;
	if (snprintf(path, sizeof(path), "%s/%s", fill->path, name) >= (int)sizeof(path))
		fill->ret = -ENAMETOOLONG;
	else if (symlink(target, path) < 0)
		fill->ret = -errno;
}

/* Make the filled directory appear; or remove it. */
static int
fill_show(struct fill *fill, const char *parent, const char *name)
{
	char path[PATH_MAX];

	if (fill->ret == 0 &&
	    snprintf(path, sizeof(path), "%s/%s", parent, name) >= (int)sizeof(path))
		fill->ret = -ENAMETOOLONG;
	if (fill->ret == 0 && rename(fill->path, path) < 0)
		fill->ret = -errno;
	if (fill->ret < 0)
		remove_tree(fill->path);
	return fill->ret;
}

static int
fill_device(const char *tree, const struct sysfs_device *dev)
{
	struct fill top = { .ret = 0 }, fill;
	char parent[PATH_MAX];

	snprintf(top.path, sizeof(top.path), "%s", tree);
	fill_dir(&top, &fill, "new");
	fill_file(&fill, "class_id", "{" CLASS_NETWORK "}");
	fill_file(&fill, "device_id", "{%s}", dev->instance);
	fill_file(&fill, "modalias", MODALIAS_NETWORK);
	fill_file(&fill, "id", "%u", dev->relid);
	fill_file(&fill, "state", "3");
	fill_file(&fill, "vendor", "0x1414");
	fill_file(&fill, "device", "0x3");
	fill_file(&fill, "numa_node", "0");
	fill_file(&fill, "driver_override", "uio_hv_generic");
	fill_file(&fill, "channel_vp_mapping", "%u:0", dev->relid);
	if (dev->monitored)
		fill_file(&fill, "monitor_id", "%u", dev->monitor_id);
	fill_link(&fill, "driver", "../../drivers/uio_hv_generic");
	fill_link(&fill, "subsystem", "../..");
	fill_uio(&fill, dev);
	if (fill.ret == 0)
		fill.ret = make_dirs(fill.path, "channels");
	if (snprintf(parent, sizeof(parent), "%s/" DEVICES, tree) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	return fill_show(&fill, parent, dev->instance);
}

/* class/uio/uioN/device leads to the device. */
static int
add_class(const char *tree, const struct sysfs_device *dev)
{
	struct fill top = { .ret = 0 }, fill;
	char name[32], target[128];

	snprintf(top.path, sizeof(top.path), "%s", tree);
	snprintf(name, sizeof(name), "class/uio/uio%u", dev->minor);
	snprintf(target, sizeof(target), "../../../" DEVICES "/%s", dev->instance);
	fill_dir(&top, &fill, name);
	fill_link(&fill, "device", target);
	return fill.ret;
}

int
sysfs_add_device(const char *tree, const struct sysfs_device *dev)
{
	int ret = fill_device(tree, dev);

	return ret < 0 ? ret : add_class(tree, dev);
}

void
sysfs_remove_device(const char *tree, const struct sysfs_device *dev)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/class/uio/uio%u", tree, dev->minor);
	remove_tree(path);
	snprintf(path, sizeof(path), "%s/" DEVICES "/%s", tree, dev->instance);
	remove_tree(path);
}

int
sysfs_add_channel(const char *tree, const char *instance, const struct sysfs_channel *channel)
{
	struct fill top = { .ret = 0 }, fill;
	char parent[PATH_MAX], name[16], ring[64];

	snprintf(top.path, sizeof(top.path), "%s", tree);
	fill_dir(&top, &fill, "new");
	fill_file(&fill, "subchannel_id", "%u", channel->index);
	fill_file(&fill, "cpu", "0");
	fill_file(&fill, "latency", "1000");
	fill_file(&fill, "pending", "0");
	fill_file(&fill, "events", "0");
	fill_file(&fill, "interrupts", "0");
	if (channel->monitored)
		fill_file(&fill, "monitor_id", "%u", channel->monitor_id);
	/* The memory itself, so that open, fstat and mmap work as with the kernel's file. */
	snprintf(ring, sizeof(ring), "/proc/%d/fd/%d", (int)getpid(), channel->ring_fd);
	fill_link(&fill, "ring", ring);
	if (snprintf(parent, sizeof(parent), "%s/" DEVICES "/%s/channels", tree, instance) >=
	    (int)sizeof(parent))
		return -ENAMETOOLONG;
	snprintf(name, sizeof(name), "%u", channel->relid);
	return fill_show(&fill, parent, name);
}
