/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The same frame many times, for measurements: the first goes the way of all
 * frames, the others are copies of the message that it became, or sections in
 * which such a copy stands already. So the host costs less for a frame than any
 * driver.
 */

#include <string.h>

#include "nic_private.h"

/* What tells a message from others; never 0. */
static uint32_t
repeat_digest(const uint8_t *message, size_t len)
{
	uint64_t digest = len, word;

	for (size_t at = 0; at < len; at += sizeof(word)) {
		word = 0;
		memcpy(&word, message + at, len - at < sizeof(word) ? len - at : sizeof(word));
		digest = (digest ^ word) * 0x9e3779b97f4a7c15ULL;
		digest ^= digest >> 32;
	}
	return (uint32_t)digest | 1;
}

/* Behind the message that is the last of the batch, so many like it; how many found room. */
static unsigned int
repeat_last(struct nic_channel *ch, unsigned int count, bool keeps)
{
	struct nic *nic = ch->nic;
	struct rxbuf_section *books = nic->rxbuf.section;
	uint32_t id = ch->batch.chain.last;
	const uint8_t *message = nic_section(nic, id);
	size_t len = ch->batch.last.frame_offset + ch->batch.last.frame_len;
	uint32_t content = keeps ? repeat_digest(message, len) : 0;
	unsigned int n;

	books[id].content = content;
	for (n = 0; n < count && nic_rx_prepare(ch); n++) {
		id = ch->batch.spare;
		ch->batch.spare = RXBUF_NONE;
		if (content == 0 || books[id].content != content)
			memcpy(nic_section(nic, id), message, len);
		books[id].content = content;
		nic_rx_add(ch, id);
	}
	nic->counters.rx_frames += n;
	nic->counters.rx_bytes += (uint64_t)n * ch->batch.last.frame_len;
	ch->counters.rx_frames += n;
	return n;
}

unsigned int
nic_rx_repeat(void *ctx, const struct frame *frame, unsigned int count, bool keeps)
{
	struct nic *nic = ctx;
	struct nic_channel *ch;
	size_t room;
	uint8_t *place = nic_rx_begin(nic, &room);

	if (place == NULL || frame->len > room)
		return 0;
	/* If that is a section it holds something else from now on, whatever comes. */
	if (nic->channel[0].batch.spare != RXBUF_NONE)
		nic->rxbuf.section[nic->channel[0].batch.spare].content = 0;
	frame_copy(frame, 0, place, frame->len);
	ch = nic_rx_take(nic, frame->len, NULL);
	/* A capture wants to see them all. */
	if (ch == NULL || nic->capture != NULL)
		return 1;
	return 1 + repeat_last(ch, count - 1, keeps);
}
