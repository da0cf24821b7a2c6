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

/* A process is told by its byte, and by how many have had that byte before it. */
#define LIFE_BYTE_BITS 8
#define LIFE_BYTE(number) ((number) & ((1u << LIFE_BYTE_BITS) - 1))
#define LIFE_TURN(number) ((number) >> LIFE_BYTE_BITS)

uint32_t hn_life_self = 1;

static int life_fd = -1;
static unsigned int life_users;

static struct flock
life_byte(uint32_t byte)
{
	return (struct flock){
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)byte,
		.l_len = 1,
	};
}

/*
 * The turn of the last one that has taken this byte; 0 if none has. The file holds
 * one for each byte, written by who has the lock.
 */
static uint32_t
life_turn(uint32_t byte)
{
	uint32_t turn;

	return pread(life_fd, &turn, sizeof(turn), (off_t)(byte * sizeof(turn))) ==
	       sizeof(turn) ? turn & (UINT32_MAX >> LIFE_BYTE_BITS) : 0;
}

/* The caller has the lock: what its predecessors held is not its own. */
static int
life_take_turn(uint32_t byte)
{
	uint32_t turn = life_turn(byte) + 1;

	if (pwrite(life_fd, &turn, sizeof(turn), (off_t)(byte * sizeof(turn))) != sizeof(turn))
		return -EIO;
	hn_life_self = turn << LIFE_BYTE_BITS | byte;
	return 0;
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

/* The first byte that no process has which lives. */
static int
life_take_number(void)
{
	struct flock lock;
	uint32_t byte;

	for (byte = 1; byte <= HN_LIFE_MAX; byte++) {
		lock = life_byte(byte);
		if (fcntl(life_fd, F_OFD_SETLK, &lock) == 0)
			return life_take_turn(byte);
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
	struct flock lock = life_byte(LIFE_BYTE(number));

	if (life_fd < 0 || number == hn_life_self)
		return true;
	/* Another one has its byte, maybe the caller. */
	if (life_turn(LIFE_BYTE(number)) != LIFE_TURN(number))
		return false;
	/* Who cannot tell must not take anything from anybody. */
	return fcntl(life_fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}
