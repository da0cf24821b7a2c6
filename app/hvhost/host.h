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
#include <stddef.h>

#include "options.h"

struct host;
struct nic;
struct rules;

/** Set everything up. NULL after a sentence on stderr. */
struct host *host_create(const struct options *options);

/** Take everything away again. */
void host_destroy(struct host *host);

/** Serve until *stop becomes true. */
void host_run(struct host *host, const volatile bool *stop);

/** NIC number i; NULL after the last. */
struct nic *host_nic(const struct host *host, size_t i);
const struct rules *host_rules(const struct host *host);

/** Rules broken that were not tolerated. */
bool host_guests_were_good(const struct host *host);

#endif /* HVHOST_HOST_H */
