/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ctl.h.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl.h"
#include "host.h"
#include "keyvals.h"
#include "log.h"
#include "nic.h"
#include "stats.h"

#define CTL_QUESTION_MAX 256
#define CTL_WORDS_MAX 8
#define CTL_PATIENCE_US 100000		/* for somebody who does not read or write */
#define CTL_ANSWER_PATIENCE_S 5

struct ctl {
	int fd;
	struct sockaddr_un address;
};

static int
ctl_address(struct sockaddr_un *address, const char *dir)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s/ctl", dir) >=
	    sizeof(address->sun_path)) {
		log_usage("the name of directory %s is too long", dir);
		return -1;
	}
	return 0;
}

static int
ctl_listen(struct ctl *ctl)
{
	const struct sockaddr *address = (const struct sockaddr *)&ctl->address;
	int ret;

	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ctl->fd < 0)
		return -errno;
	unlink(ctl->address.sun_path);
	if (bind(ctl->fd, address, sizeof(ctl->address)) == 0 &&
	    chmod(ctl->address.sun_path, 0600) == 0 && listen(ctl->fd, 8) == 0)
		return 0;
	ret = -errno;
	close(ctl->fd);
	return ret;
}

struct ctl *
ctl_create(const char *dir)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int ret;

	if (ctl == NULL || ctl_address(&ctl->address, dir) != 0) {
		free(ctl);
		return NULL;
	}
	ret = ctl_listen(ctl);
	if (ret != 0) {
		log_usage("cannot listen on %s: %s", ctl->address.sun_path, strerror(-ret));
		free(ctl);
		return NULL;
	}
	return ctl;
}

void
ctl_destroy(struct ctl *ctl)
{
	if (ctl == NULL)
		return;
	close(ctl->fd);
	unlink(ctl->address.sun_path);
	free(ctl);
}

int
ctl_fd(const struct ctl *ctl)
{
	return ctl->fd;
}

/* The verbs. Each gets the words behind its own and writes the answer. */

static void
ctl_stats(struct host *host, unsigned int words, char *const word[], FILE *out)
{
	bool json = words == 1 && strcmp(word[0], "--json") == 0;

	if (words > 0 && !json) {
		fprintf(out, "error stats takes --json or nothing\n");
		return;
	}
	fprintf(out, "ok\n");
	if (json)
		stats_print_json(host, out);
	else
		stats_print(host, out);
}

static void
ctl_link(struct host *host, unsigned int words, char *const word[], FILE *out)
{
	struct nic *nic = NULL;
	uint64_t number;
	bool up;

	if (words == 2 && parse_number(word[1], &number) == 0)
		nic = host_nic(host, number);
	up = words > 0 && strcmp(word[0], "up") == 0;
	if (nic == NULL || (!up && strcmp(word[0], "down") != 0)) {
		fprintf(out, "error link takes up or down and the number of a NIC\n");
		return;
	}
	nic_set_link(nic, up);
	fprintf(out, "ok\n");
}

static const struct {
	const char *name;
	void (*act)(struct host *host, unsigned int words, char *const word[], FILE *out);
} ctl_verbs[] = {
	{ "stats", ctl_stats },
	{ "link", ctl_link },
};

#define CTL_VERBS (sizeof(ctl_verbs) / sizeof(ctl_verbs[0]))

static void
ctl_act(struct host *host, char *question, FILE *out)
{
	char *word[CTL_WORDS_MAX], *save = NULL;
	unsigned int words = 0;
	char *next;

	for (next = strtok_r(question, " \n", &save); next != NULL && words < CTL_WORDS_MAX;
	     next = strtok_r(NULL, " \n", &save))
		word[words++] = next;
	for (size_t i = 0; words > 0 && i < CTL_VERBS; i++) {
		if (strcmp(word[0], ctl_verbs[i].name) == 0) {
			ctl_verbs[i].act(host, words - 1, word + 1, out);
			return;
		}
	}
	fprintf(out, "error ctl knows");
	for (size_t i = 0; i < CTL_VERBS; i++)
		fprintf(out, "%s %s", i > 0 ? "," : "", ctl_verbs[i].name);
	fprintf(out, "\n");
}

static void
ctl_write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void
ctl_serve(int fd, struct host *host)
{
	const struct timeval patience = { .tv_usec = CTL_PATIENCE_US };
	char question[CTL_QUESTION_MAX], *answer = NULL;
	size_t answer_len = 0;
	FILE *out;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	n = recv(fd, question, sizeof(question) - 1, 0);
	if (n <= 0)
		return;
	question[n] = '\0';
	out = open_memstream(&answer, &answer_len);
	if (out == NULL)
		return;
	ctl_act(host, question, out);
	if (fclose(out) == 0)
		ctl_write_all(fd, answer, answer_len);
	free(answer);
}

void
ctl_handle(struct ctl *ctl, struct host *host)
{
	int fd;

	/* One for each turn of the event loop; the others wait in the backlog. */
	fd = accept4(ctl->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	ctl_serve(fd, host);
	close(fd);
}

/* The other end. */

static int
ctl_connect(const char *dir)
{
	const struct timeval patience = { .tv_sec = CTL_ANSWER_PATIENCE_S };
	struct sockaddr_un address;
	int fd;

	if (ctl_address(&address, dir) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		log_usage("no host runs in %s: %s", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Copy the answer to stdout, or its error to stderr. */
static int
ctl_print_answer(FILE *in)
{
	char line[4096];

	if (fgets(line, sizeof(line), in) == NULL) {
		log_usage("the host does not answer");
		return 2;
	}
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "ok") != 0) {
		log_usage("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
		return 2;
	}
	while (fgets(line, sizeof(line), in) != NULL)
		fputs(line, stdout);
	return 0;
}

int
ctl_ask(const char *dir, const char *question)
{
	int ret, fd = ctl_connect(dir);
	FILE *in;

	if (fd < 0)
		return 2;
	ctl_write_all(fd, question, strlen(question));
	in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return 2;
	}
	ret = ctl_print_answer(in);
	fclose(in);
	return ret;
}
