/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * uio_hv_generic's character device: open, map, signal, wait. The only file
 * that knows /dev/uioN.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "vmbus_private.h"

/* Long enough for any number. */
#define UIO_PATH_LEN 32

static void
uio_path(int minor, char path[UIO_PATH_LEN])
{
	snprintf(path, UIO_PATH_LEN, "/dev/uio%d", minor);
}

bool
vmbus_uio_has_node(int minor)
{
	char path[UIO_PATH_LEN];

	uio_path(minor, path);
	return access(path, F_OK) == 0;
}

int
vmbus_uio_open(int minor)
{
	char path[UIO_PATH_LEN];
	int fd;

	uio_path(minor, path);
	/* The first open makes the kernel open the primary channel. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void
vmbus_uio_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void *
uio_mmap(int fd, uint64_t len, off_t offset)
{
	void *addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	return addr == MAP_FAILED ? NULL : addr;
}

void *
vmbus_uio_map(int fd, unsigned int index, uint64_t len)
{
	/* The offset selects the region; it counts guest pages, not Hyper-V's. */
	return uio_mmap(fd, len, (off_t)index * sysconf(_SC_PAGESIZE));
}

void *
vmbus_uio_map_ring(const char *dir, uint32_t relid, uint64_t *len)
{
	char path[PATH_MAX];
	struct stat st;
	void *addr = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/channels/%u/ring", dir, relid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		*len = (uint64_t)st.st_size;
		addr = uio_mmap(fd, *len, 0);
	}
	close(fd);
	return addr;
}

void
vmbus_uio_unmap(void *addr, uint64_t len)
{
	if (addr != NULL)
		munmap(addr, len);
}

int
vmbus_uio_signal(int fd)
{
	int32_t enable = 1;

	return write(fd, &enable, sizeof(enable)) < 0 ? -errno : 0;
}

/*
 * Since 6.16. Where it was ported back to cannot be told from here: there a
 * device without monitors has one queue, which is slower, and not silent.
 */
bool
vmbus_uio_signals_subchannels(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 16);
}

int
vmbus_uio_read_event(int fd)
{
	int32_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	if (got < 0)
		return -errno;
	return got == sizeof(count) ? (count & INT32_MAX) : -EIO;
}

bool
vmbus_uio_is_gone(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}
