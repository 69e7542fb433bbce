/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a splitter as bytes, for a checkpoint: everything that passes from one call of
 * twf_splitter_feed to the next. What is read back was perhaps never written by us, so each relation that
 * the formats rely on (where the window begins, what has been accounted for) is asked for again.
 */
#include "split/split_state.h"

#include "base/error.h"

/* A message whose kept text is longer (a journal report) is waited out: the next commit comes behind it. */
enum { SAVE_MAX = 8 << 20, WANT_MAX = 16 << 20 };

static const char *const lost_words[] = {"behind damage", "the checksum is wrong",
                                         "the size is no number"};

static uint64_t lost_word(const char *why)
{
    for (size_t i = 0; i < TWF_COUNT(lost_words); i++) {
        if (strcmp(why, lost_words[i]) == 0)
            return i;
    }
    return 0;
}

static void save_seam(const struct twf_seam *m, struct twf_buf *out)
{
    twf_save_u64(out, m->is_open);
    if (!m->is_open)
        return;
    twf_save_u64(out, m->keep_all);
    twf_save_u64(out, m->start);
    twf_save_u64(out, m->seen);
    twf_save_u64(out, m->scanned);
    twf_save_u64(out, m->header_len);
    twf_save_bytes(out, twf_buf_view(&m->text));
    twf_save_bytes(out, twf_buf_view(&m->from_copy));
}

static void load_seam(struct twf_seam *m, const struct twf_file *f, uint64_t off, uint64_t done,
                      struct twf_saved *in)
{
    uint64_t window = off - f->carry.len; /* where the next one begins */

    m->is_open = twf_saved_bool(in);
    if (!m->is_open)
        return;
    m->parked = true;
    m->from_line = (struct twf_span){NULL, 0};
    m->keep_all = twf_saved_bool(in);
    m->start = twf_saved_u64(in);
    m->seen = twf_saved_u64(in);
    m->scanned = (size_t)twf_saved_u64(in);
    m->header_len = (size_t)twf_saved_u64(in);
    twf_saved_buf(in, SAVE_MAX, &m->text);
    twf_saved_buf(in, TWF_FROM_LINE, &m->from_copy);
    twf_saved_need(in, m->start == done && m->start <= window);
    twf_saved_need(in, m->seen >= window && m->seen <= off && m->seen >= m->start);
    twf_saved_need(in, m->scanned <= m->text.len && m->header_len <= m->text.len &&
                           m->text.len <= m->seen - m->start);
    /* A header whose end is still looked for has none in what was kept: all behind it is seen once more. */
    twf_saved_need(in, in->bad || m->header_len > 0 ||
                           twf_seam_header_end(twf_buf_view(&m->text), &(size_t){m->scanned}) == 0);
}

static void save_file(const struct twf_file *f, struct twf_buf *out)
{
    twf_save_u64(out, f->phase);
    twf_save_u64(out, f->format);
    twf_save_u64(out, f->is_member);
    twf_save_u64(out, f->lost);
    twf_save_u64(out, f->apple_double);
    twf_save_u64(out, f->length_mode);
    twf_save_u64(out, f->length_exact);
    twf_save_u64(out, f->length_passed);
    twf_save_u64(out, f->start);
    twf_save_u64(out, f->want);
    twf_save_bytes(out, twf_buf_view(&f->carry));
}

static void load_file(struct twf_file *f, uint64_t off, struct twf_saved *in)
{
    f->phase = (enum twf_file_phase)twf_saved_max(in, TWF_FILE_SKIP);
    f->format = (enum twf_split_format)twf_saved_max(in, TWF_SPLIT_UNKNOWN);
    f->is_member = twf_saved_bool(in);
    f->lost = twf_saved_bool(in);
    f->apple_double = twf_saved_bool(in);
    f->length_mode = (enum twf_length_mode)twf_saved_max(in, TWF_LENGTH_FORCED);
    f->length_exact = twf_saved_u64(in);
    f->length_passed = twf_saved_u64(in);
    f->start = twf_saved_max(in, off);
    f->want = (size_t)twf_saved_max(in, WANT_MAX);
    twf_saved_buf(in, SAVE_MAX, &f->carry);
    twf_saved_need(in, f->carry.len <= off);
}

/* Buffers keep what nobody will ask for any more. */
static void save_if(bool asked, const struct twf_buf *b, struct twf_buf *out)
{
    twf_save_bytes(out, asked ? twf_buf_view(b) : (struct twf_span){NULL, 0});
}

static void load_if(bool asked, struct twf_saved *in, struct twf_buf *b)
{
    twf_saved_buf(in, asked ? SAVE_MAX : 0, b);
}

static void save_pax(const struct twf_pax *p, struct twf_buf *out)
{
    twf_save_u64(out, p->has_path);
    twf_save_u64(out, p->has_size);
    twf_save_u64(out, p->sparse);
    twf_save_u64(out, p->size);
    save_if(p->has_path, &p->path, out);
}

static void load_pax(struct twf_pax *p, struct twf_saved *in)
{
    p->has_path = twf_saved_bool(in);
    p->has_size = twf_saved_bool(in);
    p->sparse = twf_saved_bool(in);
    p->size = twf_saved_u64(in);
    load_if(p->has_path, in, &p->path);
}

static void save_tar(const struct twf_tar *t, struct twf_buf *out)
{
    twf_save_u64(out, t->phase);
    twf_save_bytes(out, (struct twf_span){t->block, t->have});
    twf_save_u64(out, t->left);
    twf_save_u64(out, t->pad);
    twf_save_u64(out, (uint8_t)t->meta_kind);
    twf_save_u64(out, t->meta_cut);
    save_if(t->phase == TWF_TAR_META, &t->meta, out);
    twf_save_u64(out, t->has_long_name);
    save_if(t->has_long_name, &t->long_name, out);
    save_pax(&t->next, out);
    save_pax(&t->global, out);
    twf_save_bytes(out, twf_buf_view(&t->name));
    twf_save_u64(out, t->skip_is_gap);
    twf_save_u64(out, t->zero_block);
    twf_save_u64(out, t->bytewise);
    twf_save_u64(out, t->past_zeros);
    twf_save_u64(out, t->lost_off);
    twf_save_u64(out, t->phase == TWF_TAR_LOST ? lost_word(t->lost_why) : 0);
}

static void load_tar(struct twf_tar *t, struct twf_saved *in)
{
    struct twf_span block;

    t->phase = (enum twf_tar_phase)twf_saved_max(in, TWF_TAR_END);
    block = twf_saved_bytes(in, TWF_TAR_BLOCK);
    if (block.len > 0)
        memcpy(t->block, block.ptr, block.len);
    t->have = block.len;
    t->left = twf_saved_u64(in);
    t->pad = (uint32_t)twf_saved_max(in, TWF_TAR_BLOCK - 1);
    t->meta_kind = (char)twf_saved_max(in, 127);
    t->meta_cut = twf_saved_bool(in);
    load_if(t->phase == TWF_TAR_META, in, &t->meta);
    t->has_long_name = twf_saved_bool(in);
    load_if(t->has_long_name, in, &t->long_name);
    load_pax(&t->next, in);
    load_pax(&t->global, in);
    twf_saved_buf(in, SAVE_MAX, &t->name);
    t->skip_is_gap = twf_saved_bool(in);
    t->zero_block = twf_saved_bool(in);
    t->bytewise = twf_saved_bool(in);
    t->past_zeros = twf_saved_bool(in);
    t->lost_off = twf_saved_u64(in);
    t->lost_why = lost_words[twf_saved_max(in, t->phase == TWF_TAR_LOST ? TWF_COUNT(lost_words) - 1 : 0)];
    t->skipped = NULL;
    t->shown = (struct twf_span){NULL, 0};
}

/* What the phases of a tar rely on: how far the accounts reach. */
static void check_tar(const struct twf_splitter *s, struct twf_saved *in)
{
    const struct twf_tar *t = &s->tar;
    bool is_name = t->meta_kind == 'L' || t->meta_kind == 'K';
    uint64_t cap = s->opt.limits->value[is_name ? TWF_LIMIT_TAR_NAME : TWF_LIMIT_TAR_PAX];

    twf_saved_need(in, t->have <= s->off);
    switch (t->phase) {
    case TWF_TAR_HEADER:
    case TWF_TAR_SPARSE:
    case TWF_TAR_LINK: twf_saved_need(in, s->done == s->off - t->have); break;
    case TWF_TAR_LOST:
        twf_saved_need(in, s->done <= t->lost_off && t->lost_off <= s->off - t->have);
        break;
    case TWF_TAR_META: twf_saved_need(in, s->done == s->off && t->meta.len <= cap + 1); break;
    case TWF_TAR_END: twf_saved_need(in, s->done == s->off && t->lost_off <= s->off); break;
    case TWF_TAR_SKIP:
    case TWF_TAR_PAD: twf_saved_need(in, s->done == s->off); break;
    case TWF_TAR_BODY: twf_saved_need(in, s->file.is_member); break;
    }
    twf_saved_need(in, t->have < TWF_TAR_BLOCK);
}

static void check(const struct twf_splitter *s, struct twf_saved *in)
{
    const struct twf_split_sums *u = &s->sums;
    const struct twf_file *f = &s->file;

    twf_saved_need(in, s->done <= s->off && u->fed == s->off + s->head.len);
    twf_saved_need(in, u->message <= s->done && u->separator <= s->done - u->message &&
                           u->gap == s->done - u->message - u->separator);
    twf_saved_need(in, s->head.len < TWF_TAR_BLOCK && (s->head.len == 0 || !s->decided));
    twf_saved_need(in, s->decided || s->format != TWF_SPLIT_TAR || s->opt.format == TWF_SPLIT_TAR);
    if (s->decided && s->format == TWF_SPLIT_TAR) {
        check_tar(s, in);
        if (s->tar.phase != TWF_TAR_BODY) {
            twf_saved_need(in, !s->seam.is_open && f->carry.len == 0);
            return;
        }
    } else {
        twf_saved_need(in, !f->is_member);
    }
    twf_saved_need(in, s->done <= s->off - f->carry.len && f->start <= s->off - f->carry.len);
    twf_saved_need(in, s->seam.is_open ? f->phase == TWF_FILE_MBOX || f->phase == TWF_FILE_EML
                                       : f->phase != TWF_FILE_MBOX);
}

bool twf_splitter_save(const struct twf_splitter *s, struct twf_buf *out)
{
    if ((s->seam.is_open && (!s->seam.parked || s->seam.text.len > SAVE_MAX)) ||
        s->file.carry.len > SAVE_MAX || s->tar.meta.len > SAVE_MAX || s->failed)
        return false;
    twf_save_u64(out, s->format);
    twf_save_u64(out, s->decided);
    twf_save_u64(out, s->gap_pending);
    twf_save_u64(out, s->gap_len);
    twf_save_u64(out, s->off);
    twf_save_u64(out, s->done);
    twf_save_bytes(out, twf_buf_view(&s->head));
    twf_save_u64(out, s->sums.fed);
    twf_save_u64(out, s->sums.message);
    twf_save_u64(out, s->sums.separator);
    twf_save_u64(out, s->sums.gap);
    twf_save_u64(out, s->sums.messages);
    save_file(&s->file, out);
    save_seam(&s->seam, out);
    if (s->decided && s->format == TWF_SPLIT_TAR)
        save_tar(&s->tar, out);
    return !out->failed;
}

static bool no_room(const struct twf_splitter *s)
{
    return s->head.failed || s->file.carry.failed || s->seam.text.failed ||
           s->seam.from_copy.failed || s->tar.meta.failed || s->tar.long_name.failed ||
           s->tar.name.failed || s->tar.next.path.failed || s->tar.global.path.failed;
}

enum twf_status twf_splitter_load(struct twf_splitter *s, const struct twf_split_options *o,
                                  struct twf_saved *in, struct twf_error *err)
{
    twf_splitter_start(s, o);
    s->format = (enum twf_split_format)twf_saved_max(in, TWF_SPLIT_UNKNOWN);
    s->decided = twf_saved_bool(in);
    s->gap_pending = twf_saved_bool(in);
    s->gap_len = twf_saved_max(in, INT64_MAX);
    s->off = twf_saved_max(in, INT64_MAX);
    s->done = twf_saved_u64(in);
    twf_saved_buf(in, TWF_TAR_BLOCK, &s->head);
    s->sums.fed = twf_saved_u64(in);
    s->sums.message = twf_saved_u64(in);
    s->sums.separator = twf_saved_u64(in);
    s->sums.gap = twf_saved_u64(in);
    s->sums.messages = twf_saved_u64(in);
    load_file(&s->file, s->off, in);
    load_seam(&s->seam, &s->file, s->off, s->done, in);
    if (s->decided && s->format == TWF_SPLIT_TAR) {
        twf_tar_begin(s);
        load_tar(&s->tar, in);
    }
    check(s, in);
    if (no_room(s))
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a splitter");
    return in->bad ? twf_error_set(err, TWF_ERR_FORMAT, 0, "no state of a splitter") : TWF_OK;
}
