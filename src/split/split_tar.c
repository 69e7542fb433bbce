/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar (v7, ustar, pax, GNU): every regular member is a file of its own, told by its content like
 * any other. Sizes and checksums may lie: a header whose sum is wrong is none, and what lies
 * between it and the next good one is a gap. Headers, padding and the bodies of members without
 * mail are separators.
 */
#include "split/split_state.h"

#include <string.h>

void twf_tar_begin(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;

    t->phase = TWF_TAR_HEADER;
    t->have = 0;
    t->left = 0;
    t->pad = 0;
    t->has_long_name = t->zero_block = t->bytewise = t->past_zeros = t->meta_cut = false;
    t->next.has_path = t->next.has_size = t->next.sparse = false;
    t->global.has_path = t->global.has_size = t->global.sparse = false;
    t->shown = (struct twf_span){NULL, 0};
    twf_buf_reset(&t->meta);
    twf_buf_reset(&t->name);
}

static void go_lost(struct twf_splitter *s, uint64_t off, const char *why)
{
    s->tar.phase = TWF_TAR_LOST;
    s->tar.lost_off = off;
    s->tar.lost_why = why;
    s->tar.bytewise = false;
}

void twf_tar_lose(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;

    if (t->phase == TWF_TAR_END)
        return;
    t->have = 0;
    t->has_long_name = t->zero_block = false;
    t->next.has_path = t->next.has_size = t->next.sparse = false;
    go_lost(s, s->off, "behind damage");
    t->bytewise = true;
}

static void end_lost(struct twf_splitter *s, uint64_t upto)
{
    struct twf_tar *t = &s->tar;

    if (upto > t->lost_off)
        twf_split_note(s, TWF_NOTE_CONTAINER_BAD, t->lost_off, upto - t->lost_off, true,
                       "no tar header: %s", t->lost_why);
    twf_split_account(s, upto, TWF_BYTES_GAP);
}

/* A full block where a header should be. */
static void take_header(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;
    struct twf_tar_head h;

    if (twf_tar_block_is_zero(t->block)) {
        twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
        if (t->zero_block)
            t->phase = TWF_TAR_END;
        t->zero_block = true;
        return;
    }
    t->zero_block = false;
    if (!twf_tar_head_read(t->block, &h)) {
        go_lost(s, s->off - TWF_TAR_BLOCK, "the checksum is wrong");
        return;
    }
    if (!h.size_good) {
        go_lost(s, s->off - TWF_TAR_BLOCK, "the size is no number");
        return;
    }
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    if (h.type != 'L' && h.type != 'K' && h.type != 'x' && h.type != 'X' && h.type != 'g') {
        twf_tar_member(s, &h);
        return;
    }
    t->meta_kind = h.type;
    t->meta_cut = false;
    twf_buf_reset(&t->meta);
    t->left = h.size;
    t->pad = (uint32_t)(-h.size & (TWF_TAR_BLOCK - 1));
    t->phase = TWF_TAR_META;
}

static size_t feed_meta(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    bool is_name = t->meta_kind == 'L' || t->meta_kind == 'K';
    uint64_t cap = s->opt.limits->value[is_name ? TWF_LIMIT_TAR_NAME : TWF_LIMIT_TAR_PAX];
    size_t n = (size_t)TWF_MIN((uint64_t)chunk.len, t->left);
    /* One more than the limit for names: their NUL. */
    size_t room = (size_t)(TWF_MIN(cap, (uint64_t)1 << 30) + is_name - t->meta.len);

    twf_buf_span(&t->meta, twf_span_slice(chunk, 0, TWF_MIN(n, room)));
    t->meta_cut |= n > room;
    s->failed |= t->meta.failed;
    t->left -= n;
    s->off += n;
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    if (t->left == 0)
        twf_tar_meta(s);
    return n;
}

static size_t feed_body(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    size_t n = (size_t)TWF_MIN((uint64_t)chunk.len, t->left);
    bool was_cut = s->cut;

    /* Damage ends the input; a member that is complete before it is not cut. */
    s->cut = false;
    twf_file_feed(s, twf_span_slice(chunk, 0, n), s->off, n == t->left);
    s->cut = was_cut;
    s->off += n;
    t->left -= n;
    if (t->left == 0)
        t->phase = TWF_TAR_PAD;
    return n;
}

/* The header promised more than there is. */
static void cut_body(struct twf_splitter *s)
{
    bool was_cut = s->cut;

    s->cut = true;
    twf_file_feed(s, (struct twf_span){NULL, 0}, s->off, true);
    s->cut = was_cut;
    if (s->file.phase == TWF_FILE_SKIP)
        twf_split_note(s, TWF_NOTE_CUT, s->off, 0, false, "the tar ends inside a member");
    s->tar.phase = TWF_TAR_HEADER;
    s->tar.zero_block = true; /* said already */
}

static size_t feed_skip(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    size_t n = (size_t)TWF_MIN((uint64_t)chunk.len, t->left);

    s->off += n;
    t->left -= n;
    twf_split_account(s, s->off, t->skip_is_gap ? TWF_BYTES_GAP : TWF_BYTES_SEPARATOR);
    if (t->left == 0)
        t->phase = TWF_TAR_PAD;
    return n;
}

static size_t feed_pad(struct twf_splitter *s, struct twf_span chunk)
{
    size_t n = TWF_MIN(chunk.len, (size_t)s->tar.pad);

    s->off += n;
    s->tar.pad -= (uint32_t)n;
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    if (s->tar.pad == 0)
        s->tar.phase = TWF_TAR_HEADER;
    return n;
}

/* Fills the block; true when it is full. */
static bool fill(struct twf_splitter *s, struct twf_span chunk, size_t *used)
{
    struct twf_tar *t = &s->tar;
    size_t n = TWF_MIN(chunk.len, TWF_TAR_BLOCK - t->have);

    if (n > 0)
        memcpy(t->block + t->have, chunk.ptr, n);
    t->have += n;
    s->off += n;
    *used = n;
    return t->have == TWF_TAR_BLOCK;
}

/* Bytes by which a header behind damage may be further on: to where its magic can be. */
static size_t next_start(const uint8_t *block)
{
    enum { AT_MAGIC = 257 };
    size_t at = AT_MAGIC + 1;

    while (at < TWF_TAR_BLOCK) {
        const uint8_t *u = memchr(block + at, 'u', TWF_TAR_BLOCK - at);
        size_t n;

        if (u == NULL)
            break;
        at = (size_t)(u - block);
        n = TWF_MIN(TWF_TAR_BLOCK - at, (size_t)5);
        if (memcmp(u, "ustar", n) == 0)
            return at - AT_MAGIC;
        at++;
    }
    return TWF_TAR_BLOCK - AT_MAGIC;
}

/* Looks for a good header: in the blocks that follow, or at any byte where damage took their count.
 */
static void seek_header(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;
    uint64_t off = s->off - TWF_TAR_BLOCK;
    struct twf_tar_head h;
    size_t shift;

    if (twf_tar_head_read(t->block, &h) && h.size_good &&
        (!t->bytewise || memcmp(t->block + 257, "ustar", 5) == 0)) {
        end_lost(s, off);
        t->zero_block = false;
        t->phase = TWF_TAR_HEADER; /* with a full block */
        return;
    }
    shift = t->bytewise ? next_start(t->block) : TWF_TAR_BLOCK;
    memmove(t->block, t->block + shift, TWF_TAR_BLOCK - shift);
    t->have = TWF_TAR_BLOCK - shift;
}

static size_t feed_header(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    size_t used;

    if (!fill(s, chunk, &used))
        return used;
    if (t->phase == TWF_TAR_LOST) {
        seek_header(s);
        return used;
    }
    t->have = 0;
    take_header(s);
    return used;
}

/* Further blocks of a sparse map stand before the body and are not counted in its size. */
static size_t feed_sparse(struct twf_splitter *s, struct twf_span chunk)
{
    enum { AT_MORE = 504 };
    size_t used;

    if (!fill(s, chunk, &used))
        return used;
    s->tar.have = 0;
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    if (s->tar.block[AT_MORE] == 0)
        s->tar.phase = TWF_TAR_SKIP;
    return used;
}

/*
 * A hard link with a size: pax may store the body again, ustar gives the size of the other file and
 * no body. The next block tells: a header, or zeros, begin no body.
 */
static size_t feed_link(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    struct twf_tar_head h;
    size_t used;

    if (!fill(s, chunk, &used))
        return used;
    if (twf_tar_head_read(t->block, &h) || twf_tar_block_is_zero(t->block)) {
        t->left = t->pad = 0;
        t->phase = TWF_TAR_HEADER; /* with a full block */
        return used;
    }
    t->have = 0;
    if (t->left >= TWF_TAR_BLOCK) {
        t->left -= TWF_TAR_BLOCK;
    } else {
        t->left = 0;
        t->pad = 0;
    }
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    t->phase = TWF_TAR_SKIP;
    return used;
}

/*
 * Behind the two zero blocks: more zeros are padding, anything else is a gap to the end of the
 * input.
 */
static size_t feed_end(struct twf_splitter *s, struct twf_span chunk)
{
    struct twf_tar *t = &s->tar;
    size_t zeros = 0;

    if (!t->past_zeros) {
        while (zeros < chunk.len && chunk.ptr[zeros] == 0)
            zeros++;
        twf_split_account(s, s->off + zeros, TWF_BYTES_SEPARATOR);
        if (zeros < chunk.len) {
            t->past_zeros = true;
            t->lost_off = s->off + zeros;
        }
    }
    s->off += chunk.len;
    if (t->past_zeros)
        twf_split_account(s, s->off, TWF_BYTES_GAP);
    return chunk.len;
}

static size_t feed_once(struct twf_splitter *s, struct twf_span chunk)
{
    switch (s->tar.phase) {
    case TWF_TAR_META:
        return feed_meta(s, chunk);
    case TWF_TAR_SPARSE:
        return feed_sparse(s, chunk);
    case TWF_TAR_LINK:
        return feed_link(s, chunk);
    case TWF_TAR_BODY:
        return feed_body(s, chunk);
    case TWF_TAR_SKIP:
        return feed_skip(s, chunk);
    case TWF_TAR_PAD:
        return feed_pad(s, chunk);
    case TWF_TAR_END:
        return feed_end(s, chunk);
    case TWF_TAR_HEADER:
    case TWF_TAR_LOST:
        break;
    }
    return feed_header(s, chunk);
}

/* Phases that have nothing to wait for: they must run although no byte is left. */
static bool is_due(const struct twf_tar *t)
{
    switch (t->phase) {
    case TWF_TAR_META:
    case TWF_TAR_BODY:
    case TWF_TAR_SKIP:
        return t->left == 0;
    case TWF_TAR_PAD:
        return t->pad == 0;
    case TWF_TAR_HEADER:
    case TWF_TAR_LOST:
        return t->have == TWF_TAR_BLOCK;
    default:
        return false;
    }
}

/* The input ends, here or at damage. */
static void end_input(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;

    if (t->phase == TWF_TAR_END) {
        if (t->past_zeros)
            twf_split_note(s, TWF_NOTE_CONTAINER_BAD, t->lost_off, s->off - t->lost_off, true,
                           "bytes behind the end of the tar");
        return;
    }
    if (t->phase == TWF_TAR_LOST) {
        end_lost(s, s->off);
        return;
    }
    twf_split_account(s, s->off, TWF_BYTES_SEPARATOR);
    if (t->phase != TWF_TAR_HEADER || t->have > 0)
        twf_split_note(s, TWF_NOTE_CUT, s->off, 0, false, "the tar ends inside a member");
    else if (!t->zero_block)
        twf_split_note(s, TWF_NOTE_CUT, s->off, 0, false, "the tar has no end mark");
}

void twf_tar_feed(struct twf_splitter *s, struct twf_span chunk, bool last)
{
    while (!s->failed && (chunk.len > 0 || is_due(&s->tar))) {
        size_t used = feed_once(s, chunk);

        chunk = twf_span_slice(chunk, used, chunk.len);
    }
    if (!last || s->failed)
        return;
    if (s->tar.phase == TWF_TAR_BODY)
        cut_body(s);
    end_input(s);
}
