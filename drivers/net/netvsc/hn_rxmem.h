/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The receive buffer as memory that mbufs may lead into: where each of its
 * pages is, and how long it has to stay mapped. Needed with rx_extmbuf_enable
 * only.
 *
 * It lives as long as anybody has a part of it: the connection, and, after the
 * port was closed, mbufs that the application has not freed yet. As long as
 * there are such mbufs the host must not be given the same memory again.
 */

#ifndef _HN_RXMEM_H_
#define _HN_RXMEM_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_memory.h>
#include <rte_uuid.h>
#include <rte_vmbus_reg.h>

#include "hn_compat.h"

struct rte_vmbus_device;

/** One of Hyper-V's pages. */
struct hn_rxmem_page {
	rte_iova_t iova;
	uint32_t row_end;		/**< offset up to which addresses are in a row */
};

struct hn_rxmem {
	RTE_ATOMIC(uint32_t) refs;
	rte_uuid_t device;		/**< whose memory it is */
	struct hn_rxmem *next;		/**< among those whose port is closed */
	void *map;			/**< to be unmapped with the last part; NULL: the bus's */
	uint64_t map_len;
	const uint8_t *base;
	uint32_t len;
	uint32_t page_count;
	struct hn_rxmem_page page[];
};

/**
 * Look up where the pages are: the kernel has gathered them from anywhere.
 *
 * @return NULL if there is no memory, or a page has no address that could be told.
 */
struct hn_rxmem *hn_rxmem_create(const struct rte_vmbus_device *dev);

/** One more part; whoever takes it has one. Any thread. */
void hn_rxmem_get(struct hn_rxmem *mem);
/** One part less; with the last one all of it goes. Any thread. */
void hn_rxmem_put(struct hn_rxmem *mem);

/**
 * The connection ends: its part is given back. If others have parts, the mapping
 * is theirs from now on.
 */
void hn_rxmem_end(struct hn_rxmem *mem, struct rte_vmbus_device *dev);

/** Do mbufs of a port that was closed still lead into this device's memory? */
bool hn_rxmem_is_held(const rte_uuid_t device);

/**
 * How many bytes from data on are in a row for who goes by their addresses, and the
 * address.
 */
static inline uint32_t
hn_rxmem_row(const struct hn_rxmem *mem, const uint8_t *data, rte_iova_t *iova)
{
	uint32_t offset = (uint32_t)(data - mem->base);
	const struct hn_rxmem_page *page = &mem->page[offset / VMBUS_PAGE_SIZE];

	*iova = page->iova + offset % VMBUS_PAGE_SIZE;
	return page->row_end - offset;
}

#endif /* _HN_RXMEM_H_ */
