/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The RNDIS message around a frame that is received: checked before a byte of
 * it is used. Pure: memory in, memory out.
 */

#ifndef _HN_PKT_RX_H_
#define _HN_PKT_RX_H_

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_common.h>

#include "hn_compat.h"
#include "rndis.h"

/** Most per-packet info that is read of one message. */
#define HN_PPI_LEN_MAX 256u
/** Least offset of anything behind the header, as headers tell it. */
#define HN_PKT_BODY_MIN (sizeof(struct rndis_packet) - RNDIS_OFFSET_BASE)

/** What accompanied a frame from the host; offsets are from the message's start. */
struct hn_pkt_rx {
	uint32_t data_offset;
	uint32_t data_len;
	uint32_t seen;			/**< enum hn_pkt_rx_info: which of the following came */
	uint32_t vlan;			/**< as the host tells it: hn_pkt_vlan_from_ppi() */
	uint32_t checksum;		/**< enum rndis_rx_checksum */
	uint32_t hash;
	uint32_t hash_info;		/**< 0: the hash is none */
	struct rndis_packet_id part;
};

enum hn_pkt_rx_info {
	HN_PKT_RX_VLAN = 1 << 0,
	HN_PKT_RX_CHECKSUM = 1 << 1,
	HN_PKT_RX_HASH = 1 << 2,
	HN_PKT_RX_HASH_INFO = 1 << 3,
	HN_PKT_RX_PART = 1 << 4,
};

/** From the VLAN PPI's order back to that of a tag. */
static inline uint16_t
hn_pkt_vlan_from_ppi(uint32_t value)
{
	return (uint16_t)((value & RNDIS_VLAN_PRIORITY_MASK) << 13 |
			  (value & RNDIS_VLAN_CFI) << 9 |
			  (value >> RNDIS_VLAN_ID_SHIFT & 0xfff));
}

/** Where a walk over per-packet info stands. */
struct hn_ppi_walk {
	const uint8_t *pos;
	uint32_t left;
};

/** One item; data leads into the private copy that is walked. */
struct hn_ppi {
	uint32_t type;
	const uint8_t *data;
	uint32_t len;
};

/** 1: *item is the next one. 0: no more. -EBADMSG: the host sent nonsense. */
static inline int
hn_ppi_next(struct hn_ppi_walk *walk, struct hn_ppi *item)
{
	struct rndis_ppi hdr;

	if (walk->left == 0)
		return 0;
	if (walk->left < sizeof(hdr))
		return -EBADMSG;
	memcpy(&hdr, walk->pos, sizeof(hdr));
	if (hdr.size > walk->left || hdr.size % 4 != 0 ||
	    hdr.offset < sizeof(hdr) || hdr.offset > hdr.size)
		return -EBADMSG;
	item->type = hdr.type;
	item->data = walk->pos + hdr.offset;
	item->len = hdr.size - hdr.offset;
	walk->pos += hdr.size;		/* size >= offset >= 12: always forward */
	walk->left -= hdr.size;
	return 1;
}

/* Two ranges of bytes share one. */
static inline bool
hn_pkt_overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return a < b ? a_len > b - a : b_len > a - b;
}

/** What is read of a message's header. */
struct hn_pkt_head {
	uint32_t type, len;
	uint32_t data_offset, data_len;
	uint32_t ppi_offset, ppi_len;
};

/** A word wherever the host has put it. */
struct __rte_packed_begin hn_pkt_word {
	uint32_t value;
} __rte_packed_end;

/* Exactly one load: what was checked is what is used, whatever the compiler makes of it. */
static inline uint32_t
hn_pkt_load(const uint8_t *word)
{
	return ((const volatile struct hn_pkt_word *)word)->value;
}

static inline struct hn_pkt_head
hn_pkt_read_head(const uint8_t *msg)
{
	return (struct hn_pkt_head){
		.type = hn_pkt_load(msg + offsetof(struct rndis_packet, type)),
		.len = hn_pkt_load(msg + offsetof(struct rndis_packet, len)),
		.data_offset = hn_pkt_load(msg + offsetof(struct rndis_packet, data_offset)),
		.data_len = hn_pkt_load(msg + offsetof(struct rndis_packet, data_len)),
		.ppi_offset = hn_pkt_load(msg + offsetof(struct rndis_packet, ppi_offset)),
		.ppi_len = hn_pkt_load(msg + offsetof(struct rndis_packet, ppi_len)),
	};
}

/* Does the header fit a message of room bytes, and the frame that it tells of? No sum wraps. */
static inline bool
hn_pkt_is_valid(const struct hn_pkt_head *pkt, uint32_t room)
{
	return pkt->type == RNDIS_PACKET && pkt->len >= sizeof(struct rndis_packet) &&
	       pkt->len <= room && pkt->data_offset >= HN_PKT_BODY_MIN &&
	       (uint64_t)pkt->data_offset + pkt->data_len <= pkt->len - RNDIS_OFFSET_BASE;
}

/* The same for the per-packet info of a valid header that tells of some. */
static inline bool
hn_pkt_ppi_is_valid(const struct hn_pkt_head *pkt)
{
	return pkt->ppi_len <= HN_PPI_LEN_MAX && pkt->ppi_offset >= HN_PKT_BODY_MIN &&
	       (uint64_t)pkt->ppi_offset + pkt->ppi_len <= pkt->len - RNDIS_OFFSET_BASE &&
	       !hn_pkt_overlap(pkt->ppi_offset, pkt->ppi_len, pkt->data_offset, pkt->data_len);
}

/* Take the value of an info, unless one of its kind came before. */
static inline int
hn_pkt_rx_take(struct hn_pkt_rx *rx, uint32_t info, void *to, const struct hn_ppi *item)
{
	if ((rx->seen & info) != 0)
		return 0;
	if (item->len < sizeof(uint32_t))
		return -EBADMSG;
	rx->seen |= info;
	memcpy(to, item->data, sizeof(uint32_t));
	return 0;
}

static inline int
hn_pkt_rx_take_item(struct hn_pkt_rx *rx, const struct hn_ppi *item)
{
	switch (item->type) {
	case RNDIS_PPI_CHECKSUM:
		return hn_pkt_rx_take(rx, HN_PKT_RX_CHECKSUM, &rx->checksum, item);
	case RNDIS_PPI_VLAN:
		return hn_pkt_rx_take(rx, HN_PKT_RX_VLAN, &rx->vlan, item);
	case RNDIS_PPI_HASH_VALUE:
		return hn_pkt_rx_take(rx, HN_PKT_RX_HASH, &rx->hash, item);
	case RNDIS_PPI_HASH_INFO:
		return hn_pkt_rx_take(rx, HN_PKT_RX_HASH_INFO, &rx->hash_info, item);
	case RNDIS_PPI_INTERNAL | RNDIS_PPI_PACKET_ID:
		return hn_pkt_rx_take(rx, HN_PKT_RX_PART, &rx->part, item);
	default:
		return 0;
	}
}

/** Read the items that we know; others are skipped, the first of a kind counts. */
static inline int
hn_pkt_read_ppi(const uint8_t *ppi, uint32_t len, struct hn_pkt_rx *rx)
{
	struct hn_ppi_walk walk = { .pos = ppi, .left = len };
	struct hn_ppi item;
	int ret;

	while ((ret = hn_ppi_next(&walk, &item)) > 0) {
		ret = hn_pkt_rx_take_item(rx, &item);
		if (ret < 0)
			return ret;
	}
	return ret;
}

/* The info of a valid message. */
static inline int
hn_pkt_read_info(const uint8_t *msg, const struct hn_pkt_head *pkt, struct hn_pkt_rx *rx)
{
	uint8_t ppi[HN_PPI_LEN_MAX];

	if (!hn_pkt_ppi_is_valid(pkt))
		return -EBADMSG;
	memcpy(ppi, msg + RNDIS_OFFSET_BASE + pkt->ppi_offset, pkt->ppi_len);
	/* From here on the copy alone counts; the compiler must not go back to the original. */
	rte_compiler_barrier();
	return hn_pkt_read_ppi(ppi, pkt->ppi_len, rx);
}

/* Two words in a row, loaded together. */
struct __rte_packed_begin hn_pkt_words {
	uint64_t value;
} __rte_packed_end;

static inline uint64_t
hn_pkt_load_two(const uint8_t *words)
{
	return ((const volatile struct hn_pkt_words *)words)->value;
}

/**
 * The info of a valid message where it is what most have: the checksums alone,
 * between header and frame. Each word is loaded once.
 *
 * @return
 *   false if it is not that; *checksum is nothing then.
 */
static inline bool
hn_pkt_read_checksum(const uint8_t *msg, const struct hn_pkt_head *pkt, uint32_t *checksum)
{
	const uint32_t len = sizeof(struct rndis_ppi) + sizeof(uint32_t);
	const uint8_t *item = msg + RNDIS_OFFSET_BASE + pkt->ppi_offset;
	uint64_t size_type, offset_value;

	if (pkt->ppi_len != len || pkt->ppi_offset < HN_PKT_BODY_MIN ||
	    (uint64_t)pkt->ppi_offset + len > pkt->data_offset)
		return false;
	size_type = hn_pkt_load_two(item + offsetof(struct rndis_ppi, size));
	offset_value = hn_pkt_load_two(item + offsetof(struct rndis_ppi, offset));
	*checksum = (uint32_t)(offset_value >> 32);
	return size_type == ((uint64_t)RNDIS_PPI_CHECKSUM << 32 | len) &&
	       (uint32_t)offset_value == sizeof(struct rndis_ppi);
}

/* One that the usual frame has; false: of another kind, or one of its kind came before. */
static inline bool
hn_pkt_rx_take_usual(struct hn_pkt_rx *rx, uint32_t type, uint32_t value)
{
	uint32_t info;

	switch (type) {
	case RNDIS_PPI_CHECKSUM:
		info = HN_PKT_RX_CHECKSUM;
		rx->checksum = value;
		break;
	case RNDIS_PPI_HASH_VALUE:
		info = HN_PKT_RX_HASH;
		rx->hash = value;
		break;
	case RNDIS_PPI_HASH_INFO:
		info = HN_PKT_RX_HASH_INFO;
		rx->hash_info = value;
		break;
	default:
		return false;
	}
	if ((rx->seen & info) != 0)
		return false;
	rx->seen |= info;
	return true;
}

/**
 * The info of a valid message where it is the usual one: checksums and hash, a word
 * each, between header and frame. Each word is loaded once, so that nothing has
 * to be copied.
 *
 * @param rx
 *   Nothing was seen before.
 * @return
 *   false if there is anything else, or nonsense: hn_pkt_read() knows which.
 */
static inline bool
hn_pkt_read_usual_info(const uint8_t *msg, const struct hn_pkt_head *pkt, struct hn_pkt_rx *rx)
{
	const uint32_t len = sizeof(struct rndis_ppi) + sizeof(uint32_t);
	const uint8_t *item = msg + RNDIS_OFFSET_BASE + pkt->ppi_offset;
	uint32_t left;

	if (pkt->ppi_offset < HN_PKT_BODY_MIN ||
	    (uint64_t)pkt->ppi_offset + pkt->ppi_len > pkt->data_offset)
		return false;
	/* Each turn takes an item. */
	for (left = pkt->ppi_len; left >= len; left -= len, item += len) {
		if (hn_pkt_load(item + offsetof(struct rndis_ppi, size)) != len ||
		    hn_pkt_load(item + offsetof(struct rndis_ppi, offset)) !=
		    sizeof(struct rndis_ppi) ||
		    !hn_pkt_rx_take_usual(rx, hn_pkt_load(item + offsetof(struct rndis_ppi, type)),
					  hn_pkt_load(item + sizeof(struct rndis_ppi))))
			return false;
	}
	return left == 0;
}

/**
 * Check a message and find its frame.
 *
 * @param msg
 *   Memory that the host can rewrite while we look: each word of the header is
 *   loaded once, the info is copied once, and these are checked and used.
 * @param room
 *   Bytes of the range it lies in.
 * @return
 *   0 or -EBADMSG.
 */
static inline int
hn_pkt_read(const uint8_t *msg, uint32_t room, struct hn_pkt_rx *rx)
{
	struct hn_pkt_head pkt;

	if (room < sizeof(struct rndis_packet))
		return -EBADMSG;
	pkt = hn_pkt_read_head(msg);
	if (!hn_pkt_is_valid(&pkt, room))
		return -EBADMSG;
	rx->data_offset = RNDIS_OFFSET_BASE + pkt.data_offset;
	rx->data_len = pkt.data_len;
	rx->seen = 0;
	return pkt.ppi_len == 0 ? 0 : hn_pkt_read_info(msg, &pkt, rx);
}

/** Is the message a part of a coalesced frame? */
static inline bool
hn_pkt_rx_is_part(const struct hn_pkt_rx *rx)
{
	return (rx->seen & HN_PKT_RX_PART) != 0 && (rx->part.flags & RNDIS_PACKET_ID_PART) != 0;
}

/** Did the host hash the frame? A hash without info counts; an info of 0 says no. */
static inline bool
hn_pkt_rx_has_hash(const struct hn_pkt_rx *rx)
{
	return (rx->seen & HN_PKT_RX_HASH) != 0 &&
	       ((rx->seen & HN_PKT_RX_HASH_INFO) == 0 || rx->hash_info != 0);
}

#endif /* _HN_PKT_RX_H_ */
