/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "hn_log.h"
#include "hn_mp.h"

#define MP_NAME "net_netvsc"
/* So long the others have to let go of a device. */
#define MP_TIMEOUT_S 5

/* What is sent, and the answer. */
struct mp_param {
	uint16_t port_id;
	uint16_t news;		/* enum hn_mp_news */
	int32_t ret;
};

static const struct hn_mp_events *mp_events;
static unsigned int mp_users;

/* A port that this process does not have, or not any more, is no news to it. */
static int
mp_obey(const struct mp_param *param)
{
	struct rte_eth_dev *dev;

	if (param->port_id >= RTE_MAX_ETHPORTS)
		return -EINVAL;
	dev = &rte_eth_devices[param->port_id];
	if (mp_events == NULL || dev->state == RTE_ETH_DEV_UNUSED || dev->process_private == NULL)
		return 0;
	if (param->news == HN_MP_JOIN)
		return mp_events->join(dev);
	if (param->news != HN_MP_LEAVE)
		return -EINVAL;
	mp_events->leave(dev);
	return 0;
}

static int
mp_handle(const struct rte_mp_msg *msg, const void *peer)
{
	struct rte_mp_msg reply = { .name = MP_NAME, .len_param = sizeof(struct mp_param) };
	struct mp_param param;

	if (msg->len_param != sizeof(param))
		return -EINVAL;
	memcpy(&param, msg->param, sizeof(param));
	param.ret = mp_obey(&param);
	memcpy(reply.param, &param, sizeof(param));
	return rte_mp_reply(&reply, peer);
}

int
hn_mp_listen(const struct hn_mp_events *events)
{
	if (mp_users++ != 0)
		return 0;
	mp_events = events;
	if (rte_mp_action_register(MP_NAME, mp_handle) == 0)
		return 0;
	mp_users--;
	HN_LOG(ERR, "listen to the primary process: %s", rte_strerror(rte_errno));
	return -rte_errno;
}

void
hn_mp_end(void)
{
	if (--mp_users == 0)
		rte_mp_action_unregister(MP_NAME);
}

/* What each of the others has answered. */
static void
mp_check(uint16_t port_id, const struct rte_mp_reply *reply)
{
	struct mp_param param;
	int i;

	if (reply->nb_received < reply->nb_sent)
		HN_LOG(WARNING, "port %u: %d of %d secondary processes did not answer in %d s",
		       port_id, reply->nb_sent - reply->nb_received, reply->nb_sent, MP_TIMEOUT_S);
	for (i = 0; i < reply->nb_received; i++) {
		memcpy(&param, reply->msgs[i].param, sizeof(param));
		if (reply->msgs[i].len_param == sizeof(param) && param.ret < 0)
			HN_LOG(WARNING, "port %u: a secondary process cannot use it: %s", port_id,
			       strerror(-param.ret));
	}
}

void
hn_mp_tell(const struct rte_eth_dev *dev, enum hn_mp_news news)
{
	const struct timespec timeout = { .tv_sec = MP_TIMEOUT_S };
	struct mp_param param = { .port_id = dev->data->port_id, .news = news };
	struct rte_mp_msg msg = { .name = MP_NAME, .len_param = sizeof(param) };
	struct rte_mp_reply reply = { 0 };

	memcpy(msg.param, &param, sizeof(param));
	/* Where EAL has no messages, or nobody to send them to, nobody has to know. */
	if (rte_mp_request_sync(&msg, &reply, &timeout) == 0 || rte_errno == ETIMEDOUT)
		mp_check(dev->data->port_id, &reply);
	free(reply.msgs);
}
