/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Opening, and what is done with an open descriptor.
 */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <linux/close_range.h>
#include <unistd.h>

#include "guest.h"

static mode_t
open_mode(int flags, va_list args)
{
	bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;

	return creates ? va_arg(args, mode_t) : 0;
}

static int
guest_open(const char *path, int flags, mode_t mode)
{
	uint32_t relid = path_ring_relid(path);
	int minor = path_uio_minor(path);
	char buf[PATH_MAX];
	int fd;

	if (minor >= 0)
		return node_open_uio(minor, flags);
	if (path_is_pagemap(path))
		return pagemap_open();
	fd = real()->open(path_translate(path, buf), flags, mode);
	return relid != 0 ? node_open_ring(fd, relid, flags) : fd;
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

static int
guest_openat(int dir, const char *path, int flags, mode_t mode)
{
	if (path != NULL && path[0] == '/')
		return guest_open(path, flags, mode);
	return real()->openat(dir, path, flags, mode);
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

/* What programs built with _FORTIFY_SOURCE call. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);

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

HOOK int
__openat_2(int dir, const char *path, int flags)
{
	return guest_openat(dir, path, flags, 0);
}

HOOK int
__openat64_2(int dir, const char *path, int flags)
{
	return guest_openat(dir, path, flags, 0);
}

HOOK FILE *
fopen(const char *path, const char *mode)
{
	char buf[PATH_MAX];

	return real()->fopen(path_translate(path, buf), mode);
}

HOOK FILE *
fopen64(const char *path, const char *mode)
{
	char buf[PATH_MAX];

	return real()->fopen(path_translate(path, buf), mode);
}

HOOK DIR *
opendir(const char *path)
{
	char buf[PATH_MAX];

	return real()->opendir(path_translate(path, buf));
}

/* Programs that close all they have must not close what they do not know of. */
HOOK int
close(int fd)
{
	if (host_owns(fd) || pagemap_owns(fd))
		return 0;
	node_forget(fd);
	return real()->close(fd);
}

/* A range that has nothing of the library. */
static int
close_between(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;

	for (fd = first; fd <= last && fd < NODE_FD_MAX; fd++)
		node_forget((int)fd);
	return real()->close_range(first, last, flags);
}

static bool
is_kept(unsigned int fd)
{
	return host_owns((int)fd) || pagemap_owns((int)fd);
}

HOOK int
close_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;
	int ret = 0;

	/* On exec ours are closed as well. */
	if (first > last || (flags & (int)CLOSE_RANGE_CLOEXEC) != 0)
		return real()->close_range(first, last, flags);
	for (fd = first; ret == 0 && fd <= last && fd < NODE_FD_MAX; fd++) {
		if (!is_kept(fd))
			continue;
		if (fd > first)
			ret = close_between(first, fd - 1, flags);
		first = fd + 1;
	}
	return ret == 0 && first <= last ? close_between(first, last, flags) : ret;
}

HOOK void
closefrom(int first)
{
	close_range(first > 0 ? (unsigned int)first : 0, ~0u, 0);
}

HOOK int
dup(int fd)
{
	return node_dup(fd, real()->dup(fd));
}

HOOK int
dup2(int fd, int to)
{
	return node_dup(fd, real()->dup2(fd, to));
}

HOOK int
dup3(int fd, int to, int flags)
{
	return node_dup(fd, real()->dup3(fd, to, flags));
}

/* Whatever its argument is, it takes no more than a pointer's room. */
static int
guest_fcntl(int fd, int command, void *arg)
{
	int ret = real()->fcntl(fd, command, arg);

	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? node_dup(fd, ret) : ret;
}

HOOK int
fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return guest_fcntl(fd, command, arg);
}

HOOK int
fcntl64(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return guest_fcntl(fd, command, arg);
}

HOOK ssize_t
read(int fd, void *buf, size_t len)
{
	return node_is_open(fd) ? node_read(fd, buf, len) : real()->read(fd, buf, len);
}

HOOK ssize_t
__read_chk(int fd, void *buf, size_t len, size_t size)
{
	if (len > size)
		__builtin_trap();
	return read(fd, buf, len);
}

HOOK ssize_t
write(int fd, const void *buf, size_t len)
{
	return node_is_open(fd) ? node_write(fd, buf, len) : real()->write(fd, buf, len);
}
