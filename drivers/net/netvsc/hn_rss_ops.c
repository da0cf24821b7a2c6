/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Each change is made to a copy of the settings and checked there; the copy is
 * then taken as it is, or sent.
 */

#include <errno.h>
#include <string.h>

#include "hn_compat.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "hn_rss_ops.h"

/* Queues that frames can reach: a host may have granted fewer channels. */
static uint16_t
ops_count_queues(const struct rte_eth_dev *dev)
{
	const struct hn_proc *proc = dev->process_private;
	uint16_t count = RTE_MIN(dev->data->nb_rx_queues, proc->channels.count);

	return RTE_MAX(count, 1);
}

static int
ops_tell_host(struct rte_eth_dev *dev, const struct hn_rss *next, const char *what)
{
	struct hn_port *port = dev->data->dev_private;
	int ret = hn_rss_set(&port->rss, next, &hn_proc_get(port->port_id)->rndis);

	if (ret < 0)
		HN_LOG(ERR, "port %u: %s: RSS: %s", port->port_id, what, hn_log_reason(ret));
	return ret;
}

static int
ops_change(struct rte_eth_dev *dev, const struct hn_rss *next, const char *what)
{
	struct hn_port *port = dev->data->dev_private;

	if (hn_link_is_lost(dev))
		return -ENODEV;
	if (dev->data->dev_started)
		return ops_tell_host(dev, next, what);
	port->rss = *next;
	return 0;
}

/* Key and types into the settings, if they can be had. */
static int
ops_take_hash(struct hn_rss *rss, const struct rte_eth_rss_conf *conf, uint16_t port_id)
{
	if ((conf->rss_hf & ~rss->caps.types) != 0) {
		HN_LOG(ERR, "port %u: the host does not hash all of 0x%" PRIx64 ", only 0x%" PRIx64,
		       port_id, conf->rss_hf, rss->caps.types);
		return -EINVAL;
	}
	if (!hn_rss_conf_is_toeplitz(conf)) {
		HN_LOG(ERR, "port %u: the host hashes by Toeplitz's function only", port_id);
		return -EINVAL;
	}
	if (conf->rss_key != NULL && conf->rss_key_len != sizeof(rss->key)) {
		HN_LOG(ERR, "port %u: an RSS key has %zu bytes, not %u", port_id,
		       sizeof(rss->key), conf->rss_key_len);
		return -EINVAL;
	}
	if (conf->rss_key != NULL)
		memcpy(rss->key, conf->rss_key, sizeof(rss->key));
	rss->types = conf->rss_hf;
	return 0;
}

int
hn_rss_ops_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	struct hn_port *port = dev->data->dev_private;
	struct hn_rss next = port->rss;
	int ret = 0;

	next.types = 0;
	if ((conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0)
		ret = ops_take_hash(&next, &conf->rx_adv_conf.rss_conf, port->port_id);
	if (ret < 0)
		return ret;
	if (port->rss_queues != ops_count_queues(dev)) {
		port->rss_queues = ops_count_queues(dev);
		hn_rss_spread(&next, port->rss_queues);
	}
	port->rss = next;
	return 0;
}

int
hn_rss_ops_start(struct rte_eth_dev *dev)
{
	struct hn_port *port = dev->data->dev_private;
	struct hn_rss next = port->rss;

	if (hn_rss_reach(&next) > ops_count_queues(dev)) {
		HN_LOG(WARNING, "port %u: start: the RSS table leads to %u queues, of which the "
		       "host serves %u; it is made anew", port->port_id, hn_rss_reach(&next),
		       ops_count_queues(dev));
		hn_rss_spread(&next, ops_count_queues(dev));
	}
	return ops_tell_host(dev, &next, "start");
}

void
hn_rss_ops_info(const struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct hn_port *port = dev->data->dev_private;

	info->flow_type_rss_offloads = port->rss.caps.types;
	info->reta_size = port->rss.caps.table_size;
	if (port->rss.caps.types == 0)
		return;
	info->hash_key_size = NDIS_RSS_KEY_LEN;
	hn_rss_info_set_toeplitz(info);
}

/* Is entry i of the table meant? */
static bool
ops_is_meant(const struct rte_eth_rss_reta_entry64 *conf, uint16_t i)
{
	return (conf[i / RTE_ETH_RETA_GROUP_SIZE].mask &
		RTE_BIT64(i % RTE_ETH_RETA_GROUP_SIZE)) != 0;
}

static int
ops_check_size(const struct rte_eth_dev *dev, uint16_t size)
{
	const struct hn_port *port = dev->data->dev_private;

	if (port->rss.caps.table_size == 0)
		return -ENOTSUP;
	if (size == port->rss.caps.table_size)
		return 0;
	HN_LOG(ERR, "port %u: the host's RSS table has %u entries, not %u", port->port_id,
	       port->rss.caps.table_size, size);
	return -EINVAL;
}

int
hn_rss_ops_update_table(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
			uint16_t size)
{
	const struct hn_port *port = dev->data->dev_private;
	struct hn_rss next = port->rss;
	uint16_t i, queue;
	int ret = ops_check_size(dev, size);

	if (ret < 0)
		return ret;
	for (i = 0; i < size; i++) {
		if (!ops_is_meant(conf, i))
			continue;
		queue = conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
		if (queue >= ops_count_queues(dev)) {
			HN_LOG(ERR, "port %u: RSS table entry %u: there is no queue %u that the "
			       "host serves", port->port_id, i, queue);
			return -EINVAL;
		}
		next.table[i] = queue;
	}
	return ops_change(dev, &next, "RSS table");
}

int
hn_rss_ops_query_table(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
		       uint16_t size)
{
	const struct hn_port *port = dev->data->dev_private;
	uint16_t i;
	int ret = ops_check_size(dev, size);

	if (ret < 0)
		return ret;
	for (i = 0; i < size; i++)
		if (ops_is_meant(conf, i))
			conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
				port->rss.table[i];
	return 0;
}

int
hn_rss_ops_update_hash(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct hn_port *port = dev->data->dev_private;
	struct hn_rss next = port->rss;
	int ret;

	if (port->rss.caps.types == 0)
		return -ENOTSUP;
	ret = ops_take_hash(&next, conf, port->port_id);
	return ret < 0 ? ret : ops_change(dev, &next, "RSS hash");
}

int
hn_rss_ops_query_hash(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct hn_port *port = dev->data->dev_private;

	if (port->rss.caps.types == 0)
		return -ENOTSUP;
	conf->rss_hf = port->rss.types;
	hn_rss_conf_set_toeplitz(conf);
	if (conf->rss_key != NULL && conf->rss_key_len >= sizeof(port->rss.key))
		memcpy(conf->rss_key, port->rss.key, sizeof(port->rss.key));
	conf->rss_key_len = sizeof(port->rss.key);
	return 0;
}
