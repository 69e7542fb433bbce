/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where zstd frames begin and end: RFC 8878 section 3.1, read from block header to block header. No
 * content is looked at, so that a wrong byte inside a block is not seen here.
 */
#include "decode/walk.h"

#include "base/compiler.h"

enum {
    MAGIC_LEN = 4,
    DESCRIPTOR_END = 5, /* magic and frame header descriptor: the length of the header is known */
    SKIPPABLE_HEADER = 8,
    BLOCK_HEADER = 3,
    CHECKSUM = 4,
    BLOCK_MAX = 128 * 1024,
};
#define MAGIC_FRAME 0xFD2FB528u
#define MAGIC_SKIPPABLE 0x184D2A50u /* to 0x184D2A5F */

enum state { HEADER, SKIPPABLE, BLOCK, CONTENT, TRAILER, FAILED };
enum block_type { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED, BLOCK_RESERVED };

static const uint8_t dict_len[4] = {0, 1, 2, 4};

void twf_frame_walk_init(struct twf_frame_walk *w)
{
    *w = (struct twf_frame_walk){.state = HEADER, .info.content_size = TWF_SIZE_UNKNOWN};
}

static uint64_t read_le(const uint8_t *p, size_t len)
{
    uint64_t value = 0;

    for (size_t i = len; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

static size_t content_size_len(uint8_t descriptor)
{
    unsigned flag = descriptor >> 6;

    if (flag == 0)
        return (descriptor & 0x20) != 0 ? 1 : 0;
    return (size_t)1 << flag;
}

/* Of a zstd frame whose descriptor is at hand. */
static size_t header_len(uint8_t descriptor)
{
    size_t window_len = (descriptor & 0x20) == 0 ? 1 : 0;

    return DESCRIPTOR_END + window_len + dict_len[descriptor & 3] + content_size_len(descriptor);
}

static size_t header_target(const struct twf_frame_walk *w)
{
    if (w->pending_len < MAGIC_LEN)
        return MAGIC_LEN;
    if (w->info.skippable)
        return SKIPPABLE_HEADER;
    return w->pending_len < DESCRIPTOR_END ? DESCRIPTOR_END : header_len(w->pending[4]);
}

uint64_t twf_frame_walk_need(const struct twf_frame_walk *w)
{
    switch ((enum state)w->state) {
    case HEADER:
        return header_target(w) - w->pending_len;
    case BLOCK:
        return (uint64_t)BLOCK_HEADER - w->pending_len;
    case SKIPPABLE:
    case CONTENT:
    case TRAILER:
        return w->skip;
    case FAILED:
        break;
    }
    return 1;
}

static enum twf_frame_event bad(struct twf_frame_walk *w, const char *why)
{
    w->state = FAILED;
    w->why = why;
    return TWF_FRAME_BAD;
}

static uint64_t window_of(uint8_t descriptor)
{
    uint64_t base = (uint64_t)1 << (10 + (descriptor >> 3));

    return base + base / 8 * (descriptor & 7);
}

/* The header is complete in pending; RFC 8878 section 3.1.1.1. */
static void parse_header(struct twf_frame_walk *w)
{
    uint8_t descriptor = w->pending[4];
    const uint8_t *p = w->pending + DESCRIPTOR_END;
    size_t len;

    w->info.has_checksum = (descriptor & 4) != 0;
    if ((descriptor & 0x20) == 0)
        w->info.window = window_of(*p++);
    len = dict_len[descriptor & 3];
    w->info.dict_id = (uint32_t)read_le(p, len);
    p += len;
    len = content_size_len(descriptor);
    if (len > 0)
        w->info.content_size = read_le(p, len) + (len == 2 ? 256 : 0);
    if ((descriptor & 0x20) != 0)
        w->info.window = w->info.content_size;
    w->header_done = true;
    w->pending_len = 0;
    w->state = BLOCK;
}

static enum twf_frame_event header_step(struct twf_frame_walk *w)
{
    if (w->pending_len == MAGIC_LEN) {
        w->info.magic = (uint32_t)read_le(w->pending, MAGIC_LEN);
        w->info.skippable = (w->info.magic & ~15u) == MAGIC_SKIPPABLE;
        if (!w->info.skippable && w->info.magic != MAGIC_FRAME) {
            w->state = FAILED;
            w->why = "no zstd frame";
            return TWF_FRAME_NONE;
        }
    } else if (w->info.skippable) {
        if (w->pending_len < SKIPPABLE_HEADER)
            return TWF_FRAME_MORE;
        w->skip = read_le(w->pending + MAGIC_LEN, 4);
        w->header_done = true;
        w->pending_len = 0;
        w->state = SKIPPABLE;
        return w->skip == 0 ? TWF_FRAME_END : TWF_FRAME_MORE;
    } else {
        if (w->pending_len == DESCRIPTOR_END && (w->pending[4] & 8) != 0)
            return bad(w, "the reserved bit of a frame header is set");
        if (w->pending_len == header_len(w->pending[4]))
            parse_header(w);
    }
    return TWF_FRAME_MORE;
}

static enum twf_frame_event after_block(struct twf_frame_walk *w)
{
    w->state = BLOCK;
    if (!w->last_block)
        return TWF_FRAME_MORE;
    if (!w->info.has_checksum)
        return TWF_FRAME_END;
    w->state = TRAILER;
    w->skip = CHECKSUM;
    return TWF_FRAME_MORE;
}

/* A block header is complete in pending; RFC 8878 section 3.1.1.2. */
static enum twf_frame_event block_step(struct twf_frame_walk *w)
{
    uint32_t header = (uint32_t)read_le(w->pending, BLOCK_HEADER);
    uint32_t size = header >> 3;
    uint64_t max = TWF_MIN(w->info.window, (uint64_t)BLOCK_MAX);

    w->pending_len = 0;
    w->last_block = (header & 1) != 0;
    w->skip = size;
    switch ((enum block_type)(header >> 1 & 3)) {
    case BLOCK_RAW:
        w->info.bound += size;
        break;
    case BLOCK_RLE:
        w->info.bound += size;
        w->skip = 1;
        break;
    case BLOCK_COMPRESSED:
        if (size == 0) /* which zstd's one-pass decoder refuses, and its stream does not */
            return bad(w, "a compressed block of no bytes");
        w->info.bound += max;
        break;
    case BLOCK_RESERVED:
        return bad(w, "a block of the reserved type");
    }
    /* Of a repeated byte zstd's stream says the same, but not its one-pass decoder. */
    if (size > max)
        return bad(w, "a block is larger than the frame allows");
    w->state = CONTENT;
    return w->skip == 0 ? after_block(w) : TWF_FRAME_MORE;
}

uint64_t twf_frame_walk_ahead(const struct twf_frame_walk *w)
{
    switch ((enum state)w->state) {
    case SKIPPABLE:
    case CONTENT:
    case TRAILER: return w->skip;
    default: return 0;
    }
}

enum twf_frame_event twf_frame_walk_pass(struct twf_frame_walk *w, uint64_t n)
{
    w->info.comp_len += n;
    w->skip -= n;
    if (w->skip > 0)
        return TWF_FRAME_MORE;
    return w->state == CONTENT ? after_block(w) : TWF_FRAME_END;
}

enum twf_frame_event twf_frame_walk_take(struct twf_frame_walk *w, const uint8_t *ptr, size_t n)
{
    if (twf_frame_walk_ahead(w) > 0)
        return twf_frame_walk_pass(w, n);
    w->info.comp_len += n;
    switch ((enum state)w->state) {
    case HEADER:
    case BLOCK:
        memcpy(w->pending + w->pending_len, ptr, n);
        w->pending_len = (uint8_t)(w->pending_len + n);
        if (w->state == HEADER)
            return header_step(w);
        return w->pending_len == BLOCK_HEADER ? block_step(w) : TWF_FRAME_MORE;
    default: return TWF_FRAME_BAD;
    }
}

enum twf_frame_event twf_frame_walk_feed(struct twf_frame_walk *w, const uint8_t *ptr, size_t len,
                                         bool eof, size_t *used)
{
    size_t at = 0;

    while (at < len) {
        size_t n = (size_t)TWF_MIN(twf_frame_walk_need(w), (uint64_t)(len - at));
        enum twf_frame_event event = twf_frame_walk_take(w, ptr + at, n);

        at += n;
        if (event != TWF_FRAME_MORE) {
            *used = event == TWF_FRAME_NONE ? 0 : at;
            return event;
        }
    }
    *used = at;
    if (eof && w->state == HEADER && w->pending_len < MAGIC_LEN) {
        *used = 0;
        w->why = "no zstd frame";
        return TWF_FRAME_NONE;
    }
    return TWF_FRAME_MORE;
}
