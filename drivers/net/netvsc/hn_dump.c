/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * For people: nothing in here is parsed or depended on.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "hn_dump.h"
#include "hn_port.h"
#include "hn_proc.h"

int
hn_dump_version(struct rte_eth_dev *dev, char *text, size_t len)
{
	const struct hn_nvs *nvs = &hn_proc_get(dev->data->port_id)->nvs;
	int ret = snprintf(text, len, "NVSP %s NDIS %u.%u", hn_nvs_version_name(nvs->version),
			   nvs->ndis_major, nvs->ndis_minor);

	if (ret < 0)
		return -EINVAL;
	/* With the end of the string, if it did not fit. */
	return (size_t)ret < len ? 0 : ret + 1;
}

static void
dump_rss(const struct hn_rss *rss, FILE *file)
{
	uint16_t i;

	fprintf(file, "  RSS: host serves %u channels, hashes types 0x%" PRIx64
		", has a table of %u\n", rss->caps.queues, rss->caps.types, rss->caps.table_size);
	fprintf(file, "  RSS: types 0x%" PRIx64 ", %s\n", rss->types,
		rss->applied ? "in force" : "not told to the host");
	fprintf(file, "  RSS table:");
	for (i = 0; i < rss->caps.table_size; i++)
		fprintf(file, " %u", rss->table[i]);
	fprintf(file, "\n");
}

static void
dump_send_table(const struct hn_send_table *table, FILE *file)
{
	uint16_t i;

	fprintf(file, "  send table:");
	for (i = 0; i < table->count; i++)
		fprintf(file, " %u", table->entry[i]);
	fprintf(file, table->count == 0 ? " none\n" : "\n");
}

int
hn_dump_port(struct rte_eth_dev *dev, FILE *file)
{
	const struct hn_port *port = dev->data->dev_private;

	fprintf(file, "  MTU %u, %s\n", port->mtu,
		port->attached ? "connected" : "not connected");
	fprintf(file, "  channels: %u at most, %u asked for\n", port->channels_max,
		port->channels_asked);
	dump_rss(&port->rss, file);
	dump_send_table(&port->send_table, file);
	return 0;
}
