/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See uevent.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "transport.h"
#include "uevent.h"

/* As long as the kernel's are. */
#define UEVENT_MAX 2048u
/* The kernel's multicast group of its own events; another one is udev's. */
#define UEVENT_GROUP 1u
/* What one uevents_handle() serves. */
#define UEVENT_HANDLE_MAX 64u

struct uevent_listener {
	struct uevent_listener *next;
	const void *owner;
	uint32_t id;
	int fd;
	bool joined;
	bool lost;			/* events that found no room: not told yet */
};

/* Listeners */

static struct uevent_listener **
uevents_find(struct uevents *uevents, const void *owner, uint32_t id)
{
	struct uevent_listener **link = &uevents->listeners;

	while (*link != NULL && ((*link)->owner != owner || (*link)->id != id))
		link = &(*link)->next;
	return link;
}

static void
listener_free(const struct uevents *uevents, struct uevent_listener **link)
{
	struct uevent_listener *listener = *link;

	*link = listener->next;
	/* The guest may have kept this end, too: closing ours would not end the waiting for it. */
	epoll_ctl(uevents->epoll_fd, EPOLL_CTL_DEL, listener->fd, NULL);
	close(listener->fd);
	free(listener);
}

static unsigned int
uevents_count(const struct uevents *uevents)
{
	const struct uevent_listener *listener;
	unsigned int count = 0;

	for (listener = uevents->listeners; listener != NULL; listener = listener->next)
		count++;
	return count;
}

int
uevents_add(struct uevents *uevents, const void *owner, uint32_t id, int fd)
{
	struct epoll_event event = { .events = 0 };
	struct uevent_listener *listener;

	if (fd < 0 || *uevents_find(uevents, owner, id) != NULL)
		return -EINVAL;
	if (uevents_count(uevents) == UEVENT_LISTENERS_MAX)
		return -ENFILE;
	listener = malloc(sizeof(*listener));
	if (listener == NULL)
		return -ENOMEM;
	*listener = (struct uevent_listener){ .owner = owner, .id = id };
	event.data.ptr = listener;
	listener->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	/* Asks for nothing yet, and is refused what cannot be waited for. */
	if (listener->fd < 0 ||
	    epoll_ctl(uevents->epoll_fd, EPOLL_CTL_ADD, listener->fd, &event) < 0) {
		int ret = -errno;

		if (listener->fd >= 0)
			close(listener->fd);
		free(listener);
		return ret;
	}
	listener->next = uevents->listeners;
	uevents->listeners = listener;
	return 0;
}

int
uevents_join(struct uevents *uevents, const void *owner, uint32_t id)
{
	struct uevent_listener *listener = *uevents_find(uevents, owner, id);

	if (listener == NULL)
		return -ENOENT;
	listener->joined = true;
	return 0;
}

void
uevents_drop(struct uevents *uevents, const void *owner, uint32_t id)
{
	struct uevent_listener **link = uevents_find(uevents, owner, id);

	if (*link != NULL)
		listener_free(uevents, link);
}

void
uevents_drop_owner(struct uevents *uevents, const void *owner)
{
	struct uevent_listener **link = &uevents->listeners;

	/* Each turn goes one further or takes one away. */
	while (*link != NULL) {
		if ((*link)->owner == owner)
			listener_free(uevents, link);
		else
			link = &(*link)->next;
	}
}

/* Telling */

static void
listener_wait_for_room(const struct uevents *uevents, struct uevent_listener *listener, bool wait)
{
	struct epoll_event event = { .events = wait ? EPOLLOUT : 0, .data.ptr = listener };

	epoll_ctl(uevents->epoll_fd, EPOLL_CTL_MOD, listener->fd, &event);
	listener->lost = wait;
}

/* 0; -EAGAIN: there is no room; else nobody has the other end any more. */
static int
listener_send(const struct uevent_listener *listener, const void *message, size_t len)
{
	if (send(listener->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
}

/* A listener that has lost something is told that before anything else. */
static int
listener_tell_loss(const struct uevents *uevents, struct uevent_listener *listener)
{
	int ret;

	if (!listener->lost)
		return 0;
	ret = listener_send(listener, TRANSPORT_UEVENTS_LOST, 1);
	if (ret == 0)
		listener_wait_for_room(uevents, listener, false);
	return ret;
}

static int
listener_tell(const struct uevents *uevents, struct uevent_listener *listener,
	      const void *message, size_t len)
{
	int ret = listener_tell_loss(uevents, listener);

	if (ret == 0)
		ret = listener_send(listener, message, len);
	if (ret == -EAGAIN && !listener->lost)
		listener_wait_for_room(uevents, listener, true);
	return ret == -EAGAIN ? 0 : ret;
}

static void
uevents_tell_all(struct uevents *uevents, const void *message, size_t len)
{
	struct uevent_listener **link = &uevents->listeners;

	/* Each turn goes one further or takes one away. */
	while (*link != NULL) {
		if ((*link)->joined && listener_tell(uevents, *link, message, len) < 0)
			listener_free(uevents, link);
		else
			link = &(*link)->next;
	}
}

void
uevents_tell(struct uevents *uevents, const char *action, const char *path,
	     const char *subsystem, const char *variables)
{
	char message[UEVENT_MAX];
	int len, i;

	len = snprintf(message, sizeof(message),
		       "%s@%s\nACTION=%s\nDEVPATH=%s\nSUBSYSTEM=%s\n%sSEQNUM=%llu\n", action, path,
		       action, path, subsystem, variables, (unsigned long long)++uevents->seqnum);
	if (len < 0 || (size_t)len >= sizeof(message))
		return;			/* the kernel loses such as well */
	log_trace("uevent: %s@%s", action, path);
	for (i = 0; i < len; i++)
		if (message[i] == '\n')
			message[i] = '\0';
	uevents_tell_all(uevents, message, (size_t)len);
}

bool
uevents_has_lost(const struct uevents *uevents)
{
	const struct uevent_listener *listener = uevents->listeners;

	while (listener != NULL && !listener->lost)
		listener = listener->next;
	return listener != NULL;
}

/* There is room again for one who lost something; or nobody is there any more. */
static void
listener_serve(struct uevents *uevents, struct uevent_listener *listener, uint32_t events)
{
	int ret = (events & (EPOLLERR | EPOLLHUP)) != 0 ? -EPIPE :
							  listener_tell_loss(uevents, listener);

	if (ret < 0 && ret != -EAGAIN)
		uevents_drop(uevents, listener->owner, listener->id);
}

/* This machine's kernel */

/* Where it cannot be heard, guests hear of the host's devices alone. */
static void
kernel_open(struct uevents *uevents)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
			epoll_ctl(uevents->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)) {
		close(fd);
		fd = -1;
	}
	uevents->kernel_fd = fd;
}

static bool
kernel_event_is(const char *message, size_t len, const char *variable)
{
	/* The last byte is a zero: each string ends, and the next one begins behind it. */
	for (const char *at = message; at < message + len; at += strlen(at) + 1)
		if (strcmp(at, variable) == 0)
			return true;
	return false;
}

/* We were too slow: it is as if each listener had been. */
static void
kernel_lost(const struct uevents *uevents)
{
	struct uevent_listener *listener;

	for (listener = uevents->listeners; listener != NULL; listener = listener->next)
		if (listener->joined)
			listener_wait_for_room(uevents, listener, true);
}

static void
kernel_relay(struct uevents *uevents)
{
	char message[4 * UEVENT_MAX];
	struct sockaddr_nl from = { .nl_pid = UINT32_MAX };
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(uevents->kernel_fd, message, sizeof(message), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0 && errno == ENOBUFS)
		kernel_lost(uevents);
	/* Processes can send here as well. */
	if (len <= 0 || from.nl_pid != 0 || message[len - 1] != '\0')
		return;
	if (kernel_event_is(message, (size_t)len, "SUBSYSTEM=vmbus") ||
	    kernel_event_is(message, (size_t)len, "SUBSYSTEM=uio"))
		return;
	uevents_tell_all(uevents, message, (size_t)len);
}

/* Life */

int
uevents_init(struct uevents *uevents)
{
	*uevents = (struct uevents){ .kernel_fd = -1 };
	uevents->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (uevents->epoll_fd < 0)
		return -errno;
	kernel_open(uevents);
	return 0;
}

void
uevents_fini(struct uevents *uevents)
{
	/* Each turn takes one away. */
	while (uevents->listeners != NULL)
		listener_free(uevents, &uevents->listeners);
	if (uevents->kernel_fd >= 0)
		close(uevents->kernel_fd);
	if (uevents->epoll_fd >= 0)
		close(uevents->epoll_fd);
}

int
uevents_fd(const struct uevents *uevents)
{
	return uevents->epoll_fd;
}

void
uevents_handle(struct uevents *uevents)
{
	struct epoll_event event;

	for (unsigned int i = 0; i < UEVENT_HANDLE_MAX &&
	     epoll_wait(uevents->epoll_fd, &event, 1, 0) > 0; i++) {
		if (event.data.ptr == NULL)
			kernel_relay(uevents);
		else
			listener_serve(uevents, event.data.ptr, event.events);
	}
}
