/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which paths are the host's to answer.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

/* What the host's tree stands in for. */
static const struct {
	const char *root;
	const char *in_tree;
	bool hugepages;		/* only where hugepages are emulated */
} path_roots[] = {
	{ "/sys/bus/vmbus", "/bus/vmbus", false },
	{ "/sys/class/uio", "/class/uio", false },
	{ "/sys/kernel/mm/hugepages", "/kernel/mm/hugepages", true },
	{ "/proc/mounts", "/mounts", true },
};

static bool
path_is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

const char *
path_translate(const char *path, char *buf, size_t len)
{
	size_t i;

	if (path == NULL || guest_dir() == NULL)
		return path;
	for (i = 0; i < sizeof(path_roots) / sizeof(path_roots[0]); i++) {
		if (!path_is_below(path, path_roots[i].root) ||
		    (path_roots[i].hugepages && !guest_emulates_hugepages()))
			continue;
		snprintf(buf, len, "%s/" TRANSPORT_TREE "%s%s", guest_dir(), path_roots[i].in_tree,
			 path + strlen(path_roots[i].root));
		return buf;
	}
	return path;
}

int
path_uio_minor(const char *path)
{
	static const char prefix[] = "/dev/uio";
	char tree[256];
	char *end;
	long minor;

	if (path == NULL || guest_dir() == NULL || strncmp(path, prefix, strlen(prefix)) != 0)
		return -1;
	path += strlen(prefix);
	if (*path < '0' || *path > '9')
		return -1;
	minor = strtol(path, &end, 10);
	if (*end != '\0' || minor > 4095)
		return -1;
	/* The machine may have uio devices of its own. */
	snprintf(tree, sizeof(tree), "%s/" TRANSPORT_TREE "/class/uio/uio%ld", guest_dir(), minor);
	return guest_libc()->access(tree, F_OK) == 0 ? (int)minor : -1;
}

bool
path_is_pagemap(const char *path)
{
	char own[64];

	if (path == NULL || guest_dir() == NULL)
		return false;
	snprintf(own, sizeof(own), "/proc/%d/pagemap", (int)getpid());
	return strcmp(path, "/proc/self/pagemap") == 0 || strcmp(path, own) == 0;
}
