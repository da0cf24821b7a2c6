/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A port: what a synthetic NIC (or a switch) plugs into. Frames that the guest
 * transmits go down into it; frames that it receives come up through struct
 * port_user, straight into their final place.
 *
 * Everything runs in the one thread of the event loop and nothing blocks.
 */

#ifndef HVHOST_PORT_H
#define HVHOST_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct keyvals;
struct pace;
struct port;
struct switches;

/** Who takes the frames that a port receives: a NIC, or a switch. */
struct port_user {
	/** Whether frames are wanted at all; a port may throw them away if not. */
	bool (*listens)(void *ctx);
	/**
	 * Room for one frame. NULL when there is none now; else *room is how
	 * long the frame may be.
	 */
	uint8_t *(*begin)(void *ctx, size_t *room);
	/** The frame written to where begin() said has len bytes; 0 gives the room back. */
	void (*commit)(void *ctx, size_t len);
	/**
	 * As commit(), of a frame whose checksum the sender has left to the
	 * receiving card. NULL: all frames have to be finished before.
	 */
	void (*commit_partial)(void *ctx, size_t len, const struct frame_work *work);
	/**
	 * The same frame so many times (at least once), and how many found room; keeps: what
	 * stands in the guest's memory from an earlier time need not be written
	 * again. NULL: only one by one.
	 */
	unsigned int (*repeat)(void *ctx, const struct frame *frame, unsigned int count,
			       bool keeps);
	/** What has been handed over is not joined with what comes next. NULL: it never is. */
	void (*flush)(void *ctx);
	/** Frames were lost before they could be handed over. */
	void (*dropped)(void *ctx, unsigned int frames);
	void *ctx;
};

/** A figure that a port wants to be shown. */
struct port_counter {
	const char *name;
	uint64_t (*value)(const struct port *port);
};

struct port_ops {
	/** Receive up to budget frames and hand them up; how many. NULL: never receives. */
	unsigned int (*poll)(struct port *port, unsigned int budget);
	/** Send one frame; false if it was lost. Its memory is the sender's again on return. */
	bool (*send)(struct port *port, const struct frame *frame);
	/** The same for a frame with work left to do, which it passes on. NULL: it cannot. */
	bool (*send_partial)(struct port *port, const struct frame *frame,
			     const struct frame_work *work);
	/** What its frames are paced by; NULL: it has no rate. */
	struct pace *(*pace)(struct port *port);
	void (*close)(struct port *port);
	const struct port_counter *counters;	/**< ends with a NULL name; may be NULL */
};

struct port {
	const struct port_ops *ops;
	struct port_user user;
	int fd;				/**< readable when poll() has something; -1: none */
};

/** What a port is told about the NIC above when it is opened. */
struct port_env {
	unsigned int nic;		/**< its number */
	uint8_t mac[ETHER_ADDR_LEN];
	uint32_t frame_len;		/**< longest frame with Ethernet header, without VLAN tag */
	struct switches *switches;
	unsigned int n_nics;		/**< how many there will be */
	struct port *const *nic_ports;	/**< their ports by number; filled one after the other */
};

/**
 * Open a port.
 *
 * @param what
 *   "tap:hv0", "sink": the kind, and what it names.
 * @param kv
 *   Further options are taken from here.
 * @return
 *   NULL after one sentence on stderr.
 */
struct port *port_open(const char *what, struct keyvals *kv, const struct port_env *env);
void port_close(struct port *port);

/** Lines of the help text, one per kind. */
void port_print_kinds(void);

/** Copy a frame up to a port's user; false if it had no room. */
bool port_user_deliver(const struct port_user *user, const struct frame *frame);

/*
 * The kinds; each is in the file of its name. arg is what follows the colon,
 * "" if nothing does.
 */
typedef struct port *port_open_fn(const char *arg, struct keyvals *kv,
				  const struct port_env *env);
port_open_fn port_tap_open;
port_open_fn port_pcap_open;
port_open_fn port_generator_open;
port_open_fn port_sink_open;
port_open_fn port_loopback_open;
port_open_fn port_peer_open;
port_open_fn port_switch_open;

#endif /* HVHOST_PORT_H */
