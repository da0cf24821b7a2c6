/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See pcapng.h.
 */

#include <string.h>

#include "pcapng.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define TIME_IN_NANOSECONDS 9u		/* tenth powers of a second */

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_INTERFACE_NAME = 2,
	OPTION_INTERFACE_DESCRIPTION = 3,
	OPTION_SECTION_PROGRAM = 4,
	OPTION_PACKET_FLAGS = 2,
	OPTION_INTERFACE_TIME = 9,
};

enum { FLAG_INBOUND = 1, FLAG_OUTBOUND = 2 };

#define BLOCK_FRAME_LEN 12u		/* type, length, length again */
#define OPTION_HEAD_LEN 4u

struct option {
	uint16_t code;
	const void *value;
	size_t len;
};

static size_t
pad4(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static size_t
options_len(const struct option *option)
{
	size_t len = OPTION_HEAD_LEN;	/* of the end */

	for (; option->code != OPTION_END; option++)
		len += OPTION_HEAD_LEN + pad4(option->len);
	return len;
}

static void
put_padding(FILE *out, size_t len)
{
	static const uint8_t zeros[4];

	fwrite(zeros, 1, pad4(len) - len, out);
}

static void
put_u32(FILE *out, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, out);
}

/* The end of a block: its options, and its length once more. */
static void
put_tail(FILE *out, const struct option *option, size_t block_len)
{
	for (; option->code != OPTION_END; option++) {
		const uint16_t head[] = { option->code, (uint16_t)option->len };

		fwrite(head, sizeof(head), 1, out);
		fwrite(option->value, 1, option->len, out);
		put_padding(out, option->len);
	}
	put_u32(out, OPTION_END);
	put_u32(out, (uint32_t)block_len);
}

static void
put_block(FILE *out, uint32_t type, const void *body, size_t body_len,
	  const struct option *options)
{
	size_t len = BLOCK_FRAME_LEN + body_len + options_len(options);

	put_u32(out, type);
	put_u32(out, (uint32_t)len);
	fwrite(body, 1, body_len, out);
	put_tail(out, options, len);
}

void
pcapng_write_section(FILE *out, const char *program)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t len[2];	/* not known beforehand: all ones */
	} body = { BYTE_ORDER_MAGIC, 1, 0, { UINT32_MAX, UINT32_MAX } };

	put_block(out, BLOCK_SECTION, &body, sizeof(body), (const struct option[]){
		{ OPTION_SECTION_PROGRAM, program, strlen(program) },
		{ OPTION_END, NULL, 0 },
	});
}

void
pcapng_write_interface(FILE *out, const char *name, const char *description, uint32_t snap_len)
{
	const struct {
		uint16_t link_type, reserved;
		uint32_t snap_len;
	} body = { LINKTYPE_ETHERNET, 0, snap_len };
	const uint8_t time = TIME_IN_NANOSECONDS;

	put_block(out, BLOCK_INTERFACE, &body, sizeof(body), (const struct option[]){
		{ OPTION_INTERFACE_NAME, name, strlen(name) },
		{ OPTION_INTERFACE_DESCRIPTION, description, strlen(description) },
		{ OPTION_INTERFACE_TIME, &time, sizeof(time) },
		{ OPTION_END, NULL, 0 },
	});
}

/* The frame's first len bytes. */
static void
put_frame(FILE *out, const struct frame *frame, size_t len)
{
	size_t left = len;

	for (unsigned int i = 0; i < frame->n && left > 0; i++) {
		size_t part = frame->seg[i].iov_len < left ? frame->seg[i].iov_len : left;

		fwrite(frame->seg[i].iov_base, 1, part, out);
		left -= part;
	}
	put_padding(out, len);
}

void
pcapng_write_packet(FILE *out, const struct pcapng_packet *packet)
{
	size_t frame_len = packet->frame->len;
	size_t len = frame_len < packet->snap_len ? frame_len : packet->snap_len;
	const uint32_t flags = packet->is_outbound ? FLAG_OUTBOUND : FLAG_INBOUND;
	const struct option options[] = {
		{ OPTION_PACKET_FLAGS, &flags, sizeof(flags) },
		{ OPTION_COMMENT, packet->comment, strlen(packet->comment) },
		{ OPTION_END, NULL, 0 },
	};
	const uint32_t head[] = {
		packet->interface,
		(uint32_t)(packet->time_ns >> 32), (uint32_t)packet->time_ns,
		(uint32_t)len, (uint32_t)frame_len,
	};
	size_t block_len = BLOCK_FRAME_LEN + sizeof(head) + pad4(len) + options_len(options);

	put_u32(out, BLOCK_PACKET);
	put_u32(out, (uint32_t)block_len);
	fwrite(head, sizeof(head), 1, out);
	put_frame(out, packet->frame, len);
	put_tail(out, options, block_len);
}
