/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The other end of the control socket: hvhost ctl.
 */

#ifndef HVHOST_CTL_ASK_H
#define HVHOST_CTL_ASK_H

/**
 * Ask the host that runs in dir, and print its answer.
 *
 * @param word
 *   A verb and what follows it; "--help" or "help" is answered without a host.
 * @return
 *   The program's exit status: 0, or 2 after one sentence on stderr.
 */
int ctl_ask(const char *dir, unsigned int words, char *const word[]);

#endif /* HVHOST_CTL_ASK_H */
