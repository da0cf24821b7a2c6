/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The hot-plug monitor with the test as the kernel that tells of devices, as
 * the bus that knows them, and as EAL, whose alarms run when the test says so.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_interrupts.h>

#include "driver_test.h"
#include "vmbus_private.h"

#define NAME "ed963694-e847-4b2a-85af-bc9cfc11d6f3"
#define OTHER "11111111-e847-4b2a-85af-bc9cfc11d6f3"

int vmbus_logtype_bus;

static enum rte_proc_type_t process;
/* Our end of the kernel's socket; the monitor's; how it comes to be. */
static int kernel, monitor_fd;
static int socket_error, bind_error, listen_error;
static rte_intr_callback_fn hear;
/* The alarm that waits. */
static rte_eal_alarm_callback alarm_fn;
static uint64_t alarm_us;
static unsigned int alarms_set, looks;

/* What sysfs shows. */
static struct {
	struct rte_vmbus_device dev;
	struct rte_devargs devargs;
	bool wanted;
} shown[3];
static unsigned int shown_count;
static bool has_node;
/* The application's device, and what became of our probes. */
static bool held;
static int probe_error;
static bool probe_is_used;
static unsigned int probes;
static char probed[128];
static void (*during_probe)(void);

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return process;
}

int
socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	if (socket_error != 0) {
		errno = socket_error;
		return -1;
	}
	return monitor_fd;
}

int
bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)addr;
	(void)len;
	assert_int_equal(fd, monitor_fd);
	errno = bind_error;
	return bind_error != 0 ? -1 : 0;
}

int
rte_intr_callback_register(const struct rte_intr_handle *handle, rte_intr_callback_fn cb,
			   void *arg)
{
	assert_int_equal(rte_intr_fd_get(handle), monitor_fd);
	assert_null(arg);
	hear = cb;
	return listen_error;
}

int
rte_intr_callback_unregister_sync(const struct rte_intr_handle *handle, rte_intr_callback_fn cb,
				  void *arg)
{
	assert_int_equal(rte_intr_fd_get(handle), monitor_fd);
	assert_ptr_equal(cb, hear);
	assert_null(arg);
	hear = NULL;
	return 1;
}

int
rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg)
{
	assert_null(arg);
	alarm_fn = cb;
	alarm_us = us;
	alarms_set++;
	return 0;
}

int
rte_eal_alarm_cancel(rte_eal_alarm_callback cb, void *arg)
{
	(void)arg;
	if (alarm_fn == cb)
		alarm_fn = NULL;
	return 0;
}

int
rte_dev_probe(const char *devargs)
{
	probes++;
	snprintf(probed, sizeof(probed), "%s", devargs);
	if (during_probe != NULL)
		during_probe();
	probe_is_used = probe_error == 0;
	return probe_error;
}

bool
vmbus_uio_has_node(int minor)
{
	assert_true(minor >= 0);
	return has_node;
}

bool
vmbus_node_is_same(const struct vmbus_node *a, const struct vmbus_node *b)
{
	return a->inode == b->inode && a->relid == b->relid && a->uio_minor == b->uio_minor;
}

int
vmbus_bus_walk(int (*found)(const struct rte_vmbus_device *dev, void *ctx), void *ctx)
{
	unsigned int i;

	looks++;
	for (i = 0; i < shown_count; i++)
		assert_int_equal(found(&shown[i].dev, ctx), 0);
	return 0;
}

bool
vmbus_bus_is_wanted(const struct rte_vmbus_device *dev)
{
	unsigned int i;

	for (i = 0; i < shown_count && strcmp(shown[i].dev.name, dev->name) != 0; i++)
		;
	return i < shown_count && shown[i].wanted;
}

bool
vmbus_bus_is_held(const char *name)
{
	(void)name;
	return held;
}

bool
vmbus_bus_is_used(const char *name, const struct vmbus_node *node)
{
	(void)name;
	(void)node;
	return probe_is_used;
}

/* The kernel shows a device, bound, with this node. */
static struct rte_vmbus_device *
show(const char *name, int minor, uint32_t relid)
{
	unsigned int i;

	for (i = 0; i < shown_count && strcmp(shown[i].dev.name, name) != 0; i++)
		;
	if (i == shown_count)
		memset(&shown[shown_count++], 0, sizeof(shown[0]));
	shown[i].dev.node = (struct vmbus_node){
		.inode = 100 + relid, .relid = relid, .uio_minor = minor,
	};
	snprintf(shown[i].dev.name, sizeof(shown[i].dev.name), "%s", name);
	shown[i].dev.device.name = shown[i].dev.name;
	shown[i].wanted = true;
	return &shown[i].dev;
}

static void
give_args(const char *args)
{
	shown[0].devargs.args = args;
	shown[0].dev.device.devargs = &shown[0].devargs;
}

static void
tell(const char *text, size_t len)
{
	assert_int_equal(send(kernel, text, len, 0), len);
}

#define TELL(text) tell(text, sizeof(text))
#define NEWS "add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=vmbus\0SEQNUM=7"

/* The alarm that waits goes off. */
static void
go_off(void)
{
	rte_eal_alarm_callback cb = alarm_fn;

	assert_non_null(cb);
	alarm_fn = NULL;
	cb(NULL);
}

/* The kernel has told of it, and the time has passed. */
static void
look(void)
{
	TELL(NEWS);
	hear(NULL);
	assert_int_equal(alarm_us, 100000);
	go_off();
}

static int
start(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	kernel = pair[0];
	monitor_fd = pair[1];
	process = RTE_PROC_PRIMARY;
	socket_error = bind_error = listen_error = probe_error = 0;
	hear = NULL;
	alarm_fn = NULL;
	alarms_set = looks = probes = 0;
	shown_count = 0;
	memset(shown, 0, sizeof(shown));
	has_node = true;
	held = false;
	during_probe = NULL;
	probed[0] = '\0';
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	rte_vmbus_hotplug_stop();
	close(kernel);
	return 0;
}

/* Started, and the first look is over. */
static void
begin(void)
{
	assert_int_equal(rte_vmbus_hotplug_start(), 0);
	go_off();
	alarms_set = looks = 0;
}

static void
monitor_starts_once_and_again_after_a_stop(void **state)
{
	(void)state;
	assert_int_equal(rte_vmbus_hotplug_start(), 0);
	assert_int_equal(rte_vmbus_hotplug_start(), -EALREADY);
	assert_non_null(alarm_fn);
	rte_vmbus_hotplug_stop();
	rte_vmbus_hotplug_stop();
	assert_null(hear);
	assert_null(alarm_fn);
	/* It closed its socket. */
	assert_int_equal(send(kernel, "", 1, 0), -1);
	stop(state);
	start(state);
	assert_int_equal(rte_vmbus_hotplug_start(), 0);
}

static void
monitor_that_cannot_hear_does_not_start(void **state)
{
	(void)state;
	process = RTE_PROC_SECONDARY;
	assert_int_equal(rte_vmbus_hotplug_start(), -ENOTSUP);
	process = RTE_PROC_PRIMARY;
	socket_error = EPERM;
	assert_int_equal(rte_vmbus_hotplug_start(), -EPERM);
	socket_error = 0;
	listen_error = -ENOMEM;
	assert_int_equal(rte_vmbus_hotplug_start(), -ENOMEM);
	assert_int_equal(send(kernel, "", 1, 0), -1);
	assert_null(alarm_fn);
	stop(state);
	start(state);
	bind_error = EACCES;
	assert_int_equal(rte_vmbus_hotplug_start(), -EACCES);
	assert_int_equal(send(kernel, "", 1, 0), -1);
}

static void
device_that_comes_is_probed_once(void **state)
{
	(void)state;
	begin();
	show(NAME, 3, 14);
	look();
	assert_int_equal(probes, 1);
	assert_string_equal(probed, "vmbus:" NAME ",");
	look();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
device_that_came_before_the_monitor_is_found_at_its_start(void **state)
{
	(void)state;
	show(NAME, 3, 14);
	assert_int_equal(rte_vmbus_hotplug_start(), 0);
	go_off();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
device_that_the_bus_had_is_not_probed_again(void **state)
{
	(void)state;
	vmbus_hotplug_learn(show(NAME, 3, 14));
	begin();
	look();
	assert_int_equal(probes, 0);
	/* Away, and back with all the same numbers. */
	shown_count = 0;
	look();
	show(NAME, 3, 14);
	look();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
device_is_probed_when_it_is_bound_and_has_its_node(void **state)
{
	(void)state;
	begin();
	show(NAME, -1, 14);
	look();
	has_node = false;
	show(NAME, 3, 14);
	look();
	assert_int_equal(probes, 0);
	has_node = true;
	look();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
device_that_has_no_node_at_the_start_is_probed_when_that_comes(void **state)
{
	(void)state;
	has_node = false;
	vmbus_hotplug_learn(show(NAME, 3, 14));
	begin();
	look();
	assert_int_equal(probes, 0);
	has_node = true;
	look();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
unwanted_device_is_left_alone(void **state)
{
	(void)state;
	begin();
	show(NAME, 3, 14);
	shown[0].wanted = false;
	look();
	assert_int_equal(probes, 0);
	shown_count = 0;
	look();
}

static void
device_comes_back_with_its_devargs_although_eal_forgot_them(void **state)
{
	(void)state;
	show(NAME, 3, 14);
	give_args("latency=50");
	vmbus_hotplug_learn(&shown[0].dev);
	begin();
	shown_count = 0;
	look();
	/* Neither devargs nor an allow list speak of it any more. */
	show(NAME, 3, 15);
	shown[0].wanted = false;
	look();
	assert_int_equal(probes, 1);
	assert_string_equal(probed, "vmbus:" NAME ",latency=50");
	shown_count = 0;
	look();
}

static void
device_that_comes_back_waits_for_the_application(void **state)
{
	(void)state;
	begin();
	show(NAME, 3, 14);
	vmbus_hotplug_learn(&shown[0].dev);
	held = true;
	/* Gone and back between two looks. */
	show(NAME, 3, 15);
	look();
	look();
	assert_int_equal(probes, 0);
	held = false;
	vmbus_hotplug_kick();
	go_off();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
device_that_the_application_removed_stays_removed(void **state)
{
	(void)state;
	vmbus_hotplug_learn(show(NAME, 3, 14));
	begin();
	vmbus_hotplug_kick();
	go_off();
	look();
	assert_int_equal(probes, 0);
	shown_count = 0;
	look();
}

static void
failed_probe_is_tried_again_and_then_given_up(void **state)
{
	unsigned int i;

	(void)state;
	begin();
	probe_error = -EAGAIN;
	show(NAME, 3, 14);
	look();
	for (i = 1; i < 3; i++) {
		assert_int_equal(probes, i);
		assert_int_equal(alarm_us, 1000000);
		go_off();
	}
	assert_int_equal(probes, 3);
	assert_null(alarm_fn);
	look();
	assert_int_equal(probes, 3);
	/* As another node it is another device. */
	probe_error = 0;
	show(NAME, 4, 15);
	look();
	assert_int_equal(probes, 4);
	shown_count = 0;
	look();
}

static void
flood_of_events_makes_one_look(void **state)
{
	unsigned int i;

	(void)state;
	begin();
	for (i = 0; i < 500; i++) {
		if (send(kernel, NEWS, sizeof(NEWS), 0) < 0)
			hear(NULL);
	}
	for (i = 0; i < 20; i++)
		hear(NULL);
	assert_int_equal(alarms_set, 1);
	go_off();
	assert_int_equal(looks, 1);
	hear(NULL);
	assert_int_equal(alarms_set, 1);
}

static void
only_news_of_our_subsystems_makes_a_look(void **state)
{
	static char longest[4096];

	(void)state;
	begin();
	TELL("add@/x\0ACTION=add\0SUBSYSTEM=net");
	TELL("add@/x\0ACTION=add\0SUBSYSTEM=vmbus2");
	TELL("add@/x\0ACTION=add\0SUBSYSTEM=vmbu");
	TELL("add@/x\0ACTION=add\0XSUBSYSTEM=vmbus");
	TELL("libudev\0\xfe\xed\xca\xfe");
	TELL("\0\0\0\0");
	tell("S", 1);
	tell("SUBSYSTEM=vmbu", 14);
	memset(longest, 'x', sizeof(longest));
	tell(longest, sizeof(longest));
	hear(NULL);
	assert_int_equal(alarms_set, 0);
	TELL("bind@/x\0SUBSYSTEM=uio\0ACTION=bind");
	hear(NULL);
	assert_int_equal(alarms_set, 1);
	go_off();
	/* Its end is cut off. */
	tell("SUBSYSTEM=vmbus", 15);
	hear(NULL);
	assert_int_equal(alarms_set, 2);
}

static void
socket_that_breaks_ends_the_monitor(void **state)
{
	(void)state;
	begin();
	/* An empty message is what the end of a connection looks like. */
	tell("", 0);
	hear(NULL);
	assert_int_equal(alarm_us, 1);
	go_off();
	assert_null(hear);
	assert_int_equal(send(kernel, "", 1, 0), -1);
	vmbus_hotplug_kick();
	assert_null(alarm_fn);
}

static void
application_may_stop_the_monitor_when_it_hears_of_a_port(void **state)
{
	(void)state;
	begin();
	during_probe = rte_vmbus_hotplug_stop;
	show(NAME, 3, 14);
	show(OTHER, 4, 15);
	look();
	assert_int_equal(probes, 1);
	assert_null(alarm_fn);
	assert_null(hear);
}

/* The application probes a device that a look which is just going on has not seen. */
static void
probe_meanwhile(void)
{
	struct rte_vmbus_device dev = { .node = { .inode = 9, .relid = 9, .uio_minor = 9 } };

	snprintf(dev.name, sizeof(dev.name), OTHER);
	vmbus_hotplug_learn(&dev);
}

static void
device_that_the_application_probes_during_a_look_is_known(void **state)
{
	(void)state;
	begin();
	show(NAME, 3, 14);
	during_probe = probe_meanwhile;
	look();
	during_probe = NULL;
	show(OTHER, 9, 9)->node.inode = 9;
	look();
	assert_int_equal(probes, 1);
	shown_count = 0;
	look();
}

static void
remove_meanwhile(void)
{
	shown_count = 0;
	vmbus_hotplug_kick();
}

static void
what_happens_during_a_look_makes_another(void **state)
{
	(void)state;
	begin();
	show(NAME, 5, 24);
	during_probe = remove_meanwhile;
	look();
	assert_non_null(alarm_fn);
	go_off();
	during_probe = NULL;
	show(NAME, 5, 25);
	look();
	assert_int_equal(probes, 2);
	shown_count = 0;
	look();
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("the monitor starts once, and again after a stop",
		     monitor_starts_once_and_again_after_a_stop),
		CASE("a monitor that cannot hear does not start",
		     monitor_that_cannot_hear_does_not_start),
		CASE("a device that comes is probed once", device_that_comes_is_probed_once),
		CASE("a device that came before the monitor is found at its start",
		     device_that_came_before_the_monitor_is_found_at_its_start),
		CASE("a device that the bus had is not probed again",
		     device_that_the_bus_had_is_not_probed_again),
		CASE("a device is probed when it is bound and has its node",
		     device_is_probed_when_it_is_bound_and_has_its_node),
		CASE("a device that has no node at the start is probed when that comes",
		     device_that_has_no_node_at_the_start_is_probed_when_that_comes),
		CASE("an unwanted device is left alone", unwanted_device_is_left_alone),
		CASE("a device that comes back waits for the application",
		     device_that_comes_back_waits_for_the_application),
		CASE("a device that the application removed stays removed",
		     device_that_the_application_removed_stays_removed),
		CASE("a failed probe is tried again, and then given up",
		     failed_probe_is_tried_again_and_then_given_up),
		CASE("a flood of events makes one look", flood_of_events_makes_one_look),
		CASE("only news of our subsystems makes a look",
		     only_news_of_our_subsystems_makes_a_look),
		CASE("a socket that breaks ends the monitor", socket_that_breaks_ends_the_monitor),
		CASE("what happens during a look makes another",
		     what_happens_during_a_look_makes_another),
		CASE("a device that the application probes during a look is known",
		     device_that_the_application_probes_during_a_look_is_known),
		/* What these remember stays. */
		CASE("a device comes back with its devargs although EAL forgot them",
		     device_comes_back_with_its_devargs_although_eal_forgot_them),
		CASE("the application may stop the monitor when it hears of a port",
		     application_may_stop_the_monitor_when_it_hears_of_a_port),
	};

	return cmocka_run_group_tests_name("vmbus hotplug", tests, NULL, NULL);
}
