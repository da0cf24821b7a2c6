/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stdlib.h>
#include <sys/mman.h>

#include <bus_vmbus_driver.h>
#include <rte_spinlock.h>

#include "hn_alloc.h"
#include "hn_rxmem.h"

/* Of ports that are closed; in this process. */
static struct hn_rxmem *rxmem_held;
static rte_spinlock_t rxmem_lock = RTE_SPINLOCK_INITIALIZER;

/* From the last page on: a row goes on where the next page's address follows. */
static void
rxmem_find_rows(struct hn_rxmem *mem)
{
	struct hn_rxmem_page *page;
	uint32_t i = mem->page_count;

	while (i-- != 0) {
		page = &mem->page[i];
		page->row_end = i + 1 < mem->page_count &&
				page[1].iova == page->iova + VMBUS_PAGE_SIZE ?
				page[1].row_end : (i + 1) * VMBUS_PAGE_SIZE;
	}
}

struct hn_rxmem *
hn_rxmem_create(const struct rte_vmbus_device *dev)
{
	const struct vmbus_region *region = &dev->region[VMBUS_MAP_RECV_BUF];
	uint32_t i, count = (uint32_t)(region->len / VMBUS_PAGE_SIZE);
	struct hn_rxmem *mem = hn_alloc_lines(sizeof(*mem) + count * sizeof(mem->page[0]));

	if (mem == NULL)
		return NULL;
	rte_atomic_store_explicit(&mem->refs, 1, rte_memory_order_relaxed);
	rte_uuid_copy(mem->device, dev->device_id);
	mem->base = region->addr;
	mem->len = count * VMBUS_PAGE_SIZE;
	mem->page_count = count;
	for (i = 0; i < count; i++) {
		/* A page that was never touched has no address yet. */
		(void)*(const volatile uint8_t *)(mem->base + (size_t)i * VMBUS_PAGE_SIZE);
		mem->page[i].iova = rte_mem_virt2iova(mem->base + (size_t)i * VMBUS_PAGE_SIZE);
		if (mem->page[i].iova == RTE_BAD_IOVA) {
			free(mem);
			return NULL;
		}
	}
	rxmem_find_rows(mem);
	return mem;
}

void
hn_rxmem_get(struct hn_rxmem *mem)
{
	(void)rte_atomic_fetch_add_explicit(&mem->refs, 1, rte_memory_order_relaxed);
}

static void
rxmem_forget(struct hn_rxmem *mem)
{
	struct hn_rxmem **link;

	rte_spinlock_lock(&rxmem_lock);
	for (link = &rxmem_held; *link != NULL; link = &(*link)->next) {
		if (*link == mem) {
			*link = mem->next;
			break;
		}
	}
	rte_spinlock_unlock(&rxmem_lock);
}

void
hn_rxmem_put(struct hn_rxmem *mem)
{
	/* Acquire and release: whoever frees it sees that all others are done. */
	if (rte_atomic_fetch_sub_explicit(&mem->refs, 1, rte_memory_order_acq_rel) != 1)
		return;
	/* Unmapped first: until then the kernel keeps the device open. */
	if (mem->map != NULL)
		munmap(mem->map, mem->map_len);
	rxmem_forget(mem);
	free(mem);
}

void
hn_rxmem_end(struct hn_rxmem *mem, struct rte_vmbus_device *dev)
{
	if (mem == NULL)
		return;
	if (rte_atomic_load_explicit(&mem->refs, rte_memory_order_acquire) > 1) {
		mem->map = rte_vmbus_take_region(dev, VMBUS_MAP_RECV_BUF, &mem->map_len);
		rte_spinlock_lock(&rxmem_lock);
		mem->next = rxmem_held;
		rxmem_held = mem;
		rte_spinlock_unlock(&rxmem_lock);
	}
	hn_rxmem_put(mem);
}

bool
hn_rxmem_is_held(const rte_uuid_t device)
{
	const struct hn_rxmem *mem;

	rte_spinlock_lock(&rxmem_lock);
	for (mem = rxmem_held; mem != NULL; mem = mem->next)
		if (rte_uuid_compare(mem->device, device) == 0)
			break;
	rte_spinlock_unlock(&rxmem_lock);
	return mem != NULL;
}
