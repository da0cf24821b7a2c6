/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The preload library, seen from a program under it. Each case runs this
 * program again as a guest of a bus of its own; the two talk through the first
 * bytes of the receive buffer.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "guestmem.h"
#include "host_test.h"
#include "rules.h"
#include "transport.h"
#include "vmbus.h"

#define INSTANCE "f2b4d6a8-0000-4000-8000-000000000001"
#define DEVICES "/sys/bus/vmbus/devices/"
#define PAGE 4096u
#define RING (4 * PAGE)
#define RECV (16 * PAGE)
#define MIB (1u << 20)

/* What the guest asks this test's host to do. */
enum mail_verb {
	MAIL_DONE,
	MAIL_INTERRUPT,
	MAIL_RESCIND,
	MAIL_CROWD,		/* more uevents than anybody can hear */
	MAIL_READ_GPA,		/* byte becomes what is there, reachable whether it is */
};

struct mail {
	uint32_t verb;
	uint32_t reachable;
	uint64_t gpa;
	uint8_t byte;
};

/* The guest: plain code, whose exit status is the line that failed */

#define CHECK(condition) do { \
	if (!(condition)) \
		guest_fail(__LINE__, #condition); \
} while (0)

static void
guest_fail(int line, const char *what)
{
	fprintf(stderr, "guest: line %d: %s: errno %d\n", line, what, errno);
	_exit(1);
}

static struct mail *
guest_mailbox(int uio)
{
	void *at = mmap(NULL, RECV, PROT_READ | PROT_WRITE, MAP_SHARED, uio, 3 * PAGE);

	CHECK(at != MAP_FAILED);
	return at;
}

static void
guest_post(struct mail *mail, enum mail_verb verb)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int tries;

	__atomic_store_n(&mail->verb, verb, __ATOMIC_RELEASE);
	for (tries = 0; tries < 5000; tries++) {
		if (__atomic_load_n(&mail->verb, __ATOMIC_ACQUIRE) == MAIL_DONE)
			return;
		nanosleep(&moment, NULL);
	}
	guest_fail(__LINE__, "the host answers");
}

static int
guest_open(void)
{
	int uio = open("/dev/uio0", O_RDWR);

	CHECK(uio >= 0);
	return uio;
}

static void
guest_finds_its_device(void)
{
	char text[64] = "", path[PATH_MAX];
	struct dirent *entry;
	unsigned int seen = 0;
	struct stat st;
	FILE *file;
	DIR *list;

	list = opendir("/sys/bus/vmbus/devices");
	CHECK(list != NULL);
	while ((entry = readdir(list)) != NULL)
		seen += strcmp(entry->d_name, INSTANCE) == 0 && entry->d_type == DT_LNK;
	closedir(list);
	CHECK(seen == 1);
	file = fopen(DEVICES INSTANCE "/device_id", "r");
	CHECK(file != NULL && fgets(text, sizeof(text), file) != NULL);
	CHECK(strcmp(text, "{" INSTANCE "}\n") == 0);
	fclose(file);
	CHECK(access(DEVICES INSTANCE "/uio/uio0/maps/map4", F_OK) == 0);
	CHECK(lstat(DEVICES INSTANCE, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(readlink(DEVICES INSTANCE "/driver", path, sizeof(path)) > 0);
	CHECK(realpath("/sys/class/uio/uio0/device", path) != NULL);
	CHECK(strcmp(strrchr(path, '/') + 1, INSTANCE) == 0);
	CHECK(openat(AT_FDCWD, DEVICES INSTANCE "/class_id", O_RDONLY) >= 0);
	/* All else is the machine's own. */
	CHECK(access("/sys/kernel", F_OK) == 0 && access("/proc/self/maps", R_OK) == 0);
	CHECK(open("/sys/bus/vmbusx", O_RDONLY) == -1 && errno == ENOENT);
}

static void
guest_sees_a_device_node(void)
{
	struct stat st;

	CHECK(access("/dev/uio0", R_OK | W_OK) == 0);
	CHECK(stat("/dev/uio0", &st) == 0 && S_ISCHR(st.st_mode));
	CHECK(access("/dev/uio4095", F_OK) == -1 && errno == ENOENT);
	CHECK(open("/dev/uio4095", O_RDWR) == -1 && errno == ENOENT);
	CHECK(open("/dev/uio0x", O_RDWR) == -1 && errno == ENOENT);
	close(guest_open());
}

static void
guest_maps_regions(void)
{
	static const size_t lens[] = { 2 * RING, PAGE, PAGE, RECV, 8 * PAGE };
	int uio = guest_open(), reader = open("/dev/uio0", O_RDONLY);
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(lens); i++) {
		void *at = mmap(NULL, lens[i], PROT_READ | PROT_WRITE, MAP_SHARED, uio, i * PAGE);

		CHECK(at != MAP_FAILED);
		CHECK(munmap(at, lens[i]) == 0);
		CHECK(mmap(NULL, lens[i] + 1, PROT_READ, MAP_SHARED, uio, i * PAGE) == MAP_FAILED);
		CHECK(errno == EINVAL);
	}
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, uio, 5 * PAGE) == MAP_FAILED);
	CHECK(errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, uio, 1) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, 0, PROT_READ, MAP_SHARED, uio, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
	CHECK(errno == EACCES);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0) != MAP_FAILED);
	CHECK(close(uio) == 0);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, uio, 0) == MAP_FAILED && errno == EBADF);
}

static void
guest_reads_and_writes_the_node(void)
{
	int uio = open("/dev/uio0", O_RDWR | O_NONBLOCK);
	struct pollfd pollfd = { .fd = uio, .events = POLLIN };
	struct mail *mail = guest_mailbox(uio);
	uint8_t *rings = mmap(NULL, 2 * RING, PROT_READ | PROT_WRITE, MAP_SHARED, uio, 0);
	uint32_t value = 0;
	char byte = 0;

	CHECK(rings != MAP_FAILED);
	CHECK(read(uio, &byte, 1) == -1 && errno == EINVAL);
	CHECK(write(uio, &byte, 1) == -1 && errno == EINVAL);
	CHECK(read(uio, &value, sizeof(value)) == -1 && errno == EAGAIN);
	CHECK(poll(&pollfd, 1, 0) == 0);
	guest_post(mail, MAIL_INTERRUPT);
	CHECK(poll(&pollfd, 1, 5000) == 1 && pollfd.revents == POLLIN);
	CHECK(read(uio, &value, sizeof(value)) == sizeof(value) && value == 1);
	value = 0;
	CHECK(write(uio, &value, sizeof(value)) == sizeof(value));
	CHECK(le32(rings + RING + 8) == 1);
	value = 1;
	CHECK(write(uio, &value, sizeof(value)) == sizeof(value));
	CHECK(le32(rings + RING + 8) == 0);
}

static uint32_t
guest_events(int uio)
{
	uint32_t count = 0;

	CHECK(read(uio, &count, sizeof(count)) == sizeof(count));
	return count;
}

/* The ring of received packets, as the guest has it; it has read all of them. */
static uint8_t *
guest_drained_ring(int uio)
{
	uint8_t *rings = mmap(NULL, 2 * RING, PROT_READ | PROT_WRITE, MAP_SHARED, uio, 0);

	CHECK(rings != MAP_FAILED);
	return rings + RING;
}

static void
guest_drain(uint8_t *ring)
{
	set_le32(ring + 4, le32(ring));
}

static void
guest_interrupt(struct mail *mail, uint8_t *ring)
{
	guest_drain(ring);
	guest_post(mail, MAIL_INTERRUPT);
}

static void
guest_reads_the_number_of_events(void)
{
	int uio = guest_open(), late;
	struct mail *mail = guest_mailbox(uio);
	uint8_t *ring = guest_drained_ring(uio);

	for (unsigned int i = 0; i < 3; i++)
		guest_interrupt(mail, ring);
	CHECK(guest_events(uio) == 3);
	/* Who opens it later starts from there. */
	late = open("/dev/uio0", O_RDWR | O_NONBLOCK);
	CHECK(read(late, &(uint32_t){ 0 }, 4) == -1 && errno == EAGAIN);
	guest_interrupt(mail, ring);
	CHECK(guest_events(late) == 4);
	CHECK(guest_events(uio) == 4);
}

/* Spec: drain, unmask, look again, wait. */
static void
guest_sleeps_until_something_comes(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int uio = guest_open(), epoll = epoll_create1(0);
	struct mail *mail = guest_mailbox(uio);
	uint8_t *ring = guest_drained_ring(uio);

	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, uio, &event) == 0);
	for (unsigned int i = 0; i < 100; i++) {
		set_le32(ring + 8, 1);
		guest_drain(ring);
		guest_post(mail, MAIL_INTERRUPT);
		CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
		guest_drain(ring);
		set_le32(ring + 8, 0);
		CHECK(le32(ring) == le32(ring + 4));
		guest_post(mail, MAIL_INTERRUPT);
		CHECK(epoll_wait(epoll, &event, 1, 5000) == 1 && event.events == EPOLLIN);
		CHECK(guest_events(uio) == i + 1);
	}
}

/* An edge for each event, also when nobody has read the last. */
static void
guest_waits_for_edges(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int uio = guest_open(), epoll = epoll_create1(0);
	struct mail *mail = guest_mailbox(uio);
	uint8_t *ring = guest_drained_ring(uio);

	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, uio, &event) == 0);
	for (unsigned int i = 0; i < 5; i++) {
		guest_interrupt(mail, ring);
		CHECK(epoll_wait(epoll, &event, 1, 5000) == 1);
		CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
	}
	CHECK(guest_events(uio) == 5);
}

static void
guest_copies_its_descriptor(void)
{
	int uio = guest_open(), copies[4];
	struct mail *mail = guest_mailbox(uio);
	uint8_t *ring = guest_drained_ring(uio);
	uint32_t on = 1;

	copies[0] = dup(uio);
	copies[1] = fcntl(uio, F_DUPFD_CLOEXEC, 300);
	copies[2] = dup2(uio, 310);
	copies[3] = dup3(uio, 311, O_CLOEXEC);
	CHECK(copies[1] >= 300 && copies[2] == 310 && copies[3] == 311);
	close(uio);
	for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
		guest_interrupt(mail, ring);
		CHECK(guest_events(copies[i]) == i + 1);
		set_le32(ring + 8, 1);
		CHECK(write(copies[i], &on, sizeof(on)) == sizeof(on) && le32(ring + 8) == 0);
		CHECK(guest_drained_ring(copies[i]) != NULL);
	}
	/* The last of them closes the device. */
	CHECK(close_range(300, 400, 0) == 0);
	guest_interrupt(mail, ring);
	CHECK(guest_events(copies[0]) == 5);
}

/* A descriptor's number may become another file's, by whatever way. */
static void
guest_covers_its_descriptor(void)
{
	int uio = guest_open(), other = open("/dev/zero", O_RDWR);
	char bytes[8] = "xxxxxxx";

	CHECK(dup2(other, uio) == uio);
	CHECK(read(uio, bytes, sizeof(bytes)) == sizeof(bytes) && bytes[7] == 0);
	uio = guest_open();
	CHECK(close_range((unsigned int)uio, (unsigned int)uio, 0) == 0);
	CHECK(dup(other) == uio);
	CHECK(write(uio, bytes, sizeof(bytes)) == sizeof(bytes));
	closefrom(3);
	CHECK(read(uio, bytes, 4) == -1 && errno == EBADF);
	CHECK(guest_drained_ring(guest_open()) != NULL);
}

/* The one who has opened the device is gone; its child goes on with it. */
static void
guest_leaves_its_device_to_a_child(void)
{
	int uio = guest_open(), gone[2];
	struct mail *mail = guest_mailbox(uio);
	uint8_t *ring = guest_drained_ring(uio);
	char byte;

	CHECK(pipe(gone) == 0);
	if (fork() != 0)
		return;
	close(gone[1]);
	CHECK(read(gone[0], &byte, 1) == 0);
	for (uint32_t i = 1; i <= 3; i++) {
		guest_interrupt(mail, ring);
		CHECK(guest_events(uio) == i);
	}
	_exit(0);
}

static void
guest_outlives_its_parent(void)
{
	pid_t parent;
	int status;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	parent = fork();
	if (parent == 0) {
		guest_leaves_its_device_to_a_child();
		_exit(0);
	}
	CHECK(waitpid(parent, &status, 0) == parent && status == 0);
	/* The grandchild, which is ours now. */
	CHECK(wait(&status) > 0 && status == 0);
}

static void *
guest_interrupts_later(void *ring)
{
	const struct timespec moment = { .tv_nsec = 50000000 };

	nanosleep(&moment, NULL);
	guest_interrupt(guest_mailbox(guest_open()), ring);
	return NULL;
}

static void
guest_blocks_in_read(void)
{
	int uio = guest_open();
	uint8_t *ring = guest_drained_ring(uio);
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, guest_interrupts_later, ring) == 0);
	CHECK(guest_events(uio) == 1);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void
guest_loses_its_device(void)
{
	int uio = guest_open();
	struct mail *mail = guest_mailbox(uio);
	struct pollfd pollfd = { .fd = uio, .events = POLLIN };
	uint32_t value = 1;

	guest_post(mail, MAIL_RESCIND);
	CHECK(poll(&pollfd, 1, 5000) == 1 && (pollfd.revents & POLLHUP) != 0);
	CHECK(read(uio, &value, sizeof(value)) == -1 && errno == EIO);
	CHECK(write(uio, &value, sizeof(value)) == -1 && errno == EIO);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, uio, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(open("/dev/uio0", O_RDWR) == -1 && errno == ENOENT);
	CHECK(access(DEVICES INSTANCE, F_OK) == -1);
}

static void
guest_maps_a_ring_file(void)
{
	static const char path[] = DEVICES INSTANCE "/channels/14/ring";
	int ring = open(path, O_RDWR), uio;
	struct stat st;
	uint8_t *rings, *same;

	CHECK(ring >= 0 && fstat(ring, &st) == 0 && st.st_size == 2 * RING);
	/* Not before the channel is open. */
	CHECK(mmap(NULL, 2 * RING, PROT_READ, MAP_SHARED, ring, 0) == MAP_FAILED);
	CHECK(errno == ENODEV);
	uio = guest_open();
	rings = mmap(NULL, 2 * RING, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	same = mmap(NULL, 2 * RING, PROT_READ | PROT_WRITE, MAP_SHARED, uio, 0);
	CHECK(rings != MAP_FAILED && same != MAP_FAILED);
	CHECK(close(ring) == 0);
	rings[PAGE] = 99;
	CHECK(same[PAGE] == 99);
}

/* The page map's entry for an address. */
static uint64_t
guest_entry(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	CHECK(fd >= 0);
	CHECK(lseek(fd, (off_t)((uintptr_t)addr / PAGE * 8), SEEK_SET) >= 0);
	CHECK(read(fd, &entry, sizeof(entry)) == sizeof(entry));
	CHECK(close(fd) == 0);
	return entry;
}

#define PRESENT (UINT64_C(1) << 63)

static uint64_t
guest_gpa(const void *addr)
{
	uint64_t entry = guest_entry(addr);

	return (entry & PRESENT) == 0 ? 0 :
	       (entry & ((UINT64_C(1) << 55) - 1)) * PAGE + (uintptr_t)addr % PAGE;
}

/* Does the host see this byte of ours? */
static bool
guest_is_seen(struct mail *mail, uint8_t *addr)
{
	mail->gpa = guest_gpa(addr);
	*addr = 0x5a;
	guest_post(mail, MAIL_READ_GPA);
	return mail->reachable == 1 && mail->byte == 0x5a;
}

static uint8_t *
guest_map_memfd(size_t len, int *fd)
{
	uint8_t *at;

	*fd = memfd_create("memory", 0);
	CHECK(*fd >= 0 && ftruncate(*fd, (off_t)len) == 0);
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	CHECK(at != MAP_FAILED);
	return at;
}

static void
guest_shares_its_memory(void)
{
	struct mail *mail = guest_mailbox(guest_open());
	uint8_t *at, *moved, *over;
	uint64_t gpa;
	int fd;

	at = guest_map_memfd(8 * MIB, &fd);
	CHECK(guest_is_seen(mail, at) && guest_is_seen(mail, at + 8 * MIB - 1));
	/* Neighbours by virtual address are none by physical address. */
	CHECK(guest_gpa(at + 2 * MIB) != guest_gpa(at) + 2 * MIB);
	gpa = guest_gpa(at);
	/* Unmapped, it is nobody's. */
	CHECK(munmap(at, 2 * MIB) == 0);
	CHECK(guest_entry(at) == 0);
	mail->gpa = gpa;
	guest_post(mail, MAIL_READ_GPA);
	CHECK(mail->reachable == 0);
	CHECK(guest_is_seen(mail, at + 2 * MIB));
	/* Nor what is mapped over, or moved away. */
	over = mmap(at + 2 * MIB, 2 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0);
	CHECK(over == at + 2 * MIB && guest_entry(over) == 0);
	CHECK(guest_is_seen(mail, at + 4 * MIB));
	moved = mremap(at + 4 * MIB, 2 * MIB, 4 * MIB, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED && guest_entry(at + 4 * MIB) == 0);
	/* Mapped again it has the address that it had. */
	CHECK(guest_is_seen(mail, at + 6 * MIB));
	moved = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 6 * MIB);
	CHECK(guest_gpa(moved) == guest_gpa(at + 6 * MIB));
}

static void
guest_shares_anonymous_memory(void)
{
	struct mail *mail = guest_mailbox(guest_open());
	uint8_t *at;

	at = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(at != MAP_FAILED && guest_is_seen(mail, at));
	at = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	/* Where the machine has hugepages. */
	CHECK(at == MAP_FAILED || guest_is_seen(mail, at));
}

static void
guest_gives_away_its_stack(void)
{
	struct mail *mail = guest_mailbox(guest_open());
	uint8_t *heap = malloc(100), local = 1;

	/* There are numbers, and they lead nowhere. */
	CHECK(guest_gpa(&local) != 0 && guest_gpa(heap) != 0);
	CHECK(guest_gpa(heap) != guest_gpa(&local));
	CHECK(!guest_is_seen(mail, &local) && mail->reachable == 0);
	CHECK(!guest_is_seen(mail, heap) && mail->reachable == 0);
	free(heap);
}

static void
guest_forks(void)
{
	int fd, status;
	uint8_t *parents = guest_map_memfd(2 * MIB, &fd);
	pid_t child = fork();

	if (child == 0) {
		uint8_t *own = guest_map_memfd(2 * MIB, &fd);

		CHECK(guest_is_seen(guest_mailbox(guest_open()), own));
		CHECK(guest_entry(parents) == 0);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(guest_is_seen(guest_mailbox(guest_open()), parents));
}

static void
guest_closes_all_it_knows_of(void)
{
	uint8_t *at;
	int fd;

	for (fd = 3; fd < 200; fd++)
		close(fd);
	at = guest_map_memfd(2 * MIB, &fd);
	CHECK(guest_is_seen(guest_mailbox(guest_open()), at));
}

static int
guest_hears(void)
{
	const struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 0xffffffff };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	CHECK(fd >= 0);
	CHECK(bind(fd, (const struct sockaddr *)&all, sizeof(all)) == 0);
	return fd;
}

/* What others do to this machine's devices meanwhile is told as well. */
static ssize_t
guest_next_uevent(int fd, char *text, size_t len)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	ssize_t got;

	do {
		CHECK(poll(&pollfd, 1, 5000) == 1 && pollfd.revents == POLLIN);
		got = recv(fd, text, len, 0);
	} while (got > 0 && strstr(text, TRANSPORT_DEVICES) == NULL);
	return got;
}

static void
guest_hears_uevents(void)
{
	static const char first[] = "remove@" TRANSPORT_DEVICES "/" INSTANCE "/uio/uio0";
	int fd = guest_hears(), other = dup(fd), deaf = guest_hears(), uio = guest_open();
	struct mail *mail = guest_mailbox(uio);
	char text[2048] = "";

	CHECK(read(fd, text, sizeof(text)) == -1 && errno == EAGAIN);
	close(deaf);
	close(fd);
	guest_post(mail, MAIL_RESCIND);
	CHECK(guest_next_uevent(other, text, sizeof(text)) > (ssize_t)sizeof(first));
	CHECK(strcmp(text, first) == 0);
	CHECK(guest_next_uevent(other, text, sizeof(text)) > 0);
	CHECK(strcmp(text, "unbind@" TRANSPORT_DEVICES "/" INSTANCE) == 0);
}

static void
guest_takes_uevents_for_the_kernels(void)
{
	int fd = guest_hears(), uio = guest_open(), on = 1;
	struct mail *mail = guest_mailbox(uio);
	struct sockaddr_nl from = { .nl_pid = 7 };
	char control[256], text[2048];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct ucred peer = { 1, 1, 1 };
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	guest_post(mail, MAIL_RESCIND);
	CHECK(poll(&pollfd, 1, 5000) == 1);
	CHECK(recvmsg(fd, &msg, 0) > 0);
	CHECK(msg.msg_namelen == sizeof(from) && from.nl_family == AF_NETLINK);
	CHECK(from.nl_pid == 0 && from.nl_groups == 1);
	CHECK(CMSG_FIRSTHDR(&msg) != NULL && CMSG_FIRSTHDR(&msg)->cmsg_type == SCM_CREDENTIALS);
	memcpy(&peer, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(peer));
	CHECK(peer.pid == 0 && peer.uid == 0 && peer.gid == 0);
}

static void
guest_overhears_uevents(void)
{
	int fd = guest_hears(), uio = guest_open();
	struct mail *mail = guest_mailbox(uio);
	char text[2048];

	guest_post(mail, MAIL_CROWD);
	while (guest_next_uevent(fd, text, sizeof(text)) > 0)
		;
	CHECK(errno == ENOBUFS);
	/* And goes on. */
	guest_post(mail, MAIL_RESCIND);
	CHECK(guest_next_uevent(fd, text, sizeof(text)) > 0);
}

static void
guest_uses_other_sockets(void)
{
	int route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), pair[2];
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct sockaddr_un from;
	socklen_t len = sizeof(addr);
	char byte = 0;

	CHECK(route >= 0 && bind(route, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	CHECK(getsockname(route, (struct sockaddr *)&addr, &len) == 0 && addr.nl_groups == 0);
	CHECK(recv(route, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	CHECK(send(pair[0], "x", 1, 0) == 1);
	len = sizeof(from);
	CHECK(recvfrom(pair[1], &byte, 1, 0, (struct sockaddr *)&from, &len) == 1 && byte == 'x');
	CHECK(len < sizeof(addr));
}

static void
guest_is_none(void)
{
	CHECK(access(DEVICES INSTANCE, F_OK) == -1);
	CHECK(open("/dev/uio4095", O_RDWR) == -1);
}

static const struct {
	const char *name;
	void (*run)(void);
} guests[] = {
	{ "finds its device", guest_finds_its_device },
	{ "sees a device node", guest_sees_a_device_node },
	{ "maps regions", guest_maps_regions },
	{ "reads and writes the node", guest_reads_and_writes_the_node },
	{ "reads the number of events", guest_reads_the_number_of_events },
	{ "sleeps until something comes", guest_sleeps_until_something_comes },
	{ "waits for edges", guest_waits_for_edges },
	{ "blocks in read", guest_blocks_in_read },
	{ "copies its descriptor", guest_copies_its_descriptor },
	{ "covers its descriptor", guest_covers_its_descriptor },
	{ "outlives its parent", guest_outlives_its_parent },
	{ "loses its device", guest_loses_its_device },
	{ "maps a ring file", guest_maps_a_ring_file },
	{ "shares its memory", guest_shares_its_memory },
	{ "shares anonymous memory", guest_shares_anonymous_memory },
	{ "gives away its stack", guest_gives_away_its_stack },
	{ "forks", guest_forks },
	{ "closes all it knows of", guest_closes_all_it_knows_of },
	{ "hears uevents", guest_hears_uevents },
	{ "takes uevents for the kernel's", guest_takes_uevents_for_the_kernels },
	{ "overhears uevents", guest_overhears_uevents },
	{ "uses other sockets", guest_uses_other_sockets },
	{ "is none", guest_is_none },
};

static int
be_guest(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(guests); i++) {
		if (strcmp(guests[i].name, name) == 0) {
			guests[i].run();
			return 0;
		}
	}
	return 2;
}

/* The host */

static char dir[] = "/tmp/hvgXXXXXX";
static struct vmbus *bus;
static struct rules rules;
static struct vmbus_device *dev;
static struct vmbus_channel *channel;

static void
on_open(void *ctx, struct vmbus_channel *ch)
{
	(void)ctx;
	channel = ch;
}

static void
on_close(void *ctx, struct vmbus_channel *ch)
{
	(void)ctx;
	(void)ch;
	channel = NULL;
}

static const struct vmbus_device_ops ops = { on_open, on_close };

static int
start(void **state)
{
	(void)state;
	rules = (struct rules){ 0 };
	bus = vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules });
	if (bus == NULL)
		return -1;
	dev = vmbus_offer(bus, &(struct vmbus_offer){
		.instance = INSTANCE, .monitored = true, .ring_bytes = RING,
		.recv_bytes = RECV, .send_bytes = 8 * PAGE,
	}, &ops, NULL);
	return dev != NULL ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	vmbus_destroy(bus);
	return 0;
}

/* Run this program as a guest; its process. */
static pid_t
spawn(const char *name, const char *guest_dir)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	setenv("LD_PRELOAD", getenv("HVGUEST_LIBRARY"), 1);
	/* A sanitizer wants to be the first library otherwise. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	if (guest_dir != NULL)
		setenv(TRANSPORT_ENV_DIR, guest_dir, 1);
	execl("/proc/self/exe", "guest", name, NULL);
	_exit(127);
}

static void
read_gpa(struct mail *mail)
{
	const uint8_t *at = guestmem_translate(vmbus_guestmem(bus), mail->gpa, 1);

	mail->reachable = at != NULL;
	mail->byte = at != NULL ? *at : 0;
}

static void
answer_mail(void)
{
	size_t len;
	struct mail *mail = dev != NULL ? (void *)vmbus_gpadl(dev, 925200, &len) : NULL;
	uint32_t verb = mail != NULL ? __atomic_load_n(&mail->verb, __ATOMIC_ACQUIRE) : MAIL_DONE;

	if (verb == MAIL_INTERRUPT && channel != NULL) {
		vmbus_channel_send(channel, &(struct vmbus_send){ .type = PACKET_INBAND });
		vmbus_channel_flush(channel);
	} else if (verb == MAIL_READ_GPA) {
		read_gpa(mail);
	} else if (verb == MAIL_CROWD) {
		for (unsigned int i = 0; i < 10000 && !uevents_has_lost(&bus->uevents); i++)
			uevents_tell(&bus->uevents, "change", TRANSPORT_DEVICES, "test", "");
	}
	if (verb != MAIL_DONE)
		__atomic_store_n(&mail->verb, MAIL_DONE, __ATOMIC_RELEASE);
	if (verb == MAIL_RESCIND) {
		vmbus_rescind(dev);
		dev = NULL;
	}
}

/* Serve the guest until it ends: its exit status. */
static int
serve(pid_t child)
{
	struct pollfd pollfd = { .fd = vmbus_fd(bus), .events = POLLIN };
	int status, turns;

	for (turns = 0; turns < 10000; turns++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		poll(&pollfd, 1, 1);
		vmbus_handle(bus);
		answer_mail();
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

/* A case's state is the guest that it runs. */
static void
guest_is_content(void **state)
{
	assert_int_equal(serve(spawn(*state, dir)), 0);
	vmbus_handle(bus);
	assert_null(channel);
	assert_int_equal(rules_broken(&rules), 0);
}

static void
without_a_host_a_guest_ends_with_a_sentence(void **state)
{
	int status;

	(void)state;
	assert_true(waitpid(spawn("is none", "/nonexistent"), &status, 0) > 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
without_a_directory_a_program_is_no_guest(void **state)
{
	int status;

	(void)state;
	assert_true(waitpid(spawn("is none", NULL), &status, 0) > 0);
	assert_int_equal(status, 0);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	rmdir(dir);
	return 0;
}

#define GUEST_CASE(sentence, name) \
	{ sentence, guest_is_content, start, stop, (void *)(uintptr_t)name }

int
main(int argc, char *argv[])
{
	const struct CMUnitTest cases[] = {
		GUEST_CASE("a guest finds its device in the tree", "finds its device"),
		GUEST_CASE("a guest sees a device node", "sees a device node"),
		GUEST_CASE("a guest maps the regions as the kernel lets it", "maps regions"),
		GUEST_CASE("a guest reads interrupts and writes their control",
			   "reads and writes the node"),
		GUEST_CASE("a guest reads how many events there were", "reads the number of events"),
		GUEST_CASE("a guest that unmasks and looks again misses nothing in its sleep",
			   "sleeps until something comes"),
		GUEST_CASE("each event is an edge, read or not", "waits for edges"),
		GUEST_CASE("read blocks until there is an event", "blocks in read"),
		GUEST_CASE("a copy of a descriptor is as good as the first",
			   "copies its descriptor"),
		GUEST_CASE("a descriptor that becomes another file's is one",
			   "covers its descriptor"),
		GUEST_CASE("a child goes on with its dead parent's device",
			   "outlives its parent"),
		GUEST_CASE("a guest that loses its device gets EIO", "loses its device"),
		GUEST_CASE("a guest maps a ring file while its channel is open",
			   "maps a ring file"),
		GUEST_CASE("the host sees a guest's shared memory while it is mapped",
			   "shares its memory"),
		GUEST_CASE("the host sees shared and huge memory without a file",
			   "shares anonymous memory"),
		GUEST_CASE("the host does not see a guest's stack and heap",
			   "gives away its stack"),
		GUEST_CASE("the child of a guest is another guest", "forks"),
		GUEST_CASE("a guest that closes all descriptors stays one",
			   "closes all it knows of"),
		GUEST_CASE("a guest hears of its device's end", "hears uevents"),
		GUEST_CASE("uevents look as if the kernel had sent them",
			   "takes uevents for the kernel's"),
		GUEST_CASE("a guest that does not listen gets ENOBUFS, and hears the rest",
			   "overhears uevents"),
		GUEST_CASE("other sockets are what they were", "uses other sockets"),
		CASE("without a host a guest ends with a sentence",
		     without_a_host_a_guest_ends_with_a_sentence),
		CASE("without a directory a program is no guest",
		     without_a_directory_a_program_is_no_guest),
	};

	if (argc > 1)
		return be_guest(argv[1]);
	if (getenv("HVGUEST_LIBRARY") == NULL) {
		fprintf(stderr, "HVGUEST_LIBRARY has to say where the preload library is\n");
		return 77;
	}
	return cmocka_run_group_tests_name("host guest", cases, make_dir, remove_dir);
}
