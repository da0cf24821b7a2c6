/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the program reads in /proc/self/pagemap: a sparse file of the kernel's
 * form. Memory that is registered with the host (memory.c) has the numbers
 * that the host gave it. Private memory has entries too, for programs ask
 * whether addresses are to be had at all; its numbers lead nowhere in the host.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define PAGE 4096u
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
/* User addresses have 47 bits. */
#define PAGEMAP_LEN ((off_t)((UINT64_C(1) << 47) / PAGE * sizeof(uint64_t)))
/* Private mappings larger than this are nobody's packet memory. */
#define PRIVATE_MAX (UINT64_C(64) << 20)
/* The list of private mappings is read again at most this often. */
#define PRIVATE_REFRESH_NS INT64_C(100000000)

static pthread_mutex_t pagemap_lock = PTHREAD_MUTEX_INITIALIZER;
static int pagemap_fd = -1;

/* The functions down to pagemap_set() are called with the lock held. */

static int
pagemap_create(void)
{
	int fd;

	if (pagemap_fd >= 0)
		return 0;
	fd = real()->memfd_create("hvhost:pagemap", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, PAGEMAP_LEN) < 0) {
		real()->close(fd);
		return -1;
	}
	pagemap_fd = fd;
	return 0;
}

static void
pagemap_write(uintptr_t addr, size_t len, uint64_t pfn)
{
	size_t pages = (len + addr % PAGE + PAGE - 1) / PAGE, i, n;
	off_t at = (off_t)(addr / PAGE * sizeof(uint64_t));
	uint64_t entry[512];

	/* Each turn writes n pages, at least one. */
	for (; pages > 0; pages -= n, at += (off_t)(n * sizeof(entry[0]))) {
		n = pages < 512 ? pages : 512;
		for (i = 0; i < n; i++)
			entry[i] = pfn != 0 ? PAGEMAP_PRESENT | pfn++ : 0;
		if (pwrite(pagemap_fd, entry, n * sizeof(entry[0]), at) < 0)
			return;		/* reads as not present */
	}
}

void
pagemap_set(uintptr_t addr, size_t len, uint64_t pfn)
{
	pthread_mutex_lock(&pagemap_lock);
	if (pagemap_create() == 0)
		pagemap_write(addr, len, pfn);
	pthread_mutex_unlock(&pagemap_lock);
}

/* Private memory, again with the lock held. */

static bool
private_parse(const char *line, uintptr_t *start, uintptr_t *end)
{
	char perms[5];

	return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", start, end, perms) == 3 &&
	       strcmp(perms, "rw-p") == 0 && *end - *start <= PRIVATE_MAX;
}

static uint64_t
private_pfn(uintptr_t addr)
{
	return TRANSPORT_PRIVATE_PFN | addr / PAGE;
}

static void
private_fill(void)
{
	uintptr_t start, end;
	char line[512];
	FILE *maps;

	maps = real()->fopen("/proc/self/maps", "re");
	if (maps == NULL)
		return;
	while (fgets(line, sizeof(line), maps) != NULL)
		if (private_parse(line, &start, &end))
			pagemap_write(start, end - start, private_pfn(start));
	fclose(maps);
}

static bool
private_is_due(void)
{
	static int64_t last;
	struct timespec now;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (last != 0 && ns - last < PRIVATE_REFRESH_NS)
		return false;
	last = ns;
	return true;
}

/* The stack of the calling thread may be younger than the list. */
static void
private_fill_stack(void)
{
	char here;
	uintptr_t page = ((uintptr_t)&here & ~(uintptr_t)(PAGE - 1)) - 4 * PAGE;
	unsigned int i;
	uint64_t entry;

	/* What is registered may lie right beside a stack: it keeps its numbers. */
	for (i = 0; i < 8; i++, page += PAGE)
		if (pread(pagemap_fd, &entry, sizeof(entry), (off_t)(page / PAGE * 8)) ==
		    sizeof(entry) && entry == 0)
			pagemap_write(page, PAGE, private_pfn(page));
}

int
pagemap_open(void)
{
	char path[64];
	int fd = -1;

	pthread_mutex_lock(&pagemap_lock);
	if (pagemap_create() == 0) {
		if (private_is_due())
			private_fill();
		private_fill_stack();
		/* A descriptor of its own, for it has its own position. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", pagemap_fd);
		fd = real()->open(path, O_RDONLY | O_CLOEXEC);
	}
	pthread_mutex_unlock(&pagemap_lock);
	return fd;
}

bool
pagemap_owns(int fd)
{
	return fd >= 0 && fd == pagemap_fd;
}

void
pagemap_forked(void)
{
	pthread_mutex_init(&pagemap_lock, NULL);
	if (pagemap_fd >= 0)
		real()->close(pagemap_fd);
	pagemap_fd = -1;
}
