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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "ghost.h"
#include "guestmem.h"
#include "log.h"
#include "transport.h"

enum session_kind {
	SESSION_NEW,		/* has not said hello */
	SESSION_MEMORY,
	SESSION_UIO,
};

/* Instead of a process's number; processes of another pid namespace are all 0 here. */
#define ANY_PROCESS ((pid_t)-1)

/* Connections of guests at a time. */
#define SESSIONS_MAX 512u

/* For event counts that nobody has read: a few dozen. */
#define EVENTS_ROOM 16384

struct session {
	struct session *next;
	struct vmbus *bus;
	enum session_kind kind;
	int fd;
	pid_t pid;			/* as the kernel knows it */
	struct vmbus_device *dev;	/* of SESSION_UIO */
	bool complained;		/* about memory that cannot be reached */
};

/* Begin and end */

static int
session_begin(struct vmbus *bus, int fd)
{
	struct session *session = calloc(1, sizeof(*session));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = session };
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (session == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	    epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(session);
		return -errno;
	}
	session->bus = bus;
	session->fd = fd;
	session->pid = peer.pid;
	session->next = bus->sessions;
	bus->sessions = session;
	return 0;
}

static unsigned int
session_count(const struct vmbus *bus)
{
	const struct session *session;
	unsigned int count = 0;

	for (session = bus->sessions; session != NULL; session = session->next)
		count++;
	return count;
}

void
session_accept(struct vmbus *bus)
{
	int fd = accept4(bus->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	static bool complained;
	int ret = fd < 0 ? -errno : -EMFILE;

	/* Far more than guests need, far fewer than descriptors: the rest is sent away. */
	if (fd >= 0 && session_count(bus) < SESSIONS_MAX)
		ret = session_begin(bus, fd);
	if (ret == 0)
		return;
	if (fd >= 0)
		close(fd);
	if (!complained && ret != -EAGAIN && ret != -ECONNABORTED && ret != -EINTR) {
		log_info("a guest cannot be let in: %s", strerror(-ret));
		complained = true;
	}
}

/* The session that is found first by its kind, and its device or process. NULL: none. */
static struct session *
session_find(const struct vmbus *bus, enum session_kind kind, const struct vmbus_device *dev,
	     pid_t pid)
{
	struct session *session = bus->sessions;

	while (session != NULL && (session->kind != kind || (dev != NULL && session->dev != dev) ||
				   (pid != ANY_PROCESS && session->pid != pid)))
		session = session->next;
	return session;
}

/* Take the session from the list and free it; what it holds is gone already. */
static void
session_free(struct session *session)
{
	struct session **link = &session->bus->sessions;

	/* Forward: the session is in its bus's list. */
	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	if (session->fd >= 0)
		close(session->fd);
	free(session);
}

static void
session_end_memory(struct session *session)
{
	struct vmbus *bus = session->bus;

	guestmem_drop_owner(bus->mem, session);
	session_free(session);
	if (session_find(bus, SESSION_MEMORY, NULL, ANY_PROCESS) == NULL)
		ghosts_forget(bus);
}

/* Memory that its process has left behind. */
static struct session *
session_find_orphan(const struct vmbus *bus, pid_t pid)
{
	struct session *session = bus->sessions;

	while (session != NULL && (session->kind != SESSION_MEMORY || session->fd >= 0 ||
				   session->pid != pid))
		session = session->next;
	return session;
}

/* If that was the last open device of a dead process, its memory can go. */
static void
session_end_orphans(struct vmbus *bus, pid_t pid)
{
	struct session *orphan;

	if (session_find(bus, SESSION_UIO, NULL, pid) != NULL)
		return;
	/* Each turn ends one. */
	while ((orphan = session_find_orphan(bus, pid)) != NULL)
		session_end_memory(orphan);
}

static void
session_end_uio(struct session *session)
{
	struct vmbus *bus = session->bus;
	pid_t pid = session->pid;

	log_trace("guest %d closed %s", session->pid, session->dev->name);
	device_close(session->dev);
	session_free(session);
	session_end_orphans(bus, pid);
}

void
session_end_device(struct vmbus_device *dev)
{
	struct session *session;

	/* Each turn ends one. */
	while ((session = session_find(dev->bus, SESSION_UIO, dev, ANY_PROCESS)) != NULL)
		session_end_uio(session);
}

/*
 * A process has died, or hung up. Its memory stays while its devices are open:
 * they are closed within a moment, unless a child of it goes on with them, and
 * what is left in their rings has to lead somewhere until then.
 */
static void
session_end(struct session *session)
{
	uevents_drop_owner(&session->bus->uevents, session);
	if (session->kind == SESSION_UIO) {
		session_end_uio(session);
	} else if (session->kind == SESSION_NEW) {
		session_free(session);
	} else if (session_find(session->bus, SESSION_UIO, NULL, session->pid) == NULL) {
		session_end_memory(session);
	} else {
		close(session->fd);
		session->fd = -1;
	}
}

void
session_end_all(struct vmbus *bus)
{
	struct session *session;

	/* Each turn of both ends at least one. */
	while ((session = session_find(bus, SESSION_UIO, NULL, ANY_PROCESS)) != NULL)
		session_end_uio(session);
	while (bus->sessions != NULL)
		session_end(bus->sessions);
}

void
session_interrupt(struct vmbus_device *dev)
{
	const struct session *session;

	/* Each event is told, for some wait for the edge; one that reads gets the last. */
	for (session = dev->bus->sessions; session != NULL; session = session->next)
		if (session->dev == dev)
			send(session->fd, &dev->events, sizeof(dev->events),
			     MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Messages */

/* With a block of memory, unless NULL. A guest that does not take it is noticed by its end. */
static void
session_answer(const struct session *session, struct transport_answer *answer,
	       const struct shm *memory)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (memory != NULL) {
		answer->len = memory->len;
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &memory->fd, sizeof(memory->fd));
	}
	sendmsg(session->fd, &msg, MSG_NOSIGNAL);
}

static void
session_refuse(const struct session *session, int error)
{
	session_answer(session, &(struct transport_answer){ .error = error }, NULL);
}

static void
session_accede(const struct session *session, const struct shm *memory)
{
	session_answer(session, &(struct transport_answer){ .error = 0 }, memory);
}

static void
session_open_uio(struct session *session, const struct transport_request *req)
{
	struct vmbus_device *dev = device_find(session->bus, req->minor);
	const int room = EVENTS_ROOM;

	if (dev == NULL || !arrival_has_node(dev)) {
		session_refuse(session, ENODEV);
		return;
	}
	setsockopt(session->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	session->kind = SESSION_UIO;
	session->dev = dev;
	log_trace("guest %d opened %s", session->pid, dev->name);
	/* Ready before the guest is told, so that it meets no half-reset ring. */
	device_open(dev);
	session_accede(session, NULL);
}

static void
session_hello(struct session *session, const struct transport_request *req)
{
	if (req->version != TRANSPORT_VERSION) {
		session_refuse(session, EPROTO);
	} else if (req->verb == TRANSPORT_HELLO_UIO) {
		session_open_uio(session, req);
	} else if (req->verb == TRANSPORT_HELLO_MEMORY) {
		session->kind = SESSION_MEMORY;
		session_accede(session, NULL);
		arrivals_meet_guest(session->bus);
	} else {
		session_refuse(session, EINVAL);
	}
}

static void
session_add_memory(struct session *session, const struct transport_request *req, int fd)
{
	struct guestmem_part part = {
		.owner = session,
		.addr = req->addr,
		.offset = req->offset,
		.len = req->len,
		.fd = fd,
		.swap = session->bus->config.scatter && req->index == 1 ? GUEST_SWAP : 0,
	};
	struct transport_answer answer = { .swap = part.swap };

	answer.error = -guestmem_add(session->bus->mem, &part, &answer.gpa);
	if (answer.error != 0 && !session->complained) {
		log_info("guest %d has memory that the host cannot reach: %s", session->pid,
			 strerror(answer.error));
		session->complained = true;
	}
	session_answer(session, &answer, NULL);
}

static void
session_map_region(const struct session *session, const struct transport_request *req)
{
	const struct vmbus_device *dev = device_find(session->bus, req->minor);
	const struct shm *region = dev != NULL ? device_region(dev, req->index) : NULL;

	if (region != NULL)
		session_accede(session, region);
	else
		session_refuse(session, EINVAL);
}

static void
session_map_ring(const struct session *session, const struct transport_request *req)
{
	const struct shm *ring = device_ring(session->bus, req->relid);

	if (ring != NULL)
		session_accede(session, ring);
	else
		session_refuse(session, ENODEV);
}

static void
session_control_irq(const struct session *session, const struct transport_request *req)
{
	struct vmbus_device *dev = device_find(session->bus, req->minor);

	if (dev == NULL) {
		session_refuse(session, ENODEV);
		return;
	}
	device_irq_control(dev, req->index != 0);
	session_accede(session, NULL);
}

static void
session_control_uevents(const struct session *session, const struct transport_request *req, int fd)
{
	struct uevents *uevents = &session->bus->uevents;
	int ret = 0;

	if (req->verb == TRANSPORT_UEVENTS_OPEN)
		ret = uevents_add(uevents, session, req->index, fd);
	else if (req->verb == TRANSPORT_UEVENTS_JOIN)
		ret = uevents_join(uevents, session, req->index);
	else
		uevents_drop(uevents, session, req->index);
	session_answer(session, &(struct transport_answer){ .error = -ret }, NULL);
}

static void
session_ask(struct session *session, const struct transport_request *req, int fd)
{
	switch (req->verb) {
	case TRANSPORT_ADD:
		session_add_memory(session, req, fd);
		break;
	case TRANSPORT_DROP:
		guestmem_drop(session->bus->mem, session, req->addr, req->len);
		session_accede(session, NULL);
		break;
	case TRANSPORT_REGION:
		session_map_region(session, req);
		break;
	case TRANSPORT_RING:
		session_map_ring(session, req);
		break;
	case TRANSPORT_IRQ:
		session_control_irq(session, req);
		break;
	case TRANSPORT_UEVENTS_OPEN:
	case TRANSPORT_UEVENTS_JOIN:
	case TRANSPORT_UEVENTS_CLOSE:
		session_control_uevents(session, req, fd);
		break;
	default:
		session_refuse(session, EINVAL);
	}
}

/*
 * The next message and the descriptor that came with it (or -1).
 *
 * @return its length; 0 at the end; -EAGAIN if there is none yet.
 */
static ssize_t
session_receive(const struct session *session, struct transport_request *req, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = req, .iov_len = sizeof(*req) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_LEN(sizeof(int)),	/* no room for a second one */
	};
	struct cmsghdr *cmsg;
	ssize_t len;

	*fd = -1;
	memset(req, 0, sizeof(*req));
	len = recvmsg(session->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : 0;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return len;
}

/* A message that nobody built with us sends: false. */
static bool
session_take(struct session *session, const struct transport_request *req, size_t len, int fd)
{
	uint32_t on;

	if (len == sizeof(on) && session->kind == SESSION_UIO) {
		memcpy(&on, req, sizeof(on));
		device_irq_control(session->dev, on != 0);
		return true;
	}
	if (len != sizeof(*req) || session->kind == SESSION_UIO)
		return false;
	if (session->kind == SESSION_NEW)
		session_hello(session, req);
	else
		session_ask(session, req, fd);
	return true;
}

void
session_serve(struct session *session)
{
	struct transport_request req;
	ssize_t len;
	int fd;

	len = session_receive(session, &req, &fd);
	if (len < 0)
		return;
	if (len == 0 || !session_take(session, &req, (size_t)len, fd))
		session_end(session);
	if (fd >= 0)
		close(fd);
}
