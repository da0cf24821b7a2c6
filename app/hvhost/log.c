/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See log.h. One write per line, so that lines of several processes on one
 * terminal do not mix.
 */

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "log.h"

#define LOG_PER_SECOND 10
#define LOG_SAVED_MAX 500

static bool verbose;
static struct timespec start;
static char *usage_text;		/* NULL: stderr */
static size_t usage_len;

void
log_init(bool be_verbose)
{
	verbose = be_verbose;
	clock_gettime(CLOCK_MONOTONIC, &start);
}

static double
log_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static void __attribute__((format(printf, 1, 0)))
log_line(const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "%10.3f %s\n", log_seconds(), text);
}

/* Sentences are paid for: ten are earned each second, and some can be saved. */
static bool
log_can_afford(void)
{
	static double balance = LOG_SAVED_MAX, last;
	static unsigned long left_out;
	double now = log_seconds();

	balance += (now - last) * LOG_PER_SECOND;
	balance = balance < LOG_SAVED_MAX ? balance : LOG_SAVED_MAX;
	last = now;
	if (balance < 1) {
		left_out++;
		return false;
	}
	balance -= 1;
	if (left_out > 0)
		fprintf(stderr, "%10.3f (%lu lines left out)\n", now, left_out);
	left_out = 0;
	return true;
}

void
log_info(const char *format, ...)
{
	va_list args;

	if (!verbose && !log_can_afford())
		return;
	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

void
log_trace(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

void
log_usage_into(char *text, size_t len)
{
	usage_text = text;
	usage_len = len;
}

void
log_usage(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (usage_text != NULL)
		snprintf(usage_text, usage_len, "%s", text);
	else
		fprintf(stderr, "hvhost: %s\n", text);
}
