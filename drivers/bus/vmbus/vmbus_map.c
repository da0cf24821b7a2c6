/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Maps a device's five regions into this process. Every process, primary or
 * secondary, opens and maps for itself and needs no equal addresses.
 *
 * Each way to fail is something an operator can mend, so each has its sentence.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmbus_private.h"

/* What a region is called in sysfs, and what its name carries. */
static const struct {
	const char *prefix;
	bool has_gpadl;		/* "recv:<handle>" */
	bool is_page;		/* one Hyper-V page, maybe inside a larger guest page */
} map_kind[VMBUS_MAP_MAX] = {
	[VMBUS_MAP_RINGS] = { "txrx_rings", false, false },
	[VMBUS_MAP_INT_PAGE] = { "int_page", false, true },
	[VMBUS_MAP_MON_PAGE] = { "monitor_page", false, true },
	[VMBUS_MAP_RECV_BUF] = { "recv:", true, false },
	[VMBUS_MAP_SEND_BUF] = { "send:", true, false },
};

/* Digits to the end of the name, 32 bits. */
static int
map_parse_gpadl(const char *text, uint32_t *gpadl)
{
	unsigned long long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value > UINT32_MAX)
		return -EINVAL;
	*gpadl = (uint32_t)value;
	return 0;
}

/*
 * With guest pages above 4 KiB some kernels gave a page that begins inside the
 * mapping; the low bits of its address tell where. Zero everywhere else.
 */
static int
map_page_offset(const struct vmbus_sysfs_map *info, uint64_t page_len, uint64_t *offset)
{
	*offset = info->addr & (page_len - 1);
	return *offset <= page_len - VMBUS_PAGE_SIZE ? 0 : -EINVAL;
}

static int
map_one(struct rte_vmbus_device *dev, const char *dir, unsigned int index)
{
	uint64_t page_len = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vmbus_region *region = &dev->region[index];
	const char *prefix = map_kind[index].prefix;
	struct vmbus_sysfs_map info;
	uint64_t offset = 0;
	uint8_t *addr;
	int ret;

	ret = vmbus_sysfs_read_map(dir, dev->uio_minor, index, &info);
	if (ret < 0)
		return ret;
	if (strncmp(info.name, prefix, strlen(prefix)) != 0 || info.size == 0 ||
	    info.size > INT32_MAX)
		return -EINVAL;
	if (map_kind[index].has_gpadl)
		ret = map_parse_gpadl(info.name + strlen(prefix), &region->gpadl);
	else if (map_kind[index].is_page)
		ret = map_page_offset(&info, page_len, &offset);
	if (ret < 0)
		return ret;
	if (map_kind[index].is_page)
		info.size = page_len;

	addr = vmbus_uio_map(dev->uio_fd, index, info.size);
	if (addr == NULL)
		return -errno;
	region->map = addr;
	region->map_len = info.size;
	region->addr = addr + offset;
	region->len = map_kind[index].is_page ? VMBUS_PAGE_SIZE : info.size;
	return 0;
}

static const char *
map_open_advice(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return "not permitted; run as root or give this user the device node";
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "the device is gone or has no node; check that it is still bound";
	case EAGAIN:
	case EBUSY:
		return "the host did not open the channel; is the card in use elsewhere?";
	default:
		return "cannot be opened";
	}
}

RTE_EXPORT_SYMBOL(rte_vmbus_map_device)
int
rte_vmbus_map_device(struct rte_vmbus_device *dev)
{
	char dir[PATH_MAX];
	unsigned int i;
	int ret;

	dev->uio_fd = vmbus_uio_open(dev->uio_minor);
	if (dev->uio_fd < 0) {
		ret = dev->uio_fd;
		VMBUS_LOG(ERR, "%s: /dev/uio%d: %s (%s)", dev->device.name, dev->uio_minor,
			  map_open_advice(-ret), strerror(-ret));
		dev->uio_fd = -1;
		return ret;
	}
	vmbus_sysfs_device_dir(dev, dir, sizeof(dir));
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		ret = map_one(dev, dir, i);
		if (ret < 0) {
			VMBUS_LOG(ERR, "%s: cannot map %s of /dev/uio%d: %s%s", dev->device.name,
				  map_kind[i].prefix, dev->uio_minor, strerror(-ret),
				  ret == -ENOENT ? "; the kernel is too old (4.16 is needed)" : "");
			rte_vmbus_unmap_device(dev);
			return ret;
		}
	}
	return 0;
}

RTE_EXPORT_SYMBOL(rte_vmbus_unmap_device)
void
rte_vmbus_unmap_device(struct rte_vmbus_device *dev)
{
	unsigned int i;

	/* The kernel frees ring pages on the last close: unmap first, close last. */
	vmbus_channel_close_all(dev);
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		vmbus_uio_unmap(dev->region[i].map, dev->region[i].map_len);
		memset(&dev->region[i], 0, sizeof(dev->region[i]));
	}
	vmbus_uio_close(dev->uio_fd);
	dev->uio_fd = -1;
}
