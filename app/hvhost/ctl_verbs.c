/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ctl_verbs.h.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ctl_verbs.h"
#include "host.h"
#include "keyvals.h"
#include "log.h"
#include "nic.h"
#include "pace.h"
#include "port.h"
#include "rndis.h"
#include "stats.h"

#define MBPS UINT64_C(1000000)
#define MBPS_MAX 400000u		/* what 32 bits of 100 bit/s can tell is a little more */

/* The words behind a verb; how many, its row has checked. */
struct ctl_call {
	struct host *host;
	unsigned int words;
	char *const *word;
	FILE *out;
};

/* The card that a word names; NULL after the answer. */
static struct nic *
call_nic(const struct ctl_call *call, unsigned int i)
{
	struct nic *nic = NULL;
	uint64_t number;

	if (parse_number(call->word[i], &number) == 0)
		nic = host_nic(call->host, number);
	if (nic == NULL)
		fprintf(call->out, "error there is no card %s\n", call->word[i]);
	return nic;
}

/* The guest's side of an event, for whoever wonders why nothing happens. */
static void
call_done(const struct ctl_call *call, enum nic_told told)
{
	static const char *const remarks[] = {
		[NIC_TOLD] = "",
		[NIC_TOLD_NOBODY] = "there is no guest to be told\n",
		[NIC_TOLD_UNWANTED] = ("the guest is not told: it has not announced that it "
				       "takes this\n"),
		[NIC_TOLD_NOTHING] = "it was so before\n",
	};

	fprintf(call->out, "ok\n%s", remarks[told]);
}

static void
verb_stats(const struct ctl_call *call)
{
	if (call->words > 0 && strcmp(call->word[0], "--json") != 0) {
		fprintf(call->out, "error stats takes --json or nothing\n");
		return;
	}
	fprintf(call->out, "ok\n");
	if (call->words > 0)
		stats_print_json(call->host, call->out);
	else
		stats_print(call->host, call->out);
}

static void
call_link(const struct ctl_call *call, bool up)
{
	struct nic *nic = call_nic(call, 0);

	if (nic != NULL)
		call_done(call, nic_set_link(nic, up));
}

static void
verb_link_up(const struct ctl_call *call)
{
	call_link(call, true);
}

static void
verb_link_down(const struct ctl_call *call)
{
	call_link(call, false);
}

static void
verb_link_speed(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	uint64_t mbps;

	if (nic == NULL)
		return;
	if (parse_number(call->word[1], &mbps) != 0 || mbps == 0 || mbps > MBPS_MAX) {
		fprintf(call->out, "error a speed is 1 to %u Mbit/s\n", MBPS_MAX);
		return;
	}
	call_done(call, nic_set_speed(nic, mbps * MBPS));
}

static void
verb_network_change(const struct ctl_call *call)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} kinds[] = {
		{ "definite", RNDIS_NETWORK_CHANGE_DEFINITE },
		{ "possible", RNDIS_NETWORK_CHANGE_POSSIBLE },
		{ "connect", RNDIS_NETWORK_CHANGE_CONNECT },
	};
	const char *name = call->words > 1 ? call->word[1] : kinds[0].name;
	struct nic *nic = call_nic(call, 0);

	if (nic == NULL)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			call_done(call, nic_change_network(nic, kinds[i].kind));
			return;
		}
	}
	fprintf(call->out, "error a network change is definite, possible or connect, not %s\n",
		name);
}

static void
verb_pause(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	uint64_t ms = 0;

	if (nic == NULL)
		return;
	if (call->words > 1 && (parse_number(call->word[1], &ms) != 0 || ms == 0)) {
		fprintf(call->out, "error a pause is of milliseconds, not of %s\n", call->word[1]);
		return;
	}
	nic_pause(nic, ms);
	fprintf(call->out, "ok\n");
}

static void
verb_resume(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);

	if (nic != NULL)
		call_done(call, nic_resume(nic));
}

static void
verb_remove(const struct ctl_call *call)
{
	const struct nic *nic = call_nic(call, 0);

	if (nic == NULL)
		return;
	host_remove_nic(call->host, nic_config(nic)->number);
	fprintf(call->out, "ok\n");
}

static void
verb_fault(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);

	if (nic == NULL)
		return;
	if (nic_set_faults(nic, call->word[1]) != 0)
		fprintf(call->out, "error %s is no script of faults (see hvhost --help)\n",
			call->word[1]);
	else
		fprintf(call->out, "ok\n");
}

/* All that a guest waits for comes so much later. */
static void
verb_delay(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	const char *ms = call->word[1];
	char script[128];
	int len;

	if (nic == NULL)
		return;
	len = snprintf(script, sizeof(script), "nvsp:late:%s+rndis:late:%s+done:late:%s+sent:late:%s",
		       ms, ms, ms, ms);
	if (strcmp(ms, "off") == 0)
		len = snprintf(script, sizeof(script), "none");
	if (len >= (int)sizeof(script) || nic_set_faults(nic, script) != 0)
		fprintf(call->out, "error a delay is of 1 to 600000 ms, not of %s\n", ms);
	else
		fprintf(call->out, "ok\n");
}

static void
verb_rescind_channel(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	uint64_t index;

	if (nic == NULL)
		return;
	if (parse_number(call->word[1], &index) != 0 || nic_rescind_channel(nic, index) != 0)
		fprintf(call->out, "error card %s has no open subchannel %s\n", call->word[0],
			call->word[1]);
	else
		fprintf(call->out, "ok\n");
}

/* A card was offered, or the sentence says why not. */
static void
call_offered(const struct ctl_call *call, int number, const char *sentence)
{
	if (number < 0)
		fprintf(call->out, "error %s\n", sentence);
	else
		fprintf(call->out, "ok\nnic %d\n", number);
}

static void
verb_add(const struct ctl_call *call)
{
	char sentence[512] = "there was no such card";
	uint64_t number;
	int ret = -1;

	log_usage_into(sentence, sizeof(sentence));
	if (parse_number(call->word[0], &number) == 0)
		ret = host_restore_nic(call->host, number);
	log_usage_into(NULL, 0);
	call_offered(call, ret, sentence);
}

/* The same card goes and is there again, before anybody can look. */
static void
verb_restart(const struct ctl_call *call)
{
	const struct nic *nic = call_nic(call, 0);

	if (nic == NULL)
		return;
	host_remove_nic(call->host, nic_config(nic)->number);
	verb_add(call);
}

static void
verb_add_new(const struct ctl_call *call)
{
	char sentence[512] = "";
	int ret;

	log_usage_into(sentence, sizeof(sentence));
	ret = host_offer_nic(call->host, call->word[0]);
	log_usage_into(NULL, 0);
	call_offered(call, ret, sentence);
}

static void
verb_capture(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	char sentence[512] = "";
	uint64_t snap_len = 0;
	int ret;

	if (nic == NULL)
		return;
	if (call->words > 2 && (parse_number(call->word[2], &snap_len) != 0 ||
				snap_len < 1 || snap_len > UINT32_MAX)) {
		fprintf(call->out, "error frames cannot be cut to %s bytes\n", call->word[2]);
		return;
	}
	log_usage_into(sentence, sizeof(sentence));
	ret = nic_capture(nic, strcmp(call->word[1], "off") != 0 ? call->word[1] : NULL,
			  (uint32_t)snap_len);
	log_usage_into(NULL, 0);
	if (ret != 0)
		fprintf(call->out, "error %s\n", sentence);
	else
		fprintf(call->out, "ok\n");
}

/* The numbers of a rate; what is not said stays 0. false: they are none, and that has been told. */
static bool
call_rate(const struct ctl_call *call, uint64_t *rate, uint64_t *bulk)
{
	if (strcmp(call->word[1], "off") != 0 &&
	    (parse_number(call->word[1], rate) != 0 || *rate > PACE_RATE_MAX)) {
		fprintf(call->out, "error a rate is off, or 0 to %u frames a second\n",
			PACE_RATE_MAX);
		return false;
	}
	if (call->words > 2 && (parse_number(call->word[2], bulk) != 0 || *bulk == 0 ||
				*bulk > PACE_BULK_MAX)) {
		fprintf(call->out, "error so many together are 1 to %u\n", PACE_BULK_MAX);
		return false;
	}
	return true;
}

static void
verb_rate(const struct ctl_call *call)
{
	struct nic *nic = call_nic(call, 0);
	struct port *port = nic != NULL ? nic_port(nic) : NULL;
	uint64_t rate = 0, bulk = 0;
	struct pace *pace;

	if (port == NULL || !call_rate(call, &rate, &bulk))
		return;
	if (port->ops->pace == NULL) {
		fprintf(call->out, "error the port of card %s has no rate\n", call->word[0]);
		return;
	}
	pace = port->ops->pace(port);
	if (bulk != 0)
		pace->bulk = bulk;
	if (strcmp(call->word[1], "off") == 0)
		pace_stop(pace);
	else
		pace_set_rate(pace, rate);
	fprintf(call->out, "ok\n");
}

static const struct ctl_verb {
	const char *name;
	const char *second;		/* word of the verb; NULL: it has one */
	const char *usage;		/* of the words behind it */
	const char *what;
	unsigned int least, most;	/* words behind it */
	void (*act)(const struct ctl_call *call);
} ctl_verbs[] = {
	{ "stats", NULL, "[--json]", "show states and counters", 0, 1, verb_stats },
	{ "link", "up", "NIC", "plug the cable in; the guest is told", 1, 1, verb_link_up },
	{ "link", "down", "NIC", "pull it", 1, 1, verb_link_down },
	{ "link", "speed", "NIC MBPS", "another link speed; the guest is told if it takes that",
	  2, 2, verb_link_speed },
	{ "network-change", NULL, "NIC [definite|possible|connect]",
	  "tell the guest that the network behind the cable is another", 1, 2,
	  verb_network_change },
	{ "rate", NULL, "NIC PPS|off [BULK]", "so many frames a second from its generator or "
	  "file, BULK of them at a time; 0: as many as fit", 2, 3, verb_rate },
	{ "pause", NULL, "NIC [MS]", "look at nothing of the card's, for so long or until resume",
	  1, 2, verb_pause },
	{ "resume", NULL, "NIC", "go on", 1, 1, verb_resume },
	{ "save", NULL, "NIC", "stop it to be saved: for the guest a pause", 1, 1, verb_pause },
	{ "restore", NULL, "NIC", "go on elsewhere: all is as it was", 1, 1, verb_resume },
	{ "restart", NULL, "NIC", "remove and add at once", 1, 1, verb_restart },
	{ "fault", NULL, "NIC FAULTS|none",
	  "let answers be lost, late, told twice or out of order from now on", 2, 2, verb_fault },
	{ "delay", NULL, "NIC MS|off", "answer and complete everything so much later", 2, 2,
	  verb_delay },
	{ "remove", NULL, "NIC", "take the card away, as Hyper-V does while the guest runs",
	  1, 1, verb_remove },
	{ "rescind-channel", NULL, "NIC INDEX",
	  "take a subchannel away (1 and up); the guest is not told", 2, 2,
	  verb_rescind_channel },
	{ "add", "--nic", "OPTIONS", "offer a new card; its number is told", 1, 1, verb_add_new },
	{ "add", NULL, "NIC", "offer a removed card again, with its options", 1, 1, verb_add },
	{ "capture", NULL, "NIC FILE [BYTES]",
	  "write its frames to a pcapng file, cut to so many bytes", 2, 3, verb_capture },
	{ "capture", NULL, "NIC off", "end that", 2, 2, verb_capture },
};

#define CTL_VERBS (sizeof(ctl_verbs) / sizeof(ctl_verbs[0]))

static unsigned int
verb_words(const struct ctl_verb *verb)
{
	return verb->second != NULL ? 2 : 1;
}

static bool
verb_is(const struct ctl_verb *verb, unsigned int words, char *const word[])
{
	return words >= verb_words(verb) && strcmp(word[0], verb->name) == 0 &&
	       (verb->second == NULL || strcmp(word[1], verb->second) == 0);
}

/* No row has these words: say which rows come near. */
static void
ctl_refuse(const char *name, FILE *out)
{
	const char *before = "error usage: ";

	for (size_t i = 0; name != NULL && i < CTL_VERBS; i++) {
		const struct ctl_verb *verb = &ctl_verbs[i];

		if (strcmp(verb->name, name) != 0)
			continue;
		fprintf(out, "%s%s%s%s %s", before, verb->name, verb->second != NULL ? " " : "",
			verb->second != NULL ? verb->second : "", verb->usage);
		before = ", or ";
	}
	if (before[0] == 'e')
		fprintf(out, "error there is no verb '%s' (see hvhost ctl --help)",
			name != NULL ? name : "");
	fprintf(out, "\n");
}

void
ctl_verbs_act(struct host *host, char *question, FILE *out)
{
	char *word[CTL_WORDS_MAX], *rest = question, *next;
	unsigned int words = 0;

	while (words < CTL_WORDS_MAX && (next = strsep(&rest, "\t")) != NULL)
		word[words++] = next;
	for (size_t i = 0; rest == NULL && i < CTL_VERBS; i++) {
		const struct ctl_verb *verb = &ctl_verbs[i];
		unsigned int own = verb_words(verb);

		if (!verb_is(verb, words, word) || words - own < verb->least ||
		    words - own > verb->most)
			continue;
		verb->act(&(struct ctl_call){ host, words - own, word + own, out });
		return;
	}
	ctl_refuse(words > 0 ? word[0] : NULL, out);
}

void
ctl_verbs_help(FILE *out)
{
	for (size_t i = 0; i < CTL_VERBS; i++) {
		const struct ctl_verb *verb = &ctl_verbs[i];

		fprintf(out, "  %s%s%s %s\n        %s\n", verb->name,
			verb->second != NULL ? " " : "",
			verb->second != NULL ? verb->second : "", verb->usage, verb->what);
	}
}
