/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Connections of guests (transport.h): a process with its memory, an open
 * device. Whatever a guest sends is checked; whatever it holds ends with its
 * connection.
 */

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "guestmem.h"
#include "log.h"
#include "transport.h"

enum session_kind {
	SESSION_NEW,		/* has not said hello */
	SESSION_MEMORY,
	SESSION_UIO,
};

struct session {
	struct session *next;
	struct vmbus *bus;
	enum session_kind kind;
	int fd;
	uint32_t pid;
	struct vmbus_device *dev;	/* of SESSION_UIO */
};

void
session_accept(struct vmbus *bus)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct session *session;
	int fd = accept4(bus->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	session = calloc(1, sizeof(*session));
	event.data.ptr = session;
	if (session == NULL || epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(session);
		close(fd);
		return;
	}
	session->bus = bus;
	session->fd = fd;
	session->next = bus->sessions;
	bus->sessions = session;
}

static void
session_end(struct session *session)
{
	struct session **link = &session->bus->sessions;

	/* Forward: the session is in its bus's list. */
	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	if (session->kind == SESSION_UIO) {
		log_info("guest %u closed %s", session->pid, session->dev->name);
		device_close(session->dev);
	}
	if (session->kind == SESSION_MEMORY)
		guestmem_drop_owner(session->bus->mem, session);
	close(session->fd);
	free(session);
}

void
session_end_device(struct vmbus_device *dev)
{
	struct session *session = dev->bus->sessions;

	while (session != NULL) {
		struct session *next = session->next;

		if (session->dev == dev)
			session_end(session);
		session = next;
	}
}

void
session_end_all(struct vmbus *bus)
{
	/* Each turn ends one. */
	while (bus->sessions != NULL)
		session_end(bus->sessions);
}

void
session_interrupt(struct vmbus_device *dev)
{
	struct session *session;
	int unread;

	for (session = dev->bus->sessions; session != NULL; session = session->next) {
		if (session->dev != dev)
			continue;
		/* A guest that has not read the last count finds out anyway. */
		if (ioctl(session->fd, SIOCOUTQ, &unread) == 0 && unread > 0)
			continue;
		send(session->fd, &dev->events, sizeof(dev->events), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/* Messages */

/* With count descriptors. */
static void
session_answer(const struct session *session, const struct transport_answer *answer,
	       const int *fds, size_t count)
{
	char control[CMSG_SPACE(sizeof(int) * TRANSPORT_REGIONS)] = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)answer, .iov_len = sizeof(*answer) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (count != 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
	}
	/* A guest that does not take it is noticed by its end. */
	sendmsg(session->fd, &msg, MSG_NOSIGNAL);
}

static void
session_open_uio(struct session *session, const struct transport_request *req)
{
	struct transport_answer answer = { .error = ENODEV };
	int fds[TRANSPORT_REGIONS];
	struct vmbus_device *dev;

	for (dev = session->bus->devices; dev != NULL; dev = dev->next)
		if (dev->minor == req->minor)
			break;
	if (dev == NULL) {
		session_answer(session, &answer, NULL, 0);
		return;
	}
	session->kind = SESSION_UIO;
	session->dev = dev;
	log_info("guest %u opened %s", session->pid, dev->name);
	/* Ready before the guest is told, so that it meets no half-reset ring. */
	device_open(dev);
	answer.error = 0;
	device_regions(dev, fds, answer.len);
	session_answer(session, &answer, fds, TRANSPORT_REGIONS);
}

static void
session_hello(struct session *session, const struct transport_request *req)
{
	struct transport_answer answer = { .error = 0 };

	session->pid = req->pid;
	if (req->version != TRANSPORT_VERSION) {
		answer.error = EPROTO;
		session_answer(session, &answer, NULL, 0);
	} else if (req->verb == TRANSPORT_HELLO_UIO) {
		session_open_uio(session, req);
	} else if (req->verb == TRANSPORT_HELLO_MEMORY) {
		session->kind = SESSION_MEMORY;
		session_answer(session, &answer, NULL, 0);
	}
}

static void
session_memory(struct session *session, const struct transport_request *req, int fd)
{
	struct transport_answer answer = { .error = EINVAL };
	struct guestmem_part part = {
		.owner = session,
		.addr = req->addr,
		.offset = req->offset,
		.len = req->len,
		.fd = fd,
	};

	if (req->verb == TRANSPORT_ADD && fd >= 0) {
		answer.error = -guestmem_add(session->bus->mem, &part, &answer.gpa);
	} else if (req->verb == TRANSPORT_DROP) {
		guestmem_drop(session->bus->mem, session, req->addr, req->len);
		answer.error = 0;
	}
	session_answer(session, &answer, NULL, 0);
}

/* The next message and the descriptor that came with it; its length, 0 at the end. */
static ssize_t
session_receive(const struct session *session, struct transport_request *req, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = req, .iov_len = sizeof(*req) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t len;

	*fd = -1;
	memset(req, 0, sizeof(*req));
	len = recvmsg(session->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (len <= 0)
		return len < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : 0;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS && cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return len;
}

void
session_serve(struct session *session)
{
	struct transport_request req;
	uint32_t on;
	ssize_t len;
	int fd;

	len = session_receive(session, &req, &fd);
	if (len < 0)
		return;
	if (len == 0) {
		session_end(session);
		return;
	}
	if (session->kind == SESSION_UIO && len == sizeof(on)) {
		memcpy(&on, &req, sizeof(on));
		device_irq_control(session->dev, on != 0);
	} else if (session->kind == SESSION_NEW && len == sizeof(req)) {
		session_hello(session, &req);
	} else if (session->kind == SESSION_MEMORY && len == sizeof(req)) {
		session_memory(session, &req, fd);
	}
	if (fd >= 0)
		close(fd);
}
