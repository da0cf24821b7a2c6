/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Spells for older DPDK releases what the sources say in the newest one's
 * words. One block per difference; each can be deleted when its release is no
 * longer supported.
 */

#ifndef _HN_COMPAT_H_
#define _HN_COMPAT_H_

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
#define rte_memory_order_acq_rel __ATOMIC_ACQ_REL
#define rte_memory_order_seq_cst __ATOMIC_SEQ_CST
#define rte_atomic_load_explicit(ptr, order) __atomic_load_n(ptr, order)
#define rte_atomic_store_explicit(ptr, value, order) __atomic_store_n(ptr, value, order)
#define rte_atomic_exchange_explicit(ptr, value, order) __atomic_exchange_n(ptr, value, order)
#define rte_atomic_fetch_add_explicit(ptr, value, order) __atomic_fetch_add(ptr, value, order)
#define rte_atomic_fetch_sub_explicit(ptr, value, order) __atomic_fetch_sub(ptr, value, order)
#define rte_atomic_compare_exchange_weak_explicit(ptr, expected, desired, success, failure) \
	__atomic_compare_exchange_n(ptr, expected, desired, 1, success, failure)
#define rte_atomic_compare_exchange_strong_explicit(ptr, expected, desired, success, failure) \
	__atomic_compare_exchange_n(ptr, expected, desired, 0, success, failure)
#endif
#endif

/* 24.03: log lines that end themselves. */
#ifdef RTE_LOG_LINE
#define HN_LOG_LINE(level, type, ...) RTE_LOG_LINE(level, type, __VA_ARGS__)
#else
#define HN_LOG_LINE(level, type, ...) \
	RTE_LOG(level, type, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		RTE_FMT_TAIL(__VA_ARGS__ ,)))
#endif

/* 24.03: lists of packet types are counted. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
#define HN_PTYPE_COUNT , size_t *no_of_elements
#define HN_PTYPE_SET_COUNT(count) (*no_of_elements = (count))
#else
#define HN_PTYPE_COUNT
#define HN_PTYPE_SET_COUNT(count) ((void)(count))
#endif

/* 25.03: packing is said before and behind a structure. */
#ifndef __rte_packed_begin
#define __rte_packed_begin
#define __rte_packed_end __rte_packed
#endif

/* 25.11: statistics of queues have a struct of their own, which may be absent. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define HN_STATS_ARGS struct rte_eth_stats *stats, struct eth_queue_stats *queues
typedef int hn_queue_count_t;
#else
#define eth_queue_stats rte_eth_stats
#define HN_STATS_ARGS struct rte_eth_stats *stats
#define HN_STATS_QUEUES_IN_STATS
typedef uint32_t hn_queue_count_t;
#endif

/* 24.03: transmit queues can be counted, too. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
#define hn_dev_set_tx_queue_count(dev, count) ((dev)->tx_queue_count = (count))
#else
#define hn_dev_set_tx_queue_count(dev, count) ((void)(dev), (void)(count))
#endif

/* 23.11: the hash function is part of the RSS configuration. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#define hn_rss_conf_is_toeplitz(conf) \
	((conf)->algorithm == RTE_ETH_HASH_FUNCTION_DEFAULT || \
	 (conf)->algorithm == RTE_ETH_HASH_FUNCTION_TOEPLITZ)
#define hn_rss_conf_set_toeplitz(conf) \
	((conf)->algorithm = RTE_ETH_HASH_FUNCTION_TOEPLITZ)
#define hn_rss_info_set_toeplitz(info) \
	((info)->rss_algo_capa = RTE_ETH_HASH_ALGO_CAPA_MASK(DEFAULT) | \
				 RTE_ETH_HASH_ALGO_CAPA_MASK(TOEPLITZ))
#else
#define hn_rss_conf_is_toeplitz(conf) ((void)(conf), true)
#define hn_rss_conf_set_toeplitz(conf) ((void)(conf))
#define hn_rss_info_set_toeplitz(info) ((void)(info))
#endif

#endif /* _HN_COMPAT_H_ */
