/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Mapping and unmapping memory.
 */

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "guest.h"

/* Map a file, or what stands for anonymous memory that a device may be given. */
static void *
map_memory(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *mapped = real()->mmap(addr, len, prot, flags, fd, offset);
	int saved = errno;

	if (mapped != MAP_FAILED)
		memory_mapped(mapped, len, prot, flags, fd, offset);
	errno = saved;
	return mapped;
}

static void *
guest_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	int saved = errno, backing;
	void *mapped;

	/* What lay there is gone in the same instant. */
	if ((flags & MAP_FIXED) != 0)
		memory_unmapping(addr, len);
	if (node_is_open(fd))
		return node_mmap(addr, len, prot, flags, fd, offset);
	backing = memory_back(len, prot, flags);
	errno = saved;
	if (backing < 0)
		return map_memory(addr, len, prot, flags, fd, offset);
	mapped = map_memory(addr, len, prot, memory_back_flags(flags), backing, 0);
	saved = errno;
	real()->close(backing);
	errno = saved;
	return mapped;
}

HOOK void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return guest_mmap(addr, len, prot, flags, fd, offset);
}

HOOK void *
mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	return guest_mmap(addr, len, prot, flags, fd, offset);
}

HOOK int
munmap(void *addr, size_t len)
{
	memory_unmapping(addr, len);
	return real()->munmap(addr, len);
}

HOOK void *
mremap(void *addr, size_t old_len, size_t len, int flags, ...)
{
	va_list args;
	void *wanted;

	va_start(args, flags);
	wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(args, void *) : NULL;
	va_end(args);
	/* Moved memory is not for devices any more, nor what it is moved over. */
	memory_unmapping(addr, old_len);
	if (wanted != NULL)
		memory_unmapping(wanted, len);
	return real()->mremap(addr, old_len, len, flags, wanted);
}

HOOK int
memfd_create(const char *name, unsigned int flags)
{
	return memory_create_file(name, flags);
}
