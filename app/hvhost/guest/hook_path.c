/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Asking about files by their names.
 */

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "guest.h"

/* A relative path is looked up from a directory: not the host's business. */
static const char *
path_from(const char *path, char *buf)
{
	return path != NULL && path[0] == '/' ? path_translate_node(path, buf) : path;
}

HOOK int
access(const char *path, int mode)
{
	char buf[PATH_MAX];

	return real()->access(path_from(path, buf), mode);
}

HOOK int
faccessat(int dir, const char *path, int mode, int flags)
{
	char buf[PATH_MAX];

	return real()->faccessat(dir, path_from(path, buf), mode, flags);
}

/* What stands for a device node in the tree is a link: make it look like the node. */
static int
stat_node(const char *path, struct stat *st, int ret)
{
	int minor = ret == 0 ? path_uio_minor(path) : -1;

	if (minor >= 0) {
		st->st_mode = S_IFCHR | 0600;
		st->st_rdev = makedev(TRANSPORT_UIO_MAJOR, (unsigned int)minor);
		st->st_size = 0;
	}
	return ret;
}

HOOK int
stat(const char *restrict path, struct stat *restrict st)
{
	char buf[PATH_MAX];

	return stat_node(path, st, real()->stat(path_from(path, buf), st));
}

HOOK int
lstat(const char *restrict path, struct stat *restrict st)
{
	char buf[PATH_MAX];

	return stat_node(path, st, real()->lstat(path_from(path, buf), st));
}

HOOK int
fstatat(int dir, const char *restrict path, struct stat *restrict st, int flags)
{
	char buf[PATH_MAX];

	return stat_node(path, st, real()->fstatat(dir, path_from(path, buf), st, flags));
}

/* On 64-bit machines the 64 in these names changes nothing. */
int stat64(const char *path, struct stat64 *st);
int lstat64(const char *path, struct stat64 *st);
int fstatat64(int dir, const char *path, struct stat64 *st, int flags);

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

HOOK int
fstatat64(int dir, const char *restrict path, struct stat64 *restrict st, int flags)
{
	return fstatat(dir, path, (struct stat *)(void *)st, flags);
}

HOOK int
statx(int dir, const char *restrict path, int flags, unsigned int mask,
      struct statx *restrict stx)
{
	int minor = path_uio_minor(path);
	char buf[PATH_MAX];
	int ret;

	ret = real()->statx(dir, path_from(path, buf), flags, mask, stx);
	if (ret == 0 && minor >= 0) {
		stx->stx_mode = S_IFCHR | 0600;
		stx->stx_rdev_major = TRANSPORT_UIO_MAJOR;
		stx->stx_rdev_minor = (unsigned int)minor;
	}
	return ret;
}

HOOK ssize_t
readlink(const char *restrict path, char *restrict target, size_t len)
{
	char buf[PATH_MAX];

	return real()->readlink(path_translate(path, buf), target, len);
}

HOOK ssize_t
readlinkat(int dir, const char *restrict path, char *restrict target, size_t len)
{
	char buf[PATH_MAX];

	return real()->readlinkat(dir, path_translate(path, buf), target, len);
}

HOOK char *
realpath(const char *restrict path, char *restrict resolved)
{
	char buf[PATH_MAX];

	return real()->realpath(path_translate(path, buf), resolved);
}

HOOK ssize_t
getxattr(const char *path, const char *name, void *value, size_t len)
{
	char buf[PATH_MAX];

	return real()->getxattr(path_from(path, buf), name, value, len);
}

HOOK ssize_t
lgetxattr(const char *path, const char *name, void *value, size_t len)
{
	char buf[PATH_MAX];

	return real()->lgetxattr(path_from(path, buf), name, value, len);
}

HOOK int
inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char buf[PATH_MAX];

	return real()->inotify_add_watch(fd, path_translate(path, buf), mask);
}
