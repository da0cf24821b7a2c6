/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The ledger over books that are right, and over the same books with one thing
 * taken out of its place, or put into two.
 */

#include <stdio.h>
#include <stdlib.h>

#include <bus_vmbus_driver.h>

#include "hn_ledger.h"
#include "hn_rxbuf.h"
#include "hn_rxmem.h"
#include "hn_test_eal.h"

#define DESCS 8
#define SECTIONS 4
#define QUEUE 2u
#define HOLDS 6

int hn_logtype_init;

static struct hn_txq txq;
static struct hn_rxq rxq;
static struct hn_chan chan;
static struct hn_chan_shared chan_shared;
static uint64_t books[64], backlog[64];
static struct hn_rxmem rxmem = { .len = 1 };
static char said[1024];

void
hn_chan_rx_lock(struct hn_chan *own)
{
	(void)own;
}

void
hn_chan_rx_unlock(struct hn_chan *own)
{
	(void)own;
}

void *
rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len)
{
	(void)dev;
	(void)which;
	(void)len;
	return NULL;
}

static void
hear(void *ctx, const char *sentence)
{
	(void)ctx;
	strncat(said, sentence, sizeof(said) - strlen(said) - 1);
	strncat(said, "; ", sizeof(said) - strlen(said) - 1);
}

static const struct hn_ledger_fault fault = { hear, NULL };

/* Sending: two descriptors with the host, one being filled. */

static struct hn_txdesc *
use_desc(bool section, bool bounce, struct rte_mbuf *m)
{
	struct hn_txdesc *desc = hn_txbuf_get_desc(&txq.buf);

	assert_non_null(desc);
	assert_true(!section || hn_txbuf_get_section(&txq.buf, desc));
	assert_true(!bounce || hn_txbuf_get_bounce(&txq.buf, desc));
	desc->mbuf = m;
	return desc;
}

static int
send_some(void **state)
{
	static struct rte_mbuf m;

	(void)state;
	memset(&txq, 0, sizeof(txq));
	memset(books, 0, sizeof(books));
	said[0] = '\0';
	txq.queue_id = QUEUE;
	assert_true(hn_txbuf_mem_len(DESCS, SECTIONS) <= sizeof(books));
	hn_txbuf_init(&txq.buf, books, DESCS, QUEUE * SECTIONS, SECTIONS);
	use_desc(false, false, &m);
	use_desc(false, true, NULL);
	txq.agg.desc = use_desc(true, false, NULL);
	return 0;
}

static void
assert_tx_says(const char *sentences)
{
	struct hn_ledger_tx tx;

	assert_int_equal(hn_ledger_count_tx(&tx, &txq, &fault) != 0, sentences[0] != '\0');
	assert_string_equal(said, sentences);
}

static void
test_sums_of_what_is_sent(void **state)
{
	struct hn_ledger_tx tx;

	(void)state;
	assert_int_equal(hn_ledger_count_tx(&tx, &txq, &fault), 0);
	assert_int_equal(tx.free, DESCS - 3);
	assert_int_equal(tx.filling, 1);
	assert_int_equal(tx.sent, 2);
	assert_int_equal(tx.mbufs, 1);
	assert_int_equal(tx.sections_free, SECTIONS - 1);
	assert_int_equal(tx.sections_used, 1);
	assert_int_equal(tx.bounces_free, HN_TXBUF_BOUNCES - 1);
	assert_int_equal(tx.bounces_used, 1);
	assert_tx_says("");
}

static void
test_lost_section(void **state)
{
	(void)state;
	txq.buf.free_section_count--;
	assert_tx_says("Tx queue 2: send section 9 is lost; ");
}

static void
test_lost_descriptor(void **state)
{
	(void)state;
	txq.buf.desc[0].in_use = false;
	assert_tx_says("Tx queue 2: transmit descriptor 0 is lost; ");
}

static void
test_lost_bounce(void **state)
{
	(void)state;
	txq.buf.desc[1].bounce = HN_TXBUF_NO_BOUNCE;
	assert_tx_says("Tx queue 2: bounce buffer 0 is lost; ");
}

static void
test_put_twice(void **state)
{
	(void)state;
	hn_txbuf_put(&txq.buf, txq.agg.desc);
	txq.agg.desc->in_use = true;
	assert_tx_says("Tx queue 2: transmit descriptor 2 has 2 owners; "
		       "Tx queue 2: send section 8 has 2 owners; ");
}

static void
test_filling_nothing(void **state)
{
	(void)state;
	hn_txbuf_put(&txq.buf, txq.agg.desc);
	assert_tx_says("Tx queue 2: a descriptor is being filled that is not in use; ");
}

static void
test_foreign_section(void **state)
{
	(void)state;
	txq.agg.desc->section = 7;
	assert_tx_says("Tx queue 2: there is no send section 7 here; "
		       "Tx queue 2: send section 8 is lost; ");
}

static void
test_impossible_counts(void **state)
{
	(void)state;
	txq.buf.free_desc_count = 1000;
	txq.buf.free_section_count = 1000;
	txq.buf.free_bounce_count = 100;
	txq.buf.desc_count = DESCS;
	assert_true(hn_ledger_count_tx(&(struct hn_ledger_tx){ 0 }, &txq, &fault) >= 3);
	assert_non_null(strstr(said, "1000 transmit descriptors are free, of 8"));
	assert_non_null(strstr(said, "1000 send sections are free, of 4"));
	assert_non_null(strstr(said, "100 bounce buffers are free, of 4"));
}

static void
test_many_are_told_shortly(void **state)
{
	const char *at = said;
	unsigned int told = 0;

	(void)state;
	txq.buf.free_desc_count = 0;
	assert_true(hn_ledger_count_tx(&(struct hn_ledger_tx){ 0 }, &txq, &fault) != 0);
	while ((at = strstr(at, "is lost")) != NULL) {
		told++;
		at++;
	}
	assert_int_equal(told, 4);
}

/* Receiving: two packets owed, two in the backlog, one begun, one kept, one released. */

static void
put_waiting(uint16_t flags, uint32_t ranges)
{
	struct {
		struct vmbus_chanpkt_rxbuf hdr;
		struct vmbus_rxbuf_range range[2];
	} packet = { .hdr.hdr.flags = flags, .hdr.rxbuf_cnt = ranges };

	assert_true(hn_backlog_put(&chan.shared->backlog, &packet, sizeof(packet)));
}

static int
receive_some(void **state)
{
	struct hn_rxhold *hold;

	(void)state;
	memset(&chan, 0, sizeof(chan));
	memset(&chan_shared, 0, sizeof(chan_shared));
	chan.shared = &chan_shared;
	memset(&rxq, 0, sizeof(rxq));
	said[0] = '\0';
	chan.index = 3;
	hn_backlog_init(&chan.shared->backlog, backlog, sizeof(backlog), 64);
	put_waiting(VMBUS_CHANPKT_FLAG_RC, 2);
	put_waiting(VMBUS_CHANPKT_FLAG_NONE, 1);
	put_waiting(VMBUS_CHANPKT_FLAG_RC, 1);
	chan.shared->owed_count = 2;
	rxq.busy = true;
	rxq.msg.wants_completion = true;
	rxq.msg.range_count = 10;
	rte_atomic_store_explicit(&rxmem.refs, 1, rte_memory_order_relaxed);
	chan.kept = hn_rxbuf_create(&rxmem, HOLDS);
	assert_non_null(hn_rxbuf_hold(chan.kept, 1, 3));
	hold = hn_rxbuf_hold(chan.kept, 2, 1);
	/* The last mbuf that leads into it is freed. */
	hold->shinfo.free_cb(NULL, hold->shinfo.fcb_opaque);
	chan.shared->taken = 3;
	chan.shared->paid = 3u - 7u;
	return 0;
}

static int
receive_no_more(void **state)
{
	(void)state;
	free(chan.kept);
	return 0;
}

static void
test_sums_of_what_is_received(void **state)
{
	struct hn_ledger_rx rx;

	(void)state;
	assert_int_equal(hn_ledger_count_rx(&rx, &chan, &rxq, &fault), 0);
	assert_int_equal(rx.out, 7);
	assert_int_equal(rx.owed, 2);
	assert_int_equal(rx.waiting, 2);
	assert_int_equal(rx.begun, 1);
	assert_int_equal(rx.kept, 1);
	assert_int_equal(rx.released, 1);
	assert_int_equal(rx.ranges, 2 + 1 + 10 + 3 + 1);
	assert_string_equal(said, "");
}

static void
assert_rx_says(const char *sentences)
{
	struct hn_ledger_rx rx;

	assert_int_equal(hn_ledger_count_rx(&rx, &chan, &rxq, &fault), 1);
	assert_string_equal(said, sentences);
}

static void
test_lost_completion(void **state)
{
	(void)state;
	chan.shared->owed_count--;
	assert_rx_says("channel 3: 7 received packets are not completed, 6 are found; ");
}

static void
test_lost_waiting(void **state)
{
	uint8_t packet[64];

	(void)state;
	assert_true(hn_backlog_get(&chan.shared->backlog, packet) != 0);
	assert_rx_says("channel 3: 7 received packets are not completed, 6 are found; ");
}

static void
test_forgotten_packet(void **state)
{
	(void)state;
	rxq.busy = false;
	assert_rx_says("channel 3: 7 received packets are not completed, 6 are found; ");
}

static void
test_completed_twice(void **state)
{
	(void)state;
	chan.shared->paid++;
	assert_rx_says("channel 3: 6 received packets are not completed, 7 are found; ");
}

static void
test_lost_hold(void **state)
{
	(void)state;
	chan.kept->free = chan.kept->free->next;
	assert_rx_says("channel 3: 7 received packets are not completed, 8 are found; ");
}

static void
test_lost_ranges(void **state)
{
	(void)state;
	chan.kept->ranges++;
	assert_rx_says("channel 3: 4 ranges are kept, but 5 are accounted for; ");
}

static void
test_endless_holds(void **state)
{
	(void)state;
	chan.kept->free->next = chan.kept->free;
	assert_true(hn_ledger_count_rx(&(struct hn_ledger_rx){ 0 }, &chan, &rxq, &fault) != 0);
	assert_non_null(strstr(said, "the free holds are a ring"));
}

#define TX_CASE(sentence, function) { sentence, function, send_some, NULL, NULL }
#define RX_CASE(sentence, function) { sentence, function, receive_some, receive_no_more, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TX_CASE("what a transmit queue has adds up", test_sums_of_what_is_sent),
		TX_CASE("a lost send section is named", test_lost_section),
		TX_CASE("a lost transmit descriptor is named", test_lost_descriptor),
		TX_CASE("a lost bounce buffer is named", test_lost_bounce),
		TX_CASE("what was given back twice is named", test_put_twice),
		TX_CASE("a section is not filled for nobody", test_filling_nothing),
		TX_CASE("a section of another queue is named", test_foreign_section),
		TX_CASE("counts that cannot be are told, and not believed", test_impossible_counts),
		TX_CASE("many faults of a kind are told by a few", test_many_are_told_shortly),
		RX_CASE("what a channel has of the host's adds up", test_sums_of_what_is_received),
		RX_CASE("a completion that is not owed any more is missed", test_lost_completion),
		RX_CASE("a packet that went out of the backlog is missed", test_lost_waiting),
		RX_CASE("a packet that the queue forgot is missed", test_forgotten_packet),
		RX_CASE("a packet that was completed twice is one too many", test_completed_twice),
		RX_CASE("a hold that is nobody's is one too many", test_lost_hold),
		RX_CASE("kept ranges that do not add up are told", test_lost_ranges),
		RX_CASE("free holds that have no end are told", test_endless_holds),
	};

	return cmocka_run_group_tests_name("hn_ledger", tests, NULL, NULL);
}
