/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "bringup.h"
#include "ports.h"

#define POOL_CACHE 256u
/* How long a link may be down at first. */
#define LINK_S 30

struct rte_mempool *ports_pools[BENCH_QUEUES_MAX];
uint16_t ports_count;
static uint16_t mtu;

static void
check(int ret, uint16_t port, const char *what)
{
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "port %u: %s: %s\n", port, what, rte_strerror(-ret));
}

static struct rte_eth_conf
port_conf(uint16_t port, const struct ports_config *config)
{
	struct rte_eth_conf conf = { .rxmode.mtu = mtu };
	struct rte_eth_dev_info info;

	check(rte_eth_dev_info_get(port, &info), port, "information");
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (config->checksums != 0)
		conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_CHECKSUM;
	if (config->queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads &
						   (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
	}
	return conf;
}

static void
port_setup_queues(uint16_t port, const struct ports_config *config)
{
	uint16_t queue;

	for (queue = 0; queue < config->queues; queue++) {
		check(rte_eth_rx_queue_setup(port, queue, (uint16_t)config->descriptors,
					     SOCKET_ID_ANY, NULL, ports_pools[queue]),
		      port, "receive queue");
		check(rte_eth_tx_queue_setup(port, queue, (uint16_t)config->descriptors,
					     SOCKET_ID_ANY, NULL), port, "transmit queue");
	}
}

static void
port_wait_link(uint16_t port)
{
	uint64_t end = rte_get_timer_cycles() + rte_get_timer_hz() * LINK_S;
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };

	while (link.link_status != RTE_ETH_LINK_UP) {
		check(rte_eth_link_get_nowait(port, &link), port, "link");
		check(rte_get_timer_cycles() > end ? -ETIMEDOUT : 0, port, "link");
	}
}

static void
port_open(uint16_t port, const struct ports_config *config)
{
	struct rte_eth_conf conf = port_conf(port, config);
	uint16_t queues = (uint16_t)config->queues;
	int ret;

	bringup_begin();
	check(rte_eth_dev_configure(port, queues, queues, &conf), port, "configure");
	bringup_end(BRINGUP_CONFIGURE);
	bringup_begin();
	port_setup_queues(port, config);
	bringup_end(BRINGUP_QUEUES);
	bringup_begin();
	check(rte_eth_dev_start(port), port, "start");
	bringup_end(BRINGUP_START);
	bringup_begin();
	port_wait_link(port);
	bringup_end(BRINGUP_LINK);
	ret = rte_eth_promiscuous_enable(port);
	/* What has no filter needs none. */
	if (ret != -ENOTSUP)
		check(ret, port, "promiscuous");
}

/* As near to the lcore that serves the queue as can be. */
static void
pools_create(const struct ports_config *config)
{
	uint32_t room = RTE_MAX(config->frame + RTE_VLAN_HLEN, 2048u) + RTE_PKTMBUF_HEADROOM;
	uint32_t queue, mbufs = (config->mbufs + 1) / config->queues - 1;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned int lcore = UINT32_MAX;

	for (queue = 0; queue < config->queues; queue++) {
		lcore = rte_get_next_lcore(lcore, 1, 1);
		snprintf(name, sizeof(name), "mbufs-%u", queue);
		ports_pools[queue] = rte_pktmbuf_pool_create(name, mbufs, POOL_CACHE, 0,
							     (uint16_t)room,
							     (int)rte_lcore_to_socket_id(lcore));
		if (ports_pools[queue] == NULL)
			rte_exit(EXIT_FAILURE, "no memory for %u mbufs\n", mbufs);
	}
}

void
ports_open(const struct ports_config *config)
{
	uint16_t port;

	ports_count = rte_eth_dev_count_avail();
	if (ports_count == 0 || ports_count > BENCH_PORTS_MAX)
		rte_exit(EXIT_FAILURE, "there are %u ports, not 1 to %u\n", ports_count,
			 BENCH_PORTS_MAX);
	mtu = (uint16_t)(RTE_MAX(config->frame, (uint32_t)RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN) -
			 RTE_ETHER_HDR_LEN);
	pools_create(config);
	for (port = 0; port < ports_count; port++)
		port_open(port, config);
}

void
ports_close(void)
{
	uint16_t port;

	for (port = 0; port < ports_count; port++) {
		(void)rte_eth_dev_stop(port);
		(void)rte_eth_dev_close(port);
	}
}

uint16_t
ports_mtu(void)
{
	return mtu;
}
