/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A lock in memory that processes share, which knows its owner: one that died
 * with it can be told from one that is slow.
 *
 * It is for short work. Who dies within leaves that half done; what the lock
 * guards has to be such that its next owner can go on from there.
 */

#ifndef _HN_LOCK_H_
#define _HN_LOCK_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include "hn_compat.h"
#include "hn_life.h"

/** Free if all zero. */
struct hn_lock {
	RTE_ATOMIC(uint32_t) owner;	/**< hn_life_self of a process; 0: nobody */
};

/** So many turns of a wait pass before each look whether the owner lives. */
#define HN_LOCK_LOOK (1u << 14)

/** Without waiting. Acquire: what the former owner wrote is seen. */
static inline bool
hn_lock_try(struct hn_lock *lock)
{
	uint32_t nobody = 0;

	/* A look first: who finds it taken does not take the line from its owner. */
	return rte_atomic_load_explicit(&lock->owner, rte_memory_order_relaxed) == 0 &&
	       rte_atomic_compare_exchange_strong_explicit(&lock->owner, &nobody, hn_life_self,
							   rte_memory_order_acquire,
							   rte_memory_order_relaxed);
}

/** Release: the next owner sees what this one wrote. */
static inline void
hn_lock_release(struct hn_lock *lock)
{
	rte_atomic_store_explicit(&lock->owner, 0, rte_memory_order_release);
}

/**
 * One turn of a wait: pause, and now and then look whether the owner still lives.
 *
 * @param turn
 *   Counts the turns; HN_LOCK_LOOK: look at once.
 * @return
 *   true: it does not, and the lock is the caller's.
 */
bool hn_lock_inherit(struct hn_lock *lock, uint32_t *turn);

/** Wait for it; the owner's work is short, or it has died. */
static inline void
hn_lock_take(struct hn_lock *lock)
{
	uint32_t turn = 0;

	while (unlikely(!hn_lock_try(lock) && !hn_lock_inherit(lock, &turn)))
		;
}

#endif /* _HN_LOCK_H_ */
