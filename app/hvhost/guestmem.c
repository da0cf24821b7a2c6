/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See guestmem.h. One large window of address space is reserved; a chunk of
 * guest memory is mapped into its slots of the window, so that translating is
 * a subtraction and a look at the slot.
 */

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guestmem.h"

/*
 * The window's slots of 2 MiB are in two zones: one for chunks of one slot, one
 * for larger hugepages, each of which gets an aligned run of 1 GiB. A zone has
 * 128 GiB, less where so much address space is not to be had.
 */
#define ZONE_SLOTS_MAX 65536u
#define ZONE_SLOTS_MIN 4096u
#define SLOTS_MAX (2 * ZONE_SLOTS_MAX)

/* Parts that the host remembers: several of each slot, as secondary processes have them. */
#define PARTS_MAX (4 * SLOTS_MAX)
#define LARGE_RUN 512u
#define LARGE_LEN ((uint64_t)LARGE_RUN * GUEST_CHUNK)
#define BASE_USUAL 0x140000000u

/*
 * A chunk is dealt so many runs behind the last: odd, so that every run is
 * dealt once, and far from 1, so that none are neighbours.
 */
#define SMALL_STRIDE 40503u
#define LARGE_STRIDE 51u

#define BUCKETS 4096u

/* What of a slot is memory: start to end, in bytes. Nothing: both 0. */
struct slot {
	uint32_t start;
	uint32_t end;
	uint32_t swap;		/* see struct guestmem_part; in bytes */
};

/* A chunk of a file that is mapped in the window. */
struct chunk {
	struct chunk *next;	/* in its bucket */
	dev_t dev;
	ino_t inode;
	uint64_t offset;	/* in the file */
	uint64_t len;		/* GUEST_CHUNK, or the size of a larger hugepage */
	uint32_t slot;		/* its first */
	uint32_t swap;
	uint32_t refs;		/* of parts */
};

/* What one process has of a chunk. */
struct part {
	struct part *next;
	const void *owner;
	uint64_t addr;
	uint64_t len;
	struct chunk *chunk;
};

struct zone {
	uint32_t first, run, runs, stride;	/* slots; the stride in runs */
	uint32_t dealt;
};

struct guestmem {
	struct guestmem *next;		/* all there are, for the signal handler */
	uint64_t base;
	uint8_t *window;
	uint64_t window_len;
	struct zone small, large;
	struct part *parts;
	uint32_t n_parts;
	struct chunk *bucket[BUCKETS];
	struct chunk *owner[SLOTS_MAX];	/* of a run's first slot */
	struct slot slot[SLOTS_MAX];
};

/* Memory that its guest took away */

static struct guestmem *guestmem_all;
static struct sigaction sigbus_before;

static uint8_t *
slot_addr(const struct guestmem *mem, uint32_t slot)
{
	return mem->window + (size_t)slot * GUEST_CHUNK;
}

/* The first slot of the run that has this one. */
static uint32_t
slot_run(const struct guestmem *mem, uint32_t slot)
{
	return slot < mem->large.first ? slot : slot - slot % LARGE_RUN;
}

/* A page of guest memory could not be had: from now on its chunk is zeros of our own. */
static bool
guestmem_replace(const struct guestmem *mem, const uint8_t *at)
{
	static const char text[] = "hvhost: a guest has shortened a file of its memory; "
				   "the host sees zeros there from now on\n";
	uintptr_t offset = (uintptr_t)at - (uintptr_t)mem->window;
	const struct chunk *chunk;

	if (offset >= mem->window_len)
		return false;
	chunk = mem->owner[slot_run(mem, (uint32_t)(offset / GUEST_CHUNK))];
	if (chunk == NULL ||
	    mmap(slot_addr(mem, chunk->slot), chunk->len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	return write(STDERR_FILENO, text, sizeof(text) - 1) >= -1;
}

static void
on_sigbus(int sig, siginfo_t *info, void *context)
{
	const struct guestmem *mem;
	int saved = errno;

	(void)sig;
	(void)context;
	for (mem = guestmem_all; mem != NULL; mem = mem->next)
		if (guestmem_replace(mem, info->si_addr))
			break;
	/* Not ours: the next try dies of it as it would have. */
	if (mem == NULL)
		sigaction(SIGBUS, &sigbus_before, NULL);
	errno = saved;
}

static void
guestmem_guard(struct guestmem *mem)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	if (guestmem_all == NULL)
		sigaction(SIGBUS, &action, &sigbus_before);
	mem->next = guestmem_all;
	guestmem_all = mem;
}

static void
guestmem_unguard(struct guestmem *mem)
{
	struct guestmem **link = &guestmem_all;

	/* Forward: it is in the list. */
	while (*link != mem)
		link = &(*link)->next;
	*link = mem->next;
	if (guestmem_all == NULL)
		sigaction(SIGBUS, &sigbus_before, NULL);
}

/* The window */

/* Aligned to the largest hugepage, which can be mapped only so. */
static uint8_t *
window_reserve(uint64_t len)
{
	uint8_t *all = mmap(NULL, len + LARGE_LEN, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (all == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)all & (LARGE_LEN - 1);
	if (before != 0)
		munmap(all, before);
	munmap(all + before + len, LARGE_LEN - before);
	return all + before;
}

static int
window_create(struct guestmem *mem)
{
	uint32_t slots = ZONE_SLOTS_MAX;

	/* Each turn asks for half as much as the last. */
	for (; mem->window == NULL && slots >= ZONE_SLOTS_MIN; slots /= 2) {
		mem->small = (struct zone){ 0, 1, slots, SMALL_STRIDE, 0 };
		mem->large = (struct zone){ slots, LARGE_RUN, slots / LARGE_RUN, LARGE_STRIDE, 0 };
		mem->window_len = 2 * (uint64_t)slots * GUEST_CHUNK;
		mem->window = window_reserve(mem->window_len);
	}
	return mem->window != NULL ? 0 : -1;
}

struct guestmem *
guestmem_create(uint64_t base)
{
	struct guestmem *mem = calloc(1, sizeof(*mem));

	if (mem == NULL)
		return NULL;
	mem->base = base != 0 ? base : BASE_USUAL;
	if (window_create(mem) < 0) {
		free(mem);
		return NULL;
	}
	guestmem_guard(mem);
	return mem;
}

void
guestmem_destroy(struct guestmem *mem)
{
	/* Each turn drops at least the part it names. */
	while (mem->parts != NULL)
		guestmem_drop_owner(mem, mem->parts->owner);
	guestmem_unguard(mem);
	munmap(mem->window, mem->window_len);
	free(mem);
}

/* Chunks */

/* The first slot of a free run, or SLOTS_MAX. */
static uint32_t
zone_deal(struct guestmem *mem, struct zone *zone)
{
	uint32_t tries, slot;

	for (tries = 0; tries < zone->runs; tries++) {
		slot = zone->first + zone->dealt++ * zone->stride % zone->runs * zone->run;
		if (mem->owner[slot] == NULL)
			return slot;
	}
	return SLOTS_MAX;
}

static struct chunk **
chunk_bucket(struct guestmem *mem, ino_t inode, uint64_t offset)
{
	return &mem->bucket[(inode * 31 + offset / GUEST_CHUNK) % BUCKETS];
}

static struct chunk *
chunk_find(struct guestmem *mem, const struct chunk *like)
{
	struct chunk *chunk = *chunk_bucket(mem, like->inode, like->offset);

	for (; chunk != NULL; chunk = chunk->next)
		if (chunk->dev == like->dev && chunk->inode == like->inode &&
		    chunk->offset == like->offset)
			break;
	return chunk;
}

static int
chunk_map(const struct guestmem *mem, const struct chunk *chunk, int fd)
{
	/* All of it, also where the file is shorter: see on_sigbus(). */
	void *at = mmap(slot_addr(mem, chunk->slot), chunk->len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, fd, (off_t)chunk->offset);

	return at == MAP_FAILED ? -errno : 0;
}

static void
chunk_unmap(const struct guestmem *mem, const struct chunk *chunk)
{
	mmap(slot_addr(mem, chunk->slot), chunk->len, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static int
chunk_create(struct guestmem *mem, const struct chunk *like, int fd, struct chunk **created)
{
	struct zone *zone = like->len > GUEST_CHUNK ? &mem->large : &mem->small;
	struct chunk **bucket = chunk_bucket(mem, like->inode, like->offset);
	struct chunk *chunk = malloc(sizeof(*chunk));
	int ret;

	if (chunk == NULL)
		return -ENOMEM;
	*chunk = *like;
	chunk->slot = zone_deal(mem, zone);
	ret = chunk->slot == SLOTS_MAX ? -ENOSPC : chunk_map(mem, chunk, fd);
	if (ret < 0) {
		free(chunk);
		return ret;
	}
	chunk->next = *bucket;
	*bucket = chunk;
	mem->owner[chunk->slot] = chunk;
	mem->slot[chunk->slot].swap = chunk->swap * GUEST_PAGE;
	*created = chunk;
	return 0;
}

static void
chunk_put(struct guestmem *mem, struct chunk *chunk)
{
	struct chunk **link = chunk_bucket(mem, chunk->inode, chunk->offset);

	if (chunk->refs > 0 && --chunk->refs > 0)
		return;
	/* Forward: the chunk is in its bucket. */
	while (*link != chunk)
		link = &(*link)->next;
	*link = chunk->next;
	chunk_unmap(mem, chunk);
	mem->owner[chunk->slot] = NULL;
	memset(&mem->slot[chunk->slot], 0, chunk->len / GUEST_CHUNK * sizeof(mem->slot[0]));
	free(chunk);
}

/* Bytes [from, to) of the chunk are memory, and what lies between them and the rest. */
static void
chunk_extend(struct guestmem *mem, const struct chunk *chunk, uint64_t from, uint64_t to)
{
	/* Each turn does one slot's share. */
	while (from < to) {
		struct slot *slot = &mem->slot[chunk->slot + from / GUEST_CHUNK];
		uint32_t start = (uint32_t)(from % GUEST_CHUNK);
		uint64_t left = to - from;
		uint32_t end = left < GUEST_CHUNK - start ? start + (uint32_t)left : GUEST_CHUNK;

		slot->start = slot->end == 0 || start < slot->start ? start : slot->start;
		slot->end = end > slot->end ? end : slot->end;
		from += end - start;
	}
}

/* Parts */

static int
part_keep(struct guestmem *mem, const void *owner, uint64_t addr, uint64_t len,
	  struct chunk *chunk)
{
	struct part *part = mem->n_parts < PARTS_MAX ? malloc(sizeof(*part)) : NULL;

	if (part == NULL)
		return mem->n_parts < PARTS_MAX ? -ENOMEM : -ENOSPC;
	*part = (struct part){ mem->parts, owner, addr, len, chunk };
	mem->parts = part;
	mem->n_parts++;
	chunk->refs++;
	return 0;
}

/* Which chunk the part lies in; -EINVAL if it is no memory, or not in one. */
static int
part_chunk(const struct guestmem_part *part, struct chunk *like)
{
	struct statfs fs;
	struct stat st;

	if (fstat(part->fd, &st) < 0 || fstatfs(part->fd, &fs) < 0)
		return -errno;
	*like = (struct chunk){ .dev = st.st_dev, .inode = st.st_ino, .len = GUEST_CHUNK,
				.swap = part->swap };
	if (fs.f_type == HUGETLBFS_MAGIC && (uint64_t)fs.f_bsize > GUEST_CHUNK)
		like->len = (uint64_t)fs.f_bsize;
	like->offset = part->offset - part->offset % like->len;
	if (!S_ISREG(st.st_mode) || like->len > LARGE_LEN || part->len == 0 ||
	    part->swap >= GUEST_CHUNK / GUEST_PAGE || (part->swap != 0 && like->len > GUEST_CHUNK) ||
	    (part->addr | part->offset | part->len) % GUEST_PAGE != 0 ||
	    part->len > like->len - part->offset % like->len ||
	    part->addr > INT64_MAX - part->len)
		return -EINVAL;
	return 0;
}

int
guestmem_add(struct guestmem *mem, const struct guestmem_part *part, uint64_t *gpa)
{
	struct chunk like, *chunk;
	uint64_t start;
	int ret;

	ret = part_chunk(part, &like);
	if (ret < 0)
		return ret;
	chunk = chunk_find(mem, &like);
	if (chunk == NULL)
		ret = chunk_create(mem, &like, part->fd, &chunk);
	if (ret < 0)
		return ret;
	ret = part_keep(mem, part->owner, part->addr, part->len, chunk);
	if (ret < 0) {
		if (chunk->refs == 0)
			chunk_put(mem, chunk);
		return ret;
	}
	start = part->offset - chunk->offset;
	chunk_extend(mem, chunk, start, start + part->len);
	*gpa = mem->base + (uint64_t)chunk->slot * GUEST_CHUNK + start;
	return 0;
}

/*
 * Take [addr, addr + len) away from a part that it touches. What is left below
 * and above are parts of their own.
 */
static void
part_cut(struct guestmem *mem, const struct part *part, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len, part_end = part->addr + part->len;

	/* If there is no memory for the book entry, the rest is gone, too: still safe. */
	if (addr > part->addr)
		part_keep(mem, part->owner, part->addr, addr - part->addr, part->chunk);
	if (end < part_end)
		part_keep(mem, part->owner, end, part_end - end, part->chunk);
}

void
guestmem_drop(struct guestmem *mem, const void *owner, uint64_t addr, uint64_t len)
{
	struct part **link = &mem->parts;

	if (len > UINT64_MAX - addr)
		len = UINT64_MAX - addr;
	/* Each turn passes a part or removes one; the rests of one do not touch the range. */
	while (*link != NULL) {
		struct part *part = *link;

		if (part->owner != owner || addr >= part->addr + part->len ||
		    part->addr >= addr + len) {
			link = &part->next;
			continue;
		}
		*link = part->next;
		part_cut(mem, part, addr, len);
		chunk_put(mem, part->chunk);
		free(part);
		mem->n_parts--;
	}
}

void
guestmem_drop_owner(struct guestmem *mem, const void *owner)
{
	guestmem_drop(mem, owner, 0, UINT64_MAX);
}

void *
guestmem_translate(const struct guestmem *mem, uint64_t gpa, size_t len)
{
	uint64_t at = gpa - mem->base;
	const struct slot *slot;
	uint32_t in_slot;

	if (at >= mem->window_len || len == 0 || len > GUEST_PAGE - at % GUEST_PAGE)
		return NULL;
	slot = &mem->slot[at / GUEST_CHUNK];
	in_slot = (uint32_t)(at % GUEST_CHUNK) ^ slot->swap;
	if (in_slot < slot->start || in_slot >= slot->end)
		return NULL;
	return mem->window + (at - at % GUEST_CHUNK) + in_slot;
}
