/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's ports and what they are made of: option values, numbered frames,
 * generator, sink, loopback and pcap. TAPs need a kernel and are tested end to
 * end.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host_test.h"
#include "keyvals.h"
#include "nic_options.h"
#include "offload.h"
#include "pace.h"
#include "pattern.h"
#include "port.h"
#include "port_sink.h"

#define TAKEN_MAX 2000

/* A taker of frames that keeps them. */
static struct taker {
	bool listens;
	unsigned int room;			/* frames that still fit */
	unsigned int n;
	unsigned int dropped;
	unsigned int flushed;			/* of n, when that was asked last */
	unsigned int largest;			/* frames between two flushes */
	size_t len[TAKEN_MAX];
	uint8_t bytes[TAKEN_MAX][1600];
} taker;

static bool
taker_listens(void *ctx)
{
	return ((struct taker *)ctx)->listens;
}

static uint8_t *
taker_begin(void *ctx, size_t *room)
{
	struct taker *t = ctx;

	*room = 1518;
	return t->room > 0 && t->n < TAKEN_MAX ? t->bytes[t->n] : NULL;
}

static void
taker_commit(void *ctx, size_t len)
{
	struct taker *t = ctx;

	if (len == 0)
		return;
	t->len[t->n++] = len;
	t->room--;
}

static void
taker_flush(void *ctx)
{
	struct taker *t = ctx;

	if (t->n - t->flushed > t->largest)
		t->largest = t->n - t->flushed;
	t->flushed = t->n;
}

static void
taker_dropped(void *ctx, unsigned int frames)
{
	((struct taker *)ctx)->dropped += frames;
}

static struct port *
open_port(const char *text, unsigned int stream)
{
	static struct nic_options options;
	struct port_env env = { .nic = stream, .mac = { 2, 0, 0, 0, 0, 1 }, .n_nics = 2 };
	struct port *port;

	memset(&taker, 0, sizeof(taker));
	taker.listens = true;
	taker.room = TAKEN_MAX;
	assert_int_equal(nic_options_parse(&options, text, stream, profile_default()), 0);
	env.frame_len = options.port_frame_len;
	port = port_open(options.port, &options.kv, &env);
	if (port == NULL)
		return NULL;
	assert_int_equal(keyvals_check_all_taken(&options.kv), 0);
	port->user = (struct port_user){
		.listens = taker_listens, .begin = taker_begin, .commit = taker_commit,
		.flush = taker_flush, .dropped = taker_dropped, .ctx = &taker,
	};
	return port;
}

static uint64_t
counter(const struct port *port, const char *name)
{
	const struct port_counter *c;

	for (c = port->ops->counters; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c->value(port);
	fail_msg("no counter %s", name);
	return 0;
}

static enum pattern_verdict
check(uint8_t *bytes, size_t len)
{
	struct iovec seg = { bytes, len };

	return pattern_check(&(struct frame){ &seg, 1, len });
}

static void
numbers_have_suffixes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 }, { "1500", 1500 }, { "1k", 1000 }, { "1M", 1000000 },
		{ "10G", 10000000000 }, { "2MiB", 2097152 }, { "0x10", 16 },
	};
	static const char *const bad[] = {
		"", "-1", "1x", "x", "1 ", "99999999999999999999", "99999999999999999G",
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(parse_number(good[i].text, &value), 0);
		assert_int_equal(value, good[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse_number(bad[i], &value), -1);
}

static void
bad_nic_options_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "mtu=1500", "port=sink,mtu=67", "port=sink,mtu=65523", "port=sink,mtu-max=1499",
		"port=sink,mtu-max=65523", "port=sink,offloads=", "port=sink,offloads=tcp4+",
		"port=sink,offloads=tcp5", "port=sink,rsc=maybe", "port=sink,queues=0",
		"port=sink,queues=65", "port=sink,mac=1:2:3", "port=sink,mac=01:00:00:00:00:01",
		"port=sink,mac=02:00:00:00:00:01x", "port=sink,guid=1", "port=sink,nvsp=3",
		"port=sink,recv=1000000", "port=sink,sections=warm", "port=sink,,mtu=1500",
		"port=sink,monitor=perhaps", "port=sink,grant=65", "port=sink,rss-table=0",
		"port=sink,rss-table=257", "port=sink,grant-delay=60001",
	};
	static struct nic_options options;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(nic_options_parse(&options, bad[i], 0, profile_default()), -1);
}

static void
bad_port_options_are_refused(void **state)
{
	static const char *const bad[] = {
		"port=nonsense", "port=gen:size=59", "port=gen:size=1515", "port=gen:size=100-60",
		"port=gen:size=60-", "port=gen:count=-1", "port=sink:verify=x", "port=peer:7",
		"port=peer:1", "port=tap:", "port=tap:a/../../b/c/d/e/f/g", "port=tap:x@../y",
		"port=pcap:rx=/nonexistent/file", "port=pcap:tx=/nonexistent/file",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(open_port(bad[i], 1));
}

static void
nic_options_have_their_defaults_and_values(void **state)
{
	static struct nic_options options;

	(void)state;
	assert_int_equal(nic_options_parse(&options, "port=sink", 3, profile_default()), 0);
	assert_string_equal(options.config.instance, "6e657473-0000-4000-8000-000000000003");
	assert_memory_equal(options.config.mac, "\x02\x15\x5d\x00\x00\x03", 6);
	assert_int_equal(options.config.recv_bytes, 31 << 20);
	assert_int_equal(options.port_frame_len, 1514);
	assert_int_equal(nic_options_parse(&options, "port=tap:x,mac=02:01:02:03:04:05,nvsp=5,"
			"guid=ABCDEF00-0000-4000-8000-000000000003,mtu=9000,ring=128KiB",
			0, profile_default()), 0);
	assert_memory_equal(options.config.mac, "\x02\x01\x02\x03\x04\x05", 6);
	assert_string_equal(options.config.instance, "abcdef00-0000-4000-8000-000000000003");
	assert_int_equal(options.config.nvsp_min, NVSP_VERSION_5);
	assert_int_equal(options.config.nvsp_max, NVSP_VERSION_5);
	assert_int_equal(options.config.ring_bytes, 131072);
	assert_int_equal(options.port_frame_len, 9014);
	assert_int_equal(nic_options_parse(&options, "port=sink,offloads=tcp4+lso6,rsc=on,"
			"mtu-max=65522,lso-max=30000,lso-segments=3", 0, profile_default()), 0);
	assert_int_equal(options.config.offloads, OFFLOAD_TX_TCP4 | OFFLOAD_RX_TCP4 |
			 OFFLOAD_LSO6 | OFFLOAD_RSC);
	assert_int_equal(options.config.frame_max, 65536);
	assert_int_equal(options.config.large_send.payload_max, 30000);
	assert_int_equal(options.config.large_send.segments_min, 3);
	assert_int_equal(nic_options_parse(&options, "port=sink,queues=8,grant=3,grant-extra=2,"
			"grant-delay=100,rss-table=64", 0, profile_default()), 0);
	assert_int_equal(options.config.queues_max, 8);
	assert_int_equal(options.config.grant_max, 3);
	assert_int_equal(options.config.grant_extra, 2);
	assert_int_equal(options.config.grant_delay_ms, 100);
	assert_int_equal(options.config.rss_entries, 64);
	assert_int_equal(nic_options_parse(&options, "port=sink,monitor=primary", 0,
			 profile_default()), 0);
	assert_true(options.config.monitored && options.config.subs_unmonitored);
	assert_false(options.config.hides_ring);
	assert_int_equal(nic_options_parse(&options, "port=sink,primary-ring=no", 0,
			 profile_default()), 0);
	assert_true(options.config.hides_ring);
	/* Only what the profile has; but coalescing by its own word. */
	assert_int_equal(nic_options_parse(&options, "port=sink,offloads=udp4+tcp4", 0,
			 profile_find("ws2012")), 0);
	assert_int_equal(options.config.offloads, OFFLOAD_TX_TCP4 | OFFLOAD_RX_TCP4);
	assert_int_equal(nic_options_parse(&options, "port=sink,rsc=off", 0,
			 profile_default()), 0);
	assert_int_equal(options.config.offloads & OFFLOAD_RSC, 0);
}

static void
pattern_frames_are_recognised_in_any_pieces(void **state)
{
	struct pattern_writer writer;
	uint8_t bytes[1514];

	(void)state;
	pattern_writer_init(&writer, 20, (const uint8_t *)"\2\0\0\0\0\1");
	for (size_t len = PATTERN_FRAME_MIN; len <= sizeof(bytes); len++) {
		struct iovec seg[3] = {
			{ bytes, len / 3 }, { bytes + len / 3, len / 3 },
			{ bytes + 2 * (len / 3), len - 2 * (len / 3) },
		};

		pattern_write(&writer, bytes, len, len);
		assert_int_equal(pattern_check(&(struct frame){ seg, 3, len }), PATTERN_NEW);
		assert_int_equal(check(bytes, len), PATTERN_DUPLICATED);
	}
}

static void
every_damaged_byte_is_noticed(void **state)
{
	struct pattern_writer writer;
	uint8_t bytes[300];

	(void)state;
	pattern_writer_init(&writer, 21, (const uint8_t *)"\2\0\0\0\0\1");
	pattern_write(&writer, bytes, sizeof(bytes), 5);
	for (size_t i = 42; i < sizeof(bytes); i++) {
		bytes[i] ^= 1;
		assert_int_equal(check(bytes, sizeof(bytes)),
				 i < 46 ? PATTERN_FOREIGN : PATTERN_CORRUPTED);
		bytes[i] ^= 1;
	}
	assert_int_equal(check(bytes, sizeof(bytes) - 1), PATTERN_CORRUPTED);
	assert_int_equal(check(bytes, 59), PATTERN_FOREIGN);
	assert_int_equal(check(bytes, sizeof(bytes)), PATTERN_NEW);
}

static void
loss_order_and_duplicates_are_told_apart(void **state)
{
	static const struct {
		uint64_t seq;
		enum pattern_verdict verdict;
	} script[] = {
		{ 0, PATTERN_NEW }, { 1, PATTERN_NEW }, { 3, PATTERN_NEW },
		{ 2, PATTERN_REORDERED }, { 2, PATTERN_DUPLICATED }, { 3, PATTERN_DUPLICATED }, { 10, PATTERN_NEW },
		{ 70000, PATTERN_NEW }, { 10, PATTERN_DUPLICATED }, { 69999, PATTERN_REORDERED },
		{ 70001, PATTERN_NEW },
	};
	const struct pattern_stream *stream = pattern_stream(22);
	struct pattern_writer writer;
	uint8_t bytes[60];

	(void)state;
	pattern_writer_init(&writer, 22, (const uint8_t *)"\2\0\0\0\0\1");
	for (size_t i = 0; i < ARRAY_LEN(script); i++) {
		pattern_write(&writer, bytes, sizeof(bytes), script[i].seq);
		assert_int_equal(check(bytes, sizeof(bytes)), script[i].verdict);
	}
	assert_int_equal(stream->unique, 8);
	assert_int_equal(stream->duplicated, 3);
	assert_int_equal(stream->reordered, 2);
	assert_int_equal(stream->next, 70002);
}

static void
generator_counts_what_comes_back(void **state)
{
	struct port *port = open_port("port=gen:count=1500,size=60-1514", 23);

	(void)state;
	assert_non_null(port);
	while (port->ops->poll(port, 256) > 0)
		;
	assert_int_equal(taker.n, 1500);
	for (unsigned int i = 0; i < taker.n; i++) {
		struct iovec seg = { taker.bytes[i], taker.len[i] };

		assert_in_range(taker.len[i], 60, 1514);
		if (i == 700)
			continue;
		assert_true(port->ops->send(port, &(struct frame){ &seg, 1, taker.len[i] }));
	}
	assert_int_equal(counter(port, "gen_sent"), 1500);
	assert_int_equal(counter(port, "gen_arrived"), 1499);
	assert_int_equal(counter(port, "gen_missing"), 1);
	assert_int_equal(counter(port, "sink_intact"), 1499);
	assert_int_equal(counter(port, "sink_corrupted"), 0);
	port_close(port);
}

/* The 16-bit words of an IPv4 header, which sum up to 0xffff if its checksum is good. */
static uint32_t
header_sum(const uint8_t *frame)
{
	uint32_t sum = 0;

	for (unsigned int i = 14; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static void
generator_makes_so_many_flows(void **state)
{
	struct port *port = open_port("port=gen:count=1400,flows=700", 27);

	(void)state;
	assert_non_null(port);
	while (port->ops->poll(port, 256) > 0)
		;
	assert_int_equal(taker.n, 1400);
	for (unsigned int i = 0; i < 700; i++) {
		assert_int_equal(header_sum(taker.bytes[i]), 0xffff);
		/* From another address or port than all others, and the same each time. */
		assert_memory_equal(taker.bytes[i] + 26, taker.bytes[700 + i] + 26, 10);
		for (unsigned int other = 0; other < i; other++)
			assert_memory_not_equal(taker.bytes[i] + 26, taker.bytes[other] + 26, 10);
	}
	port_close(port);
	assert_null(open_port("port=gen:flows=4097", 27));
	assert_null(open_port("port=gen:flows=0", 27));
}

static void
order_is_looked_at_within_a_flow(void **state)
{
	static const struct {
		uint64_t seq;
		enum pattern_verdict verdict;
	} script[] = {
		{ 0, PATTERN_NEW }, { 5, PATTERN_NEW }, { 2, PATTERN_REORDERED }, { 4, PATTERN_NEW },
		{ 7, PATTERN_NEW }, { 4, PATTERN_DUPLICATED }, { 3, PATTERN_NEW },
		{ 1, PATTERN_REORDERED },
	};
	const struct pattern_stream *stream = pattern_stream(28);
	struct pattern_writer writer;
	uint8_t bytes[60];

	(void)state;
	pattern_writer_init(&writer, 28, (const uint8_t *)"\2\0\0\0\0\1");
	pattern_set_flows(&writer, 3);
	for (size_t i = 0; i < ARRAY_LEN(script); i++) {
		pattern_write(&writer, bytes, sizeof(bytes), script[i].seq);
		assert_int_equal(check(bytes, sizeof(bytes)), script[i].verdict);
	}
	assert_int_equal(stream->reordered, 2);
}

static void
generator_waits_for_room_and_for_a_listener(void **state)
{
	struct port *port = open_port("port=gen:count=100", 24);

	(void)state;
	taker.listens = false;
	assert_int_equal(port->ops->poll(port, 256), 0);
	taker.listens = true;
	taker.room = 30;
	assert_int_equal(port->ops->poll(port, 256), 30);
	taker.room = 100;
	assert_int_equal(port->ops->poll(port, 20), 20);
	assert_int_equal(port->ops->poll(port, 256), 50);
	assert_int_equal(port->ops->poll(port, 256), 0);
	port_close(port);
}

static void
generator_keeps_its_window(void **state)
{
	struct port *port = open_port("port=gen:count=100,window=16", 26);

	(void)state;
	assert_int_equal(port->ops->poll(port, 256), 16);
	assert_int_equal(port->ops->poll(port, 256), 0);
	for (unsigned int i = 0; i < 5; i++) {
		struct iovec seg = { taker.bytes[i], taker.len[i] };

		port->ops->send(port, &(struct frame){ &seg, 1, taker.len[i] });
	}
	assert_int_equal(port->ops->poll(port, 256), 5);
	port_close(port);
}

/* Whatever the guest takes, so much is offered: what it did not take is told. */
static void
generator_that_drops_never_waits(void **state)
{
	struct port *port = open_port("port=gen:rate=1000000,drop=yes,count=1000", 30);
	uint64_t start = pace_now_ns();

	(void)state;
	assert_non_null(port);
	taker.room = 100;
	while (counter(port, "gen_offered") < 1000 && pace_now_ns() - start < 5000000000) {
		port->ops->poll(port, 256);
		assert_int_equal(taker.n + taker.dropped, counter(port, "gen_offered"));
	}
	assert_int_equal(counter(port, "gen_offered"), 1000);
	assert_int_equal(counter(port, "gen_sent"), 100);
	assert_int_equal(taker.n, 100);
	assert_int_equal(taker.dropped, 900);
	port_close(port);
}

static void
generator_that_drops_goes_on_when_nobody_listens(void **state)
{
	struct port *port = open_port("port=gen:rate=1000000,drop=yes,count=1000", 32);
	uint64_t start = pace_now_ns();

	(void)state;
	taker.listens = false;
	usleep(2000);
	assert_int_equal(port->ops->poll(port, 256), 0);
	assert_int_equal(counter(port, "gen_offered"), 0);
	taker.listens = true;
	while (taker.n == 0 && pace_now_ns() - start < 5000000000)
		port->ops->poll(port, 256);
	taker.listens = false;
	taker.n = 0;
	while (counter(port, "gen_offered") < 1000 && pace_now_ns() - start < 5000000000)
		port->ops->poll(port, 256);
	assert_int_equal(counter(port, "gen_offered"), 1000);
	assert_int_equal(taker.n, 0);
	assert_int_equal(taker.dropped, 1000 - counter(port, "gen_sent"));
	port_close(port);
	assert_null(open_port("port=gen:drop=yes", 30));
}

/* Never more than it is asked for, and none is asked for none. */
static unsigned int
taker_repeat(void *ctx, const struct frame *frame, unsigned int count, bool keeps)
{
	struct taker *t = ctx;
	unsigned int n = count < t->room ? count : t->room;

	(void)keeps;
	assert_int_equal(frame->len, 64);
	assert_true(count > 0);
	t->room -= n;
	t->n += n;
	return n;
}

static void
generator_repeats_no_more_than_is_due(void **state)
{
	struct port *port = open_port("port=gen:frames=copied,count=1000,flows=3", 33);

	(void)state;
	port->user.repeat = taker_repeat;
	taker.room = 700;
	assert_int_equal(port->ops->poll(port, 256), 256);
	assert_int_equal(port->ops->poll(port, 256), 256);
	assert_int_equal(port->ops->poll(port, 256), 188);
	assert_int_equal(port->ops->poll(port, 256), 0);
	taker.room = 1000;
	assert_int_equal(port->ops->poll(port, 512), 300);
	assert_int_equal(port->ops->poll(port, 256), 0);
	assert_int_equal(counter(port, "gen_sent"), 1000);
	port_close(port);
	assert_null(open_port("port=gen:frames=blue", 33));
}

static void
generator_sends_in_bulk(void **state)
{
	struct port *port = open_port("port=gen:rate=10000,bulk=50,count=120", 35);
	uint64_t start = pace_now_ns();
	unsigned int got;

	(void)state;
	while (taker.n < 100 && pace_now_ns() - start < 5000000000) {
		got = port->ops->poll(port, 256);
		assert_true(got == 0 || got >= 50);
	}
	/* A machine that has other work meanwhile finds more due at once. */
	assert_in_range(taker.n, 100, 120);
	port_close(port);
	assert_null(open_port("port=gen:bulk=257", 35));
}

static void
generator_keeps_bulks_apart_although_it_is_late(void **state)
{
	struct port *port = open_port("port=gen:rate=1000000,bulk=4,apart=yes,count=100", 36);
	uint64_t start = pace_now_ns();

	(void)state;
	assert_int_equal(port->ops->poll(port, 256), 0);
	usleep(1000);
	while (taker.n < 100 && pace_now_ns() - start < 5000000000)
		port->ops->poll(port, 256);
	assert_int_equal(taker.n, 100);
	assert_int_equal(taker.flushed, 100);
	assert_int_equal(taker.largest, 4);
	port_close(port);
}

static void
generator_takes_another_rate_while_it_runs(void **state)
{
	struct port *port = open_port("port=gen:count=500", 31);

	(void)state;
	assert_int_equal(port->ops->poll(port, 100), 100);
	pace_stop(port->ops->pace(port));
	assert_int_equal(port->ops->poll(port, 100), 0);
	pace_set_rate(port->ops->pace(port), 1);
	assert_int_equal(port->ops->poll(port, 100), 0);
	pace_set_rate(port->ops->pace(port), 0);
	assert_int_equal(port->ops->poll(port, 256), 256);
	port_close(port);
}

static void
pace_keeps_its_rate_without_bursts(void **state)
{
	struct pace pace = { .rate = 1000000 };
	uint64_t start = pace_now_ns(), sent = 0;

	(void)state;
	while (pace_now_ns() - start < 20000000) {
		unsigned int n = pace_allow(&pace, 256);

		pace_take(&pace, n);
		sent += n;
	}
	/* 20 ms at a million a second; the machine may have other work. */
	assert_in_range(sent, 1000, 20100);
	usleep(10000);
	assert_in_range(pace_allow(&pace, 1000000), 1, 2001);
	/* What it did not give is not forgotten in silence. */
	assert_in_range(pace.late, 7000, UINT32_MAX);
}

static void
sink_sorts_frames(void **state)
{
	struct port *port = open_port("port=sink", 0);
	uint8_t bytes[60] = { 0 };
	struct pattern_writer writer;
	struct iovec seg = { bytes, sizeof(bytes) };
	const struct frame frame = { &seg, 1, sizeof(bytes) };

	(void)state;
	port->ops->send(port, &frame);
	pattern_writer_init(&writer, 25, (const uint8_t *)"\2\0\0\0\0\1");
	pattern_write(&writer, bytes, sizeof(bytes), 0);
	port->ops->send(port, &frame);
	port->ops->send(port, &frame);
	bytes[50] ^= 1;
	port->ops->send(port, &frame);
	assert_int_equal(counter(port, "sink_intact"), 1);
	assert_int_equal(counter(port, "sink_foreign"), 1);
	assert_int_equal(counter(port, "sink_duplicated"), 1);
	assert_int_equal(counter(port, "sink_corrupted"), 1);
	port_close(port);
}

static void
loopback_returns_frames(void **state)
{
	struct port *port = open_port("port=loopback", 0);
	uint8_t bytes[60] = { 7 };
	struct iovec seg = { bytes, sizeof(bytes) };

	(void)state;
	assert_true(port->ops->send(port, &(struct frame){ &seg, 1, 60 }));
	assert_int_equal(taker.n, 1);
	assert_memory_equal(taker.bytes[0], bytes, 60);
	taker.room = 0;
	assert_false(port->ops->send(port, &(struct frame){ &seg, 1, 60 }));
	port_close(port);
}

static void
pcap_files_carry_frames_both_ways(void **state)
{
	char file[] = "/tmp/test_host_ports.XXXXXX", text[100];
	int fd = mkstemp(file);
	struct port *port;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(text, sizeof(text), "port=pcap:tx=%s", file);
	port = open_port(text, 0);
	assert_non_null(port);
	for (unsigned int i = 0; i < 300; i++) {
		uint8_t bytes[200];
		struct iovec seg[2] = { { bytes, 50 }, { bytes + 50, 10 + i % 100 } };

		memset(bytes, (int)i, sizeof(bytes));
		assert_true(port->ops->send(port, &(struct frame){ seg, 2, 60 + i % 100 }));
	}
	port_close(port);

	snprintf(text, sizeof(text), "port=pcap:rx=%s", file);
	port = open_port(text, 0);
	assert_non_null(port);
	taker.room = 100;
	assert_int_equal(port->ops->poll(port, 256), 100);
	taker.room = 1000;
	while (port->ops->poll(port, 256) > 0)
		;
	assert_int_equal(taker.n, 300);
	for (unsigned int i = 0; i < 300; i++) {
		assert_int_equal(taker.len[i], 60 + i % 100);
		assert_int_equal(taker.bytes[i][59], (uint8_t)i);
	}
	assert_int_equal(port->ops->poll(port, 256), 0);
	port_close(port);
	unlink(file);
}

/* A taker of one frame of any length. */
static struct {
	size_t room;
	size_t len;
	unsigned int dropped;
	uint8_t bytes[FRAME_MAX];
} large;

static bool
large_listens(void *ctx)
{
	(void)ctx;
	return true;
}

static uint8_t *
large_begin(void *ctx, size_t *room)
{
	(void)ctx;
	*room = large.room;
	return large.bytes;
}

static void
large_commit(void *ctx, size_t len)
{
	(void)ctx;
	if (len > 0)
		large.len = len;
}

static void
large_dropped(void *ctx, unsigned int frames)
{
	(void)ctx;
	large.dropped += frames;
}

static struct port *
open_large(const char *text, size_t room)
{
	struct port *port = open_port(text, 0);

	assert_non_null(port);
	port->user = (struct port_user){
		.listens = large_listens, .begin = large_begin, .commit = large_commit,
		.dropped = large_dropped,
	};
	memset(&large, 0, sizeof(large));
	large.room = room;
	return port;
}

static void
frames_of_64_kib_are_generated_and_recognised(void **state)
{
	struct port *port = open_large("port=gen:size=65536,count=1,mtu=65522", 65540);

	(void)state;
	assert_int_equal(port->ops->poll(port, 10), 1);
	assert_int_equal(large.len, 65536);
	assert_int_equal(check(large.bytes, 65536), PATTERN_NEW);
	large.bytes[65535] ^= 1;
	assert_int_equal(check(large.bytes, 65536), PATTERN_CORRUPTED);
	port_close(port);
}

static void
pcap_files_carry_frames_of_64_kib_whole_or_not_at_all(void **state)
{
	char file[] = "/tmp/test_host_ports.XXXXXX", text[100];
	int fd = mkstemp(file);
	static uint8_t bytes[65536];
	struct iovec seg = { bytes, sizeof(bytes) };
	struct port *port;

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i ^ i >> 8);
	snprintf(text, sizeof(text), "port=pcap:tx=%s", file);
	port = open_port(text, 0);
	assert_true(port->ops->send(port, &(struct frame){ &seg, 1, sizeof(bytes) }));
	port_close(port);

	snprintf(text, sizeof(text), "port=pcap:rx=%s", file);
	port = open_large(text, 65536);
	assert_int_equal(port->ops->poll(port, 1), 1);
	assert_int_equal(large.len, 65536);
	assert_memory_equal(large.bytes, bytes, sizeof(bytes));
	port_close(port);
	port = open_large(text, 65535);
	assert_int_equal(port->ops->poll(port, 1), 1);
	assert_int_equal(large.dropped, 1);
	port_close(port);
	/* The file says that the frame was longer than what was kept of it. */
	assert_int_equal(pwrite(fd, "\x01\x00\x01\x00", 4, 24 + 12), 4);
	port = open_large(text, 65536);
	assert_int_equal(port->ops->poll(port, 1), 1);
	assert_int_equal(large.len, 0);
	assert_int_equal(large.dropped, 1);
	assert_int_equal(counter(port, "pcap_cut"), 1);
	port_close(port);
	close(fd);
	unlink(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("numbers have suffixes, and nothing else behind them", numbers_have_suffixes),
		CASE("bad NIC options are refused", bad_nic_options_are_refused),
		CASE("bad port options are refused", bad_port_options_are_refused),
		CASE("NIC options have their defaults and values",
		     nic_options_have_their_defaults_and_values),
		CASE("numbered frames are recognised in any pieces",
		     pattern_frames_are_recognised_in_any_pieces),
		CASE("every damaged byte is noticed", every_damaged_byte_is_noticed),
		CASE("loss, order and duplicates are told apart",
		     loss_order_and_duplicates_are_told_apart),
		CASE("a generator counts what comes back", generator_counts_what_comes_back),
		CASE("a generator makes as many flows as asked for", generator_makes_so_many_flows),
		CASE("order is looked at within a flow", order_is_looked_at_within_a_flow),
		CASE("a generator waits for room and for a listener",
		     generator_waits_for_room_and_for_a_listener),
		CASE("a generator keeps its window", generator_keeps_its_window),
		CASE("a generator that drops never waits for the guest",
		     generator_that_drops_never_waits),
		CASE("a generator that drops goes on when nobody listens",
		     generator_that_drops_goes_on_when_nobody_listens),
		CASE("a generator repeats no more than is due",
		     generator_repeats_no_more_than_is_due),
		CASE("a generator sends in bulk", generator_sends_in_bulk),
		CASE("a generator keeps bulks apart although it is late",
		     generator_keeps_bulks_apart_although_it_is_late),
		CASE("a generator takes another rate while it runs",
		     generator_takes_another_rate_while_it_runs),
		CASE("a pace keeps its rate without bursts", pace_keeps_its_rate_without_bursts),
		CASE("a sink sorts frames", sink_sorts_frames),
		CASE("a loopback returns frames", loopback_returns_frames),
		CASE("pcap files carry frames both ways", pcap_files_carry_frames_both_ways),
		CASE("frames of 64 KiB are generated and recognised",
		     frames_of_64_kib_are_generated_and_recognised),
		CASE("pcap files carry frames of 64 KiB, whole or not at all",
		     pcap_files_carry_frames_of_64_kib_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("host ports", tests, NULL, NULL);
}
