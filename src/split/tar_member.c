/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tar header announces: the name and size that count among several, whether the member can
 * be a message, and what stands in the long names and pax records before it.
 */
#include "split/split_state.h"

#include <string.h>

static void limit_note(struct twf_splitter *s, enum twf_limit id, uint64_t off)
{
    twf_split_note(s, TWF_NOTE_LIMIT, off, 0, false, "%s=%llu", twf_limit_name(id),
                   (unsigned long long)s->opt.limits->value[id]);
}

/* The name that counts: pax, then GNU, then the header's own. */
static void set_name(struct twf_splitter *s, const struct twf_tar_head *h, uint64_t off)
{
    struct twf_tar *t = &s->tar;
    size_t cap = (size_t)TWF_MIN(s->opt.limits->value[TWF_LIMIT_TAR_NAME], (uint64_t)1 << 30);

    twf_buf_reset(&t->name);
    if (t->next.has_path) {
        twf_buf_span(&t->name, twf_buf_view(&t->next.path));
    } else if (t->has_long_name) {
        twf_buf_span(&t->name, twf_buf_view(&t->long_name));
    } else if (t->global.has_path) {
        twf_buf_span(&t->name, twf_buf_view(&t->global.path));
    } else {
        if (h->prefix.len > 0) {
            twf_buf_span(&t->name, h->prefix);
            twf_buf_byte(&t->name, '/');
        }
        twf_buf_span(&t->name, h->name);
    }
    if (t->name.len > cap) {
        t->name.len = cap;
        limit_note(s, TWF_LIMIT_TAR_NAME, off);
    }
    s->failed |= t->name.failed;
    t->shown = (struct twf_span){NULL, 0};
}

/* Why a member of this type is no message; NULL for a regular file. */
static const char *why_skipped(const struct twf_tar_head *h, const struct twf_tar *t)
{
    switch (h->type) {
    case '1':
        return "hard link";
    case '2':
        return "symbolic link";
    case '3':
    case '4':
        return "device";
    case '5':
    case 'D':
        return "folder";
    case '6':
        return "FIFO";
    case 'S':
        return "sparse";
    case 'M':
        return "continued from another volume";
    case 'V':
        return "volume label";
    case 'N':
        return "old GNU names";
    default:
        break;
    }
    if (t->next.sparse || t->global.sparse)
        return "sparse";
    /* Old tars write a folder as a file whose name ends in '/'. */
    if ((h->type == '\0' || h->type == '0') && t->name.len > 0 &&
        t->name.ptr[t->name.len - 1] == '/')
        return "folder";
    return NULL;
}

static void skip_note(struct twf_splitter *s, uint64_t off, uint64_t len, bool gap)
{
    struct twf_span name = twf_buf_view(&s->tar.name);

    twf_split_note(s, TWF_NOTE_MEMBER_SKIPPED, off, len, gap, "%s: %.*s", s->tar.skipped,
                   (int)TWF_MIN(name.len, (size_t)110), (const char *)name.ptr);
}

void twf_tar_member(struct twf_splitter *s, const struct twf_tar_head *h)
{
    struct twf_tar *t = &s->tar;
    uint64_t size = t->next.has_size ? t->next.size : t->global.has_size ? t->global.size : h->size;
    bool is_folder;

    set_name(s, h, s->off - TWF_TAR_BLOCK);
    t->skipped = why_skipped(h, t);
    is_folder = t->skipped != NULL && strcmp(t->skipped, "folder") == 0;
    t->skip_is_gap = t->skipped != NULL && (strcmp(t->skipped, "sparse") == 0 || h->type == 'M');
    t->has_long_name = false;
    t->next.has_path = t->next.has_size = t->next.sparse = false;
    /* No body belongs to these, whatever the size says ('D' is a folder with a list in its body).
     */
    if ((h->type >= '2' && h->type <= '6') || h->type == 'V')
        size = 0;
    t->left = size;
    t->pad = (uint32_t)(-size & (TWF_TAR_BLOCK - 1));
    if (t->skipped != NULL) {
        if (!is_folder)
            skip_note(s, s->off, size, t->skip_is_gap && size > 0);
        t->phase = h->sparse_more               ? TWF_TAR_SPARSE
                   : h->type == '1' && size > 0 ? TWF_TAR_LINK
                                                : TWF_TAR_SKIP;
        return;
    }
    t->phase = TWF_TAR_BODY;
    twf_file_begin(s, s->off, TWF_SPLIT_AUTO, true);
}

void twf_tar_meta(struct twf_splitter *s)
{
    struct twf_tar *t = &s->tar;
    struct twf_span text = twf_buf_view(&t->meta);
    bool is_name = t->meta_kind == 'L' || t->meta_kind == 'K';
    bool good = true;

    if (t->meta_kind == 'L') {
        uint64_t cap = s->opt.limits->value[TWF_LIMIT_TAR_NAME];

        text.len = (size_t)TWF_MIN((uint64_t)twf_span_find(text, '\0'), cap);
        twf_buf_reset(&t->long_name);
        twf_buf_span(&t->long_name, text);
        t->has_long_name = t->long_name.len > 0;
        s->failed |= t->long_name.failed;
    } else if (t->meta_kind != 'K') {
        struct twf_pax *pax = t->meta_kind == 'g' ? &t->global : &t->next;

        good = twf_pax_read(pax, text);
        s->failed |= pax->path.failed;
    }
    if (t->meta_cut && t->meta_kind != 'K')
        limit_note(s, is_name ? TWF_LIMIT_TAR_NAME : TWF_LIMIT_TAR_PAX, s->off);
    else if (!good)
        twf_split_note(s, TWF_NOTE_CONTAINER_BAD, s->off - text.len, text.len, false,
                       "damaged pax records");
    t->phase = TWF_TAR_PAD;
}
