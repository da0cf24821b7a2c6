/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Option values of the form "a=1,b=2": split once, taken by name, and what
 * nobody took is an error.
 */

#ifndef HVHOST_KEYVALS_H
#define HVHOST_KEYVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYVALS_MAX 32

struct keyvals {
	const char *option;		/**< for error sentences: "--nic" */
	char text[1024];
	size_t used;			/**< of text */
	unsigned int n;
	struct {
		const char *key;
		const char *value;	/**< "" for a key without "=" */
		bool taken;
	} pair[KEYVALS_MAX];
};

/** Split text. 0, or -1 after saying what is wrong. */
int keyvals_parse(struct keyvals *kv, const char *option, const char *text);

/** Add one more "a=1". 0, or -1 after saying what is wrong. */
int keyvals_add(struct keyvals *kv, const char *item);

/** The value of key, NULL if it was not given. */
const char *keyvals_take(struct keyvals *kv, const char *key);

/**
 * The value of key as a number in [min, max]; *value stays as it is when the
 * key was not given. Suffixes k, M and G multiply by 1000; KiB and MiB by powers
 * of 1024. 0, or -1 after saying what is wrong.
 */
int keyvals_number(struct keyvals *kv, const char *key, uint64_t min, uint64_t max,
		   uint64_t *value);

/** yes/no, on/off, 1/0. 0, or -1 after saying what is wrong. */
int keyvals_switch(struct keyvals *kv, const char *key, bool *value);

/** 0 if every key was taken, else -1 after naming the first that was not. */
int keyvals_check_all_taken(const struct keyvals *kv);

/** A number with its suffix, the whole string. 0 or -1, says nothing. */
int parse_number(const char *text, uint64_t *value);

#endif /* HVHOST_KEYVALS_H */
