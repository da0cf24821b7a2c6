/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A port: what all processes share of it. Lives in the device's private data
 * and holds no address of one process.
 */

#ifndef _HN_PORT_H_
#define _HN_PORT_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "hn_channels.h"
#include "hn_compat.h"
#include "hn_offload.h"
#include "hn_filter.h"
#include "hn_rndis.h"
#include "hn_rss.h"

/** Devargs, as the user gave them or by default. */
struct hn_options {
	uint32_t latency_us;		/**< of the monitor; 0 leaves the host's */
	uint32_t numa_aware;		/**< tell the card's NUMA node to the application */
	uint32_t rx_copybreak;		/**< longer frames are not copied, with rx_extmbuf */
	uint32_t rx_extmbuf;		/**< mbufs may lead into the receive buffer */
	uint32_t tx_copybreak;		/**< longer frames are sent by their pages */
};

/** The host moved the card to another network, which is told as a link that goes down and up. */
enum hn_link_flap {
	HN_LINK_FLAP_NONE,
	HN_LINK_FLAP_DUE,
	HN_LINK_FLAP_SHOWN,		/**< as down, until the next alarm */
};

struct hn_port {
	struct hn_chan_shared chan[HN_CHANNELS_MAX];
	struct hn_rndis_shared rndis;
	uint16_t port_id;
	uint16_t mtu;			/**< the one the host was told */
	uint16_t mtu_max;		/**< as far as the host has let us know */
	bool attached;			/**< the host serves this port */
	uint32_t nvs_version;		/**< agreed on with it */
	uint16_t channels_max;		/**< as many as kernel, protocol and host can give */
	uint16_t channels_open;		/**< of chan, from the first */
	uint16_t channels_asked;	/**< of the host, since it was connected; at least 1 */
	RTE_ATOMIC(uint32_t) lost;	/**< the device is gone or its ring broken: why, as errno */
	RTE_ATOMIC(uint32_t) link_up;
	RTE_ATOMIC(uint32_t) link_mbps;
	RTE_ATOMIC(uint32_t) link_news;	/**< an alarm is set that will tell the application */
	RTE_ATOMIC(uint32_t) link_flap;	/**< enum hn_link_flap */
	struct rte_eth_link link_told;	/**< with the last event; of EAL's interrupt thread */
	struct rte_ether_addr mac;	/**< in use; ethdev's */
	struct rte_ether_addr permanent_mac;	/**< the card's own */
	struct hn_filter filter;
	struct hn_rss rss;
	uint16_t rss_queues;		/**< that the table was spread over, by default */
	struct hn_send_table send_table;	/**< written by whoever polls the primary */
	/**
	 * Those that completions are for, by their number; NULL: not now. ethdev's
	 * own list changes while channels are polled. Changed by control operations,
	 * as owner of the receive end of the queue's channel.
	 */
	struct hn_txq *txq[HN_CHANNELS_MAX];
	uint32_t ptype_layers;		/**< of packets, whose types the application wants */
	bool ptype_chosen;		/**< it has said which, not only asked */
	struct hn_options options;
	struct hn_offload offload;	/**< of the connected host, and the port's share in it */
};

#endif /* _HN_PORT_H_ */
