/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of a frame and no more (RFC 8878). libzstd decodes a block of up to 128 KiB as a whole, and
 * most mail fits into one; here a block is decoded sequence by sequence, and its literals as they are needed.
 * All that is odd or damaged is refused: the caller takes libzstd then, so this has to be right where it
 * answers, and need not explain anything.
 */
#include "decode/prefix_state.h"

#include "base/alloc.h"
#include "base/error.h"
#include "decode/walk.h"

struct twf_prefix *twf_prefix_new(void)
{
    struct twf_prefix *p = twf_calloc(1, sizeof(*p));

    if (p != NULL)
        twf_sequences_init(&p->seq);
    return p;
}

void twf_prefix_free(struct twf_prefix *p)
{
    twf_free(p);
}

/* Bytes of the header of a frame that needs no dictionary; 0: there is none. *window: what it asks for. */
static size_t read_header(struct twf_span comp, uint64_t *window)
{
    struct twf_frame_walk w;
    size_t at = 0;

    twf_frame_walk_init(&w);
    while (!w.header_done) {
        size_t n = (size_t)twf_frame_walk_need(&w);

        if (n > comp.len - at || twf_frame_walk_take(&w, comp.ptr + at, n) != TWF_FRAME_MORE)
            return 0;
        at += n;
    }
    *window = w.info.window;
    return w.info.skippable || w.info.dict_id != 0 ? 0 : at;
}

bool twf_prefix_begin(struct twf_prefix *p, struct twf_span comp, uint8_t *dst, size_t cap)
{
    uint64_t window = 0;

    p->comp = comp;
    p->dst = dst;
    p->cap = cap;
    p->at = read_header(comp, &window);
    p->out = 0;
    p->block_max = (size_t)TWF_MIN(window, (uint64_t)TWF_PREFIX_BLOCK);
    p->block_at = p->at;
    p->block_len = 0;
    p->in_block = p->last = false;
    p->lit_at = 0;
    p->failed = p->at == 0;
    p->lit.has_table = false;
    p->lit.streams = 0;
    for (int i = 0; i < TWF_SEQ_KINDS; i++)
        p->seq.table[i] = NULL;
    p->seq.repeat[0] = 1;
    p->seq.repeat[1] = 4;
    p->seq.repeat[2] = 8;
    return !p->failed;
}

/* A block whose bytes are known at once. */
static bool put_plain(struct twf_prefix *p, const uint8_t *from, bool same, size_t len)
{
    if (len > p->block_max || len > p->cap - p->out)
        return false;
    if (same)
        memset(p->dst + p->out, *from, len);
    else if (len > 0)
        memcpy(p->dst + p->out, from, len);
    p->out += len;
    return true;
}

static bool begin_compressed(struct twf_prefix *p, struct twf_span block)
{
    size_t literals = twf_literals_begin(&p->lit, block, p->comp.ptr, p->block_max);

    if (literals == 0 ||
        !twf_sequences_begin(&p->seq, twf_span_slice(block, literals, block.len), p->comp.ptr))
        return false;
    p->in_block = true;
    p->block_out = p->lit_at = 0;
    return true;
}

bool twf_prefix_begin_block(struct twf_prefix *p)
{
    enum { HEADER = 3 };
    struct twf_span rest = twf_span_slice(p->comp, p->at, p->comp.len);
    uint32_t word, type;
    size_t size, len;

    if (rest.len < HEADER)
        return false;
    word = (uint32_t)twf_word_part(rest.ptr, HEADER);
    p->last = (word & 1) != 0;
    type = word >> 1 & 3;
    size = word >> 3;
    len = type == TWF_BLOCK_RLE ? 1 : size;
    if (type > TWF_BLOCK_COMPRESSED || len > rest.len - HEADER || size > p->block_max)
        return false;
    p->block_at = p->at + HEADER;
    p->block_len = len;
    p->at = p->block_at + len;
    rest = twf_span_slice(rest, HEADER, HEADER + len);
    if (type == TWF_BLOCK_COMPRESSED)
        return begin_compressed(p, rest);
    return put_plain(p, rest.ptr, type == TWF_BLOCK_RLE, size);
}

/* Literals behind the last sequence. */
static bool put_rest(struct twf_prefix *p, size_t want)
{
    size_t left = p->lit.len - p->lit_at, len = TWF_MIN(left, want - p->out);

    if (left > p->block_max - p->block_out || left > p->cap - p->out ||
        !twf_literals_need(&p->lit, p->lit_at + len))
        return false;
    memcpy(p->dst + p->out, p->lit.ptr + p->lit_at, len);
    p->lit_at += len;
    p->out += len;
    p->block_out += len;
    p->in_block = p->lit_at < p->lit.len;
    return true;
}

static bool step(struct twf_prefix *p, size_t want)
{
    if (!p->in_block)
        return twf_prefix_begin_block(p);
    if (!twf_prefix_sequences(p, want))
        return false;
    return p->out >= want || put_rest(p, want);
}

enum twf_status twf_prefix_more(struct twf_prefix *p, size_t want, size_t *produced)
{
    want = TWF_MIN(want, p->cap);
    while (!p->failed && p->out < want && (p->in_block || !p->last))
        p->failed = !step(p, want);
    *produced = p->out;
    if (p->failed)
        return TWF_ERR_FORMAT;
    return p->out < want ? TWF_END : TWF_OK;
}

size_t twf_prefix_literals(const struct twf_prefix *p)
{
    return p->lit_at;
}

size_t twf_prefix_used(const struct twf_prefix *p)
{
    if (!p->in_block)
        return p->at;
    return p->block_at + twf_literals_used(&p->lit, p->lit_at) + p->seq.head_len +
           (size_t)(p->seq.whole - p->seq.bits.left + 7) / 8;
}
