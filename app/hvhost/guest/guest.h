/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The preload library that makes a program a guest: it answers what the program
 * asks libc about VMBus devices, /dev/uioN and its own page map, and passes
 * everything else on.
 *
 * Without HVHOST_DIR in the environment it does nothing at all.
 */

#ifndef HVHOST_GUEST_H
#define HVHOST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../transport.h"

/** What libc would have done: resolved once, before anything else. */
struct guest_libc {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int dir, const char *path, int flags, ...);
	void *(*fopen)(const char *path, const char *mode);
	void *(*opendir)(const char *path);
	int (*access)(const char *path, int mode);
	int (*stat)(const char *path, void *st);
	int (*lstat)(const char *path, void *st);
	ssize_t (*readlink)(const char *path, char *buf, size_t len);
	char *(*realpath)(const char *path, char *resolved);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *addr, size_t len);
	void *(*mremap)(void *addr, size_t old_len, size_t len, int flags, ...);
	int (*close)(int fd);
};

const struct guest_libc *guest_libc(void);

/** Is this process a guest? The run directory, or NULL. */
const char *guest_dir(void);

/** Does the host stand in for the kernel's hugepages? */
bool guest_emulates_hugepages(void);

/* host.c: talking to the host. */

/** Connect and say hello; the answer may carry descriptors. The socket or -errno. */
int host_connect(enum transport_verb hello, uint32_t minor, struct transport_answer *answer,
		 int *fds, size_t count);
/** One request over the process's own connection. 0 or -errno. */
int host_request(const struct transport_request *req, int fd, struct transport_answer *answer);

/* paths.c: where a path leads. */

/** The path to use: the given one, or its like in the host's tree (in buf). */
const char *path_translate(const char *path, char *buf, size_t len);
/** N of "/dev/uioN", if the host has such a device; -1 for any other path. */
int path_uio_minor(const char *path);
/** Is it the page map of this process? */
bool path_is_pagemap(const char *path);

/* uio.c: open devices. */

/** Open /dev/uioN: a descriptor, or -1 with errno. */
int uio_open(int minor);
/** Is this descriptor an open device? */
bool uio_is_open(int fd);
/** mmap() of it. */
void *uio_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
/** The program closes a descriptor. */
void uio_forget(int fd);

/* memory.c: what of the program's memory the host can reach. */

/** The program has mapped something. */
void memory_mapped(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
/** The program is going to unmap something, or map over it. */
void memory_unmapping(void *addr, size_t len);
/** A fresh descriptor that reads as /proc/self/pagemap: or -1 with errno. */
int memory_open_pagemap(void);

#endif /* HVHOST_GUEST_H */
