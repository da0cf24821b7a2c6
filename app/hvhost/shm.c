/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See shm.h. Sealed against shrinking: a guest that truncated it would crash
 * the host at its next touch.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm.h"

static int
shm_map(struct shm *shm)
{
	if (ftruncate(shm->fd, (off_t)shm->len) < 0 ||
	    fcntl(shm->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	shm->addr = mmap(NULL, shm->len, PROT_READ | PROT_WRITE, MAP_SHARED, shm->fd, 0);
	return shm->addr == MAP_FAILED ? -errno : 0;
}

int
shm_create(struct shm *shm, const char *name, size_t len)
{
	char own[64];
	int ret;

	memset(shm, 0, sizeof(*shm));
	shm->len = len;
	/* By this name the preload library knows that it is no memory of the guest's. */
	snprintf(own, sizeof(own), "hvhost:%s", name);
	shm->fd = memfd_create(own, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (shm->fd < 0)
		return -errno;
	ret = shm_map(shm);
	if (ret < 0) {
		close(shm->fd);
		memset(shm, 0, sizeof(*shm));
	}
	return ret;
}

void
shm_destroy(struct shm *shm)
{
	if (shm->addr == NULL)
		return;
	munmap(shm->addr, shm->len);
	close(shm->fd);
	memset(shm, 0, sizeof(*shm));
}
