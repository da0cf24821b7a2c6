/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The device arguments, "vmbus:<uuid>,key=value,...": checked, with one
 * sentence for each mistake.
 */

#ifndef _HN_OPTIONS_H_
#define _HN_OPTIONS_H_

struct hn_options;
struct rte_devargs;

/** The keys, as the driver tells them to users. */
#define HN_OPTIONS_HELP \
	"latency=<us> tx_copybreak=<bytes> rx_copybreak=<bytes> " \
	"rx_extmbuf_enable=<0|1> numa_aware=<0|1>"

/**
 * Defaults, then what the user says.
 *
 * @param name
 *   Of the device, for the sentence.
 * @param devargs
 *   May be NULL.
 * @return 0 or -EINVAL, logged.
 */
int hn_options_parse(struct hn_options *options, const char *name,
		     const struct rte_devargs *devargs);

#endif /* _HN_OPTIONS_H_ */
