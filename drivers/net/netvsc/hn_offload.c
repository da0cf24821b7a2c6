/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One table says all: which of ethdev's flags is which of the host's
 * capabilities is which byte of the parameters. How much of the objects a host
 * knows goes by the NVSP version.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <ethdev_driver.h>

#include "hn_chan.h"
#include "hn_log.h"
#include "hn_nvs.h"
#include "hn_offload.h"
#include "hn_rndis.h"
#include "hn_tx_frame.h"
#include "ndis.h"
#include "nvsp.h"
#include "rndis.h"

/* Later revisions are longer; they begin as the one that is asked for. */
#define OFFLOAD_ANSWER_MAX 224u
/* Less than this is no use to anyone, and no host is known to offer it. */
#define OFFLOAD_LSO_LEN_MIN 4096u

#define CAP_AT(field) offsetof(struct ndis_offload, field)
#define PARAM_AT(field) offsetof(struct ndis_offload_params, field)

#define TCP_CAPS (NDIS_CHECKSUM_CAP_TCP | NDIS_CHECKSUM_CAP_TCP_OPTIONS)
#define IP_CAPS (NDIS_CHECKSUM_CAP_IP | NDIS_CHECKSUM_CAP_IP_OPTIONS)

enum { RX, TX };

/*
 * What is sent may have options, which the mbuf does not tell: then the host
 * must be able to do without knowing. Of what is received it tells packet by
 * packet what it did.
 */
static const struct offload {
	uint32_t bit;
	uint32_t nvsp;		/* from this version on */
	uint8_t direction;
	uint64_t flag;		/* of ethdev */
	uint16_t encapsulation;	/* where the host tells it; 0 if nowhere */
	uint16_t caps;		/* where the host tells the following; 0 if nowhere */
	uint32_t need;		/* all of these */
	uint16_t param;		/* byte that switches it on */
	uint8_t step;		/* by adding this to "off" */
} offloads[] = {
	{ HN_OFFLOAD_TX_IPV4, 0, TX, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, CAP_AT(ipv4_tx),
	  CAP_AT(ipv4_tx.flags), IP_CAPS, PARAM_AT(ipv4_checksum), 1 },
	{ HN_OFFLOAD_TX_TCP_IPV4, 0, TX, RTE_ETH_TX_OFFLOAD_TCP_CKSUM, CAP_AT(ipv4_tx),
	  CAP_AT(ipv4_tx.flags), TCP_CAPS, PARAM_AT(tcp_ipv4_checksum), 1 },
	{ HN_OFFLOAD_TX_TCP_IPV6, 0, TX, RTE_ETH_TX_OFFLOAD_TCP_CKSUM, CAP_AT(ipv6_tx),
	  CAP_AT(ipv6_tx.flags), TCP_CAPS, PARAM_AT(tcp_ipv6_checksum), 1 },
	{ HN_OFFLOAD_TX_UDP_IPV4, NVSP_VERSION_5, TX, RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
	  CAP_AT(ipv4_tx), CAP_AT(ipv4_tx.flags), NDIS_CHECKSUM_CAP_UDP,
	  PARAM_AT(udp_ipv4_checksum), 1 },
	{ HN_OFFLOAD_TX_UDP_IPV6, NVSP_VERSION_5, TX, RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
	  CAP_AT(ipv6_tx), CAP_AT(ipv6_tx.flags), NDIS_CHECKSUM_CAP_UDP,
	  PARAM_AT(udp_ipv6_checksum), 1 },
	{ HN_OFFLOAD_LSO_IPV4, 0, TX, RTE_ETH_TX_OFFLOAD_TCP_TSO, CAP_AT(lso_v2_ipv4), 0, 0,
	  PARAM_AT(lso_v2_ipv4), 1 },
	{ HN_OFFLOAD_LSO_IPV6, 0, TX, RTE_ETH_TX_OFFLOAD_TCP_TSO, CAP_AT(lso_v2_ipv6),
	  CAP_AT(lso_v2_ipv6_flags), NDIS_LSO_IPV6_CAP_TCP_OPTIONS, PARAM_AT(lso_v2_ipv6), 1 },
	{ HN_OFFLOAD_RX_IPV4, 0, RX, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, CAP_AT(ipv4_rx),
	  CAP_AT(ipv4_rx.flags), NDIS_CHECKSUM_CAP_IP, PARAM_AT(ipv4_checksum), 2 },
	{ HN_OFFLOAD_RX_TCP_IPV4, 0, RX, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, CAP_AT(ipv4_rx),
	  CAP_AT(ipv4_rx.flags), NDIS_CHECKSUM_CAP_TCP, PARAM_AT(tcp_ipv4_checksum), 2 },
	{ HN_OFFLOAD_RX_TCP_IPV6, 0, RX, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, CAP_AT(ipv6_rx),
	  CAP_AT(ipv6_rx.flags), NDIS_CHECKSUM_CAP_TCP, PARAM_AT(tcp_ipv6_checksum), 2 },
	{ HN_OFFLOAD_RX_UDP_IPV4, NVSP_VERSION_5, RX, RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  CAP_AT(ipv4_rx), CAP_AT(ipv4_rx.flags), NDIS_CHECKSUM_CAP_UDP,
	  PARAM_AT(udp_ipv4_checksum), 2 },
	{ HN_OFFLOAD_RX_UDP_IPV6, NVSP_VERSION_5, RX, RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  CAP_AT(ipv6_rx), CAP_AT(ipv6_rx.flags), NDIS_CHECKSUM_CAP_UDP,
	  PARAM_AT(udp_ipv6_checksum), 2 },
	/* Two bytes, read as one field of which they are the lower ones. */
	{ HN_OFFLOAD_RSC_IPV4, NVSP_VERSION_61, RX, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0,
	  CAP_AT(rsc_ipv4), 0x0001, PARAM_AT(rsc_ipv4), 1 },
	{ HN_OFFLOAD_RSC_IPV6, NVSP_VERSION_61, RX, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0,
	  CAP_AT(rsc_ipv4), 0x0100, PARAM_AT(rsc_ipv6), 1 },
};

/* Who cuts frames, or joins them, computes the checksums, or looks at them first. */
#define OFFLOAD_TSO_NEEDS (RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)
#define OFFLOAD_LRO_NEEDS (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM)

static const struct offload_form {
	uint32_t nvsp;		/* from this version on */
	uint8_t revision;	/* of both objects */
	uint16_t caps_size;
	uint16_t params_size;
} offload_forms[] = {
	{ NVSP_VERSION_5, 3, NDIS_OFFLOAD_SIZE_3, NDIS_OFFLOAD_PARAMS_SIZE_3 },
	{ NVSP_VERSION_4, 2, NDIS_OFFLOAD_SIZE_2, NDIS_OFFLOAD_PARAMS_SIZE_2 },
	{ 0, 1, NDIS_OFFLOAD_SIZE_1, NDIS_OFFLOAD_PARAMS_SIZE_1 },
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

/* What the host offers */

/* Is all of it there, where the host tells it? */
static bool
caps_have(const struct ndis_offload *caps, uint16_t at, uint32_t need)
{
	uint32_t field;

	if (at == 0)
		return true;
	memcpy(&field, (const uint8_t *)caps + at, sizeof(field));
	return (field & need) == need;
}

static uint32_t
caps_read(const struct ndis_offload *caps, uint32_t version)
{
	const struct offload *row;
	uint32_t offered = 0;

	for (row = offloads; row < offloads + RTE_DIM(offloads); row++)
		if (version >= row->nvsp &&
		    caps_have(caps, row->encapsulation, NDIS_ENCAPSULATION_802_3) &&
		    caps_have(caps, row->caps, row->need))
			offered |= row->bit;
	return offered;
}

/* One limit for both kinds; a limit that makes no sense takes the offload with it. */
static void
caps_read_lso(struct hn_offload *offload, const struct ndis_lso_caps *caps, uint32_t bit)
{
	if (caps->len_max < OFFLOAD_LSO_LEN_MIN ||
	    caps->segments_min > OFFLOAD_LSO_LEN_MIN / RTE_ETHER_MIN_LEN)
		offload->offered &= ~bit;
	if ((offload->offered & bit) == 0)
		return;
	offload->lso_len_max = RTE_MIN(offload->lso_len_max, caps->len_max);
	offload->lso_segments_min = RTE_MAX(offload->lso_segments_min, caps->segments_min);
}

/* What the host did not send, or does not vouch for, is not there. */
static int
caps_check(struct ndis_offload *caps, uint32_t len)
{
	if (len < NDIS_OFFLOAD_SIZE_1 || caps->hdr.type != NDIS_OBJECT_TYPE_OFFLOAD ||
	    caps->hdr.revision < 1 || caps->hdr.size < NDIS_OFFLOAD_SIZE_1 ||
	    caps->hdr.size > len)
		return -EBADMSG;
	if (caps->hdr.size < sizeof(*caps))
		memset((uint8_t *)caps + caps->hdr.size, 0, sizeof(*caps) - caps->hdr.size);
	return 0;
}

/* The longest that a host is known to send; only the first of it is looked at. */
union offload_answer {
	struct ndis_offload caps;
	uint8_t bytes[OFFLOAD_ANSWER_MAX];
};
static_assert(OFFLOAD_ANSWER_MAX <= HN_RNDIS_ANSWER_MAX - sizeof(struct rndis_query_cmplt),
	      "an answer that is not thrown away");

static int
caps_query(struct hn_rndis *rndis, const struct hn_nvs *nvs, struct ndis_offload *caps)
{
	const struct offload_form *form = offload_form(nvs);
	const struct ndis_offload ask = {
		.hdr.type = NDIS_OBJECT_TYPE_OFFLOAD,
		.hdr.revision = form->revision,
		.hdr.size = form->caps_size,
	};
	union offload_answer answer;
	uint32_t len = sizeof(answer);
	int ret;

	ret = hn_rndis_query_upto(rndis, OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, &ask,
				  form->caps_size, &answer, &len);
	if (ret == 0)
		ret = caps_check(&answer.caps, len);
	*caps = answer.caps;
	return ret;
}

int
hn_offload_query(struct hn_offload *offload, struct hn_rndis *rndis, const struct hn_nvs *nvs)
{
	struct ndis_offload caps;
	int ret;

	memset(offload, 0, sizeof(*offload));
	ret = caps_query(rndis, nvs, &caps);
	switch (ret) {
	case 0:
		break;
	case -EBADMSG:
	case -EINVAL:
	case -EIO:
		HN_LOG(WARNING, "port %u: offload capabilities: %s; using none",
		       rndis->chan->port_id, hn_log_reason(ret));
		return 0;
	case -ENOTSUP:
		return 0;
	default:
		return ret;
	}
	offload->offered = caps_read(&caps, nvs->version);
	offload->lso_len_max = HN_TX_FRAME_MAX;
	offload->lso_segments_min = 2;
	caps_read_lso(offload, &caps.lso_v2_ipv4, HN_OFFLOAD_LSO_IPV4);
	caps_read_lso(offload, &caps.lso_v2_ipv6, HN_OFFLOAD_LSO_IPV6);
	return 0;
}

static uint64_t
offload_capa(const struct hn_offload *offload, uint8_t direction)
{
	const struct offload *row;
	uint64_t some = 0, lacking = 0;

	for (row = offloads; row < offloads + RTE_DIM(offloads); row++) {
		if (row->direction != direction)
			continue;
		if ((offload->offered & row->bit) != 0)
			some |= row->flag;
		else
			lacking |= row->flag;
	}
	return some & ~lacking;
}

uint64_t
hn_offload_rx_capa(const struct hn_offload *offload)
{
	uint64_t capa = offload_capa(offload, RX);

	if ((capa & OFFLOAD_LRO_NEEDS) != OFFLOAD_LRO_NEEDS)
		capa &= ~RTE_ETH_RX_OFFLOAD_TCP_LRO;
	return capa;
}

uint64_t
hn_offload_tx_capa(const struct hn_offload *offload)
{
	uint64_t capa = offload_capa(offload, TX);

	if ((capa & OFFLOAD_TSO_NEEDS) != OFFLOAD_TSO_NEEDS)
		capa &= ~RTE_ETH_TX_OFFLOAD_TCP_TSO;
	return capa;
}

/* What the host is told */

static_assert((int)NDIS_CHECKSUM_OFF == (int)NDIS_OFFLOAD_OFF &&
	      NDIS_CHECKSUM_OFF + 1 == NDIS_CHECKSUM_TX &&
	      NDIS_CHECKSUM_OFF + 2 == NDIS_CHECKSUM_RX &&
	      NDIS_CHECKSUM_OFF + 3 == NDIS_CHECKSUM_TX_RX &&
	      NDIS_OFFLOAD_OFF + 1 == NDIS_OFFLOAD_ON, "the steps of the table");

/* Every byte says "off" and, for each thing wanted, a step more. */
static uint32_t
params_fill(struct ndis_offload_params *params, uint32_t offered, uint64_t rx, uint64_t tx)
{
	const struct offload *row;
	uint32_t enabled = 0;
	uint8_t *byte;

	for (row = offloads; row < offloads + RTE_DIM(offloads); row++)
		((uint8_t *)params)[row->param] = NDIS_OFFLOAD_OFF;
	for (row = offloads; row < offloads + RTE_DIM(offloads); row++) {
		if ((row->flag & (row->direction == RX ? rx : tx)) == 0 ||
		    (offered & row->bit) == 0)
			continue;
		byte = (uint8_t *)params + row->param;
		*byte += row->step;
		enabled |= row->bit;
	}
	return enabled;
}

int
hn_offload_apply(struct hn_offload *offload, struct hn_rndis *rndis, const struct hn_nvs *nvs,
		 uint64_t rx, uint64_t tx)
{
	const struct offload_form *form = offload_form(nvs);
	struct ndis_offload_params params = {
		.hdr.type = NDIS_OBJECT_TYPE_DEFAULT,
		.hdr.revision = form->revision,
		.hdr.size = form->params_size,
	};
	uint32_t enabled;
	int ret;

	if ((rx & RTE_ETH_RX_OFFLOAD_TCP_LRO) != 0)
		rx |= OFFLOAD_LRO_NEEDS;
	if ((tx & RTE_ETH_TX_OFFLOAD_TCP_TSO) != 0)
		tx |= OFFLOAD_TSO_NEEDS;
	enabled = params_fill(&params, offload->offered, rx, tx);
	offload->enabled = 0;
	ret = hn_rndis_set(rndis, OID_TCP_OFFLOAD_PARAMETERS, &params, form->params_size);
	/* A host that knows no offloads does none. */
	if (ret == -ENOTSUP && enabled == 0)
		return 0;
	if (ret == 0)
		offload->enabled = enabled;
	return ret;
}
