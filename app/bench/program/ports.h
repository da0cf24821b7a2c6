/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The ports under test, set up alike whatever driver they have.
 */

#ifndef BENCH_PORTS_H
#define BENCH_PORTS_H

#include <stdint.h>

struct rte_mempool;

#define BENCH_QUEUES_MAX 64u
#define BENCH_PORTS_MAX 8u

struct ports_config {
	uint32_t queues;		/**< receive and transmit queues of each port */
	uint32_t descriptors;		/**< of each queue */
	uint32_t frame;			/**< bytes of the longest frame, Ethernet header included */
	uint32_t mbufs;			/**< of all queues together */
	uint32_t checksums;		/**< 1: what the host finds of them is asked for */
};

/** The mbufs of each queue number, for all ports: no two lcores share any. */
extern struct rte_mempool *ports_pools[BENCH_QUEUES_MAX];
/** Ports 0 to this - 1 are used. */
extern uint16_t ports_count;

/** Configure and start all ports that there are; ends the program if one refuses. */
void ports_open(const struct ports_config *config);
void ports_close(void);

/** How long frames may be without their header, as the ports were opened. */
uint16_t ports_mtu(void);

#endif /* BENCH_PORTS_H */
