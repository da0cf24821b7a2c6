/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's bus with guests at its socket: what the preload library says is said
 * here by hand, and the guest's side of the rings is plain memory.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guestmem.h"
#include "host_test.h"
#include "kernel.h"
#include "rules.h"
#include "transport.h"
#include "vmbus.h"

#define INSTANCE "f2b4d6a8-0000-4000-8000-000000000001"
#define PAGE 4096u
#define RING (4 * PAGE)
#define RELID 14u

/* The rings' words, as the guest sees them in region 0. */
#define OUT 0u
#define IN RING
#define WRITE_INDEX 0x00u
#define READ_INDEX 0x04u
#define MASK 0x08u
#define PENDING 0x0cu

static char dir[] = "/tmp/hvbXXXXXX";
static struct vmbus *bus;
static struct rules rules;
static struct vmbus_device *dev;
static struct vmbus_channel *opened[129];
static unsigned int opens, closes;

static void
on_open(void *ctx, struct vmbus_channel *ch)
{
	(void)ctx;
	opened[vmbus_channel_index(ch)] = ch;
	opens++;
}

static void
on_close(void *ctx, struct vmbus_channel *ch)
{
	(void)ctx;
	opened[vmbus_channel_index(ch)] = NULL;
	closes++;
}

static const struct vmbus_device_ops ops = { on_open, on_close };

static struct vmbus_device *
offer(const char *instance, bool monitored)
{
	return vmbus_offer(bus, &(struct vmbus_offer){
		.instance = instance, .monitored = monitored, .ring_bytes = RING,
		.recv_bytes = 16 * PAGE, .send_bytes = 8 * PAGE,
	}, &ops, NULL);
}

static int
start_as(bool monitored, struct vmbus_config config)
{
	rules = (struct rules){ 0 };
	opens = closes = 0;
	memset(opened, 0, sizeof(opened));
	config.dir = dir;
	config.rules = &rules;
	bus = vmbus_create(&config);
	dev = bus != NULL ? offer(INSTANCE, monitored) : NULL;
	return dev != NULL ? 0 : -1;
}

static int
start(void **state)
{
	(void)state;
	return start_as(true, (struct vmbus_config){ 0 });
}

static int
start_unmonitored(void **state)
{
	(void)state;
	return start_as(false, (struct vmbus_config){ .doorbell_only = true });
}

static int
start_doorbell_only(void **state)
{
	(void)state;
	return start_as(true, (struct vmbus_config){ .doorbell_only = true });
}

static int
start_awake(void **state)
{
	(void)state;
	return start_as(true, (struct vmbus_config){ .awake = true });
}

static int
stop(void **state)
{
	(void)state;
	vmbus_destroy(bus);
	bus = NULL;
	return 0;
}

/* The run directory is made once, and survives as an empty one. */
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

/* What a guest says */

static int
guest_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* Ask, let the host answer, and take the answer and what came with it. */
static int
guest_ask(int sock, const struct transport_request *req, int send_fd,
	  struct transport_answer *answer)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)req, .iov_len = sizeof(*req) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	int fd = -1;

	if (send_fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &send_fd, sizeof(send_fd));
	}
	assert_int_equal(sendmsg(sock, &msg, 0), sizeof(*req));
	vmbus_handle(bus);
	iov = (struct iovec){ .iov_base = answer, .iov_len = sizeof(*answer) };
	msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			       .msg_controllen = sizeof(control) };
	assert_int_equal(recvmsg(sock, &msg, MSG_DONTWAIT), sizeof(*answer));
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static int
guest_hello(enum transport_verb verb, uint32_t minor)
{
	struct transport_request req = {
		.verb = verb, .version = TRANSPORT_VERSION, .minor = minor,
	};
	struct transport_answer answer;
	int sock = guest_connect();

	assert_int_equal(guest_ask(sock, &req, -1, &answer), -1);
	if (answer.error == 0)
		return sock;
	close(sock);
	return -answer.error;
}

static void
guest_hang_up(int sock)
{
	close(sock);
	vmbus_handle(bus);
}

/* Map a region or a ring; NULL with the error. */
static uint8_t *
guest_map(int memory, const struct transport_request *req, uint64_t *len, int *error)
{
	struct transport_answer answer;
	int fd = guest_ask(memory, req, -1, &answer);
	uint8_t *at;

	*error = answer.error;
	*len = answer.len;
	if (answer.error != 0) {
		assert_int_equal(fd, -1);
		return NULL;
	}
	at = mmap(NULL, answer.len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	close(fd);
	return at;
}

static uint8_t *
guest_map_region(int memory, uint32_t index)
{
	uint64_t len;
	int error;

	return guest_map(memory, &(struct transport_request){
		.verb = TRANSPORT_REGION, .index = index }, &len, &error);
}

static uint8_t *
guest_map_ring(int memory, uint32_t relid, int *error)
{
	uint64_t len;

	return guest_map(memory, &(struct transport_request){
		.verb = TRANSPORT_RING, .relid = relid }, &len, error);
}

/* A guest with its device open and its rings and monitor page mapped. */
struct guest {
	int memory;
	int uio;
	uint8_t *rings;
	uint8_t *monitor;
};

static struct guest
guest_start(void)
{
	struct guest guest;

	guest.memory = guest_hello(TRANSPORT_HELLO_MEMORY, 0);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_true(guest.memory >= 0 && guest.uio >= 0);
	guest.rings = guest_map_region(guest.memory, 0);
	guest.monitor = guest_map_region(guest.memory, 2);
	return guest;
}

static void
guest_stop(struct guest *guest)
{
	munmap(guest->rings, 2 * RING);
	munmap(guest->monitor, PAGE);
	close(guest->uio);
	guest_hang_up(guest->memory);
}

/* Put an in-band packet with a body of 8 bytes into a ring at this position. */
static void
guest_send(uint8_t *rings, uint32_t at, uint8_t body)
{
	uint8_t packet[32] = { 6, 0, 2, 0, 3, 0, 1, 0, 0x77, [16] = body };

	memcpy(rings + PAGE + at, packet, sizeof(packet));
	set_le32(rings + OUT + WRITE_INDEX, at + 32);
}

static void
guest_ring_doorbell(uint8_t *monitor, unsigned int id)
{
	monitor[0x008 + 8 * (id / 32) + id % 32 / 8] |= (uint8_t)(1u << id % 8);
}

static struct vmbus_packet packet;

static int
receive(unsigned int index)
{
	return vmbus_channel_recv(opened[index], &packet);
}

static int
host_send(const void *payload, size_t len)
{
	return vmbus_channel_send(opened[0], &(struct vmbus_send){
		.type = PACKET_INBAND, .id = 5, .payload = payload, .payload_len = len,
	});
}

/* The event count that waits at an open uio, 0 if none does. */
static uint32_t
guest_events(int uio)
{
	uint32_t count;

	return recv(uio, &count, sizeof(count), MSG_DONTWAIT) == sizeof(count) ? count : 0;
}

/* Cases: the run directory */

static void
a_second_host_in_the_directory_is_refused(void **state)
{
	(void)state;
	assert_null(vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules }));
	assert_int_equal(guest_start().uio >= 0, 1);
}

static void
the_memory_of_a_killed_host_is_swept_by_any_other(void **state)
{
	char other[] = "/tmp/hv_b%XXXXXX", folder[64], command[128];
	pid_t child;
	int status;

	(void)state;
	assert_non_null(mkdtemp(other));
	snprintf(folder, sizeof(folder), "/dev/shm/hvhost_tmp_hv%%ub%%%%%s", other + 10);
	child = fork();
	if (child == 0) {
		bus = vmbus_create(&(struct vmbus_config){ .dir = other, .rules = &rules });
		_exit(bus == NULL || access(folder, F_OK) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(access(folder, F_OK), 0);
	assert_int_equal(start_as(true, (struct vmbus_config){ 0 }), 0);
	assert_int_equal(access(folder, F_OK), -1);
	snprintf(command, sizeof(command), "rm -r %s", other);
	assert_int_equal(system(command), 0);
}

static void
a_directory_that_is_another_hosts_by_now_is_left_alone(void **state)
{
	struct vmbus *first;
	char command[64];

	(void)state;
	assert_int_equal(start_as(true, (struct vmbus_config){ 0 }), 0);
	first = bus;
	snprintf(command, sizeof(command), "rm -r %s/*", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(start_as(true, (struct vmbus_config){ 0 }), 0);
	vmbus_destroy(first);
	guest_hang_up(guest_hello(TRANSPORT_HELLO_UIO, 0));
	assert_int_equal(opens, 1);
}

static void
a_killed_hosts_leftovers_are_taken_over(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		start_as(true, (struct vmbus_config){ 0 });
		_exit(bus == NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(start_as(true, (struct vmbus_config){ 0 }), 0);
	guest_hang_up(guest_hello(TRANSPORT_HELLO_UIO, 0));
	assert_int_equal(opens, 1);
}

static void
a_directory_with_other_peoples_files_is_left_alone(void **state)
{
	char path[sizeof(dir) + 8];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/sys", dir);
	assert_true(mkdir(dir, 0755) == 0 || errno == EEXIST);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_null(vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules }));
	assert_int_equal(stat(path, &st), 0);
	rmdir(path);
}

static void
a_directory_with_a_long_name_is_refused(void **state)
{
	char name[TRANSPORT_DIR_MAX + 2];

	(void)state;
	memset(name, 'x', sizeof(name));
	memcpy(name, "/tmp/", 5);
	name[sizeof(name) - 1] = '\0';
	assert_null(vmbus_create(&(struct vmbus_config){ .dir = name, .rules = &rules }));
	assert_int_equal(access(name, F_OK), -1);
}

static void
nothing_is_left_behind(void **state)
{
	(void)state;
	assert_int_equal(start_as(true, (struct vmbus_config){ 0 }), 0);
	vmbus_destroy(bus);
	bus = NULL;
	assert_int_equal(access(dir, F_OK), -1);
}

/* Cases: the tree */

static void
assert_tree_says(const char *name, const char *want)
{
	char path[512], got[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE "/%s", dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(got, sizeof(got), file));
	fclose(file);
	assert_string_equal(got, want);
}

static bool
tree_has(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE "/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
the_tree_is_as_the_kernels(void **state)
{
	static const struct { const char *name, *text; } files[] = {
		{ "class_id", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n" },
		{ "device_id", "{" INSTANCE "}\n" },
		{ "modalias", "vmbus:635161f83edfc546913ff2d2f965ed0e\n" },
		{ "id", "14\n" },
		{ "monitor_id", "0\n" },
		{ "numa_node", "0\n" },
		{ "vendor", "0x1414\n" },
		{ "device", "0x3\n" },
		{ "uio/uio0/name", "uio_hv_generic\n" },
		{ "uio/uio0/maps/map0/name", "txrx_rings\n" },
		{ "uio/uio0/maps/map0/size", "0x0000000000008000\n" },
		{ "uio/uio0/maps/map1/name", "int_page\n" },
		{ "uio/uio0/maps/map2/name", "monitor_page\n" },
		{ "uio/uio0/maps/map2/size", "0x0000000000001000\n" },
		{ "uio/uio0/maps/map3/name", "recv:925200\n" },
		{ "uio/uio0/maps/map4/name", "send:925201\n" },
		{ "uio/uio0/maps/map4/offset", "0x0\n" },
		{ "uio/uio0/device/device_id", "{" INSTANCE "}\n" },
		{ "channels/14/subchannel_id", "0\n" },
		{ "channels/14/monitor_id", "0\n" },
	};
	char path[256], target[256] = "";
	struct stat st;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_tree_says(files[i].name, files[i].text);
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE, dir);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	snprintf(path, sizeof(path), "%s/sys/class/uio/uio0/device/driver", dir);
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(strrchr(target, '/'), "/uio_hv_generic");
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE "/channels/14/ring", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 2 * RING);
}

static void
without_monitor_the_tree_has_no_id_of_it(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE "/monitor_id", dir);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE "/channels/14/monitor_id",
		 dir);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_rescinded_device_is_gone_and_its_guest_sees_it(void **state)
{
	struct guest guest = guest_start();
	struct pollfd pollfd = { .fd = guest.uio, .events = POLLIN };
	char path[256];
	uint64_t len;
	int error;

	(void)state;
	vmbus_rescind(dev);
	assert_int_equal(closes, 1);
	assert_int_equal(poll(&pollfd, 1, 0), 1);
	assert_true(pollfd.revents & POLLHUP);
	assert_null(guest_map(guest.memory, &(struct transport_request){
		.verb = TRANSPORT_REGION }, &len, &error));
	assert_int_equal(error, EINVAL);
	assert_int_equal(guest_hello(TRANSPORT_HELLO_UIO, 0), -ENODEV);
	snprintf(path, sizeof(path), "%s/sys/bus/vmbus/devices/" INSTANCE, dir);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/sys/class/uio/uio0", dir);
	assert_int_equal(access(path, F_OK), -1);
	/* Back again it is another one. */
	assert_non_null(offer(INSTANCE, true));
	assert_tree_says("id", "15\n");
	assert_tree_says("monitor_id", "0\n");
	guest_stop(&guest);
}

static void
devices_beyond_the_monitors_do_without(void **state)
{
	char instance[64];

	(void)state;
	for (unsigned int i = 0; i < 128; i++) {
		snprintf(instance, sizeof(instance), "f2b4d6a8-0000-4000-8000-1%011u", i);
		assert_non_null(offer(instance, true));
	}
	snprintf(instance, sizeof(instance), "%s/sys/class/uio/uio127/device/monitor_id", dir);
	assert_int_equal(access(instance, F_OK), 0);
	snprintf(instance, sizeof(instance), "%s/sys/class/uio/uio128/device/monitor_id", dir);
	assert_int_equal(access(instance, F_OK), -1);
}

/* Cases: open and close */

static void
all_regions_can_be_mapped_and_have_their_sizes(void **state)
{
	static const uint64_t want[] = { 2 * RING, PAGE, PAGE, 16 * PAGE, 8 * PAGE };
	int memory = guest_hello(TRANSPORT_HELLO_MEMORY, 0), error;
	uint64_t len;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(want); i++) {
		uint8_t *at = guest_map(memory, &(struct transport_request){
			.verb = TRANSPORT_REGION, .index = i }, &len, &error);

		assert_non_null(at);
		assert_int_equal(len, want[i]);
		munmap(at, len);
	}
	assert_null(guest_map(memory, &(struct transport_request){
		.verb = TRANSPORT_REGION, .index = 5 }, &len, &error));
	assert_int_equal(error, EINVAL);
	guest_hang_up(memory);
}

static void
buffers_are_found_by_their_handles(void **state)
{
	int memory = guest_hello(TRANSPORT_HELLO_MEMORY, 0);
	uint8_t *recv_buffer = guest_map_region(memory, 3), *seen;
	size_t len;

	(void)state;
	recv_buffer[100] = 42;
	seen = vmbus_gpadl(dev, 925200, &len);
	assert_non_null(seen);
	assert_int_equal(len, 16 * PAGE);
	assert_int_equal(seen[100], 42);
	assert_non_null(vmbus_gpadl(dev, 925201, &len));
	assert_int_equal(len, 8 * PAGE);
	assert_null(vmbus_gpadl(dev, 925202, &len));
	munmap(recv_buffer, 16 * PAGE);
	guest_hang_up(memory);
}

static void
the_last_close_closes_and_the_next_open_begins_anew(void **state)
{
	struct guest guest = guest_start();
	int second = guest_hello(TRANSPORT_HELLO_UIO, 0);

	(void)state;
	assert_int_equal(opens, 1);
	guest_send(guest.rings, 0, 1);
	guest_hang_up(guest.uio);
	assert_int_equal(closes, 0);
	assert_int_equal(le32(guest.rings + WRITE_INDEX), 32);
	guest_hang_up(second);
	assert_int_equal(closes, 1);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_int_equal(opens, 2);
	assert_int_equal(le32(guest.rings + WRITE_INDEX), 0);
	assert_int_equal(guest.rings[0x40], 1);
	assert_int_equal(receive(0), 0);
	guest_stop(&guest);
}

static void
a_dead_guests_memory_stays_while_its_devices_are_open(void **state)
{
	struct guest guest = guest_start();
	int file = memfd_create("guest", MFD_CLOEXEC);
	struct transport_answer answer;
	int second = guest_hello(TRANSPORT_HELLO_UIO, 0);

	(void)state;
	assert_int_equal(ftruncate(file, PAGE), 0);
	guest_ask(guest.memory, &(struct transport_request){
		.verb = TRANSPORT_ADD, .addr = 0x100000000000, .len = PAGE }, file, &answer);
	assert_int_equal(answer.error, 0);
	close(file);
	guest_hang_up(guest.memory);
	assert_int_equal(closes, 0);
	guest_hang_up(guest.uio);
	assert_int_equal(closes, 0);
	assert_non_null(guestmem_translate(vmbus_guestmem(bus), answer.gpa, 1));
	guest_hang_up(second);
	assert_int_equal(closes, 1);
	assert_null(guestmem_translate(vmbus_guestmem(bus), answer.gpa, 1));
	/* A host that ends before the devices are closed lets go of all as well. */
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	guest_hang_up(guest_hello(TRANSPORT_HELLO_MEMORY, 0));
}

static void
a_guest_of_another_build_is_refused(void **state)
{
	struct transport_request req = {
		.verb = TRANSPORT_HELLO_MEMORY, .version = TRANSPORT_VERSION + 1,
	};
	struct transport_answer answer;
	int sock = guest_connect();

	(void)state;
	guest_ask(sock, &req, -1, &answer);
	assert_int_equal(answer.error, EPROTO);
	guest_hang_up(sock);
}

static void
who_talks_nonsense_is_hung_up_on(void **state)
{
	int sock = guest_connect();
	char byte;

	(void)state;
	assert_int_equal(send(sock, "nonsense", 8, 0), 8);
	vmbus_handle(bus);
	assert_int_equal(recv(sock, &byte, 1, MSG_DONTWAIT), 0);
	guest_hang_up(sock);
	/* And the host lives on. */
	guest_hang_up(guest_hello(TRANSPORT_HELLO_UIO, 0));
	assert_int_equal(opens, 1);
}

/* Cases: memory */

static void
registered_memory_is_reachable_until_it_is_dropped(void **state)
{
	int memory = guest_hello(TRANSPORT_HELLO_MEMORY, 0);
	int file = memfd_create("guest", MFD_CLOEXEC);
	struct transport_answer answer;
	struct transport_request add = {
		.verb = TRANSPORT_ADD, .addr = 0x100000000000, .len = PAGE,
	};
	struct transport_request drop = {
		.verb = TRANSPORT_DROP, .addr = 0x100000000000, .len = PAGE,
	};
	char *at;

	(void)state;
	assert_int_equal(ftruncate(file, PAGE), 0);
	assert_int_equal(pwrite(file, "hello", 6, 0), 6);
	guest_ask(memory, &add, file, &answer);
	assert_int_equal(answer.error, 0);
	at = guestmem_translate(vmbus_guestmem(bus), answer.gpa, 6);
	assert_non_null(at);
	assert_string_equal(at, "hello");
	guest_ask(memory, &drop, -1, &answer);
	assert_null(guestmem_translate(vmbus_guestmem(bus), answer.gpa, 6));
	/* Without a descriptor there is nothing to reach. */
	guest_ask(memory, &add, -1, &answer);
	assert_int_equal(answer.error, EBADF);
	close(file);
	guest_hang_up(memory);
}

/* Cases: packets */

static void
a_packet_of_the_guest_arrives_checked(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	assert_int_equal(receive(0), 0);
	guest_send(guest.rings, 0, 0xab);
	assert_int_equal(receive(0), 1);
	assert_int_equal(packet.type, PACKET_INBAND);
	assert_true(packet.wants_completion);
	assert_int_equal(packet.id, 0x77);
	assert_int_equal(packet.header_len, 0);
	assert_int_equal(packet.payload_len, 8);
	assert_int_equal(packet.payload[0], 0xab);
	assert_int_equal(receive(0), 0);
	vmbus_channel_flush(opened[0]);
	assert_int_equal(le32(guest.rings + READ_INDEX), 32);
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

static void
a_broken_ring_is_named_and_ends_the_channel(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	set_le32(guest.rings + WRITE_INDEX, 12);
	assert_int_equal(receive(0), -EPROTO);
	assert_int_equal(rules.broken[RULE_RING_INDEX], 1);
	assert_true(vmbus_channel_is_dead(opened[0]));
	assert_int_equal(receive(0), -EPROTO);
	assert_int_equal(host_send("12345678", 8), -EPROTO);
	assert_int_equal(rules_broken(&rules), 1);
	guest_hang_up(guest.uio);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_false(vmbus_channel_is_dead(opened[0]));
	guest_send(guest.rings, 0, 1);
	set_le32(guest.rings + WRITE_INDEX, 24);
	assert_int_equal(receive(0), -EPROTO);
	assert_int_equal(rules.broken[RULE_RING_PACKET], 1);
	guest_stop(&guest);
}

static void
a_packet_of_the_host_is_as_the_wire_wants_it(void **state)
{
	static const uint8_t want[] = {
		6, 0, 3, 0, 5, 0, 1, 0,		/* in-band, header 24, length 40, completion */
		5, 0, 0, 0, 0, 0, 0, 0,
		'h', 'e', 'a', 'd', 'e', 'r', '.', '.',
		'p', 'a', 'y', 'l', 'o', 'a', 'd', '.',
		'!', 0, 0, 0, 0, 0, 0, 0,	/* padded with zeros */
		0, 0, 0, 0, 48, 0, 0, 0,	/* the packet before was 48 bytes */
	};
	struct vmbus_send send = {
		.type = PACKET_INBAND, .wants_completion = true, .id = 5, .header = "header..",
		.header_len = 8, .payload = "payload.!", .payload_len = 9,
	};
	struct guest guest = guest_start();

	(void)state;
	memset(guest.rings + IN + PAGE, 0xee, RING - PAGE);
	assert_int_equal(vmbus_channel_send(opened[0], &send), 0);
	assert_int_equal(vmbus_channel_send(opened[0], &send), 0);
	assert_int_equal(le32(guest.rings + IN + WRITE_INDEX), 0);
	vmbus_channel_flush(opened[0]);
	assert_int_equal(le32(guest.rings + IN + WRITE_INDEX), 96);
	assert_memory_equal(guest.rings + IN + PAGE + 48, want, sizeof(want));
	guest_stop(&guest);
}

static void
a_full_ring_asks_the_guest_for_room_and_takes_the_wish_back(void **state)
{
	struct guest guest = guest_start();
	uint8_t payload[1000] = { 0 };
	unsigned int n = 0;

	(void)state;
	while (host_send(payload, sizeof(payload)) == 0)
		n++;
	assert_int_equal(n, (RING - PAGE - 8) / (16 + 1000 + 8));
	assert_int_equal(le32(guest.rings + IN + PENDING), 16 + 1000 + 8);
	vmbus_channel_flush(opened[0]);
	assert_int_equal(host_send(payload, sizeof(payload)), -EAGAIN);
	/* The guest reads two, signals, and that is no signal too many. */
	set_le32(guest.rings + IN + READ_INDEX, 2 * 1024);
	guest_ring_doorbell(guest.monitor, 0);
	assert_true(vmbus_scan_doorbells(bus));
	assert_int_equal(rules_broken(&rules), 0);
	assert_int_equal(host_send(payload, sizeof(payload)), 0);
	assert_int_equal(le32(guest.rings + IN + PENDING), 0);
	guest_stop(&guest);
}

static void
room_is_what_a_packet_may_have(void **state)
{
	struct guest guest = guest_start();
	size_t room = vmbus_channel_room(opened[0]);
	uint8_t payload[RING] = { 0 };

	(void)state;
	assert_int_equal(host_send(payload, room - 16), 0);
	assert_int_equal(vmbus_channel_room(opened[0]), 0);
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

static void
a_bad_read_index_is_named_and_ends_the_channel(void **state)
{
	static const uint32_t bad[] = { 4, RING - PAGE, UINT32_MAX };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(bad); i++) {
		struct guest guest = guest_start();

		set_le32(guest.rings + IN + READ_INDEX, bad[i]);
		assert_int_equal(vmbus_channel_room(opened[0]), 0);
		assert_int_equal(vmbus_channel_room(opened[0]), 0);
		assert_int_equal(rules.broken[RULE_RING_INDEX], i + 1);
		assert_true(vmbus_channel_is_dead(opened[0]));
		assert_int_equal(host_send("12345678", 8), -EPROTO);
		guest_stop(&guest);
	}
}

/* Cases: signals */

/* The host sends when the guest has read all: there is reason for an interrupt. */
static void
host_sends_to_a_drained_ring(struct guest *guest, unsigned int index)
{
	set_le32(guest->rings + IN + READ_INDEX, le32(guest->rings + IN + WRITE_INDEX));
	vmbus_channel_send(opened[index], &(struct vmbus_send){
		.type = PACKET_INBAND, .payload = "12345678", .payload_len = 8,
	});
	vmbus_channel_flush(opened[index]);
}

static void
every_open_uio_is_told_of_every_interrupt(void **state)
{
	struct guest guest = guest_start();
	int second = guest_hello(TRANSPORT_HELLO_UIO, 0);

	(void)state;
	host_sends_to_a_drained_ring(&guest, 0);
	/* The ring is not empty: no interrupt. */
	host_send("12345678", 8);
	vmbus_channel_flush(opened[0]);
	host_sends_to_a_drained_ring(&guest, 0);
	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(guest_events(guest.uio), i);
		assert_int_equal(guest_events(second), i);
	}
	assert_int_equal(guest_events(guest.uio), 0);
	guest_hang_up(second);
	guest_stop(&guest);
}

static void
who_does_not_read_interrupts_holds_nothing_up(void **state)
{
	struct guest guest = guest_start();
	unsigned int unread = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		host_sends_to_a_drained_ring(&guest, 0);
	while (guest_events(guest.uio) != 0)
		unread++;
	assert_in_range(unread, 1, 64);
	host_sends_to_a_drained_ring(&guest, 0);
	assert_int_equal(guest_events(guest.uio), 1001);
	guest_stop(&guest);
}

/* What a kernel does to a primary and a subchannel, see kernel.h. */
static void
assert_kernel(const char *name, bool masks_at_open, bool masks_on_event, bool writes_to_all,
	      bool write_signals, bool has_sub_events)
{
	const struct transport_request irq_on = { .verb = TRANSPORT_IRQ, .index = 1 };
	const struct transport_request irq_off = { .verb = TRANSPORT_IRQ };
	struct transport_answer answer;
	uint8_t *primary_rings, *rings;
	struct guest guest;
	int error;

	bus = vmbus_create(&(struct vmbus_config){
		.dir = dir, .doorbell_only = true, .rules = &rules, .kernel = kernel_find(name),
	});
	dev = offer(INSTANCE, false);
	assert_non_null(dev);
	guest = guest_start();
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	rings = guest_map_ring(guest.memory, RELID + 1, &error);
	assert_non_null(rings);
	assert_int_equal(le32(guest.rings + IN + MASK), masks_at_open);
	assert_int_equal(le32(rings + IN + MASK), masks_at_open);

	set_le32(guest.rings + IN + MASK, 1);
	set_le32(rings + IN + MASK, 1);
	guest_send(guest.rings, 0, 1);
	guest_ask(guest.memory, &irq_on, -1, &answer);
	assert_int_equal(answer.error, 0);
	assert_int_equal(le32(guest.rings + IN + MASK), 0);
	assert_int_equal(le32(rings + IN + MASK), !writes_to_all);
	assert_int_equal(receive(0), write_signals);

	host_sends_to_a_drained_ring(&guest, 0);
	assert_int_equal(guest_events(guest.uio), 1);
	assert_int_equal(le32(guest.rings + IN + MASK), masks_on_event);
	set_le32(rings + IN + MASK, 0);
	primary_rings = guest.rings;
	guest.rings = rings;
	host_sends_to_a_drained_ring(&guest, 1);
	guest.rings = primary_rings;
	assert_int_equal(guest_events(guest.uio), has_sub_events ? 2 : 0);

	set_le32(rings + IN + MASK, 0);
	guest_ask(guest.memory, &irq_off, -1, &answer);
	assert_int_equal(le32(guest.rings + IN + MASK), 1);
	assert_int_equal(le32(rings + IN + MASK), writes_to_all);
	munmap(rings, 2 * RING);
	guest_stop(&guest);
	vmbus_destroy(bus);
	bus = NULL;
}

static void
kernels_treat_interrupts_each_in_its_way(void **state)
{
	(void)state;
	rules = (struct rules){ 0 };
	assert_kernel("6.18", false, false, true, true, true);
	assert_kernel("6.16", true, true, true, true, true);
	assert_kernel("6.12.53", false, false, false, true, false);
	assert_kernel("6.10", true, true, false, true, false);
	assert_kernel("6.6.119", false, false, true, false, true);
	assert_kernel("4.17", true, true, false, false, false);
	assert_null(kernel_find("2.6"));
}

static void
writing_to_the_uio_switches_interrupts(void **state)
{
	static const uint32_t off, on = 1;
	struct guest guest = guest_start();

	(void)state;
	assert_int_equal(send(guest.uio, &off, sizeof(off), 0), sizeof(off));
	vmbus_handle(bus);
	assert_int_equal(le32(guest.rings + IN + MASK), 1);
	host_send("12345678", 8);
	vmbus_channel_flush(opened[0]);
	assert_int_equal(guest_events(guest.uio), 0);
	assert_int_equal(send(guest.uio, &on, sizeof(on), 0), sizeof(on));
	vmbus_handle(bus);
	assert_int_equal(le32(guest.rings + IN + MASK), 0);
	guest_stop(&guest);
}

static void
a_signal_too_many_is_named(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	assert_false(vmbus_scan_doorbells(bus));
	guest_send(guest.rings, 0, 1);
	guest_ring_doorbell(guest.monitor, 0);
	assert_true(vmbus_scan_doorbells(bus));
	assert_int_equal(receive(0), 1);
	assert_int_equal(rules_broken(&rules), 0);
	/* We had seen this one, and it may yet be signalled once. */
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	assert_int_equal(rules.broken[RULE_RING_SIGNAL], 1);
	guest_stop(&guest);
}

static void
signals_that_come_late_are_no_fault(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	/* Two packets are read before either of their two signals is seen. */
	guest_send(guest.rings, 0, 1);
	assert_int_equal(receive(0), 1);
	vmbus_channel_flush(opened[0]);
	guest_send(guest.rings, 32, 2);
	assert_int_equal(receive(0), 1);
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

static void
a_dead_guests_signal_is_not_held_against_the_next(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	guest_ring_doorbell(guest.monitor, 0);
	guest_hang_up(guest.uio);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_false(vmbus_scan_doorbells(bus));
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

static void
doorbell_only_reads_after_a_signal_until_all_is_read(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	guest_send(guest.rings, 0, 1);
	assert_int_equal(receive(0), 0);
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	assert_int_equal(receive(0), 1);
	guest_send(guest.rings, 32, 2);
	assert_int_equal(receive(0), 1);
	assert_int_equal(receive(0), 0);
	/* Asleep again, and the guest can see that it has to signal. */
	assert_int_equal(le32(guest.rings + READ_INDEX), 64);
	guest_send(guest.rings, 64, 3);
	assert_int_equal(receive(0), 0);
	guest_stop(&guest);
}

/* What the guest reads before it signals. */
static uint32_t
mask_of_the_guests_ring(void)
{
	struct guest guest = guest_start();
	uint32_t mask = le32(guest.rings + MASK);

	guest_stop(&guest);
	return mask;
}

static void
a_host_that_is_awake_wants_no_signals(void **state)
{
	(void)state;
	assert_int_equal(mask_of_the_guests_ring(), 1);
}

static void
a_host_that_may_sleep_wants_signals(void **state)
{
	(void)state;
	assert_int_equal(mask_of_the_guests_ring(), 0);
}

static void
doorbell_only_wakes_a_guest_that_waits_for_room(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	guest_send(guest.rings, 0, 1);
	set_le32(guest.rings + PENDING, RING - PAGE - 8);
	guest_ring_doorbell(guest.monitor, 0);
	vmbus_scan_doorbells(bus);
	assert_int_equal(receive(0), 1);
	assert_int_equal(receive(0), 0);
	vmbus_channel_flush(opened[0]);
	assert_int_equal(guest_events(guest.uio), 1);
	guest_stop(&guest);
}

static void
a_channel_without_monitor_is_signalled_by_write(void **state)
{
	static const uint32_t on = 1;
	struct guest guest = guest_start();

	(void)state;
	guest_send(guest.rings, 0, 1);
	assert_int_equal(receive(0), 0);
	assert_int_equal(send(guest.uio, &on, sizeof(on), 0), sizeof(on));
	vmbus_handle(bus);
	assert_int_equal(receive(0), 1);
	/* It is also how interrupts are had: no fault when there is nothing. */
	assert_int_equal(receive(0), 0);
	assert_int_equal(send(guest.uio, &on, sizeof(on), 0), sizeof(on));
	vmbus_handle(bus);
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

/* Cases: subchannels */

static void
a_subchannel_appears_and_carries_packets(void **state)
{
	struct guest guest = guest_start();
	uint8_t *rings;
	int error;

	(void)state;
	assert_int_equal(vmbus_channel_offer_sub(dev, 2), 0);
	assert_non_null(opened[2]);
	assert_tree_says("channels/15/subchannel_id", "2\n");
	assert_tree_says("channels/15/monitor_id", "1\n");
	rings = guest_map_ring(guest.memory, RELID + 1, &error);
	assert_non_null(rings);
	guest_send(rings, 0, 0x22);
	guest_ring_doorbell(guest.monitor, 1);
	assert_true(vmbus_scan_doorbells(bus));
	assert_int_equal(receive(2), 1);
	assert_int_equal(packet.payload[0], 0x22);
	assert_int_equal(receive(0), 0);
	munmap(rings, 2 * RING);
	guest_stop(&guest);
}

/* What a kernel shows of a primary and a subchannel. */
static void
assert_kernel_shows(const char *name, bool directories, bool indexes, bool sub_rings)
{
	struct guest guest;
	int error;

	rules = (struct rules){ 0 };
	memset(opened, 0, sizeof(opened));
	bus = vmbus_create(&(struct vmbus_config){
		.dir = dir, .rules = &rules, .kernel = kernel_find(name),
	});
	assert_non_null(bus);
	dev = offer(INSTANCE, true);
	assert_non_null(dev);
	guest = guest_start();
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_int_equal(opened[1] != NULL, sub_rings);
	assert_true(tree_has("monitor_id"));
	assert_int_equal(tree_has("channels"), directories);
	assert_int_equal(tree_has("channels/14/cpu"), directories);
	assert_int_equal(tree_has("channels/15/cpu"), directories);
	assert_int_equal(tree_has("channels/14/ring"), indexes);
	assert_int_equal(tree_has("channels/14/monitor_id"), indexes);
	assert_int_equal(tree_has("channels/15/subchannel_id"), indexes);
	assert_int_equal(tree_has("channels/15/ring"), sub_rings);
	if (!sub_rings) {
		assert_null(guest_map_ring(guest.memory, RELID + 1, &error));
		assert_int_equal(error, ENODEV);
	}
	guest_stop(&guest);
	stop(NULL);
}

static void
kernels_show_channels_each_in_its_way(void **state)
{
	(void)state;
	assert_kernel_shows("6.18", true, true, true);
	assert_kernel_shows("4.17", true, true, true);
	assert_kernel_shows("4.16", true, true, false);
	assert_kernel_shows("4.14", true, false, false);
	assert_kernel_shows("4.13", false, false, false);
}

static void
subchannels_may_lack_the_monitor_that_the_primary_has(void **state)
{
	struct guest guest;

	(void)state;
	bus = vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules });
	assert_non_null(bus);
	dev = vmbus_offer(bus, &(struct vmbus_offer){
		.instance = INSTANCE, .monitored = true, .subs_unmonitored = true,
		.ring_bytes = RING, .recv_bytes = 16 * PAGE, .send_bytes = 8 * PAGE,
	}, &ops, NULL);
	assert_non_null(dev);
	guest = guest_start();
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_true(tree_has("channels/14/monitor_id"));
	assert_true(tree_has("channels/15/subchannel_id"));
	assert_false(tree_has("channels/15/monitor_id"));
	guest_stop(&guest);
	stop(NULL);
}

static void
only_the_primary_lacks_a_ring_that_is_hidden(void **state)
{
	struct guest guest;

	(void)state;
	bus = vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules });
	assert_non_null(bus);
	dev = vmbus_offer(bus, &(struct vmbus_offer){
		.instance = INSTANCE, .monitored = true, .hides_ring = true,
		.ring_bytes = RING, .recv_bytes = 16 * PAGE, .send_bytes = 8 * PAGE,
	}, &ops, NULL);
	assert_non_null(dev);
	guest = guest_start();
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_true(tree_has("channels/14/subchannel_id"));
	assert_false(tree_has("channels/14/ring"));
	assert_true(tree_has("channels/15/ring"));
	guest_stop(&guest);
	stop(NULL);
}

static void
subchannels_beyond_the_monitors_do_without(void **state)
{
	struct guest guest = guest_start();
	char name[64];
	uint8_t *rings;
	int error;

	(void)state;
	for (uint16_t i = 1; i <= 128; i++)
		assert_int_equal(vmbus_channel_offer_sub(dev, i), 0);
	for (unsigned int i = 0; i <= 128; i++) {
		snprintf(name, sizeof(name), "channels/%u/monitor_id", RELID + i);
		assert_int_equal(tree_has(name), i < 128);
	}
	rings = guest_map_ring(guest.memory, RELID + 128, &error);
	assert_non_null(rings);
	guest_send(rings, 0, 7);
	assert_int_equal(receive(128), 1);
	munmap(rings, 2 * RING);
	guest_stop(&guest);
}

static void
a_device_can_be_opened_once_it_has_a_node(void **state)
{
	int uio = -ENODEV;

	(void)state;
	assert_non_null(vmbus_offer(bus, &(struct vmbus_offer){
		.instance = "f2b4d6a8-0000-4000-8000-000000000002", .ring_bytes = RING,
		.recv_bytes = 16 * PAGE, .send_bytes = 8 * PAGE,
		.delays = { { [ARRIVAL_NODE] = 600 } },
	}, &ops, NULL));
	assert_int_equal(guest_hello(TRANSPORT_HELLO_UIO, 1), -ENODEV);
	for (unsigned int i = 0; i < 500 && uio < 0; i++) {
		poll(NULL, 0, 10);
		uio = guest_hello(TRANSPORT_HELLO_UIO, 1);
	}
	assert_true(uio >= 0);
	guest_hang_up(uio);
}

static unsigned int
entries_of(const char *path)
{
	char full[PATH_MAX];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *list;

	snprintf(full, sizeof(full), "%s/sys/%s", dir, path);
	list = opendir(full);
	assert_non_null(list);
	while ((entry = readdir(list)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(list);
	return count;
}

static void
a_rescinded_subchannel_stays_in_sight_and_is_silent(void **state)
{
	static const char channels[] = "bus/vmbus/devices/" INSTANCE "/channels";
	struct guest guest = guest_start();
	uint8_t *rings;
	int error;

	(void)state;
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	vmbus_channel_rescind(opened[1]);
	assert_null(opened[1]);
	assert_int_equal(closes, 1);
	assert_int_equal(guest_events(guest.uio), 0);
	/* Another process of the guest can still map it, and its signals lead nowhere. */
	rings = guest_map_ring(guest.memory, RELID + 1, &error);
	assert_non_null(rings);
	assert_int_equal(entries_of(channels), 2);
	guest_send(rings, 0, 7);
	guest_ring_doorbell(guest.monitor, 1);
	assert_false(vmbus_scan_doorbells(bus));
	assert_int_equal(le32(rings + OUT + READ_INDEX), 0);
	/* The others work. */
	guest_send(guest.rings, 0, 8);
	assert_int_equal(receive(0), 1);
	munmap(rings, 2 * RING);
	guest_hang_up(guest.uio);
	assert_int_equal(entries_of(channels), 1);
	assert_int_equal(closes, 2);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	guest_stop(&guest);
	assert_int_equal(rules_broken(&rules), 0);
}

static int
start_impatient(void **state)
{
	(void)state;
	rules = (struct rules){ 0 };
	opens = closes = 0;
	bus = vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules, .grace_ms = 1 });
	dev = bus != NULL ? offer(INSTANCE, true) : NULL;
	return dev != NULL ? 0 : -1;
}

/* Until the host has looked at what is left of lost channels. */
static void
let_the_host_look(void)
{
	for (unsigned int i = 0; i < 25; i++) {
		poll(NULL, 0, 10);
		vmbus_handle(bus);
	}
}

static void
who_leaves_the_rings_of_a_lost_device_alone_breaks_no_rule(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	vmbus_rescind(dev);
	/* Not yet noticed. */
	guest_send(guest.rings, 0, 1);
	let_the_host_look();
	let_the_host_look();
	assert_int_equal(rules_broken(&rules), 0);
	guest_stop(&guest);
}

static void
who_touches_the_rings_of_a_lost_device_is_named(void **state)
{
	struct guest guest = guest_start();

	(void)state;
	vmbus_rescind(dev);
	let_the_host_look();
	/* Read, not written: nothing is there any more, and nothing crashes. */
	assert_int_equal(le32(guest.rings + IN + WRITE_INDEX), 0);
	let_the_host_look();
	assert_int_equal(rules.broken[RULE_RING_GONE], 1);
	guest_send(guest.rings, 0, 1);
	let_the_host_look();
	assert_int_equal(rules_broken(&rules), 1);
	guest_stop(&guest);
}

static void
who_closes_a_device_has_let_go_of_its_subchannels(void **state)
{
	struct guest guest = guest_start();
	uint8_t *rings;
	int error;

	(void)state;
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	rings = guest_map_ring(guest.memory, RELID + 1, &error);
	assert_non_null(rings);
	guest_hang_up(guest.uio);
	/* The primary's stay, whoever comes. */
	assert_int_equal(le32(guest.rings + IN + READ_INDEX), 0);
	let_the_host_look();
	assert_int_equal(rules_broken(&rules), 0);
	assert_int_equal(le32(rings + IN + WRITE_INDEX), 0);
	let_the_host_look();
	assert_int_equal(rules.broken[RULE_RING_GONE], 1);
	munmap(rings, 2 * RING);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	guest_stop(&guest);
	assert_int_equal(rules_broken(&rules), 1);
}

static void
subchannels_go_with_the_last_close_and_their_rings_too(void **state)
{
	struct guest guest = guest_start();
	int error;

	(void)state;
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), -EEXIST);
	assert_int_equal(vmbus_channel_offer_sub(dev, 0), -EINVAL);
	guest_hang_up(guest.uio);
	assert_int_equal(closes, 2);
	assert_null(opened[1]);
	assert_null(guest_map_ring(guest.memory, RELID + 1, &error));
	assert_int_equal(error, ENODEV);
	assert_null(guest_map_ring(guest.memory, RELID, &error));
	assert_int_equal(error, ENODEV);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), -EINVAL);
	guest.uio = guest_hello(TRANSPORT_HELLO_UIO, 0);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_tree_says("channels/16/subchannel_id", "1\n");
	/* The primary's rings have a ring file as well. */
	munmap(guest_map_ring(guest.memory, RELID, &error), 2 * RING);
	assert_int_equal(error, 0);
	guest_stop(&guest);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }
#define CASE_IN(setup, sentence, function) { sentence, function, setup, stop, NULL }
#define CASE_ALONE(sentence, function) { sentence, function, NULL, NULL, NULL }

static int
stop_if_started(void **state)
{
	return bus != NULL ? stop(state) : 0;
}

int
main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE("a second host in the directory is refused",
		     a_second_host_in_the_directory_is_refused),
		{ "a killed host's leftovers are taken over",
		  a_killed_hosts_leftovers_are_taken_over, NULL, stop_if_started, NULL },
		{ "the memory of a killed host is swept by any other",
		  the_memory_of_a_killed_host_is_swept_by_any_other, NULL, stop_if_started, NULL },
		{ "a directory that is another host's by now is left alone",
		  a_directory_that_is_another_hosts_by_now_is_left_alone, NULL, stop_if_started,
		  NULL },
		CASE_ALONE("a directory with other people's files is left alone",
			   a_directory_with_other_peoples_files_is_left_alone),
		CASE_ALONE("a directory with a long name is refused",
			   a_directory_with_a_long_name_is_refused),
		CASE_ALONE("nothing is left behind", nothing_is_left_behind),
		CASE("the tree is as the kernel's", the_tree_is_as_the_kernels),
		CASE_IN(start_unmonitored, "without monitor the tree has no id of it",
			without_monitor_the_tree_has_no_id_of_it),
		CASE("a rescinded device is gone, and its guest sees it",
		     a_rescinded_device_is_gone_and_its_guest_sees_it),
		CASE("devices beyond the monitors do without",
		     devices_beyond_the_monitors_do_without),
		CASE("all regions can be mapped and have their sizes",
		     all_regions_can_be_mapped_and_have_their_sizes),
		CASE("buffers are found by their handles", buffers_are_found_by_their_handles),
		CASE("the last close closes, and the next open begins anew",
		     the_last_close_closes_and_the_next_open_begins_anew),
		CASE("a dead guest's memory stays while its devices are open",
		     a_dead_guests_memory_stays_while_its_devices_are_open),
		CASE("a guest of another build is refused", a_guest_of_another_build_is_refused),
		CASE("who talks nonsense is hung up on", who_talks_nonsense_is_hung_up_on),
		CASE("registered memory is reachable until it is dropped",
		     registered_memory_is_reachable_until_it_is_dropped),
		CASE("a packet of the guest arrives checked",
		     a_packet_of_the_guest_arrives_checked),
		CASE("a broken ring is named and ends the channel",
		     a_broken_ring_is_named_and_ends_the_channel),
		CASE("a packet of the host is as the wire wants it",
		     a_packet_of_the_host_is_as_the_wire_wants_it),
		CASE("a full ring asks the guest for room and takes the wish back",
		     a_full_ring_asks_the_guest_for_room_and_takes_the_wish_back),
		CASE("room is what a packet may have", room_is_what_a_packet_may_have),
		CASE("a bad read index is named and ends the channel",
		     a_bad_read_index_is_named_and_ends_the_channel),
		CASE("every open uio is told of every interrupt",
		     every_open_uio_is_told_of_every_interrupt),
		CASE("who does not read interrupts holds nothing up",
		     who_does_not_read_interrupts_holds_nothing_up),
		CASE_ALONE("kernels show channels each in its way",
			   kernels_show_channels_each_in_its_way),
		CASE_ALONE("kernels treat interrupts each in its way",
			   kernels_treat_interrupts_each_in_its_way),
		CASE("writing to the uio switches interrupts",
		     writing_to_the_uio_switches_interrupts),
		CASE("a signal too many is named", a_signal_too_many_is_named),
		CASE("signals that come late are no fault", signals_that_come_late_are_no_fault),
		CASE("a dead guest's signal is not held against the next",
		     a_dead_guests_signal_is_not_held_against_the_next),
		CASE_IN(start_doorbell_only, "doorbell-only reads after a signal until all is read",
			doorbell_only_reads_after_a_signal_until_all_is_read),
		CASE_IN(start_awake, "a host that is awake wants no signals",
			a_host_that_is_awake_wants_no_signals),
		CASE_IN(start, "a host that may sleep wants signals",
			a_host_that_may_sleep_wants_signals),
		CASE_IN(start_doorbell_only, "doorbell-only wakes a guest that waits for room",
			doorbell_only_wakes_a_guest_that_waits_for_room),
		CASE_IN(start_unmonitored, "a channel without monitor is signalled by write()",
			a_channel_without_monitor_is_signalled_by_write),
		CASE("a subchannel appears and carries packets",
		     a_subchannel_appears_and_carries_packets),
		CASE_IN(start_impatient, "who leaves the rings of a lost device alone breaks no rule",
			who_leaves_the_rings_of_a_lost_device_alone_breaks_no_rule),
		CASE_IN(start_impatient, "who touches the rings of a lost device is named",
			who_touches_the_rings_of_a_lost_device_is_named),
		CASE("who closes a device has let go of its subchannels",
		     who_closes_a_device_has_let_go_of_its_subchannels),
		CASE("a device can be opened once it has a node",
		     a_device_can_be_opened_once_it_has_a_node),
		CASE("a rescinded subchannel stays in sight and is silent",
		     a_rescinded_subchannel_stays_in_sight_and_is_silent),
		CASE_ALONE("subchannels may lack the monitor that the primary has",
			   subchannels_may_lack_the_monitor_that_the_primary_has),
		CASE_ALONE("only the primary lacks a ring that is hidden",
			   only_the_primary_lacks_a_ring_that_is_hidden),
		CASE("subchannels beyond the monitors do without",
		     subchannels_beyond_the_monitors_do_without),
		CASE("subchannels go with the last close, and their rings too",
		     subchannels_go_with_the_last_close_and_their_rings_too),
	};

	return cmocka_run_group_tests_name("host vmbus", cases, make_dir, remove_dir);
}
