/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "numbered.h"

#define MAGIC "1gvh"
#define MARK_OFFSET 42u
#define FRAME_LEN_MAX 9014u
/* The filling of a frame begins at one of so many words, which its number chooses. */
#define STARTS 512u
#define WORDS (STARTS + FRAME_LEN_MAX / 8 + 1)

/* Little-endian, without gaps. */
struct __attribute__((packed)) mark {
	char magic[4];
	uint8_t stream;
	uint8_t flags;			/* 0: all bytes are filled */
	uint64_t seq;
	uint32_t check;
};

static uint64_t words[WORDS];

static uint32_t
scatter(uint64_t number)
{
	number = (number ^ number >> 33) * UINT64_C(0xff51afd7ed558ccd);
	number = (number ^ number >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(number >> 32);
}

void
numbered_init(void)
{
	uint64_t i;

	for (i = 0; i < WORDS; i++)
		words[i] = rte_cpu_to_le_64((uint64_t)scatter(2 * i + 1) << 32 |
					    scatter(2 * i + 2) | 1);
}

static struct mark
mark_of(uint32_t len, uint8_t stream, uint64_t seq)
{
	struct mark mark = { .stream = stream, .seq = rte_cpu_to_le_64(seq) };

	memcpy(mark.magic, MAGIC, sizeof(mark.magic));
	mark.check = rte_cpu_to_le_32(scatter(seq ^ (uint64_t)len << 40 ^
					      (uint64_t)stream << 32));
	return mark;
}

void
numbered_write(uint8_t *frame, uint32_t len, uint8_t stream, uint64_t seq)
{
	struct mark mark = mark_of(len, stream, seq);

	memcpy(frame + MARK_OFFSET, &mark, sizeof(mark));
	memcpy(frame + NUMBERED_LEN_MIN, &words[seq % STARTS], len - NUMBERED_LEN_MIN);
}

bool
numbered_check(const struct rte_mbuf *m, uint32_t len, uint64_t *seq)
{
	uint8_t room[FRAME_LEN_MAX];
	struct mark mark, expected;
	const uint8_t *frame;

	if (rte_pktmbuf_pkt_len(m) != len)
		return false;
	frame = rte_pktmbuf_read(m, 0, len, room);
	if (frame == NULL)
		return false;
	memcpy(&mark, frame + MARK_OFFSET, sizeof(mark));
	*seq = rte_le_to_cpu_64(mark.seq);
	expected = mark_of(len, mark.stream, *seq);
	return memcmp(&mark, &expected, sizeof(mark)) == 0 &&
	       memcmp(frame + NUMBERED_LEN_MIN, &words[*seq % STARTS],
		      len - NUMBERED_LEN_MIN) == 0;
}
