/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's view of guest memory, with memfds of the test as the guest's.
 */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guestmem.h"
#include "host_test.h"

static struct guestmem *mem;
static int fd;
static const int owner, other;

static int
start(void **state)
{
	(void)state;
	mem = guestmem_create(0);
	fd = memfd_create("guest", MFD_CLOEXEC);
	return mem == NULL || fd < 0 || ftruncate(fd, 8 * GUEST_CHUNK) < 0;
}

static int
stop(void **state)
{
	(void)state;
	guestmem_destroy(mem);
	close(fd);
	return 0;
}

static uint64_t
add(const void *who, uint64_t addr, uint64_t offset, uint64_t len)
{
	struct guestmem_part part = {
		.owner = who, .addr = addr, .offset = offset, .len = len, .fd = fd,
	};
	uint64_t gpa = 0;

	assert_int_equal(guestmem_add(mem, &part, &gpa), 0);
	assert_int_not_equal(gpa, 0);
	return gpa;
}

static void
what_the_guest_writes_the_host_reads(void **state)
{
	uint64_t gpa = add(&owner, 0x1000000, GUEST_CHUNK, GUEST_CHUNK);
	uint8_t *there;

	(void)state;
	assert_int_equal(pwrite(fd, "hello", 5, GUEST_CHUNK + 4096), 5);
	there = guestmem_translate(mem, gpa + 4096, 5);
	assert_non_null(there);
	assert_memory_equal(there, "hello", 5);
}

static void
addresses_are_the_hosts_own(void **state)
{
	uint64_t gpa = add(&owner, 0x1000000, 0, GUEST_CHUNK);

	(void)state;
	assert_int_not_equal(gpa, 0x1000000);
	assert_null(guestmem_translate(mem, 0x1000000, 1));
	assert_true(gpa > UINT32_MAX);
}

static void
chunks_dealt_one_after_the_other_are_no_neighbours(void **state)
{
	uint64_t before = 0;

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t gpa = add(&owner, 0x1000000 + (uint64_t)i * GUEST_CHUNK,
				   (uint64_t)i * GUEST_CHUNK, GUEST_CHUNK);

		assert_true(gpa != before + GUEST_CHUNK && before != gpa + GUEST_CHUNK);
		before = gpa;
	}
}

static void
range_has_to_lie_in_one_page_of_the_memory(void **state)
{
	uint64_t gpa = add(&owner, 0x1000000, 8192, 16384);

	(void)state;
	assert_non_null(guestmem_translate(mem, gpa, 4096));
	assert_null(guestmem_translate(mem, gpa, 0));
	assert_null(guestmem_translate(mem, gpa, 4097));
	assert_null(guestmem_translate(mem, gpa + 1, 4096));
	assert_null(guestmem_translate(mem, gpa + 4095, 2));
	assert_non_null(guestmem_translate(mem, gpa + 16383, 1));
	assert_null(guestmem_translate(mem, gpa + 16384, 1));
	assert_null(guestmem_translate(mem, gpa - 1, 1));
	assert_null(guestmem_translate(mem, 0, 1));
	assert_null(guestmem_translate(mem, UINT64_MAX, 1));
	assert_null(guestmem_translate(mem, gpa, SIZE_MAX));
}

static void
two_processes_share_one_address_of_one_page(void **state)
{
	uint64_t first = add(&owner, 0x1000000, 0, GUEST_CHUNK);
	uint64_t second = add(&other, 0x7000000, 0, GUEST_CHUNK);

	(void)state;
	assert_int_equal(first, second);
	guestmem_drop_owner(mem, &owner);
	assert_non_null(guestmem_translate(mem, first, 1));
	guestmem_drop_owner(mem, &other);
	assert_null(guestmem_translate(mem, first, 1));
}

static void
unmapped_memory_is_unreachable_at_once(void **state)
{
	uint64_t gpa = add(&owner, 0x1000000, 0, GUEST_CHUNK);
	uint64_t kept = add(&owner, 0x1200000, GUEST_CHUNK, GUEST_CHUNK);

	(void)state;
	/* Another process's, or elsewhere: nothing happens. */
	guestmem_drop(mem, &other, 0x1000000, GUEST_CHUNK);
	guestmem_drop(mem, &owner, 0x1400000, GUEST_CHUNK);
	assert_non_null(guestmem_translate(mem, gpa, 1));
	guestmem_drop(mem, &owner, 0x1000000, GUEST_CHUNK);
	assert_null(guestmem_translate(mem, gpa, 1));
	assert_non_null(guestmem_translate(mem, kept, 1));
}

static void
parts_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		uint64_t offset, len;
	} bad[] = {
		{ 0, 0 }, { 0, 100 }, { 100, 4096 }, { 0, GUEST_CHUNK + 4096 },
		{ GUEST_CHUNK - 4096, 8192 }, { 0, UINT64_MAX & ~4095ull },
	};
	uint64_t gpa;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(bad); i++) {
		struct guestmem_part part = {
			.owner = &owner, .addr = 4096, .offset = bad[i].offset,
			.len = bad[i].len, .fd = fd,
		};

		assert_int_equal(guestmem_add(mem, &part, &gpa), -EINVAL);
	}
}

static void
guest_that_cuts_its_file_short_does_not_end_the_host(void **state)
{
	volatile uint8_t *there;
	uint64_t gpa;

	(void)state;
	/* Begin here, for the test's runner catches the signal for itself before. */
	guestmem_destroy(mem);
	mem = guestmem_create(0);
	gpa = add(&owner, 0x1000000, 0, GUEST_CHUNK);
	there = guestmem_translate(mem, gpa + 4096, 1);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(*there, 0);
	*there = 1;
}

static void
nothing_leaks_over_many_guests(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t gpa = add(&owner, 0x1000000, i % 8 * (uint64_t)GUEST_CHUNK, GUEST_CHUNK);

		guestmem_drop_owner(mem, &owner);
		assert_null(guestmem_translate(mem, gpa, 1));
	}
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("what the guest writes the host reads", what_the_guest_writes_the_host_reads),
		CASE("addresses are the host's own", addresses_are_the_hosts_own),
		CASE("chunks dealt one after the other are no neighbours",
		     chunks_dealt_one_after_the_other_are_no_neighbours),
		CASE("a range has to lie in one page of the memory",
		     range_has_to_lie_in_one_page_of_the_memory),
		CASE("two processes share one address of one page",
		     two_processes_share_one_address_of_one_page),
		CASE("unmapped memory is unreachable at once",
		     unmapped_memory_is_unreachable_at_once),
		CASE("parts that make no sense are refused", parts_that_make_no_sense_are_refused),
		CASE("a guest that cuts its file short does not end the host",
		     guest_that_cuts_its_file_short_does_not_end_the_host),
		CASE("nothing leaks over many guests", nothing_leaks_over_many_guests),
	};

	return cmocka_run_group_tests_name("host guestmem", tests, NULL, NULL);
}
