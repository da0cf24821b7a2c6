/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Device arguments: what users may write, and what becomes of it.
 */

#include <errno.h>

#include <rte_devargs.h>

#include "driver_test.h"
#include "hn_options.h"
#include "hn_port.h"

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_options options;

static int
parse(const char *text)
{
	struct rte_devargs devargs = { 0 };
	char args[256];

	snprintf(args, sizeof(args), "%s", text);
	devargs.args = args;
	memset(&options, 0xee, sizeof(options));
	return hn_options_parse(&options, "card", &devargs);
}

static void
assert_defaults(void)
{
	assert_int_equal(options.latency_us, 50);
	assert_int_equal(options.tx_copybreak, 1024);
	assert_int_equal(options.rx_copybreak, 256);
	assert_int_equal(options.rx_extmbuf, 0);
	assert_int_equal(options.numa_aware, 0);
}

static void
nothing_said_means_the_defaults(void **state)
{
	(void)state;
	memset(&options, 0xee, sizeof(options));
	assert_int_equal(hn_options_parse(&options, "card", NULL), 0);
	assert_defaults();
	assert_int_equal(parse(""), 0);
	assert_defaults();
	/* Said to EAL, not to us. */
	assert_int_equal(parse("driver=net_netvsc"), 0);
	assert_defaults();
}

static void
each_key_sets_its_option_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(parse("latency=0,tx_copybreak=65535,rx_copybreak=0,rx_extmbuf_enable=1,"
			       "numa_aware=1"), 0);
	assert_int_equal(options.latency_us, 0);
	assert_int_equal(options.tx_copybreak, 65535);
	assert_int_equal(options.rx_copybreak, 0);
	assert_int_equal(options.rx_extmbuf, 1);
	assert_int_equal(options.numa_aware, 1);
	assert_int_equal(parse("rx_copybreak=4294967295"), 0);
	assert_int_equal(options.rx_copybreak, UINT32_MAX);
	options.rx_copybreak = 256;
	assert_defaults();
	assert_int_equal(parse("latency=6553"), 0);
	assert_int_equal(options.latency_us, 6553);
	options.latency_us = 50;
	assert_defaults();
}

static void
mistakes_refuse_the_card(void **state)
{
	static const char *const mistakes[] = {
		"latency=6554", "tx_copybreak=65536", "rx_copybreak=4294967296",
		"rx_extmbuf_enable=2", "numa_aware=2", "numa_aware=-1", "latency=",
		"latency=ten", "latency=1x", "latency= 1", "latency=+1", "latency=0x10",
		"latency=99999999999999999999999", "Latency=1", "tx_copybrake=1", "latency",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (parse(mistakes[i]) != -EINVAL)
			fail_msg("'%s' was taken", mistakes[i]);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE("nothing said means the defaults", nothing_said_means_the_defaults),
		CASE("each key sets its option and no other", each_key_sets_its_option_and_no_other),
		CASE("mistakes refuse the card", mistakes_refuse_the_card),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
