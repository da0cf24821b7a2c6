/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See hugepages.h. The files have the names and forms of the kernel's.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hugepages.h"
#include "transport.h"

#define HUGEPAGE_LEN (2u << 20)

/*
 * The folder's name is the run directory's, so that the next host there finds
 * it. No two names become one: '_' stands for '/', "%u" for '_', "%%" for '%'.
 */
static void
hugepages_folder(const char *dir, char *folder, size_t len)
{
	size_t at = (size_t)snprintf(folder, len, "%s", TRANSPORT_HUGEPAGES);

	/* Each turn takes a character of the name. */
	for (; *dir != '\0' && at + 3 < len; dir++) {
		if (*dir == '_' || *dir == '%')
			folder[at++] = '%';
		folder[at++] = *dir == '/' ? '_' : *dir == '_' ? 'u' : *dir;
	}
	folder[at] = '\0';
}

/* At most half of the free memory there is offered. */
static unsigned long
hugepages_count(const char *folder)
{
	struct statvfs fs;

	if (statvfs(folder, &fs) < 0)
		return 0;
	return (unsigned long)(fs.f_bavail * fs.f_frsize / HUGEPAGE_LEN / 2);
}

static int
write_file(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = fopen(path, "we");
	if (file == NULL)
		return -errno;
	fputs(text, file);
	return fclose(file) == 0 ? 0 : -errno;
}

static int
write_counts(const char *tree, unsigned long count)
{
	static const char *const zero[] = {
		"resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages",
	};
	static const char *const parts[] = {
		"kernel", "kernel/mm", "kernel/mm/hugepages",
		"kernel/mm/hugepages/hugepages-2048kB",
	};
	char path[PATH_MAX], text[32];
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", tree, parts[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	snprintf(text, sizeof(text), "%lu\n", count);
	ret = write_file(path, "nr_hugepages", text);
	if (ret == 0)
		ret = write_file(path, "free_hugepages", text);
	for (i = 0; ret == 0 && i < sizeof(zero) / sizeof(zero[0]); i++)
		ret = write_file(path, zero[i], "0\n");
	return ret;
}

/* The run directory of a folder: hugepages_folder() backwards. false: the name is none. */
static bool
folder_dir(const char *name, char *dir, size_t len)
{
	static const char prefix[] = "hvhost";
	size_t at = 0;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || name[strlen(prefix)] != '_')
		return false;
	/* Each turn takes one character of the name, or two. */
	for (name += strlen(prefix); *name != '\0' && at + 1 < len; name++) {
		char c = *name == '_' ? '/' : *name;

		if (*name == '%') {
			name++;
			c = *name == 'u' ? '_' : '%';
			if (*name != 'u' && *name != '%')
				return false;
		}
		dir[at++] = c;
	}
	dir[at] = '\0';
	return *name == '\0';
}

/* Whoever lives in a directory has its lock, and had it before the folder was made. */
static bool
dir_has_a_host(const char *dir)
{
	char path[PATH_MAX];
	bool lives;
	int fd;

	snprintf(path, sizeof(path), "%.*s/" TRANSPORT_LOCK, TRANSPORT_DIR_MAX, dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	lives = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return lives;
}

/* Memory of hosts that were killed is nobody's. */
static void
hugepages_sweep(void)
{
	char dir[PATH_MAX];
	struct dirent *entry;
	DIR *list = opendir("/dev/shm");

	if (list == NULL)
		return;
	while ((entry = readdir(list)) != NULL)
		if (folder_dir(entry->d_name, dir, sizeof(dir)) && !dir_has_a_host(dir))
			hugepages_destroy(dir);
	closedir(list);
}

int
hugepages_create(const char *dir, const char *tree)
{
	char folder[PATH_MAX], mounts[PATH_MAX + 64];
	int ret;

	hugepages_destroy(dir);
	hugepages_sweep();
	hugepages_folder(dir, folder, sizeof(folder));
	if (mkdir(folder, 0700) < 0)
		return -errno;
	ret = write_counts(tree, hugepages_count(folder));
	if (ret < 0)
		return ret;
	snprintf(mounts, sizeof(mounts), "hvhost %s hugetlbfs rw,pagesize=2M 0 0\n", folder);
	return write_file(tree, "mounts", mounts);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
hugepages_destroy(const char *dir)
{
	char folder[PATH_MAX];

	hugepages_folder(dir, folder, sizeof(folder));
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
