/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See run.h.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "run.h"
#include "transport.h"

#define RUN_LIBRARY "libhvguest.so"
#define RUN_ENV_LIBRARY "HVHOST_LIBRARY"

enum { RUN_FAILED = 2, RUN_NOT_FOUND = 127 };

/*
 * The library lies beside this program, or in ../lib/hvhost when installed; or
 * where the user says.
 */
static int
run_find_library(char *path, size_t len)
{
	static const char *const places[] = { "", "../lib/hvhost/" };
	const char *told = getenv(RUN_ENV_LIBRARY);
	char self[PATH_MAX];
	ssize_t got = readlink("/proc/self/exe", self, sizeof(self) - 1);
	unsigned int i;
	char *slash;

	if (told != NULL) {
		snprintf(path, len, "%s", told);
		return access(path, R_OK) == 0 ? 0 : -errno;
	}
	if (got < 0)
		return -errno;
	self[got] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return -ENOENT;
	slash[1] = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, len, "%s%s" RUN_LIBRARY, self, places[i]);
		if (access(path, R_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* Others may be preloaded as well. */
static int
run_set_preload(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *value;
	int ret;

	if (before == NULL || before[0] == '\0')
		return setenv("LD_PRELOAD", library, 1);
	if (asprintf(&value, "%s:%s", library, before) < 0)
		return -1;
	ret = setenv("LD_PRELOAD", value, 1);
	free(value);
	return ret;
}

int
guest_exec(const char *dir, bool emulate_hugepages, char *const argv[])
{
	char library[PATH_MAX + 64], full[PATH_MAX];

	if (run_find_library(library, sizeof(library)) < 0) {
		log_usage("%s is not beside this program: build it, or install both together",
			  RUN_LIBRARY);
		return RUN_FAILED;
	}
	if (strpbrk(library, " :") != NULL) {
		log_usage("%s: a blank or colon in the path, which LD_PRELOAD cannot have; "
			  "move the build elsewhere", library);
		return RUN_FAILED;
	}
	/* The program may change its directory. */
	if (realpath(dir, full) == NULL) {
		log_usage("there is no host in %s: start one with 'hvhost --dir %s --nic ...'",
			  dir, dir);
		return RUN_FAILED;
	}
	if (setenv(TRANSPORT_ENV_DIR, full, 1) < 0 || run_set_preload(library) < 0 ||
	    (emulate_hugepages &&
	     setenv(TRANSPORT_ENV_HUGEPAGES, TRANSPORT_HUGEPAGES_EMULATE, 1) < 0)) {
		log_usage("out of memory");
		return RUN_FAILED;
	}
	execvp(argv[0], argv);
	log_usage("cannot run %s: %s", argv[0], strerror(errno));
	return RUN_NOT_FOUND;
}
