/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ctl.h.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_verbs.h"
#include "log.h"

#define CTL_SEATS 16u
#define CTL_EVENTS_MAX 64u		/* in one ctl_handle() */

/* Somebody who asks: first the question comes in, then the answer goes out. */
struct ctl_client {
	int fd;				/* -1: nobody */
	uint64_t since;			/* the lower, the longer here */
	char question[CTL_QUESTION_MAX];
	size_t asked;
	char *answer;			/* NULL: the question is not complete */
	size_t len, told;
};

struct ctl {
	struct sockaddr_un address;
	int epoll_fd;
	int listen_fd;
	uint64_t visits;
	struct ctl_client client[CTL_SEATS];
};

int
ctl_address(struct sockaddr_un *address, const char *dir)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s/ctl", dir) >=
	    sizeof(address->sun_path)) {
		log_usage("the name of directory %s is too long", dir);
		return -1;
	}
	return 0;
}

static int
ctl_watch(struct ctl *ctl, int fd, uint32_t events, void *ptr)
{
	struct epoll_event event = { .events = events, .data.ptr = ptr };

	if (epoll_ctl(ctl->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return epoll_ctl(ctl->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int
ctl_listen(struct ctl *ctl)
{
	const struct sockaddr *address = (const struct sockaddr *)&ctl->address;

	ctl->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ctl->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ctl->epoll_fd < 0 || ctl->listen_fd < 0)
		return -errno;
	unlink(ctl->address.sun_path);
	if (bind(ctl->listen_fd, address, sizeof(ctl->address)) < 0 ||
	    chmod(ctl->address.sun_path, 0600) < 0 || listen(ctl->listen_fd, CTL_SEATS) < 0)
		return -errno;
	return ctl_watch(ctl, ctl->listen_fd, EPOLLIN, NULL);
}

struct ctl *
ctl_create(const char *dir)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int ret;

	if (ctl == NULL || ctl_address(&ctl->address, dir) != 0) {
		free(ctl);
		return NULL;
	}
	for (unsigned int i = 0; i < CTL_SEATS; i++)
		ctl->client[i].fd = -1;
	ctl->epoll_fd = ctl->listen_fd = -1;
	ret = ctl_listen(ctl);
	if (ret != 0) {
		log_usage("cannot listen on %s: %s", ctl->address.sun_path, strerror(-ret));
		ctl_destroy(ctl);
		return NULL;
	}
	return ctl;
}

static void
client_leave(struct ctl_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	client->answer = NULL;
	client->fd = -1;
}

void
ctl_destroy(struct ctl *ctl)
{
	if (ctl == NULL)
		return;
	for (unsigned int i = 0; i < CTL_SEATS; i++)
		client_leave(&ctl->client[i]);
	if (ctl->listen_fd >= 0) {
		close(ctl->listen_fd);
		unlink(ctl->address.sun_path);
	}
	if (ctl->epoll_fd >= 0)
		close(ctl->epoll_fd);
	free(ctl);
}

int
ctl_fd(const struct ctl *ctl)
{
	return ctl->epoll_fd;
}

/* A free seat, or that of whoever has kept one for longest. */
static struct ctl_client *
ctl_seat(struct ctl *ctl)
{
	struct ctl_client *seat = &ctl->client[0];

	for (unsigned int i = 0; i < CTL_SEATS; i++) {
		struct ctl_client *client = &ctl->client[i];

		if (client->fd < 0)
			return client;
		if (client->since < seat->since)
			seat = client;
	}
	client_leave(seat);
	return seat;
}

static void
ctl_accept(struct ctl *ctl)
{
	int fd = accept4(ctl->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ctl_client *client;

	if (fd < 0)
		return;
	client = ctl_seat(ctl);
	*client = (struct ctl_client){ .fd = fd, .since = ++ctl->visits };
	if (ctl_watch(ctl, fd, EPOLLIN, client) != 0)
		client_leave(client);
}

/* The question is complete: have it answered. */
static int
client_answer(struct ctl_client *client, struct host *host)
{
	FILE *out = open_memstream(&client->answer, &client->len);

	if (out == NULL)
		return -ENOMEM;
	ctl_verbs_act(host, client->question, out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* Take what has come. 0: more is to come; 1: the question is complete; -errno. */
static int
client_listen(struct ctl_client *client)
{
	size_t room = sizeof(client->question) - 1 - client->asked;
	char *end;
	ssize_t n;

	n = recv(client->fd, client->question + client->asked, room, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	client->asked += (size_t)n;
	client->question[client->asked] = '\0';
	end = strchr(client->question, '\n');
	if (end == NULL)
		return client->asked < sizeof(client->question) - 1 ? 0 : -EMSGSIZE;
	*end = '\0';
	return 1;
}

/* Give out what is taken. 0: more is left; 1: that was all; -errno. */
static int
client_tell(struct ctl_client *client)
{
	ssize_t n = send(client->fd, client->answer + client->told, client->len - client->told,
			 MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->told += (size_t)n;
	return client->told == client->len;
}

static void
client_go_on(struct ctl *ctl, struct ctl_client *client, struct host *host)
{
	int ret = 1;

	if (client->answer == NULL) {
		ret = client_listen(client);
		if (ret == 1)
			ret = client_answer(client, host) == 0 &&
			      ctl_watch(ctl, client->fd, EPOLLOUT, client) == 0 ? 1 : -ENOMEM;
		if (ret == 0)
			return;
	}
	if (ret == 1)
		ret = client_tell(client);
	if (ret != 0)
		client_leave(client);
}

void
ctl_handle(struct ctl *ctl, struct host *host)
{
	struct epoll_event event;

	/* One at a time: a newcomer may take another's seat. */
	for (unsigned int i = 0; i < CTL_EVENTS_MAX; i++) {
		if (epoll_wait(ctl->epoll_fd, &event, 1, 0) <= 0)
			return;
		if (event.data.ptr == NULL)
			ctl_accept(ctl);
		else
			client_go_on(ctl, event.data.ptr, host);
	}
}
