/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The value of one --nic: a NIC's configuration and the port it is plugged
 * into.
 */

#ifndef HVHOST_NIC_OPTIONS_H
#define HVHOST_NIC_OPTIONS_H

#include "keyvals.h"
#include "nic.h"
#include "port.h"

struct nic_options {
	struct keyvals kv;		/**< owns the strings */
	struct nic_config config;
	const char *port;		/**< "tap:hv0" */
	uint32_t port_frame_len;
	const char *capture;		/**< file; NULL: none */
	uint32_t snap_len;		/**< of it; 0: whole frames */
};

/** Read all that concerns the NIC itself. 0, or -1 after a sentence on stderr. */
int nic_options_parse(struct nic_options *options, const char *text, unsigned int number,
		      const struct profile *profile);

#endif /* HVHOST_NIC_OPTIONS_H */
