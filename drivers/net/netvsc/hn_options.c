/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A table of keys; a key that is not in it, or a value out of its range, refuses
 * the device, because a mistyped option that does nothing is worse.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_devargs.h>
#include <rte_kvargs.h>

#include "hn_log.h"
#include "hn_options.h"
#include "hn_port.h"

static const struct option_key {
	const char *key;
	uint32_t max;
	uint32_t initial;
	size_t offset;		/* in struct hn_options */
} option_keys[] = {
	{ "latency", 6553, 50, offsetof(struct hn_options, latency_us) },
	{ "tx_copybreak", UINT16_MAX, 1024, offsetof(struct hn_options, tx_copybreak) },
	{ "rx_copybreak", UINT32_MAX, 256, offsetof(struct hn_options, rx_copybreak) },
	{ "rx_extmbuf_enable", 1, 0, offsetof(struct hn_options, rx_extmbuf) },
	{ "numa_aware", 1, 0, offsetof(struct hn_options, numa_aware) },
};

/* What option_set() works with. */
struct option_target {
	struct hn_options *options;
	const char *name;
};

static const struct option_key *
option_find(const char *key)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(option_keys); i++)
		if (strcmp(option_keys[i].key, key) == 0)
			return &option_keys[i];
	return NULL;
}

static void
option_store(struct hn_options *options, const struct option_key *key, uint32_t value)
{
	memcpy((uint8_t *)options + key->offset, &value, sizeof(value));
}

static int
option_set(const char *name, const char *text, void *ctx)
{
	struct option_target *target = ctx;
	const struct option_key *key = option_find(name);
	unsigned long long value;
	char *end = NULL;

	/* "bus=vmbus,.../driver=net_netvsc": said to EAL, not to us. */
	if (strcmp(name, "driver") == 0)
		return 0;
	if (key == NULL) {
		HN_LOG(ERR, "%s: there is no option '%s'; known are: " HN_OPTIONS_HELP,
		       target->name, name);
		return -EINVAL;
	}
	errno = 0;
	value = text != NULL && text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
	if (end == NULL || *end != '\0' || errno != 0 || value > key->max) {
		HN_LOG(ERR, "%s: option %s takes a number from 0 to %u, not '%s'", target->name,
		       name, key->max, text != NULL ? text : "");
		return -EINVAL;
	}
	option_store(target->options, key, (uint32_t)value);
	return 0;
}

int
hn_options_parse(struct hn_options *options, const char *name, const struct rte_devargs *devargs)
{
	struct option_target target = { .options = options, .name = name };
	struct rte_kvargs *kvlist;
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(option_keys); i++)
		option_store(options, &option_keys[i], option_keys[i].initial);
	if (devargs == NULL || devargs->args == NULL || devargs->args[0] == '\0')
		return 0;
	kvlist = rte_kvargs_parse(devargs->args, NULL);
	if (kvlist == NULL) {
		HN_LOG(ERR, "%s: cannot read options '%s'; they are key=value, separated by commas",
		       name, devargs->args);
		return -EINVAL;
	}
	ret = rte_kvargs_process(kvlist, NULL, option_set, &target);
	rte_kvargs_free(kvlist);
	return ret < 0 ? -EINVAL : 0;
}
