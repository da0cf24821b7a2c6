/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The control socket of a whole host without guests: what it is asked, what it
 * answers, and that nobody who is slow holds it up.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "host.h"
#include "host_test.h"
#include "options.h"

#define DEVICE_0 "/sys/bus/vmbus/devices/6e657473-0000-4000-8000-000000000000"

static char dir[] = "/tmp/hvkXXXXXX";
static struct host *host;
static char answer[65536];

static int
start(void **state)
{
	struct options options;
	char *args[] = {
		"hvhost", "--dir", dir, "--nic", "port=sink", "--nic", "port=loopback",
	};

	(void)state;
	if (options_parse(&options, ARRAY_LEN(args), args) != OPTIONS_RUN)
		return -1;
	host = host_create(&options);
	return host != NULL ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	host_destroy(host);
	return 0;
}

#define TURNS_MAX 100u

static int
visit(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address;

	assert_true(fd >= 0);
	assert_int_equal(ctl_address(&address, dir), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All of the answer, while the host goes round; it ends the connection. */
static const char *
hear(int fd)
{
	unsigned int turns = 0;
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, answer + len, sizeof(answer) - 1 - len, MSG_DONTWAIT)) != 0) {
		if (n > 0) {
			len += (size_t)n;
			continue;
		}
		assert_true(turns++ < TURNS_MAX);
		host_serve_once(host);
	}
	answer[len] = '\0';
	close(fd);
	return answer;
}

static const char *
ask(const char *question)
{
	int fd = visit();

	say(fd, question);
	return hear(fd);
}

static bool
is_there(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", dir, path);
	return access(full, F_OK) == 0;
}

/* A line of a file in the tree. */
static const char *
line_of(const char *path)
{
	static char line[128];
	char full[256];
	FILE *in;

	snprintf(full, sizeof(full), "%s%s", dir, path);
	in = fopen(full, "r");
	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	fclose(in);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void
wrong_words_get_a_sentence(void **state)
{
	static const struct {
		const char *question;
		const char *says;
	} cases[] = {
		{ "\n", "error there is no verb ''" },
		{ "fly\n", "error there is no verb 'fly'" },
		{ "link\n", "error usage: link up NIC, or link down NIC" },
		{ "link\tsideways\t0\n", "error usage: link up NIC" },
		{ "link\tup\t7\n", "error there is no card 7" },
		{ "link\tup\t-1\n", "error there is no card -1" },
		{ "link\tup\t0\t1\n", "error usage: link up NIC" },
		{ "link\tspeed\t0\t0\n", "error a speed is 1 to" },
		{ "link\tspeed\t0\tfast\n", "error a speed is 1 to" },
		{ "network-change\t0\tperhaps\n", "error a network change is definite" },
		{ "stats\t--xml\n", "error stats takes --json or nothing" },
		{ "add\t0\n", "error card 0 has not been removed" },
		{ "add\t9\n", "error there was no card 9" },
		{ "add\t--nic\tport=nonsense\n", "error --nic: there is no port of kind" },
		{ "add\t--nic\tport=sink,guid=6e657473-0000-4000-8000-000000000000\n",
		  "error --nic: guid=" },
		{ "rate\t0\n", "error usage: rate NIC PPS|off" },
		{ "rate\t0\tfast\n", "error a rate is off, or 0 to" },
		{ "rate\t0\t2G\n", "error a rate is off, or 0 to" },
		{ "rate\t0\t1\t257\n", "error so many together are 1 to 256" },
		{ "rate\t0\toff\n", "error the port of card 0 has no rate" },
		{ "capture\t0\n", "error usage: capture NIC FILE [BYTES]" },
		{ "capture\t0\t/nonexistent/x\n", "error cannot write the capture /nonexistent/x" },
		{ "capture\t0\t/dev/null\tfew\n", "error frames cannot be cut to few bytes" },
		{ "a\tb\tc\td\te\tf\tg\th\ti\tj\n", "error there is no verb 'a'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = ask(cases[i].question);

		if (strncmp(got, cases[i].says, strlen(cases[i].says)) != 0)
			fail_msg("%s: %s", cases[i].question, got);
		assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
	}
	assert_int_equal(strncmp(ask("stats\n"), "ok\nnic 0:", 9), 0);
}

static void
events_without_a_guest_are_told_to_nobody(void **state)
{
	(void)state;
	assert_string_equal(ask("link\tup\t0\n"), "ok\nit was so before\n");
	assert_string_equal(ask("link\tdown\t0\n"), "ok\nthere is no guest to be told\n");
	assert_string_equal(ask("link\tspeed\t0\t25000\n"),
			    "ok\nthere is no guest to be told\n");
	assert_string_equal(ask("network-change\t1\n"), "ok\nthere is no guest to be told\n");
}

static void
removed_card_comes_back_with_new_numbers(void **state)
{
	char relid[128], recv_name[128];

	(void)state;
	assert_true(is_there(DEVICE_0 "/uio/uio0"));
	snprintf(relid, sizeof(relid), "%s", line_of(DEVICE_0 "/id"));
	snprintf(recv_name, sizeof(recv_name), "%s", line_of(DEVICE_0 "/uio/uio0/maps/map3/name"));
	assert_string_equal(ask("remove\t0\n"), "ok\n");
	assert_false(is_there(DEVICE_0));
	assert_false(is_there("/sys/class/uio/uio0"));
	assert_string_equal(ask("remove\t0\n"), "error there is no card 0\n");
	assert_null(strstr(ask("stats\n"), "nic 0:"));
	assert_non_null(strstr(ask("stats\t--json\n"), "{\"nics\": [{\"nic\": 1,"));
	assert_string_equal(ask("add\t0\n"), "ok\nnic 0\n");
	assert_true(is_there(DEVICE_0 "/uio/uio2"));
	assert_string_not_equal(relid, line_of(DEVICE_0 "/id"));
	assert_string_not_equal(recv_name, line_of(DEVICE_0 "/uio/uio2/maps/map3/name"));
	assert_non_null(strstr(ask("stats\n"), "nic 0:"));
}

static void
card_pauses_and_is_restarted(void **state)
{
	char relid[128];

	(void)state;
	assert_string_equal(ask("resume\t0\n"), "ok\nit was so before\n");
	assert_string_equal(ask("pause\t0\t50\n"), "ok\n");
	assert_string_equal(ask("resume\t0\n"), "ok\n");
	assert_string_equal(ask("save\t0\n"), "ok\n");
	assert_string_equal(ask("restore\t0\n"), "ok\n");
	assert_string_equal(ask("pause\t0\tlong\n"),
			    "error a pause is of milliseconds, not of long\n");
	assert_string_equal(ask("pause\t0\t0\n"), "error a pause is of milliseconds, not of 0\n");
	strcpy(relid, line_of(DEVICE_0 "/id"));
	assert_string_equal(ask("restart\t0\n"), "ok\nnic 0\n");
	assert_string_not_equal(relid, line_of(DEVICE_0 "/id"));
	ask("remove\t0\n");
	assert_string_equal(ask("restart\t0\n"), "error there is no card 0\n");
}

static void
new_card_gets_the_next_number(void **state)
{
	(void)state;
	ask("remove\t1\n");
	assert_int_equal(strncmp(ask("add\t--nic\tport=sink,queues=x\n"), "error --nic", 11), 0);
	assert_string_equal(ask("add\t--nic\tport=peer:0\n"), "ok\nnic 2\n");
	assert_true(is_there("/sys/bus/vmbus/devices/6e657473-0000-4000-8000-000000000002"));
	assert_false(is_there("/sys/bus/vmbus/devices/6e657473-0000-4000-8000-000000000001"));
	for (unsigned int i = 3; i < OPTIONS_NICS_MAX; i++)
		assert_int_equal(strncmp(ask("add\t--nic\tport=sink\n"), "ok\n", 3), 0);
	assert_string_equal(ask("add\t--nic\tport=sink\n"), "error a host has 32 NICs at most\n");
}

static void
nobody_is_waited_for(void **state)
{
	struct timespec before, after;
	int silent[64];

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		silent[i] = visit();
		say(silent[i], "sta");
		host_serve_once(host);
	}
	assert_int_equal(strncmp(ask("stats\n"), "ok\n", 3), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < 5);
	/* The last of them still has a seat, the first has lost it. */
	say(silent[ARRAY_LEN(silent) - 1], "ts\n");
	assert_int_equal(strncmp(hear(silent[ARRAY_LEN(silent) - 1]), "ok\n", 3), 0);
	host_serve_once(host);
	assert_int_equal(recv(silent[0], answer, 1, MSG_DONTWAIT), 0);
	for (size_t i = 0; i + 1 < ARRAY_LEN(silent); i++)
		close(silent[i]);
}

static void
question_without_an_end_is_not_kept(void **state)
{
	char words[4096];
	int fd = visit();

	(void)state;
	memset(words, 'x', sizeof(words));
	assert_int_equal(send(fd, words, sizeof(words), MSG_NOSIGNAL), sizeof(words));
	host_serve_once(host);
	assert_true(recv(fd, answer, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
	close(fd);
	assert_int_equal(strncmp(ask("stats\n"), "ok\n", 3), 0);
}

static void
capture_begins_and_ends_when_told(void **state)
{
	char path[] = "/tmp/hvkcXXXXXX", question[64];
	int fd = mkstemp(path);
	FILE *in;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(question, sizeof(question), "capture\t1\t%s\t100\n", path);
	assert_string_equal(ask(question), "ok\n");
	assert_string_equal(ask("capture\t1\toff\n"), "ok\n");
	in = fopen(path, "r");
	assert_non_null(in);
	assert_int_equal(fread(answer, 1, 4, in), 4);
	fclose(in);
	unlink(path);
	assert_int_equal(le32(answer), 0x0a0d0d0a);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

#define WITH_HOST(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST("wrong words get one sentence", wrong_words_get_a_sentence),
		WITH_HOST("events without a guest are told to nobody",
			  events_without_a_guest_are_told_to_nobody),
		WITH_HOST("a removed card comes back with new numbers",
			  removed_card_comes_back_with_new_numbers),
		WITH_HOST("a card pauses and is restarted", card_pauses_and_is_restarted),
		WITH_HOST("a new card gets the next number", new_card_gets_the_next_number),
		WITH_HOST("nobody who asks is waited for", nobody_is_waited_for),
		WITH_HOST("a question without an end is not kept",
			  question_without_an_end_is_not_kept),
		WITH_HOST("a capture begins and ends when told", capture_begins_and_ends_when_told),
	};

	return cmocka_run_group_tests_name("host ctl", tests, make_dir, NULL);
}
