/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Sleeping queues, with EAL's own interrupt thread and epoll, and an eventfd
 * for the kernel's event.
 */

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_epoll.h>

#include "hn_intr.h"
#include "hn_link.h"
#include "hn_rx.h"
#include "hn_test_host.h"

#define SOON_MS 1000	/* certainly later than what must happen */
#define SHORTLY_MS 30	/* what must not happen, does not so long */

static struct hn_rxq rxq;
static void *rx_queues[1] = { &rxq };
static volatile int lost_why;

void
hn_link_lose(struct rte_eth_dev *dev, int err)
{
	(void)dev;
	lost_why = err;
}

static void
set_up(void)
{
	lost_why = 0;
	memset(&rxq, 0, sizeof(rxq));
	rxq.running = true;
	test_data.rx_queues = rx_queues;
	test_data.nb_rx_queues = 1;
	test_data.dev_conf.intr_conf.rxq = 1;
	test_proc.channels.chan[0].dev->uio_fd = eventfd(0, 0);
	hn_chan_reader_start(&test_proc.channels.chan[0]);
	assert_int_equal(hn_intr_init(test_dev), 0);
	assert_int_equal(hn_intr_listen(test_dev), 0);
	assert_int_equal(hn_intr_configure(test_dev), 0);
	assert_int_equal(hn_intr_start(test_dev), 0);
	assert_int_equal(rte_intr_rx_ctl(test_dev->intr_handle, RTE_EPOLL_PER_THREAD,
					 RTE_INTR_EVENT_ADD,
					 rte_intr_vec_list_index_get(test_dev->intr_handle, 0),
					 &rxq), 0);
}

static void
tear_down(void)
{
	hn_intr_stop(test_dev);
	assert_false(host.interrupts);
	hn_intr_unlisten(test_dev);
	hn_intr_fini(test_dev);
	close(test_proc.channels.chan[0].dev->uio_fd);
}

/* Has the queue been woken within so long? */
static bool
woken(int ms)
{
	struct rte_epoll_event event;
	int count = rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, ms);

	if (count == 1)
		assert_ptr_equal(event.epdata.data, &rxq);
	return count == 1;
}

static void
push_data(void)
{
	static const uint8_t packet[64] = { 1, 0, 0, 0, 64 };

	scripted_push_rndis(0, packet, sizeof(packet), 7);
}

static void
kernel_tells(void)
{
	const uint64_t one = 1;

	assert_int_equal(write(test_proc.channels.chan[0].dev->uio_fd, &one, sizeof(one)),
			 sizeof(one));
}

static void
queue_sleeps_until_the_event(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	assert_true(host.interrupts);
	assert_false(woken(SHORTLY_MS));
	push_data();
	kernel_tells();
	assert_true(woken(SOON_MS));
	/* Once: until it is enabled again the host is left in peace. */
	assert_false(host.interrupts);
	kernel_tells();
	assert_false(woken(SHORTLY_MS));
	tear_down();
}

static void
what_lies_there_already_wakes_at_once(void **state)
{
	(void)state;
	set_up();
	push_data();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	assert_true(woken(SOON_MS));
	assert_false(host.interrupts);
	tear_down();
}

static void
what_comes_while_it_is_enabled_wakes(void **state)
{
	(void)state;
	set_up();
	host.on_unmask = push_data;
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	assert_true(woken(SOON_MS));
	tear_down();
}

static void
what_others_have_taken_off_the_ring_wakes(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	push_data();
	assert_int_equal(hn_chan_poll(&test_proc.channels.chan[0], 8, HN_CHAN_LEAVE), 1);
	kernel_tells();
	assert_true(woken(SOON_MS));
	/* The same for a packet that was begun. */
	hn_chan_reader_stop(&test_proc.channels.chan[0]);
	rxq.busy = true;
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	assert_true(woken(SOON_MS));
	rxq.busy = false;
	tear_down();
}

/* Kernels before 6.18 set it on each interrupt. */
static void
mask_that_the_kernel_has_set_is_cleared_again(void **state)
{
	uint32_t waited;

	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	host.interrupts = false;
	kernel_tells();
	for (waited = 0; waited < SOON_MS && !*(volatile bool *)&host.interrupts; waited++)
		rte_delay_us_sleep(1000);
	assert_true(host.interrupts);
	assert_false(woken(SHORTLY_MS));
	tear_down();
}

static void
queue_that_is_disabled_is_not_woken(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	assert_int_equal(hn_intr_disable(test_dev, 0), 0);
	assert_false(host.interrupts);
	push_data();
	kernel_tells();
	assert_false(woken(SHORTLY_MS));
	tear_down();
}

static void
lost_event_is_made_good_by_the_watch(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	push_data();
	hn_intr_check(test_dev);
	assert_true(woken(SOON_MS));
	tear_down();
}

static void
loss_of_the_device_wakes(void **state)
{
	uint32_t waited;

	(void)state;
	set_up();
	assert_int_equal(hn_intr_enable(test_dev, 0), 0);
	host.gone = true;
	kernel_tells();
	for (waited = 0; waited < SOON_MS && lost_why == 0; waited++)
		rte_delay_us_sleep(1000);
	assert_int_equal(lost_why, -ENODEV);
	hn_chan_abandon(&test_proc.channels.chan[0]);
	hn_intr_check(test_dev);
	assert_true(woken(SOON_MS));
	host.interrupts = false;
	tear_down();
}

static void
loss_is_heard_where_no_queue_can_sleep(void **state)
{
	uint32_t waited;

	(void)state;
	set_up();
	hn_intr_stop(test_dev);
	host.gone = true;
	kernel_tells();
	for (waited = 0; waited < SOON_MS && lost_why == 0; waited++)
		rte_delay_us_sleep(1000);
	assert_int_equal(lost_why, -ENODEV);
	/* It has ended by itself; whoever ends it then need not know. */
	hn_intr_unlisten(test_dev);
	tear_down();
}

static void
queue_that_does_not_run_is_refused(void **state)
{
	(void)state;
	set_up();
	rxq.running = false;
	assert_int_equal(hn_intr_enable(test_dev, 0), -EINVAL);
	hn_intr_stop(test_dev);
	rxq.running = true;
	assert_int_equal(hn_intr_enable(test_dev, 0), -EINVAL);
	assert_int_equal(hn_intr_disable(test_dev, 0), -EINVAL);
	tear_down();
}

static void
port_starts_and_stops_many_times(void **state)
{
	unsigned int i;

	(void)state;
	set_up();
	for (i = 0; i < 600; i++) {
		hn_intr_stop(test_dev);
		assert_int_equal(hn_intr_start(test_dev), 0);
	}
	tear_down();
}

static void
memory_is_watched_until_something_comes(void **state)
{
	struct rte_power_monitor_cond cond = { .size = 0 };

	(void)state;
	set_up();
	assert_int_equal(hn_intr_watch(&rxq, &cond), 0);
	assert_int_equal(cond.size, 4);
	assert_int_equal(cond.fn(*(volatile uint32_t *)cond.addr, cond.opaque), 0);
	push_data();
	assert_int_not_equal(cond.fn(*(volatile uint32_t *)cond.addr, cond.opaque), 0);
	/* Not if something lies there already, in the ring or taken off it. */
	assert_int_equal(hn_intr_watch(&rxq, &cond), -EBUSY);
	assert_int_equal(hn_chan_poll(&test_proc.channels.chan[0], 8, HN_CHAN_LEAVE), 1);
	assert_int_equal(hn_intr_watch(&rxq, &cond), -EBUSY);
	tear_down();
}

static void
several_queues_need_a_kernel_that_interrupts_for_them(void **state)
{
	(void)state;
	test_data.nb_rx_queues = 2;
	host.deaf_subchannels = true;
	assert_int_equal(hn_intr_configure(test_dev), 0);
	test_data.dev_conf.intr_conf.rxq = 1;
	assert_int_equal(hn_intr_configure(test_dev), -ENOTSUP);
	host.deaf_subchannels = false;
	assert_int_equal(hn_intr_configure(test_dev), 0);
	host.deaf_subchannels = true;
	test_data.nb_rx_queues = 1;
	assert_int_equal(hn_intr_configure(test_dev), 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("a queue sleeps until the event", queue_sleeps_until_the_event),
		CASE("what lies there already wakes at once",
		     what_lies_there_already_wakes_at_once),
		CASE("what comes while it is enabled wakes", what_comes_while_it_is_enabled_wakes),
		CASE("what others have taken off the ring wakes",
		     what_others_have_taken_off_the_ring_wakes),
		CASE("a mask that the kernel has set is cleared again",
		     mask_that_the_kernel_has_set_is_cleared_again),
		CASE("a queue that is disabled is not woken", queue_that_is_disabled_is_not_woken),
		CASE("a lost event is made good by the watch",
		     lost_event_is_made_good_by_the_watch),
		CASE("the loss of the device wakes", loss_of_the_device_wakes),
		CASE("the loss is heard where no queue can sleep",
		     loss_is_heard_where_no_queue_can_sleep),
		CASE("a queue that does not run is refused", queue_that_does_not_run_is_refused),
		CASE("a port starts and stops many times", port_starts_and_stops_many_times),
		CASE("memory is watched until something comes",
		     memory_is_watched_until_something_comes),
		CASE("several queues need a kernel that interrupts for them",
		     several_queues_need_a_kernel_that_interrupts_for_them),
	};

	(void)argc;
	return TEST_RUN("hn interrupts", argv, tests);
}
