/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A device's channels over plain memory, with the test as the host and as the
 * kernel: how the host is signalled, who masks interrupts, what a failed
 * channel does, which subchannels are opened.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>

#include "driver_test.h"
#include "vmbus_private.h"

#define PAGE 4096u
#define HALF (2 * PAGE)		/* a ring: control page, one page of data */
#define DATA (HALF - PAGE)

#define RINGS 4

/*
 * The primary's rings, then those of the subchannels that sysfs lists; and the
 * same memory where a secondary process has it.
 */
static uint8_t (*rings)[2 * HALF], (*other_rings)[2 * HALF];
static _Alignas(4096) struct vmbus_mon_page monitor;
static struct rte_vmbus_device dev, other;
static struct vmbus_shared shared;
static enum rte_proc_type_t process;

/* What the kernel lists; ring is the index into rings, 0 for one that does not map. */
static struct {
	struct vmbus_sysfs_channel info;
	int ret;
	unsigned int ring;
} listed[4];
static unsigned int listed_count;
static bool lists_channels;
static bool signals_subchannels;
static int writes, write_error;
static uint64_t ring_len;
static int other_maps;		/* mappings of the secondary process */

int vmbus_logtype_bus;

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return process;
}

static struct vmbus_bufring *
tx_ctl(unsigned int ring)
{
	return (struct vmbus_bufring *)rings[ring];
}

static struct vmbus_bufring *
rx_ctl(unsigned int ring)
{
	return (struct vmbus_bufring *)(rings[ring] + HALF);
}

/* As newer kernels do it: the write unmasks every channel. */
int
vmbus_uio_signal(int fd)
{
	unsigned int i;

	assert_int_equal(fd, 5);
	if (write_error != 0)
		return -write_error;
	writes++;
	for (i = 0; i < 4; i++)
		rx_ctl(i)->imask = 0;
	return 0;
}

bool
vmbus_uio_signals_subchannels(void)
{
	return signals_subchannels;
}

int
vmbus_uio_read_event(int fd)
{
	assert_int_equal(fd, 5);
	return 17;
}

bool
vmbus_uio_is_gone(int fd)
{
	return fd != 5;
}

void *
vmbus_uio_map_ring(const char *dir, uint32_t relid, uint64_t *len)
{
	unsigned int i;

	assert_string_equal(dir, "here");
	for (i = 0; i < listed_count; i++) {
		if (listed[i].info.relid == relid && listed[i].ring != 0) {
			*len = ring_len;
			other_maps += process != RTE_PROC_PRIMARY;
			return process == RTE_PROC_PRIMARY ? rings[listed[i].ring] :
							     other_rings[listed[i].ring];
		}
	}
	errno = ENODEV;
	return NULL;
}

void
vmbus_uio_unmap(void *addr, uint64_t len)
{
	if (addr != NULL && process != RTE_PROC_PRIMARY) {
		assert_int_equal(len, ring_len);
		other_maps--;
	} else if (addr != NULL) {
		assert_int_equal(len, sizeof(rings[0]));
		/* Nobody may touch it from here on. */
		memset(addr, 0xdd, len);
	}
}

void
vmbus_sysfs_device_dir(const struct rte_vmbus_device *device, char *dir, size_t len)
{
	assert_ptr_equal(device, process == RTE_PROC_PRIMARY ? &dev : &other);
	snprintf(dir, len, "here");
}

bool
vmbus_sysfs_has_subchannels(const char *dir, uint32_t relid)
{
	(void)dir;
	assert_int_equal(relid, 14);
	return lists_channels;
}

int
vmbus_sysfs_read_channel(const char *dir, uint32_t relid, struct vmbus_sysfs_channel *channel)
{
	unsigned int i;

	(void)dir;
	for (i = 0; i < listed_count; i++) {
		if (listed[i].info.relid == relid) {
			*channel = listed[i].info;
			return listed[i].ret;
		}
	}
	return -EAGAIN;
}

int
vmbus_sysfs_walk_channels(const char *dir, int (*found)(uint32_t relid, void *ctx), void *ctx)
{
	unsigned int i;
	int ret = 0;

	(void)dir;
	if (!lists_channels)
		return -ENOENT;
	for (i = 0; i < listed_count && ret == 0; i++)
		ret = found(listed[i].info.relid, ctx);
	return ret;
}

static void
list_channel(uint32_t relid, uint16_t index, unsigned int ring, int ret)
{
	listed[listed_count].info = (struct vmbus_sysfs_channel){
		.relid = relid, .index = index, .has_monitor = true, .monitor_id = 77,
	};
	listed[listed_count].ret = ret;
	listed[listed_count++].ring = ring;
}

/* A NIC with monitor bit 37, whose kernel leaves interrupts on. */
static int
start(void **state)
{
	(void)state;
	memset(rings, 0, RINGS * sizeof(rings[0]));
	memset(&monitor, 0, sizeof(monitor));
	memset(&shared, 0, sizeof(shared));
	dev = (struct rte_vmbus_device){
		.device.name = "nic", .node.relid = 14, .has_monitor = true, .monitor_id = 37,
		.uio_fd = 5, .shared = &shared,
		.region[VMBUS_MAP_RINGS] = { .addr = rings[0], .len = sizeof(rings[0]) },
		.region[VMBUS_MAP_MON_PAGE] = { .addr = &monitor, .len = PAGE },
	};
	other = dev;
	other.region[VMBUS_MAP_RINGS].addr = other_rings[0];
	process = RTE_PROC_PRIMARY;
	ring_len = sizeof(rings[0]);
	other_maps = 0;
	listed_count = 0;
	lists_channels = true;
	signals_subchannels = true;
	writes = write_error = 0;
	list_channel(14, 0, 0, 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	process = RTE_PROC_SECONDARY;
	vmbus_channel_close_all(&other);
	process = RTE_PROC_PRIMARY;
	vmbus_channel_close_all(&dev);
	return 0;
}

static struct vmbus_channel *
open_primary(void)
{
	struct vmbus_channel *chan = NULL;

	assert_int_equal(rte_vmbus_chan_open(&dev, &chan), 0);
	return chan;
}

static int
send_one(struct vmbus_channel *chan, bool *need_sig)
{
	uint64_t payload = 0x1122334455667788;

	return rte_vmbus_chan_send(chan, VMBUS_CHANPKT_TYPE_INBAND, &payload, sizeof(payload), 1,
				   VMBUS_CHANPKT_FLAG_RC, need_sig);
}

/* As the host: publish a packet of 24 bytes with this transaction id. */
static void
host_sends(unsigned int ring, uint64_t xactid)
{
	struct vmbus_chanpkt_hdr hdr = {
		.type = VMBUS_CHANPKT_TYPE_COMP, .hlen = 2, .tlen = 3, .xactid = xactid,
	};
	uint8_t *at = rings[ring] + HALF + PAGE + rx_ctl(ring)->windex;

	memcpy(at, &hdr, sizeof(hdr));
	memcpy(at + sizeof(hdr), "payload", 8);
	rx_ctl(ring)->windex += 32;
}

static void
opened_channel_masks_its_interrupts(void **state)
{
	(void)state;
	open_primary();
	assert_int_equal(rx_ctl(0)->imask, 1);
	assert_int_equal(tx_ctl(0)->imask, 0);
}

static void
channel_is_opened_once_and_again_after_close(void **state)
{
	struct vmbus_channel *chan = open_primary(), *other;

	(void)state;
	assert_int_equal(rte_vmbus_chan_open(&dev, &other), -EBUSY);
	rte_vmbus_chan_close(chan);
	assert_null(dev.channels);
	open_primary();
}

static void
secondary_process_opens_no_channel(void **state)
{
	struct vmbus_channel *chan;

	(void)state;
	process = RTE_PROC_SECONDARY;
	assert_int_equal(rte_vmbus_chan_open(&dev, &chan), -ENOTSUP);
	/* Nor does it touch the rings of the primary process. */
	assert_int_equal(rx_ctl(0)->imask, 0);
}

static void
rings_that_make_no_sense_are_not_opened(void **state)
{
	struct vmbus_channel *chan;

	(void)state;
	tx_ctl(0)->windex = DATA;
	assert_int_equal(rte_vmbus_chan_open(&dev, &chan), -EPROTO);
	tx_ctl(0)->windex = 0;
	rx_ctl(0)->rindex = 4;
	assert_int_equal(rte_vmbus_chan_open(&dev, &chan), -EPROTO);
	rx_ctl(0)->rindex = 0;
	dev.region[VMBUS_MAP_RINGS].len = 2 * PAGE;
	assert_int_equal(rte_vmbus_chan_open(&dev, &chan), -EINVAL);
	assert_null(dev.channels);
}

static void
monitored_channel_sets_its_own_bit_and_no_other(void **state)
{
	struct vmbus_mon_page expected;
	struct vmbus_channel *chan = open_primary();

	(void)state;
	memset(&monitor, 0x00, sizeof(monitor));
	monitor.trigs[1].pending = 1u << 30;
	expected = monitor;
	expected.trigs[1].pending |= 1u << 5;
	assert_int_equal(send_one(chan, NULL), 0);
	assert_memory_equal(&monitor, &expected, sizeof(monitor));
	assert_int_equal(writes, 0);
}

static void
channel_without_monitor_writes_and_masks_again(void **state)
{
	struct vmbus_mon_page untouched;
	struct vmbus_channel *chan, *sub;

	(void)state;
	dev.has_monitor = false;
	list_channel(35, 1, 1, 0);
	chan = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(chan, &sub), 0);
	memset(&untouched, 0, sizeof(untouched));
	assert_int_equal(send_one(chan, NULL), 0);
	assert_int_equal(writes, 1);
	assert_int_equal(rx_ctl(0)->imask, 1);
	assert_int_equal(rx_ctl(1)->imask, 1);
	assert_memory_equal(&monitor, &untouched, sizeof(monitor));
}

static void
interrupts_that_are_wanted_stay_on_after_a_write(void **state)
{
	struct vmbus_channel *chan;

	(void)state;
	dev.has_monitor = false;
	chan = open_primary();
	rte_vmbus_irq_unmask(&dev);
	assert_int_equal(rx_ctl(0)->imask, 0);
	assert_int_equal(send_one(chan, NULL), 0);
	assert_int_equal(rx_ctl(0)->imask, 0);
	rte_vmbus_irq_mask(&dev);
	assert_int_equal(rx_ctl(0)->imask, 1);
	/* The field, never the kernel's write(). */
	assert_int_equal(writes, 1);
	assert_int_equal(rte_vmbus_irq_read(&dev), 17);
}

static void
one_channel_is_unmasked_and_stays_so_after_a_write(void **state)
{
	struct vmbus_channel *primary, *sub;

	(void)state;
	list_channel(35, 1, 1, 0);
	dev.has_monitor = false;
	signals_subchannels = true;
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	rte_vmbus_chan_irq_unmask(sub);
	assert_int_equal(rx_ctl(0)->imask, 1);
	assert_int_equal(rx_ctl(1)->imask, 0);
	assert_int_equal(send_one(primary, NULL), 0);
	assert_int_equal(rx_ctl(0)->imask, 1);
	assert_int_equal(rx_ctl(1)->imask, 0);
	rte_vmbus_chan_irq_mask(sub);
	assert_int_equal(rx_ctl(1)->imask, 1);
	assert_true(rte_vmbus_subchan_interrupts());
}

static void
word_to_watch_is_the_hosts_write_index(void **state)
{
	struct vmbus_channel *chan = open_primary();
	volatile uint32_t *word;
	uint32_t idle;

	(void)state;
	word = rte_vmbus_chan_watch(chan, &idle);
	assert_ptr_equal(word, &rx_ctl(0)->windex);
	assert_int_equal(*word, idle);
	rte_vmbus_chan_close(chan);
}

static void
staged_packets_are_published_and_signalled_once(void **state)
{
	struct vmbus_channel *chan;
	unsigned int i;

	(void)state;
	dev.has_monitor = false;
	chan = open_primary();
	for (i = 0; i < 3; i++) {
		bool need_sig = false;

		assert_int_equal(send_one(chan, &need_sig), 0);
		assert_true(need_sig);
	}
	assert_int_equal(tx_ctl(0)->windex, 0);
	assert_int_equal(writes, 0);
	rte_vmbus_chan_signal_tx(chan);
	assert_int_equal(tx_ctl(0)->windex, 3 * 32);
	assert_int_equal(writes, 1);
	/* Nothing new: nothing to say. */
	rte_vmbus_chan_signal_tx(chan);
	assert_int_equal(writes, 1);
}

static void
pieces_of_a_packet_lie_one_behind_the_other(void **state)
{
	struct vmbus_channel *chan = open_primary();
	struct vmbus_gpa gpa[2] = { { 100, 8, 0x1234 }, { 4096, 0, 0x1235 } };
	struct vmbus_chanpkt_sglist sglist;
	const uint8_t *packet = rings[0] + PAGE;
	uint64_t trailer;

	(void)state;
	memset(rings[0] + PAGE, 0xee, DATA);
	tx_ctl(0)->imask = 1;
	assert_int_equal(rte_vmbus_chan_send_sglist(chan, gpa, 2, "nine byte", 9, 42, NULL), 0);
	memcpy(&sglist, packet, sizeof(sglist));
	assert_int_equal(sglist.hdr.type, VMBUS_CHANPKT_TYPE_GPA);
	assert_int_equal(sglist.hdr.hlen, (24 + 32) / 8);
	assert_int_equal(sglist.hdr.tlen, (24 + 32 + 16) / 8);
	assert_int_equal(sglist.hdr.flags, VMBUS_CHANPKT_FLAG_RC);
	assert_int_equal(sglist.hdr.xactid, 42);
	assert_int_equal(sglist.reserved, 0);
	assert_int_equal(sglist.gpa_cnt, 2);
	assert_memory_equal(packet + 24, gpa, sizeof(gpa));
	assert_memory_equal(packet + 56, "nine byte\0\0\0\0\0\0", 16);
	memcpy(&trailer, packet + 72, sizeof(trailer));
	assert_int_equal(trailer, 0);
	assert_int_equal(packet[80], 0xee);
	assert_int_equal(tx_ctl(0)->windex, 80);
}

static void
packet_that_can_never_be_is_refused_and_the_channel_lives_on(void **state)
{
	static uint8_t payload[DATA];
	struct vmbus_channel *chan = open_primary();
	struct vmbus_gpa gpa = { 8, 0, 1 };
	static const uint32_t lengths[] = {
		DATA - 24, DATA, UINT16_MAX * 8u, UINT16_MAX * 8u + 1, UINT32_MAX - 7, UINT32_MAX,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_int_equal(rte_vmbus_chan_send(chan, VMBUS_CHANPKT_TYPE_INBAND, payload,
						     lengths[i], 0, 0, NULL), -EINVAL);
	assert_int_equal(rte_vmbus_chan_send_sglist(chan, &gpa, 0, payload, 8, 0, NULL), -EINVAL);
	assert_int_equal(rte_vmbus_chan_send_sglist(chan, &gpa, VMBUS_GPA_MAX + 1, payload, 8, 0,
						    NULL), -EINVAL);
	assert_int_equal(rte_vmbus_chan_send_sglist(chan, &gpa, UINT32_MAX, payload, 8, 0, NULL),
			 -EINVAL);
	assert_int_equal(tx_ctl(0)->windex, 0);
	assert_int_equal(rte_vmbus_chan_send(chan, VMBUS_CHANPKT_TYPE_INBAND, payload, DATA - 32,
					     0, 0, NULL), 0);
	assert_int_equal(send_one(chan, NULL), -EAGAIN);
}

/* The length field of a packet has 16 bits and counts words. */
static void
packet_longer_than_its_length_field_is_refused(void **state)
{
	static _Alignas(4096) uint8_t large[2 * (1 << 20)];
	static uint8_t payload[1 << 19];
	const uint32_t most = UINT16_MAX * 8u - 16;
	struct vmbus_channel *chan;

	(void)state;
	memset(large, 0, PAGE);
	dev.region[VMBUS_MAP_RINGS].addr = large;
	dev.region[VMBUS_MAP_RINGS].len = sizeof(large);
	chan = open_primary();
	assert_int_equal(rte_vmbus_chan_send(chan, VMBUS_CHANPKT_TYPE_INBAND, payload, most + 1,
					     0, 0, NULL), -EINVAL);
	assert_int_equal(rte_vmbus_chan_send(chan, VMBUS_CHANPKT_TYPE_INBAND, payload, most,
					     0, 0, NULL), 0);
	assert_int_equal(((struct vmbus_bufring *)large)->windex, most + 16 + 8);
}

/* Everything that a user of the channel can still do. */
static void
expect_failed(struct vmbus_channel *chan)
{
	uint32_t windex = tx_ctl(0)->windex, rindex = rx_ctl(0)->rindex;
	const struct vmbus_chanpkt_hdr whole = { .type = VMBUS_CHANPKT_TYPE_COMP, .hlen = 2, .tlen = 2 };
	struct vmbus_gpa gpa = { 8, 0, 1 };
	uint64_t packet[8], id;
	uint32_t len = sizeof(packet);
	bool need_sig;

	assert_int_equal(send_one(chan, NULL), -EPROTO);
	assert_int_equal(send_one(chan, &need_sig), -EPROTO);
	assert_int_equal(rte_vmbus_chan_send_sglist(chan, &gpa, 1, "", 0, 0, NULL), -EPROTO);
	assert_int_equal(rte_vmbus_chan_send_raw(chan, &whole), -EPROTO);
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), -EPROTO);
	assert_int_equal(rte_vmbus_chan_recv(chan, packet, &len, &id), -EPROTO);
	assert_true(rte_vmbus_chan_rx_empty(chan));
	rte_vmbus_chan_signal_tx(chan);
	rte_vmbus_chan_signal_read(chan, 32);
	assert_int_equal(tx_ctl(0)->windex, windex);
	assert_int_equal(rx_ctl(0)->rindex, rindex);
	assert_int_equal(monitor.trigs[1].pending, 0);
}

static void
corrupt_receive_ring_fails_both_directions_for_good(void **state)
{
	struct vmbus_channel *chan = open_primary();
	uint64_t packet[8];
	uint32_t len = sizeof(packet);
	bool need_sig;

	(void)state;
	assert_int_equal(send_one(chan, &need_sig), 0);
	rx_ctl(0)->windex = 12;
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), -EPROTO);
	rx_ctl(0)->windex = 0;
	expect_failed(chan);
}

static void
corrupt_send_ring_fails_both_directions_for_good(void **state)
{
	struct vmbus_channel *chan = open_primary();
	uint64_t packet[8];
	uint32_t len = sizeof(packet);

	(void)state;
	host_sends(0, 1);
	host_sends(0, 2);
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), 32);
	tx_ctl(0)->rindex = DATA;
	assert_int_equal(send_one(chan, NULL), -EPROTO);
	tx_ctl(0)->rindex = 0;
	expect_failed(chan);
}

static void
packet_is_received_with_and_without_its_descriptor(void **state)
{
	struct vmbus_channel *chan = open_primary();
	struct vmbus_chanpkt_hdr packet[4];
	uint32_t len = sizeof(packet);
	char payload[8];
	uint64_t id;

	(void)state;
	assert_true(rte_vmbus_chan_rx_empty(chan));
	host_sends(0, 8);
	host_sends(0, 9);
	assert_false(rte_vmbus_chan_rx_empty(chan));
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), 32);
	assert_int_equal(len, 24);
	assert_int_equal(packet[0].xactid, 8);
	/* The host may not have it back before it is given back. */
	assert_int_equal(rx_ctl(0)->rindex, 0);
	rte_vmbus_chan_signal_read(chan, 32);
	assert_int_equal(rx_ctl(0)->rindex, 32);

	len = 7;
	assert_int_equal(rte_vmbus_chan_recv(chan, payload, &len, &id), -ENOBUFS);
	assert_int_equal(len, 8);
	assert_int_equal(rte_vmbus_chan_recv(chan, payload, &len, &id), 0);
	assert_int_equal(len, 8);
	assert_int_equal(id, 9);
	assert_string_equal(payload, "payload");
	assert_int_equal(rx_ctl(0)->rindex, 64);
	assert_int_equal(rte_vmbus_chan_recv(chan, payload, &len, &id), -EAGAIN);
}

static void
host_that_waits_for_room_is_signalled(void **state)
{
	struct vmbus_channel *chan = open_primary();
	uint64_t packet[8];
	uint32_t len = sizeof(packet);

	(void)state;
	host_sends(0, 1);
	rx_ctl(0)->feature_bits = VMBUS_FEATURE_PENDING_SEND;
	rx_ctl(0)->pending_send = DATA - 1;
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), 32);
	rte_vmbus_chan_signal_read(chan, 32);
	assert_int_equal(monitor.trigs[1].pending, 1u << 5);
}

static void
latency_is_set_in_the_channels_own_word_within_bounds(void **state)
{
	static const struct {
		uint32_t ns;
		uint16_t units;
	} cases[] = {
		{ 50000, 500 }, { 100, 1 }, { 199, 1 }, { 6553500, UINT16_MAX },
		{ 6553600, UINT16_MAX }, { UINT32_MAX, UINT16_MAX },
	};
	struct vmbus_channel *chan = open_primary();
	struct vmbus_mon_page expected;
	unsigned int i;

	(void)state;
	expected = monitor;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rte_vmbus_set_latency(&dev, chan, cases[i].ns);
		expected.latency[1][5] = cases[i].units;
		assert_memory_equal(&monitor, &expected, sizeof(monitor));
	}
	/* These leave it alone. */
	rte_vmbus_set_latency(&dev, chan, 0);
	rte_vmbus_set_latency(&dev, chan, 99);
	assert_memory_equal(&monitor, &expected, sizeof(monitor));
	rte_vmbus_chan_close(chan);
	dev.has_monitor = false;
	rte_vmbus_set_latency(&dev, open_primary(), 100);
	assert_memory_equal(&monitor, &expected, sizeof(monitor));
}

static void
subchannels_are_opened_one_by_one_and_stale_ones_skipped(void **state)
{
	struct vmbus_channel *primary, *sub;

	(void)state;
	list_channel(33, 2, 0, 0);		/* of an earlier open: does not map */
	list_channel(34, 1, 1, -EAGAIN);	/* has no rings yet */
	list_channel(35, 2, 2, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	assert_int_equal(rte_vmbus_sub_channel_index(sub), 2);
	assert_int_equal(rx_ctl(2)->imask, 1);
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), -ENOENT);
	listed[2].ret = 0;
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	assert_int_equal(rte_vmbus_sub_channel_index(sub), 1);
	assert_int_equal(rte_vmbus_sub_channel_index(primary), 0);
	/* Each signals with its own bit. */
	assert_int_equal(send_one(sub, NULL), 0);
	assert_int_equal(monitor.trigs[2].pending, 1u << 13);
}

static void
subchannel_with_an_index_that_cannot_be_is_skipped(void **state)
{
	struct vmbus_channel *primary, *sub;

	(void)state;
	list_channel(35, 0, 1, 0);		/* the primary's */
	list_channel(36, 128, 2, 0);
	list_channel(37, UINT16_MAX, 3, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), -ENOENT);
	/* Two of one index: the second is not opened. */
	listed[1].info.index = 1;
	listed[2].info.index = 1;
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), -ENOENT);
}

static void
channels_may_be_closed_in_any_order(void **state)
{
	struct vmbus_channel *primary, *sub[2];

	(void)state;
	list_channel(35, 1, 1, 0);
	list_channel(36, 2, 2, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub[0]), 0);
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub[1]), 0);
	rte_vmbus_chan_close(sub[0]);
	rte_vmbus_chan_close(primary);
	primary = open_primary();
	assert_ptr_equal(dev.channels, primary);
	rte_vmbus_chan_close(primary);
	rte_vmbus_chan_close(sub[1]);
	rte_vmbus_chan_close(NULL);
	assert_null(dev.channels);
}

static void
old_kernel_has_one_channel(void **state)
{
	struct vmbus_channel *sub;

	(void)state;
	assert_int_equal(rte_vmbus_max_channels(&dev), 128);
	lists_channels = false;
	assert_int_equal(rte_vmbus_max_channels(&dev), 1);
	assert_int_equal(rte_vmbus_subchan_open(open_primary(), &sub), -ENOENT);
}

static void
subchannel_that_cannot_be_signalled_is_left_alone(void **state)
{
	struct vmbus_channel *primary, *sub;

	(void)state;
	list_channel(35, 1, 1, 0);
	list_channel(36, 2, 2, 0);
	listed[1].info.has_monitor = false;
	signals_subchannels = false;
	assert_int_equal(rte_vmbus_max_channels(&dev), 128);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	assert_int_equal(rte_vmbus_sub_channel_index(sub), 2);
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), -ENOENT);
	dev.has_monitor = false;
	assert_int_equal(rte_vmbus_max_channels(&dev), 1);
	signals_subchannels = true;
	assert_int_equal(rte_vmbus_max_channels(&dev), 128);
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	assert_int_equal(rte_vmbus_sub_channel_index(sub), 1);
}

static void
device_that_is_gone_is_told(void **state)
{
	(void)state;
	assert_false(rte_vmbus_dev_is_gone(&dev));
	dev.uio_fd = 6;
	assert_true(rte_vmbus_dev_is_gone(&dev));
	dev.uio_fd = 5;
}

static void
write_that_fails_ends_nothing(void **state)
{
	struct vmbus_channel *chan;

	(void)state;
	dev.has_monitor = false;
	write_error = EIO;
	chan = open_primary();
	assert_int_equal(send_one(chan, NULL), 0);
	assert_int_equal(rx_ctl(0)->imask, 1);
}

/* Secondary processes */

static struct vmbus_channel *
attach(uint16_t index)
{
	struct vmbus_channel *chan = NULL;

	process = RTE_PROC_SECONDARY;
	assert_int_equal(rte_vmbus_chan_attach(&other, index, &chan), 0);
	assert_int_equal(rte_vmbus_sub_channel_index(chan), index);
	process = RTE_PROC_PRIMARY;
	return chan;
}

/* As a process of its own does it. */
static void
detach(struct vmbus_channel *chan)
{
	process = RTE_PROC_SECONDARY;
	rte_vmbus_chan_close(chan);
	process = RTE_PROC_PRIMARY;
}

static void
other_process_goes_on_where_the_first_one_was(void **state)
{
	struct vmbus_channel *chan = open_primary(), *theirs;
	uint64_t packet[8];
	uint32_t len = sizeof(packet);
	bool need_sig;

	(void)state;
	host_sends(0, 8);
	host_sends(0, 9);
	host_sends(0, 10);
	assert_int_equal(send_one(chan, NULL), 0);
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), 32);
	theirs = attach(0);
	/* Not where the control page says, which the host can write. */
	tx_ctl(0)->windex = 64;
	rx_ctl(0)->rindex = 8;
	assert_int_equal(rte_vmbus_chan_recv_raw(theirs, packet, &len), 32);
	assert_int_equal(packet[1], 9);
	assert_int_equal(send_one(theirs, &need_sig), 0);
	/* What the one has written the other may publish, and give back. */
	assert_int_equal(tx_ctl(0)->windex, 64);
	rte_vmbus_chan_signal_tx(chan);
	assert_int_equal(tx_ctl(0)->windex, 64);
	assert_int_equal(send_one(theirs, NULL), 0);
	assert_int_equal(tx_ctl(0)->windex, 96);
	rte_vmbus_chan_signal_read(chan, 32);
	assert_int_equal(rx_ctl(0)->rindex, 64);
	detach(theirs);
	assert_int_equal(rte_vmbus_chan_recv_raw(chan, packet, &len), 32);
	assert_int_equal(packet[1], 10);
}

static void
subchannel_is_mapped_anew_and_let_go_of_alone(void **state)
{
	struct vmbus_channel *primary, *sub, *theirs;

	(void)state;
	list_channel(35, 1, 1, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	theirs = attach(1);
	assert_int_equal(other_maps, 1);
	assert_int_equal(send_one(theirs, NULL), 0);
	assert_int_equal(monitor.trigs[2].pending, 1u << 13);
	detach(theirs);
	assert_int_equal(other_maps, 0);
	/* The primary's goes on, and others may come. */
	assert_int_equal(send_one(sub, NULL), 0);
	assert_int_equal(tx_ctl(1)->windex, 64);
	detach(attach(1));
}

static void
channel_that_fails_in_one_process_fails_in_all(void **state)
{
	struct vmbus_channel *chan = open_primary(), *theirs = attach(0);
	uint64_t packet[8];
	uint32_t len = sizeof(packet);

	(void)state;
	rx_ctl(0)->windex = 12;
	assert_int_equal(rte_vmbus_chan_recv_raw(theirs, packet, &len), -EPROTO);
	rx_ctl(0)->windex = 0;
	expect_failed(chan);
	expect_failed(theirs);
}

static void
only_open_channels_are_attached_and_once(void **state)
{
	struct vmbus_channel *primary, *sub, *chan;

	(void)state;
	process = RTE_PROC_SECONDARY;
	assert_int_equal(rte_vmbus_chan_attach(&other, 0, &chan), -ENOENT);
	process = RTE_PROC_PRIMARY;
	list_channel(35, 1, 1, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	attach(1);
	attach(0);
	process = RTE_PROC_SECONDARY;
	assert_int_equal(other.channels->index, 0);
	assert_int_equal(rte_vmbus_chan_attach(&other, 0, &chan), -EBUSY);
	assert_int_equal(rte_vmbus_chan_attach(&other, 1, &chan), -EBUSY);
	assert_int_equal(rte_vmbus_chan_attach(&other, 2, &chan), -ENOENT);
	assert_int_equal(rte_vmbus_chan_attach(&other, VMBUS_CHANNEL_MAX, &chan), -EINVAL);
	vmbus_channel_close_all(&other);
	process = RTE_PROC_PRIMARY;
	rte_vmbus_chan_close(sub);
	process = RTE_PROC_SECONDARY;
	assert_int_equal(rte_vmbus_chan_attach(&other, 1, &chan), -ENOENT);
}

static void
rings_that_are_gone_or_of_another_size_are_not_attached(void **state)
{
	struct vmbus_channel *primary, *sub, *chan;

	(void)state;
	list_channel(35, 1, 1, 0);
	primary = open_primary();
	assert_int_equal(rte_vmbus_subchan_open(primary, &sub), 0);
	process = RTE_PROC_SECONDARY;
	ring_len = 2 * sizeof(rings[0]);
	assert_int_equal(rte_vmbus_chan_attach(&other, 1, &chan), -ENODEV);
	assert_int_equal(other_maps, 0);
	ring_len = sizeof(rings[0]);
	listed[1].ring = 0;
	assert_int_equal(rte_vmbus_chan_attach(&other, 1, &chan), -ENODEV);
	other.region[VMBUS_MAP_RINGS].len = sizeof(rings[0]) + PAGE;
	assert_int_equal(rte_vmbus_chan_attach(&other, 0, &chan), -ENODEV);
	other.uio_fd = -1;
	assert_int_equal(rte_vmbus_chan_attach(&other, 0, &chan), -ENODEV);
	other.uio_fd = 5;
	other.shared = NULL;
	assert_int_equal(rte_vmbus_chan_attach(&other, 0, &chan), -ENODEV);
	assert_null(other.channels);
}

static void
interrupts_are_wanted_by_all_processes(void **state)
{
	struct vmbus_channel *chan, *theirs;

	(void)state;
	dev.has_monitor = false;
	chan = open_primary();
	theirs = attach(0);
	rte_vmbus_chan_irq_unmask(chan);
	/* Its write unmasks all; it masks again what nobody wants, and only that. */
	assert_int_equal(send_one(theirs, NULL), 0);
	assert_int_equal(writes, 1);
	assert_int_equal(rx_ctl(0)->imask, 0);
	rte_vmbus_chan_irq_mask(theirs);
	tx_ctl(0)->rindex = tx_ctl(0)->windex;
	assert_int_equal(send_one(chan, NULL), 0);
	assert_int_equal(writes, 2);
	assert_int_equal(rx_ctl(0)->imask, 1);
}

/* One memory at two addresses. */
static int
map_rings(void **state)
{
	size_t len = RINGS * sizeof(rings[0]);
	int fd = memfd_create("rings", 0);

	(void)state;
	if (fd < 0 || ftruncate(fd, (off_t)len) < 0)
		return -1;
	rings = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	other_rings = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return rings == MAP_FAILED || other_rings == MAP_FAILED ? -1 : 0;
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("an opened channel masks its interrupts", opened_channel_masks_its_interrupts),
		CASE("a channel is opened once, and again after close",
		     channel_is_opened_once_and_again_after_close),
		CASE("a secondary process opens no channel", secondary_process_opens_no_channel),
		CASE("rings that make no sense are not opened",
		     rings_that_make_no_sense_are_not_opened),
		CASE("a monitored channel sets its own bit and no other",
		     monitored_channel_sets_its_own_bit_and_no_other),
		CASE("a channel without monitor writes, and masks again",
		     channel_without_monitor_writes_and_masks_again),
		CASE("interrupts that are wanted stay on after a write",
		     interrupts_that_are_wanted_stay_on_after_a_write),
		CASE("the word to watch is the host's write index",
		     word_to_watch_is_the_hosts_write_index),
		CASE("one channel is unmasked, and stays so after a write",
		     one_channel_is_unmasked_and_stays_so_after_a_write),
		CASE("a write that fails ends nothing", write_that_fails_ends_nothing),
		CASE("staged packets are published and signalled once",
		     staged_packets_are_published_and_signalled_once),
		CASE("the pieces of a packet lie one behind the other",
		     pieces_of_a_packet_lie_one_behind_the_other),
		CASE("a packet that can never be is refused and the channel lives on",
		     packet_that_can_never_be_is_refused_and_the_channel_lives_on),
		CASE("a packet longer than its length field is refused",
		     packet_longer_than_its_length_field_is_refused),
		CASE("a corrupt receive ring fails both directions for good",
		     corrupt_receive_ring_fails_both_directions_for_good),
		CASE("a corrupt send ring fails both directions for good",
		     corrupt_send_ring_fails_both_directions_for_good),
		CASE("a packet is received with and without its descriptor",
		     packet_is_received_with_and_without_its_descriptor),
		CASE("a host that waits for room is signalled",
		     host_that_waits_for_room_is_signalled),
		CASE("latency is set in the channel's own word, within bounds",
		     latency_is_set_in_the_channels_own_word_within_bounds),
		CASE("subchannels are opened one by one and stale ones skipped",
		     subchannels_are_opened_one_by_one_and_stale_ones_skipped),
		CASE("a subchannel with an index that cannot be is skipped",
		     subchannel_with_an_index_that_cannot_be_is_skipped),
		CASE("channels may be closed in any order", channels_may_be_closed_in_any_order),
		CASE("an old kernel has one channel", old_kernel_has_one_channel),
		CASE("a subchannel that this kernel cannot signal is left alone",
		     subchannel_that_cannot_be_signalled_is_left_alone),
		CASE("a device that is gone is told", device_that_is_gone_is_told),
		CASE("another process goes on where the first one was",
		     other_process_goes_on_where_the_first_one_was),
		CASE("a subchannel is mapped anew, and let go of alone",
		     subchannel_is_mapped_anew_and_let_go_of_alone),
		CASE("a channel that fails in one process fails in all",
		     channel_that_fails_in_one_process_fails_in_all),
		CASE("only open channels are attached, and once",
		     only_open_channels_are_attached_and_once),
		CASE("rings that are gone or of another size are not attached",
		     rings_that_are_gone_or_of_another_size_are_not_attached),
		CASE("what interrupts are wanted is common to all processes",
		     interrupts_are_wanted_by_all_processes),
	};

	return cmocka_run_group_tests_name("vmbus channel", tests, map_rings, NULL);
}
