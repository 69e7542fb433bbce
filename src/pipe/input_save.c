/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input between two jobs as bytes. Of the compressed stream nothing has to be kept: frames for the workers
 * are in a job as a whole, and a long one is decoded again from its beginning, its first bytes passed over.
 */
#include "pipe/input_state.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { URI_MAX = 1 << 16, FRAMES_MAX = 1 << 20 };

static const char *const states[] = {"none", "ok", "bad", "pending", "skipped"};

static uint64_t state_of(const char *verified)
{
    for (size_t i = 0; i < TWF_COUNT(states); i++) {
        if (strcmp(states[i], verified) == 0)
            return i;
    }
    return 0;
}

static void save_source(const struct twf_source *s, struct twf_buf *out)
{
    twf_save_str(out, s->uri);
    twf_save_str(out, s->id);
    twf_save_u64(out, s->size);
    twf_save_u64(out, s->dev);
    twf_save_u64(out, s->ino);
    twf_save_i64(out, s->mtime_ns);
    twf_save_u64(out, s->maildir);
}

static struct twf_source *load_source(struct twf_saved *in)
{
    struct twf_source *s = twf_calloc(1, sizeof(*s));
    struct twf_span uri = twf_saved_bytes(in, URI_MAX);

    if (s == NULL || (s->uri = twf_calloc(1, uri.len + 1)) == NULL) {
        twf_source_free(s);
        return NULL;
    }
    if (uri.len > 0)
        memcpy(s->uri, uri.ptr, uri.len);
    twf_saved_need(in, uri.len > 0 && strlen(s->uri) == uri.len);
    s->mark = twf_mark_source(s->uri);
    twf_saved_str(in, s->id, sizeof(s->id));
    s->size = twf_saved_u64(in);
    s->dev = twf_saved_u64(in);
    s->ino = twf_saved_u64(in);
    s->mtime_ns = twf_saved_i64(in);
    s->maildir = twf_saved_bool(in);
    return s;
}

static bool is_salvaging(const struct twf_input *in)
{
    const struct twf_counts *c = &in->sums;

    return in->setup->salvage && in->is_zstd &&
           c->unread_bytes + c->trailing_bytes + c->frames_checksum_bad > 0;
}

bool twf_input_save(const struct twf_input *in, struct twf_buf *out)
{
    twf_save_u64(out, in->source != NULL);
    if (in->source == NULL)
        return !out->failed;
    if (is_salvaging(in) || in->again_comp + in->again_plain > 0)
        return false;
    save_source(in->source, out);
    twf_counts_save(&in->sums, out);
    twf_save_u64(out, in->is_zstd);
    twf_save_u64(out, in->stopped);
    twf_save_u64(out, in->trailing);
    twf_save_u64(out, in->in_lane && !in->stopped);
    twf_save_u64(out, in->plain_off);
    twf_save_u64(out, in->seated_to);
    twf_save_u64(out, in->frame_len);
    for (size_t i = 0; i < in->frame_len; i++) {
        const struct twf_input_frame *f = &in->frames[i];

        twf_save_u64(out, f->plain_off);
        twf_save_u64(out, f->comp_off);
        twf_save_i64(out, f->index);
        twf_save_u64(out, state_of(f->verified));
    }
    return twf_splitter_save(in->splitter, out);
}

static bool load_frames(struct twf_input *in, struct twf_saved *saved)
{
    size_t n = twf_saved_count(saved, 32);

    twf_saved_need(saved, n > 0 && n <= FRAMES_MAX);
    in->frame_len = 0;
    for (size_t i = 0; i < n && !saved->bad; i++) {
        struct twf_input_frame f = {.plain_off = twf_saved_max(saved, in->plain_off),
                                    .comp_off = twf_saved_max(saved, in->sums.in_bytes)};

        f.index = (int64_t)twf_saved_max(saved, INT64_MAX);
        f.verified = states[twf_saved_max(saved, TWF_COUNT(states) - 1)];
        twf_saved_need(saved, i == 0 || f.plain_off >= in->frames[i - 1].plain_off);
        if (!twf_grow(&in->frames, &in->frame_cap, i + 1, sizeof(f)))
            return false;
        in->frames[in->frame_len++] = f;
    }
    return true;
}

/* Where the reader has to begin, so that the bytes behind this state come next. */
static void set_place(struct twf_input *in, struct twf_feed_place *place)
{
    const struct twf_counts *c = &in->sums;
    const struct twf_input_frame *f = &in->frames[in->frame_len - 1];

    place->off = c->in_bytes;
    place->any_frame = c->frames + c->skippable_frames > 0;
    place->codec = in->stopped        ? TWF_CODEC_STOPPED
                   : in->is_zstd      ? TWF_CODEC_ZSTD
                   : c->in_bytes == 0 ? TWF_CODEC_OPEN
                                      : TWF_CODEC_PLAIN;
    if (!in->in_lane)
        return;
    place->off = f->comp_off;
    in->again_comp = c->in_bytes - f->comp_off;
    in->again_plain = in->plain_off - f->plain_off;
}

enum twf_status twf_input_load(struct twf_input *in, struct twf_saved *saved,
                               struct twf_feed_place *place, struct twf_error *err)
{
    struct twf_split_options split;
    enum twf_status status = TWF_OK;
    bool fits;

    place->source = NULL;
    if (!twf_saved_bool(saved))
        return TWF_OK;
    place->source = load_source(saved);
    fits = place->source != NULL;
    twf_counts_load(&in->sums, saved);
    in->is_zstd = twf_saved_bool(saved);
    in->stopped = twf_saved_bool(saved);
    in->trailing = twf_saved_bool(saved);
    in->in_lane = twf_saved_bool(saved);
    in->plain_off = twf_saved_max(saved, INT64_MAX);
    in->seated_to = twf_saved_max(saved, in->plain_off);
    fits = fits && load_frames(in, saved);
    if (fits && !saved->bad) {
        split = twf_input_split_options(in->setup, place->source->maildir);
        status = twf_splitter_load(in->splitter, &split, saved, err);
    }
    if (status == TWF_OK && !fits)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
    twf_saved_need(saved, !in->in_lane || (in->is_zstd && !in->stopped));
    if (status == TWF_OK && saved->bad)
        status = twf_error_set(err, TWF_ERR_FORMAT, 0, "no state of an input");
    if (status != TWF_OK) {
        twf_source_free(place->source);
        place->source = NULL;
        in->frame_len = 1;
        return status;
    }
    in->source = place->source;
    set_place(in, place);
    return TWF_OK;
}
