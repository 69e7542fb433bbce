/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the compiler's <immintrin.h> where the AVX-512 kernels are compiled for a CPU that
 * lacks AVX-512: their intrinsics in plain loops, after the pseudocode of the Intel Intrinsics
 * Guide. A lane whose mask bit is 0 is neither read nor written, and every access is an access of
 * C, so that sanitizers and guard pages see it. Only what the kernels use is here.
 */
#ifndef TWF_TESTS_KERNELS_PLAIN_IMMINTRIN_H
#define TWF_TESTS_KERNELS_PLAIN_IMMINTRIN_H

#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t b[64];
} __m512i;
typedef struct {
    uint8_t b[32];
} __m256i;
typedef struct {
    uint8_t b[16];
} __m128i;
typedef uint64_t __mmask64;
typedef uint32_t __mmask32;
typedef uint16_t __mmask16;

static inline uint64_t _bzhi_u64(uint64_t x, uint32_t index)
{
    index &= 0xFF;
    return index < 64 ? x & (((uint64_t)1 << index) - 1) : x;
}

static inline __mmask64 _cvtu64_mask64(uint64_t x)
{
    return x;
}

static inline __mmask32 _cvtu32_mask32(uint32_t x)
{
    return x;
}

static inline uint64_t _cvtmask64_u64(__mmask64 k)
{
    return k;
}

/* One lane-wise operation in both widths: a and b are the bytes, the value is that of expr. */
#define PLAIN_BYTES(name, expr)                                                                    \
    static inline __m512i _mm512_##name(__m512i va, __m512i vb)                                    \
    {                                                                                              \
        __m512i r;                                                                                 \
        for (int i = 0; i < 64; i++) {                                                             \
            const uint8_t a = va.b[i], b = vb.b[i];                                                \
            r.b[i] = (uint8_t)(expr);                                                              \
        }                                                                                          \
        return r;                                                                                  \
    }                                                                                              \
    static inline __m256i _mm256_##name(__m256i va, __m256i vb)                                    \
    {                                                                                              \
        __m256i r;                                                                                 \
        for (int i = 0; i < 32; i++) {                                                             \
            const uint8_t a = va.b[i], b = vb.b[i];                                                \
            r.b[i] = (uint8_t)(expr);                                                              \
        }                                                                                          \
        return r;                                                                                  \
    }
PLAIN_BYTES(and_si512, a & b)
PLAIN_BYTES(and_si256, a & b)
PLAIN_BYTES(or_si512, a | b)
PLAIN_BYTES(or_si256, a | b)
PLAIN_BYTES(xor_si512, a ^ b)
PLAIN_BYTES(xor_si256, a ^ b)
PLAIN_BYTES(add_epi8, a + b)
PLAIN_BYTES(sub_epi8, a - b)
PLAIN_BYTES(min_epu8, a < b ? a : b)
#undef PLAIN_BYTES

/* The same with a mask for the result: bit i is whether test holds of byte i. */
#define PLAIN_TEST(name, test)                                                                     \
    static inline __mmask64 _mm512_##name(__m512i va, __m512i vb)                                  \
    {                                                                                              \
        __mmask64 k = 0;                                                                           \
        for (int i = 0; i < 64; i++) {                                                             \
            const uint8_t a = va.b[i], b = vb.b[i];                                                \
            k |= (__mmask64)(test) << i;                                                           \
        }                                                                                          \
        return k;                                                                                  \
    }                                                                                              \
    static inline __mmask32 _mm256_##name(__m256i va, __m256i vb)                                  \
    {                                                                                              \
        __mmask32 k = 0;                                                                           \
        for (int i = 0; i < 32; i++) {                                                             \
            const uint8_t a = va.b[i], b = vb.b[i];                                                \
            k |= (__mmask32)(test) << i;                                                           \
        }                                                                                          \
        return k;                                                                                  \
    }
PLAIN_TEST(cmpeq_epi8_mask, a == b)
PLAIN_TEST(cmplt_epu8_mask, a < b)
PLAIN_TEST(cmpge_epu8_mask, a >= b)
PLAIN_TEST(test_epi8_mask, (a & b) != 0)
PLAIN_TEST(testn_epi8_mask, (a & b) == 0)
#undef PLAIN_TEST

#define PLAIN_WIDTH(bits, lanes)                                                                   \
    static inline __m##bits##i _mm##bits##_set1_epi8(char c)                                       \
    {                                                                                              \
        __m##bits##i r;                                                                            \
        memset(r.b, c, lanes);                                                                     \
        return r;                                                                                  \
    }                                                                                              \
    static inline __m##bits##i _mm##bits##_loadu_si##bits(const void *ptr)                         \
    {                                                                                              \
        __m##bits##i r;                                                                            \
        memcpy(r.b, ptr, lanes);                                                                   \
        return r;                                                                                  \
    }                                                                                              \
    static inline void _mm##bits##_storeu_si##bits(void *ptr, __m##bits##i v)                      \
    {                                                                                              \
        memcpy(ptr, v.b, lanes);                                                                   \
    }                                                                                              \
    static inline __m##bits##i _mm##bits##_maskz_loadu_epi8(__mmask##lanes k, const void *ptr)     \
    {                                                                                              \
        __m##bits##i r;                                                                            \
        for (int i = 0; i < lanes; i++)                                                            \
            r.b[i] = k >> i & 1 ? ((const uint8_t *)ptr)[i] : 0;                                   \
        return r;                                                                                  \
    }                                                                                              \
    static inline void _mm##bits##_mask_storeu_epi8(void *ptr, __mmask##lanes k, __m##bits##i v)   \
    {                                                                                              \
        for (int i = 0; i < lanes; i++)                                                            \
            if (k >> i & 1)                                                                        \
                ((uint8_t *)ptr)[i] = v.b[i];                                                      \
    }                                                                                              \
    static inline __m##bits##i _mm##bits##_mask_add_epi8(__m##bits##i src, __mmask##lanes k,       \
                                                         __m##bits##i a, __m##bits##i b)           \
    {                                                                                              \
        for (int i = 0; i < lanes; i++)                                                            \
            if (k >> i & 1)                                                                        \
                src.b[i] = (uint8_t)(a.b[i] + b.b[i]);                                             \
        return src;                                                                                \
    }                                                                                              \
    static inline __m##bits##i _mm##bits##_mask_sub_epi8(__m##bits##i src, __mmask##lanes k,       \
                                                         __m##bits##i a, __m##bits##i b)           \
    {                                                                                              \
        for (int i = 0; i < lanes; i++)                                                            \
            if (k >> i & 1)                                                                        \
                src.b[i] = (uint8_t)(a.b[i] - b.b[i]);                                             \
        return src;                                                                                \
    }
PLAIN_WIDTH(512, 64)
PLAIN_WIDTH(256, 32)
#undef PLAIN_WIDTH

/* The words of b and then of a, without the first n: as many as fit. */
static inline __m512i _mm512_alignr_epi32(__m512i a, __m512i b, int n)
{
    __m512i r;

    memcpy(r.b, b.b + n * 4, (size_t)(64 - n * 4));
    memcpy(r.b + 64 - n * 4, a.b, (size_t)(n * 4));
    return r;
}

/* In each 16 bytes: the byte of a that the low four bits of b choose, or 0 where b is negative. */
static inline __m512i _mm512_shuffle_epi8(__m512i a, __m512i b)
{
    __m512i r;

    for (int i = 0; i < 64; i++)
        r.b[i] = b.b[i] & 0x80 ? 0 : a.b[(i & ~15) | (b.b[i] & 15)];
    return r;
}

static inline __m128i _mm_setr_epi8(char c0, char c1, char c2, char c3, char c4, char c5, char c6,
                                    char c7, char c8, char c9, char c10, char c11, char c12,
                                    char c13, char c14, char c15)
{
    const char c[16] = {c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15};
    __m128i r;

    memcpy(r.b, c, 16);
    return r;
}

static inline __m512i _mm512_broadcast_i32x4(__m128i a)
{
    __m512i r;

    for (int i = 0; i < 4; i++)
        memcpy(r.b + i * 16, a.b, 16);
    return r;
}

/* Bit by bit: the bits of a, b and c, a first, are the number of the bit of table to take. */
static inline __m512i _mm512_set1_epi32(int x)
{
    __m512i r;

    for (int i = 0; i < 16; i++)
        memcpy(r.b + i * 4, &x, 4);
    return r;
}

static inline __mmask16 _mm512_cmpeq_epi32_mask(__m512i a, __m512i b)
{
    __mmask16 k = 0;

    for (int i = 0; i < 16; i++)
        k = (__mmask16)(k | (memcmp(a.b + i * 4, b.b + i * 4, 4) == 0 ? 1 << i : 0));
    return k;
}

static inline __m512i _mm512_ternarylogic_epi64(__m512i a, __m512i b, __m512i c, int table)
{
    __m512i r;

    memset(r.b, 0, sizeof r.b);
    for (int i = 0; i < 512; i++) {
        const int bit = i % 8, byte = i / 8;
        const int n = (a.b[byte] >> bit & 1) << 2 | (b.b[byte] >> bit & 1) << 1 |
                      (c.b[byte] >> bit & 1);
        r.b[byte] |= (uint8_t)((table >> n & 1) << bit);
    }
    return r;
}

#endif
