/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header block into its fields, RFC 5322 section 2.2, read as docs/verdicts.md 2 and 4.1 want it:
 * unfold first, split at the first ':' afterwards. hdrscan finds the lines, so that this file looks
 * at names, at the first bytes of continuation lines, and at nothing else.
 */
#include "gather/gather.h"

#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "gather/field.h"
#include "gather/field_names.h"
#include "gather/from_like.h"

enum { LINE_MAX_LEN = 998 }; /* RFC 5322 section 2.1.1, line end not counted */

/*
 * The header at hand. A line ends where the next one in starts begins; the last entry is where the
 * block ends.
 */
struct pass {
    struct twf_gather *g;
    struct twf_head *head;
    const uint32_t *starts;
    const uint8_t *text; /* as given */
    const uint8_t *ptr;  /* as read: text, or its copy with other line ends */
    uint32_t len;        /* of the block */
    uint32_t fields_max, value_max;
    bool header_limit;
    bool cr_from; /* a letter f follows a CR somewhere */
};

/* A logical line: bytes [off, end), line end included. */
struct line {
    uint32_t off, end;
    const uint32_t *folds, *next; /* entries of its continuation lines, and the one of its end */
};

void twf_gather_init(struct twf_gather *g, const struct twf_kernels *kernels,
                     const struct twf_limits *limits)
{
    *g = (struct twf_gather){.kernels = kernels, .limits = limits};
    twf_gather_names_build(g);
}

void twf_gather_fini(struct twf_gather *g)
{
    twf_free(g->starts);
    twf_free(g->picks);
    twf_free(g->fields);
    twf_free(g->inner);
    twf_free(g->hits);
    twf_free(g->copy);
    *g = (struct twf_gather){0};
}

static bool hit_limit(struct pass *p, enum twf_limit id, uint32_t off)
{
    struct twf_limit_hit *hits = TWF_GATHER_GROW(p->g, hits, p->head->limit_count + 1u);

    if (hits == NULL)
        return false;
    p->g->hits = hits;
    hits[p->head->limit_count++] = (struct twf_limit_hit){id, off};
    return true;
}

/*
 * hdrscan with room for every line and the entry behind them. The first round is wrong about the
 * room once in a long while.
 */
static bool scan_lines(struct twf_gather *g, const uint8_t *ptr, size_t len, size_t *end,
                       size_t *count)
{
    enum { FIRST_CAP = 1024 };
    uint32_t *starts = TWF_GATHER_GROW(g, starts, FIRST_CAP);

    if (starts == NULL)
        return false;
    g->starts = starts;
    *end = g->kernels->hdrscan(ptr, len, starts, g->starts_cap - 1, count);
    if (TWF_UNLIKELY(*count >= g->starts_cap)) {
        starts = TWF_GATHER_GROW(g, starts, *count + 1);
        if (starts == NULL)
            return false;
        g->starts = starts;
        *end = g->kernels->hdrscan(ptr, len, starts, g->starts_cap - 1, count);
    }
    starts[*count] = (uint32_t)*end;
    return true;
}

/* A copy of the header in which LF stands for CR. */
static const uint8_t *copy_cr_lines(struct twf_gather *g, const uint8_t *ptr, size_t len)
{
    uint8_t *copy = TWF_GATHER_GROW(g, copy, len);

    if (copy == NULL)
        return NULL;
    g->copy = copy;
    for (size_t i = 0; i < len; i++)
        copy[i] = ptr[i] == '\r' ? '\n' : ptr[i];
    return copy;
}

/* The first ':' in [off, end), or end: where words do not do. */
static uint32_t find_colon(const uint8_t *ptr, uint32_t off, uint32_t end)
{
    const uint8_t *colon = off < end ? memchr(ptr + off, ':', end - off) : NULL;

    return colon == NULL ? end : (uint32_t)(colon - ptr);
}

/* first: the first eight bytes at the name, all of which lie in the block. */
static inline void classify_name(const struct pass *p, struct twf_field *f, uint64_t first)
{
    const uint8_t *name = p->ptr + f->off;
    uint32_t len = f->name_len;

    if (TWF_UNLIKELY(len == 0 || name[len - 1] <= ' ')) {
        twf_field_classify(p->g, p->ptr, f);
        return;
    }
    f->id = (uint16_t)twf_gather_name_of(p->g, twf_word_first(first, len), name, len);
    if (f->id == TWF_FIELD_FROM)
        f->from_kind = TWF_FROM_EXACT;
    else if (f->id == TWF_FIELD_OTHER && TWF_UNLIKELY(twf_may_reduce_to_from(name[0])) &&
             twf_reduces_to_from(twf_span(name, len)))
        f->from_kind = TWF_FROM_OBFUSCATED;
}

static bool has_long_line(const struct pass *p, const struct line *line)
{
    uint32_t off = line->off;

    for (const uint32_t *start = line->folds; start <= line->next; start++) {
        uint32_t end = *start & ~TWF_HDR_CONT;

        if (twf_line_end(p->ptr, off, end) - off > LINE_MAX_LEN)
            return true;
        off = end;
    }
    return false;
}

static bool add_inner_from(struct pass *p, uint32_t off, uint32_t end)
{
    struct twf_inner_from found, *inner;

    if (!twf_find_inner_from(p->ptr, off, end, &found))
        return true;
    inner = TWF_GATHER_GROW(p->g, inner, p->head->inner_from_count + 1u);
    if (inner == NULL)
        return false;
    p->g->inner = inner;
    inner[p->head->inner_from_count++] = found;
    return true;
}

/* A continuation line that reads so. */
static bool find_in_fold(struct pass *p, uint32_t off, uint32_t next)
{
    enum { SHORTEST = 6 }; /* " From:" */
    uint32_t at = off + 1;

    if (next - off < SHORTEST)
        return true;
    while (at < next && twf_is_blank(p->ptr[at]))
        at++;
    /* Nearly all of them go on with another letter. */
    return at == next || (p->ptr[at] | 0x20) != 'f' || add_inner_from(p, off, twf_line_end(p->ptr, off, next));
}

/* For a reader that ends lines at a CR alone a field may begin in the middle of a line. */
static bool find_behind_cr(struct pass *p, uint32_t off, uint32_t next)
{
    const uint8_t *const end = p->ptr + next, *at = p->ptr + off;

    while ((at = memchr(at, '\r', (size_t)(end - at))) != NULL && ++at < end) {
        const uint8_t *stop = at;

        if ((*at | 0x20) != 'f')
            continue;
        while (stop < end && *stop != '\r' && *stop != '\n')
            stop++;
        if (!add_inner_from(p, (uint32_t)(at - p->ptr), (uint32_t)(stop - p->ptr)))
            return false;
    }
    return true;
}

/* In the order of their offsets. Another From in the fold of a From is its own value. */
static bool find_inner_from(struct pass *p, const struct twf_field *f, const struct line *line)
{
    uint32_t off = line->off;

    for (const uint32_t *start = line->folds; start <= line->next; start++) {
        uint32_t next = *start & ~TWF_HDR_CONT;

        if (off > line->off && f->from_kind == TWF_FROM_NONE && !find_in_fold(p, off, next))
            return false;
        if (p->cr_from && !find_behind_cr(p, off, next))
            return false;
        off = next;
    }
    return true;
}

/* What few fields have: folds, a limit, a line that is too long for a From. */
static bool look_closer(struct pass *p, struct twf_field *f, const struct line *line)
{
    if (line->folds < line->next) {
        uint32_t last = line->next[-1] & ~TWF_HDR_CONT;

        if (last > f->value_off && last <= f->end)
            f->flags |= TWF_FIELD_FOLDED;
    }
    if ((line->folds < line->next || p->cr_from) && !find_inner_from(p, f, line))
        return false;
    if (f->from_kind != TWF_FROM_NONE && has_long_line(p, line))
        f->flags |= TWF_FIELD_LONG_LINE;
    if (p->header_limit && line->end == p->len)
        f->flags |= TWF_FIELD_CUT;
    if (f->end - f->value_off > p->value_max) {
        f->flags |= TWF_FIELD_CUT;
        f->end = f->value_off + p->value_max;
        return hit_limit(p, TWF_LIMIT_FIELD, f->end);
    }
    return true;
}

/*
 * Passes over a From_ line at *off. Only over its physical line: a continuation line behind it
 * begins a logical line, for a reader that drops the From_ line sees a header which begins with a
 * blank.
 */
static bool skip_from_line(struct pass *p, uint32_t *off, const uint32_t **start)
{
    uint32_t at = *off, next = **start & ~TWF_HDR_CONT;
    const uint32_t *after = *start;

    while ((*after & TWF_HDR_CONT) != 0)
        after++;
    if (!twf_is_from_line(twf_span(p->ptr + at, *after - at)))
        return false;
    if (p->head->from_line.ptr == NULL) {
        uint32_t from = at + (p->ptr[at] == '>');

        p->head->from_line = twf_span(p->text + from, twf_line_end(p->ptr, from, next) - from);
    }
    *off = next;
    ++*start;
    return true;
}

/*
 * Names have 4 to 30 bytes, so that words in line find the ':' sooner than a call does. A word may
 * reach beyond the line but not beyond the block.
 */
static bool take_fields(struct pass *p)
{
    const uint8_t *const ptr = p->ptr;
    const uint32_t *start = p->starts;
    struct twf_field *const fields = p->g->fields, *f = fields;
    uint32_t off = 0, line_no = 0;

    for (; off < p->len; line_no++) {
        const uint32_t *folds = start;
        uint32_t name = off, colon = off;
        uint64_t first = 0, marks = 0;
        bool in_words;

        if (f == fields && (ptr[off] == 'F' || ptr[off] == '>') && skip_from_line(p, &off, &start)) {
            if (p->cr_from && !find_behind_cr(p, name, off))
                return false;
            continue;
        }
        while ((*start & TWF_HDR_CONT) != 0)
            start++;
        off = *start++;
        in_words = p->len - name >= 16;
        if (TWF_LIKELY(in_words)) {
            first = twf_word(ptr + name);
            marks = twf_word_find(first, ':');
            if (marks == 0) {
                colon += 8;
                marks = twf_word_find(twf_word(ptr + colon), ':');
            }
        }
        colon =
            TWF_LIKELY(marks != 0) ? colon + twf_word_place(marks) : find_colon(ptr, colon, off);
        if (TWF_UNLIKELY(colon >= off)) {
            p->head->odd_lines++;
            continue;
        }
        if (TWF_UNLIKELY((uint32_t)(f - fields) == p->fields_max)) {
            p->head->field_count = p->fields_max;
            return hit_limit(p, TWF_LIMIT_FIELDS, name);
        }
        *f = (struct twf_field){.off = name, .name_len = colon - name, .line = line_no};
        twf_field_set_value(ptr, f, colon, off);
        if (TWF_LIKELY(in_words))
            classify_name(p, f, first);
        else
            twf_field_classify(p->g, p->ptr, f);
        if (folds + 1 != start || f->from_kind != TWF_FROM_NONE || p->header_limit || p->cr_from ||
            f->end - f->value_off > p->value_max) {
            const struct line line = {name, off, folds, start - 1};

            p->head->from_like_count += f->from_kind != TWF_FROM_NONE;
            if (!look_closer(p, f, &line))
                return false;
        }
        twf_field_link(p->g, p->head, f->id, (uint32_t)(f - fields) + 1);
        f++;
    }
    p->head->field_count = (uint32_t)(f - fields);
    return true;
}

static uint32_t limit_of(const struct twf_gather *g, enum twf_limit id)
{
    return (uint32_t)TWF_MIN(g->limits->value[id], (uint64_t)INT32_MAX);
}

/* Length of the empty line at off, or 0 where the text ends. */
static uint32_t empty_line_len(const uint8_t *ptr, size_t len, size_t off)
{
    if (off == len)
        return 0;
    return ptr[off] == '\r' ? 2 : 1;
}

static bool has_cr_from(const uint8_t *ptr, size_t len)
{
    const uint8_t *const end = ptr + len;

    while ((ptr = memchr(ptr, '\r', (size_t)(end - ptr))) != NULL && ++ptr < end) {
        if ((*ptr | 0x20) == 'f')
            return true;
    }
    return false;
}

bool twf_gather_head(struct twf_gather *g, struct twf_span text, struct twf_head *out)
{
    uint32_t max = limit_of(g, TWF_LIMIT_HEADER);
    size_t len = TWF_MIN(text.len, max), end = 0, lines = 0;
    const uint8_t *ptr = text.ptr;
    struct twf_field *fields;
    struct pass p;

    *out = (struct twf_head){.block = {text.ptr, 0}};
    if (text.len == 0)
        return true;
    if (!scan_lines(g, ptr, len, &end, &lines))
        return false;
    if (TWF_UNLIKELY(lines == 0 && end == len && memchr(ptr, '\r', len) != NULL &&
                     memchr(ptr, '\n', text.len) == NULL)) {
        out->cr_lines = true;
        ptr = copy_cr_lines(g, ptr, len);
        if (ptr == NULL || !scan_lines(g, ptr, len, &end, &lines))
            return false;
    }
    p = (struct pass){.g = g,
                      .head = out,
                      .starts = g->starts,
                      .text = text.ptr,
                      .ptr = ptr,
                      .len = (uint32_t)end,
                      .fields_max = limit_of(g, TWF_LIMIT_FIELDS),
                      .value_max = limit_of(g, TWF_LIMIT_FIELD),
                      .header_limit = end == max,
                      .cr_from = has_cr_from(ptr, end)};
    out->block = twf_span(ptr, end);
    out->body_off = (uint32_t)end + empty_line_len(ptr, len, end);
    fields = TWF_GATHER_GROW(g, fields, TWF_MIN(lines + 1, (size_t)p.fields_max));
    if (fields == NULL && p.fields_max > 0)
        return false;
    g->fields = fields;
    if (!take_fields(&p) || (p.header_limit && !hit_limit(&p, TWF_LIMIT_HEADER, p.len)))
        return false;
    out->fields = g->fields;
    out->inner_from = g->inner;
    out->limits = g->hits;
    return true;
}
