/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* F_OFD_SETLK */
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "hn_life.h"
#include "hn_log.h"

uint32_t hn_life_self = 1;

static int life_fd = -1;
static unsigned int life_users;

/* The byte of a process. */
static struct flock
life_byte(uint32_t number)
{
	return (struct flock){
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)number,
		.l_len = 1,
	};
}

static int
life_open(void)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/netvsc_life", rte_eal_get_runtime_dir()) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	life_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return life_fd < 0 ? -errno : 0;
}

/* The first number that no process has which lives. */
static int
life_take_number(void)
{
	struct flock byte;
	uint32_t number;

	for (number = 1; number <= HN_LIFE_MAX; number++) {
		byte = life_byte(number);
		if (fcntl(life_fd, F_OFD_SETLK, &byte) == 0) {
			hn_life_self = number;
			return 0;
		}
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
	}
	return -EUSERS;
}

int
hn_life_begin(void)
{
	int ret;

	if (life_users++ != 0)
		return 0;
	ret = life_open();
	/* Without files of its own EAL has no other processes. */
	if (ret == -ENOENT)
		return 0;
	if (ret == 0)
		ret = life_take_number();
	if (ret < 0) {
		HN_LOG(ERR, "netvsc_life in %s, by which processes see each other: %s",
		       rte_eal_get_runtime_dir(), strerror(-ret));
		hn_life_end();
	}
	return ret;
}

void
hn_life_end(void)
{
	if (--life_users != 0)
		return;
	if (life_fd >= 0)
		close(life_fd);
	life_fd = -1;
}

bool
hn_life_is_alive(uint32_t number)
{
	struct flock byte = life_byte(number);

	if (life_fd < 0 || number == hn_life_self)
		return true;
	/* Who cannot tell must not take anything from anybody. */
	return fcntl(life_fd, F_OFD_GETLK, &byte) < 0 || byte.l_type != F_UNLCK;
}
