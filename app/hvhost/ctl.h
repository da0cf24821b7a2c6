/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The control socket: whoever connects sends one line, its words parted by
 * tabs; the answer follows until the end. Its first line is "ok" or
 * "error SENTENCE".
 *
 * Nobody is waited for: one who is slow to ask or to read keeps a seat until
 * somebody else needs it.
 */

#ifndef HVHOST_CTL_H
#define HVHOST_CTL_H

#include <sys/un.h>

struct ctl;
struct host;

/** Listen in the host's directory. NULL after a sentence on stderr. */
struct ctl *ctl_create(const char *dir);
void ctl_destroy(struct ctl *ctl);

/** Readable when ctl_handle() has something to do. */
int ctl_fd(const struct ctl *ctl);

/** Go on with all who ask; never blocks. */
void ctl_handle(struct ctl *ctl, struct host *host);

/** Where the socket is. 0, or -1 after a sentence on stderr. */
int ctl_address(struct sockaddr_un *address, const char *dir);

#endif /* HVHOST_CTL_H */
