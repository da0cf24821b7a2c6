/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <inttypes.h>

#include <rte_cycles.h>

#include "shared.h"
#include "touch.h"
#include "workers.h"

#define REST_MS 5000u
#define SETTLE_US 10000

static void
shared_write_thread(uint32_t thread, const struct touch *touch, const char *comma, FILE *file)
{
	fprintf(file, "%s{\"lcore\": %d, \"read\": %" PRIu64 ", \"written\": %" PRIu64
		", \"reader\": %" PRIuPTR ", \"writer\": %" PRIuPTR "}", comma,
		touch_thread(thread)->lcore, touch->read, touch->written, touch->reader,
		touch->writer);
}

/* One of several touches, the thread's, if it is the first to have the line. */
static void
shared_write_line(uint32_t thread, const struct touch *first, FILE *file)
{
	uint32_t other, count = 0, writers = 0;
	const struct touch *touch;

	for (other = 0; other < touch_threads(); other++) {
		touch = touch_find(other, first->line);
		if (touch != NULL && other < thread)
			return;
		count += touch != NULL;
		writers += touch != NULL && touch->written != 0;
	}
	if (count < 2 || writers == 0)
		return;
	fprintf(file, "{\"line\": %" PRIuPTR ", \"threads\": [", first->line);
	for (other = thread; other < touch_threads(); other++) {
		touch = touch_find(other, first->line);
		if (touch != NULL)
			shared_write_thread(other, touch, other == thread ? "" : ", ", file);
	}
	fprintf(file, "]}\n");
}

static int
shared_write(const char *path)
{
	FILE *file = fopen(path, "w");
	const struct touch *touch;
	uint32_t thread;

	if (file == NULL)
		return -errno;
	for (thread = 0; thread < touch_threads(); thread++)
		for (touch = touch_next(thread, NULL); touch != NULL;
		     touch = touch_next(thread, touch))
			shared_write_line(thread, touch, file);
	return fclose(file) == 0 ? 0 : -errno;
}

int
shared_record(uint32_t duration_ms, const char *path, FILE *out)
{
	const struct touched *touched;
	uint32_t thread;
	int ret;

	touch_clear();
	workers_resume();
	/* That they were told to go on is not part of what they do. */
	rte_delay_us_sleep(SETTLE_US);
	touch_start();
	rte_delay_us_sleep(duration_ms * 1000);
	touch_stop();
	if (!workers_rest(REST_MS))
		return -ETIMEDOUT;
	ret = shared_write(path);
	if (ret < 0)
		return ret;
	fprintf(out, "{\"threads\": [");
	for (thread = 0; thread < touch_threads(); thread++) {
		touched = touch_thread(thread);
		fprintf(out, "%s{\"lcore\": %d, \"lines\": %" PRIu64 ", \"lost\": %" PRIu64 "}",
			thread == 0 ? "" : ", ", touched->lcore, touched->lines, touched->lost);
	}
	fprintf(out, "]}\n");
	return 0;
}
