/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tar header block, and pax records (POSIX.1-2017 pax, "ustar Interchange Format" and "pax
 * Header Block"; GNU tar manual, "Basic Tar Format"). Numbers are octal, or GNU base-256.
 */
#include "base/word.h"
#include "split/split_state.h"

/* Places in the block. */
enum {
    AT_NAME = 0,
    NAME_LEN = 100,
    AT_SIZE = 124,
    SIZE_LEN = 12,
    AT_SUM = 148,
    SUM_LEN = 8,
    AT_TYPE = 156,
    AT_MAGIC = 257,
    AT_PREFIX = 345,
    PREFIX_LEN = 155,
    AT_SPARSE_MORE = 482
};

/* Leading blanks, octal digits, then NUL or blank. */
static bool octal(const uint8_t *p, size_t len, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0, digits;

    while (i < len && p[i] == ' ')
        i++;
    for (digits = i; i < len && p[i] >= '0' && p[i] <= '7'; i++)
        value = value * 8 + (uint64_t)(p[i] - '0');
    *out = value;
    return i > digits && (i == len || p[i] == ' ' || p[i] == '\0');
}

/* Twelve octal digits hold 36 bits; base-256 up to 95, of which we take 63. */
static bool size_field(const uint8_t *p, uint64_t *out)
{
    uint64_t value = 0;

    if (p[0] != 0x80)
        return octal(p, SIZE_LEN, out);
    for (size_t i = 1; i < SIZE_LEN; i++) {
        if (value >> 55 != 0)
            return false;
        value = value << 8 | p[i];
    }
    *out = value;
    return true;
}

/*
 * The sum of all bytes. Two lanes of four 16-bit sums: 64 words of at most 2 * 255 a lane fit, and
 * this is the dearest step of a small member.
 */
static uint32_t sum_bytes(const uint8_t *block)
{
    const uint64_t low = UINT64_C(0x00FF00FF00FF00FF);
    uint64_t lanes = 0;
    uint32_t sum = 0;

    for (size_t i = 0; i < TWF_TAR_BLOCK; i += 8) {
        uint64_t w = twf_word(block + i);

        lanes += (w & low) + (w >> 8 & low);
    }
    for (; lanes != 0; lanes >>= 16)
        sum += (uint32_t)(lanes & 0xFFFF);
    return sum;
}

/* POSIX adds unsigned bytes; old tars added signed ones. The sum itself counts as blanks. */
static bool sum_is_right(const uint8_t *block)
{
    uint64_t stored;
    uint32_t high = 0, own = 0, own_high = 0;
    int64_t plain;

    if (!octal(block + AT_SUM, SUM_LEN, &stored))
        return false;
    for (size_t i = AT_SUM; i < AT_SUM + SUM_LEN; i++) {
        own += block[i];
        own_high += block[i] >> 7;
    }
    plain = (int64_t)sum_bytes(block) - own + SUM_LEN * ' ';
    if (plain == (int64_t)stored)
        return true;
    for (size_t i = 0; i < TWF_TAR_BLOCK; i++)
        high += block[i] >> 7;
    return plain - 256 * ((int64_t)high - own_high) == (int64_t)stored;
}

static struct twf_span text_field(const uint8_t *p, size_t len)
{
    return twf_span(p, twf_span_find(twf_span(p, len), '\0'));
}

bool twf_tar_head_read(const uint8_t block[TWF_TAR_BLOCK], struct twf_tar_head *out)
{
    if (!sum_is_right(block))
        return false;
    *out = (struct twf_tar_head){.type = (char)block[AT_TYPE]};
    out->name = text_field(block + AT_NAME, NAME_LEN);
    /* GNU ("ustar  ") keeps other things where POSIX ("ustar\0") has the prefix of a name. */
    if (memcmp(block + AT_MAGIC, "ustar", 6) == 0)
        out->prefix = text_field(block + AT_PREFIX, PREFIX_LEN);
    out->size_good = size_field(block + AT_SIZE, &out->size);
    out->sparse_more = out->type == 'S' && block[AT_SPARSE_MORE] != 0;
    return true;
}

bool twf_tar_block_is_zero(const uint8_t block[TWF_TAR_BLOCK])
{
    for (size_t i = 0; i < TWF_TAR_BLOCK; i += 8) {
        if (twf_word(block + i) != 0)
            return false;
    }
    return true;
}

static bool decimal(struct twf_span s, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0 || s.len > 18)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static bool pax_record(struct twf_pax *pax, struct twf_span key, struct twf_span value)
{
    static const char sparse[] = "GNU.sparse.";

    if (twf_span_is(key, "path") || twf_span_is(key, "GNU.sparse.name")) {
        twf_buf_reset(&pax->path);
        twf_buf_span(&pax->path, value);
        pax->has_path = value.len > 0;
    } else if (twf_span_is(key, "size")) {
        /* An empty value takes back what the records said so far. */
        pax->has_size = value.len > 0;
        if (pax->has_size && (!decimal(value, &pax->size) || pax->size > INT64_MAX)) {
            pax->has_size = false;
            return false;
        }
    }
    if (key.len >= sizeof(sparse) - 1 && memcmp(key.ptr, sparse, sizeof(sparse) - 1) == 0)
        pax->sparse = true;
    return true;
}

bool twf_pax_read(struct twf_pax *pax, struct twf_span records)
{
    while (records.len > 0) {
        size_t blank = twf_span_find(records, ' '), equals;
        uint64_t len;
        struct twf_span body;

        if (!decimal(twf_span_slice(records, 0, blank), &len) || len > records.len ||
            len < blank + 2 || records.ptr[len - 1] != '\n')
            return false;
        body = twf_span_slice(records, blank + 1, (size_t)len - 1);
        equals = twf_span_find(body, '=');
        if (equals == body.len)
            return false;
        if (!pax_record(pax, twf_span_slice(body, 0, equals),
                        twf_span_slice(body, equals + 1, body.len)))
            return false;
        records = twf_span_slice(records, (size_t)len, records.len);
    }
    return true;
}
