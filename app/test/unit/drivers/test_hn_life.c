/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A whole port against the scripted host, by way of ethdev: a life from probe to
 * close, with every message and every allocation going wrong once, in every way.
 * Whatever failed works at the next attempt, every wait ends in its time, and
 * in the end nothing is left over.
 *
 * Time is the test's own, and does not pass but by waiting; so are alarms.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

#include <bus_vmbus_driver.h>
#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "hn_host.h"
#include "hn_test_eal.h"
#include "nvsp.h"
#include "rndis.h"
#include "scripted_host.h"

#define QUEUES_MAX 2
#define NAME "00000000-0000-0000-0000-000000000001"
/* One answer, and what may be waited for besides: see the guide. */
#define STEP_MS (HN_HOST_TIMEOUT_MS + 10000u)

/* Time */

static uint64_t clock_ns;

int
clock_gettime(clockid_t id, struct timespec *now)
{
	(void)id;
	clock_ns += 1000;
	now->tv_sec = (time_t)(clock_ns / 1000000000);
	now->tv_nsec = (long)(clock_ns % 1000000000);
	return 0;
}

void
rte_delay_us_sleep(unsigned int us)
{
	clock_ns += (uint64_t)us * 1000;
}

/* Alarms */

static struct {
	rte_eal_alarm_callback fn;
	void *arg;
} alarms[16];
static unsigned int alarm_count;

static bool fails_now(void);

int
rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback fn, void *arg)
{
	(void)us;
	if (fails_now())
		return -ENOMEM;
	assert_true(alarm_count < RTE_DIM(alarms));
	alarms[alarm_count].fn = fn;
	alarms[alarm_count++].arg = arg;
	return 0;
}

int
rte_eal_alarm_cancel(rte_eal_alarm_callback fn, void *arg)
{
	unsigned int i, kept = 0, before = alarm_count;

	for (i = 0; i < before; i++)
		if (alarms[i].fn != fn || alarms[i].arg != arg)
			alarms[kept++] = alarms[i];
	alarm_count = kept;
	return (int)(before - kept);
}

/* Those that are set now ring once. */
static void
ring_alarms(void)
{
	unsigned int i, due = alarm_count;
	rte_eal_alarm_callback fn;
	void *arg;

	for (i = 0; i < due && alarm_count != 0; i++) {
		fn = alarms[0].fn;
		arg = alarms[0].arg;
		alarm_count--;
		memmove(&alarms[0], &alarms[1], alarm_count * sizeof(alarms[0]));
		fn(arg);
	}
}

/*
 * Allocations of the driver; what EAL and the C library allocate for themselves is
 * not meant. Those from EAL's heap are looked for in the heap.
 */

static unsigned int alloc_count, alloc_fails_at;
static int alloc_out;		/* of the C library's heap */

static bool
fails_now(void)
{
	return ++alloc_count == alloc_fails_at;
}

void *__real_calloc(size_t count, size_t len);
void *__real_aligned_alloc(size_t align, size_t len);
void *__real_malloc(size_t len);
void __real_free(void *mem);
void *__real_rte_zmalloc(const char *type, size_t len, unsigned int align);
void *__real_rte_zmalloc_socket(const char *type, size_t len, unsigned int align, int socket);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_aligned_alloc(size_t align, size_t len);
void *__wrap_malloc(size_t len);
void __wrap_free(void *mem);
void *__wrap_rte_zmalloc(const char *type, size_t len, unsigned int align);
void *__wrap_rte_zmalloc_socket(const char *type, size_t len, unsigned int align, int socket);

static void *
count_alloc(void *mem)
{
	alloc_out += mem != NULL;
	return mem;
}

void *
__wrap_calloc(size_t count, size_t len)
{
	return fails_now() ? NULL : count_alloc(__real_calloc(count, len));
}

void *
__wrap_aligned_alloc(size_t align, size_t len)
{
	return fails_now() ? NULL : count_alloc(__real_aligned_alloc(align, len));
}

void *
__wrap_malloc(size_t len)
{
	return fails_now() ? NULL : count_alloc(__real_malloc(len));
}

void
__wrap_free(void *mem)
{
	alloc_out -= mem != NULL;
	__real_free(mem);
}

void *
__wrap_rte_zmalloc(const char *type, size_t len, unsigned int align)
{
	return fails_now() ? NULL : __real_rte_zmalloc(type, len, align);
}

void *
__wrap_rte_zmalloc_socket(const char *type, size_t len, unsigned int align, int socket)
{
	return fails_now() ? NULL : __real_rte_zmalloc_socket(type, len, align, socket);
}

static struct rte_vmbus_device *device;

/* Ways to live. */
static const struct way {
	const char *devargs;
	bool interrupts;
} ways[] = {
	{ "", false },
	{ "rx_extmbuf_enable=1,rx_copybreak=0", false },
	{ "", true },
};

static const struct way *way = &ways[0];

/* A life, in steps: each of them 0 or negative errno. */

static uint16_t port, queues;

static int
probe(void)
{
	int ret = rte_vmbus_map_device(device);

	if (ret == 0)
		ret = scripted_driver->probe(scripted_driver, device);
	if (ret < 0) {
		rte_vmbus_unmap_device(device);
		return ret;
	}
	return rte_eth_dev_get_port_by_name(NAME, &port);
}

static int
configure(uint16_t count)
{
	struct rte_eth_conf conf = {
		.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS },
		.intr_conf.rxq = way->interrupts,
	};

	queues = count;
	return rte_eth_dev_configure(port, count, count, &conf);
}

static int
configure_one(void)
{
	return configure(1);
}

static int
configure_more(void)
{
	return configure(QUEUES_MAX);
}

static int
set_up_queues(void)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; i < queues && ret == 0; i++) {
		ret = rte_eth_rx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL, test_pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL);
	}
	return ret;
}

static int
start(void)
{
	return rte_eth_dev_start(port);
}

/* Frames that the host takes as it likes. */
static int
transmit(void)
{
	static const uint16_t pieces[] = { 100, 0 };
	struct rte_mbuf *m;
	uint16_t i;

	for (i = 0; i < 2 * queues; i++) {
		m = test_frame(i, pieces);
		if (rte_eth_tx_burst(port, i % queues, &m, 1) == 0)
			rte_pktmbuf_free(m);
	}
	return 0;
}

static int
receive(void)
{
	struct {
		struct rndis_packet hdr;
		uint8_t data[60];
	} message = {
		.hdr = { .type = RNDIS_PACKET, .len = sizeof(message), .data_offset = 36,
			 .data_len = 60 },
	};
	struct rte_mbuf *m[4];
	uint16_t count;

	scripted_push_rndis(NVSP_CHANNEL_DATA, &message, sizeof(message), 5000);
	count = rte_eth_rx_burst(port, 0, m, RTE_DIM(m));
	rte_pktmbuf_free_bulk(m, count);
	return 0;
}

static int
sleep_and_wake(void)
{
	int ret = way->interrupts ? rte_eth_dev_rx_intr_enable(port, 0) : 0;

	return ret == 0 && way->interrupts ? rte_eth_dev_rx_intr_disable(port, 0) : ret;
}

/* It cannot stop, and goes on, where the host keeps a frame for ever. */
static int
stop_queue(void)
{
	int ret = rte_eth_dev_tx_queue_stop(port, 0);

	return ret == -ETIMEDOUT ? 0 : ret;
}

static int
start_queue(void)
{
	return rte_eth_dev_tx_queue_start(port, 0);
}

static int
change_filter(void)
{
	int ret = rte_eth_promiscuous_enable(port);

	return ret < 0 ? ret : rte_eth_promiscuous_disable(port);
}

static int
change_rss(void)
{
	struct rte_eth_rss_reta_entry64 table[2] = { { .mask = 2 } };

	return rte_eth_dev_rss_reta_update(port, table, 128);
}

static int
stop(void)
{
	return rte_eth_dev_stop(port);
}

static int
make_mtu_less(void)
{
	return rte_eth_dev_set_mtu(port, 1400);
}

static int
reset(void)
{
	return rte_eth_dev_reset(port);
}

static int
close_port(void)
{
	int ret = rte_eth_dev_close(port);

	rte_vmbus_unmap_device(device);
	return ret;
}

static const struct step {
	const char *name;
	int (*take)(void);
} steps[] = {
	{ "probe", probe },
	{ "configure", configure_one },
	{ "set up a queue", set_up_queues },
	{ "start", start },
	{ "transmit", transmit },
	{ "stop", stop },
	{ "configure more queues", configure_more },
	{ "set up queues", set_up_queues },
	{ "start with them", start },
	{ "transmit by them", transmit },
	{ "receive", receive },
	{ "sleep and wake", sleep_and_wake },
	{ "change filter", change_filter },
	{ "change RSS", change_rss },
	{ "stop queue", stop_queue },
	{ "start queue", start_queue },
	{ "stop with them", stop },
	{ "change MTU", make_mtu_less },
	{ "start again", start },
	{ "transmit again", transmit },
	{ "stop again", stop },
	{ "reset", reset },
	{ "configure anew", configure_one },
	{ "set up a queue anew", set_up_queues },
	{ "start anew", start },
	{ "stop anew", stop },
	{ "close", close_port },
};

/* What the driver has said that an operator has to know: its lines begin so. */
static FILE *log_file;
static char *log_text;
static size_t log_len;

static unsigned int
count_lines(size_t from)
{
	const char *at = log_text;
	unsigned int count = 0;

	fflush(log_file);
	for (at = log_text + from; (at = strstr(at, "NETVSC: ")) != NULL; at++)
		count++;
	return count;
}

/* 0 or why it failed; in its time. The alarms, which are nobody's wait, come after it. */
static int
take_step(const struct step *step)
{
	uint64_t begin = clock_ns;
	size_t said = log_len;
	int ret = step->take();

	if (ret < 0 && host.fault == FAULT_NONE && alloc_fails_at == 0 && count_lines(said) != 1)
		fail_msg("%s fails with %u sentences: %s", step->name, count_lines(said),
			 log_text + said);
	if (clock_ns - begin > STEP_MS * UINT64_C(1000000))
		fail_msg("%s took %u s", step->name,
			 (unsigned int)((clock_ns - begin) / 1000000000));
	ring_alarms();
	return ret;
}

static bool
is_lost(void)
{
	return host.gone || rte_eth_dev_is_removed(port) != 0;
}

/* The port is given up; as far as it came. */
static void
bury(bool started)
{
	if (started)
		assert_int_equal(take_step(&(struct step){ "stop", stop }), 0);
	assert_int_equal(take_step(&(struct step){ "close", close_port }), 0);
}

/* What failed is tried once more, and works, unless the port is lost: true if it lived on. */
static bool
live(void)
{
	bool started = false;
	unsigned int i;

	for (i = 0; i < RTE_DIM(steps); i++) {
		const struct step *step = &steps[i];

		if (take_step(step) < 0) {
			if (step->take == probe && host.gone)
				return false;
			if (step->take != probe && is_lost()) {
				bury(started);
				return false;
			}
			scripted_resume();
			if (take_step(step) < 0)
				fail_msg("%s does not work at the next attempt", step->name);
		}
		scripted_resume();
		started = step->take == start || (started && step->take != stop);
	}
	return true;
}

/* What is in use before any life, and after each. */
static size_t
heap_in_use(void)
{
	struct rte_malloc_socket_stats stats;

	rte_malloc_get_socket_stats(0, &stats);
	return stats.heap_allocsz_bytes;
}

static size_t heap_before;

static void
be_born(void)
{
	static struct rte_devargs devargs;

	scripted_reset();
	devargs.args = (char *)(uintptr_t)way->devargs;
	device->device.devargs = &devargs;
	host.grant = QUEUES_MAX - 1;
	host.offer[0] = 1;
	host.offer_count = 1;
	host.tells_channels = true;
	host.completes = true;
	alloc_fails_at = 0;
	alloc_count = 0;
	alloc_out = 0;
}

static void
assert_nothing_left(void)
{
	assert_int_equal(host.maps, 0);
	assert_int_equal(alarm_count, 0);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	test_assert_pool_full();
	assert_int_equal(alloc_out, 0);
	assert_int_equal(heap_in_use(), heap_before);
}

static int
set_up(void **state)
{
	if (test_start_eal(state) < 0)
		return -1;
	rte_eth_devices[0].process_private = NULL;
	log_file = open_memstream(&log_text, &log_len);
	rte_openlog_stream(log_file);
	device = scripted_device();
	device->device.name = NAME;
	device->device.driver = &scripted_driver->driver;
	device->device.numa_node = 0;
	device->uio_fd = eventfd(0, EFD_NONBLOCK);
	snprintf(device->name, sizeof(device->name), NAME);
	/* What ethdev keeps for good. */
	be_born();
	if (!live())
		return -1;
	heap_before = heap_in_use();
	return 0;
}

static void
good_life_leaves_nothing_behind(void **state)
{
	(void)state;
	be_born();
	assert_true(live());
	assert_nothing_left();
}

static void
every_message_may_go_wrong_in_every_way(void **state)
{
	uint32_t fault, at, total;

	(void)state;
	be_born();
	assert_true(live());
	total = host.heard;
	for (fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		for (at = 1; at <= total; at++) {
			print_message("fault %u at message %u\n", fault, at);
			be_born();
			host.fault = fault;
			host.fault_at = at;
			(void)live();
			assert_nothing_left();
		}
	}
}

static void
every_allocation_may_fail(void **state)
{
	unsigned int at, total;

	(void)state;
	be_born();
	assert_true(live());
	total = alloc_count;
	for (at = 1; at <= total; at++) {
		print_message("allocation %u\n", at);
		be_born();
		alloc_fails_at = at;
		(void)live();
		assert_nothing_left();
	}
}

/* From each message on the host is silent, until the operation has given up. */
static void
host_may_fall_silent_at_every_message(void **state)
{
	uint32_t at, total;

	(void)state;
	be_born();
	assert_true(live());
	total = host.heard;
	for (at = 1; at <= total; at++) {
		print_message("silent from message %u\n", at);
		be_born();
		host.pause_at = at;
		host.pause_looks = UINT32_MAX;
		assert_true(live());
		assert_nothing_left();
	}
}

/* A look takes a millisecond, if the wait is long. */
static void
every_step_outlasts_a_pause_of_a_minute_at_every_message(void **state)
{
	uint32_t at, total;
	unsigned int i;

	(void)state;
	be_born();
	assert_true(live());
	total = host.heard;
	for (at = 1; at <= total; at++) {
		print_message("paused at message %u\n", at);
		be_born();
		host.pause_at = at;
		host.pause_looks = 60000;
		for (i = 0; i < RTE_DIM(steps); i++)
			assert_int_equal(take_step(&steps[i]), 0);
		assert_nothing_left();
	}
}

/* The host is silent for so many attempts of a step, and there again for the rest. */
static void
live_with_silence(unsigned int step, unsigned int attempts)
{
	unsigned int i;

	print_message("silent at %s, %u times\n", steps[step].name, attempts);
	be_born();
	for (i = 0; i < step; i++)
		assert_int_equal(take_step(&steps[i]), 0);
	scripted_pause(UINT32_MAX);
	for (; i == step && attempts != 0; attempts--)
		if (take_step(&steps[i]) == 0)
			i++;
	scripted_resume();
	for (; i < RTE_DIM(steps); i++)
		assert_int_equal(take_step(&steps[i]), 0);
	assert_nothing_left();
}

static void
silent_host_holds_up_every_step_once(void **state)
{
	unsigned int i, attempts;

	(void)state;
	for (i = 1; i < RTE_DIM(steps); i++)
		for (attempts = 1; attempts <= 3; attempts++)
			live_with_silence(i, attempts);
}

static int
choose_way(void **state)
{
	way = *state;
	return 0;
}

#define WAY_CASES(index, how) \
	{ "a good life leaves nothing behind, " how, good_life_leaves_nothing_behind, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }, \
	{ "every message may go wrong in every way, " how, \
	  every_message_may_go_wrong_in_every_way, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }, \
	{ "every allocation may fail, " how, every_allocation_may_fail, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }, \
	{ "a silent host holds up every step, once, " how, silent_host_holds_up_every_step_once, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }, \
	{ "the host may fall silent at every message, " how, \
	  host_may_fall_silent_at_every_message, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }, \
	{ "every step outlasts a pause of a minute at every message, " how, \
	  every_step_outlasts_a_pause_of_a_minute_at_every_message, \
	  choose_way, NULL, (void *)(uintptr_t)&ways[index] }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WAY_CASES(0, "by polling"),
		WAY_CASES(1, "without copying"),
		WAY_CASES(2, "by interrupts"),
	};

	return cmocka_run_group_tests_name("hn life", tests, set_up, test_stop_eal);
}
