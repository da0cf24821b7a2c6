/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * RNDIS control: initialise, halt, query and set OIDs, status indications.
 *
 * A request lies in a page of its own that the host reads; the host first
 * completes the packet (the page is ours again) and, apart from that and in any
 * order, answers through the receive buffer. One request at a time; a late or
 * unasked answer is counted and dropped.
 *
 * A host that has left a request unanswered is silent until it says anything
 * again. It is still told what it has to know, for it takes all of it, in this
 * order, when it goes on; but nobody waits long for it a second time.
 *
 * Threading: requests in control operations only, one at a time. The host's
 * messages arrive in whichever thread polls the primary channel, in any process.
 */

#ifndef _HN_RNDIS_H_
#define _HN_RNDIS_H_

#include <stdbool.h>
#include <stdint.h>

#include "hn_compat.h"

struct hn_chan;
struct hn_msg;
struct rte_ether_addr;

/** Longest answer that any request here expects. */
#define HN_RNDIS_ANSWER_MAX 256u
/** Requests that the host has not completed, each in a page. */
#define HN_RNDIS_PAGES 8

/** A status indication, up to the device; runs in the polling thread. */
struct hn_rndis_events {
	/** @param status is an enum rndis_status; value is 0 if it carries none. */
	void (*status)(void *ctx, uint32_t status, uint32_t value);
};

/** Memory of one request. */
struct hn_rndis_page {
	void *addr;
	uint64_t pfn;			/**< guest-physical address / 4096 */
	uint32_t request_id;		/**< of what lies in it */
	bool answered;			/**< so the host has read it, completed or not */
	RTE_ATOMIC(uint32_t) with_host;	/**< sent and not completed */
};

/** The request that waits for its answer. */
struct hn_rndis_pending {
	uint32_t type;			/**< of the answer; 0 if none waits */
	uint32_t request_id;
	uint32_t answer_len;		/**< bytes of the answer */
	uint8_t answer[HN_RNDIS_ANSWER_MAX];
	RTE_ATOMIC(uint32_t) done;
};

/**
 * What all processes know: the answer comes to whichever of them polls the
 * primary channel. Pages are EAL's memory, which all have at the same place.
 */
struct hn_rndis_shared {
	RTE_ATOMIC(uint32_t) silent;	/**< nothing was heard since a request timed out */
	uint64_t stray;			/**< messages that nobody waited for, or nonsense */
	struct hn_rndis_page page[HN_RNDIS_PAGES];
	struct hn_rndis_pending pending;
};

struct hn_rndis {
	struct hn_rndis_shared *shared;
	struct hn_chan *chan;		/**< the primary */
	const struct hn_rndis_events *events;
	void *ctx;
	uint32_t timeout_ms;		/**< for each answer */
	uint32_t next_id;		/**< goes on over connections */
	bool initialized;
	uint32_t max_packets;		/**< host's limits for one NVSP packet: messages, */
	uint32_t max_transfer;		/**< bytes, */
	uint32_t align;			/**< and where each message may begin; bytes */
	void *pages;
};

/**
 * Initialise RNDIS over a channel that NVSP has brought up.
 *
 * @return 0 or negative errno, logged; nothing is kept on failure.
 */
int hn_rndis_attach(struct hn_rndis *rndis, struct hn_chan *chan,
		    const struct hn_rndis_events *events, void *ctx, uint32_t timeout_ms);

/** In another process: hear what comes while it polls; requests are the primary one's. */
void hn_rndis_listen(struct hn_rndis *rndis, struct hn_chan *chan,
		     const struct hn_rndis_events *events, void *ctx);

/**
 * Halt, if it was initialised, and free; works from any state. What a host has not
 * completed it may read yet: then hn_rndis_abandon() is due.
 */
void hn_rndis_detach(struct hn_rndis *rndis);

/** The device is gone, or was closed: free what the host had. After any of the others. */
void hn_rndis_abandon(struct hn_rndis *rndis);

/** Has the host left the last request unanswered, and said nothing since? */
bool hn_rndis_is_silent(const struct hn_rndis *rndis);

/** A request to the same host by NVSP has timed out. */
void hn_rndis_note_silence(struct hn_rndis *rndis);

/**
 * Ask for the value of an OID.
 *
 * @param in, in_len
 *   What some OIDs want along with the question; may be NULL, 0.
 * @param out, out_len
 *   Filled completely; a shorter answer is -EBADMSG.
 * @return
 *   0; -ENOTSUP if the host does not know it; -ETIMEDOUT; -EBADMSG; or why
 *   it could not be sent.
 */
int hn_rndis_query(struct hn_rndis *rndis, uint32_t oid, const void *in, uint32_t in_len,
		   void *out, uint32_t out_len);

/**
 * The same for a value that has no fixed length.
 *
 * @param out_len
 *   In: room; out: bytes of it that the host has sent. The rest is zeroed.
 */
int hn_rndis_query_upto(struct hn_rndis *rndis, uint32_t oid, const void *in, uint32_t in_len,
			void *out, uint32_t *out_len);

/**
 * Set an OID. Returns as hn_rndis_query(). After -ETIMEDOUT the host may take the
 * value yet, when it goes on: whoever puts his own state back sets the former
 * value again, which the host takes after that.
 */
int hn_rndis_set(struct hn_rndis *rndis, uint32_t oid, const void *value, uint32_t len);

/** The card's permanent address; -EADDRNOTAVAIL if the host gives an impossible one. */
int hn_rndis_get_mac(struct hn_rndis *rndis, struct rte_ether_addr *mac);
/** Largest IP packet, bytes. */
int hn_rndis_get_mtu(struct hn_rndis *rndis, uint32_t *mtu);
int hn_rndis_get_link(struct hn_rndis *rndis, bool *up);
/** Mbit/s. */
int hn_rndis_get_speed(struct hn_rndis *rndis, uint32_t *mbps);
/** @param filter is a set of enum ndis_packet_filter; 0 stops reception. */
int hn_rndis_set_filter(struct hn_rndis *rndis, uint32_t filter);

/** A packet with control messages has come (hn_chan's control event). */
void hn_rndis_receive(struct hn_rndis *rndis, const struct hn_msg *msg);

/** The host has completed a request's packet: an id with HN_XACT_RNDIS. */
void hn_rndis_tx_done(struct hn_rndis *rndis, uint64_t xactid);

/** "QUERY", "SET", ... for log lines. */
const char *hn_rndis_msg_name(uint32_t type);

#endif /* _HN_RNDIS_H_ */
