/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The least that any driver of the synthetic card has to do: a yardstick, no driver.
 *
 * Memory as the card has it: two rings, a receive buffer, a send buffer. The guest's
 * bursts read the range and the header of a message, fill an mbuf, copy, complete a
 * packet of many ranges at once; or write a header, copy, hand over a section, take
 * completions, free the mbufs. Indices are published once a burst, in the order that
 * the other side relies on, and its wish for a doorbell is looked at.
 *
 * And nothing else: what the host says is believed, nothing is counted, nobody is
 * locked out, frames are of one kind. Packets do not wrap around the end of a ring.
 *
 * The host's part is played by a thread, so that the same lines come from another
 * core: it writes ranges, takes sections, completes. It writes messages once, at the
 * start, and does not read what is sent, as the emulated host when it is measured.
 */

#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

#define LIMIT_PAGE 4096u
#define LIMIT_RING_LEN (2u << 20)
#define LIMIT_RXBUF_LEN (31u << 20)
#define LIMIT_TXBUF_LEN (16u << 20)
/** Of the send buffer. */
#define LIMIT_SECTION_LEN 6144u
#define LIMIT_SECTIONS (LIMIT_TXBUF_LEN / LIMIT_SECTION_LEN)
/** Messages in a section, at most. */
#define LIMIT_MESSAGES 8u
/** Of the receive buffer: so much more than a frame, its Ethernet header included. */
#define LIMIT_RX_SECTION_EXTRA (256u + 36u)
/** A step of copying, which short frames take without asking for their length. */
#define LIMIT_STEP 64u
/** Ranges of a packet, at most. */
#define LIMIT_RANGES 375u

/** What begins a ring; the other side's mask says that it needs no doorbell. */
struct limit_ring {
	uint32_t write_index;
	uint32_t read_index;
	uint32_t mask;
	uint8_t reserved[LIMIT_PAGE - 12];
	uint8_t data[LIMIT_RING_LEN - LIMIT_PAGE];
};

/** What begins a packet. */
struct limit_desc {
	uint16_t type;
	uint16_t head8;			/**< bytes in front of the payload, by 8 */
	uint16_t len8;			/**< all bytes but the trailer, by 8 */
	uint16_t flags;
	uint64_t xactid;
};

struct limit_range {
	uint32_t len;
	uint32_t offset;
};

/** Received frames. */
struct limit_xfer {
	struct limit_desc desc;
	uint16_t set;
	uint16_t reserved;
	uint32_t ranges;
	struct limit_range range[];
};

/** The NVSP message behind it, padded as hosts want it; and the trailer of a packet. */
struct limit_nvsp {
	uint32_t type;
	uint32_t channel;
	uint32_t section;
	uint32_t section_len;
	uint32_t zero[4];
};

/** A section is sent. */
struct limit_send {
	struct limit_desc desc;
	struct limit_nvsp nvsp;
	uint64_t trailer;
};

/** Either side has done with what a packet told. */
struct limit_done {
	struct limit_desc desc;
	uint32_t type;
	uint32_t status;
	uint64_t trailer;
};

/** What begins a message: an RNDIS packet without anything beside the frame. */
struct limit_message {
	uint32_t type;
	uint32_t len;
	uint32_t data_offset;		/**< from here on */
	uint32_t data_len;
	uint32_t zero[7];
};

/** What the card consists of. */
struct limit_memory {
	struct limit_ring *in, *out;
	uint8_t *rxbuf, *txbuf;
};

/** Shared memory in small pages, as the card's is. 0 or negative errno. */
int limit_memory_map(struct limit_memory *memory);
void limit_memory_unmap(struct limit_memory *memory);

/** A ring of which packets of one length are read, or written. Zeroed at the beginning. */
struct limit_end {
	struct limit_ring *ring;
	uint32_t packet_len;		/**< trailer included */
	uint32_t size;			/**< a multiple of that */
	uint32_t index;			/**< ours */
	uint32_t other;			/**< theirs, as far as it was looked at */
};

void limit_end_init(struct limit_end *end, struct limit_ring *ring, uint32_t packet_len);

/** Length of a packet with so many ranges, its trailer included. */
uint32_t limit_xfer_len(uint32_t ranges);

/** The next packet's place. */
static inline void *
limit_end_at(const struct limit_end *end)
{
	return end->ring->data + end->index;
}

static inline void
limit_end_step(struct limit_end *end)
{
	end->index += end->packet_len;
	if (end->index == end->size)
		end->index = 0;
}

/** Has the other side written a packet that we have not read? */
static inline bool
limit_end_has_packet(struct limit_end *end)
{
	if (end->index != end->other)
		return true;
	/* Acquire: the packet is seen when its index is. */
	end->other = __atomic_load_n(&end->ring->write_index, __ATOMIC_ACQUIRE);
	return end->index != end->other;
}

/** Is there a place for another packet? One always stays free. */
static inline bool
limit_end_has_room(struct limit_end *end)
{
	uint32_t next = end->index + end->packet_len == end->size ? 0 :
			end->index + end->packet_len;

	if (next != end->other)
		return true;
	/* Acquire: nothing is written before it was read. */
	end->other = __atomic_load_n(&end->ring->read_index, __ATOMIC_ACQUIRE);
	return next != end->other;
}

/** Receive queue. */
struct limit_rxq {
	struct limit_end in;		/**< transfer packets */
	struct limit_end out;		/**< their completions */
	const uint8_t *rxbuf;
	struct rte_mempool *pool;
	uint64_t rearm;			/**< what fresh mbufs have in common */
	const struct limit_range *range, *range_end;	/**< of the packet being read */
	uint64_t xactid;
	uint64_t doorbells;		/**< wished for */
};

/** Transmit queue. */
struct limit_txq {
	struct limit_end out;		/**< sections */
	struct limit_end in;		/**< their completions */
	uint8_t *txbuf;
	uint32_t free_count;
	uint64_t doorbells;
	uint16_t free[LIMIT_SECTIONS];	/**< sections, the last one used on top */
};

void limit_rx_init(struct limit_rxq *rxq, const struct limit_memory *memory, uint32_t ranges,
		   struct rte_mempool *pool, uint16_t port);
/** As rte_eth_rx_burst() does. */
uint16_t limit_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t count);

void limit_tx_init(struct limit_txq *txq, const struct limit_memory *memory);
/** As rte_eth_tx_burst() does, with frames in one piece that fit a section, of one pool. */
uint16_t limit_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t count);

/** The other side of a card: it sends frames as fast as they are taken, or takes what is sent. */
struct limit_host {
	bool sends;
	struct limit_end in;		/**< the guest's name for it: the host writes */
	struct limit_end out;
	uint32_t ranges;		/**< of a packet */
	uint32_t frame_len;
	uint32_t section_len;		/**< of the receive buffer */
	uint32_t sections;		/**< of which so many are used, one after the other */
	uint32_t next;			/**< section */
	uint32_t held;			/**< sections that the guest has */
};

/**
 * Write a message with a frame to every section; byte i of section s is (s + i) % 251.
 *
 * @param sends
 *   Otherwise it takes.
 */
void limit_host_init(struct limit_host *host, const struct limit_memory *memory, bool sends,
		     uint32_t ranges, uint32_t frame_len);

/** Do what there is to do; returns packets written. */
uint32_t limit_host_poll(struct limit_host *host);

#endif /* LIMIT_H */
