/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's learning switch.
 */

#include "host_test.h"
#include "switch.h"

#define MEMBERS 3

static struct switches *switches;
static struct switch_member *member[MEMBERS];
static unsigned int got[MEMBERS];

static bool
count_frame(void *ctx, const struct frame *frame)
{
	(void)frame;
	(*(unsigned int *)ctx)++;
	return true;
}

static int
start(void **state)
{
	(void)state;
	switches = switches_create();
	memset(got, 0, sizeof(got));
	for (unsigned int i = 0; i < MEMBERS; i++)
		member[i] = switch_join(switches, "lan", count_frame, &got[i]);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	switches_destroy(switches);
	return 0;
}

/* A frame between stations that are known by one digit; 0xff is everybody. */
static bool
send(unsigned int from_member, uint8_t from, uint8_t to)
{
	uint8_t bytes[60] = { 0x02, 0, 0, 0, 0, to, 0x02, 0, 0, 0, 0, from };
	struct iovec seg = { bytes, sizeof(bytes) };

	if (to == 0xff)
		memset(bytes, 0xff, 6);
	memset(got, 0, sizeof(got));
	return switch_forward(member[from_member], &(struct frame){ &seg, 1, sizeof(bytes) });
}

#define assert_got(a, b, c) \
	do { \
		assert_int_equal(got[0], a); \
		assert_int_equal(got[1], b); \
		assert_int_equal(got[2], c); \
	} while (0)

static void
unknown_and_broadcast_go_to_all_others(void **state)
{
	(void)state;
	assert_true(send(0, 1, 9));
	assert_got(0, 1, 1);
	assert_true(send(1, 2, 0xff));
	assert_got(1, 0, 1);
}

static void
known_stations_get_their_frames_alone(void **state)
{
	(void)state;
	send(0, 1, 9);
	assert_true(send(1, 2, 1));
	assert_got(1, 0, 0);
	assert_true(send(0, 1, 2));
	assert_got(0, 1, 0);
}

static void
station_that_moves_is_found_again(void **state)
{
	(void)state;
	send(0, 1, 9);
	send(2, 1, 9);
	send(1, 2, 1);
	assert_got(0, 0, 1);
}

static void
frames_never_go_back_where_they_came_from(void **state)
{
	(void)state;
	send(0, 1, 9);
	assert_false(send(0, 3, 1));
	assert_got(0, 0, 0);
}

static void
member_that_left_is_forgotten(void **state)
{
	(void)state;
	send(0, 1, 9);
	switch_leave(member[0]);
	send(1, 2, 1);
	assert_got(0, 0, 1);
	/* Its place is free for the next. */
	assert_ptr_equal(switch_join(switches, "lan", count_frame, &got[0]), member[0]);
}

static void
switches_of_different_names_are_apart(void **state)
{
	unsigned int other = 0;

	(void)state;
	assert_non_null(switch_join(switches, "wan", count_frame, &other));
	send(0, 1, 0xff);
	assert_int_equal(other, 0);
}

static void
switch_has_64_places(void **state)
{
	(void)state;
	for (unsigned int i = MEMBERS; i < SWITCH_MEMBERS; i++)
		assert_non_null(switch_join(switches, "lan", count_frame, &got[0]));
	assert_null(switch_join(switches, "lan", count_frame, &got[0]));
}

static void
runt_is_not_forwarded(void **state)
{
	uint8_t bytes[11] = { 0 };
	struct iovec seg = { bytes, sizeof(bytes) };

	(void)state;
	assert_false(switch_forward(member[0], &(struct frame){ &seg, 1, sizeof(bytes) }));
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("unknown and broadcast frames go to all others",
		     unknown_and_broadcast_go_to_all_others),
		CASE("known stations get their frames alone",
		     known_stations_get_their_frames_alone),
		CASE("a station that moves is found again", station_that_moves_is_found_again),
		CASE("frames never go back where they came from",
		     frames_never_go_back_where_they_came_from),
		CASE("a member that left is forgotten", member_that_left_is_forgotten),
		CASE("switches of different names are apart",
		     switches_of_different_names_are_apart),
		CASE("a switch has 64 places", switch_has_64_places),
		CASE("a runt is not forwarded", runt_is_not_forwarded),
	};

	return cmocka_run_group_tests_name("host switch", tests, NULL, NULL);
}
