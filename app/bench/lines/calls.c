/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What instrumented code calls: the names that gcc and clang use with
 * -fsanitize=thread, in place of their library, and the three functions of libc
 * that copy, which the linker leads here. Each does what it is to do, and notes
 * who touched what.
 */

#include <string.h>

#include "touch.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))
#define READS(address, len) touch_note((uintptr_t)(address), len, false, CALLER)
#define WRITES(address, len) touch_note((uintptr_t)(address), len, true, CALLER)

/* The compiler declares none of these. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wmissing-declarations"

void __tsan_init(void) { }
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void) { }
void __tsan_read_range(void *address, size_t len) { READS(address, len); }
void __tsan_write_range(void *address, size_t len) { WRITES(address, len); }

#define ACCESS(len) \
void __tsan_read##len(void *address) { READS(address, len); } \
void __tsan_write##len(void *address) { WRITES(address, len); } \
void __tsan_unaligned_read##len(void *address) { READS(address, len); } \
void __tsan_unaligned_write##len(void *address) { WRITES(address, len); }

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

/* Orders of memory are the strongest: it is not time that is measured here. */
#define FETCH(bits, type, what) \
type __tsan_atomic##bits##_fetch_##what(volatile type *at, type value, int order) \
{ \
	(void)order; \
	WRITES(at, sizeof(type)); \
	return __atomic_fetch_##what(at, value, __ATOMIC_SEQ_CST); \
}

#define EXCHANGE(bits, type, how) \
int __tsan_atomic##bits##_compare_exchange_##how(volatile type *at, type *expected, type value, \
						 int order, int failed) \
{ \
	(void)order; \
	(void)failed; \
	WRITES(at, sizeof(type)); \
	return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST, \
					   __ATOMIC_SEQ_CST); \
}

#define ATOMIC(bits, type) \
type __tsan_atomic##bits##_load(const volatile type *at, int order) \
{ \
	(void)order; \
	READS(at, sizeof(type)); \
	return __atomic_load_n(at, __ATOMIC_SEQ_CST); \
} \
void __tsan_atomic##bits##_store(volatile type *at, type value, int order) \
{ \
	(void)order; \
	WRITES(at, sizeof(type)); \
	__atomic_store_n(at, value, __ATOMIC_SEQ_CST); \
} \
type __tsan_atomic##bits##_exchange(volatile type *at, type value, int order) \
{ \
	(void)order; \
	WRITES(at, sizeof(type)); \
	return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); \
} \
FETCH(bits, type, add) \
FETCH(bits, type, sub) \
FETCH(bits, type, and) \
FETCH(bits, type, or) \
FETCH(bits, type, xor) \
FETCH(bits, type, nand) \
EXCHANGE(bits, type, strong) \
EXCHANGE(bits, type, weak) \
type __tsan_atomic##bits##_compare_exchange_val(volatile type *at, type expected, type value, \
						int order, int failed) \
{ \
	(void)__tsan_atomic##bits##_compare_exchange_strong(at, &expected, value, order, failed); \
	return expected; \
}

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void
__tsan_atomic_thread_fence(int order)
{
	(void)order;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* gcc calls these by their own names, clang by others. */
#define IS(name) __attribute__((alias(#name)))
void *__tsan_memcpy(void *to, const void *from, size_t len) IS(__wrap_memcpy);
void *__tsan_memmove(void *to, const void *from, size_t len) IS(__wrap_memmove);
void *__tsan_memset(void *to, int value, size_t len) IS(__wrap_memset);

void *__real_memcpy(void *to, const void *from, size_t len);
void *__real_memmove(void *to, const void *from, size_t len);
void *__real_memset(void *to, int value, size_t len);

void *
__wrap_memcpy(void *to, const void *from, size_t len)
{
	READS(from, len);
	WRITES(to, len);
	return __real_memcpy(to, from, len);
}

void *
__wrap_memmove(void *to, const void *from, size_t len)
{
	READS(from, len);
	WRITES(to, len);
	return __real_memmove(to, from, len);
}

void *
__wrap_memset(void *to, int value, size_t len)
{
	WRITES(to, len);
	return __real_memset(to, value, len);
}
