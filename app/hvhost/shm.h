/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A block of memory that can be handed to another process.
 */

#ifndef HVHOST_SHM_H
#define HVHOST_SHM_H

#include <stddef.h>

struct shm {
	void *addr;
	size_t len;
	int fd;
};

/** Zeroed memory, len a multiple of the page size; 0 or negative errno. */
int shm_create(struct shm *shm, const char *name, size_t len);

/** Give it back; a zeroed or failed one is allowed. */
void shm_destroy(struct shm *shm);

#endif /* HVHOST_SHM_H */
