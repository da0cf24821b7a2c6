/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See tap.h.
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

#include "log.h"
#include "tap.h"

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

/* Attach to the interface, which is made if need be; with frame headers where the kernel can. */
static int
tap_attach_name(int fd, struct ifreq *ifr, struct tap_spec *spec)
{
	const unsigned int work = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (spec->vnet) {
		ifr->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
		if (ioctl(fd, TUNSETIFF, ifr) == 0)
			return ioctl(fd, TUNSETOFFLOAD, work) == 0 ? 0 : -errno;
		if (errno != EINVAL)
			return -errno;
		spec->vnet = false;
	}
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI;
	return ioctl(fd, TUNSETIFF, ifr) == 0 ? 0 : -errno;
}

/* A descriptor of the interface in the current network namespace, or -errno. */
static int
tap_open_here(struct tap_spec *spec)
{
	struct ifreq ifr = { 0 };
	bool existed;
	int fd, ret;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", spec->name);
	existed = tap_exists(&ifr);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = tap_attach_name(fd, &ifr, spec);
	if (ret == 0 && !existed)
		ret = tap_configure(&ifr, spec->mtu);
	if (ret != 0) {
		close(fd);
		return ret;
	}
	return fd;
}

/* The same in the network namespace that `ip netns` knows by that name. */
static int
tap_open_there(struct tap_spec *spec)
{
	char path[300];
	int home, there, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", spec->netns);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0)
		return -ENXIO;
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(there, CLONE_NEWNET) != 0) {
		fd = -errno;
	} else {
		fd = tap_open_here(spec);
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

int
tap_open(struct tap_spec *spec)
{
	return spec->netns != NULL ? tap_open_there(spec) : tap_open_here(spec);
}

const char *
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
