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

#include <rte_eal.h>

#include "vmbus_private.h"

/* Each of these answers what is wrong with a region, or NULL and the plan. */

/* Two rings of equal size: a page of control, at least a page of data. */
static const char *
map_plan_rings(const struct vmbus_sysfs_map *info, uint64_t page_len, struct vmbus_map_plan *plan)
{
	if (info->size % (2 * page_len) != 0 || info->size < 4 * page_len)
		return "its size makes no two rings";
	plan->map_len = info->size;
	plan->len = info->size;
	return NULL;
}

/*
 * With guest pages above 4 KiB some kernels gave a page that begins inside the
 * mapping, and the guest page's size for its length; the low bits of its address
 * tell where it begins. They are zero everywhere else.
 */
static const char *
map_plan_page(const struct vmbus_sysfs_map *info, uint64_t page_len, struct vmbus_map_plan *plan)
{
	plan->offset = info->addr & (page_len - 1);
	if (plan->offset > page_len - VMBUS_PAGE_SIZE)
		return "its address makes no sense";
	plan->map_len = page_len;
	plan->len = VMBUS_PAGE_SIZE;
	return NULL;
}

/* Its name ends in the handle by which the host knows it: "recv:925200". */
static const char *
map_plan_buffer(const struct vmbus_sysfs_map *info, uint64_t page_len __rte_unused,
		struct vmbus_map_plan *plan)
{
	const char *text = strchr(info->name, ':') + 1;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != '\0' || value > UINT32_MAX)
		return "its name ends in no GPADL handle";
	plan->gpadl = (uint32_t)value;
	plan->map_len = info->size;
	plan->len = info->size;
	return NULL;
}

/* In the order of the kernel's maps. */
static const struct {
	const char *prefix;	/* its name in sysfs begins so */
	const char *(*plan)(const struct vmbus_sysfs_map *info, uint64_t page_len,
			    struct vmbus_map_plan *plan);
} map_kind[VMBUS_MAP_MAX] = {
	[VMBUS_MAP_RINGS] = { "txrx_rings", map_plan_rings },
	[VMBUS_MAP_INT_PAGE] = { "int_page", map_plan_page },
	[VMBUS_MAP_MON_PAGE] = { "monitor_page", map_plan_page },
	[VMBUS_MAP_RECV_BUF] = { "recv:", map_plan_buffer },
	[VMBUS_MAP_SEND_BUF] = { "send:", map_plan_buffer },
};

static const char *
map_read_advice(int err, unsigned int index)
{
	if (err != ENOENT)
		return "what sysfs says of it makes no sense";
	if (index < VMBUS_MAP_RECV_BUF)
		return "the device is gone";
	return "this kernel does not provide it; Linux 4.16 or newer does";
}

static const char *
map_plan_one(unsigned int index, const struct vmbus_sysfs_map *info, uint64_t page_len,
	     struct vmbus_map_plan *plan)
{
	const char *prefix = map_kind[index].prefix;

	if (strncmp(info->name, prefix, strlen(prefix)) != 0)
		return "another region is in its place";
	if (info->size == 0 || info->size > INT32_MAX)
		return "its size makes no sense";
	return map_kind[index].plan(info, page_len, plan);
}

/*
 * The primary process finds out how a region is to be mapped, for all. On
 * failure *why is what an operator should know.
 */
static int
map_find_plan(const struct rte_vmbus_device *dev, const char *dir, unsigned int index,
	      const char **why)
{
	struct vmbus_map_plan *plan = &dev->shared->map[index];
	struct vmbus_sysfs_map info;
	int ret;

	/* Read after the open, so that it is this device's node that we have. */
	ret = vmbus_sysfs_read_map(dir, dev->node.uio_minor, index, &info);
	if (ret < 0) {
		*why = map_read_advice(-ret, index);
		return ret;
	}
	memset(plan, 0, sizeof(*plan));
	*why = map_plan_one(index, &info, (uint64_t)sysconf(_SC_PAGESIZE), plan);
	return *why != NULL ? -EINVAL : 0;
}

static int
map_region(struct rte_vmbus_device *dev, unsigned int index, const char **why)
{
	const struct vmbus_map_plan *plan = &dev->shared->map[index];
	uint8_t *addr = vmbus_uio_map(dev->uio_fd, index, plan->map_len);

	if (addr == NULL) {
		*why = "the kernel refuses";
		return -errno;
	}
	dev->region[index] = (struct vmbus_region){
		.addr = addr + plan->offset,
		.len = plan->len,
		.gpadl = plan->gpadl,
		.map = addr,
		.map_len = plan->map_len,
	};
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

static int
map_open(struct rte_vmbus_device *dev)
{
	int fd = vmbus_uio_open(dev->node.uio_minor);

	if (fd < 0) {
		VMBUS_LOG(ERR, "%s: /dev/uio%d: %s (%s)", dev->device.name, dev->node.uio_minor,
			  map_open_advice(-fd), strerror(-fd));
		return fd;
	}
	dev->uio_fd = fd;
	return 0;
}

static int
map_regions(struct rte_vmbus_device *dev, const char *dir)
{
	const char *why = "";
	unsigned int i;
	int ret = 0;

	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		if (rte_eal_process_type() == RTE_PROC_PRIMARY)
			ret = map_find_plan(dev, dir, i, &why);
		if (ret == 0)
			ret = map_region(dev, i, &why);
		if (ret < 0) {
			VMBUS_LOG(ERR, "%s: cannot map %s of /dev/uio%d: %s (%s)",
				  dev->device.name, map_kind[i].prefix, dev->node.uio_minor, why,
				  strerror(-ret));
			return ret;
		}
	}
	return 0;
}

/*
 * Two processes have to have the same device. It may have gone and come back
 * between their looks at it, so look again with the node open: one that comes
 * after it has another.
 */
static int
map_check_node(const struct rte_vmbus_device *dev, const char *dir)
{
	const struct vmbus_node *node = &dev->shared->node;
	struct rte_vmbus_device now = { 0 };
	const char *file;

	if (vmbus_sysfs_read_device(dir, &now, &file) == 0 &&
	    rte_uuid_compare(now.device_id, dev->shared->device_id) == 0 &&
	    vmbus_node_is_same(&now.node, node) && vmbus_node_is_same(&dev->node, node))
		return 0;
	VMBUS_LOG(ERR, "%s: /dev/uio%d is not the device that the primary process uses",
		  dev->device.name, dev->node.uio_minor);
	return -ENODEV;
}

static int
map_find_shared(struct rte_vmbus_device *dev)
{
	int ret;

	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		return vmbus_shared_alloc(dev);
	ret = vmbus_shared_find(dev);
	if (ret < 0)
		VMBUS_LOG(ERR, "%s: the primary process does not use it", dev->device.name);
	return ret;
}

/* What a secondary process needs to do the same. Release: it finds that complete. */
static void
map_publish(struct rte_vmbus_device *dev)
{
	dev->shared->node = dev->node;
	rte_atomic_store_explicit(&dev->shared->is_mapped, true, rte_memory_order_release);
}

RTE_EXPORT_SYMBOL(rte_vmbus_map_device)
int
rte_vmbus_map_device(struct rte_vmbus_device *dev)
{
	bool is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	char dir[PATH_MAX];
	int ret;

	if (dev->uio_fd >= 0)
		return -EBUSY;
	ret = map_find_shared(dev);
	if (ret == 0)
		ret = map_open(dev);
	if (ret < 0)
		return ret;
	vmbus_sysfs_device_dir(dev, dir, sizeof(dir));
	if (!is_primary)
		ret = map_check_node(dev, dir);
	if (ret == 0)
		ret = map_regions(dev, dir);
	if (ret < 0) {
		rte_vmbus_unmap_device(dev);
		return ret;
	}
	if (is_primary)
		map_publish(dev);
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vmbus_take_region)
void *
rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len)
{
	void *map = dev->region[which].map;

	*len = dev->region[which].map_len;
	memset(&dev->region[which], 0, sizeof(dev->region[which]));
	return map;
}

RTE_EXPORT_SYMBOL(rte_vmbus_unmap_device)
void
rte_vmbus_unmap_device(struct rte_vmbus_device *dev)
{
	unsigned int i;

	if (dev->shared != NULL && rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_atomic_store_explicit(&dev->shared->is_mapped, false,
					  rte_memory_order_release);
	/* The kernel frees ring pages on the last close: unmap first, close last. */
	vmbus_channel_close_all(dev);
	for (i = 0; i < VMBUS_MAP_MAX; i++) {
		vmbus_uio_unmap(dev->region[i].map, dev->region[i].map_len);
		memset(&dev->region[i], 0, sizeof(dev->region[i]));
	}
	vmbus_uio_close(dev->uio_fd);
	dev->uio_fd = -1;
}
