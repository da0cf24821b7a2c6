/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Netlink sockets that hear the kernel's uevents. The program has one end of a
 * datagram socket and the host the other one: polling, sharing and closing it
 * do of themselves what they would do with the kernel's, and a host that dies
 * just falls silent. What comes out of it is made to look as if it came from
 * the kernel.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

/* The kernel's multicast group of its own events; another one is udev's. */
#define UEVENT_GROUP 1u

/* One socket, however many descriptors the program has made of it. */
struct uevents {
	unsigned int refs;
	uint32_t id;
	uint32_t groups;
	pid_t process;		/* a child's host does not know it */
};

static int
uevents_request(const struct uevents *uevents, enum transport_verb verb, int fd)
{
	struct transport_request req = { .verb = verb, .index = uevents->id };
	struct transport_answer answer;

	return uevents->process == getpid() ? host_request(&req, fd, &answer, NULL) : -ENOTCONN;
}

struct uevents *
uevents_open(int type, int *fd)
{
	static uint32_t last;
	struct uevents *uevents = malloc(sizeof(*uevents));
	int end[2], ret;

	if (uevents == NULL)
		return NULL;
	*uevents = (struct uevents){
		.refs = 1,
		.id = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED),
		.process = getpid(),
	};
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0, end) < 0) {
		free(uevents);
		return NULL;
	}
	ret = uevents_request(uevents, TRANSPORT_UEVENTS_OPEN, end[1]);
	real()->close(end[1]);
	if (ret < 0) {
		real()->close(end[0]);
		free(uevents);
		errno = ret == -ENOTCONN ? EPROTONOSUPPORT : -ret;
		return NULL;
	}
	*fd = end[0];
	return uevents;
}

struct uevents *
uevents_get(struct uevents *uevents)
{
	__atomic_add_fetch(&uevents->refs, 1, __ATOMIC_RELAXED);
	return uevents;
}

void
uevents_put(struct uevents *uevents)
{
	if (__atomic_sub_fetch(&uevents->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	uevents_request(uevents, TRANSPORT_UEVENTS_CLOSE, -1);
	free(uevents);
}

int
uevents_join(struct uevents *uevents, uint32_t groups)
{
	int ret = 0;

	if ((groups & UEVENT_GROUP) != 0)
		ret = uevents_request(uevents, TRANSPORT_UEVENTS_JOIN, -1);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	uevents->groups |= groups;
	return 0;
}

/* An address, cut to the room there is for it. */
static socklen_t
address_put(void *to, socklen_t room, uint32_t port, uint32_t groups)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_pid = port,
		.nl_groups = groups,
	};

	if (to != NULL)
		memcpy(to, &addr, room < sizeof(addr) ? room : sizeof(addr));
	return sizeof(addr);
}

void
uevents_name(const struct uevents *uevents, void *addr, socklen_t *len)
{
	*len = address_put(addr, *len, (uint32_t)getpid(), uevents->groups);
}

/* The kernel is process 0, of root. */
static void
credentials_put(struct msghdr *msg)
{
	const struct ucred kernel = { 0 };
	struct cmsghdr *cmsg;

	/* Each turn goes one message further. */
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_CREDENTIALS &&
		    cmsg->cmsg_len == CMSG_LEN(sizeof(kernel)))
			memcpy(CMSG_DATA(cmsg), &kernel, sizeof(kernel));
}

/* One byte, which no uevent is. */
static bool
is_loss(const struct msghdr *msg, ssize_t len)
{
	return len == 1 && (msg->msg_flags & MSG_TRUNC) == 0 && msg->msg_iovlen > 0 &&
	       msg->msg_iov[0].iov_len > 0 && *(const char *)msg->msg_iov[0].iov_base == '\0';
}

ssize_t
uevents_receive(int fd, struct msghdr *msg, int flags)
{
	socklen_t room = msg->msg_namelen;
	ssize_t len = real()->recvmsg(fd, msg, flags);

	if (len < 0)
		return len;
	if (is_loss(msg, len)) {
		errno = ENOBUFS;
		return -1;
	}
	if (msg->msg_name != NULL)
		msg->msg_namelen = address_put(msg->msg_name, room, 0, UEVENT_GROUP);
	credentials_put(msg);
	return len;
}
