/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rules.h.
 */

#include <stdarg.h>

#include "rules.h"

/* Lines for each rule; a guest that breaks it a million times fills no disk. */
#define RULES_LINES_MAX 10

static const struct {
	const char *name;
	const char *text;
} rules_table[RULE_COUNT] = {
#define RULES_ROW(name, text) [RULE_##name] = { #name, text },
	RULES(RULES_ROW)
#undef RULES_ROW
};

const char *
rules_name(enum rule rule)
{
	return rules_table[rule].name;
}

const char *
rules_text(enum rule rule)
{
	return rules_table[rule].text;
}

void
rules_break(struct rules *rules, enum rule rule, const char *who, const char *format, ...)
{
	uint64_t times = ++rules->broken[rule];
	va_list args;

	if (times > RULES_LINES_MAX)
		return;
	fprintf(stderr, "hvhost: %s broke %s: ", who, rules_name(rule));
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (rule: %s)%s\n", rules_text(rule),
		times == RULES_LINES_MAX ? "; further ones are only counted" : "");
}

uint64_t
rules_broken(const struct rules *rules)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < RULE_COUNT; i++)
		sum += rules->broken[i];
	return sum;
}
