/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The whole host: the bus, its NICs, the switches between them, and the loop
 * that drives them.
 */

#ifndef HVHOST_HOST_H
#define HVHOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct host;
struct nic;
struct rules;

/** Set everything up. NULL after a sentence on stderr. */
struct host *host_create(const struct options *options);

/** Take everything away again. */
void host_destroy(struct host *host);

/** One turn: do what there is to do, then wait a little for more. */
void host_serve_once(struct host *host);

/** Serve until *stop becomes true. */
void host_run(struct host *host, const volatile bool *stop);

/** NIC numbers are below this. */
unsigned int host_nics(const struct host *host);

/** NIC number i; NULL if there is none, or none any more. */
struct nic *host_nic(const struct host *host, uint64_t i);

/**
 * Offer a NIC, or a removed one with the options that it had. Its number, or
 * -1 after log_usage().
 */
int host_offer_nic(struct host *host, const char *text);
int host_restore_nic(struct host *host, uint64_t number);

/** Take a NIC away from the guest that may have it. */
void host_remove_nic(struct host *host, unsigned int number);

const struct rules *host_rules(const struct host *host);

/** Rules broken that were not tolerated. */
bool host_guests_were_good(const struct host *host);

#endif /* HVHOST_HOST_H */
