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
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint32_t value = 0, tries = 0;
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
	while (le32(rings + RING + 8) != 1 && tries++ < 5000)
		nanosleep(&moment, NULL);
	CHECK(le32(rings + RING + 8) == 1);
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
	{ "loses its device", guest_loses_its_device },
	{ "maps a ring file", guest_maps_a_ring_file },
	{ "shares its memory", guest_shares_its_memory },
	{ "shares anonymous memory", guest_shares_anonymous_memory },
	{ "gives away its stack", guest_gives_away_its_stack },
	{ "forks", guest_forks },
	{ "closes all it knows of", guest_closes_all_it_knows_of },
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
