/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What hvhost says while it runs: plain sentences on stderr, one per event in
 * a guest's life; with -v also every control message.
 */

#ifndef HVHOST_LOG_H
#define HVHOST_LOG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Say a sentence, with the seconds since start in front. Guests can have much
 * said: after a few hundred at once no more than ten a second, and how many
 * were left out.
 */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The same, only with -v. */
void log_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Start the clock, before anything is said. */
void log_init(bool verbose);

/**
 * Wrong use: say "hvhost: ..." once. The caller passes the failure up; the
 * program ends with status 2.
 */
void log_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Have log_usage() write its sentence here instead, without "hvhost: "; NULL: no more. */
void log_usage_into(char *text, size_t len);

#endif /* HVHOST_LOG_H */
