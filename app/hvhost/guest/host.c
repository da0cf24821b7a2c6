/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Connections to the host. The process's own one is made when the library is
 * loaded, so that a missing host is said at once, in one sentence.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"

static pthread_mutex_t host_lock = PTHREAD_MUTEX_INITIALIZER;
static int host_fd = -1;

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
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == sizeof(*req) ? 0 : -EIO;
}

/* The answer with up to count descriptors; those that did not come are -1. */
static int
host_receive(int sock, struct transport_answer *answer, int *fds, size_t count)
{
	char control[CMSG_SPACE(sizeof(int) * TRANSPORT_REGIONS)];
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	size_t i;

	for (i = 0; i < count; i++)
		fds[i] = -1;
	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != sizeof(*answer))
		return -EIO;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int) * count))
		memcpy(fds, CMSG_DATA(cmsg), sizeof(int) * count);
	return -answer->error;
}

int
host_connect(enum transport_verb hello, uint32_t minor, struct transport_answer *answer,
	     int *fds, size_t count)
{
	struct transport_request req = {
		.verb = hello,
		.version = TRANSPORT_VERSION,
		.minor = minor,
		.pid = (uint32_t)getpid(),
	};
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock, ret;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" TRANSPORT_SOCKET, guest_dir());
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		ret = -errno;
	else
		ret = host_send(sock, &req, -1);
	if (ret == 0)
		ret = host_receive(sock, answer, fds, count);
	if (ret < 0) {
		guest_libc()->close(sock);
		return ret;
	}
	return sock;
}

int
host_request(const struct transport_request *req, int fd, struct transport_answer *answer)
{
	int ret;

	pthread_mutex_lock(&host_lock);
	ret = host_fd < 0 ? -ENOTCONN : host_send(host_fd, req, fd);
	if (ret == 0)
		ret = host_receive(host_fd, answer, NULL, 0);
	pthread_mutex_unlock(&host_lock);
	return ret;
}

/* A child has its own memory; until it executes another program it is no guest. */
static void
host_forked(void)
{
	host_fd = -1;
}

__attribute__((constructor)) static void
host_attach(void)
{
	struct transport_answer answer;

	if (guest_dir() == NULL)
		return;
	host_fd = host_connect(TRANSPORT_HELLO_MEMORY, 0, &answer, NULL, 0);
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
