/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See frame.h.
 */

#include <string.h>

#include "frame.h"

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
frame_copy(const struct frame *frame, size_t offset, void *to, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < frame->n && done < len; i++) {
		const struct iovec *seg = &frame->seg[i];
		size_t part;

		if (offset >= seg->iov_len) {
			offset -= seg->iov_len;
			continue;
		}
		part = min_size(seg->iov_len - offset, len - done);
		memcpy((uint8_t *)to + done, (const uint8_t *)seg->iov_base + offset, part);
		done += part;
		offset = 0;
	}
	return done;
}

unsigned int
frame_slice(const struct frame *frame, size_t offset, size_t len, struct iovec *seg,
	    unsigned int max)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < frame->n && len > 0; i++) {
		const struct iovec *from = &frame->seg[i];

		if (offset >= from->iov_len) {
			offset -= from->iov_len;
			continue;
		}
		if (n == max)
			return 0;
		seg[n].iov_base = (uint8_t *)from->iov_base + offset;
		seg[n].iov_len = min_size(from->iov_len - offset, len);
		len -= seg[n].iov_len;
		offset = 0;
		n++;
	}
	return len == 0 ? n : 0;
}
