/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The program's memory as the host can reach it. What a program may hand to a
 * device is shared memory of a file: hugepages, or a memfd. Each such mapping
 * is registered with the host before the program can use it, and taken back
 * before it is unmapped.
 */

#include <errno.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guest.h"

#define PAGE 4096u

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

/* Addresses between which something is registered: most unmaps concern nothing. */
static uintptr_t memory_low = UINTPTR_MAX, memory_high;

/* Is this the name of memory that a device may be given? Not the host's own, nor ours. */
static bool
memory_is_ram(int fd)
{
	char link[64], target[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = real()->readlink(link, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	return (strncmp(target, "/memfd:", 7) == 0 && strncmp(target, "/memfd:hvhost:", 14) != 0) ||
	       strncmp(target, TRANSPORT_HUGEPAGES, strlen(TRANSPORT_HUGEPAGES)) == 0;
}

/*
 * Bytes of the file that are contiguous in guest-physical memory, if a program
 * could hand a mapping of it to a device; else 0.
 */
static uint64_t
memory_chunk(int prot, int flags, int fd)
{
	struct statfs fs;

	if (fd < 0 || (prot & PROT_WRITE) == 0 || (flags & MAP_ANONYMOUS) != 0 ||
	    ((flags & MAP_TYPE) != MAP_SHARED && (flags & MAP_TYPE) != MAP_SHARED_VALIDATE) ||
	    fstatfs(fd, &fs) < 0)
		return 0;
	if (fs.f_type == HUGETLBFS_MAGIC)
		return (uint64_t)fs.f_bsize > TRANSPORT_CHUNK ? (uint64_t)fs.f_bsize :
								TRANSPORT_CHUNK;
	return memory_is_ram(fd) ? TRANSPORT_CHUNK : 0;
}

/* Pages that the host has not left in a row are told one by one. */
static void
memory_tell(uintptr_t addr, uint64_t len, const struct transport_answer *answer)
{
	uint64_t page, pfn = answer->gpa / PAGE;

	if (answer->swap == 0)
		pagemap_set(addr, len, pfn);
	for (page = 0; answer->swap != 0 && page < len / PAGE; page++)
		pagemap_set(addr + page * PAGE, PAGE, (pfn + page) ^ answer->swap);
}

static void
memory_add_part(uintptr_t addr, uint64_t len, int fd, uint64_t offset, bool lent)
{
	struct transport_request req = {
		.verb = TRANSPORT_ADD,
		.index = lent,
		.addr = addr,
		.len = len,
		.offset = offset,
	};
	struct transport_answer answer;

	/* The host says why not; the program finds the memory without address. */
	if (host_request(&req, fd, &answer, NULL) == 0)
		memory_tell(addr, len, &answer);
}

static void
memory_add(uintptr_t addr, size_t len, int fd, uint64_t offset, uint64_t chunk, bool lent)
{
	uint64_t part;

	len = (len + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_mutex_lock(&memory_lock);
	memory_low = addr < memory_low ? addr : memory_low;
	memory_high = addr + len > memory_high ? addr + len : memory_high;
	/* Each turn registers what is left of one chunk of the file. */
	for (; len > 0; addr += part, offset += part, len -= part) {
		part = chunk - offset % chunk;
		part = part < len ? part : len;
		memory_add_part(addr, part, fd, offset, lent);
	}
	pthread_mutex_unlock(&memory_lock);
}

void
memory_mapped(void *start, size_t len, int prot, int flags, int fd, off_t offset)
{
	uint64_t chunk = guest_dir() != NULL ? memory_chunk(prot, flags, fd) : 0;

	if (chunk != 0)
		memory_add((uintptr_t)start, len, fd, (uint64_t)offset, chunk, false);
}

void
memory_lent(void *start, size_t len, int fd)
{
	memory_add((uintptr_t)start, len, fd, 0, TRANSPORT_CHUNK, true);
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
	if (host_request(&req, -1, &answer, NULL) == 0)
		pagemap_set(req.addr, req.len, 0);
	pthread_mutex_unlock(&memory_lock);
}

/* Memory without a file */

int
memory_create_file(const char *name, unsigned int flags)
{
	if (guest_emulates_hugepages())
		flags &= ~(MFD_HUGETLB | MAP_HUGE_MASK << MFD_HUGE_SHIFT);
	return real()->memfd_create(name, flags);
}

int
memory_back(size_t len, int prot, int flags)
{
	unsigned int huge = (unsigned int)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
	bool is_huge = (flags & MAP_HUGETLB) != 0;
	bool is_shared = (flags & MAP_TYPE) == MAP_SHARED && len >= TRANSPORT_CHUNK;
	int fd;

	if (guest_dir() == NULL || (flags & MAP_ANONYMOUS) == 0 || (prot & PROT_WRITE) == 0 ||
	    (!is_huge && !is_shared))
		return -1;
	fd = memory_create_file("anonymous", is_huge ? MFD_CLOEXEC | MFD_HUGETLB |
			  huge << MFD_HUGE_SHIFT : MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, (off_t)len) < 0) {
		real()->close(fd);
		return -1;
	}
	return fd;
}

int
memory_back_flags(int flags)
{
	flags &= ~(MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_MASK << MAP_HUGE_SHIFT | MAP_TYPE);
	return flags | MAP_SHARED;
}

void
memory_forked(void)
{
	pthread_mutex_init(&memory_lock, NULL);
	memory_low = UINTPTR_MAX;
	memory_high = 0;
}
