/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * For tests of units that take memory from EAL and need no more of it.
 */

#ifndef DRIVER_TEST_EAL_H
#define DRIVER_TEST_EAL_H

#include <rte_common.h>
#include <rte_eal.h>

/** A group's setup: EAL without hugepages, devices and files. */
static inline int
driver_test_start_eal(void **state)
{
	static char args[][16] = {
		"test", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "64",
		"-l", "0", "--log-level=*:1",
	};
	char *argv[RTE_DIM(args) + 1] = { NULL };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	return rte_eal_init((int)RTE_DIM(args), argv) < 0 ? -1 : 0;
}

#endif /* DRIVER_TEST_EAL_H */
