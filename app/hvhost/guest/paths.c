/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which paths are the host's to answer.
 */

#include <limits.h>
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
	{ "/sys" TRANSPORT_DEVICES, "/devices/vmbus", false },
	{ "/sys/kernel/mm/hugepages", "/kernel/mm/hugepages", true },
	{ "/proc/mounts", "/mounts", true },
};

static bool
path_is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The kernel tells of its hugepages by node as well; the host's are of no node. */
static bool
path_is_node_hugepages(const char *path)
{
	static const char nodes[] = "/sys/devices/system/node/";

	return guest_emulates_hugepages() && strncmp(path, nodes, strlen(nodes)) == 0 &&
	       strstr(path, "/hugepages") != NULL;
}

const char *
path_translate(const char *path, char *buf)
{
	size_t i;

	if (path == NULL || guest_dir() == NULL)
		return path;
	if (path_is_node_hugepages(path)) {
		snprintf(buf, PATH_MAX, "%s/" TRANSPORT_TREE "/node-has-none", guest_dir());
		return buf;
	}
	for (i = 0; i < sizeof(path_roots) / sizeof(path_roots[0]); i++) {
		if (!path_is_below(path, path_roots[i].root) ||
		    (path_roots[i].hugepages && !guest_emulates_hugepages()))
			continue;
		snprintf(buf, PATH_MAX, "%s/" TRANSPORT_TREE "%s%s", guest_dir(),
			 path_roots[i].in_tree, path + strlen(path_roots[i].root));
		return buf;
	}
	return path;
}

/* A decimal number up to max that ends in end; -1 for anything else. */
static long
path_number(const char *text, const char *end, long max)
{
	long value;
	char *rest;

	if (*text < '0' || *text > '9')
		return -1;
	value = strtol(text, &rest, 10);
	return strcmp(rest, end) == 0 && value <= max ? value : -1;
}

/* What stands for /dev/uioN. */
static void
path_of_minor(long minor, char *buf)
{
	snprintf(buf, PATH_MAX, "%s/" TRANSPORT_TREE "/dev/uio%ld", guest_dir(), minor);
}

int
path_uio_minor(const char *path)
{
	static const char prefix[] = "/dev/uio";
	char buf[PATH_MAX];
	long minor;

	if (path == NULL || guest_dir() == NULL || strncmp(path, prefix, strlen(prefix)) != 0)
		return -1;
	minor = path_number(path + strlen(prefix), "", 4095);
	if (minor < 0)
		return -1;
	/* The machine may have uio devices of its own. */
	path_of_minor(minor, buf);
	return real()->access(buf, F_OK) == 0 ? (int)minor : -1;
}

const char *
path_translate_node(const char *path, char *buf)
{
	int minor = path_uio_minor(path);

	if (minor < 0)
		return path_translate(path, buf);
	path_of_minor(minor, buf);
	return buf;
}

uint32_t
path_ring_relid(const char *path)
{
	const char *channels;
	long relid;

	if (path == NULL || guest_dir() == NULL ||
	    (!path_is_below(path, "/sys/bus/vmbus") &&
	     !path_is_below(path, "/sys" TRANSPORT_DEVICES)))
		return 0;
	channels = strstr(path, "/channels/");
	if (channels == NULL)
		return 0;
	relid = path_number(channels + strlen("/channels/"), "/ring", INT32_MAX);
	return relid > 0 ? (uint32_t)relid : 0;
}

bool
path_is_pagemap(const char *path)
{
	char own[64];

	if (path == NULL || guest_dir() == NULL || strncmp(path, "/proc/", 6) != 0)
		return false;
	snprintf(own, sizeof(own), "/proc/%d/pagemap", (int)getpid());
	return strcmp(path, "/proc/self/pagemap") == 0 || strcmp(path, own) == 0;
}
