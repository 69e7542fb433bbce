/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of finite state entropy out of their descriptions: RFC 8878 section 4.1.1. */
#include "decode/prefix_state.h"

/* A description is read from its first bit on; zeros follow its last byte. */
struct forward {
    struct twf_span s;
    size_t at; /* in bits */
};

static uint32_t peek(const struct forward *f, unsigned n)
{
    struct twf_span rest = twf_span_slice(f->s, f->at >> 3, f->s.len);
    uint64_t word = rest.len >= 8 ? twf_word(rest.ptr) : twf_word_part(rest.ptr, rest.len);

    return (uint32_t)(word >> (f->at & 7)) & ((1u << n) - 1);
}

static unsigned high_bit(uint32_t value)
{
    return 31 - (unsigned)__builtin_clz(value);
}

/* One probability plus one, of which remaining is the largest: those that cannot be save a bit. */
static uint32_t read_value(struct forward *f, uint32_t remaining)
{
    unsigned n = high_bit(remaining + 1) + 1;
    uint32_t value = peek(f, n), low = value & ((1u << (n - 1)) - 1);
    uint32_t spare = (1u << n) - 1 - (remaining + 1);

    if (low < spare) {
        f->at += n - 1;
        return low;
    }
    f->at += n;
    return value >= 1u << (n - 1) ? value - spare : value;
}

size_t twf_fse_counts(struct twf_span s, unsigned max_log, unsigned max_symbols, int16_t *counts,
                      unsigned *symbols, unsigned *log)
{
    struct forward f = {s, 4};
    uint32_t remaining;
    unsigned n = 0;

    if (s.len == 0 || (*log = (s.ptr[0] & 15u) + 5) > max_log)
        return 0;
    remaining = 1u << *log;
    while (remaining > 0 && n < max_symbols) {
        uint32_t value = read_value(&f, remaining), repeat;

        counts[n++] = (int16_t)(value - 1);
        remaining -= value == 0 ? 1 : value - 1;
        if (value != 1)
            continue;
        do {
            repeat = peek(&f, 2);
            f.at += 2;
            if (repeat > max_symbols - n)
                return 0;
            for (uint32_t i = 0; i < repeat; i++)
                counts[n++] = 0;
        } while (repeat == 3 && f.at < s.len * 8);
    }
    *symbols = n;
    return remaining > 0 || f.at > s.len * 8 ? 0 : (f.at + 7) / 8;
}

void twf_fse_build(struct twf_fse *t, const int16_t *counts, unsigned symbols, unsigned log)
{
    uint32_t size = 1u << log, step = (size >> 1) + (size >> 3) + 3, at = 0, high = size;
    uint16_t next[TWF_FSE_SYMBOLS];

    t->log = log;
    /* Symbols less probable than one cell have the last cells. */
    for (unsigned i = 0; i < symbols; i++) {
        next[i] = (uint16_t)(counts[i] < 0 ? 1 : counts[i]);
        if (counts[i] < 0)
            t->cells[--high].base = i;
    }
    for (unsigned i = 0; i < symbols; i++) {
        for (int n = 0; n < counts[i]; n++) {
            t->cells[at].base = i;
            do
                at = (at + step) & (size - 1);
            while (at >= high);
        }
    }
    for (uint32_t i = 0; i < size; i++) {
        struct twf_fse_cell *c = &t->cells[i];
        uint32_t x = next[c->base]++;

        c->bits = (uint8_t)(log - high_bit(x));
        c->next = (uint16_t)((x << c->bits) - size);
        c->extra = 0;
    }
}
