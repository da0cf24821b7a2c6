/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A process that is killed while it uses a ring. It is run instruction by
 * instruction; what lies in shared memory after each is what it would leave
 * behind, and has to do for the next user and for the host.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver_test.h"
#include "vmbus_ring.h"

#define PAGE 4096u
#define DATA PAGE
/* Near the end of the ring, so that packets wrap. */
#define START (DATA - 40)
#define PACKET_LEN 32u
#define RING_LEN (PACKET_LEN + VMBUS_RING_TRAILER_LEN)
/* More instructions than the longest of these lives has, also with sanitizers. */
#define STEPS_MAX 200000

/* What survives a process. */
struct left {
	_Alignas(4096) uint8_t memory[PAGE + DATA];
	struct vmbus_txring_state tx;
	struct vmbus_rxring_state rx;
	volatile bool told;	/* the host has been signalled */
	volatile uint32_t taken;	/* packets that the user had in its hands */
};

static struct left *shared;	/* the user's that is going to be killed */
static struct left left;	/* what it leaves */

static struct vmbus_bufring *
ctl_of(struct left *of)
{
	return (struct vmbus_bufring *)of->memory;
}

static int
put(struct vmbus_txring *ring, uint64_t number)
{
	struct vmbus_chanpkt_hdr hdr = {
		.type = VMBUS_CHANPKT_TYPE_INBAND, .hlen = 2, .tlen = PACKET_LEN / 8,
		.xactid = number,
	};
	uint64_t payload[2] = { number, ~number };
	struct vmbus_piece piece[] = { { &hdr, sizeof(hdr) }, { payload, sizeof(payload) } };

	return vmbus_txring_put(ring, piece, 2, PACKET_LEN);
}

static int
get(struct vmbus_rxring *ring, uint64_t *number)
{
	uint64_t packet[PACKET_LEN / 8];
	uint32_t len = sizeof(packet);
	int ret = vmbus_rxring_get(ring, packet, &len);

	if (ret < 0)
		return ret;
	*number = packet[1] == packet[2] && packet[2] == ~packet[3] ? packet[1] : UINT64_MAX;
	return 0;
}

static void
publish(struct left *of, struct vmbus_txring *ring)
{
	if (vmbus_txring_publish(ring)) {
		of->told = true;
		vmbus_txring_signalled(ring);
	}
}

static void
commit(struct left *of, struct vmbus_rxring *ring)
{
	if (vmbus_rxring_commit(ring)) {
		of->told = true;
		vmbus_rxring_signalled(ring);
	}
}

static struct vmbus_txring
tx_of(struct left *of)
{
	struct vmbus_txring ring;

	vmbus_txring_attach(&ring, &of->tx, of->memory, sizeof(of->memory), PAGE);
	return ring;
}

static struct vmbus_rxring
rx_of(struct left *of)
{
	struct vmbus_rxring ring;

	vmbus_rxring_attach(&ring, &of->rx, of->memory, sizeof(of->memory), PAGE);
	return ring;
}

/* An empty ring whose host sleeps. */
static int
start(void **state)
{
	struct vmbus_txring tx;
	struct vmbus_rxring rx;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	assert_true(shared != MAP_FAILED);
	ctl_of(shared)->windex = START;
	ctl_of(shared)->rindex = START;
	tx = tx_of(shared);
	rx = rx_of(shared);
	assert_int_equal(vmbus_txring_begin(&tx), 0);
	assert_int_equal(vmbus_rxring_begin(&rx), 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	return munmap(shared, sizeof(*shared));
}

static void
live(void (*life)(void))
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	raise(SIGSTOP);
	life();
	_exit(0);
}

/* After each instruction of a life: see to it that others can go on. */
static void
kill_at_every_instruction(void (*life)(void), void (*go_on)(void))
{
	unsigned int steps, looks = 0;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		live(life);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		skip();		/* processes may not be traced here */
	for (steps = 0; !WIFEXITED(status); steps++) {
		assert_true(WIFSTOPPED(status) && steps < STEPS_MAX);
		/* Most instructions change nothing that stays. */
		if (steps == 0 || memcmp(&left, shared, sizeof(left)) != 0) {
			memcpy(&left, shared, sizeof(left));
			go_on();
			memcpy(&left, shared, sizeof(left));
			looks++;
		}
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(looks > 10);
}

/* Sending */

static void
send_two(void)
{
	struct vmbus_txring ring = tx_of(shared);

	put(&ring, 1);
	put(&ring, 2);
	publish(shared, &ring);
	put(&ring, 3);
	publish(shared, &ring);
}

/* The host finds whole packets in order, the next user's at the end. */
static void
host_reads_up_to(uint64_t last)
{
	struct vmbus_rxring host;
	uint64_t number, before = 0;

	ctl_of(&left)->rindex = START;
	host = rx_of(&left);
	assert_int_equal(vmbus_rxring_begin(&host), 0);
	while (get(&host, &number) == 0) {
		assert_true(number == before + 1 || number == last);
		assert_true(before != last);
		before = number;
	}
	assert_false(vmbus_rxring_is_broken(&host));
	assert_int_equal(before, last);
	assert_int_equal(host.state->rindex, ctl_of(&left)->windex);
}

static void
next_one_sends(void)
{
	struct vmbus_txring ring = tx_of(&left);

	assert_int_equal(put(&ring, 77), 0);
	publish(&left, &ring);
	assert_true(left.told);
	host_reads_up_to(77);
}

static void
killed_sender_leaves_whole_packets_and_no_sleeping_host(void **state)
{
	(void)state;
	kill_at_every_instruction(send_two, next_one_sends);
}

/* The same with a host that has read everything by the time the next one comes. */
static void
next_one_sends_to_an_idle_host(void)
{
	struct vmbus_txring ring = tx_of(&left);
	uint32_t seen = ctl_of(&left)->windex;

	if (!left.told)
		return;		/* nobody woke it: it is where it was */
	ctl_of(&left)->rindex = seen;
	left.told = false;
	assert_int_equal(put(&ring, 77), 0);
	publish(&left, &ring);
	assert_true(left.told);
	host_reads_up_to(77);
}

static void
host_that_read_what_a_killed_sender_published_is_woken_by_the_next(void **state)
{
	(void)state;
	kill_at_every_instruction(send_two, next_one_sends_to_an_idle_host);
}

/* Receiving */

/* Three packets, and the host waits for the room of two. */
static void
host_sends(void)
{
	struct vmbus_txring host = tx_of(shared);
	uint64_t number;

	for (number = 1; number <= 3; number++)
		assert_int_equal(put(&host, number), 0);
	vmbus_txring_publish(&host);
	ctl_of(shared)->feature_bits = VMBUS_FEATURE_PENDING_SEND;
	ctl_of(shared)->pending_send = DATA - 2 * RING_LEN;
}

static void
receive_three(void)
{
	struct vmbus_rxring ring = rx_of(shared);
	uint64_t number;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		get(&ring, &number);
		shared->taken++;
		if (i != 1)
			commit(shared, &ring);
	}
}

static void
next_one_receives(void)
{
	struct vmbus_rxring ring = rx_of(&left);
	uint64_t number, before = 0;
	int ret;

	while ((ret = get(&ring, &number)) == 0) {
		/* What the dead one had taken may be lost with it, and nothing else. */
		assert_true(number == before + 1 ||
			    (before == 0 && number - 1 >= left.taken &&
			     number - 1 <= left.taken + 1));
		before = number;
	}
	assert_int_equal(ret, -EAGAIN);
	assert_true(before == 3 || left.taken >= 2);
	commit(&left, &ring);
	assert_int_equal(ctl_of(&left)->rindex, ctl_of(&left)->windex);
	assert_true(left.told);
}

static void
killed_receiver_leaves_the_rest_and_no_waiting_host(void **state)
{
	(void)state;
	host_sends();
	kill_at_every_instruction(receive_three, next_one_receives);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a killed sender leaves whole packets and no sleeping host",
		     killed_sender_leaves_whole_packets_and_no_sleeping_host),
		CASE("a host that read what a killed sender published is woken by the next",
		     host_that_read_what_a_killed_sender_published_is_woken_by_the_next),
		CASE("a killed receiver leaves the rest and no waiting host",
		     killed_receiver_leaves_the_rest_and_no_waiting_host),
	};

	return cmocka_run_group_tests_name("vmbus killed", tests, NULL, NULL);
}
