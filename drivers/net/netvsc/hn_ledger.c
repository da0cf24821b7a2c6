/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * An account holds things of one kind by their numbers: everybody who has one
 * enters it, and in the end each has one owner. Then what is received, what is
 * sent, and the port.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_vmbus_reg.h>

#include "hn_ledger.h"
#include "hn_log.h"
#include "hn_proc.h"
#include "hn_rxbuf.h"

/* Faults of one kind that are told; the others would say the same. */
#define LEDGER_TOLD_MAX 4u

/* Where a check stands. */
struct ledger {
	const struct hn_ledger_fault *fault;
	const char *whose;
	uint16_t index;
	unsigned int faults;
};

static void __rte_format_printf(2, 3)
ledger_tell(struct ledger *ledger, const char *format, ...)
{
	char sentence[128];
	va_list args;
	int len;

	ledger->faults++;
	if (ledger->fault == NULL)
		return;
	len = snprintf(sentence, sizeof(sentence), "%s %u: ", ledger->whose, ledger->index);
	va_start(args, format);
	vsnprintf(sentence + len, sizeof(sentence) - len, format, args);
	va_end(args);
	ledger->fault->tell(ledger->fault->ctx, sentence);
}

/* Accounts */

struct account {
	struct ledger *ledger;
	const char *what;
	uint32_t first;		/* number */
	uint32_t count;
	uint32_t told;
	uint8_t *owners;	/* of each; NULL if there is no memory: nothing is checked */
};

static void
account_open(struct account *account, struct ledger *ledger, const char *what, uint32_t first,
	     uint32_t count)
{
	account->ledger = ledger;
	account->what = what;
	account->first = first;
	account->count = count;
	account->told = 0;
	account->owners = calloc(RTE_MAX(count, 1u), sizeof(account->owners[0]));
}

/* Somebody has it. */
static void
account_enter(struct account *account, uint32_t number)
{
	uint32_t index = number - account->first;

	if (account->owners == NULL)
		return;
	if (number < account->first || index >= account->count) {
		if (account->told++ < LEDGER_TOLD_MAX)
			ledger_tell(account->ledger, "there is no %s %u here", account->what,
				    number);
	} else if (account->owners[index] != UINT8_MAX) {
		account->owners[index]++;
	}
}

/* A stack of free ones, as far as it can be true. */
static uint32_t
account_clip(struct account *account, uint32_t free_count)
{
	if (free_count <= account->count)
		return free_count;
	ledger_tell(account->ledger, "%u %ss are free, of %u", free_count, account->what,
		    account->count);
	return account->count;
}

static void
account_close(struct account *account)
{
	uint32_t i;

	for (i = 0; account->owners != NULL && i < account->count; i++) {
		if (account->owners[i] == 1 || account->told++ >= LEDGER_TOLD_MAX)
			continue;
		if (account->owners[i] == 0)
			ledger_tell(account->ledger, "%s %u is lost", account->what,
				    account->first + i);
		else
			ledger_tell(account->ledger, "%s %u has %u owners", account->what,
				    account->first + i, account->owners[i]);
	}
	free(account->owners);
}

/* Receiving */

static void
rx_count_waiting(void *ctx, const void *packet)
{
	const struct vmbus_chanpkt_rxbuf *rxbuf = packet;
	struct hn_ledger_rx *rx = ctx;

	if ((rxbuf->hdr.flags & VMBUS_CHANPKT_FLAG_RC) == 0)
		return;
	rx->waiting++;
	rx->ranges += rxbuf->rxbuf_cnt;
}

/*
 * Holds that are not free are kept or released; which of the two is known by
 * number only, as others release them meanwhile.
 */
static void
rx_count_holds(struct hn_ledger_rx *rx, struct hn_rxbuf *kept, struct ledger *ledger)
{
	const struct hn_rxhold *hold;
	uint32_t i, used, ranges = 0;
	struct account holds;

	account_open(&holds, ledger, "hold of received packets", 0, kept->count);
	used = kept->count;
	for (hold = kept->free; hold != NULL && used != 0; hold = hold->next, used--)
		account_enter(&holds, (uint32_t)(hold - kept->hold));
	if (hold != NULL)
		ledger_tell(ledger, "the free holds are a ring");
	for (i = 0; i < kept->count && holds.owners != NULL; i++) {
		if (holds.owners[i] != 0)
			continue;
		account_enter(&holds, i);
		ranges += kept->hold[i].ranges;
	}
	account_close(&holds);
	if (ranges != kept->ranges)
		ledger_tell(ledger, "%u ranges are kept, but %u are accounted for", ranges,
			    kept->ranges);
	rx->kept = RTE_MIN(hn_rxbuf_kept(kept), used);
	rx->released = used - rx->kept;
	rx->ranges += ranges;
}

unsigned int
hn_ledger_count_rx(struct hn_ledger_rx *rx, struct hn_chan *chan, const struct hn_rxq *rxq,
		   const struct hn_ledger_fault *fault)
{
	struct ledger ledger = { fault, "channel", chan->index, 0 };
	uint32_t found;

	*rx = (struct hn_ledger_rx){
		.out = chan->shared->taken - chan->shared->paid,
		.owed = chan->shared->owed_count,
	};
	hn_backlog_walk(&chan->shared->backlog, rx_count_waiting, rx);
	/* What mbufs lead into is counted with its hold. */
	if (rxq != NULL && rxq->busy && rxq->hold == NULL && rxq->msg.wants_completion) {
		rx->begun = 1;
		rx->ranges += rxq->msg.range_count;
	}
	if (chan->kept != NULL)
		rx_count_holds(rx, chan->kept, &ledger);
	found = rx->owed + rx->waiting + rx->begun + rx->kept + rx->released;
	if (found != rx->out)
		ledger_tell(&ledger, "%d received packets are not completed, %u are found",
			    (int)rx->out, found);
	return ledger.faults;
}

/* Sending */

struct tx_accounts {
	struct account desc;
	struct account section;
	struct account bounce;
};

static void
tx_enter_free(struct tx_accounts *accounts, const struct hn_txbuf *buf)
{
	uint32_t i, count;

	count = account_clip(&accounts->desc, buf->free_desc_count);
	for (i = 0; i < count; i++)
		account_enter(&accounts->desc, buf->free_desc[i]);
	count = account_clip(&accounts->section, buf->free_section_count);
	for (i = 0; i < count; i++)
		account_enter(&accounts->section, buf->free_section[i]);
	count = account_clip(&accounts->bounce, buf->free_bounce_count);
	for (i = 0; i < count; i++)
		account_enter(&accounts->bounce, buf->free_bounce[i]);
}

static void
tx_enter_used(struct tx_accounts *accounts, struct hn_ledger_tx *tx,
	      const struct hn_txdesc *desc, uint32_t index, bool filling)
{
	account_enter(&accounts->desc, index);
	tx->filling += filling;
	tx->sent += !filling;
	tx->mbufs += desc->mbuf != NULL;
	if (desc->section != HN_TXBUF_NO_SECTION) {
		account_enter(&accounts->section, desc->section);
		tx->sections_used++;
	}
	if (desc->bounce != HN_TXBUF_NO_BOUNCE) {
		account_enter(&accounts->bounce, desc->bounce);
		tx->bounces_used++;
	}
}

unsigned int
hn_ledger_count_tx(struct hn_ledger_tx *tx, const struct hn_txq *txq,
		   const struct hn_ledger_fault *fault)
{
	const struct hn_txbuf *buf = &txq->buf;
	struct ledger ledger = { fault, "Tx queue", txq->queue_id, 0 };
	struct tx_accounts accounts;
	uint32_t i;

	*tx = (struct hn_ledger_tx){
		.free = buf->free_desc_count,
		.sections_free = buf->free_section_count,
		.bounces_free = buf->free_bounce_count,
	};
	account_open(&accounts.desc, &ledger, "transmit descriptor", 0, buf->desc_count);
	account_open(&accounts.section, &ledger, "send section",
		     buf->section_count * txq->queue_id, buf->section_count);
	account_open(&accounts.bounce, &ledger, "bounce buffer", 0, HN_TXBUF_BOUNCES);
	tx_enter_free(&accounts, buf);
	for (i = 0; i < buf->desc_count; i++)
		if (buf->desc[i].in_use)
			tx_enter_used(&accounts, tx, &buf->desc[i], i,
				      &buf->desc[i] == txq->agg.desc);
	account_close(&accounts.desc);
	account_close(&accounts.section);
	account_close(&accounts.bounce);
	if (txq->agg.desc != NULL && tx->filling == 0)
		ledger_tell(&ledger, "a descriptor is being filled that is not in use");
	return ledger.faults;
}

/* The port */

struct ledger_log {
	uint16_t port_id;
	const char *when;
};

static void
ledger_log(void *ctx, const char *sentence)
{
	const struct ledger_log *log = ctx;

	HN_LOG(ERR, "port %u: ledger at %s: %s", log->port_id, log->when, sentence);
}

unsigned int
hn_ledger_check_rx(struct hn_chan *chan, const struct hn_rxq *rxq, const char *when)
{
	struct ledger_log log = { chan->port_id, when };
	const struct hn_ledger_fault fault = { ledger_log, &log };
	struct hn_ledger_rx rx;

	return hn_ledger_count_rx(&rx, chan, rxq, &fault);
}

unsigned int
hn_ledger_check_tx(const struct hn_txq *txq, const char *when)
{
	struct ledger_log log = { txq->port_id, when };
	const struct hn_ledger_fault fault = { ledger_log, &log };
	struct hn_ledger_tx tx;

	return hn_ledger_count_tx(&tx, txq, &fault);
}

unsigned int
hn_ledger_check(struct rte_eth_dev *dev, const char *when)
{
	struct hn_proc *proc = hn_proc_get(dev->data->port_id);
	const struct hn_rxq *rxq;
	unsigned int faults = 0;
	struct hn_chan *chan;
	uint16_t i;

	for (i = 0; i < proc->channels.count; i++) {
		chan = &proc->channels.chan[i];
		rxq = i < dev->data->nb_rx_queues ? dev->data->rx_queues[i] : NULL;
		hn_chan_rx_lock(chan);
		faults += hn_ledger_check_rx(chan, rxq, when);
		hn_chan_rx_unlock(chan);
	}
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		if (dev->data->tx_queues[i] != NULL)
			faults += hn_ledger_check_tx(dev->data->tx_queues[i], when);
	return faults;
}
