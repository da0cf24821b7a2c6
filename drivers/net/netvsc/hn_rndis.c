/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * RNDIS control, in this order: the pages of requests; a request and its
 * answer; what the host sends; the requests by name; attach and detach.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vmbus_reg.h>

#include "hn_chan.h"
#include "hn_log.h"
#include "hn_rndis.h"
#include "ndis.h"
#include "nvsp.h"
#include "rndis.h"

/* Longest message that we take from the host. */
#define RNDIS_TRANSFER_MAX 0x4000
/* Alignments above 128 make no sense and could not be shifted safely. */
#define RNDIS_ALIGN_SHIFT_MAX 7
/* So long a request waits for a host that has left the one before unanswered. */
#define RNDIS_SILENT_MS 1000u
/* Offset of the value in QUERY and SET, from RNDIS_OFFSET_BASE. */
#define RNDIS_OID_INFO_OFFSET (sizeof(struct rndis_oid) - RNDIS_OFFSET_BASE)

const char *
hn_rndis_msg_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ RNDIS_PACKET, "PACKET" },
		{ RNDIS_INITIALIZE, "INITIALIZE" },
		{ RNDIS_HALT, "HALT" },
		{ RNDIS_QUERY, "QUERY" },
		{ RNDIS_SET, "SET" },
		{ RNDIS_RESET, "RESET" },
		{ RNDIS_INDICATE_STATUS, "INDICATE_STATUS" },
		{ RNDIS_KEEPALIVE, "KEEPALIVE" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (names[i].type == (type & ~RNDIS_CMPLT))
			return names[i].name;
	return "unknown";
}

/* Silence */

bool
hn_rndis_is_silent(const struct hn_rndis *rndis)
{
	return rte_atomic_load_explicit(&rndis->shared->silent, rte_memory_order_relaxed) != 0;
}

/* The host has said something about control; in whichever thread polls. */
static void
rndis_heard(struct hn_rndis *rndis)
{
	if (hn_rndis_is_silent(rndis))
		rte_atomic_store_explicit(&rndis->shared->silent, 0, rte_memory_order_relaxed);
}

/* How long the next request may take. */
static uint32_t
rndis_timeout(const struct hn_rndis *rndis)
{
	return hn_rndis_is_silent(rndis) ? RTE_MIN(rndis->timeout_ms, RNDIS_SILENT_MS) :
					   rndis->timeout_ms;
}

void
hn_rndis_note_silence(struct hn_rndis *rndis)
{
	rte_atomic_store_explicit(&rndis->shared->silent, 1, rte_memory_order_relaxed);
}

static void
rndis_give_up(struct hn_rndis *rndis, const char *what, uint32_t waited)
{
	hn_rndis_note_silence(rndis);
	HN_LOG(INFO, "port %u: the host did not answer RNDIS %s in %u ms", rndis->chan->port_id,
	       what, waited);
}

/* Pages. One that the host has neither completed nor answered is not used again. */

static bool
page_is_with_host(const struct hn_rndis_page *page)
{
	/* Acquire: pairs with the release in hn_rndis_tx_done(). */
	return rte_atomic_load_explicit(&page->with_host, rte_memory_order_acquire) != 0;
}

static int
pages_alloc(struct hn_rndis *rndis)
{
	struct hn_rndis_page *page;
	unsigned int i;
	rte_iova_t iova;

	rndis->pages = rte_zmalloc("netvsc_rndis", HN_RNDIS_PAGES * VMBUS_PAGE_SIZE,
				   VMBUS_PAGE_SIZE);
	if (rndis->pages == NULL)
		return -ENOMEM;
	for (i = 0; i < HN_RNDIS_PAGES; i++) {
		page = &rndis->shared->page[i];
		page->addr = RTE_PTR_ADD(rndis->pages, i * VMBUS_PAGE_SIZE);
		iova = rte_mem_virt2iova(page->addr);
		if (iova == RTE_BAD_IOVA)
			return -EFAULT;
		page->pfn = iova / VMBUS_PAGE_SIZE;
	}
	return 0;
}

static void
pages_free(struct hn_rndis *rndis)
{
	rte_free(rndis->pages);
	rndis->pages = NULL;
}

static bool
pages_are_ours(const struct hn_rndis *rndis)
{
	unsigned int i;

	for (i = 0; i < HN_RNDIS_PAGES; i++)
		if (page_is_with_host(&rndis->shared->page[i]))
			return false;
	return true;
}

/* One that is free; HN_RNDIS_PAGES if there is none. */
static unsigned int
page_find(const struct hn_rndis *rndis)
{
	unsigned int i;

	for (i = 0; i < HN_RNDIS_PAGES; i++)
		if (!page_is_with_host(&rndis->shared->page[i]))
			return i;
	/* What the host has answered it has read, also where it loses the completion. */
	for (i = 0; i < HN_RNDIS_PAGES; i++)
		if (rndis->shared->page[i].answered)
			return i;
	return HN_RNDIS_PAGES;
}

static bool
page_is_found(const void *rndis)
{
	return page_find(rndis) != HN_RNDIS_PAGES;
}

/* Wait for a page: 0, or what hn_chan_wait() says, logged. */
static int
page_get(struct hn_rndis *rndis, struct hn_rndis_page **page)
{
	uint32_t timeout_ms = rndis_timeout(rndis);
	int ret = hn_chan_wait(rndis->chan, page_is_found, rndis, timeout_ms);

	if (ret == -ETIMEDOUT)
		rndis_give_up(rndis, "requests", timeout_ms);
	if (ret == 0)
		*page = &rndis->shared->page[page_find(rndis)];
	return ret;
}

static uint64_t
page_xactid(const struct hn_rndis *rndis, const struct hn_rndis_page *page)
{
	return HN_XACT_RNDIS | (uint64_t)page->request_id << 8 |
	       (uint64_t)(page - rndis->shared->page);
}

void
hn_rndis_tx_done(struct hn_rndis *rndis, uint64_t xactid)
{
	uint8_t index = (uint8_t)xactid;
	struct hn_rndis_page *page;

	rndis_heard(rndis);
	if (index >= HN_RNDIS_PAGES)
		goto stray;
	page = &rndis->shared->page[index];
	if (xactid != page_xactid(rndis, page) || !page_is_with_host(page))
		goto stray;
	/* Release: the host's use of the page is over before it is used again. */
	rte_atomic_store_explicit(&page->with_host, 0, rte_memory_order_release);
	return;
stray:
	rndis->shared->stray++;
}

/* A request and its answer */

/* What rndis_try_send() works with. */
struct rndis_send {
	struct hn_chan *chan;
	const struct nvsp_rndis_pkt *pkt;
	struct vmbus_gpa gpa;
	uint64_t xactid;
};

static int
rndis_try_send(void *arg)
{
	const struct rndis_send *send = arg;
	struct hn_gpa_packet packet;

	packet.gpa[0] = send->gpa;
	return hn_chan_send_gpa(send->chan, &packet, 1, send->pkt, send->xactid);
}

/*
 * The page goes to the host, and the answer to what lies in it is taken from now
 * on. The receive end may be with another thread: let it know.
 */
static void
rndis_expect(struct hn_rndis *rndis, struct hn_rndis_page *page)
{
	const struct rndis_request *req = page->addr;

	hn_chan_rx_lock(rndis->chan);
	page->request_id = req->request_id;
	page->answered = false;
	rte_atomic_store_explicit(&page->with_host, 1, rte_memory_order_release);
	rndis->shared->pending.type = req->type | RNDIS_CMPLT;
	rndis->shared->pending.request_id = req->request_id;
	rte_atomic_store_explicit(&rndis->shared->pending.done, 0, rte_memory_order_relaxed);
	hn_chan_rx_unlock(rndis->chan);
}

/* No answer is taken any more; another thread that is just taking one has finished. */
static void
rndis_expect_none(struct hn_rndis *rndis)
{
	hn_chan_rx_lock(rndis->chan);
	rndis->shared->pending.type = 0;
	hn_chan_rx_unlock(rndis->chan);
}

/* Send what lies in the page. */
static int
rndis_send_page(struct hn_rndis *rndis, struct hn_rndis_page *page, uint32_t *timeout_ms)
{
	const struct rndis_request *req = page->addr;
	struct nvsp_rndis_pkt pkt = {
		.type = NVSP_TYPE_RNDIS_PKT,
		.channel_type = NVSP_CHANNEL_CONTROL,
		.section_index = NVSP_SECTION_NONE,
	};
	struct rndis_send send = {
		.chan = rndis->chan,
		.pkt = &pkt,
		.gpa = { .len = req->len, .ofs = 0, .page = page->pfn },
		.xactid = page_xactid(rndis, page),
	};
	int ret = hn_chan_retry(rndis->chan, rndis_try_send, &send, timeout_ms);

	if (ret < 0)
		rte_atomic_store_explicit(&page->with_host, 0, rte_memory_order_release);
	return ret;
}

static bool
pending_is_done(const void *arg)
{
	const struct hn_rndis_pending *pending = arg;

	/* Acquire: pairs with the release in rndis_answer(). */
	return rte_atomic_load_explicit(&pending->done, rte_memory_order_acquire) != 0;
}

/* Never zero, which would look like a message without id. */
static uint32_t
rndis_next_id(struct hn_rndis *rndis)
{
	if (++rndis->next_id == 0)
		rndis->next_id = 1;
	return rndis->next_id;
}

/* Wait until done, at most so long; a host that turns out to be there gets all its time. */
static int
rndis_wait(struct hn_rndis *rndis, bool (*done)(const void *arg), const void *arg,
	   uint32_t timeout_ms)
{
	bool was_silent = hn_rndis_is_silent(rndis);
	int ret = hn_chan_wait(rndis->chan, done, arg, timeout_ms);

	if (ret == -ETIMEDOUT && was_silent && !hn_rndis_is_silent(rndis))
		ret = hn_chan_wait(rndis->chan, done, arg, rndis->timeout_ms);
	return ret;
}

/*
 * Send the request that the caller has laid into the page and wait for its
 * answer, of which at least answer_len bytes have come on return 0.
 */
static int
rndis_call(struct hn_rndis *rndis, struct hn_rndis_page *page, uint32_t answer_len)
{
	const struct rndis_request *req = page->addr;
	uint32_t timeout_ms = rndis_timeout(rndis);
	uint32_t left = timeout_ms;
	int ret;

	rndis_expect(rndis, page);
	ret = rndis_send_page(rndis, page, &left);
	if (ret == 0)
		ret = rndis_wait(rndis, pending_is_done, &rndis->shared->pending, left);
	rndis_expect_none(rndis);
	page->answered = ret == 0;
	if (ret == -ETIMEDOUT)
		rndis_give_up(rndis, hn_rndis_msg_name(req->type), timeout_ms);
	if (ret == 0 && rndis->shared->pending.answer_len < answer_len)
		ret = -EBADMSG;
	return ret;
}

/* What the host sends */

static void
rndis_answer(struct hn_rndis *rndis, const void *msg, uint32_t len)
{
	struct hn_rndis_pending *pending = &rndis->shared->pending;
	struct rndis_request hdr;

	if (len < sizeof(hdr))
		goto stray;
	memcpy(&hdr, msg, sizeof(hdr));
	/* Type and id have to match before a byte of it is kept. */
	if (pending->type == 0 || hdr.type != pending->type ||
	    hdr.request_id != pending->request_id || pending_is_done(pending) ||
	    len > sizeof(pending->answer))
		goto stray;
	memcpy(pending->answer, msg, len);
	memset(pending->answer + len, 0, sizeof(pending->answer) - len);
	pending->answer_len = len;
	/* Release: the waiter, which acquires done, finds the answer. */
	rte_atomic_store_explicit(&pending->done, 1, rte_memory_order_release);
	return;
stray:
	rndis->shared->stray++;
}

static void
rndis_indicate(struct hn_rndis *rndis, const void *msg, uint32_t len)
{
	struct rndis_indicate_status ind;
	uint32_t value = 0, offset;

	if (len < sizeof(ind)) {
		rndis->shared->stray++;
		return;
	}
	memcpy(&ind, msg, sizeof(ind));
	if (ind.info_len >= sizeof(value)) {
		/* Both terms are bounded by len before they are used. */
		if (ind.info_offset > len - RNDIS_OFFSET_BASE ||
		    ind.info_len > len - RNDIS_OFFSET_BASE - ind.info_offset) {
			rndis->shared->stray++;
			return;
		}
		offset = RNDIS_OFFSET_BASE + ind.info_offset;
		memcpy(&value, (const uint8_t *)msg + offset, sizeof(value));
	}
	rndis->events->status(rndis->ctx, ind.status, value);
}

/* One message, already private. */
static void
rndis_dispatch(struct hn_rndis *rndis, const void *msg, uint32_t len)
{
	struct rndis_hdr hdr;

	memcpy(&hdr, msg, sizeof(hdr));
	HN_TRACE("port %u: host: RNDIS %s, %u bytes", rndis->chan->port_id,
		 hn_rndis_msg_name(hdr.type), len);
	if ((hdr.type & RNDIS_CMPLT) != 0)
		rndis_answer(rndis, msg, len);
	else if (hdr.type == RNDIS_INDICATE_STATUS)
		rndis_indicate(rndis, msg, len);
	else
		rndis->shared->stray++;		/* hosts are not known to send others */
}

void
hn_rndis_receive(struct hn_rndis *rndis, const struct hn_msg *msg)
{
	const struct hn_chan *chan = rndis->chan;
	uint8_t copy[HN_RNDIS_ANSWER_MAX];
	struct rndis_hdr hdr;
	uint32_t i, offset, len;

	if (rndis->events == NULL)
		return;		/* before attach or after detach: nobody to tell */
	rndis_heard(rndis);
	for (i = 0; i < msg->range_count; i++) {
		offset = msg->range[i].ofs;
		len = msg->range[i].len;
		if (offset > chan->rxbuf_len || len > chan->rxbuf_len - offset ||
		    len < sizeof(hdr)) {
			rndis->shared->stray++;
			continue;
		}
		/* The host can rewrite the buffer: one copy, of which the rest is done. */
		len = RTE_MIN(len, (uint32_t)sizeof(copy));
		memcpy(copy, chan->rxbuf + offset, len);
		memcpy(&hdr, copy, sizeof(hdr));
		if (hdr.len < sizeof(hdr) || hdr.len > len) {
			rndis->shared->stray++;
			continue;
		}
		rndis_dispatch(rndis, copy, hdr.len);
	}
}

/* Requests by name */

static int
rndis_errno(uint32_t status)
{
	switch (status) {
	case RNDIS_STATUS_SUCCESS:
		return 0;
	case RNDIS_STATUS_NOT_SUPPORTED:
	case RNDIS_STATUS_INVALID_OID:
		return -ENOTSUP;
	case RNDIS_STATUS_INVALID_DATA:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* Lay QUERY or SET into a page. */
static int
rndis_oid_request(struct hn_rndis *rndis, uint32_t type, uint32_t oid, const void *info,
		  uint32_t info_len, struct hn_rndis_page **page)
{
	struct rndis_oid req = {
		.type = type,
		.len = sizeof(req) + info_len,
		.oid = oid,
		.info_len = info_len,
		.info_offset = RNDIS_OID_INFO_OFFSET,
	};
	int ret;

	if (info_len > VMBUS_PAGE_SIZE - sizeof(req))
		return -EINVAL;
	ret = page_get(rndis, page);
	if (ret < 0)
		return ret;
	req.request_id = rndis_next_id(rndis);
	memcpy((*page)->addr, &req, sizeof(req));
	if (info_len != 0)
		memcpy(RTE_PTR_ADD((*page)->addr, sizeof(req)), info, info_len);
	return 0;
}

int
hn_rndis_query_upto(struct hn_rndis *rndis, uint32_t oid, const void *in, uint32_t in_len,
		    void *out, uint32_t *out_len)
{
	struct rndis_query_cmplt cmplt;
	struct hn_rndis_page *page;
	uint32_t room;
	int ret;

	memset(out, 0, *out_len);
	ret = rndis_oid_request(rndis, RNDIS_QUERY, oid, in, in_len, &page);
	if (ret == 0)
		ret = rndis_call(rndis, page, sizeof(cmplt));
	if (ret < 0)
		return ret;
	memcpy(&cmplt, rndis->shared->pending.answer, sizeof(cmplt));
	if (cmplt.status != RNDIS_STATUS_SUCCESS)
		return rndis_errno(cmplt.status);
	/* answer_len >= sizeof(cmplt) > RNDIS_OFFSET_BASE */
	room = rndis->shared->pending.answer_len - RNDIS_OFFSET_BASE;
	if (cmplt.info_offset < sizeof(cmplt) - RNDIS_OFFSET_BASE || cmplt.info_offset > room ||
	    cmplt.info_len > room - cmplt.info_offset)
		return -EBADMSG;
	*out_len = RTE_MIN(*out_len, cmplt.info_len);
	memcpy(out, rndis->shared->pending.answer + RNDIS_OFFSET_BASE + cmplt.info_offset,
	       *out_len);
	return 0;
}

int
hn_rndis_query(struct hn_rndis *rndis, uint32_t oid, const void *in, uint32_t in_len,
	       void *out, uint32_t out_len)
{
	uint32_t len = out_len;
	int ret = hn_rndis_query_upto(rndis, oid, in, in_len, out, &len);

	if (ret < 0 || len == out_len)
		return ret;
	memset(out, 0, out_len);
	return -EBADMSG;
}

int
hn_rndis_set(struct hn_rndis *rndis, uint32_t oid, const void *value, uint32_t len)
{
	struct rndis_cmplt cmplt;
	struct hn_rndis_page *page;
	int ret;

	ret = rndis_oid_request(rndis, RNDIS_SET, oid, value, len, &page);
	if (ret == 0)
		ret = rndis_call(rndis, page, sizeof(cmplt));
	if (ret < 0)
		return ret;
	memcpy(&cmplt, rndis->shared->pending.answer, sizeof(cmplt));
	return rndis_errno(cmplt.status);
}

int
hn_rndis_get_mac(struct hn_rndis *rndis, struct rte_ether_addr *mac)
{
	int ret = hn_rndis_query(rndis, OID_802_3_PERMANENT_ADDRESS, NULL, 0, mac, sizeof(*mac));

	if (ret < 0)
		return ret;
	return rte_is_valid_assigned_ether_addr(mac) ? 0 : -EADDRNOTAVAIL;
}

int
hn_rndis_get_mtu(struct hn_rndis *rndis, uint32_t *mtu)
{
	return hn_rndis_query(rndis, OID_GEN_MAXIMUM_FRAME_SIZE, NULL, 0, mtu, sizeof(*mtu));
}

int
hn_rndis_get_link(struct hn_rndis *rndis, bool *up)
{
	uint32_t state;
	int ret = hn_rndis_query(rndis, OID_GEN_MEDIA_CONNECT_STATUS, NULL, 0, &state,
				 sizeof(state));

	if (ret == 0)
		*up = state == NDIS_MEDIA_CONNECTED;
	return ret;
}

int
hn_rndis_get_speed(struct hn_rndis *rndis, uint32_t *mbps)
{
	uint32_t speed;
	int ret = hn_rndis_query(rndis, OID_GEN_LINK_SPEED, NULL, 0, &speed, sizeof(speed));

	if (ret == 0)
		*mbps = speed / (1000000 / NDIS_LINK_SPEED_UNIT);
	return ret;
}

int
hn_rndis_set_filter(struct hn_rndis *rndis, uint32_t filter)
{
	return hn_rndis_set(rndis, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
}

/* Attach and detach */

static int
rndis_accept_limits(struct hn_rndis *rndis, const struct rndis_initialize_cmplt *cmplt)
{
	if (cmplt->status != RNDIS_STATUS_SUCCESS)
		return rndis_errno(cmplt->status);
	/* Less than one full frame in a message is no use to anyone. */
	if (cmplt->alignment > RNDIS_ALIGN_SHIFT_MAX ||
	    cmplt->max_transfer < sizeof(struct rndis_packet) + RTE_ETHER_MAX_LEN)
		return -EBADMSG;
	rndis->max_packets = RTE_MAX(cmplt->max_packets, 1u);
	rndis->max_transfer = cmplt->max_transfer;
	rndis->align = 1u << cmplt->alignment;
	return 0;
}

static int
rndis_initialize(struct hn_rndis *rndis)
{
	struct rndis_initialize req = {
		.type = RNDIS_INITIALIZE,
		.len = sizeof(req),
		.request_id = rndis_next_id(rndis),
		.major = 1,
		.minor = 0,
		.max_transfer = RNDIS_TRANSFER_MAX,
	};
	struct rndis_initialize_cmplt cmplt;
	struct hn_rndis_page *page = &rndis->shared->page[0];
	int ret;

	memcpy(page->addr, &req, sizeof(req));
	/* From here on a halt is due, whatever becomes of the answer. */
	rndis->initialized = true;
	ret = rndis_call(rndis, page, sizeof(cmplt));
	if (ret < 0)
		return ret;
	memcpy(&cmplt, rndis->shared->pending.answer, sizeof(cmplt));
	return rndis_accept_limits(rndis, &cmplt);
}

void
hn_rndis_listen(struct hn_rndis *rndis, struct hn_chan *chan,
		const struct hn_rndis_events *events, void *ctx)
{
	rndis->chan = chan;
	rndis->ctx = ctx;
	rndis->events = events;
}

int
hn_rndis_attach(struct hn_rndis *rndis, struct hn_chan *chan,
		const struct hn_rndis_events *events, void *ctx, uint32_t timeout_ms)
{
	struct hn_rndis_shared *shared = rndis->shared;
	uint32_t next_id = rndis->next_id;
	int ret;

	memset(shared, 0, sizeof(*shared));
	memset(rndis, 0, sizeof(*rndis));
	rndis->shared = shared;
	rndis->chan = chan;
	rndis->events = events;
	rndis->ctx = ctx;
	rndis->timeout_ms = timeout_ms;
	rndis->next_id = next_id;
	ret = pages_alloc(rndis);
	if (ret == 0)
		ret = rndis_initialize(rndis);
	if (ret < 0) {
		HN_LOG(ERR, "port %u: RNDIS INITIALIZE: %s", chan->port_id, hn_log_reason(ret));
		hn_rndis_detach(rndis);
		return ret;
	}
	HN_LOG(DEBUG, "port %u: RNDIS: %u packets, %u bytes per transfer, aligned to %u",
	       chan->port_id, rndis->max_packets, rndis->max_transfer, rndis->align);
	return 0;
}

static bool
page_is_ours(const void *arg)
{
	return !page_is_with_host(arg);
}

/* No answer but the completion, which tells that the host has read it. */
static void
rndis_halt(struct hn_rndis *rndis)
{
	struct rndis_request req = {
		.type = RNDIS_HALT,
		.len = sizeof(req),
		.request_id = rndis_next_id(rndis),
	};
	uint32_t timeout_ms = rndis_timeout(rndis);
	uint32_t left = timeout_ms;
	struct hn_rndis_page *page;
	int ret = page_get(rndis, &page);

	if (ret < 0)
		return;
	memcpy(page->addr, &req, sizeof(req));
	rndis_expect(rndis, page);
	ret = rndis_send_page(rndis, page, &left);
	if (ret == 0)
		ret = rndis_wait(rndis, page_is_ours, page, left);
	rndis_expect_none(rndis);
	if (ret == -ETIMEDOUT)
		rndis_give_up(rndis, hn_rndis_msg_name(req.type), timeout_ms);
}

void
hn_rndis_detach(struct hn_rndis *rndis)
{
	if (rndis->initialized)
		rndis_halt(rndis);
	rndis->initialized = false;
	rndis->events = NULL;
	/* What the host may still read is not given back. */
	if (pages_are_ours(rndis))
		pages_free(rndis);
}

void
hn_rndis_abandon(struct hn_rndis *rndis)
{
	rndis->initialized = false;
	rndis->events = NULL;
	pages_free(rndis);
}
