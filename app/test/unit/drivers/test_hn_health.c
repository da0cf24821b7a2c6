/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A host that answers late, twice, out of order, wrongly or never, and one that
 * is paused: every wait ends, what was pending is released once, and the next
 * attempt works.
 */

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "driver_test.h"
#include "hn_clock.h"
#include "hn_filter.h"
#include "hn_link.h"
#include "hn_rss.h"
#include "hn_test_host.h"
#include "ndis.h"
#include "nvsp.h"
#include "rndis.h"

#define LONG_MS 1300		/* longer than a silent host gets */
#define SILENT_MS 1000

bool
hn_link_is_lost(const struct rte_eth_dev *dev)
{
	(void)dev;
	return false;
}

/* The clock, which jumps ahead an hour each time that it is asked so often. */
static unsigned int clock_jumps, clock_calls;
static time_t clock_ahead;

int
clock_gettime(clockid_t id, struct timespec *now)
{
	long ret = syscall(SYS_clock_gettime, id, now);

	if (clock_jumps != 0 && ++clock_calls % clock_jumps == 0)
		clock_ahead += 3600;
	now->tv_sec += clock_ahead;
	return (int)ret;
}

/* Requests */

static struct hn_chan *
primary(void)
{
	return &test_proc.channels.chan[0];
}

static int
ask_nvs(void)
{
	test_proc.nvs.rx_connected = false;
	test_proc.nvs.tx_connected = false;
	return hn_nvs_attach(&test_proc.nvs, primary(), scripted_device(), 1500, TEST_TIMEOUT_MS);
}

static int
ask_subchannels(void)
{
	uint32_t granted;

	return hn_nvs_ask_subchannels(&test_proc.nvs, primary(), 3, &granted, TEST_TIMEOUT_MS);
}

static int
ask_initialize(void)
{
	hn_rndis_abandon(&test_proc.rndis);
	return hn_rndis_attach(&test_proc.rndis, primary(), &test_rndis_events, test_dev,
			       test_proc.rndis.timeout_ms);
}

static int
ask_query(void)
{
	uint32_t mbps;

	return hn_rndis_get_speed(&test_proc.rndis, &mbps);
}

static int
ask_set(void)
{
	return hn_rndis_set_filter(&test_proc.rndis, 9);
}

enum { NVSP, RNDIS };

static const struct request {
	const char *name;
	int layer;
	int (*ask)(void);
	uint32_t at;		/* which of its messages */
	bool counts;		/* stray answers can be counted afterwards */
} requests[] = {
	{ "INIT", NVSP, ask_nvs, 1, true },
	{ "RECV_BUF", NVSP, ask_nvs, 4, true },
	{ "SEND_BUF", NVSP, ask_nvs, 5, true },
	{ "SUBCHANNEL", NVSP, ask_subchannels, 1, true },
	{ "INITIALIZE", RNDIS, ask_initialize, 1, false },
	{ "QUERY", RNDIS, ask_query, 1, true },
	{ "SET", RNDIS, ask_set, 1, true },
};

static const struct trouble {
	const char *name;
	enum scripted_fault fault;
	int result[2];		/* by layer */
	unsigned int stray[2];	/* messages that nobody waited for */
} troubles[] = {
	{ "late", FAULT_LATE, { -ETIMEDOUT, -ETIMEDOUT }, { 1, 1 } },
	{ "twice", FAULT_TWICE, { 0, 0 }, { 1, 2 } },
	{ "swapped", FAULT_SWAPPED, { 0, 0 }, { 0, 0 } },
	{ "short", FAULT_SHORT, { -EBADMSG, -EBADMSG }, { 0, 0 } },
	{ "of another type", FAULT_TYPE, { -EBADMSG, -ETIMEDOUT }, { 0, 1 } },
	{ "to another request", FAULT_WRONG_ID, { -ETIMEDOUT, -ETIMEDOUT }, { 1, 1 } },
	{ "never", FAULT_SILENT, { -ETIMEDOUT, -ETIMEDOUT }, { 0, 0 } },
	{ "without completion", FAULT_UNCOMPLETED, { 0, 0 }, { 0, 0 } },
	{ "by completion only", FAULT_UNANSWERED, { 0, -ETIMEDOUT }, { 0, 0 } },
};

static unsigned int
count_stray(void)
{
	return (unsigned int)(primary()->shared->stats.stale_answers + test_proc.rndis.shared->stray);
}

static unsigned int
count_with_host(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < HN_RNDIS_PAGES; i++)
		count += test_proc.rndis.shared->page[i].with_host;
	return count;
}

static void
assert_nothing_pending(void)
{
	hn_chan_poll(primary(), 100, HN_CHAN_DROP);
	assert_true(rte_vmbus_chan_rx_empty(primary()->vmbus));
	assert_int_equal(primary()->shared->call.xactid, 0);
	assert_int_equal(test_proc.rndis.shared->pending.type, 0);
	assert_int_equal(primary()->shared->owed_count, 0);
}

static void
ask_in_trouble(const struct request *request, const struct trouble *trouble)
{
	unsigned int before = count_stray();
	int ret;

	print_message("%s answered %s\n", request->name, trouble->name);
	host.fault = trouble->fault;
	host.fault_at = host.heard + request->at;
	ret = request->ask();
	assert_int_equal(ret, trouble->result[request->layer]);
	assert_nothing_pending();
	/* The next one comes before what is late. */
	assert_int_equal(request->ask(), 0);
	assert_nothing_pending();
	if (request->counts)
		assert_int_equal(count_stray() - before, trouble->stray[request->layer]);
	assert_true(count_with_host() <= 1);
}

static void
every_request_may_be_answered_in_every_way(void **state)
{
	unsigned int i, k;

	for (i = 0; i < RTE_DIM(requests); i++) {
		for (k = 0; k < RTE_DIM(troubles); k++) {
			test_disconnect(state);
			assert_int_equal(test_connect(state), 0);
			ask_in_trouble(&requests[i], &troubles[k]);
		}
	}
}

static void
host_that_completes_nothing_is_talked_to_for_ever(void **state)
{
	unsigned int i;

	(void)state;
	host.fault = FAULT_UNCOMPLETED;
	for (i = 0; i < 5 * HN_RNDIS_PAGES; i++) {
		host.fault_at = host.heard + 1;
		assert_int_equal(ask_set(), 0);
	}
	assert_int_equal(count_with_host(), HN_RNDIS_PAGES);
	assert_int_equal(test_proc.rndis.shared->stray, 0);
}

/* Silence */

static uint64_t
time_of(int (*ask)(void), int expected)
{
	uint64_t begin = hn_clock_ms();

	assert_int_equal(ask(), expected);
	return hn_clock_ms() - begin;
}

static void
silent_host_is_waited_for_once(void **state)
{
	(void)state;
	test_proc.rndis.timeout_ms = LONG_MS;
	scripted_pause(UINT32_MAX);
	assert_true(time_of(ask_set, -ETIMEDOUT) >= LONG_MS);
	assert_true(hn_rndis_is_silent(&test_proc.rndis));
	assert_in_range(time_of(ask_set, -ETIMEDOUT), SILENT_MS, LONG_MS - 1);
	scripted_resume();
	hn_chan_poll(primary(), 100, HN_CHAN_DROP);
	assert_false(hn_rndis_is_silent(&test_proc.rndis));
	assert_int_equal(ask_set(), 0);
	assert_nothing_pending();
	assert_int_equal(count_with_host(), 0);
	assert_int_equal(count_stray(), 2);
}

static void
host_that_is_heard_again_gets_all_its_time(void **state)
{
	(void)state;
	test_proc.rndis.timeout_ms = LONG_MS;
	test_proc.rndis.shared->silent = 1;
	/* It completes, so it is there. */
	host.fault = FAULT_UNANSWERED;
	host.fault_at = host.heard + 1;
	assert_true(time_of(ask_set, -ETIMEDOUT) >= SILENT_MS + LONG_MS);
	assert_true(hn_rndis_is_silent(&test_proc.rndis));
}

static int
halt(void)
{
	hn_rndis_detach(&test_proc.rndis);
	return 0;
}

static void
silent_host_is_halted_within_a_second(void **state)
{
	(void)state;
	test_proc.rndis.timeout_ms = 60000;
	test_proc.rndis.shared->silent = 1;
	scripted_pause(UINT32_MAX);
	assert_in_range(time_of(halt, 0), SILENT_MS, SILENT_MS + 500);
	/* It may still read the request. */
	assert_non_null(test_proc.rndis.pages);
	hn_rndis_abandon(&test_proc.rndis);
	assert_null(test_proc.rndis.pages);
}

static void
requests_that_the_host_keeps_are_no_more_than_there_are_pages(void **state)
{
	unsigned int i;

	(void)state;
	scripted_pause(UINT32_MAX);
	for (i = 0; i < HN_RNDIS_PAGES + 2; i++)
		assert_int_equal(ask_set(), -ETIMEDOUT);
	assert_int_equal(count_with_host(), HN_RNDIS_PAGES);
	scripted_resume();
	assert_int_equal(ask_set(), 0);
	assert_nothing_pending();
	assert_int_equal(count_with_host(), 0);
}

/* What the host does after the deadline */

static uint32_t
filter_after_resume(void)
{
	scripted_resume();
	hn_chan_poll(primary(), 100, HN_CHAN_DROP);
	return host.filter;
}

static void
filter_ends_as_the_port_has_it(void **state)
{
	uint32_t before;

	(void)state;
	test_data.dev_started = 1;
	assert_int_equal(hn_filter_open(test_dev), 0);
	before = host.filter;
	scripted_pause(UINT32_MAX);
	assert_int_equal(hn_filter_enable_promiscuous(test_dev), -ETIMEDOUT);
	assert_int_equal(test_data.promiscuous, 0);
	assert_int_equal(host.sets, 1);
	assert_int_equal(filter_after_resume(), before);
	assert_int_equal(host.sets, 3);
	scripted_pause(UINT32_MAX);
	assert_int_equal(hn_filter_enable_allmulticast(test_dev), -ETIMEDOUT);
	assert_int_equal(filter_after_resume(), before);
	assert_int_equal(hn_filter_enable_promiscuous(test_dev), 0);
	assert_int_equal(host.filter, NDIS_PACKET_TYPE_PROMISCUOUS);
}

static void
multicast_list_ends_as_the_port_has_it(void **state)
{
	struct rte_ether_addr list[] = {
		{ { 0x01, 0, 0x5e, 0, 0, 5 } }, { { 0x01, 0, 0x5e, 0, 0, 6 } },
	};
	uint32_t before;

	(void)state;
	host.list_size = 32;
	test_data.dev_started = 1;
	assert_int_equal(hn_filter_set_list(test_dev, list, 1), 0);
	before = host.filter;
	/* The SET of the list, behind the QUERY of its size. */
	host.fault = FAULT_LATE;
	host.fault_at = host.heard + 2;
	assert_int_equal(hn_filter_set_list(test_dev, &list[1], 1), -ETIMEDOUT);
	assert_int_equal(scripted_last_set(3)->bytes[5], 6);
	assert_int_equal(scripted_last_set(2)->bytes[5], 5);
	assert_int_equal(host.filter, before);
	assert_memory_equal(test_port.filter.addr, list, sizeof(list[0]));
}

static void
rss_ends_as_the_port_has_it(void **state)
{
	struct scripted_set former;
	struct hn_rss next;

	(void)state;
	assert_int_equal(hn_rss_query(&test_port.rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	hn_rss_reset(&test_port.rss);
	next = test_port.rss;
	next.types = test_port.rss.caps.types;
	hn_rss_spread(&next, 2);
	assert_int_equal(hn_rss_set(&test_port.rss, &next, &test_proc.rndis), 0);
	former = *scripted_last_set(1);
	hn_rss_spread(&next, 4);
	scripted_pause(UINT32_MAX);
	assert_int_equal(hn_rss_set(&test_port.rss, &next, &test_proc.rndis), -ETIMEDOUT);
	scripted_resume();
	assert_int_equal(scripted_last_set(1)->len, former.len);
	assert_memory_equal(scripted_last_set(1)->bytes, former.bytes, former.len);
	/* Off again, where it was off. */
	test_port.rss.applied = false;
	test_port.rss.types = 0;
	scripted_pause(UINT32_MAX);
	assert_int_equal(hn_rss_set(&test_port.rss, &next, &test_proc.rndis), -ETIMEDOUT);
	scripted_resume();
	assert_int_equal(scripted_last_set(1)->bytes[4], NDIS_RSS_FLAG_DISABLE);
}

/* Pauses */

static void
request_outlasts_a_pause(void **state)
{
	unsigned int i;

	(void)state;
	test_proc.rndis.timeout_ms = 20000;
	for (i = 0; i < RTE_DIM(requests); i++) {
		if (requests[i].layer != RNDIS)
			continue;
		scripted_pause(1300);
		assert_int_equal(requests[i].ask(), 0);
		assert_nothing_pending();
		assert_int_equal(count_stray(), 0);
	}
}

static void
fill_ring(void)
{
	const struct nvsp_rndis_pkt nonsense = { .type = 999 };

	while (hn_chan_send(primary(), &nonsense, 1) == 0)
		;
}

static void
request_waits_for_room_in_the_ring_and_for_its_answer_by_one_deadline(void **state)
{
	(void)state;
	test_proc.rndis.timeout_ms = 300;
	scripted_pause(UINT32_MAX);
	fill_ring();
	assert_in_range(time_of(ask_set, -ETIMEDOUT), 300, 600);
	/* It was not sent: nothing is the host's. */
	assert_int_equal(count_with_host(), 0);
	test_proc.rndis.shared->silent = 0;
	test_proc.rndis.timeout_ms = 20000;
	scripted_pause(1300);
	assert_int_equal(ask_set(), 0);
	assert_nothing_pending();
}

static void
time_in_which_the_guest_did_not_run_does_not_count(void **state)
{
	(void)state;
	test_proc.rndis.timeout_ms = 20000;
	scripted_pause(1300);
	clock_jumps = 100;
	assert_int_equal(ask_set(), 0);
	assert_true(clock_ahead > 3600);
	clock_jumps = 0;
	assert_nothing_pending();
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("every request may be answered in every way",
		     every_request_may_be_answered_in_every_way),
		CASE("a host that completes nothing is talked to for ever",
		     host_that_completes_nothing_is_talked_to_for_ever),
		CASE("a silent host is waited for once", silent_host_is_waited_for_once),
		CASE("a host that is heard again gets all its time",
		     host_that_is_heard_again_gets_all_its_time),
		CASE("a silent host is halted within a second",
		     silent_host_is_halted_within_a_second),
		CASE("requests that the host keeps are no more than there are pages",
		     requests_that_the_host_keeps_are_no_more_than_there_are_pages),
		CASE("the filter ends as the port has it, if the host takes what has timed out",
		     filter_ends_as_the_port_has_it),
		CASE("the multicast list ends as the port has it",
		     multicast_list_ends_as_the_port_has_it),
		CASE("RSS ends as the port has it, if the host takes what has timed out",
		     rss_ends_as_the_port_has_it),
		CASE("a request outlasts a pause", request_outlasts_a_pause),
		CASE("a request waits for room in the ring and for its answer by one deadline",
		     request_waits_for_room_in_the_ring_and_for_its_answer_by_one_deadline),
		CASE("time in which the guest did not run does not count",
		     time_in_which_the_guest_did_not_run_does_not_count),
	};

	(void)argc;
	return TEST_RUN("hn health", argv, tests);
}
