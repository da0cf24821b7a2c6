/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a NIC tells the guest of its requests, as its script of faults wants it:
 * some of it is kept here until its time has come.
 */

#include <stdlib.h>
#include <string.h>

#include "nic_private.h"
#include "pace.h"

#define NS_PER_MS UINT64_C(1000000)
#define NEVER UINT64_MAX

struct nic_told_later {
	struct nic_told_later *next;
	enum fault_kind kind;
	uint64_t due_ns;		/* NEVER: behind the next of its kind */
	uint16_t channel;
	uint64_t id;
	size_t len;
	uint8_t bytes[];
};

/* What has waited here waits for its turn and for room, too. */
static void
nic_tell_now(struct nic_channel *ch, const struct nic_told_later *item)
{
	if (item->kind == FAULT_RNDIS)
		nic_control_indicate(ch->nic, item->bytes, item->len);
	else
		nic_complete(ch, item->id, item->bytes, item->len);
}

/* What does not fit into memory is lost, as by the fault "never". */
static void
nic_tell_later(struct nic_channel *ch, enum fault_kind kind, uint64_t due_ns, uint64_t id,
	       const uint8_t *bytes, size_t len)
{
	struct nic_told_later **link = &ch->nic->later;
	struct nic_told_later *item = malloc(sizeof(*item) + len);

	if (item == NULL)
		return;
	*item = (struct nic_told_later){
		.kind = kind, .due_ns = due_ns, .channel = ch->index, .id = id, .len = len,
	};
	memcpy(item->bytes, bytes, len);
	/* Forward to the end of the list. */
	while (*link != NULL)
		link = &(*link)->next;
	*link = item;
}

/* One of a kind has been told: what has let it pass is due. */
static void
nic_release_swapped(struct nic *nic, enum fault_kind kind)
{
	for (struct nic_told_later *item = nic->later; item != NULL; item = item->next)
		if (item->kind == kind && item->due_ns == NEVER)
			item->due_ns = 0;
}

static void
nic_tell(struct nic_channel *ch, enum fault_kind kind, uint64_t id, const uint8_t *bytes,
	 size_t len)
{
	if (kind == FAULT_RNDIS)
		nic_control_send(ch, bytes, len);
	else
		nic_complete(ch, id, bytes, len);
}

void
nic_answer(struct nic_channel *ch, enum fault_kind kind, uint64_t id, const uint8_t *bytes,
	   size_t len)
{
	struct fault fault;

	if (ch->nic->faults.count == 0 && ch->nic->later == NULL) {
		nic_tell(ch, kind, id, bytes, len);
		return;
	}
	fault = faults_next(&ch->nic->faults, kind);
	switch (fault.action) {
	case FAULT_NEVER:
		return;
	case FAULT_LATE:
		nic_tell_later(ch, kind, pace_now_ns() + fault.delay_ms * NS_PER_MS, id, bytes,
			       len);
		return;
	case FAULT_SWAP:
		nic_tell_later(ch, kind, NEVER, id, bytes, len);
		return;
	case FAULT_TWICE:
		nic_tell_later(ch, kind, 0, id, bytes, len);
		break;
	default:
		break;
	}
	nic_tell(ch, kind, id, bytes, len);
	nic_release_swapped(ch->nic, kind);
}

unsigned int
nic_faults_poll(struct nic *nic)
{
	struct nic_told_later **link = &nic->later, *item;
	struct nic_channel *ch;
	unsigned int n = 0;

	/* Forward, or one item less. */
	while ((item = *link) != NULL) {
		ch = &nic->channel[item->channel];
		if (!nic_channel_works(ch) || item->due_ns > pace_now_ns() || ch->stuck.waits) {
			link = &item->next;
			continue;
		}
		nic_tell_now(ch, item);
		*link = item->next;
		free(item);
		n++;
	}
	return n;
}

void
nic_faults_forget(struct nic *nic)
{
	struct nic_told_later *item;

	while ((item = nic->later) != NULL) {
		nic->later = item->next;
		free(item);
	}
}

unsigned int
nic_faults_held(const struct nic *nic)
{
	unsigned int n = 0;

	for (const struct nic_told_later *item = nic->later; item != NULL; item = item->next)
		n += item->kind == FAULT_SENT;
	return n;
}

int
nic_set_faults(struct nic *nic, const char *text)
{
	struct faults faults = { 0 };

	if (strcmp(text, "none") != 0 && faults_add(&faults, text) != 0)
		return -1;
	nic->faults = faults;
	return 0;
}

const struct fault *
nic_fault(const struct nic *nic, unsigned int i)
{
	return i < nic->faults.count ? &nic->faults.fault[i] : NULL;
}
