/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of decoded bytes slides over the archive: from the end of the last message that a splitter
 * handed out to the last byte decoded, so that a message is whole when its end is found. To begin in
 * the middle, a splitter is given what stands in front of a message of its container: a From_ line,
 * the header of a tar member. If it then finds no message where one is wanted, the archive is read
 * from its start.
 */
#include "api/extract_find.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "decode/decode.h"
#include "pack/pack.h"

enum { TAR_BLOCK = 512, TAIL_FIRST = 64 * 1024, TABLE_MAX = 1 << 30, PROBE = 8192 };

struct finder {
    const struct twf_find_options *o;
    struct twf_plain *plain;
    struct twf_splitter *splitter;
    struct twf_arena arena;
    struct twf_buf window;
    uint64_t window_off;         /* decoded offset of its first byte */
    struct twf_seek_table table; /* of no entries: there is none */
    uint8_t *tail;               /* where pack.counts lies */
    struct twf_pack_info pack;
    bool is_packed; /* pack answers to both kinds of wants */
    bool restarted;
    uint8_t *seen; /* a bit for each frame that was decoded */
    size_t seen_cap;
    struct twf_want *wants;
    size_t want_count, unmet;
    twf_found_fn *found;
    void *ctx;
    struct twf_find_counts *counts;
};

int twf_want_compare(const void *a, const void *b)
{
    const struct twf_want *x = a, *y = b;

    if (x->by_index != y->by_index)
        return x->by_index ? 1 : -1;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* The first want that is not before (by_index, value). */
static size_t lower_bound(const struct finder *f, bool by_index, uint64_t value)
{
    struct twf_want key = {.value = value, .by_index = by_index};
    size_t low = 0, high = f->want_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (twf_want_compare(&f->wants[mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to find messages");
}

/* ---- the window ---- */

static uint64_t window_end(const struct finder *f)
{
    return f->window_off + f->window.len;
}

static bool count_frame(struct finder *f, int64_t index)
{
    size_t byte = (size_t)index / 8;

    if (byte >= f->seen_cap) {
        size_t cap = TWF_MAX(byte + 1, f->seen_cap * 2 + 64);
        uint8_t *more = twf_realloc(f->seen, cap);

        if (more == NULL)
            return false;
        memset(more + f->seen_cap, 0, cap - f->seen_cap);
        f->seen = more;
        f->seen_cap = cap;
    }
    f->counts->decoded += (f->seen[byte] >> (index % 8) & 1) == 0;
    f->seen[byte] |= (uint8_t)(1u << (index % 8));
    return true;
}

/* One more chunk into the window; TWF_END at the end of the archive. */
static enum twf_status fetch(struct finder *f, struct twf_error *err)
{
    struct twf_plain_chunk chunk;

    TWF_TRY(twf_plain_next(f->plain, &chunk, err));
    if (chunk.off != window_end(f)) {
        f->window.len = 0;
        f->window_off = chunk.off;
    }
    if (f->window.len > f->o->limits->value[TWF_LIMIT_MESSAGE])
        return twf_error_set(err, TWF_ERR_LIMIT, f->window_off,
                             "a message of more than %llu bytes: --limit message=SIZE takes more",
                             (unsigned long long)f->o->limits->value[TWF_LIMIT_MESSAGE]);
    twf_buf_span(&f->window, chunk.bytes);
    return !f->window.failed && count_frame(f, chunk.frame_index) ? TWF_OK : no_memory(err);
}

/* Nobody asks for bytes before off again. Moved only where it pays. */
static void forget(struct finder *f, uint64_t off)
{
    size_t n = (size_t)(TWF_MIN(off, window_end(f)) - f->window_off);

    if (n < f->window.len / 2)
        return;
    memmove(f->window.ptr, f->window.ptr + n, f->window.len - n);
    f->window.len -= n;
    f->window_off += n;
}

/* The entry of the table in which a decoded offset lies, or NULL. */
static const struct twf_seek_entry *entry_of(const struct finder *f, uint64_t off)
{
    size_t low = 0, high = f->table.count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct twf_seek_entry *e = &f->table.entries[mid];

        if (e->plain_off + e->plain_len <= off)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->table.count ? &f->table.entries[low] : NULL;
}

static void jump(struct finder *f, uint64_t comp_off, uint64_t plain_off, int64_t index)
{
    twf_plain_jump(f->plain, comp_off, plain_off, index);
    f->window.len = 0;
    f->window_off = plain_off;
}

/* Frames that are stepped over are counted once: what was passed is then not known any more. */
static void restart(struct finder *f)
{
    twf_plain_want(f->plain, 0);
    jump(f, 0, 0, 0);
    f->restarted = true;
}

/* The byte at off is in the window; TWF_END: the archive has none there. */
static enum twf_status go(struct finder *f, uint64_t off, struct twf_error *err)
{
    const struct twf_seek_entry *e = entry_of(f, off);

    if (e != NULL && (off < f->window_off || e->plain_off > window_end(f)))
        jump(f, e->comp_off, e->plain_off, (int64_t)(e - f->table.entries));
    else if (off < f->window_off)
        restart(f);
    twf_plain_want(f->plain, off);
    while (off >= window_end(f)) {
        f->window_off = window_end(f);
        f->window.len = 0;
        TWF_TRY(fetch(f, err));
    }
    return TWF_OK;
}

/* ---- a splitter over it ---- */

struct scan {
    uint64_t start, end; /* decoded offsets; end UINT64_MAX: to the end of the archive */
    uint64_t index;      /* ordinal of the first message, if has_index */
    bool has_index, first_only;
    enum twf_split_format format;
    struct twf_span before; /* fed in front of the byte at start */
};

/* Hands a message to those who want it. */
static enum twf_status offer(struct finder *f, const struct scan *s, const struct twf_message *m,
                             uint64_t off, uint64_t index, struct twf_error *err)
{
    struct twf_message here = *m;
    struct twf_span bytes = twf_span(f->window.ptr + (off - f->window_off), (size_t)m->len);

    here.off = off;
    here.index = index;
    for (int by_index = 0; by_index <= (int)s->has_index; by_index++) {
        uint64_t value = by_index ? index : off;

        for (size_t i = lower_bound(f, by_index != 0, value);
             i < f->want_count && f->wants[i].by_index == (by_index != 0) &&
             f->wants[i].value == value;
             i++) {
            if (f->wants[i].met)
                continue;
            f->wants[i].met = true;
            f->unmet--;
            TWF_TRY(f->found(f->ctx, &f->wants[i], &here, bytes, err));
        }
    }
    return TWF_OK;
}

/* Feeds bytes; *done when nothing more is wanted of this scan. */
static enum twf_status feed(struct finder *f, struct scan *s, struct twf_span bytes, bool last,
                            bool *done, struct twf_error *err)
{
    struct twf_split_out out;

    uint64_t done_to = f->window_off;

    twf_arena_reset(&f->arena);
    TWF_TRY(twf_splitter_feed(f->splitter, bytes, last, false, &f->arena, &out, err));
    for (uint32_t i = 0; i < out.message_count && !*done; i++) {
        const struct twf_message *m = &out.messages[i];
        uint64_t off = m->off + s->start - s->before.len;

        /* What is in front of start is ours, and no message of the archive. */
        if (m->off < s->before.len || off < f->window_off || off + m->len > window_end(f))
            return twf_error_set(err, TWF_ERR_INTERNAL, off, "a message outside of the window");
        TWF_TRY(offer(f, s, m, off, s->index++, err));
        done_to = off + m->len;
        *done = s->first_only || f->unmet == 0;
    }
    forget(f, done_to);
    return TWF_OK;
}

static enum twf_status scan(struct finder *f, struct scan *s, struct twf_error *err)
{
    struct twf_split_options split = {
        .format = s->format, .limits = f->o->limits, .kernels = f->o->kernels};
    uint64_t at = s->start;
    bool done = false;

    twf_splitter_start(f->splitter, &split);
    if (s->before.len > 0)
        TWF_TRY(feed(f, s, s->before, false, &done, err));
    while (!done) {
        uint64_t to = TWF_MIN(window_end(f), s->end);
        enum twf_status status;

        if (at < to || at == s->end) {
            struct twf_span bytes =
                twf_span(f->window.ptr + (at - f->window_off), (size_t)(to - at));

            at = to;
            TWF_TRY(feed(f, s, bytes, at == s->end, &done, err));
            if (at == s->end)
                return TWF_OK;
            continue;
        }
        status = fetch(f, err);
        if (status == TWF_END)
            s->end = at;
        else if (status != TWF_OK)
            return status;
    }
    return TWF_OK;
}

/* ---- where to begin ---- */

/*
 * All of a frame into the window, and its checksum: what is found in it is proved. One that holds a
 * message beyond the limit goes through piece by piece.
 */
static enum twf_status whole_frame(struct finder *f, const struct twf_seek_entry *e,
                                   struct twf_error *err)
{
    f->counts->frame_index = e - f->table.entries;
    f->counts->frame_off = e->comp_off;
    f->counts->has_checksum = false;
    TWF_TRY(go(f, e->plain_off, err));
    if (e->plain_len > f->o->limits->value[TWF_LIMIT_MESSAGE])
        return TWF_OK;
    while (window_end(f) < e->plain_off + e->plain_len)
        TWF_TRY(fetch(f, err));
    return window_end(f) == e->plain_off + e->plain_len
               ? twf_plain_settle(f->plain, &f->counts->has_checksum, err)
               : TWF_OK;
}

/* The frames of pack: each is an archive of its own. */
static enum twf_status find_packed(struct finder *f, struct twf_error *err)
{
    uint64_t index = 0;

    for (uint32_t i = 0; i < f->pack.frames && f->unmet > 0; i++) {
        const struct twf_seek_entry *e = &f->table.entries[i];
        uint64_t count = twf_pack_info_count(&f->pack, i);
        size_t by_off = lower_bound(f, false, e->plain_off);
        size_t by_index = lower_bound(f, true, index);
        struct scan s = {.start = e->plain_off,
                         .end = e->plain_off + e->plain_len,
                         .index = index,
                         .has_index = true};
        enum twf_status status;

        index += count;
        if ((by_off == f->want_count || f->wants[by_off].by_index ||
             f->wants[by_off].value >= s.end) &&
            (by_index == f->want_count || f->wants[by_index].value >= index))
            continue;
        (void)twf_split_format_parse(f->pack.container, &s.format);
        status = whole_frame(f, e, err);
        if (status == TWF_OK)
            status = scan(f, &s, err);
        if (status != TWF_OK && status != TWF_END)
            return status;
    }
    return TWF_OK;
}

/* What the first bytes say: of as many chunks as a splitter needs to decide, which it does at last. */
static enum twf_status probe(struct finder *f, enum twf_split_format *format, struct twf_error *err)
{
    struct twf_split_options split = {
        .format = f->o->format, .limits = f->o->limits, .kernels = f->o->kernels};
    struct twf_split_out out;
    enum twf_status status = TWF_OK;

    while (status == TWF_OK && f->window.len < PROBE)
        status = fetch(f, err);
    if (status != TWF_OK && status != TWF_END)
        return status;
    twf_arena_reset(&f->arena);
    twf_splitter_start(f->splitter, &split);
    TWF_TRY(twf_splitter_feed(f->splitter, twf_span_slice(twf_buf_view(&f->window), 0, PROBE), true,
                              false, &f->arena, &out, err));
    *format = twf_splitter_format(f->splitter);
    return TWF_OK;
}

/* Offsets, each from the place in front of it. */
static enum twf_status find_offsets(struct finder *f, struct twf_error *err)
{
    static const char from_line[] = "From nobody Thu Jan  1 00:00:00 1970\n";
    enum twf_split_format format;

    TWF_TRY(probe(f, &format, err));
    for (size_t i = 0; i < f->want_count && !f->wants[i].by_index; i++) {
        struct scan s = {
            .start = f->wants[i].value, .end = UINT64_MAX, .first_only = true, .format = format};
        enum twf_status status;

        if (f->wants[i].met)
            continue;
        if (format == TWF_SPLIT_MBOX || format == TWF_SPLIT_MBOXCL2) {
            s.before = twf_span(from_line, sizeof(from_line) - 1);
        } else if (format == TWF_SPLIT_TAR && s.start >= TAR_BLOCK) {
            s.start = s.start / TAR_BLOCK * TAR_BLOCK - TAR_BLOCK;
        } else if (s.start != 0) {
            continue;
        }
        status = go(f, s.start, err);
        if (status == TWF_OK)
            status = scan(f, &s, err);
        if (status != TWF_OK && status != TWF_END)
            return status;
    }
    return TWF_OK;
}

/* From the first byte on, as a run does it. */
static enum twf_status find_all(struct finder *f, struct twf_error *err)
{
    struct scan s = {.end = UINT64_MAX, .has_index = true, .format = f->o->format};
    enum twf_status status;

    if (f->window_off > 0)
        restart(f);
    status = scan(f, &s, err);
    return status == TWF_END ? TWF_OK : status;
}

/* ---- tables ---- */

/* The skippable frame in front of the seek table, if it is ours and agrees with it. */
static bool read_pack(struct finder *f, struct twf_span tail, uint64_t tail_off)
{
    const struct twf_seek_entry *last = &f->table.entries[f->table.count - 1];
    uint64_t sum = 0;

    if (last->plain_len != 0 || last->comp_off < tail_off ||
        !twf_pack_info_read(twf_span_slice(tail, (size_t)(last->comp_off - tail_off),
                                           (size_t)(f->table.table_off - tail_off)),
                            &f->pack) ||
        f->pack.frames + 1 != f->table.count || f->pack.unaligned != 0)
        return false;
    for (uint32_t i = 0; i < f->pack.frames; i++)
        sum += twf_pack_info_count(&f->pack, i);
    return sum == f->pack.messages && strcmp(f->pack.container, "unknown") != 0;
}

static enum twf_status peek_tail(struct finder *f, uint64_t size, size_t len, size_t *got,
                                 struct twf_error *err)
{
    uint8_t *tail = twf_realloc(f->tail, len);

    if (tail == NULL)
        return no_memory(err);
    f->tail = tail;
    return twf_plain_peek(f->plain, size - len, tail, len, got, err);
}

/* A table that is damaged is as good as none. */
static enum twf_status read_tables(struct finder *f, struct twf_error *err)
{
    uint64_t size = twf_plain_stat(f->plain)->size;
    size_t len = (size_t)TWF_MIN(size, (uint64_t)TAIL_FIRST), got = 0, need = 0;
    enum twf_status status;

    if (!twf_plain_stat(f->plain)->regular || len == 0)
        return TWF_OK;
    for (int step = 0; step < 3; step++) {
        status = peek_tail(f, size, len, &got, err);
        if (status != TWF_OK || got != len)
            return status == TWF_ERR_NOMEM ? status : TWF_OK;
        twf_seek_table_free(&f->table);
        status = twf_seek_table_read(twf_span(f->tail, len), size, &f->table, &need, NULL);
        if (status == TWF_OK && f->table.count > 0 &&
            f->table.entries[f->table.count - 1].plain_len == 0 &&
            f->table.entries[f->table.count - 1].comp_off < size - len)
            need = (size_t)TWF_MIN(size - f->table.entries[f->table.count - 1].comp_off,
                                   (uint64_t)TABLE_MAX);
        else if (status != TWF_ERR_LIMIT)
            break;
        if (need > TABLE_MAX || need <= len || need > size)
            break;
        len = need;
    }
    if (status == TWF_ERR_NOMEM)
        return no_memory(err);
    if (status == TWF_OK && f->table.count > 0)
        f->is_packed = read_pack(f, twf_span(f->tail, len), size - len);
    for (uint32_t i = 0; i < f->table.count; i++)
        f->counts->total += f->table.entries[i].plain_len > 0;
    return TWF_OK;
}

static enum twf_status find(struct finder *f, struct twf_error *err)
{
    bool can_jump = twf_plain_stat(f->plain)->regular;

    TWF_TRY(read_tables(f, err));
    if (f->is_packed)
        TWF_TRY(find_packed(f, err));
    if (f->o->packed_only)
        return f->is_packed ? TWF_OK : TWF_END;
    if (!f->is_packed && can_jump && !f->wants[0].by_index)
        TWF_TRY(find_offsets(f, err));
    return f->unmet == 0 ? TWF_OK : find_all(f, err);
}

enum twf_status twf_find_all(struct twf_io *io, const char *path, const struct twf_find_options *o,
                             struct twf_want *wants, size_t n, twf_found_fn *found, void *ctx,
                             struct twf_find_counts *counts, struct twf_error *err)
{
    struct finder f = {.o = o,
                       .wants = wants,
                       .want_count = n,
                       .unmet = n,
                       .found = found,
                       .ctx = ctx,
                       .counts = counts};
    enum twf_status status;

    *counts = (struct twf_find_counts){.decoded = 0};
    twf_buf_init(&f.window);
    twf_arena_init(&f.arena, 256 * 1024);
    status = twf_plain_open(io, path, o->max_window, &f.plain, err);
    if (status == TWF_OK)
        status = twf_splitter_new(&f.splitter, err);
    if (status == TWF_OK)
        status = find(&f, err);
    if (f.plain != NULL) {
        counts->is_zstd = twf_plain_is_zstd(f.plain);
        counts->passed = f.restarted ? 0 : twf_plain_counted(f.plain)->passed;
    }
    twf_splitter_free(f.splitter);
    twf_plain_close(f.plain);
    twf_seek_table_free(&f.table);
    twf_arena_fini(&f.arena);
    twf_buf_fini(&f.window);
    twf_free(f.tail);
    twf_free(f.seen);
    return status;
}
