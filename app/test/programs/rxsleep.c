/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-rxsleep: receives from port 0 and sleeps, without a bound, while nothing
 * comes: a wake-up that is lost is a frame that is never received. --restarts N
 * stops and starts the port so many times first.
 */

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#define QUEUES_MAX 64
#define BURST 32
#define DESCRIPTORS 256
#define MBUFS 8191

static unsigned int nb_rxq = 1, nb_restarts;
static volatile bool quit, gone;
static uint64_t received[QUEUES_MAX], woken[QUEUES_MAX];

static void
on_signal(int number)
{
	(void)number;
	quit = true;
}

static int
on_removal(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)port;
	(void)type;
	(void)arg;
	(void)ret;
	gone = true;
	return 0;
}

/* Receive and throw away whatever lies there. */
static void
drain(uint16_t queue)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t got;

	/* Each turn takes frames away. */
	while ((got = rte_eth_rx_burst(0, queue, pkts, BURST)) != 0) {
		received[queue] += got;
		rte_pktmbuf_free_bulk(pkts, got);
	}
}

static void
check(int ret, const char *what)
{
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "%s: %s\n", what, rte_strerror(-ret));
}

static void
sleep_once(void)
{
	struct rte_epoll_event events[QUEUES_MAX];
	unsigned int queue;
	int i, count;

	for (queue = 0; queue < nb_rxq; queue++)
		check(rte_eth_dev_rx_intr_enable(0, queue), "enable");
	count = rte_epoll_wait_interruptible(RTE_EPOLL_PER_THREAD, events, QUEUES_MAX, -1);
	for (i = 0; i < count; i++)
		woken[(uintptr_t)events[i].epdata.data]++;
	for (queue = 0; queue < nb_rxq; queue++)
		check(rte_eth_dev_rx_intr_disable(0, queue), "disable");
}

static void
receive(void)
{
	unsigned int queue;

	while (!quit && !gone) {
		for (queue = 0; queue < nb_rxq; queue++)
			drain(queue);
		sleep_once();
	}
}

/* Set-up */

static void
configure(void)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	struct rte_eth_dev_info info;
	struct rte_mempool *pool;
	unsigned int queue;

	check(rte_eth_dev_info_get(0, &info), "information");
	if (nb_rxq > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	pool = rte_pktmbuf_pool_create("mbufs", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory for mbufs\n");
	check(rte_eth_dev_configure(0, nb_rxq, 1, &conf), "configure");
	for (queue = 0; queue < nb_rxq; queue++)
		check(rte_eth_rx_queue_setup(0, queue, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool),
		      "receive queue");
	check(rte_eth_tx_queue_setup(0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL), "transmit queue");
	check(rte_eth_promiscuous_enable(0), "promiscuous");
}

static void
start(void)
{
	unsigned int queue;

	check(rte_eth_dev_start(0), "start");
	for (queue = 0; queue < nb_rxq; queue++)
		check(rte_eth_dev_rx_intr_ctl_q(0, queue, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						(void *)(uintptr_t)queue), "add");
}

static unsigned int
number(const char *name, const char *text, unsigned int max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value > max)
		rte_exit(EXIT_FAILURE, "--%s takes up to %u, not %s\n", name, max, text);
	return value;
}

static void
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rxq", required_argument, NULL, 'r' },
		{ "restarts", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (option == 'r')
			nb_rxq = number("rxq", optarg, QUEUES_MAX);
		else if (option == 's')
			nb_restarts = number("restarts", optarg, UINT16_MAX);
		else
			rte_exit(EXIT_FAILURE, "options: --rxq N --restarts N\n");
	}
}

int
main(int argc, char **argv)
{
	unsigned int i;
	int ret = rte_eal_init(argc, argv);

	check(ret, "EAL");
	parse(argc - ret, argv + ret);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_INTR_RMV, on_removal, NULL);
	configure();
	for (i = 0; i < nb_restarts; i++) {
		start();
		check(rte_eth_dev_stop(0), "stop");
	}
	start();
	printf("rxsleep: ready\n");
	fflush(stdout);
	receive();
	for (i = 0; i < nb_rxq; i++)
		printf("queue %u received %" PRIu64 " woken %" PRIu64 "\n", i, received[i],
		       woken[i]);
	printf("rxsleep: %s\n", gone ? "the card is gone" : "told to end");
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	return rte_eal_cleanup();
}
