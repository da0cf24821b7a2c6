/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The bring-up is hn_nvs_attach(): a list of steps to be read aloud. Whoever
 * fails a step has said why.
 */

#include <errno.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_cycles.h>
#include <rte_ether.h>

#include "hn_chan.h"
#include "hn_log.h"
#include "hn_nvs.h"
#include "nvsp.h"

/* Sections below this hold no frame worth copying, and hosts never use them. */
#define NVS_SECTION_LEN_MIN 256u
/* A piece of the receive buffer holds at least the smallest MTU. */
#define NVS_PIECE_LEN_MIN 68u
/* Room for a revocation; a host that has read the HALT before it has read the ring. */
#define NVS_REVOKE_MS 1000
/* A host that has been told to let go of a buffer may still be in it. */
#define NVS_REVOKE_LINGER_US 1000

/* What each version brings, newest first: the order in which they are tried. */
static const struct nvs_version {
	uint32_t version;
	const char *name;
	uint32_t nvsp_len;	/* of messages */
	bool has_config;	/* NDIS_CONFIG exists */
	uint16_t ndis_major;
	uint16_t ndis_minor;
} nvs_versions[] = {
	{ NVSP_VERSION_61, "6.1", NVSP_LEN_61, true, 6, 30 },
	{ NVSP_VERSION_6, "6", NVSP_LEN, true, 6, 30 },
	{ NVSP_VERSION_5, "5", NVSP_LEN, true, 6, 30 },
	{ NVSP_VERSION_4, "4", NVSP_LEN, true, 6, 1 },
	{ NVSP_VERSION_2, "2", NVSP_LEN, true, 6, 1 },
	{ NVSP_VERSION_1, "1", NVSP_LEN, false, 6, 1 },
};

const char *
hn_nvs_version_name(uint32_t version)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(nvs_versions); i++)
		if (nvs_versions[i].version == version)
			return nvs_versions[i].name;
	return "unknown";
}

bool
hn_nvs_can_set_mtu(const struct hn_nvs *nvs)
{
	return nvs->version >= NVSP_VERSION_2;
}

/* 0 if the host takes it; -ENOTSUP if it wants another. */
static int
nvs_try_version(struct hn_chan *chan, const struct nvs_version *try, uint32_t timeout_ms)
{
	struct nvsp_init init = {
		.type = NVSP_TYPE_INIT,
		.min_version = try->version,
		.max_version = try->version,
	};
	struct nvsp_init_complete answer;
	int ret;

	chan->shared->nvsp_len = try->nvsp_len;
	ret = hn_chan_call(chan, &init, sizeof(init), &answer, sizeof(answer), timeout_ms);
	if (ret < 0)
		return ret;
	if (answer.type != NVSP_TYPE_INIT_COMPLETE)
		return -EBADMSG;
	return answer.status == NVSP_STATUS_SUCCESS ? 0 : -ENOTSUP;
}

static int
nvs_negotiate(struct hn_chan *chan, const struct nvs_version **version, uint32_t timeout_ms)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RTE_DIM(nvs_versions); i++) {
		ret = nvs_try_version(chan, &nvs_versions[i], timeout_ms);
		if (ret == 0) {
			*version = &nvs_versions[i];
			return 0;
		}
		if (ret != -ENOTSUP)
			break;
	}
	HN_LOG(ERR, "port %u: NVSP version %s: %s", chan->port_id,
	       nvs_versions[RTE_MIN(i, RTE_DIM(nvs_versions) - 1)].name,
	       hn_log_reason(ret));
	return ret;
}

static int
nvs_send_config(struct hn_chan *chan, const struct nvs_version *version, uint16_t mtu,
		uint32_t timeout_ms)
{
	struct nvsp_ndis_config config = {
		.type = NVSP_TYPE_NDIS_CONFIG,
		.mtu = mtu + RTE_ETHER_HDR_LEN,
		.caps = NVSP_NDIS_CAP_VLAN,
	};

	if (!version->has_config)
		return 0;
	/* Hosts tell changes of the speed to guests that can team. */
	if (version->version >= NVSP_VERSION_5)
		config.caps |= NVSP_NDIS_CAP_TEAMING;
	/* That it can take coalesced frames; whether it gets any is told later. */
	if (version->version >= NVSP_VERSION_61)
		config.caps |= NVSP_NDIS_CAP_RSC;
	return hn_chan_notify(chan, &config, sizeof(config), timeout_ms);
}

static int
nvs_send_ndis_version(struct hn_chan *chan, const struct nvs_version *version,
		      uint32_t timeout_ms)
{
	struct nvsp_ndis_version ndis = {
		.type = NVSP_TYPE_NDIS_VERSION,
		.major = version->ndis_major,
		.minor = version->ndis_minor,
	};

	return hn_chan_notify(chan, &ndis, sizeof(ndis), timeout_ms);
}

/* Everything that the data path later counts on is checked here. */
static int
nvs_check_pieces(const struct nvsp_recv_buf_complete *answer, uint64_t buf_len)
{
	if (answer->type != NVSP_TYPE_RECV_BUF_COMPLETE || answer->status != NVSP_STATUS_SUCCESS ||
	    answer->sections != 1 || answer->offset != 0)
		return -EBADMSG;
	if (answer->piece_len < NVS_PIECE_LEN_MIN || answer->piece_count == 0 ||
	    (uint64_t)answer->piece_len * answer->piece_count > buf_len)
		return -EBADMSG;
	return 0;
}

static int
nvs_connect_recv_buf(struct hn_nvs *nvs, struct hn_chan *chan, const struct vmbus_region *buf,
		     uint32_t timeout_ms)
{
	struct nvsp_buf req = {
		.type = NVSP_TYPE_RECV_BUF,
		.gpadl = buf->gpadl,
		.id = NVSP_RECV_BUF_ID,
	};
	struct nvsp_recv_buf_complete answer;
	int ret;

	/* From here on the host may use it, whatever becomes of the answer. */
	nvs->rx_connected = true;
	ret = hn_chan_call(chan, &req, sizeof(req), &answer, sizeof(answer), timeout_ms);
	if (ret == 0)
		ret = nvs_check_pieces(&answer, buf->len);
	if (ret == 0)
		ret = hn_chan_set_rxbuf(chan, buf->addr, (uint32_t)buf->len, answer.piece_count);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: connect receive buffer: %s (status %u)", chan->port_id,
		       hn_log_reason(ret), answer.status);
		return ret;
	}
	nvs->rx_piece_len = answer.piece_len;
	nvs->rx_piece_count = answer.piece_count;
	return 0;
}

static int
nvs_check_section(const struct nvsp_send_buf_complete *answer, uint64_t buf_len)
{
	if (answer->type != NVSP_TYPE_SEND_BUF_COMPLETE || answer->status != NVSP_STATUS_SUCCESS ||
	    answer->section_len < NVS_SECTION_LEN_MIN || answer->section_len % 4 != 0 ||
	    answer->section_len > buf_len)
		return -EBADMSG;
	return 0;
}

static int
nvs_connect_send_buf(struct hn_nvs *nvs, struct hn_chan *chan, const struct vmbus_region *buf,
		     uint32_t timeout_ms)
{
	struct nvsp_buf req = {
		.type = NVSP_TYPE_SEND_BUF,
		.gpadl = buf->gpadl,
		.id = NVSP_SEND_BUF_ID,
	};
	struct nvsp_send_buf_complete answer;
	int ret;

	nvs->tx_connected = true;
	ret = hn_chan_call(chan, &req, sizeof(req), &answer, sizeof(answer), timeout_ms);
	if (ret == 0)
		ret = nvs_check_section(&answer, buf->len);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: connect send buffer: %s (status %u)", chan->port_id,
		       hn_log_reason(ret), answer.status);
		return ret;
	}
	nvs->tx_section_len = answer.section_len;
	nvs->tx_section_count = (uint32_t)(buf->len / answer.section_len);
	return 0;
}

int
hn_nvs_attach(struct hn_nvs *nvs, struct hn_chan *chan, const struct rte_vmbus_device *dev,
	      uint16_t mtu, uint32_t timeout_ms)
{
	const struct nvs_version *version = NULL;
	int ret;

	memset(nvs, 0, sizeof(*nvs));
	ret = nvs_negotiate(chan, &version, timeout_ms);
	if (ret < 0)
		return ret;
	nvs->version = version->version;
	nvs->ndis_major = version->ndis_major;
	nvs->ndis_minor = version->ndis_minor;
	ret = nvs_send_config(chan, version, mtu, timeout_ms);
	if (ret < 0)
		goto detach;
	ret = nvs_send_ndis_version(chan, version, timeout_ms);
	if (ret < 0)
		goto detach;
	ret = nvs_connect_recv_buf(nvs, chan, &dev->region[VMBUS_MAP_RECV_BUF], timeout_ms);
	if (ret < 0)
		goto detach;
	ret = nvs_connect_send_buf(nvs, chan, &dev->region[VMBUS_MAP_SEND_BUF], timeout_ms);
	if (ret < 0)
		goto detach;
	HN_LOG(INFO, "port %u: NVSP %s, NDIS %u.%u, receive buffer %u x %u, send buffer %u x %u",
	       chan->port_id, version->name, nvs->ndis_major, nvs->ndis_minor,
	       nvs->rx_piece_count, nvs->rx_piece_len, nvs->tx_section_count,
	       nvs->tx_section_len);
	return 0;
detach:
	hn_nvs_detach(nvs, chan);
	return ret;
}

int
hn_nvs_ask_subchannels(const struct hn_nvs *nvs, struct hn_chan *chan, uint32_t count,
		       uint32_t *granted, uint32_t timeout_ms)
{
	struct nvsp_subchannel req = {
		.type = NVSP_TYPE_SUBCHANNEL,
		.op = NVSP_SUBCHANNEL_ALLOCATE,
		.count = count,
	};
	struct nvsp_subchannel_complete answer;
	int ret;

	*granted = 0;
	if (nvs->version < NVSP_VERSION_5)
		return 0;
	ret = hn_chan_call(chan, &req, sizeof(req), &answer, sizeof(answer), timeout_ms);
	if (ret == 0 && answer.type != NVSP_TYPE_SUBCHANNEL)
		ret = -EBADMSG;
	if (ret < 0) {
		HN_LOG(ERR, "port %u: ask for %u subchannels: %s", chan->port_id, count,
		       hn_log_reason(ret));
		return ret;
	}
	/* It has been seen to offer more than it was asked for. */
	if (answer.status == NVSP_STATUS_SUCCESS)
		*granted = RTE_MIN(answer.count, count);
	return 0;
}

static void
nvs_revoke(struct hn_chan *chan, uint32_t type, uint16_t id)
{
	struct nvsp_revoke_buf revoke = { .type = type, .id = id };

	/* No answer, and nothing to do about a host that has gone. */
	(void)hn_chan_notify(chan, &revoke, sizeof(revoke), NVS_REVOKE_MS);
}

void
hn_nvs_detach(struct hn_nvs *nvs, struct hn_chan *chan)
{
	if (nvs->rx_connected)
		nvs_revoke(chan, NVSP_TYPE_REVOKE_RECV_BUF, NVSP_RECV_BUF_ID);
	if (nvs->tx_connected)
		nvs_revoke(chan, NVSP_TYPE_REVOKE_SEND_BUF, NVSP_SEND_BUF_ID);
	if (nvs->rx_connected || nvs->tx_connected)
		rte_delay_us_sleep(NVS_REVOKE_LINGER_US);
	nvs->rx_connected = false;
	nvs->tx_connected = false;
}
