/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The control socket: one line asks, the answer follows until the end. Its
 * first line is "ok" or "error SENTENCE".
 */

#ifndef HVHOST_CTL_H
#define HVHOST_CTL_H

struct ctl;
struct host;

/** Listen in the host's directory. NULL after a sentence on stderr. */
struct ctl *ctl_create(const char *dir);
void ctl_destroy(struct ctl *ctl);

/** Readable when ctl_handle() has something to do. */
int ctl_fd(const struct ctl *ctl);

/** Answer who asks; does not wait longer than a moment for a slow one. */
void ctl_handle(struct ctl *ctl, struct host *host);

/** Ask a running host and print its answer: the program's exit status. */
int ctl_ask(const char *dir, const char *question);

#endif /* HVHOST_CTL_H */
