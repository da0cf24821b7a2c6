/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ctl_ask.h.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_ask.h"
#include "ctl_verbs.h"
#include "log.h"

#define CTL_ANSWER_PATIENCE_S 10

enum { ASK_GOOD = 0, ASK_FAILED = 2 };

static const char help_head[] =
"usage: hvhost ctl [--dir DIR] VERB [WORD ...]    ask a running host\n"
"\n";

static const char help_tail[] =
"\n"
"NIC is a card's number, from 0 in the order of --nic. OPTIONS are those of --nic\n"
"(see hvhost --help). A relative FILE is looked up from here, one in OPTIONS from\n"
"where the host was started.\n"
"Exit status: 0 it is done; 2 it is not, and a sentence says why.\n";

static int
ask_help(void)
{
	fputs(help_head, stdout);
	ctl_verbs_help(stdout);
	fputs(help_tail, stdout);
	return ASK_GOOD;
}

/* The host has another directory than we: a file's name is made whole. */
static int
ask_whole_path(const char *path, char *whole, size_t len)
{
	char here[PATH_MAX];

	if (path[0] == '/')
		return snprintf(whole, len, "%s", path);
	if (getcwd(here, sizeof(here)) == NULL)
		return -1;
	return snprintf(whole, len, "%s/%s", here, path);
}

static bool
ask_is_file(unsigned int i, char *const word[])
{
	return i == 2 && strcmp(word[0], "capture") == 0 && strcmp(word[2], "off") != 0;
}

/* The line that is sent; false if it is too long, or a word has what parts words. */
static bool
ask_write(char *question, size_t len, unsigned int words, char *const word[])
{
	char whole[2 * PATH_MAX];
	size_t used = 0;

	for (unsigned int i = 0; i < words; i++) {
		const char *text = word[i];
		int n;

		if (ask_is_file(i, word)) {
			if (ask_whole_path(word[i], whole, sizeof(whole)) < 0)
				return false;
			text = whole;
		}
		if (strpbrk(text, "\t\n") != NULL)
			return false;
		n = snprintf(question + used, len - used, "%s%c", text,
			     i + 1 < words ? '\t' : '\n');
		if (n < 0 || (size_t)n >= len - used)
			return false;
		used += (size_t)n;
	}
	return true;
}

static int
ask_connect(const char *dir)
{
	const struct timeval patience = { .tv_sec = CTL_ANSWER_PATIENCE_S };
	struct sockaddr_un address;
	int fd;

	if (ctl_address(&address, dir) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	}
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		log_usage("no host runs in %s: %s", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Copy the answer to stdout, or its error to stderr. */
static int
ask_print_answer(FILE *in)
{
	char line[4096];

	if (fgets(line, sizeof(line), in) == NULL) {
		log_usage("the host does not answer");
		return ASK_FAILED;
	}
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "ok") != 0) {
		log_usage("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
		return ASK_FAILED;
	}
	while (fgets(line, sizeof(line), in) != NULL)
		fputs(line, stdout);
	if (ferror(in)) {
		log_usage("the host has not told all: %s", strerror(errno));
		return ASK_FAILED;
	}
	return ASK_GOOD;
}

int
ctl_ask(const char *dir, unsigned int words, char *const word[])
{
	char question[CTL_QUESTION_MAX];
	int ret, fd;
	FILE *in;

	if (words == 0) {
		log_usage("ctl needs a verb (see hvhost ctl --help)");
		return ASK_FAILED;
	}
	if (strcmp(word[0], "--help") == 0 || strcmp(word[0], "-h") == 0 ||
	    strcmp(word[0], "help") == 0)
		return ask_help();
	if (!ask_write(question, sizeof(question), words, word)) {
		log_usage("the question is too long, or has a tab or a line break");
		return ASK_FAILED;
	}
	fd = ask_connect(dir);
	if (fd < 0)
		return ASK_FAILED;
	send(fd, question, strlen(question), MSG_NOSIGNAL);
	in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return ASK_FAILED;
	}
	ret = ask_print_answer(in);
	fclose(in);
	return ret;
}
