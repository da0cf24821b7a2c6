/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's captures, read back block by block. That Wireshark reads them too is
 * tested end to end.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture.h"
#include "host_test.h"
#include "log.h"

#define FILE_MAX 8192u

static char path[] = "/tmp/hvcXXXXXX";
static uint8_t file[FILE_MAX];
static size_t file_len, at;

static const uint8_t bytes[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 'a', 'b', 'c', 'd', 'e',
};

static struct capture *
begin(uint32_t snap_len)
{
	struct capture *capture = capture_open(path, 3, snap_len);

	assert_non_null(capture);
	return capture;
}

/* End the capture and take the file's bytes. */
static void
end(struct capture *capture)
{
	FILE *in;

	capture_close(capture);
	in = fopen(path, "r");
	assert_non_null(in);
	file_len = fread(file, 1, sizeof(file), in);
	fclose(in);
	at = 0;
}

/* The next block of this type; its length is said twice, and is a multiple of 4. */
static const uint8_t *
next_block(uint32_t type)
{
	const uint8_t *block = file + at;
	uint32_t len = le32(block + 4);

	assert_true(at + 12 <= file_len);
	assert_int_equal(le32(block), type);
	assert_int_equal(len % 4, 0);
	assert_true(len >= 12 && at + len <= file_len);
	assert_int_equal(le32(block + len - 4), len);
	at += len;
	return block;
}

/* The value of an option behind the first offset bytes of a block. */
static const uint8_t *
option(const uint8_t *block, size_t offset, uint16_t code, size_t *len)
{
	const uint8_t *end_of_block = block + le32(block + 4) - 4;
	const uint8_t *o = block + offset;

	/* Each turn goes on by at least 4 bytes. */
	while (o < end_of_block && (o[0] | o[1] << 8) != 0) {
		*len = (size_t)(o[2] | o[3] << 8);
		if ((o[0] | o[1] << 8) == code)
			return o + 4;
		o += 4 + ((*len + 3) & ~(size_t)3);
	}
	fail_msg("there is no option %u", code);
	return NULL;
}

static void
assert_text_option(const uint8_t *block, size_t offset, uint16_t code, const char *text)
{
	size_t len = 0;
	const uint8_t *value = option(block, offset, code, &len);

	assert_int_equal(len, strlen(text));
	assert_memory_equal(value, text, len);
}

static void
skip_head(void)
{
	next_block(0x0a0d0d0a);
	next_block(1);
	next_block(1);
}

static void
assert_packet(uint32_t interface, uint32_t flags, const void *frame, uint32_t len,
	      const char *comment)
{
	const uint8_t *block = next_block(6);
	size_t options = 28 + ((len + 3) & ~3u), flags_len = 0;

	assert_int_equal(le32(block + 8), interface);
	assert_int_equal(le32(block + 20), len);
	assert_memory_equal(block + 28, frame, len);
	assert_int_equal(le32(option(block, options, 2, &flags_len)), flags);
	assert_int_equal(flags_len, 4);
	assert_text_option(block, options, 1, comment);
}

static const struct frame *
plain_frame(void)
{
	static struct iovec seg[2] = {
		{ (void *)(uintptr_t)bytes, 5 },
		{ (void *)(uintptr_t)(bytes + 5), sizeof(bytes) - 5 },
	};
	static const struct frame frame = { seg, 2, sizeof(bytes) };

	return &frame;
}

static void
file_has_two_interfaces_in_nanoseconds(void **state)
{
	static const char *const names[] = { "nic3", "nic3-guest" };
	const uint8_t *block;
	size_t len = 0;

	(void)state;
	end(begin(96));
	block = next_block(0x0a0d0d0a);
	assert_int_equal(le32(block + 8), 0x1a2b3c4d);
	assert_int_equal(le32(block + 12), 1);
	assert_text_option(block, 24, 4, "hvhost");
	for (unsigned int i = 0; i < 2; i++) {
		block = next_block(1);
		assert_int_equal(le32(block + 8), 1);
		assert_int_equal(le32(block + 12), 96);
		assert_text_option(block, 16, 2, names[i]);
		assert_int_equal(*option(block, 16, 9, &len), 9);
	}
	assert_int_equal(at, file_len);
}

static void
received_frame_gets_its_tag_back(void **state)
{
	struct rndis_rx_info info = {
		.checksum = RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_UDP_FAILED,
		.has_hash = true, .hash = 0xdeadbeef, .hash_info = 0x101,
		.is_tagged = true, .tci = 0x6005,
	};
	struct capture *capture = begin(0);
	uint8_t tagged[sizeof(bytes) + 4];

	(void)state;
	memcpy(tagged, bytes, 12);
	memcpy(tagged + 12, "\x81\x00\x60\x05", 4);
	memcpy(tagged + 16, bytes + 12, sizeof(bytes) - 12);
	capture_received(capture, 2, plain_frame(), &info);
	info = (struct rndis_rx_info){ .fragment = FRAGMENT_LAST, .packet_id = 9 };
	capture_received(capture, 0, plain_frame(), &info);
	end(capture);
	skip_head();
	assert_packet(0, 1, tagged, sizeof(tagged),
		      "queue 2; checksums: IP good UDP failed; hash 0xdeadbeef of kind 0x101; "
		      "VLAN 5 priority 3");
	assert_packet(0, 1, bytes, sizeof(bytes),
		      "queue 0; joined to the frame before, RSC packet 9");
	assert_int_equal(at, file_len);
}

static void
sent_frame_is_shown_before_and_after_its_work(void **state)
{
	const struct rndis_packet sums = { .checksum = TX_CHECKSUM_IPV4 | TX_CHECKSUM_TCP };
	const struct rndis_packet large = {
		.is_large_send = true, .mss = 1448, .is_tagged = true, .tci = 7,
	};
	struct capture *capture = begin(0);

	(void)state;
	capture_given(capture, 1, plain_frame(), &sums);
	capture_sent(capture, 1, plain_frame(), &sums, true);
	capture_sent(capture, 1, plain_frame(), &sums, false);
	capture_sent(capture, 0, plain_frame(), &large, true);
	end(capture);
	skip_head();
	assert_packet(1, 2, bytes, sizeof(bytes), "queue 1; wants checksums: TCP");
	assert_packet(0, 2, bytes, sizeof(bytes), "queue 1; checksums computed: TCP");
	assert_packet(0, 2, bytes, sizeof(bytes), "queue 1; checksums passed on: TCP");
	assert_packet(0, 2, bytes, sizeof(bytes),
		      "queue 0; large send with MSS 1448; VLAN 7 priority 0");
	assert_int_equal(at, file_len);
}

static void
frame_is_cut_and_its_length_told(void **state)
{
	const struct rndis_packet none = { 0 };
	struct capture *capture = begin(7);

	(void)state;
	capture_sent(capture, 0, plain_frame(), &none, true);
	end(capture);
	skip_head();
	assert_int_equal(le32(file + at + 24), sizeof(bytes));
	assert_packet(0, 2, bytes, 7, "queue 0");
}

static void
full_disk_ends_the_capture_alone(void **state)
{
	const struct rndis_packet none = { 0 };
	static uint8_t large[60000];
	struct iovec seg = { large, sizeof(large) };
	const struct frame frame = { &seg, 1, sizeof(large) };
	struct capture *capture = capture_open("/dev/full", 0, 0);

	(void)state;
	assert_non_null(capture);
	for (unsigned int i = 0; i < 100; i++)
		capture_sent(capture, 0, &frame, &none, true);
	capture_close(capture);
	/* Nothing but what a buffer holds: the end of it finds the disk full. */
	capture_close(capture_open("/dev/full", 0, 0));
}

static void
file_that_cannot_be_made_is_named(void **state)
{
	char sentence[128] = "";

	(void)state;
	log_usage_into(sentence, sizeof(sentence));
	assert_null(capture_open("/nonexistent/file", 0, 0));
	log_usage_into(NULL, 0);
	assert_string_equal(sentence, "cannot write the capture /nonexistent/file: "
			    "No such file or directory");
}

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a file begins with two interfaces, timed in nanoseconds",
		     file_has_two_interfaces_in_nanoseconds),
		CASE("a received frame gets its tag back, and a comment",
		     received_frame_gets_its_tag_back),
		CASE("a sent frame is shown before and after its work",
		     sent_frame_is_shown_before_and_after_its_work),
		CASE("a frame is cut and its length told", frame_is_cut_and_its_length_told),
		CASE("a full disk ends the capture and nothing else",
		     full_disk_ends_the_capture_alone),
		CASE("a file that cannot be made is named", file_that_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests_name("host capture", tests, make_file, remove_file);
}
