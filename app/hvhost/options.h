/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the user asked for on the command line.
 */

#ifndef HVHOST_OPTIONS_H
#define HVHOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "profile.h"

#define OPTIONS_NICS_MAX 32u
#define OPTIONS_UPLINKS_MAX 16u
#define OPTIONS_DEFAULT_DIR "/run/hvhost"

struct options {
	const char *dir;
	const char *nic[OPTIONS_NICS_MAX];	/**< each --nic as given */
	unsigned int nics;
	const char *uplink[OPTIONS_UPLINKS_MAX];
	unsigned int uplinks;
	const struct profile *profile;
	const char *tolerate;			/**< rules, by comma; NULL: none */
	const struct kernel *kernel;		/**< of the guests */
	bool busy;				/**< never sleep */
	bool doorbell_only;
	bool scatter;				/**< the pages of cards' buffers */
	bool verbose;
};

/** What is to be done after the command line was read. */
enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,			/**< help was asked for and given */
	OPTIONS_BAD,			/**< a sentence has been said */
};

enum options_result options_parse(struct options *options, int argc, char *argv[]);

/** The help text. */
void options_print_help(void);

#endif /* HVHOST_OPTIONS_H */
