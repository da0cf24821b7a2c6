/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A whole NIC of hvhost against a guest that this test plays, over a bus that
 * is a pair of arrays: bring-up, both directions, and everything that a guest
 * can do wrong with what the host's answer must be.
 */

#include <errno.h>
#include <stdlib.h>

#include "checksum.h"
#include "guestmem.h"
#include "host_fake.h"
#include "host_frames.h"
#include "host_test.h"
#include "inspect.h"
#include "keyvals.h"
#include "nic.h"
#include "offload.h"
#include "port.h"
#include "rndis_packet.h"
#include "rules.h"
#include "verify.h"

#define RECV_LEN (64u * 1806)		/* 64 sections, 48 of them for data */
#define SEND_LEN (20u * 6144)
#define PAGE_GPA(n) (FAKE_GPA_BASE + 4096u * (n))
#define SUCCESS 1
#define FAIL 2
#define KEPT_MAX 10

/* A port of the test's own: keeps what the guest sends, gives what it is told to. */
struct test_port {
	struct port port;
	unsigned int sent;
	size_t last_len;
	uint8_t last[65600];
	size_t kept_len[KEPT_MAX];	/* of the first ones */
	uint8_t kept[KEPT_MAX][1514];
	unsigned int dropped;
	struct frame_work work;		/* of the last unfinished frame */
};

static struct rules rules;
static struct nic *nic;
static struct test_port *port;
static uint64_t next_id;

static bool
test_port_send(struct port *base, const struct frame *frame)
{
	struct test_port *tp = (struct test_port *)base;

	tp->last_len = frame_copy(frame, 0, tp->last, sizeof(tp->last));
	assert_int_equal(tp->last_len, frame->len);
	if (tp->sent < KEPT_MAX) {
		tp->kept_len[tp->sent] = frame->len;
		frame_copy(frame, 0, tp->kept[tp->sent], sizeof(tp->kept[0]));
	}
	tp->sent++;
	return true;
}

static bool
test_port_send_partial(struct port *base, const struct frame *frame,
		       const struct frame_work *work)
{
	((struct test_port *)base)->work = *work;
	return test_port_send(base, frame);
}

static void
test_port_close(struct port *base)
{
	free(base);
}

static const struct port_ops test_port_ops = {
	.send = test_port_send,
	.close = test_port_close,
};

/* A port that takes unfinished frames. */
static const struct port_ops partial_port_ops = {
	.send = test_port_send,
	.send_partial = test_port_send_partial,
	.close = test_port_close,
};

static uint32_t queues_max = 1, grant_max = 64, grant_extra, lost_at;
static bool unseen;

static void
start_sized(const char *profile, size_t recv_len, uint32_t frame_max)
{
	const struct nic_config config = {
		.instance = "6e657473-0000-4000-8000-000000000000",
		.mac = { 2, 0x15, 0x5d, 0, 0, 1 },
		.profile = profile_find(profile),
		.nvsp_min = NVSP_VERSION_1,
		.nvsp_max = profile_find(profile)->nvsp_max,
		.queues_max = queues_max,
		.rss_entries = 128,
		.grant_max = grant_max,
		.grant_extra = grant_extra,
		.lost_at = lost_at,
		.offloads = profile_find(profile)->offloads,
		.frame_max = frame_max,
		.large_send = { OFFLOAD_PAYLOAD_MAX, OFFLOAD_SEGMENTS_MIN },
		.unseen = unseen,
		.link_bps = 10000000000,
	};

	memset(&rules, 0, sizeof(rules));
	fake_start(recv_len, SEND_LEN);
	port = calloc(1, sizeof(*port));
	assert_non_null(port);
	port->port.ops = &test_port_ops;
	port->port.fd = -1;
	nic = nic_create(fake.bus, &rules, &config, &port->port);
	assert_non_null(nic);
	next_id = 1000;
	fake_open();
}

static void
start_with(const char *profile)
{
	start_sized(profile, RECV_LEN, profile_find(profile)->frame_max);
}

static int
stop(void **state)
{
	(void)state;
	if (nic == NULL)
		return 0;
	nic_destroy(nic);
	nic = NULL;
	fake_stop();
	return 0;
}

/* What the guest says. */

static void
say_words(bool wants, const uint32_t *words, size_t n)
{
	uint8_t bytes[40] = { 0 };

	for (size_t i = 0; i < n; i++)
		set_le32(bytes + 4 * i, words[i]);
	fake_guest_sends(PACKET_INBAND, wants, next_id++, NULL, 0, bytes, sizeof(bytes));
	nic_poll(nic);
}

#define SAY(wants, ...) \
	do { \
		const uint32_t words_[] = { __VA_ARGS__ }; \
		say_words(wants, words_, ARRAY_LEN(words_)); \
	} while (0)

/* An RNDIS packet by pages: pairs of (gpa, len), each within a page. */
static void
say_ranges(uint32_t channel_type, uint32_t section, uint32_t section_len,
	   const uint64_t (*range)[2], unsigned int n)
{
	uint8_t header[8 + 300 * 16] = { 0 }, body[40] = { 0 };

	set_le32(header + 4, n);
	for (unsigned int i = 0; i < n; i++) {
		uint8_t *at = header + 8 + 16 * i;

		set_le32(at, (uint32_t)range[i][1]);
		set_le32(at + 4, (uint32_t)(range[i][0] % 4096));
		set_le32(at + 8, (uint32_t)(range[i][0] / 4096));
		set_le32(at + 12, (uint32_t)(range[i][0] / 4096 >> 32));
	}
	set_le32(body, 107);
	set_le32(body + 4, channel_type);
	set_le32(body + 8, section);
	set_le32(body + 12, section_len);
	fake_guest_sends(PACKET_GPA_DIRECT, true, next_id++, header, 8 + 16 * n, body, 40);
	nic_poll(nic);
}

static void
say_control(const uint32_t *words, size_t n)
{
	const uint64_t range[1][2] = { { PAGE_GPA(0), 4 * n } };

	for (size_t i = 0; i < n; i++)
		set_le32(&fake.memory[0][4 * i], words[i]);
	say_ranges(1, 0xffffffff, 0, range, 1);
}

#define CONTROL(...) \
	do { \
		const uint32_t words_[] = { __VA_ARGS__ }; \
		say_control(words_, ARRAY_LEN(words_)); \
	} while (0)

static void
say_section(uint32_t section, uint32_t len)
{
	const uint32_t words[] = { 107, 0, section, len };

	say_words(true, words, 4);
}

/* An RNDIS PACKET message around a frame of len bytes, header at `at`; its length. */
static uint32_t
put_packet(uint8_t *at, uint32_t len, uint8_t fill)
{
	memset(at, 0, 44);
	set_le32(at, 1);
	set_le32(at + 4, 44 + len);
	set_le32(at + 8, 36);
	set_le32(at + 12, len);
	memset(at + 44, fill, len);
	return 44 + len;
}

/* The same with one per-packet info of a 4 byte value. */
static uint32_t
put_packet_with_info(uint8_t *at, uint32_t len, uint8_t fill, uint32_t type, uint32_t value)
{
	put_packet(at, 0, 0);
	set_le32(at + 4, 60 + len);
	set_le32(at + 8, 52);
	set_le32(at + 12, len);
	set_le32(at + 28, 36);
	set_le32(at + 32, 16);
	set_le32(at + 44, 16);
	set_le32(at + 48, type);
	set_le32(at + 52, 12);
	set_le32(at + 56, value);
	memset(at + 60, fill, len);
	return 60 + len;
}

/* What the guest hears. */

static const struct fake_packet *
hear(uint16_t type)
{
	const struct fake_packet *packet = fake_next();

	assert_non_null(packet);
	assert_int_equal(packet->type, type);
	return packet;
}

static void
hear_status(uint32_t status)
{
	const struct fake_packet *packet = hear(PACKET_COMPLETION);

	assert_int_equal(packet->id, next_id - 1);
	assert_int_equal(le32(packet->payload), 108);
	assert_int_equal(le32(packet->payload + 4), status);
}

static void
hear_nothing(void)
{
	assert_null(fake_next());
}

/* The guest gives a received packet back. */
static void
give_back(uint64_t id)
{
	static const uint8_t body[8] = { 108, 0, 0, 0, 1 };

	fake_guest_sends(PACKET_COMPLETION, false, id, NULL, 0, body, sizeof(body));
	nic_poll(nic);
}

/* A control reply in the receive buffer; the section is given back. */
static const uint8_t *
hear_control(uint32_t type)
{
	const struct fake_packet *packet = hear(PACKET_XFER_PAGES);
	const uint8_t *message;

	assert_int_equal(le32(packet->header) & 0xffff, 0xcafe);
	assert_int_equal(le32(packet->header + 4), 1);
	assert_in_range(packet->id, 0, 15);
	assert_int_equal(le32(packet->header + 12), packet->id * 1806);
	assert_true(packet->wants_completion);
	assert_int_equal(le32(packet->payload), 107);
	assert_int_equal(le32(packet->payload + 4), 1);
	message = fake.recv + le32(packet->header + 12);
	assert_int_equal(le32(message), type);
	assert_int_equal(le32(message + 4), le32(packet->header + 8));
	give_back(packet->id);
	return message;
}

static void
bring_up_buffers_with(uint32_t capabilities)
{
	SAY(true, 1, 0x60001, 0x60001);
	hear(PACKET_COMPLETION);
	SAY(false, 125, 1514, 0, capabilities);
	SAY(false, 100, 6, 30);
	SAY(true, 101, FAKE_RECV_GPADL, 0xcafe);
	hear(PACKET_COMPLETION);
	SAY(true, 104, FAKE_SEND_GPADL, 0xface);
	hear(PACKET_COMPLETION);
	hear_nothing();
}

static void
bring_up_buffers(void)
{
	bring_up_buffers_with(0x0c);
}

static void
initialize(void)
{
	CONTROL(2, 24, 1, 1, 0, 0x4000);
	hear_status(SUCCESS);
	hear_control(0x80000002);
	hear_nothing();
}

static void
set_filter(uint32_t filter)
{
	CONTROL(5, 32, 2, 0x1010e, 4, 20, 0, filter);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
}

static void
bring_up(void)
{
	start_with("default");
	bring_up_buffers();
	initialize();
	set_filter(0x0d);
}

/* With channels besides the primary, all open; what was said about them was heard. */
static void
bring_up_channels(uint32_t count)
{
	queues_max = count;
	bring_up();
	queues_max = 1;
	SAY(true, 133, 1, count - 1);
	hear(PACKET_COMPLETION);
	nic_poll(nic);
	hear(PACKET_INBAND);
	hear_nothing();
}

static void
assert_only_broken(enum rule rule)
{
	for (unsigned int i = 0; i < RULE_COUNT; i++) {
		if ((i == rule) != (rules.broken[i] != 0))
			fail_msg("%s: %u times", rules_name(i), (unsigned int)rules.broken[i]);
	}
}

static void
assert_clean(void)
{
	assert_only_broken(RULE_COUNT);
	assert_false(fake.killed);
}

/* Frames for the guest. */

static bool
deliver(const uint8_t to[6], size_t len, uint8_t fill)
{
	uint8_t bytes[10000];
	struct iovec seg = { bytes, len };
	struct frame frame = { &seg, 1, len };

	memset(bytes, fill, sizeof(bytes));
	memcpy(bytes, to, 6);
	bytes[12] = 0x08;
	bytes[13] = 0;
	return port_user_deliver(&port->port.user, &frame);
}

static const uint8_t own_mac[6] = { 2, 0x15, 0x5d, 0, 0, 1 };
static const uint8_t other_mac[6] = { 2, 0x15, 0x5d, 0, 0, 9 };
static const uint8_t multicast_mac[6] = { 1, 0, 0x5e, 0, 0, 9 };
static const uint8_t broadcast_mac[6] = { 255, 255, 255, 255, 255, 255 };

static void
comes_up_without_a_broken_rule(void **state)
{
	(void)state;
	bring_up();
	hear_nothing();
	assert_clean();
	assert_string_equal(nic_state(nic), "ready, NVSP 6.1, mtu 1500, filter 0x0d, link up");
}

static void
frame_arrives_with_its_header(void **state)
{
	const struct fake_packet *packet;
	const uint8_t *message;
	uint32_t offset;

	(void)state;
	bring_up();
	assert_true(deliver(own_mac, 60, 0xab));
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(packet->header + 4), 1);
	assert_int_equal(le32(packet->header + 8), 1806);
	offset = le32(packet->header + 12);
	assert_int_equal(offset, packet->id * 1806);
	assert_true(packet->id >= 16);
	assert_int_equal(le32(packet->payload + 4), 0);
	assert_int_equal(packet->payload_len, 40);

	message = fake.recv + offset;
	assert_int_equal(le32(message), 1);
	assert_int_equal(le32(message + 4), 1806);
	assert_int_equal(le32(message + 8), 248);
	assert_int_equal(le32(message + 12), 60);
	assert_int_equal(le32(message + 28), 0);	/* no infos */
	assert_int_equal(le32(message + 32), 0);
	assert_memory_equal(message + 256, own_mac, 6);
	assert_int_equal(message[256 + 59], 0xab);
	give_back(packet->id);
	assert_clean();
}

/* A frame for the guest as it is; its message. */
static const uint8_t *
receive(const uint8_t *bytes, size_t len)
{
	struct iovec seg = { (void *)(uintptr_t)bytes, len };
	const struct fake_packet *packet;

	assert_true(port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, len }));
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	give_back(packet->id);
	return fake.recv + le32(packet->header + 12);
}

/* The value of the message's only info, of that type. */
static uint32_t
only_info(const uint8_t *message, uint32_t type)
{
	assert_int_equal(le32(message + 28), 36);
	assert_int_equal(le32(message + 32), 16);
	assert_int_equal(le32(message + 44), 16);
	assert_int_equal(le32(message + 48), type);
	assert_int_equal(le32(message + 52), 12);
	return le32(message + 56);
}

/* Values: 1 off, 2 transmit, 3 receive, 4 both. */
static void
set_checksum_offloads(uint8_t ip4, uint8_t tcp4, uint8_t udp4)
{
	CONTROL(5, 56, 9, 0xfc01020c, 28, 20, 0, 28u << 16 | 3 << 8 | 0x80,
		(uint32_t)ip4 | (uint32_t)tcp4 << 8 | (uint32_t)udp4 << 16, 0, 0, 0, 0, 0);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
	hear_control(7);
}

static void
checksums_are_told_as_good_or_failed(void **state)
{
	uint8_t bytes[sizeof(good_tcp4)];

	(void)state;
	bring_up();
	memcpy(bytes, good_tcp4, sizeof(bytes));
	assert_int_equal(only_info(receive(bytes, sizeof(bytes)), 0), 0x28);
	bytes[58] ^= 1;
	assert_int_equal(only_info(receive(bytes, sizeof(bytes)), 0), 0x21);
	bytes[24] ^= 1;
	assert_int_equal(only_info(receive(bytes, sizeof(bytes)), 0), 0x05);
	assert_int_equal(only_info(receive(good_udp4, sizeof(good_udp4)), 0), 0x30);
	assert_int_equal(only_info(receive(good_udp6, sizeof(good_udp6)), 0), 0x10);
	assert_int_equal(nic_counters(nic)->rx_checksum_good, 3);
	assert_int_equal(nic_counters(nic)->rx_checksum_failed, 2);
	assert_clean();
}

static void
checksums_that_are_off_are_not_told(void **state)
{
	(void)state;
	bring_up();
	set_checksum_offloads(1, 3, 2);
	assert_int_equal(only_info(receive(good_tcp4, sizeof(good_tcp4)), 0), 0x08);
	assert_int_equal(le32(receive(good_udp4, sizeof(good_udp4)) + 32), 0);
	set_checksum_offloads(4, 1, 4);
	assert_int_equal(only_info(receive(good_tcp4, sizeof(good_tcp4)), 0), 0x20);
	assert_clean();
}

static void
openvmm_always_sends_a_checksum_info(void **state)
{
	static const uint8_t other[60] = { 2, 0x15, 0x5d, 0, 0, 1, [12] = 0x88, 0xb5 };

	(void)state;
	start_with("openvmm");
	bring_up_buffers();
	initialize();
	set_filter(0x0d);
	assert_int_equal(only_info(receive(other, sizeof(other)), 0), 0);
	assert_int_equal(only_info(receive(good_tcp4, sizeof(good_tcp4)), 0), 0x28);
	assert_clean();
}

static void
set_rsc(uint8_t value)
{
	CONTROL(5, 56, 9, 0xfc01020c, 28, 20, 0, 28u << 16 | 3 << 8 | 0x80, 0, 0, 0, 0,
		(uint32_t)value << 16 | (uint32_t)value << 24, 0);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
	hear_control(7);
}

/* Five bytes of a stream from its number 100 on. */
static void
deliver_padded_segment(uint32_t offset, uint8_t flags, bool good, size_t padding)
{
	uint8_t bytes[sizeof(good_tcp4) + 10] = { 0 };
	size_t len = sizeof(good_tcp4) + padding;
	struct iovec seg = { bytes, len };

	memcpy(bytes, good_tcp4, sizeof(good_tcp4));
	bytes[41] = (uint8_t)(100 + offset);
	bytes[47] = flags;
	bytes[58] = (uint8_t)('a' + offset);
	bytes[50] = bytes[51] = 0;
	put_be16(bytes + 50, ~checksum_sum(bytes + 34, 25, checksum_pseudo(bytes + 14, 4, 6, 25)));
	bytes[51] ^= !good;
	assert_true(port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, len }));
}

static void
deliver_segment(uint32_t offset, uint8_t flags, bool good)
{
	deliver_padded_segment(offset, flags, good, 0);
}

/* What the guest finds in range i of a packet. */
static const uint8_t *
message_of(const struct fake_packet *packet, unsigned int i)
{
	return fake.recv + le32(packet->header + 12 + 8 * i);
}

static void
bring_up_with_rsc(void)
{
	start_with("default");
	bring_up_buffers_with(0x8c);
	initialize();
	set_filter(0x0d);
	set_rsc(2);
}

static void
segments_are_delivered_as_one_frame(void **state)
{
	static const uint32_t ids[] = { 0x00010301, 0x00010101, 0x00010501 };
	const struct fake_packet *packet;
	const uint8_t *message;

	(void)state;
	bring_up_with_rsc();
	for (uint32_t i = 0; i < 3; i++)
		deliver_segment(5 * i, 0x10, true);
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(packet->header + 4), 3);
	/* The first has the headers, which speak for all, and says that the sums do not. */
	message = message_of(packet, 0);
	assert_int_equal(le32(message + 8), 248);
	assert_int_equal(le32(message + 12), 59);
	assert_int_equal(le32(message + 32), 32);
	assert_int_equal(le32(message + 56), 0x28 | 0x180);
	assert_int_equal(le32(message + 60 + 4), 0x80000001);
	assert_int_equal(get_be16(message + 256 + 16), 40 + 15);
	for (uint32_t i = 0; i < 3; i++) {
		message = message_of(packet, i);
		assert_int_equal(le32(message + 4), 1806);
		if (i == 0) {
			assert_int_equal(le32(message + 60 + 12), ids[0]);
			continue;
		}
		assert_int_equal(only_info(message, 0x80000001), ids[i]);
		assert_int_equal(le32(message + 12), 5);
		assert_int_equal(message[8 + le32(message + 8) + 4], 'a' + 5 * i);
	}
	give_back(packet->id);
	assert_int_equal(nic_counters(nic)->rx_frames, 3);
	assert_int_equal(nic_counters(nic)->rx_coalesced, 2);
	assert_clean();
}

static void
coalesced_frame_does_not_outlive_its_packet(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	bring_up_with_rsc();
	deliver_segment(0, 0x10, true);
	deliver_segment(5, 0x10, true);
	nic_poll(nic);
	give_back(hear(PACKET_XFER_PAGES)->id);
	deliver_segment(10, 0x10, true);
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(only_info(message_of(packet, 0), 0), 0x28);
	assert_int_equal(nic_counters(nic)->rx_coalesced, 1);
}

static void
segment_with_a_wrong_sum_stays_alone(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	bring_up_with_rsc();
	deliver_segment(0, 0x10, true);
	deliver_segment(5, 0x10, false);
	deliver_segment(10, 0x10, true);
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(only_info(message_of(packet, 0), 0), 0x28);
	assert_int_equal(only_info(message_of(packet, 1), 0), 0x21);
	assert_int_equal(only_info(message_of(packet, 2), 0), 0x28);
	assert_int_equal(nic_counters(nic)->rx_coalesced, 0);
}

static void
padding_gets_into_no_coalesced_frame(void **state)
{
	(void)state;
	bring_up_with_rsc();
	deliver_padded_segment(0, 0x10, true, 1);
	deliver_segment(5, 0x10, true);
	deliver_padded_segment(10, 0x10, true, 1);
	nic_poll(nic);
	hear(PACKET_XFER_PAGES);
	assert_int_equal(nic_counters(nic)->rx_coalesced, 0);
	assert_int_equal(nic_counters(nic)->rx_bytes, 3 * sizeof(good_tcp4) + 2);
}

static void
nothing_is_coalesced_unless_both_sides_want_it(void **state)
{
	static const struct {
		const char *profile;
		uint32_t capabilities;
		uint8_t value;
		uint32_t offered;
		uint64_t joined;
	} cases[] = {
		{ "default", 0x8c, 2, 0x0101, 1 }, { "default", 0x8c, 1, 0x0101, 0 },
		{ "default", 0x8c, 0, 0x0101, 0 }, { "default", 0x0c, 2, 0, 0 },
		{ "openvmm", 0x8c, 2, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		start_with(cases[i].profile);
		bring_up_buffers_with(cases[i].capabilities);
		initialize();
		set_filter(0x0d);
		CONTROL(4, 28, 5, 0xfc01020d, 0, 20, 0);
		hear_status(SUCCESS);
		assert_int_equal(le32(hear_control(0x80000004) + 24 + 144), cases[i].offered);
		set_rsc(cases[i].value);
		deliver_segment(0, 0x10, true);
		deliver_segment(5, 0x10, true);
		nic_poll(nic);
		hear(PACKET_XFER_PAGES);
		assert_int_equal(nic_counters(nic)->rx_coalesced, cases[i].joined);
		stop(NULL);
	}
}

static uint32_t
sum_be16(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t
pseudo_sum(uint32_t tcp_len)
{
	static const uint8_t addresses[8] = { 10, 0, 0, 1, 10, 0, 0, 2 };

	return sum_be16(addresses, 8, 6 + tcp_len);
}

/* The good frame as its sender leaves it to a card, with a tag or without; its message. */
static const uint8_t *
receive_partial(bool tagged)
{
	size_t extra = tagged ? 4 : 0, room;
	struct frame_work work = {
		.ip = (uint16_t)(14 + extra), .sum_start = (uint16_t)(34 + extra),
		.sum_offset = 16,
	};
	uint8_t *frame = port->port.user.begin(nic, &room);
	const struct fake_packet *packet;

	memcpy(frame, good_tcp4, 12);
	memcpy(frame + 12, "\x81\x00\x00\x05", extra);
	memcpy(frame + 12 + extra, good_tcp4 + 12, sizeof(good_tcp4) - 12);
	put_be16(frame + extra + 50, pseudo_sum(25));
	port->port.user.commit_partial(nic, sizeof(good_tcp4) + extra, &work);
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	give_back(packet->id);
	return message_of(packet, 0);
}

static void
sum_that_is_left_to_the_card_is_told_as_stale(void **state)
{
	const uint8_t *message;

	(void)state;
	bring_up();
	message = receive_partial(false);
	assert_int_equal(only_info(message, 0), 0x28 | 0x80);
	assert_int_equal(get_be16(message + 256 + 50), pseudo_sum(25));
	assert_int_equal(nic_counters(nic)->rx_checksum_stale, 1);
	assert_clean();
}

static void
sum_that_is_left_to_the_card_is_filled_in_where_offload_is_off(void **state)
{
	const uint8_t *message;

	(void)state;
	bring_up();
	set_checksum_offloads(4, 1, 4);
	message = receive_partial(false);
	assert_int_equal(only_info(message, 0), 0x20);
	assert_memory_equal(message + 256, good_tcp4, sizeof(good_tcp4));
	message = receive_partial(true);
	assert_int_equal(le32(message + 32), 32);
	assert_memory_equal(message + 256, good_tcp4, sizeof(good_tcp4));
	assert_int_equal(nic_counters(nic)->rx_checksum_stale, 0);
}

static void
frame_of_64_kib_arrives_in_one_section(void **state)
{
	static uint8_t bytes[65536] = { 2, 0x15, 0x5d, 0, 0, 1, [65535] = 0x77 };
	const uint32_t section = 256 + 65536 + 36;
	struct iovec seg = { bytes, sizeof(bytes) };
	const struct fake_packet *packet;

	(void)state;
	start_sized("default", 18 * section, 65536);
	SAY(true, 1, 0x60001, 0x60001);
	hear(PACKET_COMPLETION);
	SAY(false, 125, 65536, 0, 0x0c);
	SAY(false, 100, 6, 30);
	SAY(true, 101, FAKE_RECV_GPADL, 0xcafe);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload + 16), section);
	assert_int_equal(le32(packet->payload + 20), 18);
	CONTROL(2, 24, 1, 1, 0, 0x4000);
	hear_status(SUCCESS);
	give_back(hear(PACKET_XFER_PAGES)->id);
	CONTROL(5, 32, 2, 0x1010e, 4, 20, 0, 0x0d);
	hear_status(SUCCESS);
	give_back(hear(PACKET_XFER_PAGES)->id);

	assert_true(port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, 65536 }));
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(packet->header + 8), section);
	assert_int_equal(le32(message_of(packet, 0) + 12), 65536);
	assert_memory_equal(message_of(packet, 0) + 256, bytes, 65536);
	assert_clean();
}

static void
batch_is_one_packet_and_one_completion(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	bring_up();
	for (unsigned int i = 0; i < 48; i++)
		assert_true(deliver(own_mac, 60, (uint8_t)i));
	assert_false(deliver(own_mac, 60, 0));
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(packet->header + 4), 48);
	for (unsigned int i = 0; i < 48; i++) {
		uint32_t offset = le32(packet->header + 12 + 8 * i);

		assert_int_equal(fake.recv[offset + 256 + 20], i);
	}
	assert_int_equal(le32(packet->header + 12), packet->id * 1806);
	hear_nothing();
	assert_int_equal(nic_held(nic).rx, 48);
	give_back(packet->id);
	assert_int_equal(nic_held(nic).rx, 0);
	assert_true(deliver(own_mac, 60, 0));
	assert_int_equal(nic_counters(nic)->rx_frames, 49);
	assert_clean();
}

/* The same frame many times; how many found room. */
static unsigned int
repeat(uint8_t fill, unsigned int count, bool keeps)
{
	uint8_t bytes[60];
	struct iovec seg = { bytes, sizeof(bytes) };

	memset(bytes, fill, sizeof(bytes));
	memcpy(bytes, own_mac, sizeof(own_mac));
	return port->port.user.repeat(port->port.user.ctx, &(struct frame){ &seg, 1, 60 }, count,
				      keeps);
}

/* One packet of so many ranges with whole messages of that filling; it is given back. */
static void
hear_repeated(unsigned int count, uint8_t fill)
{
	const struct fake_packet *packet;

	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(packet->header + 4), count);
	for (unsigned int i = 0; i < count; i++) {
		assert_memory_equal(message_of(packet, i), message_of(packet, 0), 256 + 60);
		assert_int_equal(message_of(packet, i)[256 + 59], fill);
	}
	hear_nothing();
	give_back(packet->id);
}

static void
repeated_frame_is_whole_in_every_section(void **state)
{
	(void)state;
	bring_up();
	for (unsigned int turn = 0; turn < 6; turn++) {
		bool keeps = turn % 2 != 0;

		assert_int_equal(repeat((uint8_t)(turn / 3), 20, keeps), 20);
		hear_repeated(20, (uint8_t)(turn / 3));
		assert_int_equal(repeat((uint8_t)turn, 60, keeps), 48);
		hear_repeated(48, (uint8_t)turn);
	}
	assert_int_equal(nic_counters(nic)->rx_frames, 6 * 68);
	assert_int_equal(nic_counters(nic)->rx_bytes, 6 * 68 * 60);
	assert_clean();
}

/* That is what makes it cheap, and why it is for measurements only. */
static void
kept_frame_is_written_to_a_section_once(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	bring_up();
	assert_int_equal(repeat(1, 48, true), 48);
	hear_repeated(48, 1);
	for (unsigned int i = 0; i < 48; i++)
		fake.recv[(16 + i) * 1806 + 256 + 59] = 0xee;
	assert_int_equal(repeat(1, 48, true), 48);
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(message_of(packet, 0)[256 + 59], 1);
	for (unsigned int i = 1; i < 48; i++)
		assert_int_equal(message_of(packet, i)[256 + 59], 0xee);
	give_back(packet->id);
	/* Not when it is another frame, or not to be kept. */
	assert_int_equal(repeat(1, 48, false), 48);
	hear_repeated(48, 1);
}

static void
tag_travels_beside_the_frame(void **state)
{
	const uint8_t tagged[64] = {
		2, 0x15, 0x5d, 0, 0, 1, 2, 0, 0, 0, 0, 7, 0x81, 0x00, 0x60, 0x05, 0x08, 0x00, 0xee,
	};
	struct iovec seg = { (void *)(uintptr_t)tagged, sizeof(tagged) };
	const uint8_t *message;

	(void)state;
	bring_up();
	assert_true(port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, 64 }));
	nic_poll(nic);
	message = fake.recv + le32(hear(PACKET_XFER_PAGES)->header + 12);
	assert_int_equal(le32(message + 12), 60);
	assert_int_equal(le32(message + 32), 16);
	assert_int_equal(le32(message + 44 + 4), 6);
	assert_int_equal(le32(message + 44 + 12), 0x0053);	/* id 5, priority 3 */
	message += 8 + le32(message + 8);
	assert_memory_equal(message, tagged, 12);
	assert_memory_equal(message + 12, tagged + 16, 3);
}

static void
filter_bits_select_frames(void **state)
{
	static const struct {
		uint32_t filter;
		bool own, other, multicast, broadcast;
	} cases[] = {
		{ 0x00, false, false, false, false },
		{ 0x01, true, false, false, false },
		{ 0x02, false, false, false, false },
		{ 0x04, false, false, true, false },
		{ 0x08, false, false, false, true },
		{ 0x09, true, false, false, true },
		{ 0x0d, true, false, true, true },
		{ 0x20, true, true, true, true },
	};

	(void)state;
	bring_up();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t before = nic_counters(nic)->rx_frames;

		set_filter(cases[i].filter);
		deliver(own_mac, 60, 0);
		assert_int_equal(nic_counters(nic)->rx_frames - before, cases[i].own);
		deliver(other_mac, 60, 0);
		deliver(multicast_mac, 60, 0);
		deliver(broadcast_mac, 60, 0);
		assert_int_equal(nic_counters(nic)->rx_frames - before,
				 cases[i].own + cases[i].other + cases[i].multicast +
				 cases[i].broadcast);
		nic_poll(nic);
		if (nic_counters(nic)->rx_frames != before)
			give_back(hear(PACKET_XFER_PAGES)->id);
	}
	assert_clean();
}

static void
repeated_frame_is_filtered_as_any_other(void **state)
{
	(void)state;
	bring_up();
	set_filter(0x04);
	assert_int_equal(repeat(1, 48, true), 1);
	assert_int_equal(nic_counters(nic)->rx_filtered, 1);
	assert_int_equal(nic_counters(nic)->rx_frames, 0);
}

static void
openvmm_filter_is_on_or_off(void **state)
{
	(void)state;
	start_with("openvmm");
	bring_up_buffers();
	initialize();
	set_filter(0x01);
	deliver(other_mac, 60, 0);
	deliver(multicast_mac, 60, 0);
	assert_int_equal(nic_counters(nic)->rx_frames, 2);
}

static void
multicast_list_is_honoured(void **state)
{
	(void)state;
	bring_up();
	set_filter(0x02);
	/* 01:00:5e:00:00:09 */
	CONTROL(5, 36, 7, 0x01010103, 6, 20, 0, 0x005e0001, 0x0900);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
	deliver(multicast_mac, 60, 0);
	deliver(broadcast_mac, 60, 0);
	assert_int_equal(nic_counters(nic)->rx_frames, 1);
	assert_clean();
}

static void
full_ring_stops_reception(void **state)
{
	(void)state;
	bring_up();
	fake.room = 2047;
	assert_false(deliver(own_mac, 60, 0));
	assert_int_equal(nic_counters(nic)->rx_ring_full, 1);
	fake.room = 1 << 20;
	assert_true(deliver(own_mac, 60, 0));
}

static void
full_ring_delays_completions_and_reading(void **state)
{
	(void)state;
	bring_up();
	put_packet(fake.send, 60, 1);
	fake.room = 0;
	say_section(0, 104);
	hear_nothing();
	assert_int_equal(port->sent, 1);
	say_section(1, 104);
	assert_int_equal(port->sent, 1);	/* not read: the completion waits */
	assert_int_equal(nic_held(nic).tx, 1);
	fake.room = 1 << 20;
	put_packet(fake.send + 6144, 60, 1);
	nic_poll(nic);
	assert_int_equal(port->sent, 2);
	assert_int_equal(hear(PACKET_COMPLETION)->id, next_id - 2);
	assert_int_equal(hear(PACKET_COMPLETION)->id, next_id - 1);
	assert_int_equal(nic_held(nic).tx, 0);
	assert_clean();
}

static void
section_carries_a_frame(void **state)
{
	(void)state;
	bring_up();
	say_section(0, put_packet(fake.send, 60, 0x5a));
	hear_status(SUCCESS);
	assert_int_equal(port->last_len, 60);
	assert_int_equal(port->last[59], 0x5a);
	assert_clean();
}

/* Not even nonsense is noticed; control is not data. */
static void
unseen_data_is_completed(void **state)
{
	(void)state;
	unseen = true;
	bring_up();
	unseen = false;
	memset(fake.send, 0xff, 200);
	say_section(0, 200);
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 0);
	assert_int_equal(nic_counters(nic)->tx_packets, 1);
	set_filter(0x0c);
	assert_clean();
}

static void
section_carries_eight_frames(void **state)
{
	uint32_t at = 0;

	(void)state;
	bring_up();
	for (unsigned int i = 0; i < 8; i++) {
		at += put_packet(fake.send + at, 60, 0x5a);
		if (i < 7) {		/* padding counts for the message before it */
			set_le32(fake.send + at - 104 + 4, 104 + 0);
			assert_int_equal(at % 8, 0);
		}
	}
	say_section(0, at);
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 8);
	assert_clean();
}

static void
scattered_frame_is_put_together(void **state)
{
	const uint64_t range[3][2] = {
		{ PAGE_GPA(1) + 100, 44 }, { PAGE_GPA(2) + 4000, 96 }, { PAGE_GPA(3), 500 },
	};

	(void)state;
	bring_up();
	put_packet(&fake.memory[1][100], 0, 0);
	set_le32(&fake.memory[1][104], 44 + 596);
	set_le32(&fake.memory[1][112], 596);
	memset(&fake.memory[2][4000], 0x11, 96);
	memset(&fake.memory[3][0], 0x22, 500);
	say_ranges(0, 0xffffffff, 0, range, 3);
	hear_status(SUCCESS);
	assert_int_equal(port->last_len, 596);
	assert_int_equal(port->last[95], 0x11);
	assert_int_equal(port->last[96], 0x22);
	assert_int_equal(port->last[595], 0x22);
	assert_clean();
}

static void
section_and_ranges_are_one_message(void **state)
{
	const uint64_t range[1][2] = { { PAGE_GPA(2), 100 } };

	(void)state;
	bring_up();
	put_packet(fake.send + 6144, 20, 0x11);
	set_le32(fake.send + 6144 + 4, 44 + 120);
	set_le32(fake.send + 6144 + 12, 120);
	memset(&fake.memory[2][0], 0x22, 100);
	say_ranges(0, 1, 64, range, 1);
	hear_status(SUCCESS);
	assert_int_equal(port->last_len, 120);
	assert_int_equal(port->last[19], 0x11);
	assert_int_equal(port->last[20], 0x22);
	assert_clean();
}

static void
tag_is_put_into_the_frame(void **state)
{
	static const uint8_t tag[4] = { 0x81, 0x00, 0x60, 0x05 };

	(void)state;
	bring_up();
	say_section(0, put_packet_with_info(fake.send, 60, 0x5a, 6, 0x0053));
	hear_status(SUCCESS);
	assert_int_equal(port->last_len, 64);
	assert_memory_equal(port->last + 12, tag, 4);
	assert_clean();
}

/* A frame that is IPv4 and TCP with its pseudo header summed up. */
static uint32_t
put_tcp(uint8_t *at, uint32_t payload)
{
	static const uint8_t headers[54] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x04, 0xd2, 0x00, 0x50, 0, 0, 0, 100, 0, 0, 0, 1, 0x50, 0x19, 0x20, 0, 0, 0, 0, 0,
	};

	memcpy(at, headers, sizeof(headers));
	at[16] = (uint8_t)((40 + payload) >> 8);
	at[17] = (uint8_t)(40 + payload);
	memset(at + 54, 0x77, payload);
	return 54 + payload;
}

static void
assert_tcp_is_good(const uint8_t *frame, size_t len)
{
	uint32_t tcp_len = (uint32_t)len - 34;

	assert_int_equal(frame[16] << 8 | frame[17], len - 14);
	assert_int_equal(sum_be16(frame + 14, 20, 0), 0xffff);
	assert_int_equal(sum_be16(frame + 34, tcp_len, pseudo_sum(tcp_len)), 0xffff);
}

static void
checksums_are_computed(void **state)
{
	uint32_t len, sum;

	(void)state;
	bring_up();
	len = put_packet_with_info(fake.send, 154, 0, 0, 0x00220015);
	put_tcp(fake.send + 60, 100);
	sum = pseudo_sum(120);
	fake.send[60 + 50] = (uint8_t)(sum >> 8);
	fake.send[60 + 51] = (uint8_t)sum;
	say_section(0, len);
	hear_status(SUCCESS);
	assert_int_equal(port->last_len, 154);
	assert_tcp_is_good(port->last, 154);
	/* The guest's memory is the guest's. */
	assert_int_equal(fake.send[60 + 50], sum >> 8);
	assert_clean();
}

static void
large_send_is_cut(void **state)
{
	uint32_t len, sum = pseudo_sum(0);

	(void)state;
	bring_up();
	/* MSS 1000, TCP header at 34, version 2, IPv4 */
	len = put_packet_with_info(fake.send, 54 + 2500, 0, 2, 1000 | 34u << 20 | 1u << 30);
	put_tcp(fake.send + 60, 2500);
	fake.send[60 + 16] = 0;
	fake.send[60 + 17] = 0;
	fake.send[60 + 50] = (uint8_t)(sum >> 8);
	fake.send[60 + 51] = (uint8_t)sum;
	say_section(0, len);
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 3);
	assert_int_equal(port->last_len, 554);
	assert_tcp_is_good(port->last, 554);
	assert_int_equal(port->last[34 + 6] << 8 | port->last[34 + 7], 2100);
	assert_int_equal(port->last[34 + 13], 0x19);	/* FIN and PSH on the last only */
	assert_clean();
}

/* What was sent, in the order of sending. */
static uint8_t *
sent_frame(unsigned int i, size_t *len)
{
	*len = port->kept_len[i];
	return port->kept[i];
}

/* A large send of IPv4 in section 0, well prepared, and its RNDIS message's length. */
static uint32_t
put_large_send4(uint32_t payload, uint32_t mss)
{
	uint32_t len = put_packet_with_info(fake.send, 54 + payload, 0, 2,
					    mss | 34u << 20 | 1u << 30);

	put_tcp(fake.send + 60, payload);
	put_be16(fake.send + 60 + 16, 0);
	put_be16(fake.send + 60 + 50, pseudo_sum(0));
	return len;
}

static void
segments_have_what_ndis_says(void **state)
{
	uint8_t stream[2500], arrived[2500];
	size_t len, at = 0;

	(void)state;
	bring_up();
	for (size_t i = 0; i < sizeof(stream); i++)
		stream[i] = (uint8_t)(i * 7 >> 2);
	put_large_send4(sizeof(stream), 1000);
	memcpy(fake.send + 60 + 54, stream, sizeof(stream));
	fake.send[60 + 47] = 0x99;		/* CWR, ACK, PSH, FIN */
	put_be16(fake.send + 60 + 18, 0xffff);
	say_section(0, 60 + 54 + sizeof(stream));
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 3);
	for (unsigned int i = 0; i < 3; i++) {
		const uint8_t *frame = sent_frame(i, &len);

		assert_tcp_is_good(frame, len);
		assert_int_equal(get_be16(frame + 18), (0xffff + i) & 0xffff);
		assert_int_equal(get_be32(frame + 38), 100 + at);
		assert_int_equal(frame[47], i == 0 ? 0x90 : i == 2 ? 0x19 : 0x10);
		memcpy(arrived + at, frame + 54, len - 54);
		at += len - 54;
	}
	assert_int_equal(at, sizeof(stream));
	assert_memory_equal(arrived, stream, sizeof(stream));
	assert_int_equal(nic_counters(nic)->tx_large_sends, 1);
	assert_int_equal(nic_counters(nic)->tx_segments, 3);
	assert_clean();
}

/* Behind hop-by-hop options, too. */
static void
large_send_of_ipv6_is_cut(void **state)
{
	static const struct {
		const uint8_t *good;
		uint32_t tcp;
	} cases[] = { { good_tcp6, 54 }, { good_tcp6_options, 62 } };

	(void)state;
	bring_up();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t tcp = cases[i].tcp, headers = tcp + 20, payload = 2500;
		uint8_t *frame = fake.send + 60;
		size_t len;

		put_packet_with_info(fake.send, headers + payload, 0x77, 2,
				     1200 | tcp << 20 | 3u << 30);
		memcpy(frame, cases[i].good, headers);
		put_be16(frame + 18, 0);
		put_be16(frame + tcp + 16, checksum_pseudo(frame + 14, 6, 6, 0));
		say_section(0, 60 + headers + payload);
		hear_status(SUCCESS);
		assert_int_equal(port->sent, 3 * (i + 1));
		for (unsigned int n = 0; n < 3; n++) {
			const uint8_t *out = sent_frame((unsigned int)(3 * i + n), &len);
			struct layout layout = inspect(out, len);

			assert_int_equal(get_be16(out + 18), len - 54);
			assert_int_equal(verify_checksums(out, &layout, OFFLOAD_RX),
					 RX_CHECKSUM_TCP_GOOD);
			assert_int_equal(get_be32(out + tcp + 4), 100 + 1200 * n);
		}
	}
	assert_clean();
}

static void
badly_prepared_large_sends_are_named(void **state)
{
	static const struct {
		const char *what;
		uint32_t payload;
		uint32_t mss;
		unsigned int at;		/* 16 bits of the frame; 0: none */
		uint16_t value;
		enum rule rule;
	} cases[] = {
		{ "nothing", 2500, 1000, 0, 0, RULE_COUNT },
		{ "IP length", 2500, 1000, 16, 2540, RULE_LSO_IP_LENGTH },
		{ "IP checksum", 2500, 1000, 24, 1, RULE_LSO_IP_SUM },
		{ "sum of nothing", 2500, 1000, 50, 0, RULE_TX_PSEUDO_SUM },
		{ "sum with a length", 2500, 1000, 50, 0x1e04 + 2520, RULE_TX_PSEUDO_SUM },
		{ "MSS of 0", 2500, 0, 0, 0, RULE_LSO_MSS },
		{ "MSS beyond the MTU", 2921, 1461, 0, 0, RULE_LSO_MSS },
		{ "largest MSS", 2921, 1460, 0, 0, RULE_COUNT },
		{ "a single segment", 1000, 1000, 0, 0, RULE_LSO_SEGMENTS },
		{ "two segments", 1001, 1000, 0, 0, RULE_COUNT },
		{ "UDP", 2500, 1000, 22, 0x4011, RULE_TX_HEADERS },
		{ "no IP", 2500, 1000, 12, 0x88b5, RULE_TX_HEADERS },
	};

	(void)state;
	bring_up();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t len = put_large_send4(cases[i].payload, cases[i].mss);

		print_message("# %s\n", cases[i].what);
		memset(&rules, 0, sizeof(rules));
		if (cases[i].at != 0)
			put_be16(fake.send + 60 + cases[i].at, cases[i].value);
		say_section(0, len);
		hear_status(SUCCESS);
		assert_only_broken(cases[i].rule);
	}
	memset(&rules, 0, sizeof(rules));
	put_large_send4(2500, 1000);
	set_le32(fake.send + 56, 1000 | 34u << 20);
	say_section(0, 60 + 54 + 2500);
	hear_status(SUCCESS);
	assert_only_broken(RULE_LSO_VERSION);
}

static void
large_send_has_a_longest_payload(void **state)
{
	uint64_t range[17][2];
	uint32_t payload = 62780;

	(void)state;
	bring_up();
	for (unsigned int turn = 0; turn < 2; turn++, payload++) {
		put_large_send4(100, 1448);
		set_le32(fake.send + 4, 60 + 54 + payload);
		set_le32(fake.send + 12, 54 + payload);
		memcpy(&fake.memory[0][0], fake.send, 60 + 54);
		for (unsigned int i = 0; i < 16; i++) {
			range[i][0] = PAGE_GPA(i);
			range[i][1] = i < 15 ? 4096 : 60 + 54 + payload - 15 * 4096;
		}
		say_ranges(0, 0xffffffff, 0, range, 16);
		hear_status(SUCCESS);
	}
	assert_only_broken(RULE_LSO_SIZE);
	assert_int_equal(rules.broken[RULE_LSO_SIZE], 1);
	assert_int_equal(port->sent, 2 * 44);
}

static void
work_that_is_off_is_named(void **state)
{
	(void)state;
	bring_up();
	set_checksum_offloads(3, 3, 4);
	put_packet_with_info(fake.send, 154, 0, 0, 0x00220005);
	put_tcp(fake.send + 60, 100);
	put_be16(fake.send + 60 + 50, pseudo_sum(120));
	say_section(0, 60 + 154);
	hear_status(SUCCESS);
	assert_only_broken(RULE_TX_OFFLOAD);
	say_section(0, put_large_send4(2500, 1000));
	hear_status(SUCCESS);
	assert_int_equal(rules.broken[RULE_TX_OFFLOAD], 2);
	set_checksum_offloads(0, 2, 0);
	say_section(0, put_large_send4(2500, 1000));
	hear_status(SUCCESS);
	assert_int_equal(rules.broken[RULE_TX_OFFLOAD], 2);
}

static void
checksum_requests_are_compared_with_the_frame(void **state)
{
	static const struct {
		const char *what;
		uint32_t value;
		uint16_t pseudo_change;
		enum rule rule;
	} cases[] = {
		{ "TCP", 0x00220005, 0, RULE_COUNT },
		{ "TCP, offset not said", 0x00000005, 0, RULE_COUNT },
		{ "IP only", 0x00000011, 0, RULE_COUNT },
		{ "UDP", 0x00220009, 0, RULE_TX_HEADERS },
		{ "another offset", 0x00230005, 0, RULE_TX_HEADERS },
		{ "both versions", 0x00360007, 0, RULE_TX_HEADERS },
		{ "wrong pseudo header", 0x00220005, 1, RULE_TX_PSEUDO_SUM },
	};

	(void)state;
	bring_up();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].what);
		memset(&rules, 0, sizeof(rules));
		put_packet_with_info(fake.send, 154, 0, 0, cases[i].value);
		put_tcp(fake.send + 60, 100);
		put_be16(fake.send + 60 + 50, pseudo_sum(120) + cases[i].pseudo_change);
		say_section(0, 60 + 154);
		hear_status(SUCCESS);
		if (cases[i].rule == RULE_TX_HEADERS)
			assert_true(rules.broken[RULE_TX_HEADERS] > 0);
		else
			assert_only_broken(cases[i].rule);
	}
}

static void
work_is_passed_on_to_a_port_that_takes_it(void **state)
{
	(void)state;
	bring_up();
	port->port.ops = &partial_port_ops;
	say_section(0, put_large_send4(2500, 1000));
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 1);
	assert_int_equal(port->last_len, 2554);
	assert_int_equal(port->work.mss, 1000);
	assert_int_equal(port->work.sum_start, 34);
	assert_int_equal(port->work.sum_offset, 16);
	/* As a network stack has it: with lengths, and the sum of the header. */
	assert_int_equal(get_be16(port->last + 16), 2540);
	assert_int_equal(checksum_sum(port->last + 14, 20, 0), CHECKSUM_GOOD);
	assert_int_equal(get_be16(port->last + 50), pseudo_sum(2520));

	put_packet_with_info(fake.send, 154, 0, 0, 0x00220015);
	put_tcp(fake.send + 60, 100);
	put_be16(fake.send + 60 + 50, pseudo_sum(120));
	say_section(0, 60 + 154);
	hear_status(SUCCESS);
	assert_int_equal(port->work.mss, 0);
	assert_int_equal(checksum_sum(port->last + 14, 20, 0), CHECKSUM_GOOD);
	assert_int_equal(get_be16(port->last + 50), pseudo_sum(120));
	assert_int_equal(nic_counters(nic)->tx_passed_on, 2);
	assert_clean();
}

/* What fails a packet and leaves the channel alive. */
static void
bad_packets_are_refused(void **state)
{
	static const struct {
		const char *what;
		unsigned int word;		/* of the message */
		uint32_t value;
		enum rule rule;
	} cases[] = {
		{ "out-of-band offset", 4, 8, RULE_RNDIS_OOB },
		{ "out-of-band length", 5, 8, RULE_RNDIS_OOB },
		{ "out-of-band count", 6, 1, RULE_RNDIS_OOB },
		{ "VC handle", 9, 1, RULE_RNDIS_OOB },
		{ "no data", 3, 0, RULE_RNDIS_DATA },
		{ "data too long", 3, 61, RULE_RNDIS_DATA },
		{ "data length wraps", 3, 0xfffffff0, RULE_RNDIS_DATA },
		{ "data behind the end", 2, 200, RULE_RNDIS_DATA },
		{ "data offset wraps", 2, 0xfffffff8, RULE_RNDIS_DATA },
		{ "data in the header", 2, 0, RULE_RNDIS_DATA },
		{ "message longer than the packet", 1, 121, RULE_RNDIS_LENGTH },
		{ "message of 7 bytes", 1, 7, RULE_RNDIS_LENGTH },
		{ "message of 0 bytes", 1, 0, RULE_RNDIS_LENGTH },
		{ "message shorter than its header", 1, 40, RULE_RNDIS_HEADER },
		{ "infos behind the end", 7, 200, RULE_RNDIS_HEADER },
		{ "infos in the header", 7, 0, RULE_RNDIS_HEADER },
		{ "infos too long", 8, 200, RULE_RNDIS_HEADER },
		{ "info of size 0", 11, 0, RULE_RNDIS_PPI },
		{ "info of size 8", 11, 8, RULE_RNDIS_PPI },
		{ "info beyond the infos", 11, 20, RULE_RNDIS_PPI },
		{ "info value behind the info", 13, 17, RULE_RNDIS_PPI },
		{ "info value of 3 bytes", 13, 13, RULE_RNDIS_PPI },
		{ "transport in the IP header", 14, 0x00210005, RULE_RNDIS_CHECKSUM },
		{ "IPv6 transport in the header", 14, 0x00350006, RULE_RNDIS_CHECKSUM },
		{ "transport behind the frame", 14, 0x003c0005, RULE_RNDIS_CHECKSUM },
	};

	(void)state;
	bring_up();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].what);
		memset(&rules, 0, sizeof(rules));
		put_packet_with_info(fake.send, 60, 0, 0, 0);
		set_le32(fake.send + 4 * cases[i].word, cases[i].value);
		say_section(0, 120);
		hear_status(FAIL);
		assert_only_broken(cases[i].rule);
		assert_false(fake.killed);
	}
	assert_int_equal(port->sent, 0);
	memset(&rules, 0, sizeof(rules));
	say_section(0, put_packet(fake.send, 60, 0));
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 1);
}

static void
large_send_without_tcp_header_is_refused(void **state)
{
	(void)state;
	bring_up();
	say_section(0, put_packet_with_info(fake.send, 60, 0, 2, 1000 | 48u << 20));
	hear_status(FAIL);
	assert_only_broken(RULE_RNDIS_LARGE_SEND);
}

static void
one_bad_message_fails_the_whole_packet(void **state)
{
	(void)state;
	bring_up();
	put_packet(fake.send, 60, 0);
	put_packet(fake.send + 104, 60, 0);
	set_le32(fake.send + 104 + 12, 0);
	say_section(0, 208);
	hear_status(FAIL);
	assert_int_equal(port->sent, 0);

	put_packet(fake.send, 60, 0);
	set_le32(fake.send + 104, 4);
	set_le32(fake.send + 108, 28);
	say_section(0, 132);
	hear_status(FAIL);
	assert_int_equal(rules.broken[RULE_RNDIS_MIXED], 1);
	/* A rest that is no message. */
	put_packet(fake.send, 60, 0);
	memset(fake.send + 104, 0, 8);
	say_section(0, 112);
	hear_status(FAIL);
	assert_int_equal(rules.broken[RULE_RNDIS_LENGTH], 1);
	assert_int_equal(port->sent, 0);
	assert_false(fake.killed);
}

static void
manners_are_named_but_frames_pass(void **state)
{
	uint32_t at = 0;

	(void)state;
	bring_up();
	put_packet(fake.send, 61, 0);		/* the next starts at 105 */
	put_packet(fake.send + 105, 60, 0);
	say_section(0, 105 + 104);
	hear_status(SUCCESS);
	assert_only_broken(RULE_RNDIS_ALIGNMENT);

	memset(&rules, 0, sizeof(rules));
	for (unsigned int i = 0; i < 9; i++)
		at += put_packet(fake.send + at, 60, 0);
	say_section(0, at);
	hear_status(SUCCESS);
	assert_only_broken(RULE_RNDIS_AGGREGATE);

	memset(&rules, 0, sizeof(rules));
	put_packet(fake.send, 60, 0);
	fake.send[44 + 12] = 0x81;
	say_section(0, 104);
	hear_status(SUCCESS);
	assert_only_broken(RULE_FRAME_VLAN);

	memset(&rules, 0, sizeof(rules));
	put_packet(fake.send, 60, 0);
	SAY(true, 107, 1, 0, 104);
	hear_status(SUCCESS);
	assert_only_broken(RULE_NVSP_CHANNEL_TYPE);

	memset(&rules, 0, sizeof(rules));
	set_filter(0);
	say_section(0, put_packet(fake.send, 60, 0));
	hear_status(SUCCESS);
	assert_only_broken(RULE_TX_BEFORE_FILTER);
	assert_int_equal(port->sent, 2 + 9 + 3);
}

static void
frames_longer_than_the_mtu_are_lost(void **state)
{
	(void)state;
	bring_up();
	say_section(0, put_packet(fake.send, 1514, 0));
	hear_status(SUCCESS);
	assert_clean();
	say_section(1, put_packet(fake.send + 6144, 1515, 0));
	hear_status(SUCCESS);
	assert_only_broken(RULE_FRAME_SIZE);
	say_section(2, put_packet(fake.send + 2 * 6144, 13, 0));
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 1);
	assert_int_equal(nic_counters(nic)->tx_lost_size, 2);
}

static void
header_outside_the_first_range_is_refused(void **state)
{
	const uint64_t split[2][2] = { { PAGE_GPA(1) + 4056, 40 }, { PAGE_GPA(2), 64 } };
	const uint64_t info_split[2][2] = { { PAGE_GPA(1), 44 }, { PAGE_GPA(2), 76 } };
	uint8_t message[120];

	(void)state;
	bring_up();
	put_packet(message, 60, 0);
	memcpy(&fake.memory[1][4056], message, 40);
	memcpy(&fake.memory[2][0], message + 40, 64);
	say_ranges(0, 0xffffffff, 0, split, 2);
	hear_status(FAIL);
	assert_only_broken(RULE_RNDIS_HEADER);

	put_packet_with_info(message, 60, 0, 6, 0x50);
	memcpy(&fake.memory[1][0], message, 44);
	memcpy(&fake.memory[2][0], message + 44, 76);
	say_ranges(0, 0xffffffff, 0, info_split, 2);
	hear_status(FAIL);
	assert_only_broken(RULE_RNDIS_HEADER);
	assert_false(fake.killed);
}

static void
memory_that_is_not_the_guests_is_refused(void **state)
{
	const uint64_t ranges[3][2] = {
		{ 0x7f0012345000, 104 }, { PAGE_GPA(FAKE_PAGES), 104 }, { 0xfffffffffffff000, 104 },
	};

	(void)state;
	bring_up();
	for (unsigned int i = 0; i < 3; i++) {
		say_ranges(0, 0xffffffff, 0, &ranges[i], 1);
		hear_status(FAIL);
		assert_int_equal(rules.broken[RULE_GPA_MEMORY], i + 1);
	}
	assert_false(fake.killed);
}

static void
broken_range_list_is_fatal(void **state)
{
	uint8_t body[40] = { 107 };
	uint8_t header[24] = { 0, 0, 0, 0, 2, 0, 0, 0, 100 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		bring_up();
		set_le32(body + 8, 0xffffffff);
		/* two ranges said and one there; none; an offset behind the page */
		header[4] = i == 0 ? 2 : i == 1 ? 0 : 1;
		set_le32(header + 12, i == 2 ? 4096 : 0);
		set_le32(header + 16, PAGE_GPA(0) / 4096);
		fake_guest_sends(PACKET_GPA_DIRECT, true, next_id++, header, 24, body, 40);
		nic_poll(nic);
		hear_nothing();
		assert_true(fake.killed);
		assert_only_broken(RULE_GPA_LIST);
		stop(NULL);
	}
}

static void
wrong_completions_are_fatal(void **state)
{
	static const struct {
		const char *what;
		enum rule rule;
	} cases[] = {
		{ "never sent", RULE_RX_DOUBLE }, { "no such section", RULE_RX_UNKNOWN },
		{ "in the middle of a packet", RULE_RX_UNKNOWN }, { "twice", RULE_RX_DOUBLE },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fake_packet *packet;

		bring_up();
		deliver(own_mac, 60, 0);
		deliver(own_mac, 60, 0);
		nic_poll(nic);
		packet = hear(PACKET_XFER_PAGES);
		if (i == 0) {
			give_back(40);
		} else if (i == 1) {
			give_back(0x7f0012345678);
		} else if (i == 2) {
			give_back(le32(packet->header + 20) / 1806);
		} else {
			give_back(packet->id);
			assert_clean();
			give_back(packet->id);
		}
		print_message("# %s\n", cases[i].what);
		assert_true(fake.killed);
		assert_only_broken(cases[i].rule);
		stop(NULL);
	}
}

static void
completion_with_other_contents_is_fatal(void **state)
{
	static const uint8_t body[8] = { 107, 0, 0, 0, 1 };

	(void)state;
	bring_up();
	deliver(own_mac, 60, 0);
	nic_poll(nic);
	fake_guest_sends(PACKET_COMPLETION, false, hear(PACKET_XFER_PAGES)->id, NULL, 0, body, 8);
	nic_poll(nic);
	assert_true(fake.killed);
	assert_only_broken(RULE_RX_BODY);
}

static void
fatal_control_messages_are_completed_first(void **state)
{
	static const uint32_t types[] = { 6, 7, 9, 0x99, 2 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(types); i++) {
		bring_up();
		CONTROL(types[i], 24, 9, 1, 0, 0x4000);
		hear_status(SUCCESS);
		hear_nothing();
		assert_true(fake.killed);
		assert_only_broken(types[i] == 2 ? RULE_RNDIS_INIT_ONCE : RULE_RNDIS_TYPE);
		stop(NULL);
	}
	bring_up();
	CONTROL(4, 24, 9, 0x10106, 0, 20);
	hear_status(SUCCESS);
	assert_true(fake.killed);
	assert_only_broken(RULE_RNDIS_TRUNCATED);
}

static void
query_and_keepalive_are_answered(void **state)
{
	const uint8_t *reply;

	(void)state;
	bring_up();
	CONTROL(4, 28, 5, 0x10106, 0, 20, 0);
	hear_status(SUCCESS);
	reply = hear_control(0x80000004);
	assert_int_equal(le32(reply + 8), 5);
	assert_int_equal(le32(reply + 12), 0);
	assert_int_equal(le32(reply + 16), 4);
	assert_int_equal(le32(reply + 20), 16);
	assert_int_equal(le32(reply + 24), 1500);
	CONTROL(8, 12, 6);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000008) + 8), 6);
	assert_clean();
}

static void
guest_that_keeps_control_sections_gets_silence(void **state)
{
	unsigned int answers = 0;
	uint64_t ids[16];
	const struct fake_packet *packet;

	(void)state;
	bring_up();
	for (unsigned int i = 0; i < 40; i++)
		CONTROL(8, 12, 100 + i);
	while ((packet = fake_next()) != NULL)
		if (packet->type == PACKET_XFER_PAGES)
			ids[answers++ % 16] = packet->id;
	assert_int_equal(answers, 16);
	give_back(ids[3]);
	packet = hear(PACKET_XFER_PAGES);
	assert_int_equal(le32(fake.recv + packet->id * 1806 + 8), 116);
	assert_clean();
}

static void
flood_of_control_messages_is_refused(void **state)
{
	const struct fake_packet *packet;
	unsigned int refused = 0;
	const uint64_t range[1][2] = { { PAGE_GPA(0), 4096 } };

	(void)state;
	bring_up();
	for (unsigned int i = 0; i < 16 + 25 + 3; i++) {
		memset(fake.memory[0], 0, 4096);
		set_le32(&fake.memory[0][0], 8);
		set_le32(&fake.memory[0][4], 4096);
		set_le32(&fake.memory[0][8], 7);
		say_ranges(1, 0xffffffff, 0, range, 1);
	}
	while ((packet = fake_next()) != NULL)
		refused += packet->type == PACKET_COMPLETION && le32(packet->payload + 4) == FAIL;
	assert_int_equal(refused, 3);
	assert_only_broken(RULE_RNDIS_QUEUE);
	assert_false(fake.killed);
}

static void
offload_set_is_followed_by_an_indication(void **state)
{
	const uint8_t *message;

	(void)state;
	bring_up();
	/* TCP/IPv4 checksum on for both, UDP/IPv4 off, the rest as it is */
	CONTROL(5, 28 + 28, 8, 0xfc01020c, 28, 20, 0, 0x001c0380, 0x00010400, 0, 0, 0, 0, 0);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
	message = hear_control(7);
	assert_int_equal(le32(message + 8), 0x40020006);
	assert_int_equal(le32(message + 12), 156);
	assert_int_equal(le32(message + 16), 12);
	assert_int_equal(le32(message + 20) & 0xff, 0xa7);
	assert_int_equal(le32(message + 28), 0x115);	/* IP and TCP with options, no UDP */
	assert_clean();
}

static void
link_changes_are_indicated(void **state)
{
	(void)state;
	bring_up();
	nic_set_link(nic, false);
	nic_poll(nic);
	assert_int_equal(le32(hear_control(7) + 8), 0x4001000c);
	assert_false(deliver(own_mac, 60, 0));
	say_section(0, put_packet(fake.send, 60, 0));
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 0);
	CONTROL(4, 28, 5, 0x10114, 0, 20, 0);
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000004) + 24), 1);
	nic_set_link(nic, true);
	nic_poll(nic);
	assert_int_equal(le32(hear_control(7) + 8), 0x4001000b);
	assert_true(deliver(own_mac, 60, 0));
	assert_clean();
}

static uint32_t
ask_link_speed(void)
{
	CONTROL(4, 28, 5, 0x10107, 0, 20, 0);
	hear_status(SUCCESS);
	return le32(hear_control(0x80000004) + 24);
}

static void
speed_changes_are_told_to_whom_they_concern(void **state)
{
	const uint8_t *message;

	(void)state;
	bring_up();
	assert_int_equal(nic_set_speed(nic, 25000000000), NIC_TOLD_UNWANTED);
	nic_poll(nic);
	hear_nothing();
	assert_int_equal(ask_link_speed(), 250000000);
	stop(NULL);
	start_with("default");
	bring_up_buffers_with(1 << 5);
	assert_int_equal(nic_set_speed(nic, 40000000000), NIC_TOLD_NOBODY);
	initialize();
	assert_int_equal(nic_set_speed(nic, 40000000000), NIC_TOLD_NOTHING);
	assert_int_equal(nic_set_speed(nic, 1000000000), NIC_TOLD);
	nic_poll(nic);
	message = hear_control(7);
	assert_int_equal(le32(message + 4), 24);
	assert_int_equal(le32(message + 8), 0x40010013);
	assert_int_equal(le32(message + 12), 4);
	assert_int_equal(le32(message + 16), 12);
	assert_int_equal(le32(message + 20), 10000000);
	assert_int_equal(ask_link_speed(), 10000000);
	assert_clean();
}

static void
network_changes_are_indicated(void **state)
{
	const uint8_t *message;

	(void)state;
	bring_up();
	assert_int_equal(nic_change_network(nic, 2), NIC_TOLD);
	nic_poll(nic);
	message = hear_control(7);
	assert_int_equal(le32(message + 8), 0x40010018);
	assert_int_equal(le32(message + 12), 4);
	assert_int_equal(le32(message + 20), 2);
	assert_clean();
}

static void
section_in_flight_is_not_used_again(void **state)
{
	uint8_t body[40] = { 107 };

	(void)state;
	bring_up();
	put_packet(fake.send, 60, 0);
	set_le32(body + 12, 104);
	for (unsigned int turn = 0; turn < 2; turn++) {
		fake_guest_sends(PACKET_INBAND, true, turn, NULL, 0, body, 40);
		nic_poll(nic);
	}
	assert_clean();
	/* Twice within one turn: the first completion is not published yet. */
	fake_guest_sends(PACKET_INBAND, true, 2, NULL, 0, body, 40);
	fake_guest_sends(PACKET_INBAND, true, 3, NULL, 0, body, 40);
	nic_poll(nic);
	assert_only_broken(RULE_SECTION_BUSY);
	assert_int_equal(port->sent, 4);
}

static void
orderly_end_breaks_no_rule(void **state)
{
	(void)state;
	bring_up();
	deliver(own_mac, 60, 0);
	nic_poll(nic);
	give_back(hear(PACKET_XFER_PAGES)->id);
	set_filter(0);
	CONTROL(3, 12, 3);
	hear_status(SUCCESS);
	SAY(false, 103, 0xcafe);
	SAY(false, 106, 0xface);
	hear_nothing();
	assert_only_broken(RULE_COUNT);
	fake_close();
	/* And again, by the next guest. */
	fake_open();
	bring_up_buffers();
	initialize();
	assert_clean();
}

static void
revoke_before_halt_and_leftovers_are_named(void **state)
{
	(void)state;
	bring_up();
	deliver(own_mac, 60, 0);
	nic_poll(nic);
	SAY(false, 103, 0xcafe);
	assert_int_equal(rules.broken[RULE_HALT_BEFORE_REVOKE], 1);
	assert_int_equal(rules.broken[RULE_RX_LEFTOVER], 1);
	/* The buffer is the guest's again: nothing is written to it. */
	assert_false(deliver(own_mac, 60, 0xee));
}

static void
dead_channel_stays_dead_until_reopened(void **state)
{
	(void)state;
	bring_up();
	SAY(true, 99);
	assert_true(fake.killed);
	assert_only_broken(RULE_NVSP_TYPE);
	hear_nothing();
	assert_false(deliver(own_mac, 60, 0));
	fake_close();
	memset(&rules, 0, sizeof(rules));
	fake_open();
	bring_up_buffers();
	initialize();
	assert_clean();
}

static void
data_without_completion_is_not_served(void **state)
{
	(void)state;
	bring_up();
	put_packet(fake.send, 60, 0);
	SAY(false, 107, 0, 0, 104);
	hear_nothing();
	assert_int_equal(port->sent, 0);
	assert_only_broken(RULE_NVSP_REPLY_WANTED);
	assert_false(fake.killed);
}

static void
random_packets_are_survived(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		bring_up();
		for (unsigned int n = 0; n < 30 && !fake.killed; n++) {
			uint8_t header[64], body[40];

			for (size_t i = 0; i < sizeof(header); i++)
				header[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
			for (size_t i = 0; i < sizeof(body); i++)
				body[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
			if (n % 2 == 0) {
				set_le32(body, 107);
				set_le32(body + 4, 0);
				set_le32(body + 8, body[8] % 20);
				set_le32(body + 12, body[12] * 8u);
			}
			for (size_t i = 0; i < 6144; i++)
				fake.send[(size_t)(body[8] % 20) * 6144 + i] =
					(uint8_t)((seed = seed * 1664525 + 1013904223) >> 28);
			set_le32(fake.send + (size_t)(body[8] % 20) * 6144, 1);
			set_le32(fake.send + (size_t)(body[8] % 20) * 6144 + 4, body[12] * 8u);
			fake_guest_sends(n % 3 == 0 ? PACKET_GPA_DIRECT : PACKET_INBAND, true, n,
					 header, n % 3 == 0 ? 24 : 0, body, sizeof(body));
			nic_poll(nic);
		}
		stop(NULL);
	}
}

#undef CASE
#define CASE(sentence, function) { sentence, function, NULL, stop, NULL }

static void
subchannels_are_offered_and_then_the_table(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	queues_max = 4;
	bring_up();
	queues_max = 1;
	SAY(true, 133, 1, 3);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload), 133);
	assert_int_equal(le32(packet->payload + 4), SUCCESS);
	assert_int_equal(le32(packet->payload + 8), 3);
	/* The answer is out before the first offer is made. */
	assert_int_equal(fake.subs, 0);
	hear_nothing();
	nic_poll(nic);
	packet = hear(PACKET_INBAND);
	assert_int_equal(fake.subs, 3);
	assert_int_equal(packet->channel, 0);
	assert_false(packet->wants_completion);
	assert_int_equal(le32(packet->payload), 134);
	assert_int_equal(le32(packet->payload + 4), 16);
	assert_int_equal(le32(packet->payload + 8), 40);
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(le32(packet->payload + 40 + 4 * i), i % 4);
	hear_nothing();
	fake_close();
	assert_clean();
}

static void
subchannels_are_granted_as_the_host_likes(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	queues_max = 4;
	grant_max = 1;
	bring_up();
	queues_max = 1;
	grant_max = 64;
	/* There are never as many as all channels. */
	SAY(true, 133, 1, 4);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload + 4), FAIL);
	assert_int_equal(le32(packet->payload + 8), 0);
	SAY(true, 133, 1, 3);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload + 4), SUCCESS);
	assert_int_equal(le32(packet->payload + 8), 1);
	nic_poll(nic);
	hear(PACKET_INBAND);
	assert_int_equal(fake.subs, 1);
}

static void
more_subchannels_are_granted_than_asked_for_by_a_bad_host(void **state)
{
	const struct fake_packet *packet;

	(void)state;
	queues_max = 64;
	grant_extra = 2;
	start_sized("default", 2 * RECV_LEN, profile_find("default")->frame_max);
	queues_max = 1;
	grant_extra = 0;
	bring_up_buffers();
	initialize();
	SAY(true, 133, 1, 1);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload + 4), SUCCESS);
	assert_int_equal(le32(packet->payload + 8), 3);
	nic_poll(nic);
	hear(PACKET_INBAND);
	assert_int_equal(fake.subs, 3);
	/* 64 channels are the most that there are. */
	SAY(true, 133, 1, 62);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload + 8), 63);
	nic_poll(nic);
	hear(PACKET_INBAND);
	assert_int_equal(fake.subs, 63);
	assert_clean();
}

/* Ask for so many subchannels; the status. */
static uint32_t
ask_for_channels(uint32_t count)
{
	const struct fake_packet *packet;

	SAY(true, 133, 1, count);
	packet = hear(PACKET_COMPLETION);
	assert_int_equal(le32(packet->payload), 133);
	assert_int_equal(le32(packet->payload + 8),
			 le32(packet->payload + 4) == SUCCESS ? count : 0);
	nic_poll(nic);
	return le32(packet->payload + 4);
}

static void
every_queue_has_a_receive_section_or_is_not_granted(void **state)
{
	(void)state;
	queues_max = 64;
	start_sized("default", (16 + 4) * 1806, profile_find("default")->frame_max);
	queues_max = 1;
	bring_up_buffers();
	initialize();
	assert_int_equal(ask_for_channels(4), FAIL);
	hear_nothing();
	assert_int_equal(fake.subs, 0);
	assert_int_equal(ask_for_channels(3), SUCCESS);
	hear(PACKET_INBAND);
	assert_int_equal(fake.subs, 3);
	assert_clean();
}

/* RSS with the key and the flow of Microsoft's vectors; entry i leads to channel 3 - i % 4. */
static void
set_rss(void)
{
	static const uint8_t key[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
		0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
		0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
		0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	uint32_t words[7 + 10 + 128 + 10] = {
		5, sizeof(words), 3, 0x10204, sizeof(words) - 28, 20, 0,
		0x280289, 0, 0x1701, 512, 40, 40, 552,
	};

	for (uint32_t i = 0; i < 128; i++)
		words[17 + i] = 3 - i % 4;
	memcpy(&words[145], key, sizeof(key));
	say_control(words, ARRAY_LEN(words));
	hear_status(SUCCESS);
	assert_int_equal(le32(hear_control(0x80000005) + 12), 0);
}

static const uint8_t flow[54] = {
	2, 0x15, 0x5d, 0, 0, 1, [12] = 0x08, 0x00,
	[14] = 0x45, [17] = 40, [23] = 6,
	[26] = 66, 9, 149, 187, 161, 142, 100, 80,
	[34] = 0x0a, 0xea, 0x06, 0xe6, [46] = 0x50,
};

static void
frames_go_where_the_table_says(void **state)
{
	const struct fake_packet *packet;
	const uint8_t *message;
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };

	(void)state;
	bring_up_channels(4);
	set_rss();
	assert_true(port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len }));
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	/* 0x51ccc178 % 128 is 120. */
	assert_int_equal(packet->channel, 3);
	message = fake.recv + le32(packet->header + 12);
	assert_memory_equal(message + 256, flow, sizeof(flow));
	/* The checksums' info, hash value, hash info. */
	assert_int_equal(le32(message + 32), 48);
	assert_int_equal(le32(message + 64), 8);
	assert_int_equal(le32(message + 72), 0x51ccc178);
	assert_int_equal(le32(message + 80), 9);
	assert_int_equal(le32(message + 88), 0x201);
	fake.in_channel = 3;
	give_back(packet->id);
	fake.in_channel = 0;
	assert_clean();
	/* What does not hash goes to the primary. */
	assert_true(deliver(own_mac, 60, 0));
	nic_poll(nic);
	assert_int_equal(hear(PACKET_XFER_PAGES)->channel, 0);
}

static void
a_full_queue_does_not_block_the_others(void **state)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };
	unsigned int i;

	(void)state;
	bring_up_channels(4);
	set_rss();
	for (i = 0; i < RECV_LEN / 1806; i++) {
		port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
		nic_poll(nic);
	}
	assert_true(nic_counters(nic)->rx_lost_queue > 0);
	assert_int_equal(nic_queue_counters(nic, 3)->rx_lost, nic_counters(nic)->rx_lost_queue);
	assert_int_equal(nic_queue_counters(nic, 3)->rx_frames, nic_counters(nic)->rx_frames);
	assert_null(nic_queue_counters(nic, 4));
	/* Its quarter and no more. */
	assert_true(nic_counters(nic)->rx_frames <= (RECV_LEN / 1806 - 16) / 4 + 3);
	while (fake_next() != NULL)
		;
	assert_true(deliver(own_mac, 60, 0));
	nic_poll(nic);
	assert_int_equal(hear(PACKET_XFER_PAGES)->channel, 0);
}

/* Deliver the frame that RSS leads to channel 3; where it came. */
static uint16_t
channel_of_flow(void)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };
	const struct fake_packet *packet;

	port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
	nic_poll(nic);
	packet = hear(PACKET_XFER_PAGES);
	fake.in_channel = packet->channel;
	give_back(packet->id);
	fake.in_channel = 0;
	return packet->channel;
}

static void
a_guest_may_ask_for_more_channels_and_for_fewer(void **state)
{
	(void)state;
	queues_max = 4;
	bring_up();
	queues_max = 1;
	assert_int_equal(ask_for_channels(1), SUCCESS);
	assert_int_equal(le32(hear(PACKET_INBAND)->payload + 40 + 8), 0);
	assert_int_equal(fake.subs, 1);
	/* The table leads to channels that are not open yet. */
	set_rss();
	assert_int_equal(rules.broken[RULE_RSS_CLOSED], 1);
	assert_int_equal(channel_of_flow(), 0);
	assert_int_equal(ask_for_channels(3), SUCCESS);
	assert_int_equal(le32(hear(PACKET_INBAND)->payload + 40 + 8), 2);
	assert_int_equal(fake.subs, 3);
	assert_int_equal(channel_of_flow(), 3);
	/* None is taken away, and those too many receive nothing. */
	assert_int_equal(ask_for_channels(2), SUCCESS);
	assert_int_equal(le32(hear(PACKET_INBAND)->payload + 40 + 12), 0);
	assert_int_equal(fake.subs, 3);
	assert_int_equal(channel_of_flow(), 0);
	assert_int_equal(ask_for_channels(0), SUCCESS);
	hear_nothing();
	assert_only_broken(RULE_RSS_CLOSED);
}

/* What the guest holds of a rescinded channel stays with it: 12 of 48 sections are the queue's. */
static void
a_rescinded_channels_frames_go_to_the_primary(void **state)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };
	uint64_t lost;

	(void)state;
	bring_up_channels(4);
	/* To the guest it is open: tables may name it. */
	assert_int_equal(nic_rescind_channel(nic, 2), 0);
	set_rss();
	assert_clean();
	port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
	nic_poll(nic);
	lost = hear(PACKET_XFER_PAGES)->id;
	/* What waits for the end of the turn is not lost with it. */
	port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
	assert_int_equal(nic_rescind_channel(nic, 3), 0);
	assert_int_equal(hear(PACKET_XFER_PAGES)->channel, 3);
	assert_int_equal(nic_counters(nic)->rx_frames, 2);
	assert_int_equal(channel_of_flow(), 0);
	for (unsigned int i = 0; i < 12; i++)
		assert_true(deliver(own_mac, 60, 0));
	nic_poll(nic);
	give_back(hear(PACKET_XFER_PAGES)->id);
	assert_clean();
	give_back(lost);
	assert_only_broken(RULE_RX_UNKNOWN);
}

static void
a_guest_ends_in_order_without_what_a_rescinded_channel_has(void **state)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };

	(void)state;
	bring_up_channels(4);
	set_rss();
	port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
	nic_poll(nic);
	hear(PACKET_XFER_PAGES);
	assert_int_equal(nic_rescind_channel(nic, 3), 0);
	set_filter(0);
	CONTROL(3, 12, 3);
	hear_status(SUCCESS);
	SAY(false, 103, 0xcafe);
	SAY(false, 106, 0xface);
	assert_only_broken(RULE_COUNT);
	fake_close();
	fake_open();
	bring_up_buffers();
	initialize();
	set_rss();
	assert_int_equal(rules.broken[RULE_RSS_CLOSED], 1);
}

static void
a_pause_ends_by_itself_or_when_told_and_loses_nothing(void **state)
{
	(void)state;
	bring_up();
	assert_int_equal(nic_resume(nic), NIC_TOLD_NOTHING);
	for (uint64_t ms = 0; ms < 2; ms++) {
		nic_pause(nic, ms * 50);
		put_packet(fake.send, 60, 0xaa);
		say_section(0, 104);
		hear_nothing();
		if (ms == 0)
			assert_int_equal(nic_resume(nic), NIC_TOLD);
		while (nic_poll(nic) == 0)
			;
		hear_status(SUCCESS);
		assert_int_equal(port->sent, ms + 1);
	}
	nic_pause(nic, UINT64_MAX);
	assert_int_equal(nic_poll(nic), 0);
	assert_clean();
}

static void
a_card_is_lost_at_the_packet_that_was_named(void **state)
{
	(void)state;
	lost_at = 2;
	start_with("default");
	lost_at = 0;
	SAY(true, 1, 0x60001, 0x60001);
	hear(PACKET_COMPLETION);
	assert_false(nic_is_lost(nic));
	SAY(true, 1, 0x60001, 0x60001);
	hear_nothing();
	assert_true(nic_is_lost(nic));
	assert_true(fake.killed);
	assert_int_equal(rules_broken(&rules), 0);
}

static void
only_an_open_subchannel_can_be_rescinded(void **state)
{
	(void)state;
	bring_up_channels(4);
	assert_int_equal(nic_rescind_channel(nic, 0), -ENOENT);
	assert_int_equal(nic_rescind_channel(nic, 4), -ENOENT);
	assert_int_equal(nic_rescind_channel(nic, 64), -ENOENT);
	assert_int_equal(nic_rescind_channel(nic, UINT64_MAX), -ENOENT);
	assert_int_equal(nic_rescind_channel(nic, 1), 0);
	assert_int_equal(nic_rescind_channel(nic, 1), -ENOENT);
	assert_clean();
}

static void
a_packet_is_given_back_where_it_came(void **state)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };
	uint64_t id;

	(void)state;
	bring_up_channels(4);
	set_rss();
	port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
	nic_poll(nic);
	id = hear(PACKET_XFER_PAGES)->id;
	fake.in_channel = 2;
	give_back(id);
	fake.in_channel = 0;
	assert_only_broken(RULE_RX_CHANNEL);
	assert_true(fake.killed);
}

static void
subchannels_are_for_data(void **state)
{
	(void)state;
	bring_up_channels(4);
	fake.in_channel = 1;
	put_packet(fake.send, 60, 0xaa);
	say_section(0, 104);
	hear_status(SUCCESS);
	assert_int_equal(port->sent, 1);
	assert_int_equal(nic_queue_counters(nic, 1)->tx_frames, 1);
	assert_clean();
	/* A keepalive: not an answer comes. */
	CONTROL(8, 12, 9);
	hear_status(FAIL);
	hear_nothing();
	assert_only_broken(RULE_NVSP_PRIMARY);
	assert_false(fake.killed);
	SAY(true, 133, 1, 3);
	hear_nothing();
	assert_true(fake.killed);
	assert_int_equal(rules.broken[RULE_NVSP_PRIMARY], 2);
	fake.in_channel = 0;
}

static void
a_new_guest_finds_one_channel_and_no_rss(void **state)
{
	(void)state;
	queues_max = 4;
	bring_up();
	queues_max = 1;
	assert_int_equal(ask_for_channels(3), SUCCESS);
	hear(PACKET_INBAND);
	set_rss();
	assert_int_equal(channel_of_flow(), 3);
	fake_close();
	fake_open();
	bring_up_buffers();
	initialize();
	set_filter(0x0d);
	assert_int_equal(channel_of_flow(), 0);
	assert_int_equal(fake.subs, 0);
	/* All receive sections are the one queue's again. */
	for (unsigned int i = 0; i < RECV_LEN / 1806 - 16; i++)
		assert_true(deliver(own_mac, 60, 0));
	assert_false(deliver(own_mac, 60, 0));
	assert_clean();
}

static uint32_t random_seed;

static uint32_t
random_below(uint32_t limit)
{
	random_seed = random_seed * 1664525 + 1013904223;
	return (random_seed >> 8) % limit;
}

/* What a guest does with its channels, in any order. */
static void
random_step(void)
{
	struct iovec seg = { (void *)(uintptr_t)flow, sizeof(flow) };
	const struct fake_packet *packet;

	switch (random_below(6)) {
	case 0:
		SAY(true, 133, 1, random_below(9));
		break;
	case 1:
		fake.in_channel = (uint16_t)random_below(fake.subs + 1);
		put_packet(fake.send, 60, 0);
		say_section(0, 104);
		fake.in_channel = 0;
		break;
	case 2:
		fake_close();
		fake_open();
		bring_up_buffers();
		initialize();
		set_filter(0x0d);
		set_rss();
		break;
	default:
		port_user_deliver(&port->port.user, &(struct frame){ &seg, 1, seg.iov_len });
		nic_poll(nic);
	}
	/* Some packets stay with the guest for a while. */
	while ((packet = fake_next()) != NULL) {
		if (packet->type != PACKET_XFER_PAGES || random_below(4) == 0)
			continue;
		fake.in_channel = packet->channel;
		give_back(packet->id);
		fake.in_channel = 0;
	}
}

static void
any_order_of_requests_for_channels_is_survived(void **state)
{
	(void)state;
	for (random_seed = 1; random_seed <= 20; random_seed++) {
		uint32_t seed = random_seed;

		queues_max = 8;
		bring_up();
		queues_max = 1;
		/* The table leads to channels that are not open yet. */
		set_rss();
		for (unsigned int step = 0; step < 300; step++) {
			random_step();
			fake.room = 1 << 20;
			fake.sent = fake.taken = 0;
		}
		assert_only_broken(RULE_RSS_CLOSED);
		assert_false(fake.killed);
		stop(NULL);
		random_seed = seed;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a guest comes up without breaking a rule", comes_up_without_a_broken_rule),
		CASE("a received frame has its header, its infos and its place",
		     frame_arrives_with_its_header),
		CASE("checksums of received frames are told as good or failed",
		     checksums_are_told_as_good_or_failed),
		CASE("checksums whose offload is off are not told",
		     checksums_that_are_off_are_not_told),
		CASE("OpenVMM sends a checksum info also when it knows nothing",
		     openvmm_always_sends_a_checksum_info),
		CASE("segments in order are delivered as one frame",
		     segments_are_delivered_as_one_frame),
		CASE("a coalesced frame does not outlive its packet",
		     coalesced_frame_does_not_outlive_its_packet),
		CASE("a segment with a wrong sum stays alone",
		     segment_with_a_wrong_sum_stays_alone),
		CASE("padding gets into no coalesced frame", padding_gets_into_no_coalesced_frame),
		CASE("nothing is coalesced unless both sides want it",
		     nothing_is_coalesced_unless_both_sides_want_it),
		CASE("a sum that is left to the card is told as stale",
		     sum_that_is_left_to_the_card_is_told_as_stale),
		CASE("a sum that is left to the card is filled in where offload is off",
		     sum_that_is_left_to_the_card_is_filled_in_where_offload_is_off),
		CASE("a frame of 64 KiB arrives in one section",
		     frame_of_64_kib_arrives_in_one_section),
		CASE("a batch is one packet and one completion",
		     batch_is_one_packet_and_one_completion),
		CASE("a repeated frame is whole in every section",
		     repeated_frame_is_whole_in_every_section),
		CASE("a kept frame is written to a section once",
		     kept_frame_is_written_to_a_section_once),
		CASE("a repeated frame is filtered as any other",
		     repeated_frame_is_filtered_as_any_other),
		CASE("a received tag travels beside the frame", tag_travels_beside_the_frame),
		CASE("the bits of the packet filter select frames", filter_bits_select_frames),
		CASE("OpenVMM's packet filter is on or off", openvmm_filter_is_on_or_off),
		CASE("the multicast list is honoured", multicast_list_is_honoured),
		CASE("a full ring stops reception", full_ring_stops_reception),
		CASE("a full ring delays completions and reading",
		     full_ring_delays_completions_and_reading),
		CASE("a send section carries a frame", section_carries_a_frame),
		CASE("data that is not to be seen is completed", unseen_data_is_completed),
		CASE("a send section carries eight frames", section_carries_eight_frames),
		CASE("a scattered frame is put together", scattered_frame_is_put_together),
		CASE("a section and page ranges make one message",
		     section_and_ranges_are_one_message),
		CASE("a tag of the guest is put into the frame", tag_is_put_into_the_frame),
		CASE("checksums that the guest asks for are computed", checksums_are_computed),
		CASE("a large send is cut into good segments", large_send_is_cut),
		CASE("segments have the numbers, flags and payload that NDIS says",
		     segments_have_what_ndis_says),
		CASE("a large send of IPv6 is cut, with extension headers too",
		     large_send_of_ipv6_is_cut),
		CASE("badly prepared large sends are named and sent",
		     badly_prepared_large_sends_are_named),
		CASE("a large send has a longest payload", large_send_has_a_longest_payload),
		CASE("work that is not switched on is named and done", work_that_is_off_is_named),
		CASE("checksum requests are compared with the frame",
		     checksum_requests_are_compared_with_the_frame),
		CASE("work is passed on to a port that takes it",
		     work_is_passed_on_to_a_port_that_takes_it),
		CASE("bad packets are refused, named, and the channel lives",
		     bad_packets_are_refused),
		CASE("a large send without a TCP header is refused",
		     large_send_without_tcp_header_is_refused),
		CASE("one bad message fails the whole packet",
		     one_bad_message_fails_the_whole_packet),
		CASE("bad manners are named and the frames pass",
		     manners_are_named_but_frames_pass),
		CASE("frames longer than the MTU are lost and named",
		     frames_longer_than_the_mtu_are_lost),
		CASE("a header outside the first page range is refused",
		     header_outside_the_first_range_is_refused),
		CASE("memory that is not the guest's is refused and named",
		     memory_that_is_not_the_guests_is_refused),
		CASE("a broken list of page ranges is fatal", broken_range_list_is_fatal),
		CASE("wrong completions are fatal and named", wrong_completions_are_fatal),
		CASE("a completion with other contents is fatal",
		     completion_with_other_contents_is_fatal),
		CASE("fatal control messages are completed, then there is silence",
		     fatal_control_messages_are_completed_first),
		CASE("queries and keepalives are answered", query_and_keepalive_are_answered),
		CASE("a guest that keeps control sections gets 16 answers",
		     guest_that_keeps_control_sections_gets_silence),
		CASE("more than 100 KiB of control messages are refused",
		     flood_of_control_messages_is_refused),
		CASE("an offload SET is followed by an indication",
		     offload_set_is_followed_by_an_indication),
		CASE("link changes are indicated and stop the traffic",
		     link_changes_are_indicated),
		CASE("a change of speed is told to guests that take it, others can ask",
		     speed_changes_are_told_to_whom_they_concern),
		CASE("a change of network is indicated", network_changes_are_indicated),
		CASE("a section may be used again only after its completion",
		     section_in_flight_is_not_used_again),
		CASE("an orderly end breaks no rule, and the next guest may come",
		     orderly_end_breaks_no_rule),
		CASE("revoke before halt and leftovers are named",
		     revoke_before_halt_and_leftovers_are_named),
		CASE("a dead channel stays dead until it is opened again",
		     dead_channel_stays_dead_until_reopened),
		CASE("data that asks for no completion is not served",
		     data_without_completion_is_not_served),
		CASE("subchannels are offered, then the send table is told",
		     subchannels_are_offered_and_then_the_table),
		CASE("subchannels are granted as the host likes",
		     subchannels_are_granted_as_the_host_likes),
		CASE("more subchannels are granted than asked for, by a bad host",
		     more_subchannels_are_granted_than_asked_for_by_a_bad_host),
		CASE("a packet is given back where it came",
		     a_packet_is_given_back_where_it_came),
		CASE("a rescinded channel's frames go to the primary",
		     a_rescinded_channels_frames_go_to_the_primary),
		CASE("a guest ends in order without what a rescinded channel has",
		     a_guest_ends_in_order_without_what_a_rescinded_channel_has),
		CASE("a pause ends by itself or when told, and loses nothing",
		     a_pause_ends_by_itself_or_when_told_and_loses_nothing),
		CASE("a card is lost at the packet that was named",
		     a_card_is_lost_at_the_packet_that_was_named),
		CASE("only an open subchannel can be rescinded",
		     only_an_open_subchannel_can_be_rescinded),
		CASE("subchannels are for data", subchannels_are_for_data),
		CASE("a new guest finds one channel and no RSS",
		     a_new_guest_finds_one_channel_and_no_rss),
		CASE("any order of requests for channels is survived",
		     any_order_of_requests_for_channels_is_survived),
		CASE("every queue has a receive section, or is not granted",
		     every_queue_has_a_receive_section_or_is_not_granted),
		CASE("a guest may ask for more channels, and for fewer",
		     a_guest_may_ask_for_more_channels_and_for_fewer),
		CASE("frames go to the channel that the table says, with their hash",
		     frames_go_where_the_table_says),
		CASE("a queue that is full does not block the others",
		     a_full_queue_does_not_block_the_others),
		CASE("random packets are survived", random_packets_are_survived),
	};

	return cmocka_run_group_tests_name("host nic", tests, NULL, NULL);
}
