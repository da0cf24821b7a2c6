/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The kernel's news of devices that come and go. They are read as hints to look
 * at sysfs and as nothing else: what they say of a device is not used, so it
 * does not matter who sent them, how long they are, or that some were dropped.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmbus_private.h"

/* Of the multicast groups of this protocol: the kernel's own; udev has another. */
#define UEVENT_GROUP_KERNEL 1
/* The kernel's are shorter; what is cut off is not missed. */
#define UEVENT_LEN_MAX 4096
/* Read at a time, so that a flood does not keep the thread from its other work. */
#define UEVENT_BATCH 64

int
vmbus_uevent_open(void)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = UEVENT_GROUP_KERNEL,
	};
	int fd, ret;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

void
vmbus_uevent_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Of the strings in an event, each ended by a zero, one names the subsystem. */
static bool
uevent_is_of(const char *event, size_t len, const char *subsystem)
{
	size_t pos, part_len;

	/* Forward: each turn goes past one string and its zero. */
	for (pos = 0; pos < len; pos += part_len + 1) {
		part_len = strnlen(event + pos, len - pos);
		if (part_len == strlen(subsystem) &&
		    memcmp(event + pos, subsystem, part_len) == 0)
			return true;
	}
	return false;
}

/* Cards appear on the bus first; they are usable when their uio device is there, too. */
static bool
uevent_is_ours(const char *event, size_t len)
{
	return uevent_is_of(event, len, "SUBSYSTEM=vmbus") ||
	       uevent_is_of(event, len, "SUBSYSTEM=uio");
}

int
vmbus_uevent_read(int fd)
{
	char event[UEVENT_LEN_MAX];
	unsigned int i;
	ssize_t len;
	int found = 0;

	for (i = 0; i < UEVENT_BATCH; i++) {
		len = recv(fd, event, sizeof(event), MSG_DONTWAIT);
		if (len > 0)
			found |= uevent_is_ours(event, (size_t)len);
		else if (len == 0)
			return -EPIPE;
		else if (errno == ENOBUFS)
			found = 1;	/* some were dropped, perhaps ours */
		else if (errno == EAGAIN)
			return found;
		else if (errno != EINTR)
			return -errno;
	}
	return found;
}
