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
#include "transport.h"

/* Class of synthetic network devices. */
#define CLASS_NETWORK "f8615163-df3e-46c5-913f-f2d2f965ed0e"

/* Where devices really are, and the lists of them, which are links. */
#define DEVICES "devices/vmbus"
#define BUS_LIST "bus/vmbus/devices"
#define UIO_LIST "class/uio"
#define DRIVER "bus/vmbus/drivers/" SYSFS_DRIVER
/* What stands for device nodes. */
#define NODES "dev"

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
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int
sysfs_create(const char *tree)
{
	static const char *const dirs[] = { DEVICES, BUS_LIST, UIO_LIST, DRIVER, NODES };
	unsigned int i;
	int ret = 0;

	remove_tree(tree);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && ret == 0; i++)
		ret = make_dirs(tree, dirs[i]);
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

/* A directory of nobody yet. */
static void
fill_new(struct fill *fill, const char *tree)
{
	struct fill top = { .ret = 0 };

	snprintf(top.path, sizeof(top.path), "%s", tree);
	fill_dir(&top, fill, "new");
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
fill_uio(struct fill *uios, const struct sysfs_device *dev)
{
	char name[32], target[64];
	struct fill uio;
	unsigned int i;

	snprintf(name, sizeof(name), "uio%u", dev->minor);
	snprintf(target, sizeof(target), "../../../%s", dev->instance);
	fill_dir(uios, &uio, name);
	fill_file(&uio, "name", SYSFS_DRIVER);
	fill_file(&uio, "version", "0.02.1");
	fill_file(&uio, "event", "0");
	fill_file(&uio, "dev", "%u:%u", TRANSPORT_UIO_MAJOR, dev->minor);
	fill_file(&uio, "uevent", "MAJOR=%u\nMINOR=%u\nDEVNAME=uio%u", TRANSPORT_UIO_MAJOR,
		  dev->minor, dev->minor);
	fill_link(&uio, "device", target);
	fill_link(&uio, "subsystem", "../../../../../" UIO_LIST);
	for (i = 0; i < SYSFS_MAPS; i++)
		fill_map(&uio, i, &dev->map[i]);
	uios->ret = uio.ret;
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
	struct fill fill;
	char parent[PATH_MAX];

	fill_new(&fill, tree);
	fill_file(&fill, "class_id", "{" CLASS_NETWORK "}");
	fill_file(&fill, "device_id", "{%s}", dev->instance);
	fill_file(&fill, "modalias", SYSFS_MODALIAS);
	fill_file(&fill, "id", "%u", dev->relid);
	fill_file(&fill, "state", "3");
	fill_file(&fill, "vendor", "0x1414");
	fill_file(&fill, "device", "0x3");
	fill_file(&fill, "numa_node", "0");
	fill_file(&fill, "driver_override", SYSFS_DRIVER);
	fill_file(&fill, "channel_vp_mapping", "%u:0", dev->relid);
	if (dev->monitored)
		fill_file(&fill, "monitor_id", "%u", dev->monitor_id);
	fill_link(&fill, "subsystem", "../../../bus/vmbus");
	if (snprintf(parent, sizeof(parent), "%s/" DEVICES, tree) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	return fill_show(&fill, parent, dev->instance);
}

/* A link in one of the tree's directories. */
static int
add_link(const char *tree, const char *list, const char *name, const char *target)
{
	struct fill fill = { .ret = 0 };

	if (snprintf(fill.path, sizeof(fill.path), "%s/%s", tree, list) >= (int)sizeof(fill.path))
		return -ENAMETOOLONG;
	fill_link(&fill, name, target);
	return fill.ret;
}

int
sysfs_add_device(const char *tree, const struct sysfs_device *dev)
{
	char target[128];
	int ret;

	ret = fill_device(tree, dev);
	if (ret < 0)
		return ret;
	snprintf(target, sizeof(target), "../../../" DEVICES "/%s", dev->instance);
	return add_link(tree, BUS_LIST, dev->instance, target);
}

/* Out of sight first, so that no reader sees half of it. */
static void
remove_dir(const char *tree, const char *dir)
{
	char path[PATH_MAX], aside[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", tree, dir) >= (int)sizeof(path) ||
	    snprintf(aside, sizeof(aside), "%s/old", tree) >= (int)sizeof(aside) ||
	    rename(path, aside) < 0)
		return;
	remove_tree(aside);
}

static void
remove_link(const char *tree, const char *list, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/%s", tree, list, name) < (int)sizeof(path))
		unlink(path);
}

void
sysfs_unlist_device(const char *tree, const struct sysfs_device *dev)
{
	remove_link(tree, BUS_LIST, dev->instance);
}

void
sysfs_remove_device(const char *tree, const struct sysfs_device *dev)
{
	char name[128];

	snprintf(name, sizeof(name), DEVICES "/%s", dev->instance);
	remove_dir(tree, name);
}

/* The driver */

int
sysfs_bind_device(const char *tree, const struct sysfs_device *dev)
{
	char uio[16], path[96], target[160], parent[PATH_MAX];
	struct fill fill;
	int ret;

	snprintf(path, sizeof(path), DEVICES "/%s", dev->instance);
	ret = add_link(tree, path, "driver", "../../../" DRIVER);
	if (ret < 0)
		return ret;
	fill_new(&fill, tree);
	fill_uio(&fill, dev);
	if (snprintf(parent, sizeof(parent), "%s/%s", tree, path) >= (int)sizeof(parent))
		fill.ret = -ENAMETOOLONG;
	ret = fill_show(&fill, parent, "uio");
	if (ret < 0)
		return ret;
	snprintf(uio, sizeof(uio), "uio%u", dev->minor);
	snprintf(target, sizeof(target), "../../%s/uio/%s", path, uio);
	return add_link(tree, UIO_LIST, uio, target);
}

void
sysfs_unbind_device(const char *tree, const struct sysfs_device *dev)
{
	char name[128];

	snprintf(name, sizeof(name), "uio%u", dev->minor);
	remove_link(tree, UIO_LIST, name);
	snprintf(name, sizeof(name), DEVICES "/%s/uio", dev->instance);
	remove_dir(tree, name);
	snprintf(name, sizeof(name), DEVICES "/%s", dev->instance);
	remove_link(tree, name, "driver");
}

int
sysfs_add_node(const char *tree, const struct sysfs_device *dev)
{
	char name[16], target[64];

	snprintf(name, sizeof(name), "uio%u", dev->minor);
	snprintf(target, sizeof(target), "../" UIO_LIST "/%s", name);
	return add_link(tree, NODES, name, target);
}

void
sysfs_remove_node(const char *tree, const struct sysfs_device *dev)
{
	char name[16];

	snprintf(name, sizeof(name), "uio%u", dev->minor);
	remove_link(tree, NODES, name);
}

/* Channels */

static void
fill_channel(struct fill *fill, const struct sysfs_channel *channel)
{
	fill_file(fill, "cpu", "0");
	fill_file(fill, "events", "0");
	fill_file(fill, "interrupts", "0");
	/* Without a monitor the kernel hides what is about it. */
	if (channel->monitored) {
		fill_file(fill, "latency", "1000");
		fill_file(fill, "pending", "0");
	}
	if (channel->is_bare)
		return;
	fill_file(fill, "subchannel_id", "%u", channel->index);
	if (channel->monitored)
		fill_file(fill, "monitor_id", "%u", channel->monitor_id);
}

int
sysfs_add_channel(const char *tree, const struct sysfs_channel *channel)
{
	char device[PATH_MAX], parent[PATH_MAX], name[16];
	struct fill fill;

	if (snprintf(device, sizeof(device), "%s/" DEVICES "/%s", tree, channel->instance) >=
	    (int)sizeof(device) ||
	    snprintf(parent, sizeof(parent), "%s/channels", device) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	fill_new(&fill, tree);
	fill_channel(&fill, channel);
	if (fill.ret == 0)
		fill.ret = make_dirs(device, "channels");
	snprintf(name, sizeof(name), "%u", channel->relid);
	return fill_show(&fill, parent, name);
}

/* The ring file has a size, and nothing in it: the host is asked for what is mapped. */
int
sysfs_add_ring(const char *tree, const struct sysfs_channel *channel)
{
	char path[PATH_MAX], new[PATH_MAX];
	int fd, ret = 0;

	if (snprintf(path, sizeof(path), "%s/" DEVICES "/%s/channels/%u/ring", tree,
		     channel->instance, channel->relid) >= (int)sizeof(path) ||
	    snprintf(new, sizeof(new), "%s/new", tree) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	fd = open(new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)channel->ring_len) < 0 || rename(new, path) < 0) {
		ret = -errno;
		unlink(new);
	}
	close(fd);
	return ret;
}

void
sysfs_remove_channel(const char *tree, const char *instance, uint32_t relid)
{
	char name[128];

	snprintf(name, sizeof(name), DEVICES "/%s/channels/%u", instance, relid);
	remove_dir(tree, name);
}
