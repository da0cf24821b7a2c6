/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Guest memory: which guest-physical addresses exist and where the host sees
 * them. The numbering is the host's own and unrelated to any virtual address,
 * so a driver that hands out the wrong kind of address is caught at once.
 *
 * Memory comes in chunks of 2 MiB of a file that the guest has mapped, or in
 * the file's pages where these are larger. The same chunk in two processes is
 * the same memory, with one address. Chunks that the guest gets one after the
 * other are never neighbours, so that nobody relies on more than a hugepage
 * being contiguous.
 */

#ifndef HVHOST_GUESTMEM_H
#define HVHOST_GUESTMEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GUEST_PAGE 4096u
#define GUEST_CHUNK (2u << 20)
/** A swap that scatters the pages of a chunk. */
#define GUEST_SWAP 0x55u

struct guestmem;

/**
 * @param base
 *   The first guest-physical address, a multiple of 1 GiB; 0 for the usual
 *   one, above 4 GiB.
 * @return NULL with errno on failure.
 */
struct guestmem *guestmem_create(uint64_t base);
void guestmem_destroy(struct guestmem *mem);

/** A part of a file that a guest process has mapped; inside one chunk. */
struct guestmem_part {
	const void *owner;	/**< whose it is: guestmem_drop_owner() ends them together */
	uint64_t addr;		/**< where the process sees it */
	uint64_t offset;	/**< in the file; multiple of 4096 */
	uint64_t len;		/**< multiple of 4096 */
	int fd;			/**< not kept */
	/**
	 * XORed with the page numbers inside its chunk: an odd one leaves no two
	 * pages in a row. 0: all are. Of a chunk of 2 MiB only; the first part decides.
	 */
	uint32_t swap;
};

/**
 * Make the part reachable. A guest that shortens the file later cannot hurt the
 * host: its chunk then reads as zeros, and that is said on stderr.
 *
 * @param gpa
 *   Its guest-physical address, without the swap.
 * @return 0; -EINVAL for a part that crosses chunks or is of no memory file;
 *   -ENOSPC; or why it cannot be mapped.
 */
int guestmem_add(struct guestmem *mem, const struct guestmem_part *part, uint64_t *gpa);

/** The process has unmapped this range; what it still has of touched parts remains. */
void guestmem_drop(struct guestmem *mem, const void *owner, uint64_t addr, uint64_t len);

/** The process is gone. */
void guestmem_drop_owner(struct guestmem *mem, const void *owner);

/**
 * Translate a range of guest-physical memory.
 *
 * @param gpa
 *   First byte.
 * @param len
 *   At least 1; the whole range must be memory of a living guest and lie in
 *   one page.
 * @return
 *   Where the host sees it, valid until the guest next unmaps memory (which
 *   only happens inside vmbus_handle()); NULL if there is no such memory.
 */
void *guestmem_translate(const struct guestmem *mem, uint64_t gpa, size_t len);

#endif /* HVHOST_GUESTMEM_H */
