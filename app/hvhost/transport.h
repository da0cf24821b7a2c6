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
 * - memory: one for each guest process. It registers the shared memory that
 *   the process maps and is told guest-physical addresses; it also asks for
 *   the memory of regions and rings, turns interrupts on and off, and has
 *   uevents sent to sockets. Its end is the death of the process.
 * - uio: an open /dev/uioN. After the answer the host sends 4 bytes, the event
 *   count, for each interrupt; those that find no room are lost, for there is
 *   something to read then. A guest whose write() is not seen by the library
 *   may send 4 bytes, interrupts on or off. Its end closes the device.
 */

#ifndef HVHOST_TRANSPORT_H
#define HVHOST_TRANSPORT_H

#include <stdint.h>

/** Names in the run directory. */
#define TRANSPORT_SOCKET "sock"
#define TRANSPORT_TREE "sys"
#define TRANSPORT_LOCK "hvhost.lock"

/** Environment of a guest: the run directory. */
#define TRANSPORT_ENV_DIR "HVHOST_DIR"
/** Environment of a guest without the kernel's hugepages: TRANSPORT_HUGEPAGES_EMULATE. */
#define TRANSPORT_ENV_HUGEPAGES "HVHOST_HUGEPAGES"
#define TRANSPORT_HUGEPAGES_EMULATE "emulate"
/** Where /sys says that devices are: not in /sys/bus, which has links. */
#define TRANSPORT_DEVICES "/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00"
/** What the kernel happens to number uio devices with today. */
#define TRANSPORT_UIO_MAJOR 242u

/** Where the names of emulated hugepages begin. */
#define TRANSPORT_HUGEPAGES "/dev/shm/hvhost"

/** Bytes of a run directory's name, so that the socket's fits its address. */
#define TRANSPORT_DIR_MAX 90

/** Both sides have to be of one build. */
#define TRANSPORT_VERSION 5u

enum transport_verb {
	TRANSPORT_HELLO_MEMORY = 1,
	TRANSPORT_HELLO_UIO,		/**< minor */
	TRANSPORT_ADD,			/**< addr, len, offset; carries the file's descriptor;
					     index is 1 for a card's buffer */
	TRANSPORT_DROP,			/**< addr, len */
	TRANSPORT_REGION,		/**< minor, index */
	TRANSPORT_RING,			/**< relid */
	TRANSPORT_IRQ,			/**< minor; index is 1 for on, 0 for off */
	TRANSPORT_UEVENTS_OPEN,		/**< index: the listener's number, of the process's own
					     choice; carries the host's end of a datagram socket */
	TRANSPORT_UEVENTS_JOIN,		/**< index: it hears of everything from now on */
	TRANSPORT_UEVENTS_CLOSE,	/**< index */
};

/** To a listener, instead of the uevents for which there was no room: one byte, no uevent. */
#define TRANSPORT_UEVENTS_LOST ""

/** guest: every message but the 4 bytes of an open uio. */
struct transport_request {
	uint32_t verb;
	uint32_t version;		/**< in a hello */
	uint32_t minor;			/**< N of /dev/uioN */
	uint32_t index;			/**< of the region */
	uint32_t relid;			/**< of the channel */
	uint32_t reserved;
	uint64_t addr;
	uint64_t len;
	uint64_t offset;		/**< in the file */
};

/** host: the answer to each of them. */
struct transport_answer {
	int32_t error;			/**< 0 or an errno */
	uint32_t swap;			/**< of TRANSPORT_ADD: to be XORed with its page numbers */
	uint64_t gpa;			/**< of TRANSPORT_ADD */
	uint64_t len;			/**< of TRANSPORT_REGION and _RING, with a descriptor */
};

/** Memory is registered in parts that lie in one chunk of a file, or one larger hugepage. */
#define TRANSPORT_CHUNK (UINT64_C(2) << 20)

/**
 * Set in the page numbers that the library gives memory which the host cannot
 * reach; the rest is the virtual page. A driver that hands one out is told so.
 */
#define TRANSPORT_PRIVATE_PFN (UINT64_C(1) << 40)

/** Regions of a device: 0 to this - 1, in the kernel's order. */
#define TRANSPORT_REGIONS 5
/** The first of those that are the guest's own memory. */
#define TRANSPORT_REGION_BUFFERS 3

#endif /* HVHOST_TRANSPORT_H */
