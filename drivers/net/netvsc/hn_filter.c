/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Every change is made to the port's state and told; if the host does not take
 * it, the state is put back.
 */

#include <errno.h>
#include <string.h>

#include "hn_filter.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "ndis.h"

static struct hn_rndis *
filter_rndis(const struct rte_eth_dev *dev)
{
	return &hn_proc_get(dev->data->port_id)->rndis;
}

/* enum ndis_packet_filter for what the port wants. */
static uint32_t
filter_bits(const struct rte_eth_dev *dev)
{
	const struct hn_port *port = dev->data->dev_private;
	uint32_t bits = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;

	if (dev->data->promiscuous)
		return NDIS_PACKET_TYPE_PROMISCUOUS;
	if (dev->data->all_multicast || port->filter.all)
		bits |= NDIS_PACKET_TYPE_ALL_MULTICAST;
	else if (port->filter.count != 0)
		bits |= NDIS_PACKET_TYPE_MULTICAST;
	return bits;
}

static int
filter_send_list(struct hn_rndis *rndis, const struct hn_filter *filter)
{
	return hn_rndis_set(rndis, OID_802_3_MULTICAST_LIST, filter->addr,
			    (uint32_t)(filter->count * sizeof(filter->addr[0])));
}

/* -ENOTSUP if it has no room, or no list at all. */
static int
filter_try_list(struct hn_rndis *rndis, const struct hn_filter *filter)
{
	uint32_t room;
	int ret = hn_rndis_query(rndis, OID_802_3_MAXIMUM_LIST_SIZE, NULL, 0, &room, sizeof(room));

	if (ret < 0)
		return ret;
	if (filter->count > RTE_MIN(room, HN_FILTER_LIST_MAX))
		return -ENOTSUP;
	return filter_send_list(rndis, filter);
}

/* Hosts without a list, and those that refuse one, have to send all multicast. */
static int
filter_tell_list(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_filter *filter = &port->filter;
	int ret;

	filter->all = false;
	if (filter->count == 0)
		return 0;
	ret = filter_try_list(filter_rndis(dev), filter);
	if (ret != -ENOTSUP && ret != -EINVAL && ret != -EIO)
		return ret;
	HN_LOG(INFO, "port %u: the host holds no list of %u multicast addresses: it sends all "
	       "multicast", port->port_id, filter->count);
	filter->all = true;
	return 0;
}

static int
filter_tell_bits(struct rte_eth_dev *dev)
{
	return hn_rndis_set_filter(filter_rndis(dev), filter_bits(dev));
}

int
hn_filter_open(struct rte_eth_dev *dev)
{
	int ret = filter_tell_list(dev);

	return ret < 0 ? ret : filter_tell_bits(dev);
}

int
hn_filter_close(struct rte_eth_dev *dev)
{
	return hn_rndis_set_filter(filter_rndis(dev), 0);
}

/* The port's state has changed: tell the host, if the port runs. */
static int
filter_update(struct rte_eth_dev *dev, int (*tell)(struct rte_eth_dev *dev))
{
	int ret;

	if (hn_link_is_lost(dev))
		return -ENODEV;
	if (!dev->data->dev_started)
		return 0;
	ret = tell(dev);
	if (ret < 0)
		HN_LOG(ERR, "port %u: packet filter: %s", dev->data->port_id, hn_log_reason(ret));
	return ret;
}

/* A silent host may take the new state yet: the former one is what it takes last. */
static void
filter_put_back(struct rte_eth_dev *dev, int err)
{
	const struct hn_port *port = dev->data->dev_private;
	const struct hn_filter *filter = &port->filter;

	if (err != -ETIMEDOUT)
		return;
	if (filter->count != 0 && !filter->all)
		(void)filter_send_list(filter_rndis(dev), filter);
	(void)filter_tell_bits(dev);
}

static int
filter_set_promiscuous(struct rte_eth_dev *dev, uint8_t on)
{
	uint8_t before = dev->data->promiscuous;
	int ret;

	dev->data->promiscuous = on;
	ret = filter_update(dev, filter_tell_bits);
	if (ret < 0) {
		dev->data->promiscuous = before;
		filter_put_back(dev, ret);
	}
	return ret;
}

int
hn_filter_enable_promiscuous(struct rte_eth_dev *dev)
{
	return filter_set_promiscuous(dev, 1);
}

int
hn_filter_disable_promiscuous(struct rte_eth_dev *dev)
{
	return filter_set_promiscuous(dev, 0);
}

static int
filter_set_allmulticast(struct rte_eth_dev *dev, uint8_t on)
{
	uint8_t before = dev->data->all_multicast;
	int ret;

	dev->data->all_multicast = on;
	ret = filter_update(dev, filter_tell_bits);
	if (ret < 0) {
		dev->data->all_multicast = before;
		filter_put_back(dev, ret);
	}
	return ret;
}

int
hn_filter_enable_allmulticast(struct rte_eth_dev *dev)
{
	return filter_set_allmulticast(dev, 1);
}

int
hn_filter_disable_allmulticast(struct rte_eth_dev *dev)
{
	return filter_set_allmulticast(dev, 0);
}

static int
filter_keep_list(struct hn_filter *filter, const struct rte_ether_addr *list, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!rte_is_multicast_ether_addr(&list[i]))
			return -EINVAL;
	filter->count = count;
	count = RTE_MIN(count, HN_FILTER_LIST_MAX);
	if (count != 0)
		memcpy(filter->addr, list, count * sizeof(*list));
	return 0;
}

int
hn_filter_set_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t count)
{
	struct hn_port *port = dev->data->dev_private;
	const struct hn_filter before = port->filter;
	int ret = filter_keep_list(&port->filter, list, count);

	if (ret < 0)
		return ret;
	ret = filter_update(dev, hn_filter_open);
	if (ret < 0) {
		port->filter = before;
		filter_put_back(dev, ret);
	}
	return ret;
}
