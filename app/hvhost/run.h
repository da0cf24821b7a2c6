/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost run: start a program as a guest.
 */

#ifndef HVHOST_RUN_H
#define HVHOST_RUN_H

#include <stdbool.h>

/**
 * Become the program argv[0], with the preload library and the host's run
 * directory in its environment.
 *
 * @param emulate_hugepages
 *   The program finds hugepages of the host instead of the kernel's.
 * @return Only on failure: the exit status, after one sentence.
 */
int guest_exec(const char *dir, bool emulate_hugepages, char *const argv[]);

#endif /* HVHOST_RUN_H */
