/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header block into its fields, RFC 5322 section 2.2, read as docs/verdicts.md 2 and 4.1 want it:
 * unfold first, split at the first ':' afterwards. hdrscan finds the lines, so that this file looks
 * at names, at the first bytes of continuation lines, and at nothing else.
 */
#include "gather/gather.h"

#include "base/alloc.h"
#include "base/compiler.h"
#include "gather/from_like.h"
#include "gather/field_names.h"

enum { LINE_MAX_LEN = 998 }; /* RFC 5322 section 2.1.1, line end not counted */

/*
 * The header at hand. Lines are numbered by their index in g->starts; line i - 1 ends where i
 * starts.
 */
struct pass {
    struct twf_gather *g;
    struct twf_head *head;
    const uint8_t *text; /* as given */
    const uint8_t *ptr;  /* as read: text, or its copy with other line ends */
    uint32_t len;        /* of the block */
    uint32_t next;       /* index of the first line start that was not taken yet */
    uint32_t lines;      /* entries of g->starts */
    uint32_t fields_max, value_max;
    bool header_limit;
};

/*
 * A logical line: bytes [off, end), line end included; continuation lines are starts[cont ..
 * cont_end).
 */
struct line {
    uint32_t off, end;
    uint32_t cont, cont_end;
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
    twf_free(g->fields);
    twf_free(g->inner);
    twf_free(g->hits);
    twf_free(g->copy);
    *g = (struct twf_gather){0};
}

/* old with room for need items; NULL without memory, and old stays. */
static void *grow(void *old, size_t *cap, size_t need, size_t item)
{
    size_t n = TWF_MAX(need, *cap + *cap / 2);
    void *ptr;

    if (need <= *cap)
        return old;
    ptr = twf_realloc(old, n * item);
    if (ptr != NULL)
        *cap = n;
    return ptr;
}

#define GROW(g, member, need) grow((g)->member, &(g)->member##_cap, (need), sizeof(*(g)->member))

static bool hit_limit(struct pass *p, enum twf_limit id, uint32_t off)
{
    struct twf_limit_hit *hits = GROW(p->g, hits, p->head->limit_count + 1u);

    if (hits == NULL)
        return false;
    p->g->hits = hits;
    hits[p->head->limit_count++] = (struct twf_limit_hit){id, off};
    return true;
}

/*
 * hdrscan with room for every line. The first round is wrong about the room once in a long while.
 */
static bool scan_lines(struct twf_gather *g, const uint8_t *ptr, size_t len, size_t *end,
                       size_t *count)
{
    enum { FIRST_CAP = 1024 };
    uint32_t *starts = GROW(g, starts, FIRST_CAP);

    if (starts == NULL)
        return false;
    g->starts = starts;
    *end = g->kernels->hdrscan(ptr, len, g->starts, g->starts_cap, count);
    if (TWF_LIKELY(*count <= g->starts_cap))
        return true;
    starts = GROW(g, starts, *count);
    if (starts == NULL)
        return false;
    g->starts = starts;
    *end = g->kernels->hdrscan(ptr, len, g->starts, g->starts_cap, count);
    return true;
}

/* A copy of the header in which LF stands for CR. */
static const uint8_t *copy_cr_lines(struct twf_gather *g, const uint8_t *ptr, size_t len)
{
    uint8_t *copy = GROW(g, copy, len);

    if (copy == NULL)
        return NULL;
    g->copy = copy;
    for (size_t i = 0; i < len; i++)
        copy[i] = ptr[i] == '\r' ? '\n' : ptr[i];
    return copy;
}

static uint32_t line_start(const struct pass *p, uint32_t i)
{
    return i < p->lines ? p->g->starts[i] & ~TWF_HDR_CONT : p->len;
}

/* One past the last byte of a line that starts at off and whose line end ends at end. */
static uint32_t without_eol(const struct pass *p, uint32_t off, uint32_t end)
{
    if (end > off && p->ptr[end - 1] == '\n') {
        end--;
        if (end > off && p->ptr[end - 1] == '\r')
            end--;
    }
    return end;
}

/* Takes the continuation lines of the logical line that begins at off. */
static struct line take_line(struct pass *p, uint32_t off)
{
    struct line line = {.off = off, .cont = p->next};
    uint32_t i = p->next;

    while (i < p->lines && (p->g->starts[i] & TWF_HDR_CONT) != 0)
        i++;
    line.cont_end = i;
    line.end = line_start(p, i);
    p->next = i;
    return line;
}

/* Length of a raw name without trailing blanks and folds. */
static uint32_t trimmed_len(const uint8_t *name, uint32_t len)
{
    while (len > 0) {
        if (name[len - 1] == '\n')
            len -= len > 1 && name[len - 2] == '\r' ? 2 : 1;
        else if (twf_is_blank(name[len - 1]))
            len--;
        else
            break;
    }
    return len;
}

static void classify_name(const struct pass *p, struct twf_field *f)
{
    const uint8_t *name = p->ptr + f->off;
    uint32_t len = trimmed_len(name, f->name_len);

    f->id = (uint16_t)twf_gather_name(p->g, twf_span(name, len));
    f->from_kind = TWF_FROM_NONE;
    if (f->id == TWF_FIELD_FROM) {
        if (len == f->name_len)
            f->from_kind = TWF_FROM_EXACT;
        else if (memchr(name + len, '\n', f->name_len - len) == NULL)
            f->from_kind = TWF_FROM_TRAILING;
        else
            f->from_kind = TWF_FROM_OBFUSCATED;
    } else if (f->id == TWF_FIELD_OTHER && len > 0 && twf_reduces_to_from(twf_span(name, len))) {
        f->from_kind = TWF_FROM_OBFUSCATED;
    }
}

/* Past the ':' at off and the blanks and folds that follow it. */
static uint32_t value_start(const struct pass *p, uint32_t colon, uint32_t end)
{
    uint32_t off = colon + 1;

    while (off < end) {
        uint8_t c = p->ptr[off];

        if (!twf_is_blank(c) && c != '\n' &&
            !(c == '\r' && end - off > 1 && p->ptr[off + 1] == '\n'))
            break;
        off++;
    }
    return off;
}

static bool has_long_line(const struct pass *p, const struct line *line)
{
    uint32_t off = line->off;

    for (uint32_t i = line->cont; i <= line->cont_end; i++) {
        uint32_t end = i < line->cont_end ? line_start(p, i) : line->end;

        if (without_eol(p, off, end) - off > LINE_MAX_LEN)
            return true;
        off = end;
    }
    return false;
}

static bool find_inner_from(struct pass *p, const struct line *line)
{
    for (uint32_t i = line->cont; i < line->cont_end; i++) {
        uint32_t off = line_start(p, i);
        uint32_t next = i + 1 < line->cont_end ? line_start(p, i + 1) : line->end;
        struct twf_inner_from found, *inner;

        /* Nearly all of them begin with one blank and another letter. */
        if (next - off < 6 || (!twf_is_blank(p->ptr[off + 1]) && (p->ptr[off + 1] | 0x20) != 'f'))
            continue;
        if (!twf_find_inner_from(p->ptr, off, without_eol(p, off, next), &found))
            continue;
        inner = GROW(p->g, inner, p->head->inner_from_count + 1u);
        if (inner == NULL)
            return false;
        p->g->inner = inner;
        inner[p->head->inner_from_count++] = found;
    }
    return true;
}

/* A logical line with a ':' at colon becomes a field. */
static bool add_field(struct pass *p, const struct line *line, uint32_t colon)
{
    struct twf_field *f = &p->g->fields[p->head->field_count++];
    uint32_t last;

    f->off = line->off;
    f->name_len = colon - line->off;
    f->end = without_eol(p, colon + 1, line->end);
    f->value_off = value_start(p, colon, f->end);
    f->flags = 0;
    classify_name(p, f);
    if (line->cont < line->cont_end) {
        last = line_start(p, line->cont_end - 1);
        if (last > f->value_off && last <= f->end)
            f->flags |= TWF_FIELD_FOLDED;
        if (f->from_kind == TWF_FROM_NONE && !find_inner_from(p, line))
            return false;
    }
    if (f->from_kind != TWF_FROM_NONE && has_long_line(p, line))
        f->flags |= TWF_FIELD_LONG_LINE;
    if (TWF_UNLIKELY(p->header_limit && line->end == p->len))
        f->flags |= TWF_FIELD_CUT;
    if (TWF_UNLIKELY(f->end - f->value_off > p->value_max)) {
        f->flags |= TWF_FIELD_CUT;
        f->end = f->value_off + p->value_max;
        if (!hit_limit(p, TWF_LIMIT_FIELD, f->end))
            return false;
    }
    if (p->head->first[f->id] == 0)
        p->head->first[f->id] = p->head->field_count;
    return true;
}

/*
 * Passes over a From_ line at *off. Only over its physical line: a continuation line behind it
 * begins a logical line, for a reader that drops the From_ line sees a header which begins with a
 * blank.
 */
static bool skip_from_line(struct pass *p, uint32_t *off)
{
    uint32_t at = *off, next = line_start(p, p->next), after = p->next;

    if (p->ptr[at] != 'F' && p->ptr[at] != '>')
        return false;
    while (after < p->lines && (p->g->starts[after] & TWF_HDR_CONT) != 0)
        after++;
    if (!twf_is_from_line(twf_span(p->ptr + at, line_start(p, after) - at)))
        return false;
    if (p->head->from_line.ptr == NULL) {
        uint32_t from = at + (p->ptr[at] == '>');

        p->head->from_line = twf_span(p->text + from, without_eol(p, from, next) - from);
    }
    *off = next;
    p->next = TWF_MIN(p->next + 1, p->lines);
    return true;
}

static bool take_fields(struct pass *p)
{
    uint32_t off = 0;

    while (off < p->len) {
        struct line line;
        const uint8_t *colon;

        if (p->head->field_count == 0 && skip_from_line(p, &off))
            continue;
        line = take_line(p, off);
        colon = memchr(p->ptr + off, ':', line.end - off);
        if (TWF_UNLIKELY(colon == NULL)) {
            p->head->odd_lines++;
        } else if (TWF_UNLIKELY(p->head->field_count == p->fields_max)) {
            return hit_limit(p, TWF_LIMIT_FIELDS, off);
        } else if (!add_field(p, &line, (uint32_t)(colon - p->ptr))) {
            return false;
        }
        off = line.end;
        p->next = TWF_MIN(p->next + 1, p->lines);
    }
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
                      .text = text.ptr,
                      .ptr = ptr,
                      .len = (uint32_t)end,
                      .lines = (uint32_t)lines,
                      .fields_max = limit_of(g, TWF_LIMIT_FIELDS),
                      .value_max = limit_of(g, TWF_LIMIT_FIELD),
                      .header_limit = end == max};
    out->block = twf_span(ptr, end);
    out->body_off = (uint32_t)end + empty_line_len(ptr, len, end);
    fields = GROW(g, fields, TWF_MIN(lines + 1, (size_t)p.fields_max));
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
