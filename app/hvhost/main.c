/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost: an emulated Hyper-V network host. This file reads the command line,
 * starts the host, and ends it on a signal.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_ask.h"
#include "host.h"
#include "log.h"
#include "options.h"
#include "rules.h"
#include "run.h"
#include "stats.h"

enum {
	EXIT_GOOD = 0,
	EXIT_USAGE = 2,
	EXIT_RULES = 3,
};

static const char help_run[] =
"usage: hvhost run [--dir DIR] [--emulate-hugepages] -- PROGRAM [ARGUMENT ...]\n"
"\n"
"Become PROGRAM, as a guest of the host that runs in DIR: it finds the host's\n"
"cards in /sys/bus/vmbus and /dev/uioN.\n"
"\n"
"  --dir DIR             where the host is (" OPTIONS_DEFAULT_DIR ")\n"
"  --emulate-hugepages   the program finds hugepages of the host instead of the\n"
"                        kernel's: none have to be reserved\n"
"  --help                this text\n"
"\n"
"Exit status: that of PROGRAM; 1 if no host runs there, 2 for wrong use, 127 if\n"
"PROGRAM cannot be run.\n";

static volatile bool stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = true;
}

static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* The terminal is closed; unless nohup has said to go on. */
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
say_ready(const struct host *host, const struct options *options)
{
	(void)host;
	printf("hvhost: ready, %u NIC%s in %s\n", options->nics, options->nics == 1 ? "" : "s",
	       options->dir);
	fflush(stdout);
}

static int
serve(int argc, char *argv[])
{
	struct options options;
	struct host *host;
	bool good;

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_DONE:
		return EXIT_GOOD;
	case OPTIONS_BAD:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	log_init(options.verbose);
	catch_signals();
	host = host_create(&options);
	if (host == NULL)
		return EXIT_USAGE;
	say_ready(host, &options);
	host_run(host, &stop);
	stats_print(host, stdout);
	good = host_guests_were_good(host);
	host_destroy(host);
	return good ? EXIT_GOOD : EXIT_RULES;
}

/* Take "--dir DIR" from the front of the words; where they go on. */
static int
take_dir(int argc, char *argv[], const char **dir)
{
	*dir = OPTIONS_DEFAULT_DIR;
	if (argc > 2 && strcmp(argv[1], "--dir") == 0) {
		*dir = argv[2];
		return 3;
	}
	if (argc > 1 && strncmp(argv[1], "--dir=", 6) == 0) {
		*dir = argv[1] + 6;
		return 2;
	}
	return 1;
}

static int
ask(int argc, char *argv[])
{
	const char *dir;
	int i = take_dir(argc, argv, &dir);

	return ctl_ask(dir, (unsigned int)(argc - i), argv + i);
}

static int
run(int argc, char *argv[])
{
	bool emulate_hugepages = false;
	const char *dir;
	int i = take_dir(argc, argv, &dir);

	if (i < argc && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
		fputs(help_run, stdout);
		return EXIT_GOOD;
	}
	if (i < argc && strcmp(argv[i], "--emulate-hugepages") == 0) {
		emulate_hugepages = true;
		i++;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i >= argc) {
		log_usage("run needs a program (see hvhost run --help)");
		return EXIT_USAGE;
	}
	return guest_exec(dir, emulate_hugepages, argv + i);
}

static int
list_rules(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	for (unsigned int i = 0; i < RULE_COUNT; i++)
		printf("%-20s %s\n", rules_name(i), rules_text(i));
	return EXIT_GOOD;
}

static const struct {
	const char *name;
	int (*act)(int argc, char *argv[]);
} verbs[] = {
	{ "ctl", ask },
	{ "run", run },
	{ "rules", list_rules },
};

int
main(int argc, char *argv[])
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].act(argc - 1, argv + 1);
	return serve(argc, argv);
}
