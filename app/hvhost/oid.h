/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The objects that a guest can query and set.
 */

#ifndef HVHOST_OID_H
#define HVHOST_OID_H

#include <stddef.h>
#include <stdint.h>

struct rndis;
struct wire;

/** Write the value of an object; an RNDIS status. */
uint32_t oid_query(struct rndis *rndis, uint32_t oid, struct wire *out);

/** Set it from len bytes; an RNDIS status. */
uint32_t oid_set(struct rndis *rndis, uint32_t oid, const uint8_t *value, size_t len);

/** "GEN_LINK_SPEED", or "?" */
const char *oid_name(uint32_t oid);

#endif /* HVHOST_OID_H */
