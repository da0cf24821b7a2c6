/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * One channel of the NIC: takes packets off the ring, checks them, tells what
 * they are; sends packets; waits for answers with a deadline. The only unit
 * that touches rings.
 *
 * Ownership. A channel has two ends and each has one owner at a time: the
 * receive end (hn_chan_rx_trylock) and the send end (hn_chan_tx_trylock). An
 * application may poll Rx and Tx of a queue from different lcores, and control
 * operations poll the primary channel from a third thread, so whoever cannot
 * get an end leaves it to its owner and does something else; only control
 * operations wait. The owner may be in another process, and may die there.
 *
 * Who meets what. The ring mixes receive data, completions of what was sent,
 * answers and notices. Whoever owns the receive end takes them in order:
 * completions and control go up at once through struct hn_chan_events; receive
 * data goes to the caller if it is the Rx queue (hn_chan_rx_next), and
 * otherwise into a backlog that the Rx queue empties first. When the backlog is
 * full and nobody empties it, the data is handed back to the host and counted as
 * missed, so neither a transmitting application that does not poll Rx nor a
 * control operation can be blocked by incoming traffic.
 */

#ifndef _HN_CHAN_H_
#define _HN_CHAN_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_vmbus_reg.h>

#include "hn_backlog.h"
#include "hn_compat.h"
#include "hn_lock.h"
#include "nvsp.h"

struct hn_chan;
struct hn_rxbuf;
struct vmbus_channel;
struct rte_vmbus_device;

/** Most ranges a host puts in one transfer-page packet (with RSC). */
#define HN_RANGE_MAX 562u
/** Bytes of the largest packet a host sends: header, ranges, NVSP message. */
#define HN_MSG_LEN_MAX (sizeof(struct vmbus_chanpkt_rxbuf) + \
			HN_RANGE_MAX * sizeof(struct vmbus_rxbuf_range) + 120)
/**
 * Bytes of receive data kept for the Rx queue while others poll the channel:
 * some thousand packets of one frame, or several tens of the largest.
 */
#define HN_BACKLOG_LEN (128u << 10)

/** Completions of what was sent that are taken at a time, and may be told twice. */
#define HN_CHAN_COMPS_BULK 32u

/** One packet: a private copy, checked; pointers lead into raw. */
struct hn_msg {
	uint16_t type;			/**< enum vmbus_chanpkt_type */
	bool wants_completion;
	uint64_t xactid;
	const void *nvsp;		/**< NVSP message; NULL if nvsp_len is 0 */
	uint32_t nvsp_len;		/**< bytes, padding included */
	const struct vmbus_rxbuf_range *range;	/**< transfer pages only */
	uint32_t range_count;
	uint32_t raw_len;
	/** Behind all ranges there is room for one more: who looks ahead may load it. */
	alignas(8) uint8_t raw[HN_MSG_LEN_MAX + sizeof(struct vmbus_rxbuf_range)];
};

/** Events that come up; set once by hn_ethdev. All run in the polling thread. */
struct hn_chan_events {
	/** A transmit completion: the id is the host's claim and must be checked. */
	void (*tx_done)(void *ctx, struct hn_chan *chan, uint64_t xactid, uint32_t status);
	/** A transfer-page packet with RNDIS control messages; completed by hn_chan. */
	void (*control)(void *ctx, struct hn_chan *chan, const struct hn_msg *msg);
	/** An in-band notice of the host (VF association, send table, ...). */
	void (*notice)(void *ctx, struct hn_chan *chan, const struct hn_msg *msg);
	/** The ring is corrupt or the device gone: the channel has failed for good. */
	void (*failed)(void *ctx, struct hn_chan *chan, int ret);
};

/** Why a channel's counters moved; per channel, written by the owner only. */
struct hn_chan_stats {
	uint64_t bad_packets;		/**< nonsense from the host, skipped */
	uint64_t stale_answers;		/**< came after their deadline, or twice */
	uint64_t missed;		/**< receive packets (frames) given back unread */
	uint64_t send_tables;		/**< that the host has sent */
};

/** Longest answer that any NVSP request here expects. */
#define HN_CALL_ANSWER_MAX 64u

/** An NVSP request that waits for its completion. */
struct hn_call {
	uint64_t xactid;		/**< 0 if none waits */
	uint32_t answer_len;		/**< in: capacity, out: bytes the host sent */
	RTE_ATOMIC(uint32_t) done;
	uint8_t answer[HN_CALL_ANSWER_MAX];
};

/** A completion that we owe the host for a transfer-page packet. */
struct hn_owed {
	uint64_t xactid;
	uint32_t status;
};

/**
 * What all processes know of a channel: whichever of them polls it goes on where
 * another one was. Nothing here is an address of one of them; what pointers lead
 * to is EAL's memory, which all have at the same place.
 *
 * The ends of a channel are used by different lcores: what the owner of the one
 * writes does not share a cache line with what the owner of the other uses.
 */
struct hn_chan_shared {
	RTE_ATOMIC(uint32_t) rx_wanted;	/**< somebody waits for the receive end */
	uint32_t nvsp_len;		/**< enum nvsp_len: of the messages we send */
	struct hn_owed *owed;		/**< completions not yet sent */
	uint32_t owed_max;		/**< no host has more packets outstanding */

	/* The owner of the receive end writes here. */
	alignas(RTE_CACHE_LINE_SIZE) struct hn_lock rx_lock;
	uint32_t unread;		/**< ring bytes taken, not yet given back to the host */
	uint32_t owed_first;		/**< the oldest of them, which go round */
	uint32_t owed_count;
	uint32_t owed_ranges;		/**< of the host's memory that they keep, or fewer */
	uint32_t owed_share;		/**< with so many of them they are sent */
	bool has_reader;		/**< an Rx queue takes the receive data */
	bool paying;			/**< of those owed the first may have been sent */
	bool more;			/**< the Rx queue knows of further packets in the ring */
	struct hn_call call;		/**< the one outstanding request */
	struct hn_chan_stats stats;
	struct hn_backlog backlog;
	uint32_t waiting;		/**< frames in it */
	uint32_t taken;			/**< packets that the host wants completed, */
	uint32_t paid;			/**< and those that were; modulo 2^32 */

	/* The owner of the send end writes here. */
	alignas(RTE_CACHE_LINE_SIZE) struct hn_lock tx_lock;
	uint32_t next_call;		/**< generation of control transaction ids */
};

/** A channel in one process. */
struct hn_chan {
	struct hn_chan_shared *shared;
	struct vmbus_channel *vmbus;	/**< NULL when closed */
	uint16_t index;			/**< 0 is the primary */
	uint16_t port_id;		/**< for log lines */
	RTE_ATOMIC(uint32_t) failed;	/**< this process must not touch the rings any more */
	uint32_t rxbuf_len;
	const uint8_t *rxbuf;		/**< receive buffer; host-writable */
	const struct hn_chan_events *events;
	void *ctx;
	struct rte_vmbus_device *dev;
	struct hn_msg *scratch;		/**< where all but the Rx queue receive */
	struct hn_rxbuf *kept;		/**< packets that mbufs lead into; NULL: never */
};

/** Acquire: who sees that it failed sees why, and that the rings are not ours any more. */
static inline bool
hn_chan_has_failed(const struct hn_chan *chan)
{
	return rte_atomic_load_explicit(&chan->failed, rte_memory_order_acquire) != 0;
}

/** Make a channel that is closed, and safe to be polled. */
void hn_chan_init(struct hn_chan *chan, struct hn_chan_shared *shared);

/**
 * Open the device's primary channel.
 *
 * @return 0 or negative errno; nothing is kept on failure.
 */
int hn_chan_open(struct hn_chan *chan, struct rte_vmbus_device *dev, uint16_t port_id,
		 const struct hn_chan_events *events, void *ctx);

/**
 * Take over a subchannel that the bus has opened, with what NVSP has agreed on
 * over the primary.
 *
 * @return 0 or -ENOMEM; the subchannel then stays the caller's.
 */
int hn_chan_open_sub(struct hn_chan *chan, const struct hn_chan *primary,
		     struct vmbus_channel *vmbus);

/**
 * In another process: use a channel that the primary process has open.
 *
 * @param index
 *   Of the channel.
 * @param rxbuf, rxbuf_len
 *   The receive buffer as this process has it.
 * @return 0; -ENOENT if there is no such channel; or negative errno.
 */
int hn_chan_attach(struct hn_chan *chan, struct rte_vmbus_device *dev, uint16_t index,
		   const void *rxbuf, uint32_t rxbuf_len);

/** Undo hn_chan_attach(): waits for who uses the channel in this process. */
void hn_chan_detach(struct hn_chan *chan);

/** Undo hn_chan_open() or hn_chan_open_sub(); works from any state. */
void hn_chan_close(struct hn_chan *chan);

/**
 * Tell the channel about the receive buffer once the host has agreed on it.
 *
 * @param pieces
 *   How many the host divides it into: the most packets it can have
 *   outstanding.
 * @return 0 or -ENOMEM.
 */
int hn_chan_set_rxbuf(struct hn_chan *chan, const void *rxbuf, uint32_t len, uint32_t pieces);

/** So many channels share the receive buffer; this alone until then. */
void hn_chan_set_share(struct hn_chan *chan, uint32_t channels);

/** Begin and end taking receive data for an Rx queue; ending drops the backlog. */
void hn_chan_reader_start(struct hn_chan *chan);
void hn_chan_reader_stop(struct hn_chan *chan);

/**
 * Become or stop being the owner of the receive end. Stopping gives what was
 * read back to the host and sends the completions owed, if the send end is free.
 * Who tries makes way for who waits, so that polling keeps nobody out, and does not
 * get the end of a channel that has failed.
 */
bool hn_chan_rx_trylock(struct hn_chan *chan);
void hn_chan_rx_lock(struct hn_chan *chan);
void hn_chan_rx_unlock(struct hn_chan *chan);

/**
 * As hn_chan_rx_unlock(), for the Rx queue, which comes back: while it knows of
 * further packets in the ring, what it has read and owes the host may wait until it
 * is a batch, by packets or by the memory that they keep. Whoever finds the ring
 * empty pays all; so does hn_chan_tend(), but ring bytes alone, where no completion
 * is owed, it leaves: they are few.
 */
void hn_chan_rx_leave(struct hn_chan *chan);

/**
 * Free the ends that a process owned which has died. Any thread; touches nothing
 * where there is nothing to do.
 */
void hn_chan_recover(struct hn_chan *chan);

/**
 * Give back what mbufs have released, if nobody polls the channel who would. Any
 * thread; touches nothing where there is nothing to do.
 */
void hn_chan_tend(struct hn_chan *chan);

/** Become or stop being the owner of the send end. */
bool hn_chan_tx_trylock(struct hn_chan *chan);
void hn_chan_tx_lock(struct hn_chan *chan);
void hn_chan_tx_unlock(struct hn_chan *chan);	/* publishes, at most one signal */

/**
 * For the Rx queue, as owner of the receive end: the next packet with receive
 * data, backlog first. Completions and control met on the way go up.
 *
 * @param budget
 *   In/out: how many ring packets may still be taken; counted down.
 * @return
 *   1 and *msg filled; 0 when there is none within the budget; negative errno
 *   when the channel has failed.
 */
int hn_chan_rx_next(struct hn_chan *chan, struct hn_msg *msg, uint32_t *budget);

/** What hn_chan_poll() does when it meets receive data and the backlog is full. */
enum hn_chan_overflow {
	HN_CHAN_LEAVE,		/**< stop: it stays in the ring for the Rx queue */
	HN_CHAN_DROP,		/**< give it back and count it: what is behind it is needed */
};

/**
 * For everyone else: take at most budget ring packets, send completions and
 * control up, put receive data into the backlog. Does nothing when the receive
 * end has another owner.
 *
 * @return
 *   Ring packets taken; negative errno when the channel has failed.
 */
int hn_chan_poll(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow);

/** Has the host read all that it is owed for what was received? Or the channel has failed. */
bool hn_chan_is_paid(struct hn_chan *chan);

/**
 * How many frames wait for the Rx queue, as far as a look into at most budget
 * ring packets tells. Those go into the backlog, without loss; when the receive
 * end has another owner, what has been there before is the answer.
 */
uint32_t hn_chan_count(struct hn_chan *chan, uint32_t budget);

/**
 * As owner of the receive end, newly locked: the Rx queue is going to sleep, the
 * host shall interrupt.
 *
 * @return
 *   false if there is something to do already, or the channel has failed: then
 *   the host does not interrupt.
 */
bool hn_chan_arm(struct hn_chan *chan);

/**
 * The same for an Rx queue whose lcore waits for the memory to change: where, and
 * what stands there meanwhile. NULL if there is something to do already.
 */
volatile void *hn_chan_watch(struct hn_chan *chan, uint32_t *idle);

/** As owner of the receive end: the host shall not interrupt. */
void hn_chan_disarm(struct hn_chan *chan);

/**
 * Poll until done(arg) or the deadline. Time in which this process did not run
 * does not count: the host could not be heard.
 *
 * @return
 *   0; -ETIMEDOUT; -ENODEV when the device is gone; or the channel's failure.
 */
int hn_chan_wait(struct hn_chan *chan, bool (*done)(const void *arg), const void *arg,
		 uint32_t timeout_ms);

/**
 * Send an NVSP request and wait for its completion. One at a time per channel;
 * the request is released on every exit, and a late answer is dropped.
 *
 * @param answer
 *   Filled with what the host sent, the rest zeroed.
 * @param answer_len
 *   Bytes that must have come; fewer are -EBADMSG.
 * @param timeout_ms
 *   For room in the ring and for the answer, together.
 * @return
 *   0, -ETIMEDOUT, -ENODEV, -EBADMSG, or why it could not be sent.
 */
int hn_chan_call(struct hn_chan *chan, const void *req, uint32_t req_len,
		 void *answer, uint32_t answer_len, uint32_t timeout_ms);

/** Send an NVSP message that has no answer; waits for room in the ring. */
int hn_chan_notify(struct hn_chan *chan, const void *req, uint32_t req_len,
		   uint32_t timeout_ms);

/** A packet with page ranges on its way; the caller fills in those. */
struct hn_gpa_packet {
	struct vmbus_chanpkt_sglist sglist;
	struct vmbus_gpa gpa[VMBUS_GPA_MAX];
	uint8_t room[NVSP_LEN_61];	/**< the message follows the ranges */
};

/*
 * As owner of the send end. Messages are padded with zeros to nvsp_len.
 * All return 0, -EAGAIN when the ring is full, or a failure; nothing reaches the
 * host before hn_chan_tx_unlock(). A completion is requested.
 */

/** RNDIS messages in a section of the send buffer. */
int hn_chan_send(struct hn_chan *chan, const struct nvsp_rndis_pkt *pkt, uint64_t xactid);

/** The same in page ranges (GPA direct): the first count of the packet. */
int hn_chan_send_gpa(struct hn_chan *chan, struct hn_gpa_packet *packet, uint32_t count,
		     const struct nvsp_rndis_pkt *pkt, uint64_t xactid);

/**
 * As owner of the receive end: all of a transfer-page packet has been used,
 * the host may have its memory back, if it asked for it.
 *
 * @param status
 *   NVSP_STATUS_SUCCESS or NVSP_STATUS_FAIL.
 */
void hn_chan_rx_done(struct hn_chan *chan, const struct hn_msg *msg, uint32_t status);

/**
 * The device is gone: from now on nothing touches its rings, whose memory the
 * kernel frees. Any thread; says nothing to the events.
 */
void hn_chan_abandon(struct hn_chan *chan);

/**
 * Try to send until the ring has room: attempt() is called as owner of the send
 * end and returns -EAGAIN to be called again. For control operations.
 *
 * @param timeout_ms
 *   In: for how long; out: what is left of it, for the answer.
 * @return What attempt() returned; -ETIMEDOUT, -ENODEV, or the channel's failure.
 */
int hn_chan_retry(struct hn_chan *chan, int (*attempt)(void *arg), void *arg,
		  uint32_t *timeout_ms);

/**
 * Transaction ids of hn_chan's own calls have this bit; hn_tx and hn_rndis keep
 * it clear.
 */
#define HN_XACT_CALL (UINT64_C(1) << 63)
/** RNDIS control requests of hn_rndis; transmit ids have neither. */
#define HN_XACT_RNDIS (UINT64_C(1) << 62)

#endif /* _HN_CHAN_H_ */
