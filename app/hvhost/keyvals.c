/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See keyvals.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyvals.h"
#include "log.h"

int
keyvals_add(struct keyvals *kv, const char *item)
{
	size_t len = strlen(item);
	char *copy = kv->text + kv->used;
	char *equals;

	if (len == 0 || len >= sizeof(kv->text) - kv->used || kv->n == KEYVALS_MAX) {
		log_usage("%s: %s", kv->option,
			  len == 0 ? "there is nothing between two commas" : "it is too long");
		return -1;
	}
	memcpy(copy, item, len + 1);
	kv->used += len + 1;
	equals = strchr(copy, '=');
	if (equals != NULL)
		*equals = '\0';
	kv->pair[kv->n].key = copy;
	kv->pair[kv->n].value = equals != NULL ? equals + 1 : "";
	kv->n++;
	return 0;
}

int
keyvals_parse(struct keyvals *kv, const char *option, const char *text)
{
	char copy[sizeof(kv->text)];
	char *item, *rest = copy;
	int ret = 0;

	memset(kv, 0, sizeof(*kv));
	kv->option = option;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy)) {
		log_usage("%s: it is too long", option);
		return -1;
	}
	while (ret == 0 && (item = strsep(&rest, ",")) != NULL)
		ret = keyvals_add(kv, item);
	return ret;
}

const char *
keyvals_take(struct keyvals *kv, const char *key)
{
	for (unsigned int i = 0; i < kv->n; i++) {
		if (!kv->pair[i].taken && strcmp(kv->pair[i].key, key) == 0) {
			kv->pair[i].taken = true;
			return kv->pair[i].value;
		}
	}
	return NULL;
}

int
parse_number(const char *text, uint64_t *value)
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} units[] = {
		{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 },
		{ "KiB", 1024 }, { "MiB", 1024 * 1024 },
	};
	unsigned long long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno != 0)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) == 0 && number <= UINT64_MAX / units[i].factor) {
			*value = number * units[i].factor;
			return 0;
		}
	}
	return -1;
}

int
keyvals_number(struct keyvals *kv, const char *key, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *text = keyvals_take(kv, key);
	uint64_t number;

	if (text == NULL)
		return 0;
	if (parse_number(text, &number) != 0 || number < min || number > max) {
		log_usage("%s: %s=%s is not a number from %" PRIu64 " to %" PRIu64,
			  kv->option, key, text, min, max);
		return -1;
	}
	*value = number;
	return 0;
}

int
keyvals_switch(struct keyvals *kv, const char *key, bool *value)
{
	static const char *const words[] = { "no", "yes", "off", "on", "0", "1" };
	const char *text = keyvals_take(kv, key);

	if (text == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*value = i % 2 == 1;
			return 0;
		}
	}
	log_usage("%s: %s=%s is neither yes nor no", kv->option, key, text);
	return -1;
}

int
keyvals_check_all_taken(const struct keyvals *kv)
{
	for (unsigned int i = 0; i < kv->n; i++) {
		if (!kv->pair[i].taken) {
			log_usage("%s: unknown or repeated option '%s' (see hvhost --help)",
				  kv->option, kv->pair[i].key);
			return -1;
		}
	}
	return 0;
}
