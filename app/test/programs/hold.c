/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-hold: receives from port 0 and keeps frames, as an application with long
 * queues does, while it is told on standard input what to do with the port and
 * with them. Each command is answered with one line: "ok", or what went wrong;
 * --help lists them.
 *
 * Frames are numbered ones of hvhost: a checksum of each is taken when it is
 * received, and has to be the same when it is freed.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_hash_crc.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#define QUEUES_MAX 64
#define BURST 32
#define DESCRIPTORS 256
#define MBUFS 16383
#define MBUF_CACHE 250
#define WAIT_SECONDS 10

static const char help[] =
	"usage: hv-hold [EAL options] -- [--rxq N] [--scatter]\n"
	"\n"
	"Commands on standard input, one in a line:\n"
	"  keep N     receive and keep N frames more\n"
	"  pass N     receive N frames and free each at once\n"
	"  attached   how many of those kept lead into the receive buffer\n"
	"  check      are those kept as they were when they came?\n"
	"  free N     check and free N of those kept, from another lcore, in no order\n"
	"  stop, start, close, reset\n"
	"             the port\n"
	"  mtu N      of the port\n"
	"  queues N   configure the port for so many, and set them up\n"
	"  remove, probe\n"
	"             the device\n"
	"  quit       free all and end\n";

static const char *const no_such_thing = "what? --help tells";

struct kept {
	struct rte_mbuf *m;
	uint32_t sum;
};

static struct kept kept[MBUFS];
static unsigned int nb_kept, nb_rxq = 1;
static uint64_t rx_offloads;
static struct rte_mempool *pool;
static char device_name[RTE_DEV_NAME_MAX_LEN];

/* Frames */

static uint32_t
sum_of(const struct rte_mbuf *m)
{
	uint32_t sum = 0;

	for (; m != NULL; m = m->next)
		sum = rte_hash_crc(rte_pktmbuf_mtod(m, const void *), m->data_len, sum);
	return sum;
}

static unsigned int
take(struct rte_mbuf **pkts, unsigned int count)
{
	unsigned int queue, got = 0;

	for (queue = 0; queue < nb_rxq && got < count; queue++)
		got += rte_eth_rx_burst(0, queue, pkts + got, count - got);
	return got;
}

/* Receive so many frames; what is to be done with each. */
static int
receive(unsigned int count, void (*handle)(struct rte_mbuf *m))
{
	uint64_t end = rte_get_timer_cycles() + WAIT_SECONDS * rte_get_timer_hz();
	struct rte_mbuf *pkts[BURST];
	unsigned int i, got;

	while (count != 0) {
		got = take(pkts, RTE_MIN(count, (unsigned int)BURST));
		for (i = 0; i < got; i++)
			handle(pkts[i]);
		count -= got;
		if (got == 0 && rte_get_timer_cycles() > end)
			return -ETIMEDOUT;
	}
	return 0;
}

static void
keep(struct rte_mbuf *m)
{
	kept[nb_kept].m = m;
	kept[nb_kept++].sum = sum_of(m);
}

static int
check(void)
{
	unsigned int i;

	for (i = 0; i < nb_kept; i++)
		if (sum_of(kept[i].m) != kept[i].sum)
			return -EBADMSG;
	return 0;
}

/* On another lcore. Every 7919th of those left, a prime: far from the order they came in. */
static int
free_some(void *arg)
{
	unsigned int count = *(unsigned int *)arg, i = 0;
	int ret = 0;

	for (; count != 0 && nb_kept != 0; count--) {
		i = (i + 7919) % nb_kept;
		if (sum_of(kept[i].m) != kept[i].sum)
			ret = -EBADMSG;
		rte_pktmbuf_free(kept[i].m);
		kept[i] = kept[--nb_kept];
	}
	return ret;
}

/* Commands: each returns 0 or negative errno */

static int
do_keep(unsigned int count)
{
	return count <= RTE_DIM(kept) - nb_kept ? receive(count, keep) : -ENOSPC;
}

static int
do_pass(unsigned int count)
{
	return receive(count, rte_pktmbuf_free);
}

static int
do_attached(unsigned int number)
{
	unsigned int i, attached = 0;

	(void)number;
	for (i = 0; i < nb_kept; i++)
		attached += RTE_MBUF_HAS_EXTBUF(kept[i].m) != 0;
	printf("attached %u of %u\n", attached, nb_kept);
	return 0;
}

static int
do_check(unsigned int number)
{
	(void)number;
	return check();
}

static int
do_free(unsigned int count)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	int ret = rte_eal_remote_launch(free_some, &count, lcore);

	return ret < 0 ? ret : rte_eal_wait_lcore(lcore);
}

static int
do_stop(unsigned int number)
{
	(void)number;
	return rte_eth_dev_stop(0);
}

static int
do_start(unsigned int number)
{
	(void)number;
	return rte_eth_dev_start(0);
}

static int
do_close(unsigned int number)
{
	(void)number;
	return rte_eth_dev_close(0);
}

static int
do_reset(unsigned int number)
{
	(void)number;
	return rte_eth_dev_reset(0);
}

static int
do_mtu(unsigned int mtu)
{
	return rte_eth_dev_set_mtu(0, (uint16_t)mtu);
}

static int
do_queues(unsigned int count)
{
	struct rte_eth_conf conf = { .rxmode.offloads = rx_offloads };
	struct rte_eth_dev_info info;
	unsigned int queue;
	int ret = rte_eth_dev_info_get(0, &info);

	if (count == 0 || count > QUEUES_MAX)
		return -EINVAL;
	if (count > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	if (ret == 0)
		ret = rte_eth_dev_configure(0, count, 1, &conf);
	for (queue = 0; queue < count && ret == 0; queue++)
		ret = rte_eth_rx_queue_setup(0, queue, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		nb_rxq = count;
	return ret;
}

static int
do_remove(unsigned int number)
{
	(void)number;
	return rte_eal_hotplug_remove("vmbus", device_name);
}

static int
do_probe(unsigned int number)
{
	int ret;

	(void)number;
	ret = rte_eal_hotplug_add("vmbus", device_name, "rx_extmbuf_enable=1,rx_copybreak=0");
	return ret < 0 ? ret : do_queues(1);
}

static const struct {
	const char *name;
	int (*run)(unsigned int number);
} commands[] = {
	{ "keep", do_keep },
	{ "pass", do_pass },
	{ "attached", do_attached },
	{ "check", do_check },
	{ "free", do_free },
	{ "stop", do_stop },
	{ "start", do_start },
	{ "close", do_close },
	{ "reset", do_reset },
	{ "mtu", do_mtu },
	{ "queues", do_queues },
	{ "remove", do_remove },
	{ "probe", do_probe },
};

static const char *
run(const char *line)
{
	unsigned int i, number = 0;
	char name[16];
	int ret;

	if (sscanf(line, "%15s %u", name, &number) < 1)
		return no_such_thing;
	for (i = 0; i < RTE_DIM(commands); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		ret = commands[i].run(number);
		return ret == 0 ? "ok" : rte_strerror(-ret);
	}
	return no_such_thing;
}

static void
obey(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin) != NULL && strncmp(line, "quit", 4) != 0) {
		printf("hold: %s\n", run(line));
		fflush(stdout);
	}
}

/* Set-up */

static void
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rxq", required_argument, NULL, 'r' },
		{ "scatter", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (option == 'r')
			nb_rxq = (unsigned int)atoi(optarg);
		else if (option == 's')
			rx_offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
		else
			rte_exit(EXIT_FAILURE, "%s", help);
	}
}

static bool
wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static void
begin(void)
{
	struct rte_eth_dev_info info;
	int ret;

	if (rte_lcore_count() < 2)
		rte_exit(EXIT_FAILURE, "one lcore is too few: another one frees\n");
	pool = rte_pktmbuf_pool_create("mbufs", MBUFS, MBUF_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory for mbufs\n");
	ret = rte_eth_dev_info_get(0, &info);
	if (ret == 0) {
		snprintf(device_name, sizeof(device_name), "%s", rte_dev_name(info.device));
		ret = do_queues(nb_rxq);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(0);
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "port 0: %s\n", rte_strerror(-ret));
}

int
main(int argc, char **argv)
{
	int ret;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return 0;
	}
	ret = rte_eal_init(argc, argv);
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	parse(argc - ret, argv + ret);
	begin();
	printf("hold: ready\n");
	fflush(stdout);
	obey();
	ret = do_free(nb_kept);
	if (rte_eth_dev_is_valid_port(0)) {
		rte_eth_dev_stop(0);
		rte_eth_dev_close(0);
	}
	rte_eal_cleanup();
	return ret == 0 ? 0 : EXIT_FAILURE;
}
