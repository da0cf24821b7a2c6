/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * One synthetic NIC: NVSP and RNDIS on its channels, and the port that it is
 * plugged into.
 */

#ifndef HVHOST_NIC_H
#define HVHOST_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arrival.h"
#include "frame.h"
#include "fault.h"
#include "offload.h"
#include "profile.h"

struct nic;
struct port;
struct rules;
struct vmbus;

#define NIC_QUEUES_MAX 64u

struct nic_config {
	unsigned int number;
	char instance[37];		/**< GUID in lower case */
	uint8_t mac[ETHER_ADDR_LEN];
	const struct profile *profile;
	uint32_t nvsp_min;		/**< versions spoken */
	uint32_t nvsp_max;
	uint32_t queues_max;
	uint32_t rss_entries;		/**< of the RSS table */
	uint32_t grant_max;		/**< subchannels it gives at most, whatever is asked for */
	uint32_t grant_extra;		/**< and so many more, which nobody has asked for */
	uint32_t grant_delay_ms;	/**< before each offer */
	uint32_t offloads;		/**< OFFLOAD_... offered; RSC only where NVSP has it */
	struct offload_limits large_send;
	uint32_t frame_max;		/**< longest frame that a guest can ask for */
	uint64_t link_bps;
	uint32_t lost_at;		/**< packet of a guest at which the card goes; 0: never */
	struct faults faults;		/**< of its answers */
	bool mac_change;		/**< a guest may have another address */
	bool monitored;			/**< signalled through the monitor page */
	bool subs_unmonitored;		/**< but for the subchannels */
	struct arrival_delays delays;
	bool hides_ring;		/**< the primary channel's directory has no ring file */
	bool unseen;			/**< what guests send is completed without a look at it */
	bool oldest_first;		/**< walk the receive buffer, not reuse its hot end */
	size_t ring_bytes;
	size_t recv_bytes;
	size_t send_bytes;
};

/**
 * What happened on a NIC, from the guest's point of view: rx is what the guest
 * receives. One table names them for people and programs.
 */
#define NIC_COUNTERS(C) \
	C(rx_frames, "frames put into the guest's receive buffer") \
	C(rx_bytes, "in these") \
	C(rx_packets, "transfer-pages packets with data") \
	C(rx_filtered, "dropped: the packet filter is against it") \
	C(rx_not_listening, "dropped: no guest, or its filter is 0") \
	C(rx_no_section, "times the guest held all receive sections") \
	C(rx_ring_full, "times the guest's ring was full") \
	C(rx_lost_queue, "dropped: the queue that it hashes to is full") \
	C(rx_lost_ring_full, "dropped: the ring filled up under a batch") \
	C(rx_lost_port, "dropped: by the port, for want of room or by length") \
	C(rx_checksum_good, "received frames with a checksum that was verified") \
	C(rx_checksum_failed, "received frames with a checksum that is wrong") \
	C(rx_checksum_stale, "received frames told to be good that have no checksum yet") \
	C(rx_coalesced, "received frames that were joined to the one before") \
	C(rx_oversize, "dropped: longer than the guest's MTU") \
	C(tx_frames, "frames that the guest sent") \
	C(tx_bytes, "in these") \
	C(tx_packets, "vmbus packets with data") \
	C(tx_sections, "of them: through the send buffer") \
	C(tx_refused, "packets completed with a failure") \
	C(tx_lost_port, "dropped: the port did not take it") \
	C(tx_lost_link, "dropped: the link is down") \
	C(tx_lost_size, "dropped: no Ethernet frame of the right length") \
	C(tx_checksums, "frames that left checksums to the card") \
	C(tx_large_sends, "large sends") \
	C(tx_segments, "frames that they were cut into") \
	C(tx_passed_on, "frames whose checksum or cutting was left to the port") \
	C(tx_tags, "VLAN tags put into frames") \
	C(control_messages, "RNDIS control messages") \
	C(opens, "times a guest opened the NIC")

struct nic_counters {
#define NIC_COUNTER_FIELD(name, text) uint64_t name;
	NIC_COUNTERS(NIC_COUNTER_FIELD)
#undef NIC_COUNTER_FIELD
};

/** The same for each channel of a NIC, which guests see as a queue. */
#define NIC_QUEUE_COUNTERS(C) \
	C(rx_frames, "received") \
	C(rx_lost, "lost: the queue was full") \
	C(tx_frames, "sent")

struct nic_queue_counters {
#define NIC_QUEUE_COUNTER_FIELD(name, text) uint64_t name;
	NIC_QUEUE_COUNTERS(NIC_QUEUE_COUNTER_FIELD)
#undef NIC_QUEUE_COUNTER_FIELD
};

/** Offer the NIC on the bus, plugged into the port, which it owns from now on. NULL with errno. */
struct nic *nic_create(struct vmbus *bus, struct rules *rules, const struct nic_config *config,
		       struct port *port);

/** Take the NIC from the bus and close its port. */
void nic_destroy(struct nic *nic);

/**
 * Do what there is to do now: receive from the port, serve the guest's rings.
 *
 * @return
 *   How many frames and packets were moved; 0: idle.
 */
unsigned int nic_poll(struct nic *nic);

/**
 * Another script of faults, as in faults_add(); "none" ends them.
 *
 * @return 0; -1 after a sentence.
 */
int nic_set_faults(struct nic *nic, const char *text);
/** A fault of the script; NULL behind the last one. */
const struct fault *nic_fault(const struct nic *nic, unsigned int i);

/** Whether the guest hears of an event. */
enum nic_told {
	NIC_TOLD,
	NIC_TOLD_NOBODY,		/**< there is no guest that could */
	NIC_TOLD_UNWANTED,		/**< the guest has not said that it takes such */
	NIC_TOLD_NOTHING,		/**< nothing has changed */
};

/** Plug or pull the cable; the guest is told. */
enum nic_told nic_set_link(struct nic *nic, bool up);

/** Another link speed; guests with the teaming capability are told, others find out. */
enum nic_told nic_set_speed(struct nic *nic, uint64_t bps);

/** The network at the other end is another: RNDIS_NETWORK_CHANGE_... */
enum nic_told nic_change_network(struct nic *nic, uint32_t kind);

/**
 * Look at nothing of the NIC's and say nothing for so many milliseconds; 0: until
 * nic_resume(). Neither loses what the guest has sent, nor what waits for it.
 */
void nic_pause(struct nic *nic, uint64_t ms);

/** Go on; NIC_TOLD_NOTHING if it was not paused. */
enum nic_told nic_resume(struct nic *nic);

/**
 * Take one of its subchannels away; the guest is not told. Frames of its flows go to
 * the primary channel. 0, or -ENOENT if no such is open.
 */
int nic_rescind_channel(struct nic *nic, uint64_t index);

/**
 * Write what crosses the NIC to a pcapng file from now on, see capture.h; NULL: no more.
 * 0, or -1 after log_usage().
 */
int nic_capture(struct nic *nic, const char *path, uint32_t snap_len);

/** Whether its time has come, by lost_at: the owner should destroy it. */
bool nic_is_lost(const struct nic *nic);

/** Whether a guest has the NIC open. */
bool nic_is_open(const struct nic *nic);

const struct nic_counters *nic_counters(const struct nic *nic);

/** Of queue number i; NULL after the last that any guest has had. */
const struct nic_queue_counters *nic_queue_counters(const struct nic *nic, unsigned int i);

/** What one side has of the other's at this moment. */
struct nic_held {
	unsigned int rx;		/**< receive sections with data that the guest has */
	unsigned int tx;		/**< packets of the guest that are taken, not completed */
};
struct nic_held nic_held(const struct nic *nic);

const struct nic_config *nic_config(const struct nic *nic);
struct port *nic_port(const struct nic *nic);

/** "ready, NVSP 6.1, mtu 1500, filter 0x0d", in a buffer that the next call reuses. */
const char *nic_state(const struct nic *nic);

#endif /* HVHOST_NIC_H */
