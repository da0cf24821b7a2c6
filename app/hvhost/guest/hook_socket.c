/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Sockets, of which only those that hear uevents are the host's business.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "guest.h"

HOOK int
socket(int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (domain == AF_NETLINK && protocol == NETLINK_KOBJECT_UEVENT && guest_dir() != NULL &&
	    (kind == SOCK_RAW || kind == SOCK_DGRAM))
		return node_open_uevents(type);
	return real()->socket(domain, type, protocol);
}

HOOK int
bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_nl *netlink = (const void *)addr;
	struct uevents *uevents = node_uevents(fd);

	if (uevents == NULL)
		return real()->bind(fd, addr, len);
	if (addr == NULL || len < sizeof(*netlink) || netlink->nl_family != AF_NETLINK) {
		errno = EINVAL;
		return -1;
	}
	return uevents_join(uevents, netlink->nl_groups);
}

/* Groups have numbers here, and are bits of a mask in an address. */
HOOK int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct uevents *uevents = node_uevents(fd);
	int group = uevents != NULL && value != NULL &&
		    len == sizeof(group) ? *(const int *)value : 0;

	if (uevents == NULL || level != SOL_NETLINK)
		return real()->setsockopt(fd, level, name, value, len);
	if (name != NETLINK_ADD_MEMBERSHIP)
		return 0;
	if (group >= 1 && group <= 32)
		return uevents_join(uevents, 1u << (group - 1));
	errno = EINVAL;
	return -1;
}

HOOK int
getsockname(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	const struct uevents *uevents = node_uevents(fd);

	if (uevents == NULL)
		return real()->getsockname(fd, addr, len);
	uevents_name(uevents, addr, len);
	return 0;
}

HOOK ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	return node_uevents(fd) != NULL ? uevents_receive(fd, msg, flags) :
					  real()->recvmsg(fd, msg, flags);
}

HOOK ssize_t
recvfrom(int fd, void *restrict buf, size_t len, int flags, struct sockaddr *restrict addr,
	 socklen_t *restrict addr_len)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_name = addr,
		.msg_namelen = addr != NULL && addr_len != NULL ? *addr_len : 0,
	};
	ssize_t got;

	if (node_uevents(fd) == NULL)
		return real()->recvfrom(fd, buf, len, flags, addr, addr_len);
	got = uevents_receive(fd, &msg, flags);
	if (got >= 0 && addr != NULL && addr_len != NULL)
		*addr_len = msg.msg_namelen;
	return got;
}

HOOK ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}

/* What programs built with _FORTIFY_SOURCE call. */
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t size, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t size, int flags,
		       struct sockaddr *addr, socklen_t *addr_len);

HOOK ssize_t
__recv_chk(int fd, void *buf, size_t len, size_t size, int flags)
{
	if (len > size)
		__builtin_trap();
	return recv(fd, buf, len, flags);
}

HOOK ssize_t
__recvfrom_chk(int fd, void *buf, size_t len, size_t size, int flags,
	       struct sockaddr *addr, socklen_t *addr_len)
{
	if (len > size)
		__builtin_trap();
	return recvfrom(fd, buf, len, flags, addr, addr_len);
}
