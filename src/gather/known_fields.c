/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a header that are read, without a look at the others. Of the forty fields of a
 * message half have names that nobody asks for, so each is first tried by what can be had without a
 * branch: the first sixteen bytes of its name. Headers that are out of the ordinary (a limit, CR line
 * ends, a From_ line, something like a From in a fold) take the long way.
 */
#include "base/compiler.h"
#include "gather/field.h"
#include "gather/field_names.h"
#include "gather/from_like.h"

enum {
    LINE_MAX_LEN = 998,
    NEAR = 64 * 1024, /* bytes of a header; for a longer one the long way is not much longer either */
    LINES_MAX = 1024, /* logical lines; for who has more the long way is not much longer */
    KEY = 16          /* bytes that fieldpick looks at */
};

/* The header at hand; line i is [starts[i], starts[i + 1]). */
struct known_pass {
    struct twf_gather *g;
    struct twf_head *head;
    const uint32_t *starts;
    const uint8_t *ptr;
    size_t room; /* bytes that may be read from ptr */
    uint32_t lines;
};

/* A logical line whose name may be one of ours. */
struct line {
    uint32_t off, end; /* line end included */
    uint32_t number;
};

/* Which lines may hold one of our names, into picks. */
static uint32_t pick_lines(const struct known_pass *p, uint32_t *picks)
{
    const struct twf_gather *const g = p->g;
    uint32_t far = p->lines, n;

    while (far > 0 && p->room - p->starts[far - 1] < KEY)
        far--;
    n = (uint32_t)g->kernels->fieldpick(p->ptr, p->starts, far, &g->wanted, picks);
    /* The last ones, where sixteen bytes cannot be read. */
    for (uint32_t i = far, zero = 0, pick; i < p->lines; i++) {
        uint8_t last[KEY] = {0};

        memcpy(last, p->ptr + p->starts[i], p->room - p->starts[i]);
        if (g->kernels->fieldpick(last, &zero, 1, &g->wanted, &pick) == 1)
            picks[n++] = pick + i;
    }
    return n;
}

/*
 * The length of the name at off: up to a ':' or a byte that names do not have, at most up to end.
 * Its first `known` bytes are none of these.
 */
static uint32_t name_len(const struct known_pass *p, uint32_t off, uint32_t known, uint32_t end)
{
    uint32_t at = off + known;

    for (; p->room - at >= 8; at += 8) {
        uint64_t stop = twf_gather_stop(twf_word(p->ptr + at));

        if (stop != 0)
            return TWF_MIN(at + twf_word_place(stop), end) - off;
    }
    while (at < end && p->ptr[at] > ' ' && p->ptr[at] != ':')
        at++;
    return TWF_MIN(at, end) - off;
}

/*
 * Fills in name and id of the field on a line; id is where its first bytes lead. False where it is
 * none of ours.
 */
static bool take_name(const struct known_pass *p, const struct line *l, unsigned id,
                      struct twf_field *f)
{
    const uint8_t *name = p->ptr + l->off, *colon;
    uint32_t begun = p->g->known[id].len > 16 ? 16 : 0, len;

    *f = (struct twf_field){.off = l->off, .line = l->number};
    for (; id != TWF_FIELD_OTHER; id = p->g->known[id].alike) {
        len = p->g->known[id].len;
        if (len < l->end - l->off && name[len] == ':' &&
            (len <= 16 || twf_gather_same_rest(p->g, id, name))) {
            f->id = (uint16_t)id;
            f->name_len = len;
            f->from_kind = id == TWF_FIELD_FROM ? TWF_FROM_EXACT : TWF_FROM_NONE;
            return true;
        }
    }
    len = name_len(p, l->off, begun, l->end);
    if (len < l->end - l->off && name[len] == ':' && p->g->wanted.odd[name[0]] == 0) {
        f->id = len > TWF_GATHER_PREFIX && twf_gather_is_org(p->g, name) ? TWF_FIELD_MS_EXCHANGE_ORG
                                                                         : TWF_FIELD_OTHER;
        f->name_len = len;
        return f->id != TWF_FIELD_OTHER;
    }
    colon = memchr(name, ':', l->end - l->off);
    if (colon == NULL)
        return false;
    f->name_len = (uint32_t)(colon - name);
    twf_field_classify(p->g, p->ptr, f);
    return f->id != TWF_FIELD_OTHER || f->from_kind != TWF_FROM_NONE;
}

/* Flags of a field that is like From: few have any. */
static void look_at_lines(const struct known_pass *p, const struct line *l, struct twf_field *f)
{
    uint32_t off = l->off, last = 0;

    while (off < l->end) {
        const uint8_t *lf = memchr(p->ptr + off, '\n', l->end - off);
        uint32_t next = lf == NULL ? l->end : (uint32_t)(lf - p->ptr) + 1;

        if (twf_line_end(p->ptr, off, next) - off > LINE_MAX_LEN)
            f->flags |= TWF_FIELD_LONG_LINE;
        if (off > l->off)
            last = off;
        off = next;
    }
    if (last > f->value_off && last <= f->end)
        f->flags |= TWF_FIELD_FOLDED;
}

static void take_picks(struct known_pass *p, const uint32_t *picks, uint32_t n)
{
    struct twf_field *fields = p->g->fields;
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = picks[i] & ((1u << TWF_PICK_BITS) - 1);
        const struct line l = {p->starts[number], p->starts[number + 1], number};
        struct twf_field *f = &fields[count];

        if (!take_name(p, &l, picks[i] >> TWF_PICK_BITS, f))
            continue;
        twf_field_set_value(p->ptr, f, f->off + f->name_len, l.end);
        if (f->from_kind != TWF_FROM_NONE) {
            p->head->from_like_count++;
            look_at_lines(p, &l, f);
        }
        twf_field_link(p->g, p->head, f->id, ++count);
    }
    p->head->field_count = count;
}

/* Without the fields that are not read. A cut one stays: its limit is a finding. */
static void drop_unread(struct twf_gather *g, struct twf_head *head)
{
    uint32_t count = 0;

    memset(head->first, 0, sizeof(head->first));
    for (uint32_t i = 0; i < head->field_count; i++) {
        struct twf_field *f = &g->fields[count];

        *f = g->fields[i];
        if (f->id == TWF_FIELD_OTHER && f->from_kind == TWF_FROM_NONE &&
            (f->flags & TWF_FIELD_CUT) == 0)
            continue;
        if (f->from_kind == TWF_FROM_NONE)
            f->flags &= (uint8_t)~TWF_FIELD_FOLDED;
        f->next = 0;
        twf_field_link(g, head, f->id, ++count);
    }
    head->field_count = count;
    head->odd_lines = 0;
}

/* Room for LINES_MAX lines in each array. */
static bool make_room(struct twf_gather *g)
{
    uint32_t *starts = TWF_GATHER_GROW(g, starts, LINES_MAX + 1), *picks;
    struct twf_field *fields;

    if (starts == NULL)
        return false;
    g->starts = starts;
    picks = TWF_GATHER_GROW(g, picks, LINES_MAX + 1);
    if (picks == NULL)
        return false;
    g->picks = picks;
    fields = TWF_GATHER_GROW(g, fields, LINES_MAX + 1);
    if (fields == NULL)
        return false;
    g->fields = fields;
    return true;
}

/* False where the header must take the long way; *memory is false without memory. */
static bool scan(struct twf_gather *g, struct twf_span text, struct known_pass *p, bool *memory)
{
    const uint64_t *limits = g->limits->value;
    size_t max = (size_t)TWF_MIN(TWF_MIN(limits[TWF_LIMIT_HEADER], limits[TWF_LIMIT_FIELD]), (uint64_t)NEAR);
    size_t len = TWF_MIN(text.len, max), count, froms, end;

    *memory = true;
    /* A From_ line, or what could be one. */
    if (len < 8 || text.ptr[0] == '>' || (text.ptr[0] == 'F' && text.ptr[4] == ' '))
        return false;
    *memory = make_room(g);
    if (!*memory)
        return false;
    end = g->kernels->fieldscan(text.ptr, len, g->starts + 1, LINES_MAX - 1, &count, &froms);
    /* One line, or lines that end with CR: or a limit, or a From in a fold. */
    if (count == 0 || count >= LINES_MAX || count >= limits[TWF_LIMIT_FIELDS] || end >= max ||
        froms > 0)
        return false;
    g->starts[0] = 0;
    g->starts[count + 1] = (uint32_t)end;
    p->starts = g->starts;
    p->lines = (uint32_t)count + 1;
    p->room = text.len;
    /* As long as no field was met, a line without ':' may have a From_ line behind it. */
    return memchr(text.ptr, ':', g->starts[1]) != NULL;
}

static void begin(struct known_pass *p, struct twf_span text)
{
    uint32_t end = p->starts[p->lines];

    *p->head = (struct twf_head){.block = {text.ptr, end}, .fields = p->g->fields};
    p->head->body_off = end + (end == text.len ? 0 : text.ptr[end] == '\r' ? 2 : 1);
}

bool twf_gather_known(struct twf_gather *g, struct twf_span text, struct twf_head *out)
{
    struct known_pass p = {.g = g, .head = out, .ptr = text.ptr};
    bool memory;

    if (!scan(g, text, &p, &memory)) {
        if (!memory || !twf_gather_head(g, text, out))
            return false;
        g->long_ways++;
        drop_unread(g, out);
        return true;
    }
    begin(&p, text);
    take_picks(&p, g->picks, pick_lines(&p, g->picks));
    return true;
}

bool twf_gather_names(struct twf_gather *g, struct twf_span text, struct twf_head *out)
{
    struct known_pass p = {.g = g, .head = out, .ptr = text.ptr};
    bool memory;

    if (!scan(g, text, &p, &memory))
        return memory && twf_gather_head(g, text, out);
    begin(&p, text);
    for (uint32_t i = 0; i < p.lines; i++) {
        uint32_t off = p.starts[i], end = p.starts[i + 1], len = name_len(&p, off, 0, end);
        struct twf_field *f = &g->fields[out->field_count];

        if (off + len == end || text.ptr[off + len] != ':') {
            const uint8_t *colon = memchr(text.ptr + off, ':', end - off);

            if (colon == NULL)
                continue;
            len = (uint32_t)(colon - text.ptr) - off;
        }
        *f = (struct twf_field){.off = off, .name_len = len, .line = i};
        twf_field_set_value(text.ptr, f, off + len, end);
        out->field_count++;
    }
    return true;
}
