/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A host that is slow or wrong, on purpose: which of its answers are lost, late,
 * told twice or out of order. What a guest is told of its requests is counted by
 * kind; the same script makes the same faults each time.
 */

#ifndef HVHOST_FAULT_H
#define HVHOST_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/** What is told. */
enum fault_kind {
	FAULT_NVSP,			/**< the answer to an NVSP request */
	FAULT_RNDIS,			/**< the answer to an RNDIS request */
	FAULT_DONE,			/**< the completion of an RNDIS request's packet */
	FAULT_SENT,			/**< the completion of frames */
	FAULT_KINDS,
};

/** What becomes of it. */
enum fault_action {
	FAULT_NONE,
	FAULT_NEVER,			/**< it is not told */
	FAULT_TWICE,
	FAULT_LATE,			/**< after delay_ms */
	FAULT_SWAP,			/**< after the next of its kind */
	FAULT_ACTIONS,
};

struct fault {
	enum fault_kind kind;
	enum fault_action action;
	uint32_t nth;			/**< of its kind since the fault was set; 0: each */
	uint32_t delay_ms;
	uint32_t seen;			/**< of its kind so far */
	uint32_t played;
};

#define FAULTS_MAX 16u

/** A script. */
struct faults {
	unsigned int count;
	struct fault fault[FAULTS_MAX];
};

/**
 * Add faults to a script: KIND[@N]:ACTION[:MS], several with a plus between them.
 *
 * @return 0; -1 after a sentence through log_usage().
 */
int faults_add(struct faults *faults, const char *text);

/** What becomes of the next thing of this kind; counts it. */
struct fault faults_next(struct faults *faults, enum fault_kind kind);

/** One of them in the words of faults_add(); valid until the next call. */
const char *fault_text(const struct fault *fault);

#endif /* HVHOST_FAULT_H */
