/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The program's memory as the host can reach it, and the page map that tells
 * the program its guest-physical addresses.
 *
 * What a program may hand to a device is shared memory of a file: hugepages, or
 * a memfd. Each such mapping is registered with the host, by the chunk of 2
 * MiB, before the program can use it, and taken back before it is unmapped.
 *
 * The page map is a sparse file of the same form as the kernel's. Memory that
 * is not registered has entries too, for programs ask whether addresses are to
 * be had at all; their page numbers lead nowhere in the host.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guest.h"

#define PAGE 4096u
#define CHUNK (2u << 20)
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
/* User addresses have 47 bits. */
#define PAGEMAP_LEN ((off_t)((UINT64_C(1) << 47) / PAGE * 8))

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static int pagemap_fd = -1;

/* Addresses between which something is registered: most unmaps concern nothing. */
static uintptr_t memory_low = UINTPTR_MAX, memory_high;

/* With the lock held. */
static int
pagemap_create(void)
{
	if (pagemap_fd >= 0)
		return 0;
	pagemap_fd = memfd_create("pagemap", MFD_CLOEXEC);
	if (pagemap_fd < 0)
		return -1;
	return ftruncate(pagemap_fd, PAGEMAP_LEN);
}

/* Entries for pages from addr on, numbered from pfn on; a pfn of 0 clears them. */
static void
pagemap_write(uintptr_t addr, size_t len, uint64_t pfn)
{
	uint64_t entry[512];
	size_t pages = len / PAGE, i, n;
	off_t at = (off_t)(addr / PAGE * 8);
	ssize_t done;

	/* Each turn writes n pages, at least one. */
	for (; pages > 0; pages -= n, at += (off_t)(n * 8)) {
		n = pages < 512 ? pages : 512;
		for (i = 0; i < n; i++)
			entry[i] = pfn != 0 ? PAGEMAP_PRESENT | pfn++ : 0;
		done = pwrite(pagemap_fd, entry, n * 8, at);
		if (done != (ssize_t)(n * 8))
			return;		/* reads as not present */
	}
}

/* Registered memory */

/* Could a program hand this memory to a device? */
static bool
memory_is_for_devices(int prot, int flags, int fd)
{
	char link[64], target[64];
	struct statfs fs;
	ssize_t len;

	if (fd < 0 || (prot & PROT_WRITE) == 0 || (flags & MAP_ANONYMOUS) != 0 ||
	    ((flags & MAP_TYPE) != MAP_SHARED && (flags & MAP_TYPE) != MAP_SHARED_VALIDATE))
		return false;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC)
		return true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = guest_libc()->readlink(link, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	return strncmp(target, "/memfd:", 7) == 0 ||
	       strncmp(target, TRANSPORT_HUGEPAGES, strlen(TRANSPORT_HUGEPAGES)) == 0;
}

static void
memory_add_chunk(uintptr_t addr, size_t len, int fd, off_t offset)
{
	struct transport_request req = {
		.verb = TRANSPORT_ADD,
		.addr = addr,
		.len = len,
		.offset = (uint64_t)offset,
	};
	struct transport_answer answer;

	if (host_request(&req, fd, &answer) == 0)
		pagemap_write(addr, len, answer.gpa / PAGE);
}

void
memory_mapped(void *start, size_t len, int prot, int flags, int fd, off_t offset)
{
	uintptr_t addr = (uintptr_t)start;
	size_t part;

	if (guest_dir() == NULL || !memory_is_for_devices(prot, flags, fd))
		return;
	len = (len + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_mutex_lock(&memory_lock);
	if (pagemap_create() == 0) {
		memory_low = addr < memory_low ? addr : memory_low;
		memory_high = addr + len > memory_high ? addr + len : memory_high;
		/* Each turn registers what is left of one chunk of the file. */
		for (; len > 0; addr += part, offset += (off_t)part, len -= part) {
			part = CHUNK - (size_t)offset % CHUNK;
			part = part < len ? part : len;
			memory_add_chunk(addr, part, fd, offset);
		}
	}
	pthread_mutex_unlock(&memory_lock);
}

void
memory_unmapping(void *start, size_t len)
{
	struct transport_request req = {
		.verb = TRANSPORT_DROP,
		.addr = (uintptr_t)start,
		.len = (len + PAGE - 1) & ~(size_t)(PAGE - 1),
	};
	struct transport_answer answer;

	if (guest_dir() == NULL || len == 0 || req.addr >= memory_high ||
	    req.addr + req.len <= memory_low)
		return;
	pthread_mutex_lock(&memory_lock);
	/* Of a large reservation only what lies between the marks can have entries. */
	if (req.addr < memory_low) {
		req.len -= memory_low - req.addr;
		req.addr = memory_low;
	}
	if (req.len > memory_high - req.addr)
		req.len = memory_high - req.addr;
	if (host_request(&req, -1, &answer) == 0)
		pagemap_write(req.addr, req.len, 0);
	pthread_mutex_unlock(&memory_lock);
}

/* Everything else */

/* A mapping line of /proc/self/maps that is private, writable and not huge. */
static bool
pagemap_parse_private(const char *line, uintptr_t *start, uintptr_t *end)
{
	char perms[5];

	return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", start, end, perms) == 3 &&
	       strcmp(perms, "rw-p") == 0 && *end - *start <= (64u << 20);
}

static void
pagemap_fill_private(void)
{
	uint64_t pfn = TRANSPORT_PRIVATE_PFN;
	uintptr_t start, end;
	char line[512];
	FILE *maps;

	maps = guest_libc()->fopen("/proc/self/maps", "re");
	if (maps == NULL)
		return;
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (!pagemap_parse_private(line, &start, &end))
			continue;
		pagemap_write(start, end - start, pfn);
		pfn += (end - start) / PAGE;
	}
	fclose(maps);
}

/* The stack of the calling thread may be younger than the list above. */
static void
pagemap_fill_stack(void)
{
	char here;
	uintptr_t page = (uintptr_t)&here & ~(uintptr_t)(PAGE - 1);

	pagemap_write(page - 4 * PAGE, 8 * PAGE, TRANSPORT_PRIVATE_PFN);
}

int
memory_open_pagemap(void)
{
	static bool filled;
	char path[64];
	int fd = -1;

	pthread_mutex_lock(&memory_lock);
	if (pagemap_create() == 0) {
		if (!filled)
			pagemap_fill_private();
		filled = true;
		pagemap_fill_stack();
		/* A descriptor of its own, for it has its own position. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", pagemap_fd);
		fd = guest_libc()->open(path, O_RDONLY | O_CLOEXEC);
	}
	pthread_mutex_unlock(&memory_lock);
	return fd;
}
