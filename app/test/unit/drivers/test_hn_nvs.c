/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The channel and NVSP with every allocation failing once: the right error,
 * nothing kept, the host told to let go, and the next attempt succeeds. Linked
 * with -Wl,--wrap for calloc, malloc and free.
 */

#include <errno.h>
#include <stdlib.h>

#include "hn_chan.h"
#include "hn_nvs.h"
#include "hn_test.h"
#include "scripted_host.h"

#define TIMEOUT_MS 1000
#define REVOKE_RECV_BUF 103

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_chan chan;
static struct hn_nvs nvs;

/* Which allocation fails, from 1; 0 for none. live counts those not yet freed. */
static unsigned int fail_at, allocations;
static int live;

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void __real_free(void *ptr);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void __wrap_free(void *ptr);

static bool
fails_now(void)
{
	return ++allocations == fail_at;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	if (fails_now())
		return NULL;
	live++;
	return __real_calloc(count, size);
}

void *
__wrap_malloc(size_t size)
{
	if (fails_now())
		return NULL;
	live++;
	return __real_malloc(size);
}

void
__wrap_free(void *ptr)
{
	if (ptr != NULL)
		live--;
	__real_free(ptr);
}

static void
on_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	(void)xactid;
	(void)status;
}

static void
on_message(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
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

static const struct hn_chan_events events = { on_tx_done, on_message, on_message, on_failed };

/* Up and down again; the error of the step that failed. */
static int
whole_life(void)
{
	int ret = hn_chan_open(&chan, scripted_device(), 0, &events, NULL);

	if (ret < 0)
		return ret;
	ret = hn_nvs_attach(&nvs, &chan, scripted_device(), 1500, TIMEOUT_MS);
	if (ret == 0)
		hn_nvs_detach(&nvs, &chan);
	hn_chan_close(&chan);
	return ret;
}

static unsigned int
count_allocations(void)
{
	scripted_reset();
	fail_at = 0;
	allocations = 0;
	assert_int_equal(whole_life(), 0);
	return allocations;
}

static void
every_allocation_may_fail_and_nothing_is_kept(void **state)
{
	unsigned int total = count_allocations(), at;

	(void)state;
	assert_true(total >= 3);
	for (at = 1; at <= total; at++) {
		scripted_reset();
		allocations = 0;
		live = 0;
		fail_at = at;
		assert_int_equal(whole_life(), -ENOMEM);
		assert_int_equal(live, 0);
		fail_at = 0;
		assert_int_equal(whole_life(), 0);
		assert_int_equal(live, 0);
	}
}

/* The last one is made after the host has said yes. */
static void
host_is_told_to_let_go_of_what_cannot_be_used(void **state)
{
	unsigned int total = count_allocations();

	(void)state;
	scripted_reset();
	allocations = 0;
	fail_at = total;
	assert_int_equal(whole_life(), -ENOMEM);
	assert_int_equal(host.nvsp_heard[REVOKE_RECV_BUF], 1);
	assert_false(nvs.rx_connected);
	fail_at = 0;
}

static void
close_works_twice(void **state)
{
	(void)state;
	scripted_reset();
	fail_at = 0;
	live = 0;
	assert_int_equal(hn_chan_open(&chan, scripted_device(), 0, &events, NULL), 0);
	hn_chan_close(&chan);
	hn_chan_close(&chan);
	assert_int_equal(live, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("every allocation may fail, and nothing is kept",
		     every_allocation_may_fail_and_nothing_is_kept),
		CASE("the host is told to let go of what cannot be used",
		     host_is_told_to_let_go_of_what_cannot_be_used),
		CASE("a channel may be closed twice", close_works_twice),
	};

	return cmocka_run_group_tests_name("hn nvs", tests, NULL, NULL);
}
