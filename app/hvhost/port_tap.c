/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * TAP port: the Linux network stack at the other end of the cable.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keyvals.h"
#include "log.h"
#include "port.h"

struct tap {
	struct port port;
	uint64_t send_errors;
};

/* What is longer than the NIC's frames ends here, and is seen to be too long. */
static uint8_t tap_excess[FRAME_MAX];

/* Nobody listens: a cable without a card drops what is sent into it. */
static unsigned int
tap_drain(struct tap *tap, unsigned int budget)
{
	struct port_user *user = &tap->port.user;
	unsigned int n = 0;

	while (n < budget && read(tap->port.fd, tap_excess, sizeof(tap_excess)) > 0)
		n++;
	if (n > 0)
		user->dropped(user->ctx, n);
	return n;
}

/* 1: a frame was handed up or was too long; 0: there is none, or no room. */
static int
tap_receive(struct tap *tap)
{
	struct port_user *user = &tap->port.user;
	struct iovec part[2] = { [1] = { tap_excess, sizeof(tap_excess) } };
	ssize_t len;

	part[0].iov_base = user->begin(user->ctx, &part[0].iov_len);
	if (part[0].iov_base == NULL)
		return 0;
	len = readv(tap->port.fd, part, 2);
	if (len > 0 && (size_t)len <= part[0].iov_len) {
		user->commit(user->ctx, (size_t)len);
		return 1;
	}
	user->commit(user->ctx, 0);
	if (len > 0)
		user->dropped(user->ctx, 1);
	return len > 0;
}

static unsigned int
tap_poll(struct port *port, unsigned int budget)
{
	struct tap *tap = (struct tap *)port;
	unsigned int n = 0;

	if (!port->user.listens(port->user.ctx))
		return tap_drain(tap, budget);
	while (n < budget && tap_receive(tap))
		n++;
	return n;
}

static bool
tap_send(struct port *port, const struct frame *frame)
{
	if (writev(port->fd, frame->seg, (int)frame->n) == (ssize_t)frame->len)
		return true;
	((struct tap *)port)->send_errors++;
	return false;
}

static void
tap_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	free(port);
}

static uint64_t
tap_send_errors(const struct port *port)
{
	return ((const struct tap *)port)->send_errors;
}

static const struct port_counter tap_counters[] = {
	{ "tap_send_errors", tap_send_errors },
	{ NULL, NULL },
};

static const struct port_ops tap_ops = {
	.poll = tap_poll,
	.send = tap_send,
	.close = tap_close,
	.counters = tap_counters,
};

/* Set MTU and bring up an interface that we made ourselves. */
static int
tap_configure(struct ifreq *ifr, uint32_t mtu)
{
	int ret, sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return -errno;
	ifr->ifr_mtu = (int)mtu;
	ret = ioctl(sock, SIOCSIFMTU, ifr);
	if (ret == 0)
		ret = ioctl(sock, SIOCGIFFLAGS, ifr);
	ifr->ifr_flags |= IFF_UP;
	if (ret == 0)
		ret = ioctl(sock, SIOCSIFFLAGS, ifr);
	ret = ret == 0 ? 0 : -errno;
	close(sock);
	return ret;
}

static bool
tap_exists(const struct ifreq *name)
{
	struct ifreq ifr = *name;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = sock >= 0 && ioctl(sock, SIOCGIFINDEX, &ifr) == 0;

	if (sock >= 0)
		close(sock);
	return found;
}

/* A descriptor of the interface in the current network namespace, or -errno. */
static int
tap_attach(const char *name, uint32_t mtu)
{
	struct ifreq ifr = { 0 };
	bool existed;
	int fd, ret = 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.*s", IFNAMSIZ - 1, name);
	existed = tap_exists(&ifr);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &ifr) != 0)
		ret = -errno;
	else if (!existed)
		ret = tap_configure(&ifr, mtu);
	if (ret != 0) {
		close(fd);
		return ret;
	}
	return fd;
}

/* As tap_attach(), in the network namespace that `ip netns` knows by that name. */
static int
tap_attach_in(const char *netns, const char *name, uint32_t mtu)
{
	char path[300];
	int home, there, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0)
		return -ENXIO;
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(there, CLONE_NEWNET) != 0) {
		fd = -errno;
	} else {
		fd = tap_attach(name, mtu);
		if (setns(home, CLONE_NEWNET) != 0) {
			log_usage("cannot return to the network namespace: %s", strerror(errno));
			abort();
		}
	}
	if (home >= 0)
		close(home);
	close(there);
	return fd;
}

static const char *
tap_reason(int error)
{
	switch (error) {
	case EBUSY:
		return "it is in use by another program";
	case EPERM:
	case EACCES:
		return "that needs root";
	case EINVAL:
		return "there is an interface of that name that is no TAP";
	case ENXIO:
		return "there is no network namespace of that name (see ip netns)";
	case ENOENT:
		return "/dev/net/tun is missing (modprobe tun)";
	default:
		return strerror(error);
	}
}

struct port *
port_tap_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	size_t len = strcspn(arg, "@");
	const char *netns = arg[len] == '@' ? arg + len + 1 : NULL;
	uint32_t mtu = env->frame_len - ETHER_HDR_LEN;
	char name[IFNAMSIZ];
	struct tap *tap;

	if (len == 0 || len >= sizeof(name) || (netns != NULL && strchr(netns, '/') != NULL)) {
		log_usage("%s: port=tap:%s does not name an interface", kv->option, arg);
		return NULL;
	}
	tap = calloc(1, sizeof(*tap));
	if (tap == NULL) {
		log_usage("no memory for a TAP port");
		return NULL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, arg);
	tap->port.ops = &tap_ops;
	tap->port.fd = netns != NULL ? tap_attach_in(netns, name, mtu) : tap_attach(name, mtu);
	if (tap->port.fd < 0) {
		log_usage("cannot open port tap:%s: %s", arg, tap_reason(-tap->port.fd));
		free(tap);
		return NULL;
	}
	return &tap->port;
}
