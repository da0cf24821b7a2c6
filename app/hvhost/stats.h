/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The host's figures, for people and for programs.
 */

#ifndef HVHOST_STATS_H
#define HVHOST_STATS_H

#include <stdio.h>

struct host;

/** A table for each NIC, without the rows that are 0, and the broken rules. */
void stats_print(const struct host *host, FILE *out);

/** One JSON object with every figure. */
void stats_print_json(const struct host *host, FILE *out);

#endif /* HVHOST_STATS_H */
