/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * For unit tests of what speaks RNDIS: port 0, connected to the scripted host
 * as far as NVSP and RNDIS go, and disconnected after each case.
 */

#ifndef HN_TEST_HOST_H
#define HN_TEST_HOST_H

#include <ethdev_driver.h>
#include <rte_eal.h>

#include "hn_port.h"
#include "hn_proc.h"
#include "hn_test.h"
#include "scripted_host.h"

#define TEST_TIMEOUT_MS 30

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_port test_port;
static struct hn_proc test_proc;
static struct rte_eth_dev_data test_data;
static struct rte_eth_dev *test_dev;
static uint32_t test_status, test_value;	/* of the last indication */

static void
test_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	(void)status;
	hn_rndis_tx_done(&test_proc.rndis, xactid);
}

static void
test_control(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	hn_rndis_receive(&test_proc.rndis, msg);
}

static void
test_notice(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	(void)msg;
}

static void
test_failed(void *ctx, struct hn_chan *from, int ret)
{
	(void)ctx;
	(void)from;
	(void)ret;
}

static void
test_indicated(void *ctx, uint32_t status, uint32_t value)
{
	(void)ctx;
	test_status = status;
	test_value = value;
}

static const struct hn_chan_events test_events = {
	test_tx_done, test_control, test_notice, test_failed,
};
static const struct hn_rndis_events test_rndis_events = { test_indicated };

static inline void
test_init_channels(void)
{
	unsigned int i;

	for (i = 0; i < HN_CHANNELS_MAX; i++)
		hn_chan_init(&test_proc.channels.chan[i], &test_port.chan[i]);
	test_proc.rndis.shared = &test_port.rndis;
}

/* A port as probe leaves it, connected to a host that speaks no more than version. */
static inline int
test_connect_to(uint32_t version)
{
	scripted_reset();
	host.version = version;
	memset(&test_port, 0, sizeof(test_port));
	memset(&test_proc, 0, sizeof(test_proc));
	memset(&test_data, 0, sizeof(test_data));
	test_status = 0;
	test_data.dev_private = &test_port;
	test_dev = &rte_eth_devices[0];
	test_dev->data = &test_data;
	test_dev->process_private = &test_proc;
	test_init_channels();
	test_proc.channels.count = 1;
	if (hn_chan_open(&test_proc.channels.chan[0], scripted_device(), 0, &test_events,
			 test_dev) < 0 ||
	    hn_nvs_attach(&test_proc.nvs, &test_proc.channels.chan[0], scripted_device(), 1500,
			  TEST_TIMEOUT_MS) < 0)
		return -1;
	return hn_rndis_attach(&test_proc.rndis, &test_proc.channels.chan[0], &test_rndis_events,
			       test_dev, TEST_TIMEOUT_MS);
}

static inline int
test_connect(void **state)
{
	(void)state;
	return test_connect_to(0x00060001);
}

static inline int
test_disconnect(void **state)
{
	(void)state;
	host.fault = FAULT_NONE;
	scripted_resume();
	hn_rndis_detach(&test_proc.rndis);
	hn_rndis_abandon(&test_proc.rndis);
	hn_nvs_detach(&test_proc.nvs, &test_proc.channels.chan[0]);
	hn_chan_close(&test_proc.channels.chan[0]);
	return 0;
}

/* EAL without hugepages and devices, then the cases. */
#define TEST_RUN(name, argv, tests) __extension__ ({ \
	char *eal_[] = { (argv)[0], "--no-huge", "--no-pci", "--no-shconf", "-m", "32", "-l", "0", \
			 "--no-telemetry", "--log-level=*:1", NULL }; \
	rte_eal_init((int)RTE_DIM(eal_) - 1, eal_) < 0 ? 1 : \
		cmocka_run_group_tests_name(name, tests, NULL, NULL); \
})

#undef CASE
#define CASE(sentence, function) { sentence, function, test_connect, test_disconnect, NULL }

#endif /* HN_TEST_HOST_H */
