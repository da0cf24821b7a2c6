/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "limit.h"

#define ALL_LEN (2 * (size_t)LIMIT_RING_LEN + LIMIT_RXBUF_LEN + LIMIT_TXBUF_LEN)

int
limit_memory_map(struct limit_memory *memory)
{
	int fd = memfd_create("limit", MFD_CLOEXEC), ret = 0;
	uint8_t *all;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)ALL_LEN) < 0) {
		ret = -errno;
		goto close;
	}
	all = mmap(NULL, ALL_LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (all == MAP_FAILED) {
		ret = -errno;
		goto close;
	}
	memory->in = (struct limit_ring *)(void *)all;
	memory->out = (struct limit_ring *)(void *)(all + LIMIT_RING_LEN);
	memory->rxbuf = all + 2 * LIMIT_RING_LEN;
	memory->txbuf = memory->rxbuf + LIMIT_RXBUF_LEN;
close:
	close(fd);
	return ret;
}

void
limit_memory_unmap(struct limit_memory *memory)
{
	if (memory->in != NULL)
		munmap(memory->in, ALL_LEN);
	memory->in = NULL;
}

void
limit_end_init(struct limit_end *end, struct limit_ring *ring, uint32_t packet_len)
{
	end->ring = ring;
	end->packet_len = packet_len;
	end->size = (uint32_t)sizeof(ring->data) / packet_len * packet_len;
	end->index = 0;
	end->other = 0;
}

uint32_t
limit_xfer_len(uint32_t ranges)
{
	return (uint32_t)(sizeof(struct limit_xfer) + ranges * sizeof(struct limit_range) +
			  sizeof(struct limit_nvsp) + sizeof(uint64_t));
}
