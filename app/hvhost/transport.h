/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the preload library and the host say to each other over the run
 * directory's Unix socket (SOCK_SEQPACKET, one message a packet, both on one
 * machine and built together, so plain structs).
 *
 * A connection is of one kind, by its first message:
 *
 * - memory: one for each guest process. It registers the shared memory the
 *   process maps, and is told guest-physical addresses. Its end is the death
 *   of the process.
 * - uio: an open /dev/uioN. The answer carries the five regions' descriptors.
 *   Then the host sends 4 bytes, the event count, for each interrupt, and the
 *   guest 4 bytes, interrupts on or off, as it would with the device node. Its
 *   end closes the device.
 */

#ifndef HVHOST_TRANSPORT_H
#define HVHOST_TRANSPORT_H

#include <stdint.h>

/** Names in the run directory. */
#define TRANSPORT_SOCKET "sock"
#define TRANSPORT_TREE "sys"
/** Environment of a guest: the run directory. */
#define TRANSPORT_ENV_DIR "HVHOST_DIR"
/** Environment of a guest without the kernel's hugepages: TRANSPORT_HUGEPAGES_EMULATE. */
#define TRANSPORT_ENV_HUGEPAGES "HVHOST_HUGEPAGES"
#define TRANSPORT_HUGEPAGES_EMULATE "emulate"
/** Where the names of emulated hugepages begin. */
#define TRANSPORT_HUGEPAGES "/dev/shm/hvhost"

/** Bytes of a run directory's name, so that the socket's fits its address. */
#define TRANSPORT_DIR_MAX 90

/** Both sides have to be of one build. */
#define TRANSPORT_VERSION 1u

enum transport_verb {
	TRANSPORT_HELLO_MEMORY = 1,
	TRANSPORT_HELLO_UIO,
	TRANSPORT_ADD,			/**< carries the file's descriptor */
	TRANSPORT_DROP,
};

/** Regions of a device, in the kernel's order. */
#define TRANSPORT_REGIONS 5

/** guest: every message but the 4 bytes of an open uio. */
struct transport_request {
	uint32_t verb;
	uint32_t version;		/**< in a hello */
	uint32_t minor;			/**< TRANSPORT_HELLO_UIO: N of /dev/uioN */
	uint32_t pid;			/**< in a hello, for log lines */
	uint64_t addr;			/**< TRANSPORT_ADD, TRANSPORT_DROP */
	uint64_t len;
	uint64_t offset;		/**< TRANSPORT_ADD: in the file */
};

/** host: the answer to each of them. */
struct transport_answer {
	int32_t error;			/**< 0 or an errno */
	uint32_t reserved;
	uint64_t gpa;			/**< of TRANSPORT_ADD */
	uint64_t len[TRANSPORT_REGIONS];	/**< of TRANSPORT_HELLO_UIO, with as many descriptors */
};

/**
 * Page numbers that the library gives memory which the host cannot reach: a
 * driver that hands one out is told so by the host.
 */
#define TRANSPORT_PRIVATE_PFN 0x700000000ull

#endif /* HVHOST_TRANSPORT_H */
