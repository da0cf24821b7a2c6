/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * There are two ways to ask for another address, and hosts that accept what
 * they then ignore: only the address that the host tells afterwards counts.
 */

#include <errno.h>
#include <string.h>

#include "hn_filter.h"
#include "hn_link.h"
#include "hn_log.h"
#include "hn_mac.h"
#include "hn_port.h"
#include "hn_proc.h"
#include "ndis.h"
#include "rndis.h"

#define MAC_DIGITS (2 * RTE_ETHER_ADDR_LEN)

/* ethdev's own function reads words, which is undefined after whole structs are written. */
static bool
mac_is_same(const struct rte_ether_addr *one, const struct rte_ether_addr *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

static const char mac_name[] = "NetworkAddress";

struct mac_param {
	struct rndis_config_param param;
	uint16_t name[sizeof(mac_name) - 1];
	uint16_t value[MAC_DIGITS];
};
static_assert(sizeof(struct mac_param) == 72, "wire size");

/* The way of Windows and Linux: the parameter "NetworkAddress", in digits. */
static int
mac_set_parameter(struct hn_rndis *rndis, const struct rte_ether_addr *mac)
{
	static const char digits[] = "0123456789abcdef";
	struct mac_param object = {
		.param.name_offset = offsetof(struct mac_param, name),
		.param.name_len = sizeof(object.name),
		.param.type = RNDIS_CONFIG_STRING,
		.param.value_offset = offsetof(struct mac_param, value),
		.param.value_len = sizeof(object.value),
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(object.name); i++)
		object.name[i] = (uint16_t)mac_name[i];
	for (i = 0; i < MAC_DIGITS; i++)
		object.value[i] = (uint16_t)digits[mac->addr_bytes[i / 2] >>
						   (i % 2 == 0 ? 4 : 0) & 0xf];
	return hn_rndis_set(rndis, OID_GEN_RNDIS_CONFIG_PARAMETER, &object, sizeof(object));
}

static int
mac_set_current(struct hn_rndis *rndis, const struct rte_ether_addr *mac)
{
	return hn_rndis_set(rndis, OID_802_3_CURRENT_ADDRESS, mac, sizeof(*mac));
}

static int (*const mac_ways[])(struct hn_rndis *rndis, const struct rte_ether_addr *mac) = {
	mac_set_parameter,
	mac_set_current,
};

/* 0 if the host uses the address now; -EPERM if it uses another. */
static int
mac_check(struct hn_rndis *rndis, const struct rte_ether_addr *mac)
{
	struct rte_ether_addr now;
	int ret = hn_rndis_query(rndis, OID_802_3_CURRENT_ADDRESS, NULL, 0, &now, sizeof(now));

	if (ret < 0)
		return ret;
	return mac_is_same(&now, mac) ? 0 : -EPERM;
}

static int
mac_ask(struct hn_rndis *rndis, const struct rte_ether_addr *mac,
	const struct rte_ether_addr *former)
{
	unsigned int i;
	int ret = -EPERM;

	for (i = 0; i < RTE_DIM(mac_ways); i++) {
		ret = mac_ways[i](rndis, mac);
		if (ret == 0)
			ret = mac_check(rndis, mac);
		/* A refusal is an answer; silence is not, and will not get better. */
		if (ret == 0 || ret == -ENODEV)
			return ret;
		if (ret == -ETIMEDOUT) {
			HN_LOG(ERR, "port %u: MAC address: %s", rndis->chan->port_id,
			       hn_log_reason(ret));
			/* It may take the address yet: the former one is what it takes last. */
			(void)mac_ways[i](rndis, former);
			return ret;
		}
	}
	HN_LOG(ERR, "port %u: the host does not let the card have the address "
	       RTE_ETHER_ADDR_PRT_FMT, rndis->chan->port_id, RTE_ETHER_ADDR_BYTES(mac));
	return -EPERM;
}

int
hn_mac_learn(struct rte_eth_dev *dev)
{
	struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;
	struct hn_port *port = dev->data->dev_private;
	struct rte_ether_addr mac;
	int ret = hn_rndis_get_mac(rndis, &mac);

	if (ret < 0)
		return ret;
	if (port->mtu == 0) {	/* the first connect */
		port->permanent_mac = mac;
		port->mac = mac;
	}
	/* Known from the first connect on, it must not change behind the application. */
	if (!mac_is_same(&mac, &port->permanent_mac))
		return -EADDRNOTAVAIL;
	if (mac_is_same(&mac, &port->mac))
		return 0;
	return mac_ask(rndis, &port->mac, &port->permanent_mac);
}

/* ethdev keeps the address once the host has it. */
int
hn_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct hn_rndis *rndis = &hn_proc_get(dev->data->port_id)->rndis;
	const struct hn_port *port = dev->data->dev_private;
	int ret, opened = 0;

	if (hn_link_is_lost(dev))
		return -ENODEV;
	/* ethdev sets the address with each start. */
	if (mac_is_same(mac, &port->mac))
		return 0;
	if (dev->data->dev_started)
		(void)hn_filter_close(dev);
	ret = mac_ask(rndis, mac, &port->mac);
	if (dev->data->dev_started)
		opened = hn_filter_open(dev);
	return ret < 0 ? ret : opened;
}
