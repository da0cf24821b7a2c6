/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Hugepages for guests on machines that have none: a folder of shared memory
 * that the preload library presents as a hugetlbfs. For a guest whose memory
 * is the host's to number, nothing else makes a hugepage.
 */

#ifndef HVHOST_HUGEPAGES_H
#define HVHOST_HUGEPAGES_H

/**
 * Make the folder and what tells of it in the tree, and remove those of hosts that
 * were killed. 0 or negative errno.
 */
int hugepages_create(const char *dir, const char *tree);

/** Remove the folder with whatever killed guests left in it. */
void hugepages_destroy(const char *dir);

#endif /* HVHOST_HUGEPAGES_H */
