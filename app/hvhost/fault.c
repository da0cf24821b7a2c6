/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See fault.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "keyvals.h"
#include "log.h"

#define DELAY_MAX_MS 600000u

static const char *const fault_kinds[] = {
	[FAULT_NVSP] = "nvsp", [FAULT_RNDIS] = "rndis", [FAULT_DONE] = "done",
	[FAULT_SENT] = "sent",
};

static const char *const fault_actions[] = {
	[FAULT_NEVER] = "never", [FAULT_TWICE] = "twice", [FAULT_LATE] = "late",
	[FAULT_SWAP] = "swap",
};

/* The place of a word in a table; count if it is not there. */
static unsigned int
fault_word(const char *const words[], unsigned int count, const char *word)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (words[i] != NULL && strcmp(words[i], word) == 0)
			break;
	return i;
}

/* A number up to most, or what stands there when there is no text. */
static bool
fault_number(const char *text, uint64_t most, uint32_t *number)
{
	uint64_t value;

	if (text == NULL)
		return true;
	if (parse_number(text, &value) != 0 || value == 0 || value > most)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* The text is cut into its words. */
static bool
fault_parse(struct fault *fault, char *text)
{
	char *action = strchr(text, ':'), *delay = NULL, *nth;

	memset(fault, 0, sizeof(*fault));
	if (action == NULL)
		return false;
	*action++ = '\0';
	delay = strchr(action, ':');
	if (delay != NULL)
		*delay++ = '\0';
	nth = strchr(text, '@');
	if (nth != NULL)
		*nth++ = '\0';
	fault->kind = fault_word(fault_kinds, FAULT_KINDS, text);
	fault->action = fault_word(fault_actions, FAULT_ACTIONS, action);
	return fault->kind < FAULT_KINDS && fault->action < FAULT_ACTIONS &&
	       fault_number(nth, UINT32_MAX, &fault->nth) &&
	       fault_number(delay, DELAY_MAX_MS, &fault->delay_ms) &&
	       (fault->action == FAULT_LATE) == (delay != NULL);
}

int
faults_add(struct faults *faults, const char *text)
{
	char one[64];
	size_t len;

	/* Each turn goes past one fault and the plus behind it. */
	for (; *text != '\0'; text += len + (text[len] == '+')) {
		len = strcspn(text, "+");
		snprintf(one, sizeof(one), "%.*s", (int)len, text);
		if (faults->count == FAULTS_MAX) {
			log_usage("there are more than %u faults", FAULTS_MAX);
			return -1;
		}
		if (len >= sizeof(one) || !fault_parse(&faults->fault[faults->count], one)) {
			log_usage("%.*s is no fault: nvsp, rndis, done or sent, perhaps @N, then "
				  ":never, :twice, :late:MS or :swap", (int)len, text);
			return -1;
		}
		faults->count++;
	}
	return 0;
}

struct fault
faults_next(struct faults *faults, enum fault_kind kind)
{
	struct fault *fault, found = { .kind = kind, .action = FAULT_NONE };

	for (unsigned int i = 0; i < faults->count; i++) {
		fault = &faults->fault[i];
		if (fault->kind != kind)
			continue;
		fault->seen++;
		if (found.action != FAULT_NONE || (fault->nth != 0 && fault->seen != fault->nth))
			continue;
		fault->played++;
		found = *fault;
	}
	return found;
}

const char *
fault_text(const struct fault *fault)
{
	static char text[64];
	int len = snprintf(text, sizeof(text), "%s", fault_kinds[fault->kind]);

	if (fault->nth != 0)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "@%" PRIu32, fault->nth);
	len += snprintf(text + len, sizeof(text) - (size_t)len, ":%s",
			fault_actions[fault->action]);
	if (fault->action == FAULT_LATE)
		snprintf(text + len, sizeof(text) - (size_t)len, ":%" PRIu32, fault->delay_ms);
	return text;
}
