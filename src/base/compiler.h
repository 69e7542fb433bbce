/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and the few compile-time helpers that every room shares. */
#ifndef TWF_BASE_COMPILER_H
#define TWF_BASE_COMPILER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define TWF_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TWF_LIKELY(x) __builtin_expect(!!(x), 1)
#define TWF_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define TWF_UNUSED __attribute__((unused))
#define TWF_ALIGNED(n) __attribute__((aligned(n)))
#else
#error "gcc or clang is required"
#endif

/*
 * Sanitizers map terabytes, catch the signals of faults themselves, and fork and trace at the end of a run.
 * scripts/coverage defines TWF_SANITIZED too: gcov opens its files when the sandbox lets nobody open any.
 */
#if defined(__SANITIZE_ADDRESS__)
#define TWF_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TWF_ASAN 1
#endif
#endif
#ifndef TWF_ASAN
#define TWF_ASAN 0
#endif
#if defined(TWF_SANITIZED)
#elif TWF_ASAN || defined(__SANITIZE_THREAD__)
#define TWF_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TWF_SANITIZED 1
#endif
#endif
#ifndef TWF_SANITIZED
#define TWF_SANITIZED 0
#endif

/*
 * What analyzers cannot see and always holds: said to scripts/analyze, which defines TWF_ANALYZE; code is the same
 * without.
 */
#ifdef TWF_ANALYZE
#define TWF_KNOWN(x)                                                                               \
    do {                                                                                           \
        if (!(x))                                                                                  \
            __builtin_unreachable();                                                               \
    } while (0)
#else
#define TWF_KNOWN(x) ((void)0)
#endif

#define TWF_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TWF_MIN(a, b) ((a) < (b) ? (a) : (b))
#define TWF_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
