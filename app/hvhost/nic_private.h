/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the parts of a NIC share: nic.c its life and its turn, nic_rx.c frames to
 * the guest, nic_tx.c frames from the guest, nic_control.c RNDIS control
 * messages both ways.
 */

#ifndef HVHOST_NIC_PRIVATE_H
#define HVHOST_NIC_PRIVATE_H

#include "control_queue.h"
#include "nic.h"
#include "nvsp.h"
#include "rndis.h"
#include "rndis_packet.h"
#include "rsc.h"
#include "rxbuf.h"
#include "vmbus.h"

struct nvsp_rndis;

#define XFER_HEADER_LEN 8u		/* behind the descriptor, before the ranges */
#define RANGE_LEN 8u

/* A batch of received frames on its way into one packet. */
struct nic_batch {
	struct rxbuf_chain chain;
	unsigned int limit;		/* ranges that fit the ring now */
	uint32_t spare;			/* section in the hands of the port, or RXBUF_NONE */
	struct rsc rsc;			/* the frame that the last message is a part of */
	struct rndis_rx_info last;	/* what was written around it */
	uint16_t packet_id;
	uint8_t header[XFER_HEADER_LEN + NVSP_RANGES_MAX_RSC * RANGE_LEN];
};

/* A completion that found the ring full; nothing more is read until it is out. */
struct nic_stuck {
	bool waits;
	uint64_t id;
	size_t len;
	uint8_t bytes[NVSP_MESSAGE_MAX];
};

struct nic_channel {
	struct nic *nic;
	struct vmbus_channel *vch;	/* NULL: not open */
	uint16_t index;
	bool dead;
	bool rescinded;			/* alone; the guest does not know */
	struct nic_batch batch;
	struct nic_stuck stuck;
	struct nic_queue_counters counters;
};

/* The subchannels that the guest was granted; those offered stay until the primary closes. */
struct nic_subs {
	uint32_t wanted;		/* by the last request */
	uint32_t offered;
	uint64_t due_ns;		/* when the next one may be offered */
	uint32_t asked_turn;		/* in this turn nothing follows the answer */
	bool split_due;			/* the receive sections are to be divided anew */
	bool table_due;			/* the send table follows the last one */
};

struct nic {
	struct nic_config config;
	char name[16];			/* "nic 0" */
	struct rules *rules;
	struct vmbus *bus;
	struct vmbus_device *dev;
	struct port *port;
	struct nvsp nvsp;
	struct rndis rndis;
	struct rxbuf rxbuf;
	bool has_rxbuf;
	struct control_queue control;
	struct nic_subs subs;
	uint8_t *landing;		/* where frames arrive whose channel is not known yet */
	uint32_t turn;			/* never 0 */
	uint64_t paused_until_ns;	/* 0: it is not */
	struct faults faults;		/* what becomes of answers */
	struct nic_told_later *later;	/* in the order in which they came */
	uint32_t packets;		/* of this guest, as far as it matters to lost_at */
	uint32_t *section_turn;		/* by send section: turn of its last completion */
	size_t sections;
	struct nic_counters counters;
	struct capture *capture;	/* NULL: none */
	unsigned int tx_queue;		/* whose packet is looked at */
	unsigned int queues_seen;	/* by any guest */
	struct nic_channel channel[NIC_QUEUES_MAX];
};

static inline bool
nic_channel_works(const struct nic_channel *ch)
{
	return ch->vch != NULL && !ch->dead;
}

static inline uint8_t *
nic_section(const struct nic *nic, uint32_t id)
{
	return nic->nvsp.recv.bytes + (size_t)id * nic->nvsp.recv_section_len;
}

/** A rule was broken that ends the channel, or the guest has ended it. */
void nic_kill(struct nic_channel *ch, const char *why);

/** Complete a packet of the guest; waits in the channel while the ring is full. */
void nic_complete(struct nic_channel *ch, uint64_t id, const uint8_t *bytes, size_t len);

/**
 * Tell the guest something of its requests, as the script of faults wants it.
 *
 * @param kind
 *   FAULT_RNDIS: bytes are a message for the guest; otherwise id is completed with them.
 */
void nic_answer(struct nic_channel *ch, enum fault_kind kind, uint64_t id, const uint8_t *bytes,
		size_t len);

/** Put a message into a control section and send it. The caller has seen that there is room. */
void nic_control_send(struct nic_channel *ch, const uint8_t *bytes, size_t len);

/** Tell what is due of that. @return how much. */
unsigned int nic_faults_poll(struct nic *nic);
/** The guest has gone: forget what it has not been told. */
void nic_faults_forget(struct nic *nic);
/** Completions of frames that are kept for later. */
unsigned int nic_faults_held(const struct nic *nic);

/** Become the user of the NIC's port. */
void nic_rx_plug(struct nic *nic, struct port *port);

/** Room for a frame of the port, as in struct port_user; the NIC is the context. */
uint8_t *nic_rx_begin(void *ctx, size_t *room);

/**
 * The frame stands there.
 *
 * @param work
 *   What the sender has left to the card; NULL: nothing.
 * @return
 *   The channel in whose batch it is the last now; NULL if the guest does not get it.
 */
struct nic_channel *nic_rx_take(struct nic *nic, size_t len, const struct frame_work *work);

/** Have a section for one more frame in the channel's batch; false if there is none. */
bool nic_rx_prepare(struct nic_channel *ch);

/** Put a section, in which the message stands, into the channel's batch. */
void nic_rx_add(struct nic_channel *ch, uint32_t id);

/** The same frame many times, as in struct port_user; the NIC is the context. */
unsigned int nic_rx_repeat(void *ctx, const struct frame *frame, unsigned int count, bool keeps);

/**
 * Tell in info what the guest wants to know about the frame, or make it a part of
 * the one before it. The frame is in its section, without tag.
 *
 * @param layout
 *   Of the frame, if any receive offload is on.
 * @param work
 *   What the sender has left to the card; NULL: nothing.
 */
void nic_rx_offload(struct nic_channel *ch, uint8_t *frame, const struct layout *layout,
		    struct rndis_rx_info *info, const struct frame_work *work);

/** Whether nobody looks at the NIC now; a pause may end here. */
bool nic_is_paused(struct nic *nic);

/** Forget frames that have not been sent. */
void nic_rx_reset(struct nic_channel *ch);

/** Give the section back that waits for the next frame. */
void nic_rx_untake(struct nic_channel *ch);

/** Send the frames that wait; those that do not fit the ring are lost. */
void nic_rx_flush(struct nic_channel *ch);

/** The guest gives receive sections back. */
void nic_rx_completed(struct nic_channel *ch, const struct vmbus_packet *packet);

/** An RNDIS packet of the guest: acts on it and completes it. */
void nic_tx_rndis(struct nic_channel *ch, const struct vmbus_packet *packet,
		  const struct nvsp_rndis *rndis);

/** A control message of the guest waits for its turn; false if it is refused. */
bool nic_control_take(struct nic_channel *ch, const struct frame *bytes, uint32_t channel_type);

/** An indication goes to the guest after what waits already. */
void nic_control_indicate(struct nic *nic, const uint8_t *bytes, size_t len);

/** Act on what waits, as far as there are sections and room; how many messages. */
unsigned int nic_control_poll(struct nic *nic);

/**
 * The channel of a received frame; notes the hash that led there.
 *
 * @param layout
 *   Of the frame, if RSS is on.
 */
struct nic_channel *nic_steer(struct nic *nic, const uint8_t *frame,
			      const struct layout *layout, struct rndis_rx_info *info);

/** The guest asks for so many channels more; how many it gets, 0: refused. */
uint32_t nic_subs_grant(struct nic *nic, uint32_t count);

/** Offer those whose time has come. */
void nic_subs_poll(struct nic *nic);

/** The guest has gone; with the primary its subchannels have closed. */
void nic_subs_reset(struct nic *nic);

#endif /* HVHOST_NIC_PRIVATE_H */
