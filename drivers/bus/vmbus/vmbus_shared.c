/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The records of the devices that the primary process uses, in memory that all
 * processes share: by them a secondary process finds what it has to open and
 * map, and where in the rings the others are.
 */

#include <errno.h>

#include <rte_eal_memconfig.h>
#include <rte_malloc.h>
#include <rte_tailq.h>

#include "vmbus_private.h"

TAILQ_HEAD(vmbus_shared_list, vmbus_shared);

/*
 * EAL refuses two lists of one name, so that a program which loads this bus and
 * another build of it stops with a message instead of running both on the same
 * devices.
 */
static struct rte_tailq_elem shared_tailq = {
	.name = "VMBUS_RESOURCE_LIST",
};
EAL_REGISTER_TAILQ(shared_tailq)

static struct vmbus_shared_list *
shared_list(void)
{
	return RTE_TAILQ_CAST(shared_tailq.head, vmbus_shared_list);
}

int
vmbus_shared_alloc(struct rte_vmbus_device *dev)
{
	struct vmbus_shared *shared;

	if (dev->shared != NULL)
		return 0;
	shared = rte_zmalloc_socket("vmbus", sizeof(*shared), alignof(struct vmbus_shared),
				    dev->device.numa_node);
	if (shared == NULL)
		return -ENOMEM;
	rte_uuid_copy(shared->device_id, dev->device_id);
	rte_mcfg_tailq_write_lock();
	TAILQ_INSERT_TAIL(shared_list(), shared, next);
	rte_mcfg_tailq_write_unlock();
	dev->shared = shared;
	return 0;
}

void
vmbus_shared_free(struct rte_vmbus_device *dev)
{
	if (dev->shared == NULL)
		return;
	rte_mcfg_tailq_write_lock();
	TAILQ_REMOVE(shared_list(), dev->shared, next);
	rte_mcfg_tailq_write_unlock();
	rte_free(dev->shared);
	dev->shared = NULL;
}

int
vmbus_shared_find(struct rte_vmbus_device *dev)
{
	struct vmbus_shared *shared;

	rte_mcfg_tailq_read_lock();
	TAILQ_FOREACH(shared, shared_list(), next) {
		if (rte_uuid_compare(shared->device_id, dev->device_id) == 0)
			break;
	}
	rte_mcfg_tailq_read_unlock();
	/* Acquire: who sees that it is mapped sees how. */
	if (shared == NULL ||
	    !rte_atomic_load_explicit(&shared->is_mapped, rte_memory_order_acquire))
		return -ENODEV;
	dev->shared = shared;
	return 0;
}
