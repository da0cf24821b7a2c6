/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost run: start a program as a guest.
 */

#ifndef HVHOST_RUN_H
#define HVHOST_RUN_H

/**
 * Become the program argv[0], with the preload library and the host's run
 * directory in its environment.
 *
 * @return Only on failure: the exit status, after one sentence.
 */
int guest_exec(const char *dir, char *const argv[]);

#endif /* HVHOST_RUN_H */
