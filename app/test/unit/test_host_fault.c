/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/* Scripts of faults: what they say, and which of many answers they hit. */

#include <string.h>

#include "fault.h"
#include "host_test.h"

static void
scripts_are_told_again_as_they_were_given(void **state)
{
	static const char *const texts[] = {
		"nvsp:never", "rndis@3:twice", "done@1:late:250", "sent:swap",
	};
	struct faults faults = { 0 };

	(void)state;
	assert_int_equal(faults_add(&faults, "nvsp:never+rndis@3:twice+done@1:late:250"), 0);
	assert_int_equal(faults_add(&faults, "sent:swap"), 0);
	assert_int_equal(faults.count, 4);
	for (unsigned int i = 0; i < faults.count; i++)
		assert_string_equal(fault_text(&faults.fault[i]), texts[i]);
}

static void
what_is_no_fault_is_refused(void **state)
{
	static const char *const texts[] = {
		"nvsp", "nvsp:", ":never", "nvsp:sometimes", "mail:never", "nvsp@0:never",
		"nvsp@:never", "nvsp@x:never", "nvsp:late", "nvsp:late:", "nvsp:late:0",
		"nvsp:late:1h", "nvsp:never:5", "nvsp:late:600001", "nvsp@4294967296:never",
		"nvsp:never+", "+nvsp:never", "nvsp:never++rndis:never",
		"nvsp@11111111111111111111111111111111111111111111111111111111111111111:never",
	};
	struct faults faults;

	(void)state;
	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(&faults, 0, sizeof(faults));
		/* A plus at the end is no second fault. */
		assert_int_equal(faults_add(&faults, texts[i]),
				 strcmp(texts[i], "nvsp:never+") == 0 ? 0 : -1);
	}
}

static void
a_script_has_an_end(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	for (unsigned int i = 0; i < FAULTS_MAX; i++)
		assert_int_equal(faults_add(&faults, "nvsp:never"), 0);
	assert_int_equal(faults_add(&faults, "nvsp:never"), -1);
	assert_int_equal(faults.count, FAULTS_MAX);
}

static void
the_nth_of_its_kind_is_hit_and_no_other(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	assert_int_equal(faults_add(&faults, "rndis@3:late:7"), 0);
	for (unsigned int i = 1; i <= 5; i++) {
		struct fault fault = faults_next(&faults, FAULT_RNDIS);

		assert_int_equal(fault.action, i == 3 ? FAULT_LATE : FAULT_NONE);
		assert_int_equal(fault.delay_ms, i == 3 ? 7 : 0);
		assert_int_equal(faults_next(&faults, FAULT_NVSP).action, FAULT_NONE);
	}
	assert_int_equal(faults.fault[0].played, 1);
	assert_int_equal(faults.fault[0].seen, 5);
}

static void
one_thing_has_one_fault_the_first(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	assert_int_equal(faults_add(&faults, "done@2:never+done:twice"), 0);
	assert_int_equal(faults_next(&faults, FAULT_DONE).action, FAULT_TWICE);
	assert_int_equal(faults_next(&faults, FAULT_DONE).action, FAULT_NEVER);
	assert_int_equal(faults_next(&faults, FAULT_DONE).action, FAULT_TWICE);
	assert_int_equal(faults.fault[1].played, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("scripts are told again as they were given",
		     scripts_are_told_again_as_they_were_given),
		CASE("what is no fault is refused", what_is_no_fault_is_refused),
		CASE("a script has an end", a_script_has_an_end),
		CASE("the n-th of its kind is hit, and no other",
		     the_nth_of_its_kind_is_hit_and_no_other),
		CASE("one thing has one fault, the first", one_thing_has_one_fault_the_first),
	};

	return cmocka_run_group_tests_name("host fault", tests, NULL, NULL);
}
