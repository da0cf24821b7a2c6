/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Spells for older DPDK releases what the sources say in the newest one's
 * words. One block per difference; each can be deleted when its release is no
 * longer supported.
 */

#ifndef _VMBUS_COMPAT_H_
#define _VMBUS_COMPAT_H_

#include <rte_atomic.h>
#include <rte_common.h>
#include <rte_log.h>
#include <rte_version.h>

/* 23.11: atomics with memory orders. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
#else
#ifndef RTE_ATOMIC
#define RTE_ATOMIC(type) type
typedef int rte_memory_order;
#define rte_memory_order_relaxed __ATOMIC_RELAXED
#define rte_memory_order_acquire __ATOMIC_ACQUIRE
#define rte_memory_order_release __ATOMIC_RELEASE
#define rte_memory_order_seq_cst __ATOMIC_SEQ_CST
#define rte_atomic_load_explicit(ptr, order) __atomic_load_n(ptr, order)
#define rte_atomic_store_explicit(ptr, value, order) __atomic_store_n(ptr, value, order)
#define rte_atomic_exchange_explicit(ptr, value, order) __atomic_exchange_n(ptr, value, order)
#define rte_memory_order_acq_rel __ATOMIC_ACQ_REL
#define rte_atomic_fetch_or_explicit(ptr, value, order) __atomic_fetch_or(ptr, value, order)
#endif
#endif

/* 24.03: log lines that end themselves. */
#ifdef RTE_LOG_LINE
#define VMBUS_LOG_LINE(level, ...) RTE_LOG_LINE(level, VMBUS, __VA_ARGS__)
#else
#define VMBUS_LOG_LINE(level, ...) \
	RTE_LOG(level, VMBUS, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		RTE_FMT_TAIL(__VA_ARGS__ ,)))
#endif

/* 25.07: exports are said in the source, in column 0, and the map is generated. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 7, 0, 0)
#include <eal_export.h>
#else
#define RTE_EXPORT_SYMBOL(symbol)
#define RTE_EXPORT_INTERNAL_SYMBOL(symbol)
#define RTE_EXPORT_EXPERIMENTAL_SYMBOL(symbol, release)
#endif

#endif /* _VMBUS_COMPAT_H_ */
