/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Generator port: numbered frames to the guest, as fast as it takes them or at
 * a rate. Knows how many of its frames came out anywhere in the host again, and
 * checks what the guest sends here.
 */

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyvals.h"
#include "log.h"
#include "pace.h"
#include "port.h"
#include "port_sink.h"

/* Frames of a flow in a row, where they are not numbered. */
#define REPEAT_MAX 32u

enum generator_frames {
	FRAMES_NUMBERED,		/* each is another */
	FRAMES_COPIED,			/* the same of each flow, again and again */
	FRAMES_KEPT,			/* and not even written where it stands already */
};

struct generator {
	struct port port;
	struct port_sink_books books;
	struct pattern_writer writer;
	struct pattern_stream *stream;
	struct pace pace;
	enum generator_frames frames;
	uint32_t flow;			/* whose frames are next, if they are not numbered */
	bool apart;			/* each bulk is a packet of its own */
	bool drops;			/* what finds no room is lost, and does not wait */
	uint64_t offered;		/* frames sent, and those lost */
	uint64_t count;			/* of them; 0: no end */
	uint64_t window;		/* most frames on their way; 0: no limit */
	struct pace_delay delay;
	uint64_t len_min;
	uint64_t len_max;
};

static size_t
generator_len(const struct generator *gen, uint64_t seq)
{
	uint64_t sizes = gen->len_max - gen->len_min + 1;

	return sizes == 1 ? gen->len_min : gen->len_min + pattern_hash(seq) % sizes;
}

static unsigned int
generator_least(unsigned int budget, uint64_t limit)
{
	return limit < budget ? (unsigned int)limit : budget;
}

/* How many frames are left and due. */
static unsigned int
generator_due(struct generator *gen, unsigned int budget)
{
	uint64_t sent = gen->stream->sent, away = sent - gen->stream->unique;

	if (gen->count != 0)
		budget = generator_least(budget, gen->count - gen->offered);
	if (gen->window != 0)
		budget = generator_least(budget, away < gen->window ? gen->window - away : 0);
	return budget == 0 ? 0 : pace_allow(&gen->pace, budget);
}

/* Send so many that are not numbered, some of each flow in turn; how many found room. */
static unsigned int
generator_repeat(struct generator *gen, unsigned int count)
{
	const struct port_user *user = &gen->port.user;
	unsigned int most = gen->writer.flows == 1 ? count : REPEAT_MAX;
	size_t len = generator_len(gen, 0);
	static uint8_t bytes[FRAME_MAX];
	struct iovec seg = { bytes, len };
	unsigned int done = 0, want, got = 1;

	/* Forward: a turn without progress is the last. */
	while (got > 0 && done < count) {
		pattern_write(&gen->writer, bytes, len, gen->flow);
		want = generator_least(most, count - done);
		got = user->repeat(user->ctx, &(struct frame){ &seg, 1, len }, want,
				   gen->frames == FRAMES_KEPT);
		gen->flow = (gen->flow + 1) % gen->writer.flows;
		done += got;
	}
	gen->stream->sent += done;
	return done;
}

/* Send so many frames; how many found room. */
static unsigned int
generator_put(struct generator *gen, unsigned int count)
{
	struct port_user *user = &gen->port.user;
	unsigned int n;

	if (gen->frames != FRAMES_NUMBERED && user->repeat != NULL)
		return generator_repeat(gen, count);
	for (n = 0; n < count; n++) {
		uint64_t seq = gen->stream->sent;
		size_t len = generator_len(gen, seq);
		uint8_t *frame;
		size_t room;

		frame = user->begin(user->ctx, &room);
		if (frame == NULL)
			break;
		if (len > room)
			len = room;
		pattern_write(&gen->writer, frame, len, seq);
		user->commit(user->ctx, len);
		gen->stream->sent++;
	}
	return n;
}

/* The same, bulk after bulk if they are to be told apart. */
static unsigned int
generator_put_bulks(struct generator *gen, unsigned int count)
{
	const struct port_user *user = &gen->port.user;
	uint64_t most = !gen->apart ? count : gen->pace.bulk == 0 ? 1 : gen->pace.bulk;
	unsigned int done = 0, want, got = 1;

	/* Forward: a turn without progress is the last. */
	while (got > 0 && done < count) {
		want = generator_least(count - done, most);
		got = generator_put(gen, want);
		done += got;
		if (gen->apart && user->flush != NULL)
			user->flush(user->ctx);
		if (got < want)
			break;
	}
	return done;
}

/*
 * Where frames are dropped, those that are due behind one without room have
 * none either, so that a guest which is slow costs nothing here.
 */
static unsigned int
generator_poll(struct port *port, unsigned int budget)
{
	struct generator *gen = (struct generator *)port;
	struct port_user *user = &port->user;
	bool open = pace_delay_is_over(&gen->delay, user->listens(user->ctx));
	unsigned int due, tried, done;

	/* A wire that has begun to carry frames goes on when nobody listens. */
	if (!open && !(gen->drops && gen->offered != 0))
		return 0;
	due = generator_due(gen, gen->drops ? UINT_MAX : budget);
	tried = generator_least(budget, due);
	done = open ? generator_put_bulks(gen, tried) : 0;
	if (gen->drops && done < tried) {
		user->dropped(user->ctx, due - done);
		done = due;
	}
	pace_take(&gen->pace, done);
	gen->offered += done;
	return done;
}

static struct pace *
generator_pace(struct port *port)
{
	return &((struct generator *)port)->pace;
}

static bool
generator_send(struct port *port, const struct frame *frame)
{
	port_sink_note(&((struct generator *)port)->books, frame);
	return true;
}

static void
generator_close(struct port *port)
{
	free(port);
}

static const struct generator *
generator_of(const struct port *port)
{
	return (const struct generator *)port;
}

static uint64_t
generator_offered(const struct port *port)
{
	return generator_of(port)->offered;
}

static uint64_t
generator_late(const struct port *port)
{
	return generator_of(port)->pace.late;
}

static uint64_t
generator_generated(const struct port *port)
{
	return generator_of(port)->stream->sent;
}

static uint64_t
generator_returned(const struct port *port)
{
	return generator_of(port)->stream->unique;
}

static uint64_t
generator_missing(const struct port *port)
{
	return generator_of(port)->stream->sent - generator_of(port)->stream->unique;
}

static uint64_t
generator_duplicated(const struct port *port)
{
	return generator_of(port)->stream->duplicated;
}

static uint64_t
generator_reordered(const struct port *port)
{
	return generator_of(port)->stream->reordered;
}

static uint64_t
generator_sink_corrupted(const struct port *port)
{
	return generator_of(port)->books.verdict[PATTERN_CORRUPTED];
}

static uint64_t
generator_sink_foreign(const struct port *port)
{
	return generator_of(port)->books.verdict[PATTERN_FOREIGN];
}

static uint64_t
generator_sink_intact(const struct port *port)
{
	return generator_of(port)->books.verdict[PATTERN_NEW] +
	       generator_of(port)->books.verdict[PATTERN_REORDERED];
}

static const struct port_counter generator_counters[] = {
	{ "gen_offered", generator_offered },
	{ "gen_late", generator_late },
	{ "gen_sent", generator_generated },
	{ "gen_arrived", generator_returned },
	{ "gen_missing", generator_missing },
	{ "gen_duplicated", generator_duplicated },
	{ "gen_reordered", generator_reordered },
	{ "sink_intact", generator_sink_intact },
	{ "sink_corrupted", generator_sink_corrupted },
	{ "sink_foreign", generator_sink_foreign },
	{ NULL, NULL },
};

static const struct port_ops generator_ops = {
	.poll = generator_poll,
	.send = generator_send,
	.pace = generator_pace,
	.close = generator_close,
	.counters = generator_counters,
};

/* "64" or "64-1514". */
static int
generator_parse_size(struct generator *gen, struct keyvals *kv, uint32_t frame_len)
{
	const char *text = keyvals_take(kv, "size");
	unsigned int min, max;
	int fields, end = 0;

	if (text == NULL)
		return 0;
	fields = sscanf(text, "%u%n-%u%n", &min, &end, &max, &end);
	if (fields == 1)
		max = min;
	if (fields < 1 || text[end] != '\0' || min < PATTERN_FRAME_MIN || max > frame_len ||
	    min > max) {
		log_usage("%s: size=%s is not a size or range within %u-%u", kv->option, text,
			  PATTERN_FRAME_MIN, frame_len);
		return -1;
	}
	gen->len_min = min;
	gen->len_max = max;
	return 0;
}

static int
generator_parse_frames(struct generator *gen, struct keyvals *kv)
{
	static const char *const words[] = {
		[FRAMES_NUMBERED] = "numbered",
		[FRAMES_COPIED] = "copied",
		[FRAMES_KEPT] = "kept",
	};
	const char *text = keyvals_take(kv, "frames");
	size_t i = FRAMES_NUMBERED;

	while (text != NULL && i < sizeof(words) / sizeof(words[0]) && strcmp(text, words[i]) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0])) {
		log_usage("%s: frames=%s is none of numbered, copied, kept", kv->option, text);
		return -1;
	}
	gen->frames = (enum generator_frames)i;
	return 0;
}

static int
generator_parse(struct generator *gen, struct keyvals *kv, const struct port_env *env)
{
	uint64_t flows = 1;

	gen->len_min = gen->len_max = 64;
	gen->books.verify = true;
	pattern_writer_init(&gen->writer, env->nic, env->mac);
	if (keyvals_number(kv, "count", 0, UINT64_MAX, &gen->count) != 0 ||
	    keyvals_number(kv, "rate", 0, PACE_RATE_MAX, &gen->pace.rate) != 0 ||
	    keyvals_number(kv, "flows", 1, PATTERN_FLOWS_MAX, &flows) != 0 ||
	    keyvals_number(kv, "bulk", 1, PACE_BULK_MAX, &gen->pace.bulk) != 0 ||
	    keyvals_number(kv, "window", 0, UINT32_MAX, &gen->window) != 0 ||
	    keyvals_number(kv, "delay", 0, 3600000, &gen->delay.delay_ms) != 0 ||
	    keyvals_switch(kv, "drop", &gen->drops) != 0 ||
	    keyvals_switch(kv, "apart", &gen->apart) != 0 ||
	    keyvals_switch(kv, "verify", &gen->books.verify) != 0 ||
	    keyvals_switch(kv, "headers-only", &gen->writer.header_only) != 0)
		return -1;
	if (gen->drops && gen->pace.rate == 0) {
		log_usage("%s: drop=yes wants a rate: what waits for room is never too fast",
			  kv->option);
		return -1;
	}
	pattern_set_flows(&gen->writer, (uint32_t)flows);
	if (generator_parse_frames(gen, kv) != 0)
		return -1;
	return generator_parse_size(gen, kv, env->frame_len);
}

struct port *
port_generator_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct generator *gen;

	(void)arg;
	gen = calloc(1, sizeof(*gen));
	if (gen == NULL) {
		log_usage("no memory for a generator port");
		return NULL;
	}
	if (generator_parse(gen, kv, env) != 0) {
		free(gen);
		return NULL;
	}
	gen->port.ops = &generator_ops;
	gen->port.fd = -1;
	gen->stream = pattern_stream(env->nic);
	return &gen->port;
}
