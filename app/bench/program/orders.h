/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the program is told while it runs: orders, a line each. The answer to
 * one is a line of JSON; {"error": ...} if it cannot be done.
 *
 *   work MODE BURST              do that from now on, in bursts of so many
 *   measure MS                   frames in that time
 *   count BURSTS PERIOD_US       frames in so many bursts of this thread, for a profiler
 *   control MS PAUSE_MS [NAMES]  control operations meanwhile, and how long each took
 *   trips COUNT GAP_US HOST_PID [SPIN_NS]
 *                                round trips, one at a time, and how long they took: see trips.h
 *   step rx|tx|none FRAMES BURST so much of each queue, at the same moment; they rest then
 *   bringup                      what it took to bring the ports up, and the mbufs that they hold
 *   shared MS FILE               cache lines of two threads, in that time: see shared.h
 *   stats                        what the ports have counted
 *   quit
 */

#ifndef BENCH_ORDERS_H
#define BENCH_ORDERS_H

#include <stdbool.h>

/** Longest line, its end included. */
#define ORDERS_LINE_LEN 256

/**
 * Do what a line says, and answer.
 *
 * @param line
 *   With its newline; changed.
 * @return
 *   false: it says that the program is to end.
 */
bool orders_obey(char *line);

#endif /* BENCH_ORDERS_H */
