/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The libc functions that are answered here, and libc's own behind them. Each
 * looks whether the call is about something of the host's; the work is done in
 * the other files.
 */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

/* Everything that a program sees of this library. */
#define HOOK __attribute__((visibility("default")))

static struct guest_libc real;
static char run_dir[TRANSPORT_DIR_MAX + 1];
static bool emulate_hugepages;
static bool resolved;

static void *
libc_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	return symbol;
}

/* The first call of a program may come before any constructor. */
static void
libc_resolve(void)
{
	const char *dir = getenv(TRANSPORT_ENV_DIR);
	const char *hugepages = getenv(TRANSPORT_ENV_HUGEPAGES);

	real.open = libc_symbol("open");
	real.openat = libc_symbol("openat");
	real.fopen = libc_symbol("fopen");
	real.opendir = libc_symbol("opendir");
	real.access = libc_symbol("access");
	real.stat = libc_symbol("stat");
	real.lstat = libc_symbol("lstat");
	real.readlink = libc_symbol("readlink");
	real.realpath = libc_symbol("realpath");
	real.mmap = libc_symbol("mmap");
	real.munmap = libc_symbol("munmap");
	real.mremap = libc_symbol("mremap");
	real.close = libc_symbol("close");
	if (dir != NULL)
		snprintf(run_dir, sizeof(run_dir), "%s", dir);
	emulate_hugepages = hugepages != NULL &&
			    strcmp(hugepages, TRANSPORT_HUGEPAGES_EMULATE) == 0;
	resolved = true;
}

const struct guest_libc *
guest_libc(void)
{
	if (!resolved)
		libc_resolve();
	return &real;
}

const char *
guest_dir(void)
{
	guest_libc();
	return run_dir[0] != '\0' ? run_dir : NULL;
}

bool
guest_emulates_hugepages(void)
{
	return guest_dir() != NULL && emulate_hugepages;
}

/* Opening */

static mode_t
open_mode(int flags, va_list args)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

static int
guest_open(const char *path, int flags, mode_t mode)
{
	char buf[PATH_MAX];
	int minor = path_uio_minor(path);

	if (minor >= 0)
		return uio_open(minor);
	if (path_is_pagemap(path))
		return memory_open_pagemap();
	return guest_libc()->open(path_translate(path, buf, sizeof(buf)), flags, mode);
}

HOOK int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return guest_open(path, flags, mode);
}

HOOK int
open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return guest_open(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

/* What programs built with _FORTIFY_SOURCE call. */
HOOK int
__open_2(const char *path, int flags)
{
	return guest_open(path, flags, 0);
}

HOOK int
__open64_2(const char *path, int flags)
{
	return guest_open(path, flags, 0);
}

static int
guest_openat(int dir, const char *path, int flags, mode_t mode)
{
	if (path != NULL && path[0] == '/')
		return guest_open(path, flags, mode);
	return guest_libc()->openat(dir, path, flags, mode);
}

HOOK int
openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return guest_openat(dir, path, flags, mode);
}

HOOK int
openat64(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return guest_openat(dir, path, flags, mode);
}

HOOK FILE *
fopen(const char *path, const char *mode)
{
	char buf[PATH_MAX];

	return guest_libc()->fopen(path_translate(path, buf, sizeof(buf)), mode);
}

HOOK FILE *
fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

HOOK DIR *
opendir(const char *path)
{
	char buf[PATH_MAX];

	return guest_libc()->opendir(path_translate(path, buf, sizeof(buf)));
}

HOOK int
close(int fd)
{
	uio_forget(fd);
	return guest_libc()->close(fd);
}

/* Asking about files */

/* A device of the host's is there as its entry in the tree is. */
static const char *
path_of_node(const char *path, char *buf, size_t len)
{
	int minor = path_uio_minor(path);

	if (minor < 0)
		return path_translate(path, buf, len);
	snprintf(buf, len, "%s/" TRANSPORT_TREE "/class/uio/uio%d", guest_dir(), minor);
	return buf;
}

HOOK int
access(const char *path, int mode)
{
	char buf[PATH_MAX];

	return guest_libc()->access(path_of_node(path, buf, sizeof(buf)), mode);
}

HOOK int
stat(const char *restrict path, struct stat *restrict st)
{
	char buf[PATH_MAX];

	return guest_libc()->stat(path_of_node(path, buf, sizeof(buf)), st);
}

HOOK int
lstat(const char *restrict path, struct stat *restrict st)
{
	char buf[PATH_MAX];

	return guest_libc()->lstat(path_of_node(path, buf, sizeof(buf)), st);
}

/* On 64-bit machines the 64 in these names changes nothing. */
int stat64(const char *path, struct stat64 *st);
int lstat64(const char *path, struct stat64 *st);

HOOK int
stat64(const char *restrict path, struct stat64 *restrict st)
{
	return stat(path, (struct stat *)(void *)st);
}

HOOK int
lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return lstat(path, (struct stat *)(void *)st);
}

HOOK ssize_t
readlink(const char *restrict path, char *restrict buf, size_t len)
{
	char translated[PATH_MAX];

	return guest_libc()->readlink(path_translate(path, translated, sizeof(translated)), buf,
				      len);
}

HOOK char *
realpath(const char *restrict path, char *restrict result)
{
	char translated[PATH_MAX];

	return guest_libc()->realpath(path_translate(path, translated, sizeof(translated)),
				      result);
}

/* Mapping */

static void *
guest_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *mapped;

	if (uio_is_open(fd))
		return uio_mmap(addr, len, prot, flags, fd, offset);
	/* What lay there is gone in the same instant. */
	if ((flags & MAP_FIXED) != 0)
		memory_unmapping(addr, len);
	mapped = guest_libc()->mmap(addr, len, prot, flags, fd, offset);
	if (mapped != MAP_FAILED) {
		int saved = errno;

		memory_mapped(mapped, len, prot, flags, fd, offset);
		errno = saved;
	}
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
	return guest_libc()->munmap(addr, len);
}

HOOK void *
mremap(void *addr, size_t old_len, size_t len, int flags, ...)
{
	va_list args;
	void *wanted;

	va_start(args, flags);
	wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(args, void *) : NULL;
	va_end(args);
	/* Moved memory is not for devices any more. */
	memory_unmapping(addr, old_len);
	return guest_libc()->mremap(addr, old_len, len, flags, wanted);
}
