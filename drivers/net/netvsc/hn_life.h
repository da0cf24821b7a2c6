/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which of the processes that share a port still live. Each holds a lock on a
 * byte of a file in EAL's runtime directory, which the kernel takes back when
 * the process ends, however it ends: unlike process numbers it is never
 * somebody else's, and is the same in every container.
 */

#ifndef _HN_LIFE_H_
#define _HN_LIFE_H_

#include <stdbool.h>
#include <stdint.h>

/** Processes at a time. */
#define HN_LIFE_MAX 254u

/**
 * The calling process's number, which no other has or had; not 0, before
 * hn_life_begin(), either.
 */
extern uint32_t hn_life_self;

/**
 * Begin to be seen by other processes, and to see them; counted, so that each has
 * an end. Where EAL shares nothing with other processes there is nobody to be seen.
 *
 * @return 0 or negative errno, logged.
 */
int hn_life_begin(void);
void hn_life_end(void);

/** Does the process of this number live? Some system calls. */
bool hn_life_is_alive(uint32_t number);

#endif /* _HN_LIFE_H_ */
