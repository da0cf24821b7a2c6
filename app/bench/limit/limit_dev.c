/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The yardstick as a port, so that the program which measures drivers measures it
 * too: --vdev net_limit0,role=source|sink,ranges=N,frame=BYTES,cores=MASK
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <bus_vdev_driver.h>
#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_kvargs.h>

#include "limit.h"

#define FRAME_MAX 9014ul
#define CORES_MAX 32u

/* What the user asks for. */
struct options {
	bool source;
	uint32_t ranges;
	uint32_t frame;
	uint32_t cores;			/* for the host's thread, a mask; 0: any */
};

struct port {
	struct options options;
	struct limit_memory memory;
	struct limit_rxq rxq;
	struct limit_txq txq;
	struct limit_host host;
	struct rte_mempool *pool;
	pthread_t thread;
	bool running;
	bool stop;
};

/* The host. */

static void *
host_main(void *arg)
{
	struct port *port = arg;

	while (!__atomic_load_n(&port->stop, __ATOMIC_RELAXED))
		(void)limit_host_poll(&port->host);
	return NULL;
}

static int
host_start(struct port *port)
{
	pthread_attr_t attr;
	cpu_set_t cores;
	uint32_t core;
	int ret;

	CPU_ZERO(&cores);
	for (core = 0; core < CORES_MAX; core++)
		if (port->options.cores == 0 || (port->options.cores >> core & 1) != 0)
			CPU_SET(core, &cores);
	port->stop = false;
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cores), &cores);
	ret = pthread_create(&port->thread, &attr, host_main, port);
	pthread_attr_destroy(&attr);
	port->running = ret == 0;
	return -ret;
}

static void
host_end(struct port *port)
{
	if (!port->running)
		return;
	__atomic_store_n(&port->stop, true, __ATOMIC_RELAXED);
	pthread_join(port->thread, NULL);
	port->running = false;
}

/* The port. */

static int
limit_configure(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int
limit_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	(void)dev;
	info->max_rx_queues = 1;
	info->max_tx_queues = 1;
	info->max_mac_addrs = 1;
	info->max_rx_pktlen = (uint32_t)FRAME_MAX;
	info->max_mtu = FRAME_MAX - RTE_ETHER_HDR_LEN;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	return 0;
}

static int
limit_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t count, unsigned int socket,
		     const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct port *port = dev->data->dev_private;

	(void)count;
	(void)socket;
	(void)conf;
	port->pool = pool;
	dev->data->rx_queues[queue] = &port->rxq;
	return 0;
}

static int
limit_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t count, unsigned int socket,
		     const struct rte_eth_txconf *conf)
{
	struct port *port = dev->data->dev_private;

	(void)count;
	(void)socket;
	(void)conf;
	dev->data->tx_queues[queue] = &port->txq;
	return 0;
}

static int
limit_start(struct rte_eth_dev *dev)
{
	struct port *port = dev->data->dev_private;
	const struct options *options = &port->options;

	memset(port->memory.in, 0, LIMIT_PAGE);
	memset(port->memory.out, 0, LIMIT_PAGE);
	limit_rx_init(&port->rxq, &port->memory, options->ranges, port->pool, dev->data->port_id);
	limit_tx_init(&port->txq, &port->memory);
	limit_host_init(&port->host, &port->memory, options->source, options->ranges,
			options->frame);
	return host_start(port);
}

static int
limit_stop(struct rte_eth_dev *dev)
{
	host_end(dev->data->dev_private);
	return 0;
}

static int
limit_close(struct rte_eth_dev *dev)
{
	struct port *port = dev->data->dev_private;

	host_end(port);
	limit_memory_unmap(&port->memory);
	/* It is a part of the port. */
	dev->data->mac_addrs = NULL;
	return 0;
}

static int
limit_link_update(struct rte_eth_dev *dev, int wait)
{
	(void)wait;
	dev->data->dev_link.link_status = RTE_ETH_LINK_UP;
	return 0;
}

static int
limit_promiscuous_enable(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static const struct eth_dev_ops limit_ops = {
	.dev_configure = limit_configure,
	.dev_infos_get = limit_infos_get,
	.rx_queue_setup = limit_rx_queue_setup,
	.tx_queue_setup = limit_tx_queue_setup,
	.dev_start = limit_start,
	.dev_stop = limit_stop,
	.dev_close = limit_close,
	.link_update = limit_link_update,
	.promiscuous_enable = limit_promiscuous_enable,
};

/* The device. */

/* A number, or one of two words for 0 and 1. */
static int
parse(const char *key, const char *value, void *arg)
{
	uint32_t *number = arg;
	char *end;

	if (strcmp(key, "role") == 0) {
		*(bool *)arg = strcmp(value, "source") == 0;
		return *(bool *)arg || strcmp(value, "sink") == 0 ? 0 : -EINVAL;
	}
	*number = (uint32_t)strtoul(value, &end, 0);
	return *end == '\0' && *value != '\0' ? 0 : -EINVAL;
}

static int
options_read(const char *text, struct options *options)
{
	static const char *const keys[] = { "role", "ranges", "frame", "cores", NULL };
	struct rte_kvargs *args = rte_kvargs_parse(text, keys);
	int ret = -EINVAL;

	*options = (struct options){ .source = true, .ranges = 32, .frame = 64 };
	if (args == NULL)
		return -EINVAL;
	if (rte_kvargs_process(args, "role", parse, &options->source) == 0 &&
	    rte_kvargs_process(args, "ranges", parse, &options->ranges) == 0 &&
	    rte_kvargs_process(args, "frame", parse, &options->frame) == 0 &&
	    rte_kvargs_process(args, "cores", parse, &options->cores) == 0 &&
	    options->ranges >= 1 && options->ranges <= LIMIT_RANGES &&
	    options->frame >= RTE_ETHER_HDR_LEN && options->frame <= FRAME_MAX)
		ret = 0;
	rte_kvargs_free(args);
	return ret;
}

static int
limit_probe(struct rte_vdev_device *vdev)
{
	static struct rte_ether_addr address = { { 0x02, 0, 0, 0, 0, 3 } };
	struct options options;
	struct rte_eth_dev *dev;
	struct port *port;
	int ret = options_read(rte_vdev_device_args(vdev), &options);

	if (ret < 0)
		return ret;
	dev = rte_eth_vdev_allocate(vdev, sizeof(*port));
	if (dev == NULL)
		return -ENOMEM;
	port = dev->data->dev_private;
	port->options = options;
	dev->data->mac_addrs = &address;
	dev->dev_ops = &limit_ops;
	/* A ring has packets of one kind alone. */
	dev->rx_pkt_burst = options.source ? limit_rx_burst : rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = options.source ? rte_eth_pkt_burst_dummy : limit_tx_burst;
	ret = limit_memory_map(&port->memory);
	if (ret < 0) {
		dev->data->mac_addrs = NULL;
		rte_eth_dev_release_port(dev);
		return ret;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
limit_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0;
	limit_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver limit_driver = {
	.probe = limit_probe,
	.remove = limit_remove,
};

RTE_PMD_REGISTER_VDEV(net_limit, limit_driver);
RTE_PMD_REGISTER_PARAM_STRING(net_limit, "role=source|sink ranges=<int> frame=<int> cores=<mask>");
