/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The recorder of app/bench/lines notes what instrumented code does: this file
 * is instrumented.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "touch.h"

static struct {
	uint32_t first, second;
	uint8_t rest[TOUCH_LINE - 8];
	uint8_t other[2 * TOUCH_LINE];
} shared __attribute__((aligned(64)));

static void *
store_second(void *arg)
{
	(void)arg;
	*(volatile uint32_t *)&shared.second = 1;
	__atomic_fetch_add(&shared.second, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
in_another_thread(void *(*act)(void *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, act, NULL), 0);
	pthread_join(thread, NULL);
}

/* Bytes of a line that threads have read and written, all together, and how many threads wrote. */
static uint32_t
writers_of(const void *line, uint64_t *read, uint64_t *written)
{
	const struct touch *touch;
	uint32_t thread, writers = 0;

	*read = 0;
	*written = 0;
	for (thread = 0; thread < touch_threads(); thread++) {
		touch = touch_find(thread, (uintptr_t)line);
		if (touch == NULL)
			continue;
		*read |= touch->read;
		*written |= touch->written;
		writers += touch->written != 0;
	}
	return writers;
}

static void
a_line_that_two_threads_write_has_two_writers(void **state)
{
	uint64_t read, written;

	(void)state;
	touch_clear();
	touch_start();
	*(volatile uint32_t *)&shared.first = 1;
	in_another_thread(store_second);
	touch_stop();
	assert_int_equal(writers_of(&shared, &read, &written), 2);
	assert_int_equal(written, 0xff);
}

static void
a_line_that_one_thread_writes_has_one_writer(void **state)
{
	uint64_t read, written;

	(void)state;
	touch_clear();
	touch_start();
	in_another_thread(store_second);
	touch_stop();
	assert_int_equal(writers_of(&shared, &read, &written), 1);
	assert_int_equal(written, 0xf0);
	assert_int_equal(writers_of(shared.other, &read, &written), 0);
}

static void
bytes_that_a_call_copies_are_noted_in_every_line(void **state)
{
	uint64_t read, written;

	(void)state;
	touch_clear();
	touch_start();
	memcpy(shared.other + TOUCH_LINE - 4, &shared.first, 8);
	touch_stop();
	assert_int_equal(writers_of(&shared, &read, &written), 0);
	assert_int_equal(read, 0xff);
	assert_int_equal(writers_of(shared.other, &read, &written), 1);
	assert_int_equal(written, UINT64_C(0xf) << 60);
	assert_int_equal(writers_of(shared.other + TOUCH_LINE, &read, &written), 1);
	assert_int_equal(written, 0xf);
}

static void
nothing_is_noted_before_the_start_and_after_the_end(void **state)
{
	uint64_t read, written;

	(void)state;
	touch_clear();
	*(volatile uint32_t *)&shared.first = 1;
	touch_start();
	touch_stop();
	*(volatile uint32_t *)&shared.first = 2;
	assert_int_equal(writers_of(&shared, &read, &written), 0);
	assert_int_equal(read, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_two_threads_write_has_two_writers),
		cmocka_unit_test(a_line_that_one_thread_writes_has_one_writer),
		cmocka_unit_test(bytes_that_a_call_copies_are_noted_in_every_line),
		cmocka_unit_test(nothing_is_noted_before_the_start_and_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
