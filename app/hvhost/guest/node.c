/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Open device nodes. An open /dev/uioN is a connection to the host: polling,
 * sharing and closing it do of themselves what they would do with the kernel's
 * (but that a lost device shows as a hangup); reading and writing almost. An
 * open ring file is a file of the right size in the
 * host's tree; one of uevents is a socket (uevents.c). What the first two map is asked for when they are mapped, so a
 * device or channel that is gone is refused as the kernel does.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

/* More unread events there are not. */
#define NODE_EVENTS_MAX 64

struct node {
	uint32_t relid;		/* of a ring file; 0: /dev/uioN */
	uint32_t minor;
	bool writable;
	struct uevents *uevents;	/* of a uevent socket, which is nothing else; else NULL */
};

/*
 * The open nodes by descriptor. Looked up at each read() and write() of the
 * program, hence without a lock; who closes a descriptor that another thread
 * still uses has lost with the kernel, too.
 */
static struct node *nodes[NODE_FD_MAX];

static struct node *
node_find(int fd)
{
	return fd >= 0 && fd < NODE_FD_MAX ? __atomic_load_n(&nodes[fd], __ATOMIC_ACQUIRE) : NULL;
}

bool
node_is_open(int fd)
{
	return node_find(fd) != NULL;
}

struct uevents *
node_uevents(int fd)
{
	const struct node *node = node_find(fd);

	return node != NULL ? node->uevents : NULL;
}

void
node_forget(int fd)
{
	struct node *node = node_find(fd);

	if (node != NULL)
		node = __atomic_exchange_n(&nodes[fd], NULL, __ATOMIC_ACQ_REL);
	if (node != NULL && node->uevents != NULL)
		uevents_put(node->uevents);
	free(node);
}

/* Returns fd, or -1 with errno and fd closed. */
static int
node_keep(int fd, const struct node *what)
{
	struct node *node = fd < NODE_FD_MAX ? malloc(sizeof(*node)) : NULL;

	if (node == NULL) {
		real()->close(fd);
		errno = fd < NODE_FD_MAX ? ENOMEM : EMFILE;
		return -1;
	}
	*node = *what;
	if (node->uevents != NULL)
		uevents_get(node->uevents);
	__atomic_store_n(&nodes[fd], node, __ATOMIC_RELEASE);
	return fd;
}

static bool
node_flags_write(int flags)
{
	return (flags & O_ACCMODE) == O_RDWR;
}

int
node_open_uio(int minor, int flags)
{
	int fd = host_connect(TRANSPORT_HELLO_UIO, (uint32_t)minor);

	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	if ((flags & O_NONBLOCK) != 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return node_keep(fd, &(struct node){
		.minor = (uint32_t)minor,
		.writable = node_flags_write(flags),
	});
}

int
node_open_uevents(int type)
{
	struct uevents *uevents;
	int fd;

	uevents = uevents_open(type, &fd);
	if (uevents == NULL)
		return -1;
	fd = node_keep(fd, &(struct node){ .uevents = uevents });
	uevents_put(uevents);		/* it is the node's now */
	return fd;
}

int
node_dup(int fd, int other)
{
	const struct node *node = node_find(fd);

	if (other < 0 || other == fd)
		return other;
	node_forget(other);
	return node != NULL ? node_keep(other, node) : other;
}

int
node_open_ring(int fd, uint32_t relid, int flags)
{
	return fd < 0 ? fd : node_keep(fd, &(struct node){
		.relid = relid,
		.writable = node_flags_write(flags),
	});
}

/* The kernel's node takes and gives the 4 bytes of a counter, or nothing. */
static bool
node_is_counter(const struct node *node, size_t len)
{
	if (node->relid == 0 && node->uevents == NULL && len == sizeof(int32_t))
		return true;
	errno = EINVAL;
	return false;
}

/* The kernel tells how many events there were up to now; we have each of them in a row. */
static void
node_read_last(int fd, void *buf)
{
	uint32_t count;
	int i;

	for (i = 0; i < NODE_EVENTS_MAX && recv(fd, &count, sizeof(count), MSG_DONTWAIT) ==
	     sizeof(count); i++)
		memcpy(buf, &count, sizeof(count));
}

static ssize_t
node_read_counter(int fd, void *buf, size_t len)
{
	ssize_t got;

	got = real()->read(fd, buf, len);
	/* The end of the connection: the device is gone. */
	if (got == 0 || (got < 0 && errno == ECONNRESET)) {
		errno = EIO;
		return -1;
	}
	if (got > 0) {
		int saved = errno;

		node_read_last(fd, buf);
		errno = saved;
	}
	return got;
}

ssize_t
node_read(int fd, void *buf, size_t len)
{
	const struct node *node = node_find(fd);

	if (node != NULL && node->uevents != NULL)
		return recv(fd, buf, len, 0);
	if (node == NULL || !node_is_counter(node, len))
		return -1;
	return node_read_counter(fd, buf, len);
}

ssize_t
node_write(int fd, const void *buf, size_t len)
{
	const struct node *node = node_find(fd);
	struct transport_request req = { .verb = TRANSPORT_IRQ };
	struct transport_answer answer;
	int32_t on;

	if (node == NULL || !node_is_counter(node, len))
		return -1;
	/* It is done on return: the program may go on to change the masks itself. */
	memcpy(&on, buf, sizeof(on));
	req.minor = node->minor;
	req.index = on != 0;
	if (host_request(&req, -1, &answer, NULL) == 0)
		return (ssize_t)len;
	errno = EIO;
	return -1;
}

/* What fd maps: a descriptor, and the bytes it has; or -errno. */
static int
node_memory(const struct node *node, size_t index, uint64_t *len)
{
	struct transport_request req = {
		.verb = node->relid != 0 ? TRANSPORT_RING : TRANSPORT_REGION,
		.minor = node->minor,
		.index = (uint32_t)index,
		.relid = node->relid,
	};
	struct transport_answer answer;
	int ret, fd;

	if (index >= TRANSPORT_REGIONS)
		return -EINVAL;
	ret = host_request(&req, -1, &answer, &fd);
	if (ret == -ENOTCONN)
		return node->relid != 0 ? -ENODEV : -EINVAL;
	if (ret == 0 && fd < 0)
		return -EINVAL;
	*len = answer.len;
	return ret < 0 ? ret : fd;
}

/* A uio's offset counts pages and selects the region; a ring file has one, from its start on. */
void *
node_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	const struct node *node = node_find(fd);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *mapped = MAP_FAILED;
	uint64_t memory_len = 0;
	int memory;

	if (node == NULL || node->uevents != NULL || offset < 0 || (size_t)offset % page != 0 || len == 0 ||
	    (node->relid != 0 && offset != 0)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if ((prot & PROT_WRITE) != 0 && (flags & MAP_TYPE) != MAP_PRIVATE && !node->writable) {
		errno = EACCES;
		return MAP_FAILED;
	}
	memory = node_memory(node, (size_t)offset / page, &memory_len);
	if (memory < 0) {
		errno = -memory;
		return MAP_FAILED;
	}
	if (len <= ((memory_len + page - 1) & ~(page - 1)))
		mapped = real()->mmap(addr, len, prot, flags, memory, 0);
	else
		errno = EINVAL;
	if (mapped != MAP_FAILED && node->relid == 0 &&
	    (size_t)offset / page >= TRANSPORT_REGION_BUFFERS)
		memory_lent(mapped, len, memory);
	real()->close(memory);		/* never fails here, so errno stays */
	return mapped;
}
