/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The preload library that makes a program a guest: it answers what the program
 * asks libc about VMBus devices, /dev/uioN and its own page map, and passes
 * everything else on.
 *
 * hook_*.c are the functions that the program calls instead of libc's; they
 * only look whether the call is about something of the host's. The work is
 * done in the other files. Without HVHOST_DIR in the environment the library
 * does nothing at all.
 */

#ifndef HVHOST_GUEST_H
#define HVHOST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "../transport.h"

/** A function that the program calls instead of libc's. */
#define HOOK __attribute__((visibility("default")))

/* real.c: libc's own functions. */

struct stat;
struct statx;

struct real {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int dir, const char *path, int flags, ...);
	void *(*fopen)(const char *path, const char *mode);
	void *(*opendir)(const char *path);
	int (*close)(int fd);
	int (*close_range)(unsigned int first, unsigned int last, int flags);
	int (*dup)(int fd);
	int (*dup2)(int fd, int to);
	int (*dup3)(int fd, int to, int flags);
	int (*fcntl)(int fd, int command, ...);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	int (*access)(const char *path, int mode);
	int (*faccessat)(int dir, const char *path, int mode, int flags);
	int (*stat)(const char *path, struct stat *st);
	int (*lstat)(const char *path, struct stat *st);
	int (*fstatat)(int dir, const char *path, struct stat *st, int flags);
	int (*statx)(int dir, const char *path, int flags, unsigned int mask, struct statx *stx);
	ssize_t (*readlink)(const char *path, char *buf, size_t len);
	ssize_t (*readlinkat)(int dir, const char *path, char *buf, size_t len);
	char *(*realpath)(const char *path, char *resolved);
	ssize_t (*getxattr)(const char *path, const char *name, void *value, size_t len);
	ssize_t (*lgetxattr)(const char *path, const char *name, void *value, size_t len);
	int (*inotify_add_watch)(int fd, const char *path, uint32_t mask);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *addr, size_t len);
	void *(*mremap)(void *addr, size_t old_len, size_t len, int flags, ...);
	int (*memfd_create)(const char *name, unsigned int flags);
	int (*socket)(int domain, int type, int protocol);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t len);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
	ssize_t (*recvfrom)(int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
			    socklen_t *addr_len);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
};

/** Resolved at the first call, which may come before any constructor. */
const struct real *real(void);

/** Is this process a guest? The run directory, or NULL. */
const char *guest_dir(void);

/** Does the host stand in for the kernel's hugepages? */
bool guest_emulates_hugepages(void);

/* host.c: talking to the host. */

/** Open a connection of its own and say hello: the socket or -errno. */
int host_connect(enum transport_verb hello, uint32_t minor);

/**
 * One request over the process's own connection.
 *
 * @param fd
 *   Goes with it, unless -1.
 * @param answer_fd
 *   Gets the descriptor that came with the answer, or -1. NULL if none is expected.
 * @return 0 or -errno; -ENOTCONN once the host is gone.
 */
int host_request(const struct transport_request *req, int fd, struct transport_answer *answer,
		 int *answer_fd);

/** Is it the descriptor of that connection? The program must not close it. */
bool host_owns(int fd);

/* paths.c: where a path leads. */

/** The path to use: the given one, or its like in the host's tree (in buf, PATH_MAX bytes). */
const char *path_translate(const char *path, char *buf);

/** The same; "/dev/uioN" leads to what stands for it in the tree. */
const char *path_translate_node(const char *path, char *buf);

/** N of "/dev/uioN" if the host has such a device; -1 for any other path. */
int path_uio_minor(const char *path);

/** relid of ".../channels/RELID/ring" in the host's tree; 0 for any other path. */
uint32_t path_ring_relid(const char *path);

/** Is it the page map of this process? */
bool path_is_pagemap(const char *path);

/* uevents.c: netlink sockets that hear what the kernel tells of its devices. */

struct uevents;

/** A socket of this type, with its first descriptor; NULL with errno. */
struct uevents *uevents_open(int type, int *fd);

/** One descriptor of it more, or one less: the last one ends it. */
struct uevents *uevents_get(struct uevents *uevents);
void uevents_put(struct uevents *uevents);

/** It hears what is told to these multicast groups. 0, or -1 with errno. */
int uevents_join(struct uevents *uevents, uint32_t groups);

/** As getsockname(). */
void uevents_name(const struct uevents *uevents, void *addr, socklen_t *len);

/** As recvmsg() of any of its descriptors. */
ssize_t uevents_receive(int fd, struct msghdr *msg, int flags);

/* node.c: open device nodes, ring files and uevent sockets. */

/** Open /dev/uioN: a descriptor, or -1 with errno. */
int node_open_uio(int minor, int flags);

/** Remember that fd is the open ring file of a channel. Returns fd, or -1 with errno. */
int node_open_ring(int fd, uint32_t relid, int flags);

/** A netlink socket for uevents: a descriptor, or -1 with errno. */
int node_open_uevents(int type);

/** The uevent socket that fd is one of; NULL for any other descriptor. */
struct uevents *node_uevents(int fd);

/** Descriptors of them are below this; one beyond is refused. */
#define NODE_FD_MAX 4096

/** Is this descriptor one of them? */
bool node_is_open(int fd);

ssize_t node_read(int fd, void *buf, size_t len);
ssize_t node_write(int fd, const void *buf, size_t len);
void *node_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);

/** The program closes the descriptor. */
void node_forget(int fd);

/** The program has made another descriptor of fd. Returns it, or -1 with errno. */
int node_dup(int fd, int other);

/* memory.c: what of the program's memory the host can reach. */

/** The program has mapped something. */
void memory_mapped(void *addr, size_t len, int prot, int flags, int fd, off_t offset);

/**
 * A device's buffer was mapped: it is memory of the guest that its kernel has
 * shared with the host, so packets may be sent from it, too.
 */
void memory_lent(void *addr, size_t len, int fd);

/** The program is going to unmap something, or map over it. */
void memory_unmapping(void *addr, size_t len);

/** A file to map instead of anonymous memory that a device may be given; -1 for other memory. */
int memory_back(size_t len, int prot, int flags);

/** memory_back() was used: its mapping's flags. */
int memory_back_flags(int flags);

/** memfd_create(), without the kernel's hugepages where they are emulated. */
int memory_create_file(const char *name, unsigned int flags);

/** A child starts with nothing registered. */
void memory_forked(void);

/* pagemap.c: what the program reads in /proc/self/pagemap. */

/** Pages from addr on have the numbers from pfn on; a pfn of 0 takes them away. */
void pagemap_set(uintptr_t addr, size_t len, uint64_t pfn);

/** A fresh descriptor that reads as /proc/self/pagemap; or -1 with errno. */
int pagemap_open(void);

/** Is it the library's own descriptor? The program must not close it. */
bool pagemap_owns(int fd);

void pagemap_forked(void);

#endif /* HVHOST_GUEST_H */
