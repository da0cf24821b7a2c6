/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The ring of vmbus_ring.h. First the arithmetic that both directions share,
 * then sending, then receiving, each in the order in which it happens.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include "vmbus_compat.h"
#include "vmbus_ring.h"

/* Bytes from the read to the write position. */
static uint32_t
ring_used(uint32_t windex, uint32_t rindex, uint32_t size)
{
	return windex >= rindex ? windex - rindex : size - rindex + windex;
}

static uint32_t
ring_advance(uint32_t index, uint32_t len, uint32_t size)
{
	uint32_t to_end = size - index;

	return len < to_end ? index + len : len - to_end;
}

static bool
ring_index_is_valid(uint32_t index, uint32_t size)
{
	return index < size && index % 8 == 0;
}

/* The host may rewrite the word at any time: this is the only look at it. */
static uint32_t
ring_load(const uint32_t *shared, rte_memory_order order)
{
	return rte_atomic_load_explicit((const RTE_ATOMIC(uint32_t) *)shared, order);
}

static void
ring_store(uint32_t *shared, uint32_t value, rte_memory_order order)
{
	rte_atomic_store_explicit((RTE_ATOMIC(uint32_t) *)shared, value, order);
}

/* Checks the half's geometry; returns the length of the data area or 0. */
static uint32_t
ring_data_len(uint64_t len, uint32_t page_len)
{
	if (len % page_len != 0 || len < 2 * (uint64_t)page_len || len - page_len > INT32_MAX)
		return 0;
	return (uint32_t)(len - page_len);
}

/*
 * Publishes a word of the state. Release: what it stands for has been written
 * before, also for a user who goes on after this one was killed.
 */
static void
ring_keep(uint32_t *word, uint32_t value)
{
	ring_store(word, value, rte_memory_order_release);
}

/* Written by either direction's thread, once; nothing else depends on the order. */
static bool
ring_flag(const RTE_ATOMIC(bool) *broken)
{
	return unlikely(rte_atomic_load_explicit(broken, rte_memory_order_relaxed));
}

/* Sending */

int
vmbus_txring_attach(struct vmbus_txring *ring, struct vmbus_txring_state *state, void *mem,
		    uint64_t len, uint32_t page_len)
{
	ring->ctl = mem;
	ring->data = (uint8_t *)mem + page_len;
	ring->state = state;
	ring->size = ring_data_len(len, page_len);
	return ring->size != 0 ? 0 : -EINVAL;
}

int
vmbus_txring_begin(struct vmbus_txring *ring)
{
	struct vmbus_txring_state *state = ring->state;
	uint32_t windex = ring_load(&ring->ctl->windex, rte_memory_order_relaxed);

	if (!ring_index_is_valid(windex, ring->size))
		return -EPROTO;
	memset(state, 0, sizeof(*state));
	state->windex = windex;
	state->published = windex;
	/* As if it were full, so that the first packet looks. */
	state->rindex_seen = ring_advance(windex, 8, ring->size);
	return 0;
}

void
vmbus_txring_break(struct vmbus_txring *ring)
{
	rte_atomic_store_explicit(&ring->state->broken, true, rte_memory_order_relaxed);
}

bool
vmbus_txring_is_broken(const struct vmbus_txring *ring)
{
	return ring_flag(&ring->state->broken);
}

/* Look at how far the host has read. */
static int
txring_update_room(struct vmbus_txring *ring)
{
	/* Acquire: our stores into freed space stay behind the host's last read of it. */
	uint32_t rindex = ring_load(&ring->ctl->rindex, rte_memory_order_acquire);

	if (unlikely(!ring_index_is_valid(rindex, ring->size))) {
		vmbus_txring_break(ring);
		return -EPROTO;
	}
	ring->state->rindex_seen = rindex;
	return 0;
}

/* Never fill the ring: full would look like empty. */
static inline bool
txring_has_room(const struct vmbus_txring *ring, uint32_t need)
{
	const struct vmbus_txring_state *state = ring->state;

	return ring->size - ring_used(state->windex, state->rindex_seen, ring->size) > need;
}

static inline uint32_t
txring_copy(const struct vmbus_txring *ring, uint32_t index, const void *data, uint32_t len)
{
	uint32_t first = ring->size - index;

	if (likely(len < first)) {
		memcpy(ring->data + index, data, len);
		return index + len;
	}
	memcpy(ring->data + index, data, first);
	memcpy(ring->data, (const uint8_t *)data + first, len - first);
	return len - first;
}

/* 0, or why a packet of so many bytes cannot be written now. */
static inline int
txring_make_room(struct vmbus_txring *ring, uint32_t total)
{
	uint32_t need = total + VMBUS_RING_TRAILER_LEN;
	int ret;

	if (ring_flag(&ring->state->broken))
		return -EPROTO;
	if (unlikely(total % 8 != 0 || total > ring->size - 2 * VMBUS_RING_TRAILER_LEN))
		return -EINVAL;
	if (likely(txring_has_room(ring, need)))
		return 0;
	ret = txring_update_room(ring);
	if (ret < 0)
		return ret;
	return txring_has_room(ring, need) ? 0 : -EAGAIN;
}

/* The packet ends at index: it is part of the ring when all of it is written. */
static inline void
txring_end_packet(struct vmbus_txring *ring, uint32_t index)
{
	uint64_t trailer = (uint64_t)ring->state->windex << 32;

	/* A word never wraps. */
	memcpy(ring->data + index, &trailer, sizeof(trailer));
	ring_keep(&ring->state->windex, ring_advance(index, sizeof(trailer), ring->size));
}

int
vmbus_txring_put(struct vmbus_txring *ring, const struct vmbus_piece *piece,
		 unsigned int count, uint32_t total)
{
	static const uint8_t zeros[8];
	uint32_t index = ring->state->windex;
	uint32_t left = total;
	unsigned int i;
	int ret = txring_make_room(ring, total);

	if (unlikely(ret < 0))
		return ret;
	for (i = 0; i < count; i++) {
		if (unlikely(piece[i].len > left))
			return -EINVAL;
		index = txring_copy(ring, index, piece[i].data, piece[i].len);
		left -= piece[i].len;
	}
	if (unlikely(left >= sizeof(zeros)))
		return -EINVAL;
	txring_end_packet(ring, txring_copy(ring, index, zeros, left));
	return 0;
}

/* Packets of the data path are short: not worth a call. */
static inline void
ring_copy_words(uint8_t *to, const uint8_t *from, uint32_t len)
{
	/* Each turn takes two words. */
	for (; len >= 16; len -= 16, to += 16, from += 16)
		memcpy(to, from, 16);
	if (len != 0)
		memcpy(to, from, 8);
}

/* A packet that wraps, or that there seems to be no room for. */
static __rte_noinline int
txring_put_packet_slow(struct vmbus_txring *ring, const struct vmbus_chanpkt_hdr *packet)
{
	uint32_t total = packet->tlen * 8u;
	int ret = txring_make_room(ring, total);

	if (likely(ret == 0))
		txring_end_packet(ring, txring_copy(ring, ring->state->windex, packet, total));
	return ret;
}

int
vmbus_txring_put_packet(struct vmbus_txring *ring, const struct vmbus_chanpkt_hdr *packet)
{
	uint32_t index = ring->state->windex, total = packet->tlen * 8u;

	if (unlikely(ring_flag(&ring->state->broken) ||
		     !txring_has_room(ring, total + VMBUS_RING_TRAILER_LEN) ||
		     total >= ring->size - index))
		return txring_put_packet_slow(ring, packet);
	ring_copy_words(ring->data + index, (const uint8_t *)packet, total);
	txring_end_packet(ring, index + total);
	return 0;
}

bool
vmbus_txring_publish(struct vmbus_txring *ring)
{
	struct vmbus_txring_state *state = ring->state;
	uint32_t before = state->published, windex = state->windex;
	bool owed = state->owes_signal;

	if ((windex == before && likely(!owed)) || ring_flag(&state->broken))
		return false;
	/* Whoever is killed from here on leaves it to the next to signal. */
	state->owes_signal = true;
	/* Release: the host, which acquires windex, finds the packets complete. */
	ring_store(&ring->ctl->windex, windex, rte_memory_order_release);
	ring_keep(&state->published, windex);

	/*
	 * The host unmasks, then looks at windex before it sleeps. Our store of
	 * windex and our look at its mask must not pass each other, or both
	 * sides would believe that the other one acts.
	 */
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
	/*
	 * Only a ring that was empty before needs a signal. The host counts
	 * superfluous ones and may throttle the guest for them.
	 */
	if (ring_load(&ring->ctl->imask, rte_memory_order_acquire) == 0 &&
	    (ring_load(&ring->ctl->rindex, rte_memory_order_relaxed) == before || owed))
		return true;
	state->owes_signal = false;
	return false;
}

void
vmbus_txring_signalled(struct vmbus_txring *ring)
{
	ring->state->owes_signal = false;
}

bool
vmbus_txring_is_empty(const struct vmbus_txring *ring)
{
	return vmbus_txring_is_broken(ring) ||
	       ring_load(&ring->ctl->rindex, rte_memory_order_acquire) == ring->state->published;
}

/* Receiving */

int
vmbus_rxring_attach(struct vmbus_rxring *ring, struct vmbus_rxring_state *state, void *mem,
		    uint64_t len, uint32_t page_len)
{
	ring->ctl = mem;
	ring->data = (const uint8_t *)mem + page_len;
	ring->state = state;
	ring->size = ring_data_len(len, page_len);
	return ring->size != 0 ? 0 : -EINVAL;
}

int
vmbus_rxring_begin(struct vmbus_rxring *ring)
{
	struct vmbus_rxring_state *state = ring->state;
	uint32_t rindex = ring_load(&ring->ctl->rindex, rte_memory_order_relaxed);

	if (!ring_index_is_valid(rindex, ring->size))
		return -EPROTO;
	memset(state, 0, sizeof(*state));
	state->rindex = rindex;
	state->committed = rindex;
	state->windex_seen = rindex;
	return 0;
}

void
vmbus_rxring_break(struct vmbus_rxring *ring)
{
	rte_atomic_store_explicit(&ring->state->broken, true, rte_memory_order_relaxed);
}

bool
vmbus_rxring_is_broken(const struct vmbus_rxring *ring)
{
	return ring_flag(&ring->state->broken);
}

/* Look at how far the host has written. */
static int
rxring_update_ready(struct vmbus_rxring *ring)
{
	/* Acquire: pairs with the host's release; what lies before windex is written. */
	uint32_t windex = ring_load(&ring->ctl->windex, rte_memory_order_acquire);

	if (unlikely(!ring_index_is_valid(windex, ring->size))) {
		vmbus_rxring_break(ring);
		return -EPROTO;
	}
	ring->state->windex_seen = windex;
	return 0;
}

/* Unread bytes by our last look. */
static uint32_t
rxring_ready(const struct vmbus_rxring *ring)
{
	return ring_used(ring->state->windex_seen, ring->state->rindex, ring->size);
}

/* Around the end of the ring. */
static __rte_noinline void
rxring_copy_parts(const struct vmbus_rxring *ring, uint32_t index, void *to, uint32_t len)
{
	uint32_t first = ring->size - index;

	memcpy(to, ring->data + index, first);
	memcpy((uint8_t *)to + first, ring->data, len - first);
}

static __rte_always_inline void
rxring_copy(const struct vmbus_rxring *ring, uint32_t index, void *to, uint32_t len)
{
	if (likely(len <= ring->size - index))
		memcpy(to, ring->data + index, len);
	else
		rxring_copy_parts(ring, index, to, len);
}

/*
 * The host publishes whole packets, so what is there is a packet or nonsense;
 * "not complete yet" is no state of a ring.
 */
static bool
rxring_packet_is_valid(const struct vmbus_chanpkt_hdr *hdr, uint32_t ready)
{
	return hdr->hlen >= sizeof(*hdr) / 8 && hdr->hlen <= hdr->tlen &&
	       hdr->tlen * 8u <= ready - VMBUS_RING_TRAILER_LEN;
}

/* Unread bytes, of which the host has told: none is -EAGAIN. */
static inline int
rxring_find_ready(struct vmbus_rxring *ring, uint32_t *ready)
{
	int ret;

	if (ring_flag(&ring->state->broken))
		return -EPROTO;
	*ready = rxring_ready(ring);
	if (likely(*ready != 0))
		return 0;
	ret = rxring_update_ready(ring);
	if (unlikely(ret < 0))
		return ret;
	*ready = rxring_ready(ring);
	return *ready != 0 ? 0 : -EAGAIN;
}

/* A checked copy of the next packet's descriptor. */
static inline int
rxring_look(struct vmbus_rxring *ring, struct vmbus_chanpkt_hdr *hdr)
{
	uint32_t ready;
	int ret = rxring_find_ready(ring, &ready);

	if (ret < 0)
		return ret;
	if (likely(ready >= sizeof(*hdr) + VMBUS_RING_TRAILER_LEN)) {
		rxring_copy(ring, ring->state->rindex, hdr, sizeof(*hdr));
		/* From here on the copy alone counts, for the compiler too. */
		rte_compiler_barrier();
		if (likely(rxring_packet_is_valid(hdr, ready)))
			return 0;
	}
	vmbus_rxring_break(ring);
	return -EPROTO;
}

int
vmbus_rxring_peek(struct vmbus_rxring *ring, struct vmbus_chanpkt_hdr *hdr)
{
	return rxring_look(ring, hdr);
}

int
vmbus_rxring_get(struct vmbus_rxring *ring, void *packet, uint32_t *len)
{
	uint32_t rindex = ring->state->rindex;
	struct vmbus_chanpkt_hdr hdr;
	uint32_t total;
	int ret = rxring_look(ring, &hdr);

	if (ret < 0)
		return ret;
	total = hdr.tlen * 8u;
	if (unlikely(total > *len)) {
		*len = total;
		return -ENOBUFS;
	}
	rxring_copy(ring, rindex, packet, total);
	/* The checked descriptor, not what a second look at the shared one has found. */
	memcpy(packet, &hdr, sizeof(hdr));
	*len = total;
	total += VMBUS_RING_TRAILER_LEN;
	/* Not beyond windex_seen: that total is ready was checked. */
	ring_keep(&ring->state->rindex, ring_advance(rindex, total, ring->size));
	return (int)total;
}

/* Bytes in the ring; 0 if it is no completion in one piece. */
static inline uint32_t
rxring_read_comp(const struct vmbus_rxring *ring, uint32_t index, uint32_t ready,
		 struct vmbus_comp *comp)
{
	uint32_t to_end = ring->size - index, total, header;
	struct vmbus_chanpkt_hdr hdr;

	if (unlikely(ready < sizeof(hdr) + VMBUS_RING_TRAILER_LEN || to_end < sizeof(hdr)))
		return 0;
	memcpy(&hdr, ring->data + index, sizeof(hdr));
	/* From here on the copy alone counts, for the compiler too. */
	rte_compiler_barrier();
	total = hdr.tlen * 8u;
	header = hdr.hlen * 8u;
	if (hdr.type != VMBUS_CHANPKT_TYPE_COMP ||
	    unlikely(!rxring_packet_is_valid(&hdr, ready) || total > to_end))
		return 0;
	comp->xactid = hdr.xactid;
	comp->payload_len = total - header;
	comp->ring_len = total + VMBUS_RING_TRAILER_LEN;
	if (likely(comp->payload_len >= sizeof(comp->payload)))
		memcpy(comp->payload, ring->data + index + header, sizeof(comp->payload));
	else
		memset(comp->payload, 0, sizeof(comp->payload));
	return comp->ring_len;
}

uint32_t
vmbus_rxring_peek_comps(struct vmbus_rxring *ring, struct vmbus_comp *comp, uint32_t max)
{
	uint32_t index = ring->state->rindex, count = 0, ready, len;

	if (ring_flag(&ring->state->broken))
		return 0;
	ready = rxring_ready(ring);
	if (ready == 0) {
		if (rxring_update_ready(ring) < 0)
			return 0;
		ready = rxring_ready(ring);
	}
	/* Each turn moves on by a packet. */
	for (; count < max; count++) {
		len = rxring_read_comp(ring, index, ready, &comp[count]);
		if (len == 0)
			break;
		index = ring_advance(index, len, ring->size);
		ready -= len;
	}
	return count;
}

void
vmbus_rxring_skip(struct vmbus_rxring *ring, uint32_t bytes)
{
	ring_keep(&ring->state->rindex, ring_advance(ring->state->rindex, bytes, ring->size));
}

bool
vmbus_rxring_hint(const struct vmbus_rxring *ring, uint32_t offset, uint32_t *word)
{
	const struct vmbus_rxring_state *state = ring->state;

	/* A packet may end before the word; in the ring it is in any case. */
	if (state->windex_seen == state->rindex)
		return false;
	*word = ring_load((const uint32_t *)(ring->data + ring_advance(state->rindex, offset,
									ring->size)),
			  rte_memory_order_relaxed);
	return true;
}

bool
vmbus_rxring_is_empty(const struct vmbus_rxring *ring)
{
	if (vmbus_rxring_is_broken(ring))
		return true;
	return rxring_ready(ring) == 0 &&
	       ring_load(&ring->ctl->windex, rte_memory_order_relaxed) == ring->state->rindex;
}

/*
 * Has the host waited for room, and does it have it now that rindex has moved by
 * this many bytes? A host that waits for more than there can be waits for ever.
 */
static bool
rxring_made_room(struct vmbus_rxring *ring, uint32_t bytes, bool owed)
{
	uint32_t pending = ring_load(&ring->ctl->pending_send, rte_memory_order_acquire);
	uint32_t windex, room;

	if (likely(pending == 0))
		return false;
	windex = ring_load(&ring->ctl->windex, rte_memory_order_relaxed);
	if (!ring_index_is_valid(windex, ring->size)) {
		vmbus_rxring_break(ring);
		return false;
	}
	room = ring->size - ring_used(windex, ring->state->rindex, ring->size);
	/* Signal when this commit made the room that was missing, and only then. */
	return room > pending && ((int64_t)room - bytes <= pending || owed);
}

bool
vmbus_rxring_commit(struct vmbus_rxring *ring)
{
	struct vmbus_rxring_state *state = ring->state;
	uint32_t bytes = ring_used(state->rindex, state->committed, ring->size);
	bool owed = state->owes_signal;

	if ((bytes == 0 && !owed) || vmbus_rxring_is_broken(ring))
		return false;
	/* Whoever is killed from here on leaves it to the next to signal. */
	state->owes_signal = true;
	/* Release: our reads of the packets are over before the host may overwrite them. */
	ring_store(&ring->ctl->rindex, state->rindex, rte_memory_order_release);
	ring_keep(&state->committed, state->rindex);
	if ((ring_load(&ring->ctl->feature_bits, rte_memory_order_relaxed) &
	     VMBUS_FEATURE_PENDING_SEND) != 0) {
		/*
		 * A blocked host stores pending_send, then looks at rindex. Our
		 * store of rindex and our look at pending_send must not pass
		 * each other.
		 */
		rte_atomic_thread_fence(rte_memory_order_seq_cst);
		if (unlikely(rxring_made_room(ring, bytes, owed)))
			return true;
	}
	state->owes_signal = false;
	return false;
}

void
vmbus_rxring_signalled(struct vmbus_rxring *ring)
{
	ring->state->owes_signal = false;
}

void
vmbus_rxring_set_mask(struct vmbus_rxring *ring, bool masked)
{
	ring_store(&ring->ctl->imask, masked, rte_memory_order_relaxed);
	/* The host sees the mask before we look at (or sleep on) the ring. */
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
}
