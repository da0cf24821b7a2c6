/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Log types of the driver: pmd.net.netvsc.init for its life, .driver for the
 * protocol. A line begins with the port; newline and prefix come from the macro.
 */

#ifndef _HN_LOG_H_
#define _HN_LOG_H_

#include <errno.h>
#include <string.h>

#include <rte_log.h>

#include "hn_compat.h"

extern int hn_logtype_init;
extern int hn_logtype_driver;

#define RTE_LOGTYPE_NETVSC hn_logtype_init
#define RTE_LOGTYPE_NETVSC_TRACE hn_logtype_driver

/** Once per step of a port's life, and for whatever the user has to know. */
#define HN_LOG(level, ...) HN_LOG_LINE(level, NETVSC, __VA_ARGS__)
/** Protocol trace. */
#define HN_TRACE(...) HN_LOG_LINE(DEBUG, NETVSC_TRACE, __VA_ARGS__)

/** What a negative errno of this driver means, in words. */
static inline const char *
hn_log_reason(int ret)
{
	return ret == -ETIMEDOUT ? "the host does not answer" : strerror(-ret);
}

#endif /* _HN_LOG_H_ */
