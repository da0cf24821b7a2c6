/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's view of guest memory. The guest's files are memfds of this process;
 * two owners stand for two guest processes.
 */

#include <errno.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guestmem.h"
#include "host_test.h"

#define MIB (1u << 20)

static struct guestmem *mem;
static int file;
static const char owner[2];

static int
make_file(uint64_t len, unsigned int flags)
{
	int fd = memfd_create("test", MFD_CLOEXEC | flags);

	if (fd >= 0 && ftruncate(fd, (off_t)len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
start(void **state)
{
	(void)state;
	mem = guestmem_create(0);
	file = make_file(64 * MIB, 0);
	return mem != NULL && file >= 0 ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	guestmem_destroy(mem);
	close(file);
	return 0;
}

/* Register a part; its guest-physical address. */
static uint64_t
add(unsigned int who, int fd, uint64_t addr, uint64_t offset, uint64_t len)
{
	uint64_t gpa = 0;

	assert_int_equal(guestmem_add(mem, &(struct guestmem_part){
		.owner = &owner[who], .addr = addr, .offset = offset, .len = len, .fd = fd,
	}, &gpa), 0);
	return gpa;
}

static int
try_add(uint64_t addr, uint64_t offset, uint64_t len, int fd)
{
	uint64_t gpa;

	return guestmem_add(mem, &(struct guestmem_part){
		.owner = owner, .addr = addr, .offset = offset, .len = len, .fd = fd,
	}, &gpa);
}

/* The host's and the guest's view of this byte are one. */
static void
assert_same_memory(uint64_t gpa, int fd, uint64_t offset)
{
	uint8_t *at = guestmem_translate(mem, gpa, 1);
	uint8_t seen = 0;

	assert_non_null(at);
	*at = (uint8_t)(*at + 1);
	assert_int_equal(pread(fd, &seen, 1, (off_t)offset), 1);
	assert_int_equal(seen, *at);
}

static void
an_address_leads_to_the_guests_memory(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 4 * MIB, GUEST_CHUNK);

	(void)state;
	assert_same_memory(gpa, file, 4 * MIB);
	assert_same_memory(gpa + GUEST_CHUNK - 1, file, 6 * MIB - 1);
}

static void
scattered_pages_are_none_in_a_row(void **state)
{
	struct guestmem_part part = {
		.owner = owner, .addr = 0x100000000000, .len = GUEST_CHUNK / 2, .fd = file,
		.swap = GUEST_SWAP,
	};
	uint64_t gpa, pfn, before = 0;
	uint32_t page;

	(void)state;
	assert_int_equal(guestmem_add(mem, &part, &gpa), 0);
	for (page = 0; page < GUEST_CHUNK / 2 / GUEST_PAGE; page++, before = pfn) {
		pfn = (gpa / GUEST_PAGE + page) ^ GUEST_SWAP;
		assert_int_not_equal(pfn, before + 1);
		assert_same_memory(pfn * GUEST_PAGE + 7, file, page * GUEST_PAGE + 7);
	}
	assert_null(guestmem_translate(mem, gpa + GUEST_CHUNK / 2, 1));
	part.swap = GUEST_CHUNK / GUEST_PAGE;
	assert_int_equal(guestmem_add(mem, &part, &gpa), -EINVAL);
}

static void
virtual_addresses_of_all_sizes_are_taken(void **state)
{
	(void)state;
	assert_same_memory(add(0, file, 0x7fff00000000, 0, GUEST_CHUNK), file, 0);
	assert_same_memory(add(0, file, 0x200000, 2 * MIB, GUEST_CHUNK), file, 2 * MIB);
}

static void
addresses_begin_above_4_gib_or_where_asked(void **state)
{
	uint64_t gpa;

	(void)state;
	assert_true(add(0, file, 0x100000000000, 0, GUEST_CHUNK) > UINT32_MAX);
	guestmem_destroy(mem);
	mem = guestmem_create(UINT64_C(1) << 45);
	assert_non_null(mem);
	gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);
	assert_true(gpa >= UINT64_C(1) << 45);
	assert_same_memory(gpa, file, 0);
}

static void
what_is_no_guests_memory_has_no_translation(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 0, 8 * GUEST_PAGE);
	const uint64_t bad[] = {
		0, 1, gpa - 1, gpa + 8 * GUEST_PAGE, gpa + GUEST_CHUNK, 0x100000000000,
		UINT64_MAX, UINT64_MAX - GUEST_PAGE,
	};

	(void)state;
	assert_non_null(guestmem_translate(mem, gpa + 8 * GUEST_PAGE - 1, 1));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(guestmem_translate(mem, bad[i], 1));
}

static void
a_range_lies_in_one_page(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);

	(void)state;
	assert_non_null(guestmem_translate(mem, gpa, GUEST_PAGE));
	assert_non_null(guestmem_translate(mem, gpa + GUEST_PAGE - 1, 1));
	assert_null(guestmem_translate(mem, gpa, GUEST_PAGE + 1));
	assert_null(guestmem_translate(mem, gpa + 1, GUEST_PAGE));
	assert_null(guestmem_translate(mem, gpa, 0));
	assert_null(guestmem_translate(mem, gpa, SIZE_MAX));
}

static void
neighbours_in_the_file_are_none_in_guest_memory(void **state)
{
	uint64_t last = 0, gpa;

	(void)state;
	for (uint64_t at = 0; at < 64 * MIB; at += GUEST_CHUNK, last = gpa) {
		gpa = add(0, file, 0x100000000000 + at, at, GUEST_CHUNK);
		assert_int_equal(gpa % GUEST_CHUNK, 0);
		assert_true(gpa > last + GUEST_CHUNK || gpa + GUEST_CHUNK < last);
	}
}

static void
two_processes_see_the_same_chunk_at_one_address(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);

	(void)state;
	assert_int_equal(add(1, file, 0x200000000000, 0, GUEST_CHUNK), gpa);
	guestmem_drop_owner(mem, &owner[0]);
	assert_same_memory(gpa, file, 0);
	guestmem_drop_owner(mem, &owner[1]);
	assert_null(guestmem_translate(mem, gpa, 1));
}

static void
a_part_of_a_chunk_keeps_its_place_in_it(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, MIB, MIB);
	uint64_t low = add(0, file, 0x200000000000, 0, GUEST_PAGE);

	(void)state;
	assert_int_equal(gpa % GUEST_CHUNK, MIB);
	assert_int_equal(low, gpa - MIB);
	assert_same_memory(gpa, file, MIB);
	assert_same_memory(low, file, 0);
}

static void
unmapping_ends_the_translation(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);

	(void)state;
	/* Not this one's, and not there. */
	guestmem_drop(mem, &owner[1], 0x100000000000, GUEST_CHUNK);
	guestmem_drop(mem, &owner[0], 0x100000000000 - GUEST_CHUNK, GUEST_CHUNK);
	guestmem_drop(mem, &owner[0], 0x100000000000 + GUEST_CHUNK, UINT64_MAX);
	assert_non_null(guestmem_translate(mem, gpa, 1));
	guestmem_drop(mem, &owner[0], 0x100000000000, GUEST_CHUNK);
	assert_null(guestmem_translate(mem, gpa, 1));
}

static void
what_is_left_of_a_part_remains(void **state)
{
	uint64_t gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);

	(void)state;
	guestmem_drop(mem, &owner[0], 0x100000000000 + MIB, GUEST_PAGE);
	assert_same_memory(gpa, file, 0);
	assert_same_memory(gpa + GUEST_CHUNK - 1, file, GUEST_CHUNK - 1);
	guestmem_drop(mem, &owner[0], 0x100000000000, MIB);
	assert_same_memory(gpa + GUEST_CHUNK - 1, file, GUEST_CHUNK - 1);
	guestmem_drop(mem, &owner[0], 0x100000000000 + MIB, MIB);
	assert_null(guestmem_translate(mem, gpa + GUEST_CHUNK - 1, 1));
}

static void
nonsense_is_refused(void **state)
{
	static const struct { uint64_t addr, offset, len; } bad[] = {
		{ 0x200000, 0, 0 },
		{ 0x200000, 0, 1 },
		{ 0x200001, 0, GUEST_PAGE },
		{ 0x200000, 1, GUEST_PAGE },
		{ 0x200000, 0, GUEST_CHUNK + GUEST_PAGE },
		{ 0x200000, MIB, GUEST_CHUNK },
		{ 0x200000, 0, UINT64_MAX - GUEST_PAGE + 1 },
		{ UINT64_MAX - GUEST_PAGE + 1, 0, GUEST_PAGE },
	};
	int pipes[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(try_add(bad[i].addr, bad[i].offset, bad[i].len, file), -EINVAL);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(try_add(0x200000, 0, GUEST_PAGE, pipes[0]), -EINVAL);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(try_add(0x200000, 0, GUEST_PAGE, -1), -EBADF);
	/* No file is so long. */
	assert_true(try_add(0x200000, UINT64_MAX - GUEST_CHUNK + 1, GUEST_PAGE, file) < 0);
}

static void
a_guest_that_shortens_its_file_reads_as_zeros(void **state)
{
	uint64_t gpa;
	uint8_t *at;

	(void)state;
	/* The test's frame has taken the signal since start(). */
	guestmem_destroy(mem);
	mem = guestmem_create(0);
	gpa = add(0, file, 0x100000000000, 0, GUEST_CHUNK);
	at = guestmem_translate(mem, gpa, 1);
	*at = 7;
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(*at, 0);
	*at = 9;
	assert_int_equal(*at, 9);
	/* Its unmapping works as ever, and the next guest gets memory of its own. */
	guestmem_drop_owner(mem, &owner[0]);
	assert_null(guestmem_translate(mem, gpa, 1));
	assert_int_equal(ftruncate(file, 64 * MIB), 0);
	assert_same_memory(add(0, file, 0x100000000000, 0, GUEST_CHUNK), file, 0);
}

static void
memory_comes_and_goes_for_ever(void **state)
{
	uint64_t gpa;

	(void)state;
	/* More often than there are slots in the window. */
	for (unsigned int i = 0; i < 70000; i++) {
		gpa = add(0, file, 0x100000000000, i % 32 * GUEST_CHUNK, GUEST_CHUNK);
		guestmem_drop_owner(mem, &owner[0]);
		assert_null(guestmem_translate(mem, gpa, 1));
	}
}

/* A file of one hugepage, mapped once so that it is had; or -1. */
static int
make_hugepage(unsigned int flag, uint64_t len)
{
	int fd = make_file(len, MFD_HUGETLB | flag);
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	munmap(at, len);
	return fd;
}

static void
assert_hugepage_works(unsigned int flag, uint64_t len)
{
	int fd = make_hugepage(flag, len);
	uint64_t gpa, half;
	char *at;

	assert_true(fd >= 0);
	gpa = add(0, fd, 0x100000000000, 0, len);
	half = add(1, fd, 0x200000000000 + len / 2, len / 2, len / 2);
	assert_int_equal(gpa % len, 0);
	assert_int_equal(half, gpa + len / 2);
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	at[0] = 1;
	at[len - 1] = 2;
	assert_int_equal(*(char *)guestmem_translate(mem, gpa, 1), 1);
	assert_int_equal(*(char *)guestmem_translate(mem, gpa + len - 1, 1), 2);
	/* Contiguous for the host, too. */
	assert_ptr_equal((char *)guestmem_translate(mem, gpa + len - 1, 1),
			 (char *)guestmem_translate(mem, gpa, 1) + len - 1);
	munmap(at, len);
	guestmem_drop_owner(mem, &owner[0]);
	guestmem_drop_owner(mem, &owner[1]);
	assert_null(guestmem_translate(mem, gpa, 1));
	assert_null(guestmem_translate(mem, gpa + len - 1, 1));
	close(fd);
}

static void
a_hugepage_of_2_mib_is_contiguous(void **state)
{
	(void)state;
	assert_hugepage_works(MFD_HUGE_2MB, 2 * MIB);
}

static void
a_hugepage_of_1_gib_is_contiguous(void **state)
{
	(void)state;
	assert_hugepage_works(MFD_HUGE_1GB, 1024 * MIB);
}

/* Leave out what this machine has no pages for. */
static void
skip_without(unsigned int flag, uint64_t len, const char *cases)
{
	int fd = make_hugepage(flag, len);

	if (fd >= 0) {
		close(fd);
		return;
	}
	printf("# no free hugepage of %u MiB here: left out\n", (unsigned int)(len / MIB));
	cmocka_set_skip_filter(cases);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE("an address leads to the guest's memory",
		     an_address_leads_to_the_guests_memory),
		CASE("scattered pages are none in a row", scattered_pages_are_none_in_a_row),
		CASE("virtual addresses of all sizes are taken",
		     virtual_addresses_of_all_sizes_are_taken),
		CASE("addresses begin above 4 GiB, or where asked",
		     addresses_begin_above_4_gib_or_where_asked),
		CASE("what is no guest's memory has no translation",
		     what_is_no_guests_memory_has_no_translation),
		CASE("a range lies in one page", a_range_lies_in_one_page),
		CASE("neighbours in the file are none in guest memory",
		     neighbours_in_the_file_are_none_in_guest_memory),
		CASE("two processes see the same chunk at one address",
		     two_processes_see_the_same_chunk_at_one_address),
		CASE("a part of a chunk keeps its place in it",
		     a_part_of_a_chunk_keeps_its_place_in_it),
		CASE("unmapping ends the translation", unmapping_ends_the_translation),
		CASE("what is left of a part remains", what_is_left_of_a_part_remains),
		CASE("nonsense is refused", nonsense_is_refused),
		CASE("a guest that shortens its file reads as zeros",
		     a_guest_that_shortens_its_file_reads_as_zeros),
		CASE("memory comes and goes for ever", memory_comes_and_goes_for_ever),
		CASE("a hugepage of 2 MiB is contiguous", a_hugepage_of_2_mib_is_contiguous),
		CASE("a hugepage of 1 GiB is contiguous", a_hugepage_of_1_gib_is_contiguous),
	};

	skip_without(MFD_HUGE_1GB, 1024 * MIB, "a hugepage of 1 GiB*");
	skip_without(MFD_HUGE_2MB, 2 * MIB, "a hugepage of*");
	return cmocka_run_group_tests_name("host guestmem", cases, NULL, NULL);
}
