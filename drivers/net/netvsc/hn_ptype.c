/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <rte_mbuf_ptype.h>

#include "hn_port.h"
#include "hn_ptype.h"
#include "hn_rx.h"

/* What rte_net_get_ptype() finds in frames that a Hyper-V switch carries. */
static const uint32_t ptypes[] = {
	RTE_PTYPE_L2_ETHER,
	RTE_PTYPE_L2_ETHER_VLAN,
	RTE_PTYPE_L2_ETHER_QINQ,
	RTE_PTYPE_L3_IPV4,
	RTE_PTYPE_L3_IPV4_EXT,
	RTE_PTYPE_L3_IPV6,
	RTE_PTYPE_L3_IPV6_EXT,
	RTE_PTYPE_L4_FRAG,
	RTE_PTYPE_L4_TCP,
	RTE_PTYPE_L4_UDP,
	RTE_PTYPE_L4_SCTP,
	/* Releases before 24.03 look for this end. */
	RTE_PTYPE_UNKNOWN,
};

/* A layer is found behind those below it. */
static uint32_t
ptype_layers(uint32_t mask)
{
	if ((mask & RTE_PTYPE_L4_MASK) != 0)
		return RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK;
	if ((mask & RTE_PTYPE_L3_MASK) != 0)
		return RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK;
	return mask & RTE_PTYPE_L2_MASK;
}

static void
ptype_look_for(const struct rte_eth_dev *dev, uint32_t mask)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_rxq *rxq;
	uint16_t i;

	port->ptype_layers = ptype_layers(mask);
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		rxq = dev->data->rx_queues[i];
		if (rxq != NULL)
			rxq->ptype_layers = port->ptype_layers;
	}
}

int
hn_ptype_set(struct rte_eth_dev *dev, uint32_t mask)
{
	struct hn_port *port = dev->data->dev_private;

	port->ptype_chosen = true;
	ptype_look_for(dev, mask);
	return 0;
}

const uint32_t *
hn_ptype_get_supported(struct rte_eth_dev *dev HN_PTYPE_COUNT)
{
	struct hn_port *port = dev->data->dev_private;

	if (!port->ptype_chosen && rte_eal_process_type() == RTE_PROC_PRIMARY)
		ptype_look_for(dev, UINT32_MAX);
	HN_PTYPE_SET_COUNT(RTE_DIM(ptypes) - 1);
	return ptypes;
}
