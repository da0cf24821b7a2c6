/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What hvhost tells of devices that come and go, and to whom.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "host_test.h"
#include "kernel.h"
#include "pace.h"
#include "rules.h"

#define INSTANCE "f2b4d6a8-0000-4000-8000-000000000001"
#define PATH TRANSPORT_DEVICES "/" INSTANCE
#define PAGE 4096u

static char dir[] = "/tmp/hvuXXXXXX";
static struct vmbus *bus;
static struct rules rules;
static char heard[2048];

static void
on_channel(void *ctx, struct vmbus_channel *ch)
{
	(void)ctx;
	(void)ch;
}

static const struct vmbus_device_ops ops = { on_channel, on_channel };

static int
start_with(const struct kernel *kernel)
{
	rules = (struct rules){ 0 };
	bus = vmbus_create(&(struct vmbus_config){ .dir = dir, .rules = &rules,
						   .kernel = kernel });
	return bus != NULL ? 0 : -1;
}

static int
start(void **state)
{
	(void)state;
	return start_with(NULL);
}

static int
start_without_channels(void **state)
{
	(void)state;
	return start_with(kernel_find("4.13"));
}

static int
stop(void **state)
{
	(void)state;
	vmbus_destroy(bus);
	return 0;
}

static struct vmbus_device *
offer_late(const struct arrival_delays *delays)
{
	return vmbus_offer(bus, &(struct vmbus_offer){
		.instance = INSTANCE, .monitored = true, .ring_bytes = 4 * PAGE,
		.recv_bytes = 16 * PAGE, .send_bytes = 8 * PAGE, .delays = *delays,
	}, &ops, NULL);
}

static struct vmbus_device *
offer(void)
{
	return offer_late(&(struct arrival_delays){ { 0 } });
}

static bool
is_there(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/sys/%s", dir, path);
	return access(full, F_OK) == 0;
}

/* A listener of that number; the guest's end. */
static int
listen_as(uint32_t id)
{
	int end[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, end), 0);
	assert_int_equal(uevents_add(&bus->uevents, &rules, id, end[1]), 0);
	close(end[1]);
	return end[0];
}

static int
listen_joined(void)
{
	int fd = listen_as(1);

	assert_int_equal(uevents_join(&bus->uevents, &rules, 1), 0);
	return fd;
}

/* The next message, or -1 with errno. */
static ssize_t
hear(int fd)
{
	memset(heard, 0, sizeof(heard));
	return recv(fd, heard, sizeof(heard), MSG_DONTWAIT);
}

static void
tell(const char *path)
{
	uevents_tell(&bus->uevents, "change", path, "test", "");
}

static void
assert_silent(int fd)
{
	assert_int_equal(hear(fd), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
assert_heard(int fd, const char *event)
{
	assert_true(hear(fd) > 1);
	assert_string_equal(heard, event);
}

/* What was heard last has this among its variables. */
static void
assert_tells(const char *variable)
{
	const char *at = heard;

	while (at[0] != '\0' && strcmp(at, variable) != 0)
		at += strlen(at) + 1;
	assert_string_equal(at, variable);
}

/* Cases */

static void
an_event_has_the_kernels_form(void **state)
{
	static const char event[] = "add@/devices/x/uio/uio7\0ACTION=add\0"
		"DEVPATH=/devices/x/uio/uio7\0SUBSYSTEM=uio\0MAJOR=242\0MINOR=7\0DEVNAME=uio7\0"
		"SEQNUM=1";
	int fd = listen_joined();

	(void)state;
	uevents_tell(&bus->uevents, "add", "/devices/x/uio/uio7", "uio",
		     "MAJOR=242\nMINOR=7\nDEVNAME=uio7\n");
	assert_int_equal(hear(fd), sizeof(event));
	assert_memory_equal(heard, event, sizeof(event));
	close(fd);
}

static void
a_device_comes_in_the_kernels_order(void **state)
{
	int fd = listen_joined();

	(void)state;
	assert_non_null(offer());
	assert_heard(fd, "add@" PATH);
	assert_tells("SUBSYSTEM=vmbus");
	assert_tells("MODALIAS=vmbus:635161f83edfc546913ff2d2f965ed0e");
	assert_heard(fd, "add@" PATH "/uio/uio0");
	assert_heard(fd, "bind@" PATH);
	assert_tells("DRIVER=uio_hv_generic");
	assert_heard(fd, "add@" PATH "/channels/14");
	assert_silent(fd);
	close(fd);
}

static void
a_device_goes_in_the_kernels_order(void **state)
{
	struct vmbus_device *dev = offer();
	int fd = listen_joined();

	(void)state;
	vmbus_rescind(dev);
	assert_heard(fd, "remove@" PATH "/uio/uio0");
	assert_heard(fd, "unbind@" PATH);
	assert_heard(fd, "remove@" PATH);
	assert_heard(fd, "remove@" PATH "/channels/14");
	assert_silent(fd);
	close(fd);
}

static void
a_device_that_comes_back_is_a_new_one(void **state)
{
	int fd = listen_joined();

	(void)state;
	vmbus_rescind(offer());
	for (unsigned int i = 0; i < 8; i++)
		assert_true(hear(fd) > 1);
	assert_non_null(offer());
	assert_heard(fd, "add@" PATH);
	assert_heard(fd, "add@" PATH "/uio/uio1");
	assert_heard(fd, "bind@" PATH);
	assert_heard(fd, "add@" PATH "/channels/15");
	close(fd);
}

static void
a_subchannel_has_events_of_its_own(void **state)
{
	struct vmbus_device *dev = offer();
	int fd = listen_joined();

	(void)state;
	device_open(dev);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	assert_heard(fd, "add@" PATH "/channels/15");
	assert_tells("SUBSYSTEM=channels");
	device_close(dev);
	assert_heard(fd, "remove@" PATH "/channels/15");
	assert_silent(fd);
	close(fd);
}

static void
a_kernel_that_shows_no_channels_does_not_tell_of_them(void **state)
{
	int fd = listen_joined();

	(void)state;
	vmbus_rescind(offer());
	while (hear(fd) > 0)
		assert_null(strstr(heard, "channels"));
	close(fd);
}

static uint64_t
ms_since(uint64_t begin_ns)
{
	return (pace_now_ns() - begin_ns) / 1000000;
}

/* Let the host go on until it tells of this. */
static void
wait_for_event(int fd, const char *event)
{
	struct pollfd pollfd = { .fd = vmbus_fd(bus), .events = POLLIN };

	for (unsigned int i = 0; i < 50 && hear(fd) < 0; i++) {
		poll(&pollfd, 1, 100);
		vmbus_handle(bus);
	}
	assert_string_equal(heard, event);
}

static void
wait_for_file(const char *path)
{
	struct pollfd pollfd = { .fd = vmbus_fd(bus), .events = POLLIN };

	for (unsigned int i = 0; i < 1000 && !is_there(path); i++) {
		poll(&pollfd, 1, 100);
		vmbus_handle(bus);
	}
	assert_true(is_there(path));
}

static void
each_step_of_a_device_can_be_late(void **state)
{
	static const char node[] = "dev/uio0";
	static const char ring[] = "devices/vmbus/" INSTANCE "/channels/14/ring";
	static const char driver[] = "bus/vmbus/devices/" INSTANCE "/driver";
	static const struct arrival_delays delays = { {
		[ARRIVAL_DRIVER] = 40, [ARRIVAL_NODE] = 120, [ARRIVAL_CHANNELS] = 80,
		[ARRIVAL_RING] = 80,
	} };
	uint64_t begin = pace_now_ns();
	int fd = listen_joined();

	(void)state;
	/* On a busy machine much can have happened before we look again, but not too early. */
	assert_non_null(offer_late(&delays));
	assert_heard(fd, "add@" PATH);
	assert_true(!is_there(driver) || ms_since(begin) >= 40);
	wait_for_event(fd, "add@" PATH "/uio/uio0");
	assert_true(ms_since(begin) >= 40);
	assert_heard(fd, "bind@" PATH);
	assert_true(is_there(driver));
	wait_for_event(fd, "add@" PATH "/channels/14");
	assert_true(ms_since(begin) >= 80);
	wait_for_file(node);
	assert_true(ms_since(begin) >= 120);
	wait_for_file(ring);
	assert_true(ms_since(begin) >= 160);
	assert_silent(fd);
	close(fd);
}

static void
a_device_that_is_offered_late_waits_for_a_guest(void **state)
{
	static const struct arrival_delays delays = { { [ARRIVAL_DEVICE] = 30 } };
	struct pollfd pollfd = { .fd = vmbus_fd(bus), .events = POLLIN };
	int fd = listen_joined();
	uint64_t begin;

	(void)state;
	assert_non_null(offer_late(&delays));
	poll(&pollfd, 1, 60);
	vmbus_handle(bus);
	assert_silent(fd);
	begin = pace_now_ns();
	arrivals_meet_guest(bus);
	wait_for_event(fd, "add@" PATH);
	assert_true(ms_since(begin) >= 30);
	assert_heard(fd, "add@" PATH "/uio/uio0");
	close(fd);
}

static void
a_subchannels_ring_file_can_be_late(void **state)
{
	static const char ring[] = "devices/vmbus/" INSTANCE "/channels/15/ring";
	struct vmbus_device *dev = offer_late(&(struct arrival_delays){ {
		[ARRIVAL_RING] = 30, [ARRIVAL_CHANNELS] = 60000 } });
	uint64_t begin = pace_now_ns();
	int fd = listen_joined();

	(void)state;
	device_open(dev);
	assert_int_equal(vmbus_channel_offer_sub(dev, 1), 0);
	/* The primary's cannot come after it. */
	assert_heard(fd, "add@" PATH "/channels/14");
	assert_heard(fd, "add@" PATH "/channels/15");
	assert_true(!is_there(ring) || ms_since(begin) >= 30);
	wait_for_file(ring);
	assert_true(ms_since(begin) >= 30);
	device_close(dev);
	close(fd);
}

/* Whatever has come goes again, and is told; nothing else is. */
static void
a_device_may_go_at_any_step_of_its_arrival(void **state)
{
	static const struct arrival_delays delays = { {
		[ARRIVAL_DRIVER] = 4, [ARRIVAL_NODE] = 8, [ARRIVAL_CHANNELS] = 12,
		[ARRIVAL_RING] = 4,
	} };
	struct pollfd pollfd = { .fd = vmbus_fd(bus), .events = POLLIN };
	int fd = listen_joined();

	(void)state;
	for (unsigned int moment = 0; moment < 24; moment++) {
		struct vmbus_device *dev = offer_late(&delays);
		unsigned int came = 0, went = 0;

		poll(NULL, 0, (int)moment);
		vmbus_handle(bus);
		vmbus_rescind(dev);
		while (hear(fd) > 0) {
			came += heard[0] == 'a' || heard[0] == 'b';
			went += heard[0] == 'r' || heard[0] == 'u';
		}
		assert_true(came >= 1);
		assert_int_equal(came, went);
		assert_false(is_there("devices/vmbus/" INSTANCE));
	}
	poll(&pollfd, 1, 50);
	vmbus_handle(bus);
	assert_silent(fd);
	close(fd);
}

static void
a_listener_hears_nothing_before_it_joins(void **state)
{
	int fd = listen_as(1);

	(void)state;
	tell("/early");
	assert_silent(fd);
	assert_int_equal(uevents_join(&bus->uevents, &rules, 1), 0);
	tell("/late");
	assert_heard(fd, "change@/late");
	close(fd);
}

/* Fill a listener's socket; how many events it took. */
static unsigned int
tell_until_full(const struct uevents *uevents)
{
	unsigned int i;

	for (i = 0; i < 10000 && !uevents_has_lost(uevents); i++)
		tell("/much");
	return i - 1;
}

static void
who_reads_too_slowly_is_told_of_the_loss_in_its_place(void **state)
{
	int fd = listen_joined();
	unsigned int told = tell_until_full(&bus->uevents);

	(void)state;
	assert_in_range(told, 50, 9998);
	tell("/lost");
	for (unsigned int i = 0; i < told; i++)
		assert_heard(fd, "change@/much");
	assert_silent(fd);
	uevents_handle(&bus->uevents);
	assert_int_equal(hear(fd), 1);
	assert_int_equal(heard[0], '\0');
	tell("/after");
	assert_heard(fd, "change@/after");
	close(fd);
}

static void
a_listener_that_has_gone_is_forgotten(void **state)
{
	(void)state;
	close(listen_joined());
	tell("/x");
	assert_null(bus->uevents.listeners);
}

static void
what_is_no_socket_is_no_listener(void **state)
{
	int pipe_end[2], file = open("/dev/null", O_RDWR), stream[2];

	(void)state;
	assert_int_equal(pipe(pipe_end), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, stream), 0);
	assert_int_equal(uevents_add(&bus->uevents, &rules, 1, -1), -EINVAL);
	assert_int_equal(uevents_add(&bus->uevents, &rules, 2, file), -EPERM);
	assert_int_equal(uevents_add(&bus->uevents, &rules, 3, pipe_end[1]), 0);
	assert_int_equal(uevents_join(&bus->uevents, &rules, 3), 0);
	tell("/x");
	assert_null(bus->uevents.listeners);
	/* A stream's end is noticed by itself, and nothing spins on it. */
	assert_int_equal(uevents_add(&bus->uevents, &rules, 4, stream[1]), 0);
	close(stream[0]);
	uevents_handle(&bus->uevents);
	assert_null(bus->uevents.listeners);
	for (unsigned int i = 0; i < 2; i++)
		close(pipe_end[i]);
	close(stream[1]);
	close(file);
}

static void
listeners_are_their_owners(void **state)
{
	int fd[3] = { listen_as(1), listen_as(2), -1 }, other;

	(void)state;
	assert_int_equal(uevents_add(&bus->uevents, &rules, 1, fd[1]), -EINVAL);
	assert_int_equal(uevents_join(&bus->uevents, &ops, 1), -ENOENT);
	assert_int_equal(uevents_add(&bus->uevents, &ops, 1, other = dup(fd[0])), 0);
	close(other);
	uevents_drop(&bus->uevents, &rules, 2);
	assert_int_equal(uevents_join(&bus->uevents, &rules, 2), -ENOENT);
	uevents_drop_owner(&bus->uevents, &rules);
	assert_int_equal(uevents_join(&bus->uevents, &rules, 1), -ENOENT);
	assert_int_equal(uevents_join(&bus->uevents, &ops, 1), 0);
	close(fd[0]);
	close(fd[1]);
}

static void
there_are_no_more_listeners_than_there_may_be(void **state)
{
	int end[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, end), 0);
	for (uint32_t i = 0; i < UEVENT_LISTENERS_MAX; i++)
		assert_int_equal(uevents_add(&bus->uevents, &rules, i, end[1]), 0);
	assert_int_equal(uevents_add(&bus->uevents, &rules, UEVENT_LISTENERS_MAX, end[1]),
			 -ENFILE);
	close(end[0]);
	close(end[1]);
}

static void
what_a_process_sends_as_the_kernel_is_not_passed_on(void **state)
{
	struct sockaddr_nl host = { 0 };
	socklen_t len = sizeof(host);
	int fd = listen_joined(), liar = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	(void)state;
	if (bus->uevents.kernel_fd < 0 || liar < 0)
		skip();
	assert_int_equal(getsockname(bus->uevents.kernel_fd, (struct sockaddr *)&host, &len), 0);
	if (sendto(liar, "add@/x\0SUBSYSTEM=pci", 21, 0, (struct sockaddr *)&host, len) < 0)
		skip();
	uevents_handle(&bus->uevents);
	assert_silent(fd);
	close(liar);
	close(fd);
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

#define BUS_CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest cases[] = {
		BUS_CASE("an event has the kernel's form", an_event_has_the_kernels_form),
		BUS_CASE("a device comes in the kernel's order",
			 a_device_comes_in_the_kernels_order),
		BUS_CASE("a device goes in the kernel's order",
			 a_device_goes_in_the_kernels_order),
		BUS_CASE("a device that comes back is a new one",
			 a_device_that_comes_back_is_a_new_one),
		BUS_CASE("a subchannel has events of its own", a_subchannel_has_events_of_its_own),
		{ "a kernel that shows no channels does not tell of them",
		  a_kernel_that_shows_no_channels_does_not_tell_of_them, start_without_channels,
		  stop, NULL },
		BUS_CASE("each step of a device can be late", each_step_of_a_device_can_be_late),
		BUS_CASE("a device that is offered late waits for a guest",
			 a_device_that_is_offered_late_waits_for_a_guest),
		BUS_CASE("a subchannel's ring file can be late",
			 a_subchannels_ring_file_can_be_late),
		BUS_CASE("a device may go at any step of its arrival",
			 a_device_may_go_at_any_step_of_its_arrival),
		BUS_CASE("a listener hears nothing before it joins",
			 a_listener_hears_nothing_before_it_joins),
		BUS_CASE("who reads too slowly is told of the loss in its place",
			 who_reads_too_slowly_is_told_of_the_loss_in_its_place),
		BUS_CASE("a listener that has gone is forgotten",
			 a_listener_that_has_gone_is_forgotten),
		BUS_CASE("what is no socket is no listener", what_is_no_socket_is_no_listener),
		BUS_CASE("listeners are their owner's", listeners_are_their_owners),
		BUS_CASE("there are no more listeners than there may be",
			 there_are_no_more_listeners_than_there_may_be),
		BUS_CASE("what a process sends as the kernel is not passed on",
			 what_a_process_sends_as_the_kernel_is_not_passed_on),
	};

	return cmocka_run_group_tests_name("host uevent", cases, make_dir, remove_dir);
}
