/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * libc's own functions, behind those of this library; and whether this process
 * is a guest.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

static struct real functions;
static char run_dir[TRANSPORT_DIR_MAX + 1];
static bool emulate_hugepages;
static bool functions_known, environment_known;

/* A pointer to a function is stored through one to void: POSIX has them alike. */
#define RESOLVE(name) (*(void **)&functions.name = real_symbol(#name))

static void *
real_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	return symbol;
}

static void
real_resolve(void)
{
	RESOLVE(open);
	RESOLVE(openat);
	RESOLVE(fopen);
	RESOLVE(opendir);
	RESOLVE(close);
	RESOLVE(close_range);
	RESOLVE(dup);
	RESOLVE(dup2);
	RESOLVE(dup3);
	RESOLVE(fcntl);
	RESOLVE(read);
	RESOLVE(write);
	RESOLVE(access);
	RESOLVE(faccessat);
	RESOLVE(stat);
	RESOLVE(lstat);
	RESOLVE(fstatat);
	RESOLVE(statx);
	RESOLVE(readlink);
	RESOLVE(readlinkat);
	RESOLVE(realpath);
	RESOLVE(getxattr);
	RESOLVE(lgetxattr);
	RESOLVE(inotify_add_watch);
	RESOLVE(mmap);
	RESOLVE(munmap);
	RESOLVE(mremap);
	RESOLVE(memfd_create);
	RESOLVE(socket);
	RESOLVE(bind);
	RESOLVE(setsockopt);
	RESOLVE(getsockname);
	RESOLVE(recvfrom);
	RESOLVE(recvmsg);
	functions_known = true;
}

const struct real *
real(void)
{
	if (!functions_known)
		real_resolve();
	return &functions;
}

/* A sanitizer's first calls come before there is an environment: nothing is decided then. */
static void
guest_read_environment(void)
{
	const char *dir, *hugepages;

	if (environ == NULL)
		return;
	dir = getenv(TRANSPORT_ENV_DIR);
	hugepages = getenv(TRANSPORT_ENV_HUGEPAGES);
	if (dir != NULL)
		snprintf(run_dir, sizeof(run_dir), "%s", dir);
	emulate_hugepages = hugepages != NULL &&
			    strcmp(hugepages, TRANSPORT_HUGEPAGES_EMULATE) == 0;
	environment_known = true;
}

const char *
guest_dir(void)
{
	if (!environment_known)
		guest_read_environment();
	return run_dir[0] != '\0' ? run_dir : NULL;
}

bool
guest_emulates_hugepages(void)
{
	return guest_dir() != NULL && emulate_hugepages;
}
