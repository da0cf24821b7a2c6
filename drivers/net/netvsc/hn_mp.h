/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the primary process tells the others of a port: its device is there to be
 * used, or is going to be closed. A messenger; what is to be done then is its
 * user's matter.
 */

#ifndef _HN_MP_H_
#define _HN_MP_H_

#include <ethdev_driver.h>

enum hn_mp_news {
	HN_MP_JOIN,	/**< there is a device, or there are more channels */
	HN_MP_LEAVE,	/**< let go of it */
};

/** What a secondary process does on news; in EAL's thread for messages. */
struct hn_mp_events {
	int (*join)(struct rte_eth_dev *dev);
	void (*leave)(struct rte_eth_dev *dev);
};

/**
 * In a secondary process: begin and end to hear news. Counted, so that each has an
 * end.
 *
 * @return 0 or negative errno, logged.
 */
int hn_mp_listen(const struct hn_mp_events *events);
void hn_mp_end(void);

/**
 * In the primary process: tell the others, and wait until they have done it, five
 * seconds at most. Who does not answer in that time is named in the log.
 */
void hn_mp_tell(const struct rte_eth_dev *dev, enum hn_mp_news news);

#endif /* _HN_MP_H_ */
