/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What is sent on a channel. Each packet is made whole, where the bus copies it
 * from in one go.
 */

#include <errno.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_branch_prediction.h>

#include "hn_chan_private.h"

/* What our descriptors have in common; lengths in units of 8 bytes. */
#define SEND_HDR(packet_type, header_len, total_len, wanted, id) (struct vmbus_chanpkt_hdr){ \
	.type = (packet_type), \
	.hlen = (uint16_t)((header_len) / 8), \
	.tlen = (uint16_t)((total_len) / 8), \
	.flags = (uint16_t)(wanted), \
	.xactid = (id), \
}

/* A full ring is an ordinary answer, anything else is the end. */
static inline int
send_packet(struct hn_chan *chan, const struct vmbus_chanpkt_hdr *packet)
{
	int ret = rte_vmbus_chan_send_raw(chan->vmbus, packet);

	return likely(ret == 0) || ret == -EAGAIN ? ret : hn_chan_fail(chan, ret);
}

int
hn_chan_send_done(struct hn_chan *chan, const struct hn_owed *owed)
{
	const struct {
		struct vmbus_chanpkt_hdr hdr;
		struct nvsp_rndis_pkt_complete done;
	} packet = {
		.hdr = SEND_HDR(VMBUS_CHANPKT_TYPE_COMP, sizeof(packet.hdr), sizeof(packet),
				VMBUS_CHANPKT_FLAG_NONE, owed->xactid),
		.done = { .type = NVSP_TYPE_RNDIS_PKT_COMPLETE, .status = owed->status },
	};

	return send_packet(chan, &packet.hdr);
}

static inline int
send_inband(struct hn_chan *chan, const void *nvsp, uint32_t len, uint64_t xactid, uint32_t flags)
{
	struct {
		struct vmbus_chanpkt_hdr hdr;
		uint8_t nvsp[NVSP_LEN_61];
	} packet = {
		.hdr = SEND_HDR(VMBUS_CHANPKT_TYPE_INBAND, sizeof(packet.hdr),
				sizeof(packet.hdr) + chan->shared->nvsp_len, flags, xactid),
	};

	if (unlikely(hn_chan_has_failed(chan)))
		return -ENODEV;
	memcpy(packet.nvsp, nvsp, len);
	return send_packet(chan, &packet.hdr);
}

int
hn_chan_send_inband(struct hn_chan *chan, const void *nvsp, uint32_t len, uint64_t xactid,
		    uint32_t flags)
{
	return send_inband(chan, nvsp, len, xactid, flags);
}

int
hn_chan_send(struct hn_chan *chan, const struct nvsp_rndis_pkt *pkt, uint64_t xactid)
{
	return send_inband(chan, pkt, sizeof(*pkt), xactid, VMBUS_CHANPKT_FLAG_RC);
}

/* The message takes the place of the first range that is not used. */
int
hn_chan_send_gpa(struct hn_chan *chan, struct hn_gpa_packet *packet, uint32_t count,
		 const struct nvsp_rndis_pkt *pkt, uint64_t xactid)
{
	uint32_t hdr_len = offsetof(struct hn_gpa_packet, gpa) + count * sizeof(packet->gpa[0]);
	uint8_t *nvsp = (uint8_t *)packet + hdr_len;

	if (unlikely(hn_chan_has_failed(chan)))
		return -ENODEV;
	packet->sglist = (struct vmbus_chanpkt_sglist){
		.hdr = SEND_HDR(VMBUS_CHANPKT_TYPE_GPA, hdr_len,
				hdr_len + chan->shared->nvsp_len, VMBUS_CHANPKT_FLAG_RC, xactid),
		.gpa_cnt = count,
	};
	memset(nvsp, 0, NVSP_LEN_61);
	memcpy(nvsp, pkt, sizeof(*pkt));
	return send_packet(chan, &packet->sglist.hdr);
}
