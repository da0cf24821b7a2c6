/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Memory of RNDIS requests: the host may read a page until it completes the
 * packet, however long that takes, so until then the page is neither used again
 * nor freed. Linked with -Wl,--wrap for rte_zmalloc and rte_free.
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_malloc.h>

#include "hn_chan.h"
#include "hn_nvs.h"
#include "hn_rndis.h"
#include "hn_test.h"
#include "scripted_host.h"

#define TIMEOUT_MS 20
#define GPA_DIRECT 9

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_chan chan;
static struct hn_nvs nvs;
static struct hn_rndis rndis;

static bool no_memory;
static int live;

void *__real_rte_zmalloc(const char *type, size_t size, unsigned int align);
void __real_rte_free(void *ptr);
void *__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align);
void __wrap_rte_free(void *ptr);

void *
__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align)
{
	if (no_memory)
		return NULL;
	live++;
	return __real_rte_zmalloc(type, size, align);
}

void
__wrap_rte_free(void *ptr)
{
	if (ptr != NULL)
		live--;
	__real_rte_free(ptr);
}

static void
on_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	(void)status;
	hn_rndis_tx_done(&rndis, xactid);
}

static void
on_control(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	hn_rndis_receive(&rndis, msg);
}

static void
on_notice(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	(void)msg;
}

static void
on_failed(void *ctx, struct hn_chan *from, int ret)
{
	(void)ctx;
	(void)from;
	(void)ret;
}

static const struct hn_chan_events events = { on_tx_done, on_control, on_notice, on_failed };

static void
on_status(void *ctx, uint32_t status, uint32_t value)
{
	(void)ctx;
	(void)status;
	(void)value;
}

static const struct hn_rndis_events rndis_events = { on_status };

static int
rndis_up(void)
{
	return hn_rndis_attach(&rndis, &chan, &rndis_events, NULL, TIMEOUT_MS);
}

static int
start(void **state)
{
	int ret;

	(void)state;
	scripted_reset();
	no_memory = false;
	live = 0;
	memset(&rndis, 0, sizeof(rndis));
	ret = hn_chan_open(&chan, scripted_device(), 0, &events, NULL);
	return ret < 0 ? ret : hn_nvs_attach(&nvs, &chan, scripted_device(), 1500, TIMEOUT_MS);
}

static int
stop(void **state)
{
	(void)state;
	hn_nvs_detach(&nvs, &chan);
	hn_chan_close(&chan);
	return 0;
}

static int
ask(void)
{
	uint32_t mtu;

	return hn_rndis_get_mtu(&rndis, &mtu);
}

/* A request that the host neither completes nor answers; its transaction id. */
static uint64_t
ask_in_vain(void)
{
	host.fault = FAULT_SILENT;
	host.fault_at = host.heard + 1;
	assert_int_equal(ask(), -ETIMEDOUT);
	assert_int_equal(host.log[host.log_count - 1].type, GPA_DIRECT);
	return host.log[host.log_count - 1].xactid;
}

/* The completion comes after all, and is taken. */
static void
complete(uint64_t xactid)
{
	uint8_t packet[24];

	put32(packet, 11 | 2 << 16);
	put32(packet + 4, 3);
	put32(packet + 8, (uint32_t)xactid);
	put32(packet + 12, (uint32_t)(xactid >> 32));
	put32(packet + 16, 108);
	put32(packet + 20, 1);
	scripted_push(packet, sizeof(packet));
	assert_int_equal(hn_chan_poll(&chan, 10, HN_CHAN_LEAVE), 1);
}

static void
no_memory_is_said_and_nothing_kept(void **state)
{
	(void)state;
	no_memory = true;
	assert_int_equal(rndis_up(), -ENOMEM);
	assert_int_equal(live, 0);
	no_memory = false;
	assert_int_equal(rndis_up(), 0);
	assert_int_equal(ask(), 0);
	hn_rndis_detach(&rndis);
	assert_int_equal(live, 0);
}

static void
page_with_the_host_is_not_used_again(void **state)
{
	uint64_t id[HN_RNDIS_PAGES];
	unsigned int i;

	(void)state;
	assert_int_equal(rndis_up(), 0);
	for (i = 0; i < HN_RNDIS_PAGES; i++)
		id[i] = ask_in_vain();
	/* The host has them all: there is none to lay a request in. */
	assert_int_equal(ask(), -EBUSY);
	complete(id[2]);
	assert_int_equal(ask(), 0);
	for (i = 0; i < HN_RNDIS_PAGES; i++)
		if (i != 2)
			complete(id[i]);
	assert_int_equal(ask(), 0);
	hn_rndis_detach(&rndis);
	assert_int_equal(live, 0);
}

static void
completion_that_comes_twice_frees_nothing(void **state)
{
	uint64_t first, second;

	(void)state;
	assert_int_equal(rndis_up(), 0);
	first = ask_in_vain();
	complete(first);
	/* The same page, another request: the former's completion is not this one's. */
	second = ask_in_vain();
	assert_true(first != second);
	rndis.stray = 0;
	complete(first);
	complete(HN_XACT_RNDIS | 0xff);
	assert_int_equal(rndis.stray, 2);
	complete(second);
	assert_int_equal(rndis.stray, 2);
	hn_rndis_detach(&rndis);
	assert_int_equal(live, 0);
}

static void
pages_that_the_host_may_read_outlive_the_detach(void **state)
{
	void *pages;

	(void)state;
	assert_int_equal(rndis_up(), 0);
	(void)ask_in_vain();
	pages = rndis.pages;
	hn_rndis_detach(&rndis);
	assert_int_equal(live, 1);
	assert_null(rndis.pages);
	rte_free(pages);	/* what the driver must not do */
}

static void
request_that_fits_no_page_is_refused(void **state)
{
	static uint8_t value[4096];

	(void)state;
	assert_int_equal(rndis_up(), 0);
	assert_int_equal(hn_rndis_set(&rndis, 0x00010204, value, 4096 - 28 + 1), -EINVAL);
	assert_int_equal(hn_rndis_set(&rndis, 0x00010204, value, 4096 - 28), 0);
	hn_rndis_detach(&rndis);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("no memory is said, and nothing kept", no_memory_is_said_and_nothing_kept),
		CASE("a page with the host is not used again",
		     page_with_the_host_is_not_used_again),
		CASE("a completion that comes twice frees nothing",
		     completion_that_comes_twice_frees_nothing),
		CASE("pages that the host may read outlive the detach",
		     pages_that_the_host_may_read_outlive_the_detach),
		CASE("a request that fits no page is refused",
		     request_that_fits_no_page_is_refused),
	};
	char *eal[] = { argv[0], "--no-huge", "--no-pci", "--no-shconf", "-m", "32", "-l", "0",
			"--no-telemetry", "--log-level=*:1", NULL };

	(void)argc;
	if (rte_eal_init((int)(sizeof(eal) / sizeof(eal[0])) - 1, eal) < 0)
		return 1;
	return cmocka_run_group_tests_name("hn rndis", tests, NULL, NULL);
}
