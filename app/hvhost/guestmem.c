/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See guestmem.h. One large window of address space is reserved; a chunk of
 * guest memory is mapped into its slot of the window, so that translating is a
 * subtraction and a look at the slot.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "guestmem.h"

/* 65536 slots of 2 MiB: 128 GiB of guest memory. */
#define SLOTS 65536u
#define WINDOW_LEN ((uint64_t)SLOTS * GUEST_CHUNK)
/* Odd, so that every slot is dealt once, and far from 1, so that none are neighbours. */
#define SLOT_STRIDE 40503u
#define BASE_USUAL 0x140000000u

struct slot {
	dev_t dev;
	ino_t inode;
	uint64_t chunk;		/* of the file */
	uint32_t start;		/* what of the chunk is mapped */
	uint32_t end;		/* 0: the slot is free */
	uint32_t refs;
};

/* One registration of one process. */
struct part {
	struct part *next;
	const void *owner;
	uint64_t addr;
	uint64_t len;
	uint32_t slot;
};

struct guestmem {
	uint64_t base;
	uint8_t *window;
	uint32_t dealt;
	struct part *parts;
	struct slot slot[SLOTS];
};

struct guestmem *
guestmem_create(uint64_t base)
{
	struct guestmem *mem = calloc(1, sizeof(*mem));

	if (mem == NULL)
		return NULL;
	mem->base = base != 0 ? base : BASE_USUAL;
	mem->window = mmap(NULL, WINDOW_LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			   -1, 0);
	if (mem->window == MAP_FAILED) {
		free(mem);
		return NULL;
	}
	return mem;
}

void
guestmem_destroy(struct guestmem *mem)
{
	/* Each turn drops at least the part it names. */
	while (mem->parts != NULL)
		guestmem_drop_owner(mem, mem->parts->owner);
	munmap(mem->window, WINDOW_LEN);
	free(mem);
}

static uint8_t *
slot_addr(const struct guestmem *mem, uint32_t slot)
{
	return mem->window + (size_t)slot * GUEST_CHUNK;
}

/* The slot of this chunk of this file, or SLOTS. Registering is rare: a plain search. */
static uint32_t
slot_find(const struct guestmem *mem, const struct stat *st, uint64_t chunk)
{
	const struct part *part;

	for (part = mem->parts; part != NULL; part = part->next) {
		const struct slot *slot = &mem->slot[part->slot];

		if (slot->dev == st->st_dev && slot->inode == st->st_ino && slot->chunk == chunk)
			return part->slot;
	}
	return SLOTS;
}

static uint32_t
slot_deal(struct guestmem *mem)
{
	uint32_t tries, slot;

	for (tries = 0; tries < SLOTS; tries++) {
		slot = mem->dealt++ * SLOT_STRIDE % SLOTS;
		if (mem->slot[slot].end == 0)
			return slot;
	}
	return SLOTS;
}

/* Map the chunk from start to end; also when some of it is mapped already. */
static int
slot_map(struct guestmem *mem, uint32_t index, int fd, uint32_t start, uint32_t end)
{
	struct slot *slot = &mem->slot[index];
	off_t offset = (off_t)(slot->chunk * GUEST_CHUNK + start);

	if (slot->end != 0 && start >= slot->start && end <= slot->end)
		return 0;
	if (mmap(slot_addr(mem, index) + start, end - start, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, offset) == MAP_FAILED)
		return -errno;
	slot->start = slot->end == 0 || start < slot->start ? start : slot->start;
	slot->end = end > slot->end ? end : slot->end;
	return 0;
}

static void
slot_put(struct guestmem *mem, uint32_t index)
{
	struct slot *slot = &mem->slot[index];

	if (slot->refs > 0 && --slot->refs > 0)
		return;
	mmap(slot_addr(mem, index), GUEST_CHUNK, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	memset(slot, 0, sizeof(*slot));
}

static int
part_keep(struct guestmem *mem, const struct guestmem_part *from, uint32_t slot)
{
	struct part *part = malloc(sizeof(*part));

	if (part == NULL)
		return -ENOMEM;
	*part = (struct part){ mem->parts, from->owner, from->addr, from->len, slot };
	mem->parts = part;
	mem->slot[slot].refs++;
	return 0;
}

int
guestmem_add(struct guestmem *mem, const struct guestmem_part *part, uint64_t *gpa)
{
	uint64_t chunk = part->offset / GUEST_CHUNK;
	uint32_t start = (uint32_t)(part->offset % GUEST_CHUNK);
	struct stat st;
	uint32_t index;
	int ret;

	if (part->len == 0 || part->len > GUEST_CHUNK - start || part->offset % GUEST_PAGE != 0 ||
	    part->len % GUEST_PAGE != 0)
		return -EINVAL;
	if (fstat(part->fd, &st) < 0)
		return -errno;
	index = slot_find(mem, &st, chunk);
	if (index == SLOTS) {
		index = slot_deal(mem);
		if (index == SLOTS)
			return -ENOSPC;
		mem->slot[index].dev = st.st_dev;
		mem->slot[index].inode = st.st_ino;
		mem->slot[index].chunk = chunk;
	}
	ret = slot_map(mem, index, part->fd, start, start + (uint32_t)part->len);
	if (ret == 0)
		ret = part_keep(mem, part, index);
	if (ret < 0) {
		if (mem->slot[index].refs == 0)
			slot_put(mem, index);
		return ret;
	}
	*gpa = mem->base + (uint64_t)index * GUEST_CHUNK + start;
	return 0;
}

/* Drop the owner's parts for which len is 0 or that touch the range. */
static void
parts_drop(struct guestmem *mem, const void *owner, uint64_t addr, uint64_t len)
{
	struct part **link = &mem->parts;

	while (*link != NULL) {
		struct part *part = *link;
		bool touches = len == 0 || (part->addr < addr + len &&
					    addr < part->addr + part->len);

		if (part->owner != owner || !touches) {
			link = &part->next;
			continue;
		}
		*link = part->next;
		slot_put(mem, part->slot);
		free(part);
	}
}

void
guestmem_drop(struct guestmem *mem, const void *owner, uint64_t addr, uint64_t len)
{
	if (len != 0)
		parts_drop(mem, owner, addr, len);
}

void
guestmem_drop_owner(struct guestmem *mem, const void *owner)
{
	parts_drop(mem, owner, 0, 0);
}

void *
guestmem_translate(const struct guestmem *mem, uint64_t gpa, size_t len)
{
	uint64_t at = gpa - mem->base;
	const struct slot *slot;
	uint32_t in_chunk;

	if (gpa < mem->base || at >= WINDOW_LEN || len == 0 ||
	    len > GUEST_PAGE - at % GUEST_PAGE)
		return NULL;
	slot = &mem->slot[at / GUEST_CHUNK];
	in_chunk = (uint32_t)(at % GUEST_CHUNK);
	if (in_chunk < slot->start || in_chunk >= slot->end)
		return NULL;
	return mem->window + at;
}
