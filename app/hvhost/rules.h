/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The rules of the protocol, each with a name. Whoever finds that a guest
 * broke one reports it here: one log line (rate limited), one counter, and
 * the host's exit status.
 */

#ifndef HVHOST_RULES_H
#define HVHOST_RULES_H

#include <stdint.h>
#include <stdio.h>

/** name, what the guest has to do */
#define RULES(R) \
	/* The ring. */ \
	R(RING_INDEX, "ring indexes stay inside the ring and are multiples of 8") \
	R(RING_PACKET, "packets are published whole: header <= length <= available") \
	R(RING_SIGNAL, "the host is signalled only when the ring stops being empty") \
	R(RING_GONE, "the rings of a channel that is gone are not touched, nor read") \
	R(PACKET_TYPE, "a guest sends in-band, GPA-direct and completion packets") \
	/* NVSP. */ \
	R(NVSP_SHORT, "a request fills at least 32 bytes of the ring") \
	R(NVSP_TRUNCATED, "a message has all fields of its type") \
	R(NVSP_TYPE, "message types are those of the negotiated version") \
	R(NVSP_INIT_FIRST, "INIT comes before everything else, and once") \
	R(NVSP_ONCE, "configuration and buffers are set up once each, before the first data") \
	R(NVSP_CONFIG_FIRST, "NDIS_CONFIG comes before the receive buffer, from version 2 on") \
	R(NVSP_INCOMPLETE, "configuration, NDIS version and receive buffer come before RNDIS") \
	R(NVSP_GPADL, "a buffer is a page-aligned GPADL of this device") \
	R(NVSP_PRIMARY, "everything but data goes on the primary channel") \
	R(NVSP_REPLY_WANTED, "a request that has an answer asks for a completion") \
	R(NVSP_CHANNEL_TYPE, "the channel type is 1 for control messages and 0 for data") \
	R(NVSP_REVOKE_ID, "a buffer is revoked by the id that it was given with") \
	/* Buffers and guest memory. */ \
	R(SECTION_INDEX, "a send section exists and its bytes lie in the send buffer") \
	R(SECTION_SIZE, "no more bytes are used than a send section has") \
	R(SECTION_BUSY, "a send section is used again only after its completion") \
	R(GPA_LIST, "page ranges lie whole in the packet's header") \
	R(GPA_EMPTY, "no page range is empty") \
	R(GPA_COUNT, "at most 32 pages make up one packet") \
	R(GPA_MEMORY, "page ranges name guest-physical memory that is the guest's") \
	R(RX_UNKNOWN, "a receive completion names a packet that the host has sent") \
	R(RX_DOUBLE, "a received packet is completed once") \
	R(RX_CHANNEL, "a received packet is completed on the channel that brought it") \
	R(RX_BODY, "a receive completion is an RNDIS packet completion") \
	R(RX_LEFTOVER, "all receive sections are back before the buffer is revoked") \
	/* RNDIS. */ \
	R(RNDIS_TYPE, "guests send PACKET, INITIALIZE, HALT, QUERY, SET and KEEPALIVE") \
	R(RNDIS_TRUNCATED, "a control message has all fields of its type") \
	R(RNDIS_INIT_ONCE, "INITIALIZE is sent once") \
	R(RNDIS_INIT_FIRST, "INITIALIZE comes before other RNDIS messages") \
	R(RNDIS_REQUEST_ID, "a request has an id that is not 0") \
	R(RNDIS_INFO, "the information buffer lies in the message, at offset 20") \
	R(RNDIS_QUEUE, "control requests wait for their answers") \
	R(RNDIS_HEADER, "header and per-packet infos lie whole in the first page range") \
	R(RNDIS_LENGTH, "messages fill their packet exactly") \
	R(RNDIS_MIXED, "the messages of one packet are of one kind") \
	R(RNDIS_ALIGNMENT, "aggregated messages start at multiples of the host's alignment") \
	R(RNDIS_AGGREGATE, "no more messages are aggregated than the host takes") \
	R(RNDIS_OOB, "out-of-band fields and VC handle are 0") \
	R(RNDIS_DATA, "the frame lies in its message and is not empty") \
	R(RNDIS_PPI, "per-packet infos lie in their region and move forward") \
	R(RNDIS_CHECKSUM, "the checksum offset points at a transport header in the frame") \
	R(RNDIS_LARGE_SEND, "the TCP header of a large send lies in the frame") \
	R(RSS_HEADER, "RSS parameters have an object header: type 0x89, revision 1 to 3, its size") \
	R(RSS_LAYOUT, "a key of 40 bytes and a table of whole entries follow the RSS parameters") \
	R(RSS_WHOLE, "RSS parameters are set whole: hosts do not keep what is unchanged") \
	R(RSS_HASH, "the hash function is Toeplitz's, of types that the host can") \
	R(RSS_ENTRY, "entries of the RSS table are channels that the host can give") \
	R(RSS_CLOSED, "entries of the RSS table are channels that are open") \
	R(RSS_DISABLE_FIRST, "RSS is disabled before other parameters are set") \
	R(FRAME_SIZE, "a frame has an Ethernet header and fits the MTU") \
	R(FRAME_VLAN, "VLAN tags go in a per-packet info, not in the frame") \
	R(TX_OFFLOAD, "the card is left only work that was offered and is switched on") \
	R(TX_HEADERS, "work is asked for on headers that the frame has, where they are") \
	R(TX_PSEUDO_SUM, "a checksum to be computed begins as the pseudo header's sum") \
	R(LSO_VERSION, "a large send is of version 2") \
	R(LSO_IP_LENGTH, "a large send has IP length 0") \
	R(LSO_IP_SUM, "a large send has IPv4 header checksum 0") \
	R(LSO_MSS, "the segments of a large send have a size and fit the MTU") \
	R(LSO_SEGMENTS, "a large send has as many segments as the host's minimum") \
	R(LSO_SIZE, "a large send has no more payload than the host takes") \
	R(TX_BEFORE_FILTER, "frames are sent while the packet filter is not 0") \
	R(HALT_BEFORE_REVOKE, "HALT comes before the buffers are revoked")

enum rule {
#define RULE_ENUM(name, text) RULE_##name,
	RULES(RULE_ENUM)
#undef RULE_ENUM
	RULE_COUNT
};

struct rules {
	uint64_t broken[RULE_COUNT];
};

/** Count the breach and say it: "nic 0 guest 1234 broke RING_INDEX: ..." */
void rules_break(struct rules *rules, enum rule rule, const char *who,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/** The sum over all rules. */
uint64_t rules_broken(const struct rules *rules);

/** RULE_RING_INDEX -> "RING_INDEX", and what it demands. */
const char *rules_name(enum rule rule);
const char *rules_text(enum rule rule);

#endif /* HVHOST_RULES_H */
