/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See stats.h.
 */

#include <inttypes.h>

#include "host.h"
#include "nic.h"
#include "port.h"
#include "rules.h"
#include "stats.h"

struct stats_field {
	const char *name;
	const char *text;
	size_t offset;
};

static const struct stats_field stats_fields[] = {
#define STATS_FIELD(name, text) { #name, text, offsetof(struct nic_counters, name) },
	NIC_COUNTERS(STATS_FIELD)
#undef STATS_FIELD
};

#define STATS_FIELDS (sizeof(stats_fields) / sizeof(stats_fields[0]))

static const struct stats_field stats_queue_fields[] = {
#define STATS_QUEUE_FIELD(name, text) \
	{ #name, text, offsetof(struct nic_queue_counters, name) },
	NIC_QUEUE_COUNTERS(STATS_QUEUE_FIELD)
#undef STATS_QUEUE_FIELD
};

#define STATS_QUEUE_FIELDS (sizeof(stats_queue_fields) / sizeof(stats_queue_fields[0]))

static uint64_t
stats_value(const void *counters, const struct stats_field *field)
{
	return *(const uint64_t *)((const char *)counters + field->offset);
}

/* Port counters as a list that may be empty. */
static const struct port_counter *
stats_port_counters(const struct nic *nic)
{
	static const struct port_counter none = { NULL, NULL };

	return nic_port(nic)->ops->counters != NULL ? nic_port(nic)->ops->counters : &none;
}

/* Where there is one queue, the NIC's own counters say it all. */
static void
stats_print_queues(const struct nic *nic, FILE *out)
{
	const struct nic_queue_counters *counters;

	if (nic_queue_counters(nic, 1) == NULL)
		return;
	for (unsigned int q = 0; (counters = nic_queue_counters(nic, q)) != NULL; q++) {
		fprintf(out, "  queue %-2u", q);
		for (size_t i = 0; i < STATS_QUEUE_FIELDS; i++)
			fprintf(out, "%s %" PRIu64 " %s", i == 0 ? "" : ",",
				stats_value(counters, &stats_queue_fields[i]),
				stats_queue_fields[i].text);
		fputc('\n', out);
	}
}

/* Also one that was never reached: a test that waits for it shows nothing. */
static void
stats_print_faults(const struct nic *nic, FILE *out)
{
	const struct fault *fault;

	for (unsigned int i = 0; (fault = nic_fault(nic, i)) != NULL; i++)
		fprintf(out, "  fault %-14s %16" PRIu32 "  times played\n", fault_text(fault),
			fault->played);
}

static void
stats_print_held(const struct nic *nic, FILE *out)
{
	const struct nic_held held = nic_held(nic);

	if (held.rx != 0)
		fprintf(out, "  %-20s %16u  receive sections that the guest has now\n", "rx_held",
			held.rx);
	if (held.tx != 0)
		fprintf(out, "  %-20s %16u  packets of the guest that are not completed yet\n",
			"tx_held", held.tx);
}

static void
stats_print_nic(const struct nic *nic, FILE *out)
{
	const struct port_counter *counter;

	fprintf(out, "nic %u: %s\n", nic_config(nic)->number, nic_state(nic));
	for (size_t i = 0; i < STATS_FIELDS; i++) {
		uint64_t value = stats_value(nic_counters(nic), &stats_fields[i]);

		if (value != 0)
			fprintf(out, "  %-20s %16" PRIu64 "  %s\n", stats_fields[i].name, value,
				stats_fields[i].text);
	}
	stats_print_held(nic, out);
	stats_print_faults(nic, out);
	stats_print_queues(nic, out);
	for (counter = stats_port_counters(nic); counter->name != NULL; counter++)
		fprintf(out, "  %-20s %16" PRIu64 "\n", counter->name,
			counter->value(nic_port(nic)));
}

void
stats_print(const struct host *host, FILE *out)
{
	const struct rules *rules = host_rules(host);
	const struct nic *nic;

	for (unsigned int i = 0; i < host_nics(host); i++)
		if ((nic = host_nic(host, i)) != NULL)
			stats_print_nic(nic, out);
	fprintf(out, "rules broken: %" PRIu64 "\n", rules_broken(rules));
	for (unsigned int i = 0; i < RULE_COUNT; i++)
		if (rules->broken[i] != 0)
			fprintf(out, "  %-20s %16" PRIu64 "  %s\n", rules_name(i),
				rules->broken[i], rules_text(i));
}

static void
stats_print_json_queues(const struct nic *nic, FILE *out)
{
	const struct nic_queue_counters *counters;

	fprintf(out, ", \"queues\": [");
	for (unsigned int q = 0; (counters = nic_queue_counters(nic, q)) != NULL; q++) {
		fprintf(out, "%s{", q == 0 ? "" : ", ");
		for (size_t i = 0; i < STATS_QUEUE_FIELDS; i++)
			fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ",
				stats_queue_fields[i].name,
				stats_value(counters, &stats_queue_fields[i]));
		fputc('}', out);
	}
	fputc(']', out);
}

static void
stats_print_json_faults(const struct nic *nic, FILE *out)
{
	const struct fault *fault;

	fprintf(out, ", \"faults\": {");
	for (unsigned int i = 0; (fault = nic_fault(nic, i)) != NULL; i++)
		fprintf(out, "%s\"%s\": %" PRIu32, i == 0 ? "" : ", ", fault_text(fault),
			fault->played);
	fputc('}', out);
}

static void
stats_print_json_nic(const struct nic *nic, FILE *out)
{
	const struct nic_held held = nic_held(nic);
	const struct port_counter *counter;

	fprintf(out, "{\"nic\": %u, \"state\": \"%s\", \"rx_held\": %u, \"tx_held\": %u",
		nic_config(nic)->number, nic_state(nic), held.rx, held.tx);
	for (size_t i = 0; i < STATS_FIELDS; i++)
		fprintf(out, ", \"%s\": %" PRIu64, stats_fields[i].name,
			stats_value(nic_counters(nic), &stats_fields[i]));
	stats_print_json_queues(nic, out);
	stats_print_json_faults(nic, out);
	fprintf(out, ", \"port\": {");
	for (counter = stats_port_counters(nic); counter->name != NULL; counter++)
		fprintf(out, "%s\"%s\": %" PRIu64,
			counter == stats_port_counters(nic) ? "" : ", ", counter->name,
			counter->value(nic_port(nic)));
	fprintf(out, "}}");
}

void
stats_print_json(const struct host *host, FILE *out)
{
	const struct rules *rules = host_rules(host);
	const struct nic *nic;
	const char *comma = "";

	fprintf(out, "{\"nics\": [");
	for (unsigned int i = 0; i < host_nics(host); i++) {
		nic = host_nic(host, i);
		if (nic == NULL)
			continue;
		fprintf(out, "%s", comma);
		stats_print_json_nic(nic, out);
		comma = ", ";
	}
	fprintf(out, "], \"rules_broken\": {");
	comma = "";
	for (unsigned int i = 0; i < RULE_COUNT; i++) {
		if (rules->broken[i] == 0)
			continue;
		fprintf(out, "%s\"%s\": %" PRIu64, comma, rules_name(i), rules->broken[i]);
		comma = ", ";
	}
	fprintf(out, "}}\n");
}
