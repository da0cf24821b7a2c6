/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rndis.h.
 */

#include <errno.h>
#include <string.h>

#include "log.h"
#include "offload.h"
#include "oid.h"
#include "rndis.h"
#include "rules.h"
#include "wire.h"

#define COMPLETE 0x80000000u		/* or-ed into the type of a reply */
#define DEVICE_CONNECTIONLESS 1u
#define MEDIUM_8023 0u
#define INFO_BASE 8u			/* offsets count from the request id */
#define REQUEST_INFO_OFFSET 20u
#define REPLY_INFO_OFFSET 16u
#define STATUS_BUFFER_OFFSET 12u

/* A request under examination. */
struct rndis_request {
	const uint8_t *message;
	size_t len;
	struct wire body;		/* behind the request id */
	uint32_t id;
	uint8_t *reply;
};

void
rndis_offer(struct rndis *rndis, uint32_t offloads)
{
	rndis->supported = offloads;
	rndis->offloads = offloads & ~OFFLOAD_RSC;
}

void
rndis_reset(struct rndis *rndis)
{
	rndis->initialized = false;
	rndis->halted = false;
	memcpy(rndis->current_mac, rndis->mac, sizeof(rndis->current_mac));
	rndis->filter = 0;
	rndis_offer(rndis, rndis->supported);
	rndis->offloads_changed = false;
	memset(&rndis->rss, 0, sizeof(rndis->rss));
	rndis->multicasts = 0;
}

/* Begin a message: type, and room for its length. */
static struct wire
rndis_begin(uint8_t *message, uint32_t type)
{
	struct wire out = wire_over(message, RNDIS_REPLY_MAX);

	put32(&out, type);
	put32(&out, 0);
	return out;
}

/* Write the length of a finished message; it is also returned. */
static int
rndis_end(const struct wire *out, uint8_t *message)
{
	size_t len = RNDIS_REPLY_MAX - out->left;
	struct wire header = wire_over(message + 4, 4);

	put32(&header, (uint32_t)len);
	return (int)len;
}

static int
rndis_initialize(struct rndis *rndis, struct rndis_request *req)
{
	struct wire out;

	if (rndis->initialized) {
		rules_break(rndis->rules, RULE_RNDIS_INIT_ONCE, rndis->who,
			    "a second INITIALIZE");
		return -EPROTO;
	}
	rndis->initialized = true;
	out = rndis_begin(req->reply, RNDIS_MSG_INITIALIZE | COMPLETE);
	put32(&out, req->id);
	put32(&out, RNDIS_STATUS_SUCCESS);
	put32(&out, 1);			/* version 1.0 */
	put32(&out, 0);
	put32(&out, DEVICE_CONNECTIONLESS);
	put32(&out, MEDIUM_8023);
	put32(&out, RNDIS_MESSAGES_MAX);
	put32(&out, RNDIS_TRANSFER_MAX);
	put32(&out, RNDIS_ALIGNMENT_LOG2);
	put32(&out, 0);			/* address family list */
	put32(&out, 0);
	return rndis_end(&out, req->reply);
}

/* Nothing changes and nothing is answered, but revoking is polite from now on. */
static int
rndis_halt(struct rndis *rndis, struct rndis_request *req)
{
	(void)req;
	rndis->halted = true;
	log_info("%s: guest halts the NIC", rndis->who);
	return 0;
}

/* Where a request's information buffer is; NULL if it is not where it should be. */
static const uint8_t *
rndis_request_info(struct rndis *rndis, const struct rndis_request *req, uint32_t offset,
		   uint32_t len)
{
	if (offset != REQUEST_INFO_OFFSET)
		rules_break(rndis->rules, RULE_RNDIS_INFO, rndis->who,
			    "information buffer at offset %u", offset);
	if (offset > req->len - INFO_BASE || len > req->len - INFO_BASE - offset) {
		rules_break(rndis->rules, RULE_RNDIS_INFO, rndis->who,
			    "%u bytes at offset %u of a message of %zu", len, offset, req->len);
		return NULL;
	}
	return req->message + INFO_BASE + offset;
}

static int
rndis_query(struct rndis *rndis, struct rndis_request *req)
{
	uint32_t oid = get32(&req->body);
	uint32_t len = get32(&req->body);
	uint32_t offset = get32(&req->body);
	uint32_t status = RNDIS_STATUS_INVALID_DATA;
	struct wire out, value;
	size_t value_len = 0;

	out = rndis_begin(req->reply, RNDIS_MSG_QUERY | COMPLETE);
	value = out;
	for (unsigned int i = 0; i < REPLY_INFO_OFFSET / 4; i++)
		put32(&value, 0);

	/* Hyper-V refuses another offset even when there is nothing to carry. */
	if ((rndis_request_info(rndis, req, offset, len) != NULL &&
	     offset == REQUEST_INFO_OFFSET) || rndis->profile->any_info_offset) {
		size_t room = value.left;

		status = oid_query(rndis, oid, &value);
		value_len = status == RNDIS_STATUS_SUCCESS ? room - value.left : 0;
	}

	put32(&out, req->id);
	put32(&out, status);
	put32(&out, (uint32_t)value_len);
	put32(&out, REPLY_INFO_OFFSET);
	out.at += value_len;
	out.left -= value_len;
	log_trace("%s: QUERY %s (0x%08x): status 0x%08x, %zu bytes", rndis->who, oid_name(oid),
		  oid, status, value_len);
	return rndis_end(&out, req->reply);
}

static int
rndis_set(struct rndis *rndis, struct rndis_request *req)
{
	uint32_t oid = get32(&req->body);
	uint32_t len = get32(&req->body);
	uint32_t offset = get32(&req->body);
	const uint8_t *value = rndis_request_info(rndis, req, offset, len);
	uint32_t status = RNDIS_STATUS_INVALID_DATA;
	struct wire out;

	if (value != NULL)
		status = oid_set(rndis, oid, value, len);
	out = rndis_begin(req->reply, RNDIS_MSG_SET | COMPLETE);
	put32(&out, req->id);
	put32(&out, status);
	log_trace("%s: SET %s (0x%08x), %u bytes: status 0x%08x", rndis->who, oid_name(oid), oid,
		  len, status);
	return rndis_end(&out, req->reply);
}

static int
rndis_keepalive(struct rndis *rndis, struct rndis_request *req)
{
	struct wire out = rndis_begin(req->reply, RNDIS_MSG_KEEPALIVE | COMPLETE);

	(void)rndis;
	put32(&out, req->id);
	put32(&out, RNDIS_STATUS_SUCCESS);
	return rndis_end(&out, req->reply);
}

/* What a guest may send: the length of its fixed part, and who acts on it. */
static const struct rndis_type {
	uint32_t type;
	const char *name;
	size_t len;			/* 0: a guest does not send this */
	int (*act)(struct rndis *rndis, struct rndis_request *req);
} rndis_types[] = {
	{ RNDIS_MSG_PACKET, "PACKET", 0, NULL },
	{ RNDIS_MSG_INITIALIZE, "INITIALIZE", 24, rndis_initialize },
	{ RNDIS_MSG_HALT, "HALT", 12, rndis_halt },
	{ RNDIS_MSG_QUERY, "QUERY", 28, rndis_query },
	{ RNDIS_MSG_SET, "SET", 28, rndis_set },
	{ RNDIS_MSG_RESET, "RESET", 0, NULL },
	{ RNDIS_MSG_INDICATE, "INDICATE_STATUS", 0, NULL },
	{ RNDIS_MSG_KEEPALIVE, "KEEPALIVE", 12, rndis_keepalive },
	{ RNDIS_MSG_SET_EX, "SET_EX", 0, NULL },
};

static const struct rndis_type *
rndis_find_type(uint32_t type)
{
	for (size_t i = 0; i < sizeof(rndis_types) / sizeof(rndis_types[0]); i++)
		if (rndis_types[i].type == type)
			return &rndis_types[i];
	return NULL;
}

const char *
rndis_message_name(uint32_t type)
{
	const struct rndis_type *known = rndis_find_type(type);

	return known != NULL ? known->name : "unknown";
}

/* Manners that a real host does not insist on. */
static void
rndis_note_manners(struct rndis *rndis, const struct rndis_type *type, uint32_t id)
{
	if (id == 0)
		rules_break(rndis->rules, RULE_RNDIS_REQUEST_ID, rndis->who, "%s with id 0",
			    type->name);
	if (!rndis->initialized && type->type != RNDIS_MSG_INITIALIZE)
		rules_break(rndis->rules, RULE_RNDIS_INIT_FIRST, rndis->who,
			    "%s before INITIALIZE", type->name);
}

int
rndis_receive(struct rndis *rndis, const uint8_t *message, size_t len, uint8_t *reply)
{
	struct rndis_request req = {
		.message = message, .len = len, .body = wire_over(message, len), .reply = reply,
	};
	uint32_t number = get32(&req.body);
	const struct rndis_type *type = rndis_find_type(number);

	if (type == NULL || type->len == 0) {
		rules_break(rndis->rules, RULE_RNDIS_TYPE, rndis->who, "%s (0x%x)",
			    rndis_message_name(number), number);
		return -EPROTO;
	}
	if (len < type->len) {
		rules_break(rndis->rules, RULE_RNDIS_TRUNCATED, rndis->who, "%s of %zu bytes",
			    type->name, len);
		return -EPROTO;
	}
	get32(&req.body);		/* the length, which the caller has checked */
	req.id = get32(&req.body);
	rndis_note_manners(rndis, type, req.id);
	return type->act(rndis, &req);
}

size_t
rndis_write_indication(const struct rndis *rndis, uint32_t status, uint8_t *message)
{
	struct wire out = rndis_begin(message, RNDIS_MSG_INDICATE);

	(void)rndis;
	put32(&out, status);
	put32(&out, 0);
	put32(&out, 0);
	return (size_t)rndis_end(&out, message);
}

size_t
rndis_write_value_indication(uint32_t status, uint32_t value, uint8_t *message)
{
	struct wire out = rndis_begin(message, RNDIS_MSG_INDICATE);

	put32(&out, status);
	put32(&out, sizeof(value));
	put32(&out, STATUS_BUFFER_OFFSET);
	put32(&out, value);
	return (size_t)rndis_end(&out, message);
}

size_t
rndis_write_offload_indication(const struct rndis *rndis, uint8_t *message)
{
	static const uint16_t len[] = { 0, 112, 144, 156 };
	struct wire out = rndis_begin(message, RNDIS_MSG_INDICATE);

	put32(&out, RNDIS_STATUS_OFFLOAD_CURRENT);
	put32(&out, len[rndis->profile->offload_revision]);
	put32(&out, STATUS_BUFFER_OFFSET);
	offload_write(&out, rndis->profile->offload_revision, rndis->offloads,
		      &rndis->large_send);
	return (size_t)rndis_end(&out, message);
}

static bool
rndis_is_multicast_member(const struct rndis *rndis, const uint8_t to[ETHER_ADDR_LEN])
{
	for (unsigned int i = 0; i < rndis->multicasts; i++)
		if (memcmp(rndis->multicast[i], to, ETHER_ADDR_LEN) == 0)
			return true;
	return false;
}

bool
rndis_accepts(const struct rndis *rndis, const uint8_t to[ETHER_ADDR_LEN])
{
	static const uint8_t broadcast[ETHER_ADDR_LEN] = { 255, 255, 255, 255, 255, 255 };
	uint32_t filter = rndis->filter;

	if (filter & RNDIS_FILTER_PROMISCUOUS)
		return true;
	if (rndis->profile->filter_is_a_switch)
		return filter != 0;
	if (!(to[0] & 1))
		return filter & RNDIS_FILTER_DIRECTED &&
		       memcmp(to, rndis->current_mac, ETHER_ADDR_LEN) == 0;
	if (memcmp(to, broadcast, ETHER_ADDR_LEN) == 0)
		return filter & RNDIS_FILTER_BROADCAST;
	return filter & RNDIS_FILTER_ALL_MULTICAST ||
	       (filter & RNDIS_FILTER_MULTICAST && rndis_is_multicast_member(rndis, to));
}
