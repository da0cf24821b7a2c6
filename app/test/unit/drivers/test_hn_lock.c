/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Locks that processes share, some of which die: children of the test, killed
 * while they are owners.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>

#include "driver_test.h"
#include "hn_life.h"
#include "hn_lock.h"

int hn_logtype_driver;
int hn_logtype_init;

static char dir[] = "/tmp/hn_lock_XXXXXX";

/* What processes share here. */
static struct {
	struct hn_lock lock;
	RTE_ATOMIC(uint32_t) ready;
	uint32_t number;
} *shared;

/* EAL's, but of this test. */
const char *
rte_eal_get_runtime_dir(void)
{
	return dir;
}

static int
start(void **state)
{
	(void)state;
	memset(shared, 0, sizeof(*shared));
	return hn_life_begin();
}

static int
stop(void **state)
{
	(void)state;
	hn_life_end();
	return 0;
}

/* In a process of its own, which does not come back. */
static void
own_for_ever(void)
{
	/* What it has from its parent is the parent's life. */
	hn_life_end();
	if (hn_life_begin() < 0)
		_exit(1);
	hn_lock_take(&shared->lock);
	shared->number = hn_life_self;
	rte_atomic_store_explicit(&shared->ready, 1, rte_memory_order_release);
	for (;;)
		pause();
}

static pid_t
start_owner(void)
{
	pid_t pid = fork();

	if (pid == 0)
		own_for_ever();
	assert_true(pid > 0);
	while (rte_atomic_load_explicit(&shared->ready, rte_memory_order_acquire) == 0)
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	return pid;
}

static void
end_owner(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
one_at_a_time(void **state)
{
	(void)state;
	assert_true(hn_lock_try(&shared->lock));
	assert_false(hn_lock_try(&shared->lock));
	hn_lock_release(&shared->lock);
	assert_true(hn_lock_try(&shared->lock));
}

static void
each_process_has_a_number(void **state)
{
	pid_t pid = start_owner();

	(void)state;
	assert_int_not_equal(shared->number, hn_life_self);
	assert_int_not_equal(shared->number, 0);
	assert_true(hn_life_is_alive(shared->number));
	assert_true(hn_life_is_alive(hn_life_self));
	end_owner(pid);
	assert_false(hn_life_is_alive(shared->number));
}

static void
the_living_keep_what_they_own(void **state)
{
	pid_t pid = start_owner();
	uint32_t turn = 0, i;

	(void)state;
	for (i = 0; i < 3 * HN_LOCK_LOOK; i++)
		assert_false(hn_lock_inherit(&shared->lock, &turn));
	end_owner(pid);
}

static void
the_dead_leave_it_to_who_waits(void **state)
{
	(void)state;
	end_owner(start_owner());
	assert_false(hn_lock_try(&shared->lock));
	hn_lock_take(&shared->lock);
	assert_int_equal(shared->lock.owner, hn_life_self);
	hn_lock_release(&shared->lock);
	assert_true(hn_lock_try(&shared->lock));
}

static void
only_one_inherits(void **state)
{
	uint32_t turn = HN_LOCK_LOOK;

	(void)state;
	end_owner(start_owner());
	assert_true(hn_lock_inherit(&shared->lock, &turn));
	turn = HN_LOCK_LOOK;
	assert_false(hn_lock_inherit(&shared->lock, &turn));
}

static void
what_nobody_owns_is_not_inherited(void **state)
{
	uint32_t turn = HN_LOCK_LOOK;

	(void)state;
	assert_false(hn_lock_inherit(&shared->lock, &turn));
	assert_true(hn_lock_try(&shared->lock));
}

static void
numbers_of_the_dead_are_not_given_again(void **state)
{
	uint32_t number;

	(void)state;
	end_owner(start_owner());
	number = shared->number;
	hn_lock_take(&shared->lock);
	hn_lock_release(&shared->lock);
	shared->ready = 0;
	end_owner(start_owner());
	assert_int_not_equal(shared->number, number);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("one at a time", one_at_a_time),
		CASE("each process has a number, and is seen to live and to die",
		     each_process_has_a_number),
		CASE("the living keep what they own", the_living_keep_what_they_own),
		CASE("the dead leave it to who waits", the_dead_leave_it_to_who_waits),
		CASE("only one inherits", only_one_inherits),
		CASE("what nobody owns is not inherited", what_nobody_owns_is_not_inherited),
		CASE("numbers of the dead are not given again: what they owned is known by them", numbers_of_the_dead_are_not_given_again),
	};
	char path[64];
	int failed;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED || mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("hn lock", tests, NULL, NULL);
	snprintf(path, sizeof(path), "%s/netvsc_life", dir);
	unlink(path);
	rmdir(dir);
	return failed;
}
