/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See options.h.
 */

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "log.h"
#include "options.h"
#include "port.h"

enum {
	OPT_DIR = 256,
	OPT_NIC,
	OPT_UPLINK,
	OPT_PROFILE,
	OPT_KERNEL,
	OPT_POLL,
	OPT_DOORBELL_ONLY,
	OPT_SCATTER,
	OPT_TOLERATE,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "nic", required_argument, NULL, OPT_NIC },
	{ "uplink", required_argument, NULL, OPT_UPLINK },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "poll", required_argument, NULL, OPT_POLL },
	{ "doorbell-only", no_argument, NULL, OPT_DOORBELL_ONLY },
	{ "scatter", no_argument, NULL, OPT_SCATTER },
	{ "tolerate", required_argument, NULL, OPT_TOLERATE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char help_usage[] =
"hvhost: an emulated Hyper-V network host\n"
"\n"
"usage: hvhost [--dir DIR] --nic OPTIONS [--nic OPTIONS ...]   be a host\n"
"       hvhost run [--dir DIR] [--emulate-hugepages] -- PROGRAM [ARGUMENT ...]\n"
"                                                              run a DPDK program as its guest\n"
"       hvhost ctl [--dir DIR] VERB [WORD ...]                 ask a running host: counters,\n"
"                                                              links, cards (hvhost ctl --help)\n"
"       hvhost rules                                           list the rules for guests\n"
"\n"
"Makes synthetic network cards that unmodified DPDK programs find and drive as on\n"
"Hyper-V. Every rule of the protocol that a guest breaks is named.\n"
"\n"
"  --dir DIR         where guests and ctl find the host (" OPTIONS_DEFAULT_DIR ")\n"
"  --nic OPTIONS     one card, see below; give it once for each\n"
"  --uplink SWITCH=PORT[,mtu=BYTES][,...]\n"
"                    plug a port into a switch (see port=switch:NAME)\n"
"  --profile NAME    which generation of host to be, see below\n"
"  --kernel RELEASE  how the guests' kernel treats interrupts, see below (6.18)\n"
"  --poll MODE       adaptive: sleep when idle; busy: never sleep (adaptive)\n"
"  --doorbell-only   read a ring only after the guest has signalled it: shows a\n"
"                    driver that forgets to\n"
"  --scatter         no two pages of a card's buffers are in a row, as a real kernel's\n"
"                    may be: shows a driver that takes them for one piece\n"
"  --tolerate RULE[,RULE...]\n"
"                    breaking these does not show in the exit status\n"
"  -v                show every control message\n"
"  --help            this text\n"
"\n"
"Options of a card, separated by commas:\n"
"  port=PORT         what it is plugged into, see below (required)\n"
"  mac=ADDRESS       02:15:5d:00:00:NN for card NN\n"
"  mac-change=on|off a guest may have another address; Hyper-V calls this MAC address\n"
"                    spoofing (off)\n"
"  guid=GUID         instance id; made from the card's number\n"
"  mtu=BYTES         of the port, 68-65522; the guest chooses its own (1500)\n"
"  mtu-max=BYTES     longest that a guest can choose, 1500-65522 (the profile's, 9202)\n"
"  offloads=NAME[+NAME...]|none\n"
"                    offer no others: ip4, tcp4, udp4, tcp6, udp6, lso4, lso6, rsc\n"
"  lso-max=BYTES, lso-segments=N\n"
"                    most payload and least segments of a large send (62780, 2)\n"
"  rsc=on|off        offer to coalesce received segments (the profile's)\n"
"  queues=N          how many channels a guest may have, 1 to 64 (1)\n"
"  grant=N           grant so many subchannels at most, 0: refuse (all)\n"
"  grant-extra=N     grant and offer so many more than that, a fault (0)\n"
"  grant-delay=MS    wait before each subchannel's offer (0)\n"
"  rss-table=N       entries of the RSS table, 1 to 256 (128)\n"
"  nvsp=VERSION      speak this version only: 1, 2, 4, 5, 6 or 6.1\n"
"  speed=BITS        link speed per second (10G)\n"
"  monitor=yes|no|primary\n"
"                    signalled through the monitor page, or by system call, or this for\n"
"                    the subchannels only (yes)\n"
"  primary-ring=yes|no\n"
"                    the primary channel's directory has a file ring (yes)\n"
"  offer-delay=MS    the card appears so long after the first guest has come (0)\n"
"  bind-delay=MS, node-delay=MS, channels-delay=MS\n"
"                    its driver's uio/uioN, /dev/uioN and channels/ come so long after\n"
"                    its directory (0)\n"
"  ring-delay=MS     each ring file comes so long after its channel's directory (0)\n"
"  lost-at=N         the card is taken away at a guest's N-th packet, unanswered, once\n"
"  fault=FAULT[+FAULT...]\n"
"                    what becomes of answers: KIND[@N]:ACTION, of each of the kind, or of the\n"
"                    N-th only. KIND is nvsp or rndis (answers to such requests), done\n"
"                    (completions of RNDIS requests) or sent (completions of frames);\n"
"                    ACTION is never, twice, late:MS or swap (told behind the next one)\n"
"  sections=hot|cold reuse the receive sections last returned, or walk through all (hot)\n"
"  unseen=yes|no     complete data of the guest without a look at it, to measure (no)\n"
"  ring=BYTES, recv=BYTES, send=BYTES\n"
"                    sizes of one ring and of the buffers (2MiB, 31MiB, 16MiB)\n"
"  capture=FILE      write what crosses the card to a pcapng file\n"
"  snaplen=BYTES     of the capture: more of a frame is not written (all)\n"
"\n"
"Ports:\n";

static const char help_examples[] =
"\n"
"Examples:\n"
"  # A forwarder between two TAPs:\n"
"  hvhost --nic port=tap:hv0 --nic port=tap:hv1 &\n"
"  hvhost run -- dpdk-testpmd -l 0,1 -- --forward-mode=io --auto-start\n"
"\n"
"  # A million numbered frames through a program, each looked at again:\n"
"  hvhost --nic port=gen:count=1M,size=64-1514,window=256,delay=2000 --nic port=sink\n"
"\n"
"  # Two cards and the Linux stack on one switch:\n"
"  hvhost --nic port=switch:lan --nic port=switch:lan --uplink lan=tap:hv0@lab\n"
"\n"
"Exit status: 0 all was well; 2 wrong use; 3 a guest has broken a rule.\n";

void
options_print_help(void)
{
	const struct profile *profile;
	const struct kernel *kernel;

	fputs(help_usage, stdout);
	port_print_kinds();
	printf("\nKernels, by the release that begins a generation:\n");
	for (size_t i = 0; (kernel = kernel_at(i)) != NULL; i++)
		printf("  %-10s %s\n", kernel->name, kernel->what);
	printf("\nProfiles:\n");
	for (size_t i = 0; (profile = profile_at(i)) != NULL; i++)
		printf("  %-10s %s\n", profile->name, profile->what);
	fputs(help_examples, stdout);
}

static int
options_add(const char **list, unsigned int *n, unsigned int max, const char *value,
	    const char *option)
{
	if (*n == max) {
		log_usage("%s can be given %u times", option, max);
		return -1;
	}
	list[(*n)++] = value;
	return 0;
}

static int
options_set_poll(struct options *options, const char *mode)
{
	options->busy = strcmp(mode, "busy") == 0;
	if (options->busy || strcmp(mode, "adaptive") == 0)
		return 0;
	log_usage("--poll %s is neither busy nor adaptive", mode);
	return -1;
}

static int
options_set_profile(struct options *options, const char *name)
{
	options->profile = profile_find(name);
	if (options->profile != NULL)
		return 0;
	log_usage("there is no profile '%s' (see hvhost --help)", name);
	return -1;
}

static int
options_set_kernel(struct options *options, const char *name)
{
	options->kernel = kernel_find(name);
	if (options->kernel != NULL)
		return 0;
	log_usage("there is no kernel '%s' (see hvhost --help)", name);
	return -1;
}

static int
options_take(struct options *options, int opt, const char *word)
{
	switch (opt) {
	case OPT_DIR:
		options->dir = optarg;
		return 0;
	case OPT_NIC:
		return options_add(options->nic, &options->nics, OPTIONS_NICS_MAX, optarg,
				   "--nic");
	case OPT_UPLINK:
		return options_add(options->uplink, &options->uplinks, OPTIONS_UPLINKS_MAX,
				   optarg, "--uplink");
	case OPT_PROFILE:
		return options_set_profile(options, optarg);
	case OPT_KERNEL:
		return options_set_kernel(options, optarg);
	case OPT_POLL:
		return options_set_poll(options, optarg);
	case OPT_DOORBELL_ONLY:
		options->doorbell_only = true;
		return 0;
	case OPT_SCATTER:
		options->scatter = true;
		return 0;
	case OPT_TOLERATE:
		options->tolerate = optarg;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case ':':
		log_usage("%s needs a value (see hvhost --help)", word);
		return -1;
	default:
		log_usage("unknown option '%s' (see hvhost --help)", word);
		return -1;
	}
}

enum options_result
options_parse(struct options *options, int argc, char *argv[])
{
	int opt;

	memset(options, 0, sizeof(*options));
	options->dir = OPTIONS_DEFAULT_DIR;
	options->profile = profile_default();
	options->kernel = kernel_default();
	optind = 1;
	while ((opt = getopt_long(argc, argv, "+:hv", long_options, NULL)) != -1) {
		if (opt == OPT_HELP || opt == 'h') {
			options_print_help();
			return OPTIONS_DONE;
		}
		if (options_take(options, opt, argv[optind - 1]) != 0)
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		log_usage("unknown word '%s' (see hvhost --help)", argv[optind]);
		return OPTIONS_BAD;
	}
	if (options->nics == 0) {
		log_usage("there is no --nic (see hvhost --help)");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}
