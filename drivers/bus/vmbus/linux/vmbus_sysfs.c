/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Reads the kernel's sysfs tree: what a device is, its UIO regions, its
 * channels. Reads only; who needs what, and what to do when it is missing, is
 * decided by the callers. Devices come and go while we read, so any file may
 * fail to open or read.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "vmbus_private.h"

/* Relids count from 1; Linux and the hosts have 2048 event flags for them. */
#define SYSFS_RELID_MIN 1u
#define SYSFS_RELID_MAX 2047u

/* Read a one-line file without its newline. */
static int
sysfs_read_text(const char *dir, const char *file, char *text, size_t len)
{
	char path[PATH_MAX];
	ssize_t got;
	int fd, ret;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, len - 1);
	ret = got < 0 ? -errno : 0;
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return ret;
}

/* A whole string that is one number from 0 to max; base 0 takes 0x too. */
static int
sysfs_parse_number(const char *text, int base, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() alone would take blanks and a minus sign. */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return errno == 0 && *end == '\0' && *value <= max ? 0 : -EINVAL;
}

static int
sysfs_read_number(const char *dir, const char *file, uint64_t max, uint64_t *value)
{
	char text[64];
	int ret = sysfs_read_text(dir, file, text, sizeof(text));

	return ret < 0 ? ret : sysfs_parse_number(text, 0, max, value);
}

static int
sysfs_parse_relid(const char *text, uint32_t *relid)
{
	uint64_t value;
	int ret = sysfs_parse_number(text, 10, SYSFS_RELID_MAX, &value);

	if (ret < 0)
		return ret;
	if (value < SYSFS_RELID_MIN)
		return -EINVAL;
	*relid = (uint32_t)value;
	return 0;
}

static int
sysfs_read_relid(const char *dir, uint32_t *relid)
{
	char text[64];
	int ret = sysfs_read_text(dir, "id", text, sizeof(text));

	return ret < 0 ? ret : sysfs_parse_relid(text, relid);
}

/* The kernel writes GUIDs in braces; take them without as well. */
static int
sysfs_read_uuid(const char *dir, const char *file, rte_uuid_t uuid)
{
	char text[64];
	char *start = text;
	size_t len;
	int ret = sysfs_read_text(dir, file, text, sizeof(text));

	if (ret < 0)
		return ret;
	len = strlen(text);
	if (len > 2 && text[0] == '{' && text[len - 1] == '}') {
		text[len - 1] = '\0';
		start++;
	}
	return rte_uuid_parse(start, uuid) == 0 ? 0 : -EINVAL;
}

/*
 * A channel without monitor has no such file on newer kernels and a number out
 * of range on older ones.
 */
static bool
sysfs_read_monitor(const char *dir, uint8_t *id)
{
	uint64_t value;

	if (sysfs_read_number(dir, "monitor_id", UINT32_MAX, &value) < 0 ||
	    value >= VMBUS_MONITOR_MAX)
		return false;
	*id = (uint8_t)value;
	return true;
}

/* The one entry uio/uioN, if there is one. */
static void
sysfs_read_uio(const char *dir, struct vmbus_node *node)
{
	char path[PATH_MAX];
	struct dirent *entry;
	uint64_t minor;
	DIR *uio;

	node->uio_minor = -1;
	snprintf(path, sizeof(path), "%s/uio", dir);
	uio = opendir(path);
	if (uio == NULL)
		return;
	/* Forward: readdir() ends after the directory's last entry. */
	while (node->uio_minor < 0 && (entry = readdir(uio)) != NULL) {
		if (strncmp(entry->d_name, "uio", 3) != 0 ||
		    sysfs_parse_number(entry->d_name + 3, 10, INT_MAX, &minor) < 0)
			continue;
		node->uio_minor = (int)minor;
		node->inode = entry->d_ino;
	}
	closedir(uio);
}

void
vmbus_sysfs_read_driver(const char *dir, char *name, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *base;
	ssize_t got;

	snprintf(path, sizeof(path), "%s/driver", dir);
	got = readlink(path, target, sizeof(target) - 1);
	target[got < 0 ? 0 : got] = '\0';
	base = strrchr(target, '/');
	strlcpy(name, base != NULL ? base + 1 : target, len);
}

int
vmbus_sysfs_read_device(const char *dir, struct rte_vmbus_device *dev, const char **file)
{
	char driver[64];
	uint64_t value;
	int ret;

	*file = "class_id";
	ret = sysfs_read_uuid(dir, *file, dev->class_id);
	if (ret < 0)
		return ret;
	*file = "device_id";
	ret = sysfs_read_uuid(dir, *file, dev->device_id);
	if (ret < 0)
		return ret;
	*file = "id";
	ret = sysfs_read_relid(dir, &dev->node.relid);
	if (ret < 0)
		return ret;
	dev->has_monitor = sysfs_read_monitor(dir, &dev->monitor_id);
	/* The file exists on NUMA kernels since 4.19. */
	ret = sysfs_read_number(dir, "numa_node", INT_MAX, &value);
	dev->device.numa_node = ret < 0 ? -1 : (int)value;

	vmbus_sysfs_read_driver(dir, driver, sizeof(driver));
	dev->node.uio_minor = -1;
	if (strcmp(driver, VMBUS_UIO_DRIVER) == 0)
		sysfs_read_uio(dir, &dev->node);
	return 0;
}

bool
vmbus_node_is_same(const struct vmbus_node *a, const struct vmbus_node *b)
{
	return a->inode == b->inode && a->relid == b->relid && a->uio_minor == b->uio_minor;
}

int
vmbus_sysfs_read_map(const char *dir, int minor, unsigned int index, struct vmbus_sysfs_map *map)
{
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/uio/uio%d/maps/map%u", dir, minor, index) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	ret = sysfs_read_text(path, "name", map->name, sizeof(map->name));
	if (ret < 0)
		return ret;
	ret = sysfs_read_number(path, "addr", UINT64_MAX, &map->addr);
	if (ret < 0)
		return ret;
	return sysfs_read_number(path, "size", UINT64_MAX, &map->size);
}

bool
vmbus_sysfs_has_subchannels(const char *dir, uint32_t relid)
{
	char path[PATH_MAX];

	/* Not "ring": that of the primary may be missing on kernels that know subchannels. */
	return snprintf(path, sizeof(path), "%s/channels/%u/subchannel_id", dir, relid) <
	       (int)sizeof(path) && access(path, F_OK) == 0;
}

int
vmbus_sysfs_read_channel(const char *dir, uint32_t relid, struct vmbus_sysfs_channel *channel)
{
	char path[PATH_MAX], ring[PATH_MAX];
	uint64_t index;
	int ret;

	if (snprintf(path, sizeof(path), "%s/channels/%u", dir, relid) >= (int)sizeof(path) ||
	    snprintf(ring, sizeof(ring), "%s/ring", path) >= (int)sizeof(ring))
		return -ENAMETOOLONG;
	/* First the rings: before they are there, other files may fail to read. */
	if (access(ring, F_OK) < 0)
		return -EAGAIN;
	ret = sysfs_read_number(path, "subchannel_id", UINT16_MAX, &index);
	if (ret < 0)
		return ret;
	channel->relid = relid;
	channel->index = (uint16_t)index;
	channel->has_monitor = sysfs_read_monitor(path, &channel->monitor_id);
	return 0;
}

int
vmbus_sysfs_walk_devices(int (*found)(const char *sysfs_name, void *ctx), void *ctx)
{
	struct dirent *entry;
	DIR *devices;
	int ret = 0;

	devices = opendir(VMBUS_SYSFS_DEVICES);
	if (devices == NULL)
		return -errno;
	/* Forward: readdir() ends after the directory's last entry. */
	while (ret == 0 && (entry = readdir(devices)) != NULL) {
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < VMBUS_NAME_MAX)
			ret = found(entry->d_name, ctx);
	}
	closedir(devices);
	return ret;
}

int
vmbus_sysfs_walk_channels(const char *dir, int (*found)(uint32_t relid, void *ctx), void *ctx)
{
	char path[PATH_MAX];
	struct dirent *entry;
	uint32_t relid;
	DIR *channels;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/channels", dir);
	channels = opendir(path);
	if (channels == NULL)
		return -ENOENT;
	/* Forward: readdir() ends after the directory's last entry. */
	while (ret == 0 && (entry = readdir(channels)) != NULL) {
		if (sysfs_parse_relid(entry->d_name, &relid) == 0)
			ret = found(relid, ctx);
	}
	closedir(channels);
	return ret;
}

void
vmbus_sysfs_device_dir(const struct rte_vmbus_device *dev, char *dir, size_t len)
{
	snprintf(dir, len, VMBUS_SYSFS_DEVICES "/%s", dev->sysfs_name);
}
