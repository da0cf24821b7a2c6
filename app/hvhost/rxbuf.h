/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Books over the sections of the receive buffer: which are free, which the
 * guest holds and through which packet it will give them back.
 *
 * The first sections are for control messages, the others belong to the
 * queues. A data packet carries a chain of sections; its transaction id is the
 * number of the first, and one completion returns all of them.
 */

#ifndef HVHOST_RXBUF_H
#define HVHOST_RXBUF_H

#include <stdbool.h>
#include <stdint.h>

#define RXBUF_NONE 0xffffffffu

struct rxbuf_section {
	uint32_t next;			/**< in a free list or a chain */
	uint16_t owner;			/**< the queue whose free list it goes back to */
	uint16_t channel;		/**< that brought it to the guest */
	uint8_t state;
	uint32_t content;		/**< tells what was written to it last; 0: unknown */
};

/** Sections that are free for one purpose. */
struct rxbuf_list {
	uint32_t head;
	uint32_t tail;
	uint32_t count;
};

struct rxbuf {
	struct rxbuf_section *section;
	uint32_t sections;
	uint32_t control_sections;	/**< the first so many */
	uint32_t held;			/**< data sections that the guest has */
	uint32_t control_held;
	bool oldest_first;		/**< walk through all, not reuse the last */
	unsigned int queues;
	struct rxbuf_list control;
	struct rxbuf_list *free;	/**< by queue */
};

/** Sections of one packet in the order of its ranges. */
struct rxbuf_chain {
	uint32_t first;
	uint32_t last;
	uint32_t count;
};

/** Set up the books; all sections are free. 0 or -ENOMEM. */
int rxbuf_init(struct rxbuf *rx, uint32_t sections, uint32_t control_sections,
	       unsigned int queues);
void rxbuf_free(struct rxbuf *rx);

/**
 * Divide the data sections anew among so many queues; those that the guest has
 * come back to their new owners. No section may be taken.
 *
 * @return false if there is no memory; then all is as before.
 */
bool rxbuf_split(struct rxbuf *rx, unsigned int queues);

/** Take a data section; RXBUF_NONE if the guest has them all. */
uint32_t rxbuf_take(struct rxbuf *rx, unsigned int queue);
/** Take a control section, the highest number first. */
uint32_t rxbuf_take_control(struct rxbuf *rx);

/** Give back what was taken and not sent. */
void rxbuf_untake(struct rxbuf *rx, uint32_t id);

/** Put a taken section at the end of a chain, which begins zeroed. */
void rxbuf_chain_add(struct rxbuf *rx, struct rxbuf_chain *chain, uint32_t id);
/** The packet went to the guest on this channel. */
void rxbuf_chain_sent(struct rxbuf *rx, const struct rxbuf_chain *chain, uint16_t channel);
/** It could not be sent: all its sections are free again. */
void rxbuf_chain_drop(struct rxbuf *rx, const struct rxbuf_chain *chain);

/**
 * The guest completes a packet.
 *
 * @return
 *   Number of sections returned; -ENOENT if no such packet was sent, -EALREADY
 *   if that section is free already, -EXDEV if another channel brought it.
 */
int rxbuf_complete(struct rxbuf *rx, uint64_t id, uint16_t channel);

/** A channel is gone: what it brought to the guest does not come back any more. */
void rxbuf_lose(struct rxbuf *rx, uint16_t channel);

#endif /* HVHOST_RXBUF_H */
