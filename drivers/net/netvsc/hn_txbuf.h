/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The books of one transmit queue: which descriptors, which sections of the
 * send buffer and which bounce buffers are free, and which the host has. Pure: no
 * device, no lock; one thread at a time.
 *
 * What is with the host is known to it by a transaction id: the descriptor's
 * index and a generation that changes with each use, so that a forged, repeated
 * or late completion is told from a true one.
 */

#ifndef _HN_TXBUF_H_
#define _HN_TXBUF_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mbuf;

/** No section: the packet's data are in its mbufs. */
#define HN_TXBUF_NO_SECTION UINT32_MAX
/** Bounce buffers of a queue, for frames in more pieces than a host takes. */
#define HN_TXBUF_BOUNCES 4
/** No bounce buffer. */
#define HN_TXBUF_NO_BOUNCE UINT8_MAX

/** What is added to a descriptor's id with each use. */
#define HN_TXBUF_GENERATION (1u << 16)

/** Something that the host has or may get. */
struct hn_txdesc {
	struct rte_mbuf *mbuf;		/**< to be freed on completion; NULL if copied */
	uint32_t section;		/**< or HN_TXBUF_NO_SECTION */
	uint32_t id;			/**< generation << 16 | index */
	uint16_t packets;		/**< frames in it */
	uint8_t bounce;			/**< or HN_TXBUF_NO_BOUNCE */
	bool in_use;
};

struct hn_txbuf {
	struct hn_txdesc *desc;
	uint16_t *free_desc;		/**< a stack of indexes */
	uint32_t *free_section;		/**< a stack of section numbers */
	uint16_t desc_count;
	uint16_t free_desc_count;
	uint32_t section_count;
	uint32_t free_section_count;
	uint8_t free_bounce[HN_TXBUF_BOUNCES];	/**< a stack, too */
	uint8_t free_bounce_count;
};

/** Bytes of memory for hn_txbuf_init(). */
size_t hn_txbuf_mem_len(uint16_t desc_count, uint32_t section_count);

/**
 * Everything is free.
 *
 * @param mem
 *   hn_txbuf_mem_len() zeroed bytes, 8-byte aligned; the caller frees them.
 * @param first_section
 *   The queue's share of the send buffer begins here.
 */
void hn_txbuf_init(struct hn_txbuf *buf, void *mem, uint16_t desc_count,
		   uint32_t first_section, uint32_t section_count);

/** Its place among the queue's. */
static inline uint16_t
hn_txbuf_index(const struct hn_txdesc *desc)
{
	return (uint16_t)desc->id;
}

/** @return a descriptor with nothing to it, or NULL if none is free. */
static inline struct hn_txdesc *
hn_txbuf_get_desc(struct hn_txbuf *buf)
{
	struct hn_txdesc *desc;

	if (buf->free_desc_count == 0)
		return NULL;
	desc = &buf->desc[buf->free_desc[--buf->free_desc_count]];
	desc->mbuf = NULL;
	desc->section = HN_TXBUF_NO_SECTION;
	desc->bounce = HN_TXBUF_NO_BOUNCE;
	desc->packets = 0;
	desc->id += HN_TXBUF_GENERATION;
	desc->in_use = true;
	return desc;
}

/** Give the descriptor a section. @return false if none is free. */
static inline bool
hn_txbuf_get_section(struct hn_txbuf *buf, struct hn_txdesc *desc)
{
	if (buf->free_section_count == 0)
		return false;
	desc->section = buf->free_section[--buf->free_section_count];
	return true;
}

/** Give the descriptor a bounce buffer. @return false if none is free. */
static inline bool
hn_txbuf_get_bounce(struct hn_txbuf *buf, struct hn_txdesc *desc)
{
	if (buf->free_bounce_count == 0)
		return false;
	desc->bounce = buf->free_bounce[--buf->free_bounce_count];
	return true;
}

/** Free the descriptor, its section and its bounce buffer; the mbuf is the caller's matter. */
static inline void
hn_txbuf_put(struct hn_txbuf *buf, struct hn_txdesc *desc)
{
	if (desc->section != HN_TXBUF_NO_SECTION)
		buf->free_section[buf->free_section_count++] = desc->section;
	if (desc->bounce != HN_TXBUF_NO_BOUNCE)
		buf->free_bounce[buf->free_bounce_count++] = desc->bounce;
	desc->in_use = false;
	buf->free_desc[buf->free_desc_count++] = hn_txbuf_index(desc);
}

/** @return the descriptor that the host has under this id, or NULL if it has none. */
static inline struct hn_txdesc *
hn_txbuf_find(struct hn_txbuf *buf, uint64_t id)
{
	struct hn_txdesc *desc;
	uint16_t index = (uint16_t)id;

	if (id > UINT32_MAX || index >= buf->desc_count)
		return NULL;
	desc = &buf->desc[index];
	return desc->in_use && desc->id == id ? desc : NULL;
}

/** @return the next descriptor in use at or behind *index, which moves; NULL at the end. */
struct hn_txdesc *hn_txbuf_next_used(struct hn_txbuf *buf, uint16_t *index);

#endif /* _HN_TXBUF_H_ */
