/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See nvsp.h. The heart is the table of messages: for each type since when it
 * exists, how long it is, where and when it may come, and who acts on it.
 */

#include <string.h>

#include "log.h"
#include "nvsp.h"
#include "rules.h"
#include "wire.h"

/* The types that a guest sends or a host answers with. */
enum {
	MSG_INIT = 1,
	MSG_INIT_COMPLETE = 2,
	MSG_NDIS_VERSION = 100,
	MSG_RECV_BUF = 101,
	MSG_RECV_BUF_COMPLETE = 102,
	MSG_REVOKE_RECV_BUF = 103,
	MSG_SEND_BUF = 104,
	MSG_SEND_BUF_COMPLETE = 105,
	MSG_REVOKE_SEND_BUF = 106,
	MSG_RNDIS = 107,
	MSG_RNDIS_COMPLETE = 108,
	MSG_NDIS_CONFIG = 125,
	MSG_SWITCH_DATA_PATH = 129,
	MSG_OID_QUERY_EX = 131,
	MSG_OID_QUERY_EX_COMPLETE = 132,
	MSG_SUBCHANNEL = 133,
	MSG_INDIRECTION_TABLE = 134,
};

#define REQUEST_LEN_MIN 32u
#define MDL_CHAIN_MAX 34u
#define SUBCHANNEL_ALLOCATE 1u
#define NDIS_STATUS_NOT_SUPPORTED 0xc00000bbu
#define GPADL_PAGE 4096u

/* A message under examination. */
struct nvs_message {
	struct wire body;		/* behind the type */
	bool wants_completion;
	struct nvsp_answer *answer;
	struct nvsp_rndis *rndis;
};

void
nvsp_reset(struct nvsp *nvsp)
{
	nvsp->state = NVSP_WAIT_INIT;
	nvsp->version = NVSP_VERSION_1;
	nvsp->has_config = false;
	nvsp->has_ndis = false;
	nvsp->frame_len = NVSP_FRAME_MIN;
	nvsp->capabilities = 0;
	nvsp->ndis_major = 0;
	nvsp->ndis_minor = 0;
	memset(&nvsp->recv, 0, sizeof(nvsp->recv));
	memset(&nvsp->send, 0, sizeof(nvsp->send));
	nvsp->recv_section_len = 0;
	nvsp->recv_sections = 0;
}

size_t
nvsp_message_len(const struct nvsp *nvsp)
{
	return nvsp->version >= NVSP_VERSION_61 ? 40 : 28;
}

/* Begin a message of the current version's size, zeroed, and write its type. */
static struct wire
nvs_begin(const struct nvsp *nvsp, uint8_t *bytes, uint32_t type)
{
	struct wire out = wire_over(bytes, nvsp_message_len(nvsp));

	memset(bytes, 0, NVSP_MESSAGE_MAX);
	put32(&out, type);
	return out;
}

static struct wire
nvs_begin_answer(const struct nvsp *nvsp, struct nvsp_answer *answer, uint32_t type)
{
	answer->len = nvsp_message_len(nvsp);
	return nvs_begin(nvsp, answer->bytes, type);
}

static enum nvsp_verdict
nvs_answer_empty(struct nvs_message *m)
{
	m->answer->len = 0;
	return m->wants_completion ? NVSP_ANSWER : NVSP_SILENT;
}

static bool
nvs_speaks(const struct nvsp *nvsp, uint32_t version)
{
	return nvsp_version_exists(version) && version <= nvsp->version_max &&
	       version >= nvsp->version_min;
}

/* Only the first of the two versions is looked at, as the real host does. */
static enum nvsp_verdict
nvs_init(struct nvsp *nvsp, struct nvs_message *m)
{
	uint32_t version = get32(&m->body);
	bool good = nvs_speaks(nvsp, version);
	struct wire out;

	/* Written in the old size: the version is not in force yet. */
	out = nvs_begin_answer(nvsp, m->answer, MSG_INIT_COMPLETE);
	put32(&out, version == NVSP_VERSION_1 ? NVSP_VERSION_1 : 0xffffffff);
	put32(&out, MDL_CHAIN_MAX);
	put32(&out, good ? NVSP_STATUS_SUCCESS : NVSP_STATUS_NONE);
	if (good) {
		nvsp->version = version;
		nvsp->state = NVSP_SETUP;
	}
	log_trace("%s: INIT version 0x%x: %s", nvsp->who, version, good ? "agreed" : "not spoken");
	return NVSP_ANSWER;
}

static enum nvsp_verdict
nvs_ndis_config(struct nvsp *nvsp, struct nvs_message *m)
{
	uint32_t frame_len = get32(&m->body);

	get32(&m->body);		/* reserved */
	nvsp->capabilities = get64(&m->body);
	if (nvsp->has_config) {
		rules_break(nvsp->rules, RULE_NVSP_ONCE, nvsp->who, "a second NDIS_CONFIG");
		return NVSP_DEAD;
	}
	nvsp->has_config = true;
	if (frame_len < NVSP_FRAME_MIN || frame_len > nvsp->frame_max) {
		log_info("%s: frame length %u of NDIS_CONFIG is outside %u-%u: %u is used",
			 nvsp->who, frame_len, NVSP_FRAME_MIN, nvsp->frame_max, NVSP_FRAME_MIN);
		frame_len = NVSP_FRAME_MIN;
	}
	nvsp->frame_len = frame_len;
	log_trace("%s: NDIS_CONFIG frame length %u, capabilities 0x%llx", nvsp->who, frame_len,
		  (unsigned long long)nvsp->capabilities);
	return nvs_answer_empty(m);
}

static enum nvsp_verdict
nvs_ndis_version(struct nvsp *nvsp, struct nvs_message *m)
{
	if (nvsp->has_ndis) {
		rules_break(nvsp->rules, RULE_NVSP_ONCE, nvsp->who, "a second NDIS_VERSION");
		return NVSP_DEAD;
	}
	nvsp->has_ndis = true;
	nvsp->ndis_major = (uint16_t)get32(&m->body);
	nvsp->ndis_minor = (uint16_t)get32(&m->body);
	log_trace("%s: NDIS_VERSION %u.%u", nvsp->who, nvsp->ndis_major, nvsp->ndis_minor);
	return nvs_answer_empty(m);
}

/* Fill a buffer from a message that names it: handle, id. */
static bool
nvs_take_buffer(struct nvsp *nvsp, struct nvs_message *m, struct nvsp_buffer *buffer,
		const char *what)
{
	uint32_t handle = get32(&m->body);

	if (buffer->bytes != NULL) {
		rules_break(nvsp->rules, RULE_NVSP_ONCE, nvsp->who, "a second %s buffer", what);
		return false;
	}
	buffer->id = get16(&m->body);
	buffer->bytes = nvsp->ops.gpadl(nvsp->ops.ctx, handle, &buffer->len);
	if (buffer->bytes == NULL) {
		rules_break(nvsp->rules, RULE_NVSP_GPADL, nvsp->who,
			    "%s buffer by GPADL 0x%x, which the guest has not set up", what,
			    handle);
		return false;
	}
	return true;
}

static enum nvsp_verdict
nvs_recv_buf(struct nvsp *nvsp, struct nvs_message *m)
{
	struct wire out;

	if (nvsp->version >= NVSP_VERSION_2 && !nvsp->has_config) {
		rules_break(nvsp->rules, RULE_NVSP_CONFIG_FIRST, nvsp->who,
			    "a receive buffer before NDIS_CONFIG");
		return NVSP_DEAD;
	}
	if (!nvs_take_buffer(nvsp, m, &nvsp->recv, "receive"))
		return NVSP_DEAD;
	nvsp->recv_section_len = NVSP_HEADER_AREA + nvsp->frame_len + NVSP_SPARE_AREA;
	nvsp->recv_sections = (uint32_t)(nvsp->recv.len / nvsp->recv_section_len);
	if (nvsp->recv_sections == 0) {
		rules_break(nvsp->rules, RULE_NVSP_GPADL, nvsp->who,
			    "a receive buffer of %zu bytes holds no section", nvsp->recv.len);
		return NVSP_DEAD;
	}

	out = nvs_begin_answer(nvsp, m->answer, MSG_RECV_BUF_COMPLETE);
	put32(&out, NVSP_STATUS_SUCCESS);
	put32(&out, 1);
	put32(&out, 0);
	put32(&out, nvsp->recv_section_len);
	put32(&out, nvsp->recv_sections);
	put32(&out, nvsp->recv_section_len * nvsp->recv_sections);
	log_trace("%s: receive buffer of %zu bytes: %u sections of %u", nvsp->who,
		  nvsp->recv.len, nvsp->recv_sections, nvsp->recv_section_len);
	return NVSP_ANSWER;
}

static enum nvsp_verdict
nvs_send_buf(struct nvsp *nvsp, struct nvs_message *m)
{
	struct wire out;

	if (!nvs_take_buffer(nvsp, m, &nvsp->send, "send"))
		return NVSP_DEAD;
	out = nvs_begin_answer(nvsp, m->answer, MSG_SEND_BUF_COMPLETE);
	put32(&out, NVSP_STATUS_SUCCESS);
	put32(&out, NVSP_SEND_SECTION_LEN);
	log_trace("%s: send buffer of %zu bytes", nvsp->who, nvsp->send.len);
	return NVSP_ANSWER;
}

/* The host stops serving the channel; the guest is owed no completion. */
static enum nvsp_verdict
nvs_revoke(struct nvsp *nvsp, struct nvs_message *m, const struct nvsp_buffer *buffer,
	   const char *what)
{
	uint16_t id = get16(&m->body);

	if (buffer->bytes == NULL || id != buffer->id)
		rules_break(nvsp->rules, RULE_NVSP_REVOKE_ID, nvsp->who,
			    "the %s buffer is revoked as 0x%x, its id is 0x%x", what, id,
			    buffer->id);
	nvsp->state = NVSP_ENDED;
	log_trace("%s: %s buffer revoked", nvsp->who, what);
	return NVSP_REVOKED;
}

static enum nvsp_verdict
nvs_revoke_recv(struct nvsp *nvsp, struct nvs_message *m)
{
	return nvs_revoke(nvsp, m, &nvsp->recv, "receive");
}

static enum nvsp_verdict
nvs_revoke_send(struct nvsp *nvsp, struct nvs_message *m)
{
	return nvs_revoke(nvsp, m, &nvsp->send, "send");
}

/* The first RNDIS message ends the set-up; a send buffer is not required. */
static bool
nvs_finish_setup(struct nvsp *nvsp)
{
	const char *missing = NULL;

	if (nvsp->version >= NVSP_VERSION_2 && !nvsp->has_config)
		missing = "NDIS_CONFIG";
	else if (!nvsp->has_ndis)
		missing = "NDIS_VERSION";
	else if (nvsp->recv.bytes == NULL)
		missing = "the receive buffer";
	if (missing != NULL) {
		rules_break(nvsp->rules, RULE_NVSP_INCOMPLETE, nvsp->who,
			    "an RNDIS packet before %s", missing);
		return false;
	}
	nvsp->state = NVSP_READY;
	log_info("%s: guest speaks NVSP %s, NDIS %u.%u, mtu %u, %u receive sections, %s",
		 nvsp->who, nvsp_version_name(nvsp->version), nvsp->ndis_major,
		 nvsp->ndis_minor, nvsp->frame_len - 14, nvsp->recv_sections,
		 nvsp->send.bytes != NULL ? "a send buffer" : "no send buffer");
	return true;
}

/* Whether the section that the message names may be read. */
static bool
nvs_check_section(struct nvsp *nvsp, const struct nvsp_rndis *rndis)
{
	uint64_t start = (uint64_t)rndis->section * NVSP_SEND_SECTION_LEN;

	if (rndis->section == NVSP_NO_SECTION)
		return true;
	if (nvsp->send.bytes == NULL || start > nvsp->send.len ||
	    rndis->section_len > nvsp->send.len - start) {
		rules_break(nvsp->rules, RULE_SECTION_INDEX, nvsp->who,
			    "%u bytes of send section %u; the buffer has %zu sections",
			    rndis->section_len, rndis->section,
			    nvsp->send.len / NVSP_SEND_SECTION_LEN);
		return false;
	}
	if (rndis->section_len > NVSP_SEND_SECTION_LEN)
		rules_break(nvsp->rules, RULE_SECTION_SIZE, nvsp->who,
			    "%u bytes of send section %u", rndis->section_len, rndis->section);
	return true;
}

static enum nvsp_verdict
nvs_rndis(struct nvsp *nvsp, struct nvs_message *m)
{
	struct nvsp_rndis *rndis = m->rndis;

	rndis->channel_type = get32(&m->body);
	rndis->section = get32(&m->body);
	rndis->section_len = get32(&m->body);
	if (nvsp->state == NVSP_SETUP && !nvs_finish_setup(nvsp))
		return NVSP_DEAD;
	return nvs_check_section(nvsp, rndis) ? NVSP_RNDIS : NVSP_DEAD;
}

/* There is no virtual function: the data path stays where it is. */
static enum nvsp_verdict
nvs_switch_data_path(struct nvsp *nvsp, struct nvs_message *m)
{
	log_trace("%s: SWITCH_DATA_PATH to %u", nvsp->who, get32(&m->body));
	return nvs_answer_empty(m);
}

static enum nvsp_verdict
nvs_oid_query_ex(struct nvsp *nvsp, struct nvs_message *m)
{
	struct wire out = nvs_begin_answer(nvsp, m->answer, MSG_OID_QUERY_EX_COMPLETE);

	put32(&out, NDIS_STATUS_NOT_SUPPORTED);
	put32(&out, 0);
	return NVSP_ANSWER;
}

static enum nvsp_verdict
nvs_subchannel(struct nvsp *nvsp, struct nvs_message *m)
{
	uint32_t operation = get32(&m->body);
	uint32_t count = get32(&m->body);
	bool known = operation == SUBCHANNEL_ALLOCATE;
	uint32_t granted = known && count != 0 ? nvsp->ops.subchannels(nvsp->ops.ctx, count) : 0;
	bool good = known && (count == 0 || granted != 0);
	struct wire out = nvs_begin_answer(nvsp, m->answer, MSG_SUBCHANNEL);

	put32(&out, good ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL);
	put32(&out, granted);
	log_trace("%s: SUBCHANNEL operation %u, %u more: %s, %u", nvsp->who, operation, count,
		  good ? "granted" : "refused", granted);
	return NVSP_ANSWER;
}

/* In which states a message is expected. */
enum {
	IN_WAIT_INIT = 1 << NVSP_WAIT_INIT,
	IN_SETUP = 1 << NVSP_SETUP,
	IN_READY = 1 << NVSP_READY,
};

/* What every message type demands, and who acts on it. */
static const struct nvs_type {
	uint32_t type;
	const char *name;
	uint32_t since;			/* NVSP version */
	size_t body_len;		/* behind the type */
	unsigned int states;
	bool any_channel;
	bool must_answer;
	enum nvsp_verdict (*act)(struct nvsp *nvsp, struct nvs_message *m);
} nvs_types[] = {
	/* The most frequent first: the table is searched. */
	{ MSG_RNDIS, "RNDIS packet", NVSP_VERSION_1, 12, IN_SETUP | IN_READY,
	  true, false, nvs_rndis },
	{ MSG_INIT, "INIT", NVSP_VERSION_1, 8, IN_WAIT_INIT, false, true, nvs_init },
	{ MSG_NDIS_CONFIG, "NDIS_CONFIG", NVSP_VERSION_2, 16, IN_SETUP,
	  false, false, nvs_ndis_config },
	{ MSG_NDIS_VERSION, "NDIS_VERSION", NVSP_VERSION_1, 8, IN_SETUP,
	  false, false, nvs_ndis_version },
	{ MSG_RECV_BUF, "SEND_RECV_BUF", NVSP_VERSION_1, 6, IN_SETUP,
	  false, true, nvs_recv_buf },
	{ MSG_SEND_BUF, "SEND_SEND_BUF", NVSP_VERSION_1, 6, IN_SETUP,
	  false, true, nvs_send_buf },
	{ MSG_REVOKE_RECV_BUF, "REVOKE_RECV_BUF", NVSP_VERSION_1, 2, IN_READY,
	  false, false, nvs_revoke_recv },
	{ MSG_REVOKE_SEND_BUF, "REVOKE_SEND_BUF", NVSP_VERSION_1, 2, IN_READY,
	  false, false, nvs_revoke_send },
	{ MSG_SWITCH_DATA_PATH, "SWITCH_DATA_PATH", NVSP_VERSION_4, 4, IN_READY,
	  false, false, nvs_switch_data_path },
	{ MSG_OID_QUERY_EX, "OID_QUERY_EX", NVSP_VERSION_5, 8, IN_READY,
	  false, true, nvs_oid_query_ex },
	{ MSG_SUBCHANNEL, "SUBCHANNEL", NVSP_VERSION_5, 8, IN_READY,
	  false, true, nvs_subchannel },
};

static const struct nvs_type *
nvs_find_type(const struct nvsp *nvsp, uint32_t type)
{
	for (size_t i = 0; i < sizeof(nvs_types) / sizeof(nvs_types[0]); i++)
		if (nvs_types[i].type == type && nvs_types[i].since <= nvsp->version)
			return &nvs_types[i];
	return NULL;
}

/* A message that is not expected now: which rule says so. */
static enum nvsp_verdict
nvs_break_order(struct nvsp *nvsp, const struct nvs_type *type)
{
	enum rule rule = RULE_NVSP_ONCE;

	if (nvsp->state == NVSP_WAIT_INIT || type->type == MSG_INIT)
		rule = RULE_NVSP_INIT_FIRST;
	else if (nvsp->state == NVSP_SETUP)
		rule = RULE_NVSP_INCOMPLETE;
	rules_break(nvsp->rules, rule, nvsp->who, "%s %s", type->name,
		    nvsp->state == NVSP_WAIT_INIT ? "before INIT" :
		    nvsp->state == NVSP_SETUP ? "while still being set up" : "when ready");
	return NVSP_DEAD;
}

/* All that can be wrong with a message whatever its contents. */
static enum nvsp_verdict
nvs_check(struct nvsp *nvsp, const struct nvs_type *type, uint16_t channel,
	  const struct nvs_message *m)
{
	if (channel != 0 && !type->any_channel) {
		rules_break(nvsp->rules, RULE_NVSP_PRIMARY, nvsp->who, "%s on channel %u",
			    type->name, channel);
		return NVSP_DEAD;
	}
	if (!(type->states & 1u << nvsp->state))
		return nvs_break_order(nvsp, type);
	if (m->body.left < type->body_len) {
		rules_break(nvsp->rules, RULE_NVSP_TRUNCATED, nvsp->who, "%s of %zu bytes",
			    type->name, m->body.left + 4);
		return NVSP_DEAD;
	}
	if (type->must_answer && !m->wants_completion) {
		rules_break(nvsp->rules, RULE_NVSP_REPLY_WANTED, nvsp->who,
			    "%s does not ask for a completion", type->name);
		return NVSP_DEAD;
	}
	return NVSP_RNDIS;
}

/* Hyper-V does not answer requests that fill less than 32 bytes of the ring. */
static bool
nvs_ignores_short(struct nvsp *nvsp, const struct nvs_type *type, size_t len)
{
	if (len >= REQUEST_LEN_MIN)
		return false;
	rules_break(nvsp->rules, RULE_NVSP_SHORT, nvsp->who, "%s fills %zu bytes", type->name,
		    len);
	return !nvsp->profile->answers_short;
}

enum nvsp_verdict
nvsp_receive(struct nvsp *nvsp, uint16_t channel, const uint8_t *message, size_t len,
	     bool wants_completion, struct nvsp_answer *answer, struct nvsp_rndis *rndis)
{
	struct nvs_message m = {
		.body = wire_over(message, len),
		.wants_completion = wants_completion,
		.answer = answer,
		.rndis = rndis,
	};
	uint32_t number = get32(&m.body);
	const struct nvs_type *type;

	if (nvsp->state == NVSP_ENDED)
		return NVSP_REVOKED;
	if (len < sizeof(uint32_t)) {
		rules_break(nvsp->rules, RULE_NVSP_TRUNCATED, nvsp->who,
			    "a message of %zu bytes", len);
		return NVSP_DEAD;
	}
	type = nvs_find_type(nvsp, number);
	if (type == NULL) {
		rules_break(nvsp->rules,
			    nvsp->state == NVSP_WAIT_INIT ? RULE_NVSP_INIT_FIRST : RULE_NVSP_TYPE,
			    nvsp->who, "type %u in NVSP %s", number,
			    nvsp_version_name(nvsp->version));
		return NVSP_DEAD;
	}
	if (nvs_ignores_short(nvsp, type, len))
		return NVSP_SILENT;
	if (nvs_check(nvsp, type, channel, &m) == NVSP_DEAD)
		return NVSP_DEAD;
	return type->act(nvsp, &m);
}

size_t
nvsp_write_rndis(const struct nvsp *nvsp, uint8_t *bytes, uint32_t channel_type)
{
	struct wire out = nvs_begin(nvsp, bytes, MSG_RNDIS);

	put32(&out, channel_type);
	put32(&out, NVSP_NO_SECTION);
	put32(&out, 0);
	return nvsp_message_len(nvsp);
}

size_t
nvsp_write_rndis_complete(const struct nvsp *nvsp, uint8_t *bytes, uint32_t status)
{
	struct wire out = nvs_begin(nvsp, bytes, MSG_RNDIS_COMPLETE);

	put32(&out, status);
	return nvsp_message_len(nvsp);
}

/*
 * OpenVMM puts the table right behind the fields. Windows puts it behind a whole
 * message of 6.1, also for older versions, whose offset then is wrong.
 */
size_t
nvsp_write_table(const struct nvsp *nvsp, uint8_t *bytes, uint32_t channels)
{
	size_t fields = 12;
	size_t place = nvsp->profile->table_behind_fields ? fields : NVSP_MESSAGE_MAX;
	size_t said = nvsp->version >= NVSP_VERSION_61 ? place : nvsp_message_len(nvsp);
	struct wire out = wire_over(bytes, fields);
	struct wire table = wire_over(bytes + place, NVSP_TABLE_ENTRIES * 4);

	memset(bytes, 0, NVSP_TABLE_MESSAGE_MAX);
	put32(&out, MSG_INDIRECTION_TABLE);
	put32(&out, NVSP_TABLE_ENTRIES);
	put32(&out, (uint32_t)(nvsp->profile->table_behind_fields ? place : said));
	for (uint32_t i = 0; i < NVSP_TABLE_ENTRIES; i++)
		put32(&table, i % channels);
	return place + NVSP_TABLE_ENTRIES * 4;
}

bool
nvsp_is_rndis_complete(const uint8_t *message, size_t len)
{
	struct wire in = wire_over(message, len);

	return len >= 8 && get32(&in) == MSG_RNDIS_COMPLETE;
}
