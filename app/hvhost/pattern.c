/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See pattern.h.
 */

#include <string.h>

#include "pattern.h"

#define PATTERN_MAGIC 0x68766731u		/* "hvg1" */
#define PATTERN_OFFSET 42u			/* behind Ethernet, IPv4 and UDP */
#define PATTERN_HEADER_ONLY 1u
#define FLOW_HOSTS 254u			/* addresses of flows, from x.x.x.1; more differ in the port */
#define PATTERN_STEPS 512u			/* distinct starts in the filling */

/* The 18 bytes that identify a frame. */
struct __attribute__((packed)) pattern_mark {
	uint32_t magic;
	uint8_t stream;
	uint8_t flags;
	uint64_t seq;
	uint32_t check;
};

static struct pattern_stream streams[PATTERN_STREAMS];

struct pattern_stream *
pattern_stream(unsigned int id)
{
	return &streams[id];
}

uint32_t
pattern_hash(uint64_t number)
{
	number ^= number >> 33;
	number *= 0xff51afd7ed558ccdULL;
	number ^= number >> 33;
	number *= 0xc4ceb9fe1a85ec53ULL;
	return (uint32_t)(number >> 32);
}

/* What the bytes after the mark of frame seq are. */
static const uint8_t *
pattern_filling(uint64_t seq)
{
	static uint64_t words[PATTERN_STEPS + FRAME_MAX / 8 + 1];

	if (words[0] == 0) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			words[i] = (uint64_t)pattern_hash(2 * i + 1) << 32 |
				   (pattern_hash(2 * i + 2) | 1);
	}
	return (const uint8_t *)&words[seq % PATTERN_STEPS];
}

static uint32_t
pattern_mark_check(const struct pattern_mark *mark, size_t len)
{
	return pattern_hash(mark->seq ^ (uint64_t)len << 40 ^ (uint64_t)mark->stream << 32 ^
			    (uint64_t)mark->flags << 24);
}

void
pattern_writer_init(struct pattern_writer *writer, unsigned int stream,
		    const uint8_t to[ETHER_ADDR_LEN])
{
	const uint8_t header[PATTERN_OFFSET] = {
		[6] = 0x02, 0x68, 0x76, 0x67, 0x00, (uint8_t)stream,	/* from */
		[12] = 0x08, 0x00,					/* IPv4 */
		[14] = 0x45, [22] = 64, 17,				/* TTL, UDP */
		[26] = 198, 18, (uint8_t)stream, 1,			/* benchmarking range */
		[30] = 198, 19, (uint8_t)stream, 1,
		[34] = 0xc0, 0x00, 0x00, 0x09,				/* to port discard */
	};

	memset(writer, 0, sizeof(*writer));
	memcpy(writer->header, header, sizeof(header));
	memcpy(writer->header, to, ETHER_ADDR_LEN);
	writer->stream = (uint8_t)stream;
	pattern_set_flows(writer, 1);
	for (unsigned int i = 14; i < 34; i += 2)
		writer->ip_sum += (uint32_t)header[i] << 8 | header[i + 1];
}

void
pattern_set_flows(struct pattern_writer *writer, uint32_t flows)
{
	writer->flows = flows;
	streams[writer->stream].flows = flows;
}

static void
put_be16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

void
pattern_write(const struct pattern_writer *writer, uint8_t *frame, size_t len, uint64_t seq)
{
	struct pattern_mark mark = {
		.magic = PATTERN_MAGIC,
		.stream = writer->stream,
		.flags = writer->header_only ? PATTERN_HEADER_ONLY : 0,
		.seq = seq,
	};
	uint32_t ip_len = (uint32_t)len - ETHER_HDR_LEN;
	uint32_t flow = (uint32_t)(seq % writer->flows);
	uint32_t host = flow % FLOW_HOSTS;
	uint32_t sum = writer->ip_sum + host + ip_len;

	memcpy(frame, writer->header, sizeof(writer->header));
	frame[29] = (uint8_t)(1 + host);
	put_be16(frame + 34, 0xc000 + flow / FLOW_HOSTS);
	put_be16(frame + 16, ip_len);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put_be16(frame + 24, ~sum);
	put_be16(frame + 38, ip_len - 20);

	mark.check = pattern_mark_check(&mark, len);
	memcpy(frame + PATTERN_OFFSET, &mark, sizeof(mark));
	if (!writer->header_only)
		memcpy(frame + PATTERN_FRAME_MIN, pattern_filling(seq), len - PATTERN_FRAME_MIN);
}

/* Whether the bytes behind the mark are those of this number. */
static bool
pattern_filling_matches(const struct frame *frame, uint64_t seq)
{
	const uint8_t *expected = pattern_filling(seq);
	size_t skip = PATTERN_FRAME_MIN;

	for (unsigned int i = 0; i < frame->n; i++) {
		const struct iovec *seg = &frame->seg[i];

		if (skip >= seg->iov_len) {
			skip -= seg->iov_len;
			continue;
		}
		if (memcmp((const uint8_t *)seg->iov_base + skip, expected,
			   seg->iov_len - skip) != 0)
			return false;
		expected += seg->iov_len - skip;
		skip = 0;
	}
	return true;
}

static bool
stream_test_and_set(struct pattern_stream *stream, uint64_t seq)
{
	uint64_t *word = &stream->seen[seq % PATTERN_WINDOW / 64];
	uint64_t bit = 1ULL << seq % 64;
	bool was = (*word & bit) != 0;

	*word |= bit;
	return was;
}

/* Forget numbers that fall out of the window when seq becomes the highest. */
static void
stream_advance(struct pattern_stream *stream, uint64_t seq)
{
	if (seq - stream->next >= PATTERN_WINDOW) {
		memset(stream->seen, 0, sizeof(stream->seen));
	} else {
		for (uint64_t i = stream->next; i <= seq; i++)
			stream->seen[i % PATTERN_WINDOW / 64] &= ~(1ULL << i % 64);
	}
	stream->next = seq + 1;
}

/* Whether a later frame of its flow was here before this one. */
static bool
stream_flow_is_late(struct pattern_stream *stream, uint64_t seq)
{
	uint64_t *next = &stream->flow_next[stream->flows > 1 ? seq % stream->flows : 0];
	bool late = seq < *next;

	if (!late)
		*next = seq + 1;
	return late;
}

static enum pattern_verdict
stream_note(struct pattern_stream *stream, uint64_t seq)
{
	bool late = stream_flow_is_late(stream, seq);

	if (seq >= stream->next)
		stream_advance(stream, seq);
	if (stream->next - seq > PATTERN_WINDOW || stream_test_and_set(stream, seq)) {
		stream->duplicated++;
		return PATTERN_DUPLICATED;
	}
	stream->unique++;
	if (!late)
		return PATTERN_NEW;
	stream->reordered++;
	return PATTERN_REORDERED;
}

enum pattern_verdict
pattern_check(const struct frame *frame)
{
	struct pattern_mark mark;

	if (frame->len < PATTERN_FRAME_MIN || frame->len > FRAME_MAX)
		return PATTERN_FOREIGN;
	frame_copy(frame, PATTERN_OFFSET, &mark, sizeof(mark));
	if (mark.magic != PATTERN_MAGIC)
		return PATTERN_FOREIGN;
	if (mark.check != pattern_mark_check(&mark, frame->len))
		return PATTERN_CORRUPTED;
	if (!(mark.flags & PATTERN_HEADER_ONLY) && !pattern_filling_matches(frame, mark.seq))
		return PATTERN_CORRUPTED;
	return stream_note(&streams[mark.stream], mark.seq);
}
