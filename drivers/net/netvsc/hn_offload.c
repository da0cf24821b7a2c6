/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One table: what the host offers, the ethdev flag that stands for it, and the
 * parameter that switches it. How much of the objects a host knows goes by the
 * NVSP version.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "hn_nvs.h"
#include "hn_offload.h"
#include "hn_rndis.h"
#include "ndis.h"
#include "nvsp.h"

static const struct offload_form {
	uint32_t nvsp;		/* from this version on */
	uint8_t revision;
	uint16_t caps_size;
	uint16_t params_size;
} offload_forms[] = {
	{ NVSP_VERSION_5, 3, NDIS_OFFLOAD_SIZE_3, NDIS_OFFLOAD_PARAMS_SIZE_3 },
	{ NVSP_VERSION_4, 2, NDIS_OFFLOAD_SIZE_2, NDIS_OFFLOAD_PARAMS_SIZE_2 },
	{ 0, 1, NDIS_OFFLOAD_SIZE_1, NDIS_OFFLOAD_PARAMS_SIZE_1 },
};

#define CAP(field) offsetof(struct ndis_offload, field)
#define PARAM(field) offsetof(struct ndis_offload_params, field)

/*
 * A row per parameter. Its value is OFF, plus 1 for transmit, plus rx_adds for
 * receive: that is how both enumerations of parameters count.
 */
static const struct offload_row {
	uint64_t tx, rx;		/* ethdev flags; 0: there is no such direction */
	uint16_t tx_cap, rx_cap;	/* offsets of words in ndis_offload */
	uint32_t needs;			/* bits that have to be set there */
	uint8_t rx_adds;
	uint8_t revision;		/* from this one on */
	uint16_t param;			/* offset of a byte in ndis_offload_params */
} offload_rows[] = {
	{ RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM,
	  CAP(ipv4_tx_checksum), CAP(ipv4_rx_checksum), NDIS_CHECKSUM_CAP_IP,
	  2, 1, PARAM(ipv4_checksum) },
	{ RTE_ETH_TX_OFFLOAD_TCP_CKSUM, RTE_ETH_RX_OFFLOAD_TCP_CKSUM,
	  CAP(ipv4_tx_checksum), CAP(ipv4_rx_checksum), NDIS_CHECKSUM_CAP_TCP,
	  2, 1, PARAM(tcp_ipv4_checksum) },
	{ RTE_ETH_TX_OFFLOAD_TCP_CKSUM, RTE_ETH_RX_OFFLOAD_TCP_CKSUM,
	  CAP(ipv6_tx_checksum), CAP(ipv6_rx_checksum), NDIS_CHECKSUM_CAP_TCP,
	  2, 1, PARAM(tcp_ipv6_checksum) },
	{ RTE_ETH_TX_OFFLOAD_UDP_CKSUM, RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  CAP(ipv4_tx_checksum), CAP(ipv4_rx_checksum), NDIS_CHECKSUM_CAP_UDP,
	  2, 1, PARAM(udp_ipv4_checksum) },
	{ RTE_ETH_TX_OFFLOAD_UDP_CKSUM, RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  CAP(ipv6_tx_checksum), CAP(ipv6_rx_checksum), NDIS_CHECKSUM_CAP_UDP,
	  2, 1, PARAM(udp_ipv6_checksum) },
	{ RTE_ETH_TX_OFFLOAD_TCP_TSO, 0, CAP(lso_v2_ipv4_encapsulation), 0,
	  NDIS_ENCAPSULATION_IEEE_802_3, 0, 1, PARAM(lso_v2_ipv4) },
	{ RTE_ETH_TX_OFFLOAD_TCP_TSO, 0, CAP(lso_v2_ipv6_encapsulation), 0,
	  NDIS_ENCAPSULATION_IEEE_802_3, 0, 1, PARAM(lso_v2_ipv6) },
	{ 0, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0, CAP(rsc), NDIS_RSC_CAP_IPV4,
	  1, 3, PARAM(rsc_ipv4) },
	{ 0, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0, CAP(rsc), NDIS_RSC_CAP_IPV6,
	  1, 3, PARAM(rsc_ipv6) },
};

static const struct offload_form *
offload_form(const struct hn_nvs *nvs)
{
	unsigned int i;

	/* Forward to the last form, which every version reaches. */
	for (i = 0; nvs->version < offload_forms[i].nvsp; i++)
		;
	return &offload_forms[i];
}

/* Does the host offer what the row needs in the word there? */
static bool
offload_is_offered(const struct ndis_offload *offload, uint16_t cap, uint32_t needs)
{
	uint32_t word;

	memcpy(&word, (const uint8_t *)offload + cap, sizeof(word));
	return (word & needs) == needs;
}

/* A flag that one row lacks is not given, whatever the others offer. */
static void
offload_read_rows(const struct ndis_offload *offload, struct hn_offload_caps *caps)
{
	const struct offload_row *row;
	uint64_t rx_lacks = 0, tx_lacks = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(offload_rows); i++) {
		row = &offload_rows[i];
		caps->rx |= row->rx;
		caps->tx |= row->tx;
		if (!offload_is_offered(offload, row->rx_cap, row->needs))
			rx_lacks |= row->rx;
		if (!offload_is_offered(offload, row->tx_cap, row->needs))
			tx_lacks |= row->tx;
	}
	caps->rx &= ~rx_lacks;
	caps->tx &= ~tx_lacks;
}

/* A size that no frame has is no offer. */
static void
offload_read_tso(const struct ndis_offload *offload, struct hn_offload_caps *caps)
{
	uint32_t size = RTE_MIN(offload->lso_v2_ipv4_max_size, offload->lso_v2_ipv6_max_size);

	if (size <= RTE_ETHER_MAX_LEN)
		caps->tx &= ~RTE_ETH_TX_OFFLOAD_TCP_TSO;
	if ((caps->tx & RTE_ETH_TX_OFFLOAD_TCP_TSO) == 0)
		return;
	caps->tso_max_size = size;
	caps->tso_min_segments = RTE_MAX(offload->lso_v2_ipv4_min_segments,
					 offload->lso_v2_ipv6_min_segments);
}

int
hn_offload_query(struct hn_rndis *rndis, const struct hn_nvs *nvs, struct hn_offload_caps *caps)
{
	const struct offload_form *form = offload_form(nvs);
	struct ndis_offload ask = {
		.hdr.type = NDIS_OBJECT_TYPE_OFFLOAD,
		.hdr.revision = form->revision,
		.hdr.size = form->caps_size,
	};
	struct ndis_offload offload = { 0 };
	int ret;

	memset(caps, 0, sizeof(*caps));
	ret = hn_rndis_query(rndis, OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, &ask, form->caps_size,
			     &offload, form->caps_size);
	if (ret < 0)
		return ret == -ENOTSUP ? 0 : ret;
	if (offload.hdr.type != NDIS_OBJECT_TYPE_OFFLOAD || offload.hdr.revision == 0 ||
	    offload.hdr.size < NDIS_OFFLOAD_SIZE_1)
		return -EBADMSG;
	/* What the host's own revision does not have, it does not offer. */
	if (offload.hdr.size < sizeof(offload))
		memset((uint8_t *)&offload + offload.hdr.size, 0,
		       sizeof(offload) - offload.hdr.size);
	offload_read_rows(&offload, caps);
	offload_read_tso(&offload, caps);
	return 0;
}

static uint8_t
offload_setting(const struct offload_row *row, uint64_t rx, uint64_t tx)
{
	return (uint8_t)(NDIS_OFFLOAD_OFF + ((row->tx & tx) != 0 ? 1 : 0) +
			 ((row->rx & rx) != 0 ? row->rx_adds : 0));
}

int
hn_offload_set(struct hn_rndis *rndis, const struct hn_nvs *nvs, uint64_t rx, uint64_t tx)
{
	const struct offload_form *form = offload_form(nvs);
	struct ndis_offload_params params = {
		.hdr.type = NDIS_OBJECT_TYPE_DEFAULT,
		.hdr.revision = form->revision,
		.hdr.size = form->params_size,
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(offload_rows); i++)
		if (offload_rows[i].revision <= form->revision)
			((uint8_t *)&params)[offload_rows[i].param] =
				offload_setting(&offload_rows[i], rx, tx);
	return hn_rndis_set(rndis, OID_TCP_OFFLOAD_PARAMETERS, &params, form->params_size);
}

int
hn_offload_reset(struct hn_rndis *rndis, const struct hn_nvs *nvs)
{
	int ret = hn_offload_set(rndis, nvs, 0, 0);

	return ret == -ENOTSUP ? 0 : ret;
}
