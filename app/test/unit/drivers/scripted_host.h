/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The bus as hn_chan sees it, with a host behind it that follows a script: what
 * it hears, what it says. By default it is a good host; a test changes lines of
 * the script, or lets the n-th message go wrong.
 */

#ifndef SCRIPTED_HOST_H
#define SCRIPTED_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <bus_vmbus_driver.h>

#define SCRIPTED_OFFERS_MAX 64

/** What goes wrong with one of the host's answers, or one of our sends. */
enum scripted_fault {
	FAULT_NONE,
	FAULT_SEND_FAILS,	/**< the bus refuses the message: -EPROTO */
	FAULT_SILENT,		/**< no answer, no completion */
	FAULT_STATUS,		/**< answered with a failure */
	FAULT_SHORT,		/**< the answer is cut */
	FAULT_TYPE,		/**< an answer of another type */
	FAULT_GONE,		/**< the device disappears instead of answering */
	FAULT_LATE,		/**< answered when the guest says the next thing */
	FAULT_TWICE,		/**< completed twice and answered twice */
	FAULT_SWAPPED,		/**< answered, then completed */
	FAULT_WRONG_ID,		/**< answered to another request */
	FAULT_UNCOMPLETED,	/**< answered, but not completed; RNDIS only */
	FAULT_UNANSWERED,	/**< completed, but not answered; RNDIS only */
	FAULT_COUNT,
};

#define SCRIPTED_SET_MAX 2048
#define SCRIPTED_SENT_MAX 256

struct scripted_host {
	uint32_t version;		/**< newest that it takes */
	uint32_t fault_at;		/**< which of the guest's messages, from 1 */
	enum scripted_fault fault;
	uint32_t pause_at;		/**< which of the guest's messages it does not hear, */
	uint32_t pause_looks;		/**< and what comes in so many looks: scripted_pause() */
	uint32_t heard;			/**< messages of the guest so far */
	uint8_t said[32][64];		/**< the beginning of each, by its number from 1 */
	uint32_t last_nvsp;		/**< type of the last NVSP message */
	uint32_t caps;			/**< of the last NDIS_CONFIG */
	uint32_t nvsp_heard[160];	/**< by type */
	uint32_t rx_completions;
	uint64_t rx_completed;		/**< by the last of them */
	uint32_t rx_astray;		/**< of them: not for the packet behind the one before */
	void (*on_completion)(void);	/**< comes just before each; or NULL */
	uint32_t tx_unread;		/**< so often the host is not done reading */
	bool gone;
	bool chatter;			/**< sends notices without end */
	uint32_t flood;			/**< packets of data, a frame each, before whatever it says */
	uint64_t flooded;		/**< of them sent so far */
	/* Answers, as the good host gives them. */
	uint32_t piece_len, piece_count, sections, piece_offset;
	uint32_t section_len;
	uint32_t max_packets, max_transfer, alignment;
	uint32_t oid_status;		/**< of every QUERY and SET */
	uint32_t request_id_off;	/**< added to the id in answers */
	bool answer_first;		/**< before the completion, not behind it */
	uint8_t mac[6];
	uint32_t filter;		/**< last one set */
	/* Subchannels. */
	uint32_t grant;			/**< the most it gives */
	bool refuse;			/**< it answers with a failure */
	uint16_t offer[SCRIPTED_OFFERS_MAX];	/**< indexes, in their order */
	uint32_t offer_count;
	uint32_t offer_after;		/**< looks in vain before each offer */
	uint32_t looks;
	uint32_t opened;		/**< offers that the guest has taken */
	uint32_t closed;		/**< channels that it has closed */
	int open_error;			/**< of the next look, if not 0 */
	uint8_t rss_caps[32];		/**< answer to that QUERY, */
	uint32_t rss_caps_len;		/**< and how much of it is sent */
	uint8_t offload_caps[232];	/**< as above */
	uint32_t offload_caps_len;
	struct scripted_set {
		uint32_t oid, len;
		uint8_t bytes[SCRIPTED_SET_MAX];
	} set[8];			/**< the last ones, by sets modulo their number */
	uint32_t sets;			/**< SETs heard */
	void (*take_set)(const struct scripted_set *set);	/**< or NULL */
	uint32_t refused_oid;		/**< QUERY and SET of it are answered so: */
	uint32_t refused_status;
	bool interrupts;		/**< the guest has asked for it; the host may not do it */
	void (*on_unmask)(void);	/**< comes just before; or NULL */
	uint32_t word;			/**< that the guest may watch: packets sent */
	bool tells_channels;		/**< each packet comes by the channel that it is for */
	bool deaf_subchannels;		/**< the kernel passes on the primary's interrupts only */
	uint8_t current_mac[6];
	uint32_t list_size;		/**< of multicast addresses */
	uint64_t sent[SCRIPTED_SENT_MAX];	/**< transaction ids of the guest's frames, */
	uint32_t sent_count;		/**< by this modulo their number */
	bool completes;			/**< each at once */
	int maps;			/**< of the device */
};

extern struct scripted_host host;

/** The driver, if the whole of it is linked. */
extern struct rte_vmbus_driver *scripted_driver;

/** Forget everything; be a good host. */
void scripted_reset(void);

/**
 * The host does not hear the guest for so many of its looks into the ring. It
 * has room for a hundred messages; then the ring is full.
 */
void scripted_pause(uint32_t looks);

/** It hears all of that now, in order. */
void scripted_resume(void);

/** The device to open. Its buffers are memory of the test. */
struct rte_vmbus_device *scripted_device(void);

/** Let the host send this packet, descriptor included. */
void scripted_push(const void *packet, uint32_t len);

/** A transfer-page packet whose one range holds the message. */
void scripted_push_rndis(uint32_t channel_type, const void *message, uint32_t len, uint64_t id);

/** Let the host complete this transaction. */
void scripted_complete(uint64_t id, uint32_t status);

/** The n-th last SET: 1 is the last one. */
const struct scripted_set *scripted_last_set(uint32_t n);

/** The receive buffer. */
uint8_t *scripted_rxbuf(void);

#endif /* SCRIPTED_HOST_H */
