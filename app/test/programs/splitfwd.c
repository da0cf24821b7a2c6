/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-splitfwd: forwards between ports 0 and 1 with receive and transmit on different lcores.
 *
 * The first workers receive, the others transmit; both take their share of the
 * queues of both ports, so that each queue pair is polled by two lcores. Between
 * them is a ring per transmit queue, of which a frame's addresses and UDP or TCP
 * ports choose one: the order within a flow is kept, and no frame is dropped.
 */

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_jhash.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_ring.h>

#define PORTS 2
#define QUEUES_MAX 64
#define BURST 32
#define RING_SIZE 1024
#define DESCRIPTORS 256
#define MBUFS 32767
#define MBUF_CACHE 250
/* IPv4 addresses and ports behind an Ethernet header. */
#define FLOW_OFFSET 26
#define FLOW_LEN 12

static unsigned int nb_rxq[PORTS] = { 1, 1 };
static unsigned int nb_txq[PORTS] = { 1, 1 };
static unsigned int nb_receivers = 1;
static volatile bool quit;

static struct rte_ring *rings[PORTS][QUEUES_MAX];
static uint64_t received[PORTS][QUEUES_MAX];
static uint64_t transmitted[PORTS][QUEUES_MAX];

static void
on_signal(int number)
{
	(void)number;
	quit = true;
}

/* Receive */

static struct rte_ring *
choose_ring(const struct rte_mbuf *m, unsigned int to)
{
	uint32_t hash = 0;

	if (m->data_len >= FLOW_OFFSET + FLOW_LEN)
		hash = rte_jhash(rte_pktmbuf_mtod_offset(m, const void *, FLOW_OFFSET), FLOW_LEN, 0);
	return rings[to][hash % nb_txq[to]];
}

/* Waits for room: what was received is sent. */
static void
receive_burst(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, got = rte_eth_rx_burst(port, queue, pkts, BURST);

	received[port][queue] += got;
	for (i = 0; i < got; i++)
		while (rte_ring_enqueue(choose_ring(pkts[i], 1 - port), pkts[i]) != 0) {
			if (quit) {
				rte_pktmbuf_free(pkts[i]);
				break;
			}
			rte_pause();
		}
}

static void
receive(unsigned int worker)
{
	unsigned int port, queue;

	while (!quit)
		for (port = 0; port < PORTS; port++)
			for (queue = worker; queue < nb_rxq[port]; queue += nb_receivers)
				receive_burst(port, queue);
}

/* Transmit */

/* All mbufs come back before long, also those of a queue that falls silent. */
static void
transmit_burst(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int count = rte_ring_dequeue_burst(rings[port][queue], (void **)pkts, BURST, NULL);
	unsigned int sent = 0;

	while (sent < count && !quit)
		sent += rte_eth_tx_burst(port, queue, pkts + sent, count - sent);
	transmitted[port][queue] += sent;
	if (count == 0)
		rte_eth_tx_done_cleanup(port, queue, 0);
	else
		rte_pktmbuf_free_bulk(pkts + sent, count - sent);
}

static void
transmit(unsigned int worker, unsigned int workers)
{
	unsigned int port, queue;

	while (!quit)
		for (port = 0; port < PORTS; port++)
			for (queue = worker; queue < nb_txq[port]; queue += workers)
				transmit_burst(port, queue);
}

static int
work(void *arg)
{
	unsigned int worker = rte_lcore_index(-1) - 1;

	(void)arg;
	if (worker < nb_receivers)
		receive(worker);
	else
		transmit(worker - nb_receivers, rte_lcore_count() - 1 - nb_receivers);
	return 0;
}

/* Set-up */

static void
start_port(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	unsigned int queue;
	int ret = rte_eth_dev_info_get(port, &info);

	if (nb_rxq[port] > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
		conf.rxmode.mq_mode = info.flow_type_rss_offloads != 0 ? RTE_ETH_MQ_RX_RSS :
									 RTE_ETH_MQ_RX_NONE;
	}
	if (ret == 0)
		ret = rte_eth_dev_configure(port, nb_rxq[port], nb_txq[port], &conf);
	for (queue = 0; queue < nb_rxq[port] && ret == 0; queue++)
		ret = rte_eth_rx_queue_setup(port, queue, DESCRIPTORS, rte_socket_id(), NULL, pool);
	for (queue = 0; queue < nb_txq[port] && ret == 0; queue++)
		ret = rte_eth_tx_queue_setup(port, queue, DESCRIPTORS, rte_socket_id(), NULL);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(port);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	if (ret != 0)
		rte_exit(EXIT_FAILURE, "port %u: %s\n", port, rte_strerror(-ret));
}

static void
make_rings(uint16_t port)
{
	char name[RTE_RING_NAMESIZE];
	unsigned int queue;

	for (queue = 0; queue < nb_txq[port]; queue++) {
		snprintf(name, sizeof(name), "port%u_txq%u", port, queue);
		rings[port][queue] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (rings[port][queue] == NULL)
			rte_exit(EXIT_FAILURE, "no memory for ring %s\n", name);
	}
}

static unsigned int
number(const char *name, const char *text, char **end, unsigned int max)
{
	unsigned long value = strtoul(text, end, 10);

	if (*end == text || value == 0 || value > max)
		rte_exit(EXIT_FAILURE, "--%s takes 1 to %u, not %s\n", name, max, text);
	return value;
}

/* "4" for both ports, or "4,2". */
static void
numbers(const char *name, const char *text, unsigned int *value)
{
	char *end;

	value[0] = value[1] = number(name, text, &end, QUEUES_MAX);
	if (*end == ',')
		value[1] = number(name, end + 1, &end, QUEUES_MAX);
	if (*end != '\0')
		rte_exit(EXIT_FAILURE, "--%s takes N or N,N, not %s\n", name, text);
}

static void
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rxq", required_argument, NULL, 'r' },
		{ "txq", required_argument, NULL, 't' },
		{ "receivers", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int option, index = 0;
	char *end;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (option == 'r')
			numbers("rxq", optarg, nb_rxq);
		else if (option == 't')
			numbers("txq", optarg, nb_txq);
		else if (option == 'w')
			nb_receivers = number("receivers", optarg, &end, RTE_MAX_LCORE);
		else
			rte_exit(EXIT_FAILURE, "options: --rxq N[,N] --txq N[,N] --receivers N\n");
	}
	if (rte_lcore_count() < nb_receivers + 2)
		rte_exit(EXIT_FAILURE, "%u lcores are too few for %u that receive and others\n",
			 rte_lcore_count(), nb_receivers);
}

/* Per queue, what its lcore has counted. */
static void
report(const char *what, uint64_t (*count)[QUEUES_MAX], const unsigned int *queues)
{
	unsigned int port, queue;

	for (port = 0; port < PORTS; port++)
		for (queue = 0; queue < queues[port]; queue++)
			printf("port %u queue %u %s %" PRIu64 "\n", port, queue, what,
			       count[port][queue]);
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	uint16_t port;
	int ret = rte_eal_init(argc, argv);

	if (ret < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	parse(argc - ret, argv + ret);
	if (rte_eth_dev_count_avail() != PORTS)
		rte_exit(EXIT_FAILURE, "%u ports, not %u\n", rte_eth_dev_count_avail(), PORTS);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	pool = rte_pktmbuf_pool_create("mbufs", MBUFS, MBUF_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       rte_socket_id());
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory for mbufs\n");
	for (port = 0; port < PORTS; port++) {
		make_rings(port);
		start_port(port, pool);
	}
	rte_eal_mp_remote_launch(work, NULL, SKIP_MAIN);
	printf("splitfwd: ready\n");
	rte_eal_mp_wait_lcore();
	report("received", received, nb_rxq);
	report("transmitted", transmitted, nb_txq);
	for (port = 0; port < PORTS; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	return rte_eal_cleanup();
}
