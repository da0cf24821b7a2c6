/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a running host can be asked: one row for each verb, which the host acts
 * by and hvhost ctl has its help from.
 */

#ifndef HVHOST_CTL_VERBS_H
#define HVHOST_CTL_VERBS_H

#include <stdio.h>

struct host;

/** A question: one line of so many bytes, its words parted by tabs. */
#define CTL_QUESTION_MAX 2048u
#define CTL_WORDS_MAX 8u

/** Act on a question, which is cut into its words, and write the answer. */
void ctl_verbs_act(struct host *host, char *question, FILE *out);

/** The verbs as lines of a help text. */
void ctl_verbs_help(FILE *out);

#endif /* HVHOST_CTL_VERBS_H */
