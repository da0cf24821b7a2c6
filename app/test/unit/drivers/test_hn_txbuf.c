/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The books of a transmit queue.
 */

#include <stdlib.h>

#include "driver_test.h"
#include "hn_txbuf.h"

#define DESCS 8
#define FIRST 100u
#define SECTIONS 3u

static struct hn_txbuf buf;
static void *mem;

static int
start(void **state)
{
	(void)state;
	mem = calloc(1, hn_txbuf_mem_len(DESCS, SECTIONS));
	hn_txbuf_init(&buf, mem, DESCS, FIRST, SECTIONS);
	return mem == NULL;
}

static int
stop(void **state)
{
	(void)state;
	free(mem);
	return 0;
}

static void
every_descriptor_and_section_is_given_once(void **state)
{
	struct hn_txdesc *desc[DESCS];
	bool seen[SECTIONS] = { false };
	unsigned int i, j;

	(void)state;
	for (i = 0; i < DESCS; i++) {
		desc[i] = hn_txbuf_get_desc(&buf);
		assert_non_null(desc[i]);
		for (j = 0; j < i; j++)
			assert_ptr_not_equal(desc[i], desc[j]);
	}
	assert_null(hn_txbuf_get_desc(&buf));
	for (i = 0; i < SECTIONS; i++) {
		assert_true(hn_txbuf_get_section(&buf, desc[i]));
		assert_in_range(desc[i]->section, FIRST, FIRST + SECTIONS - 1);
		assert_false(seen[desc[i]->section - FIRST]);
		seen[desc[i]->section - FIRST] = true;
	}
	assert_false(hn_txbuf_get_section(&buf, desc[i]));
	for (i = 0; i < DESCS; i++)
		hn_txbuf_put(&buf, desc[i]);
	assert_int_equal(buf.free_desc_count, DESCS);
	assert_int_equal(buf.free_section_count, SECTIONS);
}

static void
descriptor_is_found_by_its_id_while_it_is_out(void **state)
{
	struct hn_txdesc *desc = hn_txbuf_get_desc(&buf);
	uint32_t id = desc->id;

	(void)state;
	assert_ptr_equal(hn_txbuf_find(&buf, id), desc);
	hn_txbuf_put(&buf, desc);
	assert_null(hn_txbuf_find(&buf, id));
}

static void
repeated_completion_of_a_reused_descriptor_is_not_taken(void **state)
{
	struct hn_txdesc *desc = hn_txbuf_get_desc(&buf);
	uint32_t id = desc->id;

	(void)state;
	hn_txbuf_put(&buf, desc);
	assert_ptr_equal(hn_txbuf_get_desc(&buf), desc);
	assert_null(hn_txbuf_find(&buf, id));
	assert_ptr_equal(hn_txbuf_find(&buf, desc->id), desc);
}

static void
forged_ids_find_nothing(void **state)
{
	struct hn_txdesc *desc = hn_txbuf_get_desc(&buf);
	uint64_t id = desc->id;

	(void)state;
	assert_null(hn_txbuf_find(&buf, id + 1));
	assert_null(hn_txbuf_find(&buf, id | DESCS));
	assert_null(hn_txbuf_find(&buf, id | UINT64_C(1) << 32));
	assert_null(hn_txbuf_find(&buf, id | UINT64_C(1) << 63));
	assert_null(hn_txbuf_find(&buf, id ^ 1u << 16));
	assert_null(hn_txbuf_find(&buf, UINT64_MAX));
}

static void
walk_meets_what_is_out_and_ends(void **state)
{
	struct hn_txdesc *first = hn_txbuf_get_desc(&buf), *second = hn_txbuf_get_desc(&buf);
	uint16_t index = 0;

	(void)state;
	hn_txbuf_put(&buf, first);
	assert_ptr_equal(hn_txbuf_next_used(&buf, &index), second);
	assert_null(hn_txbuf_next_used(&buf, &index));
	assert_null(hn_txbuf_next_used(&buf, &index));
}

static void
nothing_is_lost_in_a_hundred_thousand_random_steps(void **state)
{
	struct hn_txdesc *out[DESCS];
	unsigned int n = 0, with_section = 0, i;
	uint32_t seed = 1;

	(void)state;
	for (i = 0; i < 100000; i++) {
		seed = seed * 1664525u + 1013904223u;
		if (seed >> 31 && n < DESCS) {
			out[n] = hn_txbuf_get_desc(&buf);
			if (hn_txbuf_get_section(&buf, out[n]))
				with_section++;
			n++;
		} else if (n > 0) {
			unsigned int pick = (seed >> 8) % n;

			with_section -= out[pick]->section != HN_TXBUF_NO_SECTION;
			hn_txbuf_put(&buf, out[pick]);
			out[pick] = out[--n];
		}
		assert_int_equal(buf.free_desc_count, DESCS - n);
		assert_int_equal(buf.free_section_count, SECTIONS - with_section);
	}
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("every descriptor and section is given once",
		     every_descriptor_and_section_is_given_once),
		CASE("a descriptor is found by its id while it is out",
		     descriptor_is_found_by_its_id_while_it_is_out),
		CASE("a repeated completion of a reused descriptor is not taken",
		     repeated_completion_of_a_reused_descriptor_is_not_taken),
		CASE("forged ids find nothing", forged_ids_find_nothing),
		CASE("a walk meets what is out, and ends", walk_meets_what_is_out_and_ends),
		CASE("nothing is lost in a hundred thousand random steps",
		     nothing_is_lost_in_a_hundred_thousand_random_steps),
	};

	return cmocka_run_group_tests_name("hn txbuf", tests, NULL, NULL);
}
