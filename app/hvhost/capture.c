/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See capture.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "log.h"
#include "pcapng.h"

#define SNAP_LEN_ALL 262144u
#define COMMENT_MAX 256u
#define BUFFER_LEN (256u * 1024u)

/* The interfaces of a file. */
enum { ON_THE_CABLE = 0, AT_THE_GUEST = 1 };

struct capture {
	FILE *out;			/* NULL: it has failed */
	uint32_t snap_len;
	char name[24];			/* "nic0" */
	char buffer[BUFFER_LEN];
};

/* A comment in the making; what does not fit is left out. */
struct comment {
	char text[COMMENT_MAX];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
comment_add(struct comment *comment, const char *format, ...)
{
	size_t room = sizeof(comment->text) - comment->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(comment->text + comment->len, room, format, args);
	va_end(args);
	if (n > 0)
		comment->len += (size_t)n < room ? (size_t)n : room - 1;
}

struct bit_name {
	uint32_t bit;
	const char *name;
};

static void
comment_add_bits(struct comment *comment, const char *what, uint32_t bits,
		 const struct bit_name *name)
{
	if (bits == 0)
		return;
	comment_add(comment, "; %s", what);
	for (; name->bit != 0; name++)
		if (bits & name->bit)
			comment_add(comment, " %s", name->name);
}

static void
comment_add_tag(struct comment *comment, uint16_t tci)
{
	comment_add(comment, "; VLAN %u priority %u", tci & 0xfff, tci >> 13);
}

/* Begin and end */

/* A file, or a pipe that somebody reads already. */
static FILE *
capture_open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL)
		log_usage("cannot write the capture %s: %s", path, strerror(errno));
	if (out == NULL && fd >= 0)
		close(fd);
	return out;
}

struct capture *
capture_open(const char *path, unsigned int nic, uint32_t snap_len)
{
	struct capture *capture = malloc(sizeof(*capture));
	char guest[32];

	if (capture == NULL) {
		log_usage("no memory for a capture");
		return NULL;
	}
	capture->out = capture_open_file(path);
	if (capture->out == NULL) {
		free(capture);
		return NULL;
	}
	setvbuf(capture->out, capture->buffer, _IOFBF, sizeof(capture->buffer));
	capture->snap_len = snap_len != 0 ? snap_len : SNAP_LEN_ALL;
	snprintf(capture->name, sizeof(capture->name), "nic%u", nic);
	snprintf(guest, sizeof(guest), "%s-guest", capture->name);
	pcapng_write_section(capture->out, "hvhost");
	pcapng_write_interface(capture->out, capture->name, "frames on the cable",
			       capture->snap_len);
	pcapng_write_interface(capture->out, guest,
			       "what the guest sent with work left to the host",
			       capture->snap_len);
	return capture;
}

/* The disk is full, or the pipe: say it once. */
static void
capture_fail(struct capture *capture)
{
	log_info("%s: the capture ends here: %s", capture->name, strerror(errno));
	fclose(capture->out);
	capture->out = NULL;
}

void
capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	if (capture->out != NULL && fflush(capture->out) != 0)
		capture_fail(capture);
	if (capture->out != NULL)
		fclose(capture->out);
	free(capture);
}

/* Frames */

static uint64_t
capture_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
capture_write(struct capture *capture, uint32_t interface, bool is_outbound,
	      const struct frame *frame, const char *comment)
{
	if (capture->out == NULL)
		return;
	pcapng_write_packet(capture->out, &(struct pcapng_packet){
		.interface = interface,
		.time_ns = capture_now(),
		.is_outbound = is_outbound,
		.frame = frame,
		.snap_len = capture->snap_len,
		.comment = comment,
	});
	if (ferror(capture->out))
		capture_fail(capture);
}

static void
comment_on_received(struct comment *comment, const struct rndis_rx_info *info)
{
	static const struct bit_name checksums[] = {
		{ RX_CHECKSUM_IP_GOOD, "IP good" }, { RX_CHECKSUM_IP_FAILED, "IP failed" },
		{ RX_CHECKSUM_TCP_GOOD, "TCP good" }, { RX_CHECKSUM_TCP_FAILED, "TCP failed" },
		{ RX_CHECKSUM_UDP_GOOD, "UDP good" }, { RX_CHECKSUM_UDP_FAILED, "UDP failed" },
		{ 0, NULL },
	};

	comment_add_bits(comment, "checksums:", info->checksum, checksums);
	if (info->has_hash)
		comment_add(comment, "; hash 0x%08x of kind 0x%x", info->hash, info->hash_info);
	if (info->is_tagged)
		comment_add_tag(comment, info->tci);
	if (info->fragment != FRAGMENT_NONE)
		comment_add(comment, "; joined to the frame before, RSC packet %u",
			    info->packet_id);
}

void
capture_received(struct capture *capture, unsigned int queue, const struct frame *frame,
		 const struct rndis_rx_info *info)
{
	uint8_t head[2 * ETHER_ADDR_LEN + ETHER_TAG_LEN] = {
		[12] = 0x81, [13] = 0x00, [14] = (uint8_t)(info->tci >> 8),
		[15] = (uint8_t)info->tci,
	};
	struct iovec seg[2] = { { head, sizeof(head) } };
	struct frame tagged = { seg, 1, frame->len + ETHER_TAG_LEN };
	struct comment comment = { .len = 0 };

	comment_add(&comment, "queue %u", queue);
	comment_on_received(&comment, info);
	if (info->is_tagged) {
		frame_copy(frame, 0, head, 2 * ETHER_ADDR_LEN);
		tagged.n += frame_slice(frame, 2 * ETHER_ADDR_LEN,
					frame->len - 2 * ETHER_ADDR_LEN, seg + 1, 1);
		frame = &tagged;
	}
	capture_write(capture, ON_THE_CABLE, false, frame, comment.text);
}

static void
comment_on_sent(struct comment *comment, unsigned int queue, const struct rndis_packet *packet,
		const char *verb)
{
	static const struct bit_name checksums[] = {
		{ TX_CHECKSUM_IP_HEADER, "IP" }, { TX_CHECKSUM_TCP, "TCP" },
		{ TX_CHECKSUM_UDP, "UDP" }, { 0, NULL },
	};

	comment_add(comment, "queue %u", queue);
	comment_add_bits(comment, verb, packet->is_large_send ? 0 : packet->checksum, checksums);
	if (packet->is_large_send)
		comment_add(comment, "; large send with MSS %u", packet->mss);
	if (packet->is_tagged)
		comment_add_tag(comment, packet->tci);
}

void
capture_given(struct capture *capture, unsigned int queue, const struct frame *frame,
	      const struct rndis_packet *packet)
{
	struct comment comment = { .len = 0 };

	comment_on_sent(&comment, queue, packet, "wants checksums:");
	capture_write(capture, AT_THE_GUEST, true, frame, comment.text);
}

void
capture_sent(struct capture *capture, unsigned int queue, const struct frame *frame,
	     const struct rndis_packet *packet, bool is_finished)
{
	struct comment comment = { .len = 0 };

	comment_on_sent(&comment, queue, packet,
			is_finished ? "checksums computed:" : "checksums passed on:");
	capture_write(capture, ON_THE_CABLE, true, frame, comment.text);
}
