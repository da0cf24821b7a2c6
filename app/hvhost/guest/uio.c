/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * An open /dev/uioN is a connection to the host: reading, writing, polling and
 * closing it do of themselves what they would do with the kernel's. Only
 * mapping has to be translated.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

/* More than any program opens. */
#define UIO_MAX 256

struct uio {
	int fd;			/* -1: free */
	int region[TRANSPORT_REGIONS];
	uint64_t len[TRANSPORT_REGIONS];
};

static pthread_mutex_t uio_lock = PTHREAD_MUTEX_INITIALIZER;
static struct uio uios[UIO_MAX];
static unsigned int uio_count;	/* entries ever used */

/* With the lock held. */
static struct uio *
uio_find(int fd)
{
	unsigned int i;

	for (i = 0; i < uio_count; i++)
		if (uios[i].fd == fd)
			return &uios[i];
	return NULL;
}

static struct uio *
uio_free_entry(void)
{
	struct uio *uio = uio_find(-1);

	if (uio == NULL && uio_count < UIO_MAX)
		uio = &uios[uio_count++];
	return uio;
}

int
uio_open(int minor)
{
	struct transport_answer answer;
	int region[TRANSPORT_REGIONS];
	struct uio *uio;
	int fd;

	fd = host_connect(TRANSPORT_HELLO_UIO, (uint32_t)minor, &answer, region,
			  TRANSPORT_REGIONS);
	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	pthread_mutex_lock(&uio_lock);
	uio = uio_free_entry();
	if (uio != NULL) {
		uio->fd = fd;
		memcpy(uio->region, region, sizeof(uio->region));
		memcpy(uio->len, answer.len, sizeof(uio->len));
	}
	pthread_mutex_unlock(&uio_lock);
	if (uio == NULL) {
		guest_libc()->close(fd);
		errno = ENFILE;
		return -1;
	}
	return fd;
}

bool
uio_is_open(int fd)
{
	bool found;

	if (fd < 0 || uio_count == 0)
		return false;
	pthread_mutex_lock(&uio_lock);
	found = uio_find(fd) != NULL;
	pthread_mutex_unlock(&uio_lock);
	return found;
}

void
uio_forget(int fd)
{
	struct uio *uio;
	unsigned int i;

	if (fd < 0 || uio_count == 0)
		return;
	pthread_mutex_lock(&uio_lock);
	uio = uio_find(fd);
	if (uio != NULL) {
		for (i = 0; i < TRANSPORT_REGIONS; i++)
			guest_libc()->close(uio->region[i]);
		uio->fd = -1;
	}
	pthread_mutex_unlock(&uio_lock);
}

/* As the kernel: the offset counts pages and selects the region. */
void *
uio_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t index = (size_t)offset / page;
	void *mapped = MAP_FAILED;
	struct uio *uio;

	errno = EINVAL;
	pthread_mutex_lock(&uio_lock);
	uio = uio_find(fd);
	if (uio != NULL && offset >= 0 && (size_t)offset % page == 0 &&
	    index < TRANSPORT_REGIONS && len != 0 &&
	    len <= ((uio->len[index] + page - 1) & ~(page - 1)))
		mapped = guest_libc()->mmap(addr, len, prot, flags, uio->region[index], 0);
	pthread_mutex_unlock(&uio_lock);
	return mapped;
}
