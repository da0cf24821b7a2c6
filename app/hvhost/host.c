/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See host.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl.h"
#include "host.h"
#include "keyvals.h"
#include "log.h"
#include "loop.h"
#include "nic.h"
#include "nic_options.h"
#include "port.h"
#include "rules.h"
#include "switch.h"
#include "vmbus.h"

/* Which descriptor woke the loop up. */
enum {
	TAG_VMBUS = 1,
	TAG_CTL = 2,
	TAG_PORT = 4,
};

#define UPLINK_BUDGET 256u
#define UPLINK_MTU_MAX 65522u
/* Numbers of streams: the NICs come first. */
#define UPLINK_STREAM_BASE 128u

struct host {
	struct vmbus *bus;
	struct ctl *ctl;
	struct loop loop;
	bool has_loop;
	struct rules rules;
	bool tolerated[RULE_COUNT];
	struct switches *switches;
	const struct profile *profile;
	unsigned int nics;			/* numbers given away */
	unsigned int nics_expected;		/* that many there will be at least */
	char *nic_text[OPTIONS_NICS_MAX];	/* their options, for when they come back */
	struct nic *nic[OPTIONS_NICS_MAX];	/* NULL: removed */
	struct port *port[OPTIONS_NICS_MAX];	/* of the NICs, for peers */
};

unsigned int
host_nics(const struct host *host)
{
	return host->nics;
}

struct nic *
host_nic(const struct host *host, uint64_t i)
{
	return i < host->nics ? host->nic[i] : NULL;
}

const struct rules *
host_rules(const struct host *host)
{
	return &host->rules;
}

bool
host_guests_were_good(const struct host *host)
{
	for (unsigned int i = 0; i < RULE_COUNT; i++)
		if (host->rules.broken[i] != 0 && !host->tolerated[i])
			return false;
	return true;
}

/* Setting up. */

static int
host_tolerate(struct host *host, const char *names)
{
	while (names != NULL && names[0] != '\0') {
		size_t len = strcspn(names, ",");
		unsigned int i = 0;

		while (i < RULE_COUNT && (strlen(rules_name(i)) != len ||
					  strncasecmp(rules_name(i), names, len) != 0))
			i++;
		if (i == RULE_COUNT) {
			log_usage("--tolerate: there is no rule '%.*s' (see hvhost rules)",
				  (int)len, names);
			return -1;
		}
		host->tolerated[i] = true;
		names += len + (names[len] == ',');
	}
	return 0;
}

static struct port_env
host_port_env(const struct host *host, const struct nic_options *nic)
{
	struct port_env env = {
		.nic = nic->config.number,
		.frame_len = nic->port_frame_len,
		.switches = host->switches,
		.n_nics = host->nics_expected,
		.nic_ports = host->port,
	};

	memcpy(env.mac, nic->config.mac, sizeof(env.mac));
	return env;
}

static bool
host_has_instance(const struct host *host, const char *instance)
{
	for (unsigned int i = 0; i < host->nics; i++)
		if (host->nic[i] != NULL &&
		    strcmp(nic_config(host->nic[i])->instance, instance) == 0)
			return true;
	return false;
}

/* What has been lost once comes back for good. */
static int
host_plug_nic(struct host *host, unsigned int number, bool again)
{
	struct nic_options nic;
	struct port_env env;
	struct port *port;

	if (nic_options_parse(&nic, host->nic_text[number], number, host->profile) != 0)
		return -1;
	if (host_has_instance(host, nic.config.instance)) {
		log_usage("--nic: guid=%s is that of another NIC", nic.config.instance);
		return -1;
	}
	if (again)
		nic.config.lost_at = 0;
	env = host_port_env(host, &nic);
	port = port_open(nic.port, &nic.kv, &env);
	if (port == NULL)
		return -1;
	if (keyvals_check_all_taken(&nic.kv) != 0) {
		port_close(port);
		return -1;
	}
	host->nic[number] = nic_create(host->bus, &host->rules, &nic.config, port);
	if (host->nic[number] == NULL) {
		log_usage("cannot offer nic %u: %s", number, strerror(errno));
		port_close(port);
		return -1;
	}
	host->port[number] = port;
	if (nic.capture != NULL && nic_capture(host->nic[number], nic.capture, nic.snap_len) != 0)
		return -1;
	return port->fd >= 0 ? loop_watch(&host->loop, port->fd, TAG_PORT, true) : 0;
}

/* A NIC that cannot be offered leaves no number behind. */
int
host_offer_nic(struct host *host, const char *text)
{
	unsigned int number = host->nics;

	if (number == OPTIONS_NICS_MAX) {
		log_usage("a host has %u NICs at most", OPTIONS_NICS_MAX);
		return -1;
	}
	host->nic_text[number] = strdup(text);
	if (host->nic_text[number] == NULL) {
		log_usage("no memory");
		return -1;
	}
	host->nics++;
	if (host->nics_expected < host->nics)
		host->nics_expected = host->nics;
	if (host_plug_nic(host, number, false) == 0)
		return (int)number;
	host_remove_nic(host, number);
	free(host->nic_text[number]);
	host->nics--;
	return -1;
}

int
host_restore_nic(struct host *host, uint64_t number)
{
	if (number >= host->nics) {
		log_usage("there was no card %" PRIu64, number);
		return -1;
	}
	if (host->nic[number] != NULL) {
		log_usage("card %" PRIu64 " has not been removed", number);
		return -1;
	}
	if (host_plug_nic(host, (unsigned int)number, true) == 0)
		return (int)number;
	host_remove_nic(host, (unsigned int)number);
	return -1;
}

void
host_remove_nic(struct host *host, unsigned int number)
{
	/* Peers look here for the port: it goes first. */
	host->port[number] = NULL;
	nic_destroy(host->nic[number]);
	host->nic[number] = NULL;
}

/* NAME=PORT[,option...]: the first key is the switch. */
static int
host_add_uplink(struct host *host, const char *text, unsigned int number)
{
	static const uint8_t broadcast[ETHER_ADDR_LEN] = { 255, 255, 255, 255, 255, 255 };
	struct port_env env = {
		.nic = UPLINK_STREAM_BASE + number,
		.switches = host->switches,
	};
	uint64_t mtu = 1500;
	struct keyvals kv;
	const char *name;
	const struct port *port;

	memcpy(env.mac, broadcast, sizeof(env.mac));
	if (keyvals_parse(&kv, "--uplink", text) != 0)
		return -1;
	name = kv.pair[0].key;
	if (keyvals_number(&kv, "mtu", 68, UPLINK_MTU_MAX, &mtu) != 0)
		return -1;
	env.frame_len = (uint32_t)mtu + ETHER_HDR_LEN;
	if (switch_add_uplink(host->switches, name, keyvals_take(&kv, name), &kv, &env) != 0 ||
	    keyvals_check_all_taken(&kv) != 0)
		return -1;
	port = switches_uplink(host->switches, number);
	return port->fd >= 0 ? loop_watch(&host->loop, port->fd, TAG_PORT, true) : 0;
}

/* All that can be wrong with the options is found before the directory is touched. */
static int
host_init_parts(struct host *host, const struct options *options)
{
	int ret;

	host->switches = switches_create();
	if (host->switches == NULL || host_tolerate(host, options->tolerate) != 0)
		return -1;
	ret = loop_init(&host->loop, options->busy);
	if (ret != 0) {
		log_usage("cannot wait for events: %s", strerror(-ret));
		return -1;
	}
	host->has_loop = true;
	return 0;
}

static int
host_init_bus(struct host *host, const struct options *options)
{
	host->bus = vmbus_create(&(struct vmbus_config){
		.dir = options->dir,
		.doorbell_only = options->doorbell_only,
		.awake = options->busy && !options->doorbell_only,
		.scatter = options->scatter,
		.kernel = options->kernel,
		.rules = &host->rules,
	});
	if (host->bus == NULL)
		return -1;
	host->ctl = ctl_create(options->dir);
	if (host->ctl == NULL)
		return -1;
	if (loop_watch(&host->loop, vmbus_fd(host->bus), TAG_VMBUS, false) != 0 ||
	    loop_watch(&host->loop, ctl_fd(host->ctl), TAG_CTL, false) != 0) {
		log_usage("cannot wait for events: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int
host_init(struct host *host, const struct options *options)
{
	if (host_init_parts(host, options) != 0 || host_init_bus(host, options) != 0)
		return -1;
	host->profile = options->profile;
	host->nics_expected = options->nics;
	for (unsigned int i = 0; i < options->nics; i++)
		if (host_offer_nic(host, options->nic[i]) < 0)
			return -1;
	for (unsigned int i = 0; i < options->uplinks; i++)
		if (host_add_uplink(host, options->uplink[i], i) != 0)
			return -1;
	return 0;
}

struct host *
host_create(const struct options *options)
{
	struct host *host = calloc(1, sizeof(*host));

	if (host == NULL) {
		log_usage("no memory");
		return NULL;
	}
	if (host_init(host, options) != 0) {
		host_destroy(host);
		return NULL;
	}
	return host;
}

void
host_destroy(struct host *host)
{
	for (unsigned int i = 0; i < host->nics; i++) {
		host_remove_nic(host, i);
		free(host->nic_text[i]);
	}
	switches_destroy(host->switches);
	ctl_destroy(host->ctl);
	if (host->bus != NULL)
		vmbus_destroy(host->bus);
	if (host->has_loop)
		loop_fini(&host->loop);
	free(host);
}

/* Running. */

static unsigned int
host_turn(struct host *host)
{
	unsigned int n;

	vmbus_scan_doorbells(host->bus);
	n = switches_poll(host->switches, UPLINK_BUDGET);
	for (unsigned int i = 0; i < host->nics; i++) {
		if (host->nic[i] == NULL)
			continue;
		n += nic_poll(host->nic[i]);
		if (nic_is_lost(host->nic[i]))
			host_remove_nic(host, i);
	}
	return n;
}

/* Without a guest all events come through descriptors. */
static bool
host_is_asleep(const struct host *host)
{
	for (unsigned int i = 0; i < host->nics; i++)
		if (host->nic[i] != NULL && nic_is_open(host->nic[i]))
			return false;
	return true;
}

void
host_serve_once(struct host *host)
{
	bool worked = host_turn(host) > 0;
	uint32_t tags = loop_wait(&host->loop, worked, host_is_asleep(host));

	if (tags & TAG_VMBUS)
		vmbus_handle(host->bus);
	if (tags & TAG_CTL)
		ctl_handle(host->ctl, host);
}

void
host_run(struct host *host, const volatile bool *stop)
{
	while (!*stop)
		host_serve_once(host);
}
