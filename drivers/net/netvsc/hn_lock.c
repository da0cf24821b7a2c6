/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <rte_pause.h>

#include "hn_lock.h"

bool
hn_lock_inherit(struct hn_lock *lock, uint32_t *turn)
{
	uint32_t owner;

	rte_pause();
	if ((*turn)++ % HN_LOCK_LOOK != 0 || *turn == 1)
		return false;
	owner = rte_atomic_load_explicit(&lock->owner, rte_memory_order_relaxed);
	if (owner == 0 || owner == hn_life_self || hn_life_is_alive(owner))
		return false;
	/* Only one of those who wait for the dead gets it. */
	return rte_atomic_compare_exchange_strong_explicit(&lock->owner, &owner, hn_life_self,
							   rte_memory_order_acquire,
							   rte_memory_order_relaxed);
}
