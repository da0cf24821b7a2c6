/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Memory of this process alone that a queue writes while others work: malloc()
 * would put the end of one queue's and the beginning of another's into one
 * cache line, which both cores would take from each other all the time.
 */

#ifndef _HN_ALLOC_H_
#define _HN_ALLOC_H_

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

/** Whole cache lines, zeroed; free() ends them. NULL if there is no memory. */
static inline void *
hn_alloc_lines(size_t len)
{
	size_t whole = RTE_ALIGN_CEIL(len, (size_t)RTE_CACHE_LINE_SIZE);
	void *mem = aligned_alloc(RTE_CACHE_LINE_SIZE, whole);

	return mem == NULL ? NULL : memset(mem, 0, whole);
}

#endif /* _HN_ALLOC_H_ */
