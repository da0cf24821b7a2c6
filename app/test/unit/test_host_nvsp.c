/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's NVSP: conversations as tables. A guest says something; the verdict,
 * the first words of the answer and the broken rule are looked at.
 */

#include "host_test.h"
#include "nvsp.h"
#include "rules.h"

#define NO_RULE RULE_COUNT
#define WORDS 10
#define RECV_GPADL 0xe1e10u
#define SEND_GPADL 0xe1e11u

static uint8_t recv_buffer[1024 * 1024];
static uint8_t send_buffer[20 * 6144];
static struct rules rules;
static struct nvsp nvsp;

static uint8_t *
test_gpadl(void *ctx, uint32_t handle, size_t *len)
{
	(void)ctx;
	*len = handle == RECV_GPADL ? sizeof(recv_buffer) : sizeof(send_buffer);
	return handle == RECV_GPADL ? recv_buffer : handle == SEND_GPADL ? send_buffer : NULL;
}

static uint32_t
test_subchannels(void *ctx, uint32_t count)
{
	(void)ctx;
	return count < 4 ? count : 0;
}

/* One message of the guest and what comes of it. */
struct exchange {
	uint32_t says[WORDS];
	size_t len;			/* 0: 40 bytes */
	bool no_completion;
	uint16_t channel;
	enum nvsp_verdict verdict;
	enum rule breaks;
	size_t answer_len;
	uint32_t answer[8];
};

/* Words of the messages that all conversations share. */
#define INIT(version) { 1, version, version }
#define CONFIG(mtu) { 125, mtu, 0, 0x0c }
#define NDIS_VERSION { 100, 6, 30 }
#define RECV_BUF { 101, RECV_GPADL, 0xcafe }
#define SEND_BUF { 104, SEND_GPADL, 0xface }
#define RNDIS(section, len) { 107, 1, section, len }
#define AGREED(version) \
	.verdict = NVSP_ANSWER, .breaks = NO_RULE, .answer_len = 28, \
	.answer = { 2, (version) == 2 ? 2 : 0xffffffff, 34, 1 }
#define SILENT .verdict = NVSP_SILENT, .breaks = NO_RULE, .no_completion = true
#define DEAD(rule) .verdict = NVSP_DEAD, .breaks = RULE_##rule

static void
start(const char *profile)
{
	memset(&rules, 0, sizeof(rules));
	memset(&nvsp, 0, sizeof(nvsp));
	nvsp.profile = profile_find(profile);
	nvsp.ops = (struct nvsp_ops){ test_gpadl, test_subchannels, NULL };
	nvsp.rules = &rules;
	nvsp.who = "test";
	nvsp.version_min = NVSP_VERSION_1;
	nvsp.version_max = nvsp.profile->nvsp_max;
	nvsp.frame_max = nvsp.profile->frame_max;
	nvsp_reset(&nvsp);
}

static void
check_rules(const struct exchange *e)
{
	assert_int_equal(rules_broken(&rules), e->breaks == NO_RULE ? 0 : 1);
	if (e->breaks != NO_RULE)
		assert_int_equal(rules.broken[e->breaks], 1);
	memset(&rules, 0, sizeof(rules));
}

static void
play(const struct exchange *script, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct exchange *e = &script[i];
		struct nvsp_answer answer = { .len = 99 };
		struct nvsp_rndis rndis;
		uint8_t bytes[WORDS * 4];

		for (size_t word = 0; word < WORDS; word++)
			set_le32(bytes + 4 * word, e->says[word]);
		assert_int_equal(nvsp_receive(&nvsp, e->channel, bytes,
					      e->len != 0 ? e->len : sizeof(bytes),
					      !e->no_completion, &answer, &rndis), e->verdict);
		check_rules(e);
		if (e->verdict != NVSP_ANSWER)
			continue;
		assert_int_equal(answer.len, e->answer_len);
		for (size_t word = 0; word < answer.len / 4 && word < 8; word++)
			assert_int_equal(le32(answer.bytes + 4 * word), e->answer[word]);
	}
}

#define PLAY(script) play(script, ARRAY_LEN(script))

/* INIT, NDIS_CONFIG, NDIS_VERSION and both buffers, then INITIALIZE: ready. */
static void
bring_up(uint32_t version)
{
	const bool big = version == NVSP_VERSION_61;
	const uint32_t count = sizeof(recv_buffer) / 1806;
	const struct exchange script[] = {
		{ .says = INIT(version), AGREED(version) },
		{ .says = CONFIG(1514), SILENT },
		{ .says = NDIS_VERSION, SILENT },
		{ .says = RECV_BUF, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = big ? 40 : 28,
		  .answer = { 102, 1, 1, 0, 1806, count, 1806 * count } },
		{ .says = SEND_BUF, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = big ? 40 : 28, .answer = { 105, 1, 6144 } },
		{ .says = RNDIS(0xffffffff, 0), .verdict = NVSP_RNDIS, .breaks = NO_RULE },
	};

	if (version == NVSP_VERSION_1) {
		play(&script[0], 1);
		play(&script[2], ARRAY_LEN(script) - 2);
	} else {
		PLAY(script);
	}
	assert_int_equal(nvsp.state, NVSP_READY);
}

static void
every_version_comes_up(void **state)
{
	static const uint32_t versions[] = { 0x2, 0x30002, 0x40000, 0x50000, 0x60000, 0x60001 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		start("default");
		bring_up(versions[i]);
		assert_int_equal(nvsp_message_len(&nvsp), versions[i] == 0x60001 ? 40 : 28);
	}
}

static void
unknown_version_is_refused_and_retried(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x70000), .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 28, .answer = { 2, 0xffffffff, 34, 0 } },
		{ .says = INIT(0x30000), .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 28, .answer = { 2, 0xffffffff, 34, 0 } },
		/* Only the first of the two versions counts. */
		{ .says = { 1, 0x50000, 0x70000 }, AGREED(0x50000) },
	};

	(void)state;
	start("default");
	PLAY(script);
	assert_int_equal(nvsp.version, NVSP_VERSION_5);
}

static void
old_profile_refuses_new_versions(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x60001), .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 28, .answer = { 2, 0xffffffff, 34, 0 } },
		{ .says = INIT(0x40000), AGREED(0x40000) },
	};

	(void)state;
	start("ws2012");
	PLAY(script);
}

static void
pinned_version_refuses_all_others(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x60001), .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 28, .answer = { 2, 0xffffffff, 34, 0 } },
		{ .says = INIT(0x2), .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 28, .answer = { 2, 2, 34, 0 } },
		{ .says = INIT(0x50000), AGREED(0x50000) },
	};

	(void)state;
	start("default");
	nvsp.version_min = nvsp.version_max = NVSP_VERSION_5;
	PLAY(script);
}

static void
mtu_outside_the_range_becomes_1514(void **state)
{
	static const uint32_t given[] = { 0, 1513, 9217, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct exchange script[] = {
			{ .says = INIT(0x60001), AGREED(0x60001) },
			{ .says = CONFIG(given[i]), SILENT },
		};

		start("default");
		PLAY(script);
		assert_int_equal(nvsp.frame_len, 1514);
	}
}

static void
longest_mtu_is_the_hosts(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x60001), AGREED(0x60001) },
		{ .says = CONFIG(65536), SILENT },
	};

	(void)state;
	start("default");
	nvsp.frame_max = 65536;
	PLAY(script);
	assert_int_equal(nvsp.frame_len, 65536);
	start("default");
	nvsp.frame_max = 65535;
	PLAY(script);
	assert_int_equal(nvsp.frame_len, 1514);
}

static void
config_and_version_are_completed_empty_when_asked(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x60001), AGREED(0x60001) },
		{ .says = CONFIG(1514), .verdict = NVSP_ANSWER, .breaks = NO_RULE },
		{ .says = NDIS_VERSION, .verdict = NVSP_ANSWER, .breaks = NO_RULE },
	};

	(void)state;
	start("default");
	PLAY(script);
}

static void
no_send_buffer_is_tolerated(void **state)
{
	static const struct exchange script[] = {
		{ .says = INIT(0x60001), AGREED(0x60001) },
		{ .says = CONFIG(9014), SILENT },
		{ .says = NDIS_VERSION, SILENT },
		{ .says = RECV_BUF, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 40, .answer = { 102, 1, 1, 0, 9306, 112, 9306 * 112 } },
		{ .says = RNDIS(0xffffffff, 0), .verdict = NVSP_RNDIS, .breaks = NO_RULE },
		{ .says = RNDIS(0, 100), DEAD(SECTION_INDEX) },
	};

	(void)state;
	start("default");
	PLAY(script);
}

/* What ends the channel while it is being set up, each after the words before it. */
static void
wrong_order_of_negotiation_is_fatal(void **state)
{
	static const struct {
		const char *what;
		struct exchange script[4];
		size_t n;
	} cases[] = {
		{ "anything before INIT", { { .says = CONFIG(1514), DEAD(NVSP_INIT_FIRST) } }, 1 },
		{ "RNDIS before INIT",
		  { { .says = RNDIS(0xffffffff, 0), DEAD(NVSP_INIT_FIRST) } }, 1 },
		{ "nonsense before INIT", { { .says = { 99 }, DEAD(NVSP_INIT_FIRST) } }, 1 },
		{ "a second INIT", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = INIT(0x60001), DEAD(NVSP_INIT_FIRST) } }, 2 },
		{ "receive buffer before config", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = RECV_BUF, DEAD(NVSP_CONFIG_FIRST) } }, 2 },
		{ "config twice", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = CONFIG(1514), SILENT }, { .says = CONFIG(1514), DEAD(NVSP_ONCE) } },
		  3 },
		{ "version twice", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = NDIS_VERSION, SILENT }, { .says = NDIS_VERSION, DEAD(NVSP_ONCE) } },
		  3 },
		{ "RNDIS with nothing set up", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = RNDIS(0xffffffff, 0), DEAD(NVSP_INCOMPLETE) } }, 2 },
		{ "RNDIS without receive buffer", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = CONFIG(1514), SILENT }, { .says = NDIS_VERSION, SILENT },
		  { .says = RNDIS(0xffffffff, 0), DEAD(NVSP_INCOMPLETE) } }, 4 },
		{ "subchannels while being set up", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = { 133, 1, 1 }, DEAD(NVSP_INCOMPLETE) } }, 2 },
		{ "revoke while being set up", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = { 103, 0xcafe }, .no_completion = true, DEAD(NVSP_INCOMPLETE) } },
		  2 },
		{ "an unknown GPADL", { { .says = INIT(0x60001), AGREED(0x60001) },
		  { .says = CONFIG(1514), SILENT },
		  { .says = { 101, 0x1234, 0xcafe }, DEAD(NVSP_GPADL) } }, 3 },
		{ "an INIT without wish for an answer",
		  { { .says = INIT(0x60001), .no_completion = true, DEAD(NVSP_REPLY_WANTED) } },
		  1 },
		{ "NDIS_CONFIG in version 1", { { .says = INIT(0x2), AGREED(0x2) },
		  { .says = CONFIG(1514), DEAD(NVSP_TYPE) } }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].what);
		start("default");
		play(cases[i].script, cases[i].n);
	}
}

static void
setup_messages_when_ready_are_fatal(void **state)
{
	static const struct exchange late[] = {
		{ .says = INIT(0x60001), DEAD(NVSP_INIT_FIRST) },
		{ .says = CONFIG(1514), DEAD(NVSP_ONCE) },
		{ .says = NDIS_VERSION, DEAD(NVSP_ONCE) },
		{ .says = RECV_BUF, DEAD(NVSP_ONCE) },
		{ .says = SEND_BUF, DEAD(NVSP_ONCE) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(late); i++) {
		start("default");
		bring_up(NVSP_VERSION_61);
		play(&late[i], 1);
	}
}

static void
types_above_the_version_are_fatal(void **state)
{
	static const struct {
		uint32_t version;
		uint32_t type;
	} cases[] = {
		{ NVSP_VERSION_1, 125 }, { NVSP_VERSION_2, 129 }, { NVSP_VERSION_4, 131 },
		{ NVSP_VERSION_4, 133 }, { NVSP_VERSION_5, 135 }, { NVSP_VERSION_61, 135 },
		{ NVSP_VERSION_61, 109 }, { NVSP_VERSION_61, 0 }, { NVSP_VERSION_61, 2 },
		{ NVSP_VERSION_61, 137 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct exchange e = { .says = { cases[i].type }, DEAD(NVSP_TYPE) };

		start("default");
		bring_up(cases[i].version);
		play(&e, 1);
	}
}

static void
send_sections_are_bounded_by_the_buffer(void **state)
{
	static const struct exchange script[] = {
		{ .says = RNDIS(0, 6144), .verdict = NVSP_RNDIS, .breaks = NO_RULE },
		{ .says = RNDIS(19, 6144), .verdict = NVSP_RNDIS, .breaks = NO_RULE },
		/* The real host lets this pass: it looks at the buffer's end only. */
		{ .says = RNDIS(18, 6145), .verdict = NVSP_RNDIS, .breaks = RULE_SECTION_SIZE },
		{ .says = RNDIS(19, 6145), DEAD(SECTION_INDEX) },
		{ .says = RNDIS(21, 1), DEAD(SECTION_INDEX) },
		{ .says = RNDIS(0xfffffffe, 1), DEAD(SECTION_INDEX) },
	};

	(void)state;
	start("default");
	bring_up(NVSP_VERSION_61);
	PLAY(script);
}

static void
subchannels_are_granted_or_refused(void **state)
{
	static const struct exchange script[] = {
		{ .says = { 133, 1, 3 }, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 40, .answer = { 133, 1, 3 } },
		{ .says = { 133, 1, 4 }, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 40, .answer = { 133, 2, 0 } },
		{ .says = { 133, 2, 1 }, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 40, .answer = { 133, 2, 0 } },
		{ .says = { 133, 1, 0 }, .verdict = NVSP_ANSWER, .breaks = NO_RULE,
		  .answer_len = 40, .answer = { 133, 1, 0 } },
	};

	(void)state;
	start("default");
	bring_up(NVSP_VERSION_61);
	PLAY(script);
}

static void
requests_belong_on_the_primary(void **state)
{
	static const struct exchange cases[] = {
		{ .says = { 133, 1, 1 }, .channel = 1, DEAD(NVSP_PRIMARY) },
		{ .says = { 129, 1 }, .channel = 1, DEAD(NVSP_PRIMARY) },
		{ .says = { 103, 0xcafe }, .channel = 2, DEAD(NVSP_PRIMARY) },
	};
	static const struct exchange data = {
		.says = RNDIS(0, 100), .channel = 1, .verdict = NVSP_RNDIS, .breaks = NO_RULE,
	};

	(void)state;
	start("default");
	bring_up(NVSP_VERSION_61);
	PLAY(cases);
	play(&data, 1);
}

static void
oid_query_and_path_switch_are_answered(void **state)
{
	static const struct exchange script[] = {
		{ .says = { 131, 0x00960104, 0x10106 }, .verdict = NVSP_ANSWER,
		  .breaks = NO_RULE, .answer_len = 40, .answer = { 132, 0xc00000bb, 0 } },
		{ .says = { 129, 1 }, .verdict = NVSP_ANSWER, .breaks = NO_RULE },
		{ .says = { 129, 0 }, SILENT },
	};

	(void)state;
	start("default");
	bring_up(NVSP_VERSION_61);
	PLAY(script);
}

static void
after_a_revoke_nothing_is_answered(void **state)
{
	static const struct exchange script[] = {
		{ .says = { 103, 0xcafe }, .no_completion = true, .verdict = NVSP_REVOKED,
		  .breaks = NO_RULE },
		{ .says = { 106, 0xface }, .no_completion = true, .verdict = NVSP_REVOKED,
		  .breaks = NO_RULE },
		{ .says = RNDIS(0xffffffff, 0), .verdict = NVSP_REVOKED, .breaks = NO_RULE },
	};
	static const struct exchange wrong_id = {
		.says = { 103, 0xbeef }, .no_completion = true, .verdict = NVSP_REVOKED,
		.breaks = RULE_NVSP_REVOKE_ID,
	};

	(void)state;
	start("default");
	bring_up(NVSP_VERSION_61);
	PLAY(script);
	start("default");
	bring_up(NVSP_VERSION_61);
	play(&wrong_id, 1);
}

static void
short_requests_get_no_answer_from_hyperv(void **state)
{
	static const struct exchange unanswered = {
		.says = INIT(0x60001), .len = 24, .verdict = NVSP_SILENT,
		.breaks = RULE_NVSP_SHORT,
	};
	static const struct exchange answered = {
		.says = INIT(0x60001), .len = 24, .verdict = NVSP_ANSWER,
		.breaks = RULE_NVSP_SHORT, .answer_len = 28,
		.answer = { 2, 0xffffffff, 34, 1 },
	};

	(void)state;
	start("default");
	play(&unanswered, 1);
	assert_int_equal(nvsp.state, NVSP_WAIT_INIT);
	start("openvmm");
	play(&answered, 1);
}

/* Only a host that answers short requests gets to see that they lack fields. */
static void
truncated_messages_are_fatal(void **state)
{
	static const uint8_t init[8] = { 1, 0, 0, 0, 1, 0, 6, 0 };
	struct nvsp_answer answer;
	struct nvsp_rndis rndis;

	(void)state;
	for (size_t len = 0; len <= sizeof(init); len++) {
		start("openvmm");
		assert_int_equal(nvsp_receive(&nvsp, 0, init, len, true, &answer, &rndis),
				 NVSP_DEAD);
		assert_int_equal(rules.broken[RULE_NVSP_TRUNCATED], 1);
	}
}

static void
golden_bytes_are_understood(void **state)
{
	/* The public examples: INIT 6.1, NDIS_CONFIG with mtu 1500. */
	static const uint8_t init[40] = { 1, 0, 0, 0, 1, 0, 6, 0, 1, 0, 6, 0 };
	static const uint8_t config[40] = { 0x7d, 0, 0, 0, 0xea, 5, 0, 0, 0, 0, 0, 0, 0x0c };
	static const uint8_t complete[8] = { 0x6c, 0, 0, 0, 1, 0, 0, 0 };
	struct nvsp_answer answer;
	struct nvsp_rndis rndis;

	(void)state;
	start("default");
	assert_int_equal(nvsp_receive(&nvsp, 0, init, 40, true, &answer, &rndis), NVSP_ANSWER);
	assert_int_equal(nvsp.version, NVSP_VERSION_61);
	assert_int_equal(nvsp_receive(&nvsp, 0, config, 40, false, &answer, &rndis),
			 NVSP_SILENT);
	assert_int_equal(nvsp.frame_len, 1514);
	assert_int_equal(nvsp.capabilities, 0x0c);
	assert_true(nvsp_is_rndis_complete(complete, 8));
	assert_false(nvsp_is_rndis_complete(complete, 4));
	assert_false(nvsp_is_rndis_complete(init, 40));
}

static void
any_prefix_of_any_message_is_survived(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 140; type++) {
		for (size_t len = 0; len <= 40; len++) {
			uint8_t bytes[40] = { (uint8_t)type };
			struct nvsp_answer answer;
			struct nvsp_rndis rndis;

			start("openvmm");
			bring_up(NVSP_VERSION_61);
			nvsp_receive(&nvsp, 0, bytes, len, true, &answer, &rndis);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("every version comes up, 6.1 with 40 byte messages", every_version_comes_up),
		CASE("an unknown version is refused and may be retried lower",
		     unknown_version_is_refused_and_retried),
		CASE("an old profile refuses newer versions", old_profile_refuses_new_versions),
		CASE("a pinned version refuses all others", pinned_version_refuses_all_others),
		CASE("the longest MTU is the host's", longest_mtu_is_the_hosts),
		CASE("an MTU outside 1514 to 9216 silently becomes 1514",
		     mtu_outside_the_range_becomes_1514),
		CASE("NDIS_CONFIG and NDIS_VERSION are completed empty when asked",
		     config_and_version_are_completed_empty_when_asked),
		CASE("a guest without a send buffer is tolerated", no_send_buffer_is_tolerated),
		CASE("a wrong order of negotiation is fatal and named",
		     wrong_order_of_negotiation_is_fatal),
		CASE("set-up messages when ready are fatal", setup_messages_when_ready_are_fatal),
		CASE("message types above the version are fatal",
		     types_above_the_version_are_fatal),
		CASE("send sections are bounded by the buffer",
		     send_sections_are_bounded_by_the_buffer),
		CASE("subchannels are granted or refused, never fatal",
		     subchannels_are_granted_or_refused),
		CASE("requests on a subchannel are fatal, data is not",
		     requests_belong_on_the_primary),
		CASE("OID_QUERY_EX and SWITCH_DATA_PATH are answered",
		     oid_query_and_path_switch_are_answered),
		CASE("after a revoke nothing is answered", after_a_revoke_nothing_is_answered),
		CASE("requests below 32 bytes get no answer, but from OpenVMM",
		     short_requests_get_no_answer_from_hyperv),
		CASE("truncated messages are fatal", truncated_messages_are_fatal),
		CASE("the public golden bytes are understood", golden_bytes_are_understood),
		CASE("any prefix of any message is survived",
		     any_prefix_of_any_message_is_survived),
	};

	return cmocka_run_group_tests_name("host nvsp", tests, NULL, NULL);
}
