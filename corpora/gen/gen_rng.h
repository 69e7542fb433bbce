/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chance that repeats: a stream of numbers out of a seed, in integers only, so that a corpus has the
 * same bytes on every machine and with every libm. Each message has a stream of its own, so that it
 * does not depend on the messages before it.
 */
#ifndef TWF_CORPORA_GEN_GEN_RNG_H
#define TWF_CORPORA_GEN_GEN_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct gen_rng {
    uint64_t state;
};

/* splitmix64 (Steele, Lea and Flood, 2014) */
static inline uint64_t gen_u64(struct gen_rng *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15U;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

/* The stream of message number index under a seed. */
static inline struct gen_rng gen_rng_at(uint64_t seed, uint64_t index)
{
    struct gen_rng r = {seed ^ index * 0xD1342543DE82EF95U};

    r.state = gen_u64(&r);
    return r;
}

/* Below n, n > 0. */
static inline uint32_t gen_below(struct gen_rng *r, uint32_t n)
{
    return (uint32_t)((gen_u64(r) >> 32) * n >> 32);
}

/* True for so many of 10,000. */
static inline bool gen_chance(struct gen_rng *r, uint32_t per_10000)
{
    return gen_below(r, 10000) < per_10000;
}

/* Below n, small numbers more often: few senders write most of the mail. */
static inline uint32_t gen_skewed(struct gen_rng *r, uint32_t n)
{
    uint64_t u = gen_u64(r) >> 32, v = gen_u64(r) >> 32;

    return (uint32_t)((u * v >> 32) * n >> 32);
}

/*
 * A size with the median given; sigma_100 is 100 times the standard deviation of its logarithm. Sizes
 * of mail are close to such a distribution. Never below median / 64 nor above median * 64.
 */
static inline uint64_t gen_size(struct gen_rng *r, uint64_t median, uint32_t sigma_100)
{
    int64_t sum = 0, whole, x;

    /* twelve uniform numbers less their mean are nearly normal; 16 fractional bits */
    for (int i = 0; i < 3; i++) {
        uint64_t u = gen_u64(r);
        sum += (int64_t)((u & 0xFFFF) + (u >> 16 & 0xFFFF) + (u >> 32 & 0xFFFF) + (u >> 48));
    }
    sum -= 6 << 16;
    /* e^(z sigma) = 2^(z sigma / ln 2) */
    x = sum * (int64_t)sigma_100 * 14427 / 1000000;
    if (x > 6 << 16)
        x = 6 << 16;
    if (x < -(6 << 16))
        x = -(6 << 16);
    whole = x >= 0 ? x >> 16 : -((-x + 0xFFFF) >> 16);
    x -= whole * 65536;
    /* 2^f on [0, 1) by a parabola, good to 0.3 % */
    x = 65536 + (x * 43000 >> 16) + (x * x >> 16) * 22536 / 65536;
    return whole >= 0 ? (median << whole) * (uint64_t)x >> 16
                      : (median * (uint64_t)x >> 16) >> -whole;
}

#endif
