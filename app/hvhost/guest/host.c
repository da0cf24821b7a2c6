/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Connections to the host. The process's own one is made when the library is
 * loaded, so that a missing host is said at once, in one sentence.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"

/* A host that takes longer for an answer is taken for dead. */
#define HOST_ANSWER_SECONDS 10

/* Below the usual limit of 1024. */
#define HOST_FD_MIN 900

static pthread_mutex_t host_lock = PTHREAD_MUTEX_INITIALIZER;
static int host_fd = -1;
static bool host_is_lost;		/* what was registered is forgotten: no way back */

static int
host_send(int sock, const struct transport_request *req, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)req, .iov_len = sizeof(*req) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == sizeof(*req) ? 0 : -ENOTCONN;
}

/* The answer, and the descriptor that came with it (or -1). */
static int
host_receive(int sock, struct transport_answer *answer, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	struct cmsghdr *cmsg;
	ssize_t len;

	*fd = -1;
	do {
		len = real()->recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (len != sizeof(*answer))
		return -ENOTCONN;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return 0;
}

static int
host_hello(int sock, enum transport_verb hello, uint32_t minor)
{
	struct transport_request req = {
		.verb = hello,
		.version = TRANSPORT_VERSION,
		.minor = minor,
	};
	struct transport_answer answer;
	int ret, unused;

	ret = host_send(sock, &req, -1);
	if (ret == 0)
		ret = host_receive(sock, &answer, &unused);
	return ret < 0 ? ret : -answer.error;
}

/* For connecting, asking and being answered; 0: for ever. */
static int
host_set_deadline(int sock, time_t seconds)
{
	struct timeval limit = { .tv_sec = seconds };

	if (real()->setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -1;
	return real()->setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Out of the way of programs that want a certain low descriptor. */
static int
host_move_up(int sock)
{
	int moved = real()->fcntl(sock, F_DUPFD_CLOEXEC, HOST_FD_MIN);

	if (moved < 0)
		return sock;
	real()->close(sock);
	return moved;
}

int
host_connect(enum transport_verb hello, uint32_t minor)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock, ret;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" TRANSPORT_SOCKET, guest_dir());
	sock = real()->socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (host_set_deadline(sock, HOST_ANSWER_SECONDS) < 0 ||
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		ret = -errno;
	else
		ret = host_hello(sock, hello, minor);
	/* Reading an open device waits for as long as there is no interrupt. */
	if (ret == 0 && hello == TRANSPORT_HELLO_UIO)
		ret = host_set_deadline(sock, 0);
	if (ret < 0) {
		real()->close(sock);
		return ret;
	}
	return sock;
}

/* The process's own connection. */
static int
host_connect_memory(void)
{
	int sock = host_connect(TRANSPORT_HELLO_MEMORY, 0);

	return sock < 0 ? sock : host_move_up(sock);
}

/* With the lock held. A child makes its connection here. */
static int
host_ready(void)
{
	if (host_is_lost || guest_dir() == NULL)
		return -ENOTCONN;
	if (host_fd < 0)
		host_fd = host_connect_memory();
	return host_fd < 0 ? -ENOTCONN : 0;
}

int
host_request(const struct transport_request *req, int fd, struct transport_answer *answer,
	     int *answer_fd)
{
	int ret, got = -1;

	pthread_mutex_lock(&host_lock);
	ret = host_ready();
	if (ret == 0)
		ret = host_send(host_fd, req, fd);
	if (ret == 0)
		ret = host_receive(host_fd, answer, &got);
	/* Its answer may still come, and would be taken for that of the next request. */
	if (ret < 0)
		host_is_lost = true;
	pthread_mutex_unlock(&host_lock);
	if (answer_fd != NULL)
		*answer_fd = got;
	else if (got >= 0)
		real()->close(got);
	return ret < 0 ? ret : -answer->error;
}

bool
host_owns(int fd)
{
	return fd >= 0 && fd == host_fd;
}

/* A child is another guest. It connects when it first has to. */
static void
host_forked(void)
{
	pthread_mutex_init(&host_lock, NULL);
	if (host_fd >= 0)
		real()->close(host_fd);
	host_fd = -1;
	host_is_lost = false;
	memory_forked();
	pagemap_forked();
}

__attribute__((constructor)) static void
host_attach(void)
{
	if (guest_dir() == NULL)
		return;
	host_fd = host_connect_memory();
	if (host_fd >= 0) {
		pthread_atfork(NULL, NULL, host_forked);
		return;
	}
	if (host_fd == -EPROTO)
		fprintf(stderr, "hvhost: the host in %s is of another build than this library\n",
			guest_dir());
	else
		fprintf(stderr, "hvhost: no host is running in %s: start one with "
			"'hvhost --dir %s --nic ...'\n", guest_dir(), guest_dir());
	_exit(1);
}
