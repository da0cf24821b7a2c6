/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the host and the guest share on a VMBus channel: ring control page,
 * packet descriptors, monitor page. Formats only; the host owns them.
 *
 * Hyper-V guests are little-endian and so are all fields; the build refuses
 * other machines.
 */

#ifndef _RTE_VMBUS_REG_H_
#define _RTE_VMBUS_REG_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Hyper-V's page, whatever the guest's is. */
#define VMBUS_PAGE_SIZE 4096u

/** Most page ranges in one GPA direct packet (Linux's limit; hosts take it). */
#define VMBUS_GPA_MAX 32u

/** Packet types that a network device sends or receives. */
enum vmbus_chanpkt_type {
	VMBUS_CHANPKT_TYPE_INBAND = 6,	/**< payload follows the descriptor */
	VMBUS_CHANPKT_TYPE_RXBUF = 7,	/**< host: payload lies in the receive buffer */
	VMBUS_CHANPKT_TYPE_GPA = 9,	/**< guest: payload lies in guest pages */
	VMBUS_CHANPKT_TYPE_COMP = 11,	/**< completion of an earlier packet */
};

#define VMBUS_CHANPKT_FLAG_NONE 0u
#define VMBUS_CHANPKT_FLAG_RC 1u	/**< the sender wants a completion */

/** Begins every packet. Lengths count units of 8 bytes. */
struct vmbus_chanpkt_hdr {
	uint16_t type;		/**< enum vmbus_chanpkt_type */
	uint16_t hlen;		/**< where the payload begins */
	uint16_t tlen;		/**< whole packet without the ring's trailer */
	uint16_t flags;
	uint64_t xactid;	/**< transaction id, echoed by the completion */
};
static_assert(sizeof(struct vmbus_chanpkt_hdr) == 16, "wire size");

/** A completion, as far as most users want to know it; no wire format. */
struct vmbus_comp {
	uint64_t xactid;
	uint32_t payload[2];	/**< its beginning, zero where there is none */
	uint32_t payload_len;	/**< bytes that the packet has */
	uint32_t ring_len;	/**< bytes that it takes in the ring */
};

/** One piece of the receive buffer. */
struct vmbus_rxbuf_range {
	uint32_t len;
	uint32_t ofs;		/**< from the start of the receive buffer */
};
static_assert(sizeof(struct vmbus_rxbuf_range) == 8, "wire size");

/** host: VMBUS_CHANPKT_TYPE_RXBUF. rxbuf_cnt ranges follow. */
struct vmbus_chanpkt_rxbuf {
	struct vmbus_chanpkt_hdr hdr;
	uint16_t rxbuf_id;
	uint16_t reserved;	/**< may hold garbage */
	uint32_t rxbuf_cnt;
};
static_assert(sizeof(struct vmbus_chanpkt_rxbuf) == 24, "wire size");

/** A range inside one page of guest memory. */
struct vmbus_gpa {
	uint32_t len;
	uint32_t ofs;		/**< in the page; ofs + len <= VMBUS_PAGE_SIZE */
	uint64_t page;		/**< guest-physical address / VMBUS_PAGE_SIZE */
};
static_assert(sizeof(struct vmbus_gpa) == 16, "wire size");

/** guest: VMBUS_CHANPKT_TYPE_GPA. gpa_cnt ranges follow. */
struct vmbus_chanpkt_sglist {
	struct vmbus_chanpkt_hdr hdr;
	uint32_t reserved;	/**< 0 */
	uint32_t gpa_cnt;
};
static_assert(sizeof(struct vmbus_chanpkt_sglist) == 24, "wire size");

/**
 * First bytes of each ring half; the data area begins one guest page after
 * it. Indexes are byte offsets into the data area and multiples of 8.
 */
struct vmbus_bufring {
	uint32_t windex;	/**< the producer writes here next */
	uint32_t rindex;	/**< the consumer reads here next */
	uint32_t imask;		/**< consumer: 1 = do not interrupt me */
	uint32_t pending_send;	/**< producer waits for more than this many bytes; 0 = does not */
	uint32_t reserved[12];
	uint32_t feature_bits;	/**< bit 0: the producer uses pending_send */
};
static_assert(offsetof(struct vmbus_bufring, feature_bits) == 0x40, "wire layout");

#define VMBUS_FEATURE_PENDING_SEND 1u

/** Monitor ids are 0 to 127; the page is shared by all devices of the guest. */
#define VMBUS_MONITOR_MAX 128u
#define VMBUS_MONITOR_GROUP_BITS 32u

struct vmbus_mon_trig {
	uint32_t pending;	/**< guest: set own bit to signal the host */
	uint32_t armed;
};

/** Child-to-parent monitor page. */
struct vmbus_mon_page {
	uint32_t state;
	uint32_t reserved1;
	struct vmbus_mon_trig trigs[4];
	uint8_t reserved2[24];
	int32_t next_check[4][32];
	uint16_t latency[4][32];	/**< units of 100 ns */
	uint8_t reserved3[256];
	uint64_t param[4][32];
	uint8_t reserved4[1984];
};
static_assert(offsetof(struct vmbus_mon_page, trigs) == 0x8, "wire layout");
static_assert(offsetof(struct vmbus_mon_page, latency) == 0x240, "wire layout");
static_assert(offsetof(struct vmbus_mon_page, param) == 0x440, "wire layout");
static_assert(sizeof(struct vmbus_mon_page) == VMBUS_PAGE_SIZE, "wire size");

#ifdef __cplusplus
}
#endif

#endif /* _RTE_VMBUS_REG_H_ */
