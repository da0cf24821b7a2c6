/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-attach: a port that comes and goes many times, and what is left of it. In
 * each turn the card is used, with other queues, descriptors and mbufs each
 * time, stopped, given another MTU, used again, reset, used again, closed,
 * removed and probed. After the first turns, which fill caches, the process is
 * counted, and at the end again: descriptors, mappings, EAL's heap and zones,
 * mbufs. It ends well if there is no more than there was.
 */

#include <dirent.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

static const char help[] =
	"hv-attach [EAL OPTIONS] -- [--turns=N] [--queues=N] [--devargs=ARGUMENTS]\n";

#define WARM_TURNS 3
#define POOLS 2
#define MBUFS 8191
#define FRAMES_MIN 200
#define WAIT_SECONDS 10
#define BURST 32
#define SAMPLES 20
#define SAMPLE_US 5000

static unsigned int turns = 100, queues = 1;
static const char *devargs = "";
static struct rte_mempool *pools[POOLS];
static unsigned int uses;		/* so far, each with other settings */

/* What a process has. */
struct holdings {
	unsigned int descriptors;
	unsigned int mappings;
	unsigned int zones;
	unsigned int mbufs;
	size_t heap_pieces;
	size_t heap_bytes;
};

static unsigned int
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static unsigned int
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int n = 0;
	int c;

	while (file != NULL && (c = fgetc(file)) != EOF)
		n += c == '\n';
	if (file != NULL)
		fclose(file);
	return n;
}

static void
count_zone(const struct rte_memzone *zone __rte_unused, void *arg)
{
	(*(unsigned int *)arg)++;
}

static struct holdings
count_all(void)
{
	struct rte_malloc_socket_stats stats;
	struct holdings now = { 0 };
	unsigned int i;

	/* EAL's interrupt thread opens and closes one when it has news; the least counts. */
	now.descriptors = UINT_MAX;
	for (i = 0; i < SAMPLES; i++) {
		now.descriptors = RTE_MIN(now.descriptors, count_entries("/proc/self/fd"));
		rte_delay_us_sleep(SAMPLE_US);
	}
	now.mappings = count_lines("/proc/self/maps");
	rte_memzone_walk(count_zone, &now.zones);
	for (i = 0; i < POOLS; i++)
		now.mbufs += rte_mempool_in_use_count(pools[i]);
	for (i = 0; i < rte_socket_count(); i++) {
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) < 0)
			continue;
		now.heap_pieces += stats.alloc_count;
		now.heap_bytes += stats.heap_allocsz_bytes;
	}
	return now;
}

static void
show(const char *when, const struct holdings *has)
{
	printf("attach: %s: %u descriptors, %u mappings, %u zones, %u mbufs, %zu pieces of the "
	       "heap with %zu bytes\n", when, has->descriptors, has->mappings, has->zones,
	       has->mbufs, has->heap_pieces, has->heap_bytes);
	fflush(stdout);
}

static bool
has_more(const struct holdings *before, const struct holdings *now)
{
	return now->descriptors > before->descriptors || now->mappings > before->mappings ||
	       now->zones > before->zones || now->mbufs > before->mbufs ||
	       now->heap_pieces > before->heap_pieces || now->heap_bytes > before->heap_bytes;
}

static void
must(int ret, const char *what)
{
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "%s: %s\n", what, rte_strerror(-ret));
}

/* Other counts and mbufs each time. */
static void
set_up(uint16_t port)
{
	struct rte_eth_conf conf = { .rxmode.mtu = RTE_ETHER_MTU };
	struct rte_mempool *pool = pools[uses % POOLS];
	uint16_t count = 1 + uses % queues, descriptors = 128 << uses % 4, i;
	struct rte_eth_dev_info info;

	uses++;
	must(rte_eth_dev_info_get(port, &info), "info");
	if (count > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
	}
	must(rte_eth_dev_configure(port, count, count, &conf), "configure");
	for (i = 0; i < count; i++) {
		must(rte_eth_rx_queue_setup(port, i, descriptors, SOCKET_ID_ANY, NULL, pool),
		     "receive queue");
		must(rte_eth_tx_queue_setup(port, i, descriptors, SOCKET_ID_ANY, NULL),
		     "transmit queue");
	}
	must(rte_eth_dev_start(port), "start");
}

/* Until so many frames have come, on any queue, and have been sent back. */
static void
pass_traffic(uint16_t port)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_SECONDS * rte_get_timer_hz();
	uint16_t count = 1 + (uses - 1) % queues, queue = 0, got, sent;
	struct rte_mbuf *pkts[BURST];
	unsigned int frames = 0;

	while (frames < FRAMES_MIN) {
		queue = (queue + 1) % count;
		got = rte_eth_rx_burst(port, queue, pkts, BURST);
		sent = rte_eth_tx_burst(port, queue, pkts, got);
		frames += sent;
		rte_pktmbuf_free_bulk(pkts + sent, got - sent);
		if (rte_get_timer_cycles() > end)
			rte_exit(EXIT_FAILURE, "use %u: %u frames only\n", uses, frames);
	}
}

static void
use(uint16_t port)
{
	set_up(port);
	pass_traffic(port);
	must(rte_eth_dev_stop(port), "stop");
}

static void
turn(void)
{
	struct rte_eth_dev_info info;
	uint16_t port = rte_eth_find_next(0);
	char name[64], probe[128];

	if (port >= RTE_MAX_ETHPORTS)
		rte_exit(EXIT_FAILURE, "there is no port\n");
	must(rte_eth_dev_info_get(port, &info), "info");
	snprintf(name, sizeof(name), "%s", rte_dev_name(info.device));
	use(port);
	must(rte_eth_dev_set_mtu(port, 1400 + uses % 100), "MTU");
	use(port);
	must(rte_eth_dev_reset(port), "reset");
	use(port);
	must(rte_eth_dev_close(port), "close");
	must(rte_dev_remove(info.device), "remove");
	snprintf(probe, sizeof(probe), "vmbus:%s%s%s", name, devargs[0] != '\0' ? "," : "", devargs);
	must(rte_dev_probe(probe), "probe");
}

static void
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "turns", required_argument, NULL, 't' },
		{ "queues", required_argument, NULL, 'q' },
		{ "devargs", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int option, i = 0;

	while ((option = getopt_long(argc, argv, "", options, &i)) != -1) {
		if (option == 't')
			turns = (unsigned int)atoi(optarg);
		else if (option == 'q')
			queues = (unsigned int)atoi(optarg);
		else if (option == 'd')
			devargs = optarg;
		else
			rte_exit(EXIT_FAILURE, "%s", help);
	}
	if (turns == 0 || queues == 0 || queues > 64)
		rte_exit(EXIT_FAILURE, "%s", help);
}

int
main(int argc, char **argv)
{
	struct holdings before, now;
	unsigned int i;
	int ret;

	/* Threads that meet in malloc() would get an arena, which is a mapping, each. */
	mallopt(M_ARENA_MAX, 1);
	ret = rte_eal_init(argc, argv);
	must(ret, "EAL");
	parse(argc - ret, argv + ret);
	for (i = 0; i < POOLS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "mbufs%u", i);
		pools[i] = rte_pktmbuf_pool_create(name, MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
						   SOCKET_ID_ANY);
		if (pools[i] == NULL)
			rte_exit(EXIT_FAILURE, "a pool: %s\n", rte_strerror(rte_errno));
	}
	for (i = 0; i < WARM_TURNS; i++)
		turn();
	before = count_all();
	show("before", &before);
	for (i = 0; i < turns; i++)
		turn();
	now = count_all();
	show("after", &now);
	ret = has_more(&before, &now) ? EXIT_FAILURE : EXIT_SUCCESS;
	rte_eal_cleanup();
	return ret;
}
