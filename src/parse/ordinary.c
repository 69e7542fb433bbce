/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short way for From values that no reader can read differently: the form of the pattern
 * ORDINARY in match/patterns.def, verified byte by byte, so that it may be asked of anything. What
 * it gives equals what twf_from_parse gives; tests/unit/parse/test_ordinary.c compares them.
 */
#include "base/compiler.h"
#include "parse/byte_class.h"
#include "parse/parse.h"

/* Longer values take the full parser, and no limit can then be met here. */
enum { ORDINARY_MAX = 998 };

static inline bool is_of(uint8_t c, uint8_t class)
{
    return (twf_byte_classes[c] & class) != 0;
}

/*
 * Words with one blank between two of them from *at on; the first has neither '.' nor ','. Stops
 * before the blank or byte that goes on otherwise.
 */
static bool take_name(struct twf_span v, size_t *at, uint8_t class)
{
    size_t i = *at;

    if (i == v.len || !is_of(v.ptr[i], TWF_BYTE_ALNUM))
        return false;
    while (i < v.len && is_of(v.ptr[i], TWF_BYTE_NAME))
        i++;
    while (v.len - i >= 2 && v.ptr[i] == ' ' && is_of(v.ptr[i + 1], class)) {
        i++;
        while (i < v.len && is_of(v.ptr[i], class))
            i++;
    }
    *at = i;
    return true;
}

/* The display name, its quotes, and the '<' behind it; false where it is not of the form. */
static bool take_display(struct twf_span v, size_t *at, struct twf_span *display)
{
    bool quoted = v.ptr[0] == '"';
    size_t i = quoted ? 1 : 0;

    if (v.ptr[0] != '<') {
        if (!take_name(v, &i, quoted ? TWF_BYTE_QUOTED : TWF_BYTE_NAME))
            return false;
        *display = twf_span_slice(v, quoted ? 1 : 0, i);
        if (quoted && (i == v.len || v.ptr[i++] != '"'))
            return false;
        if (i < v.len && v.ptr[i] == ' ')
            i++;
        else if (!quoted)
            return false;
    }
    if (i == v.len || v.ptr[i] != '<')
        return false;
    *at = i + 1;
    return true;
}

/*
 * Labels of letters, digits and inner '-' in [at, end), two or more. Where labels end is a coin to
 * the branch predictor, so that no byte is a branch: what may follow each is a mask for the next.
 */
static bool is_host(struct twf_span v, size_t at, size_t end)
{
    unsigned may = TWF_BYTE_ALNUM, last = 0, dots = 0, wrong = 0;

    for (size_t i = at; i < end; i++) {
        last = twf_byte_classes[v.ptr[i]];
        wrong |= (last & may) == 0;
        dots |= last;
        /* Anything behind a letter or digit; behind '-' no '.'; behind '.' neither. */
        may = TWF_BYTE_ALNUM | (last & TWF_BYTE_DASH) |
              ((0 - (last & TWF_BYTE_ALNUM)) & (TWF_BYTE_DASH | TWF_BYTE_DOT));
    }
    return wrong == 0 && (dots & TWF_BYTE_DOT) != 0 && (last & TWF_BYTE_ALNUM) != 0;
}

/* local@domain in [at, end): the offset of the '@', or 0. Dots stand between other bytes. */
static size_t find_at(struct twf_span v, size_t at, size_t end)
{
    unsigned last = TWF_BYTE_DOT, wrong = 0;
    size_t i = at;

    for (; i < end && v.ptr[i] != '@'; i++) {
        unsigned class = twf_byte_classes[v.ptr[i]];

        wrong |= (class & (TWF_BYTE_ORDINARY | TWF_BYTE_DOT)) == 0;
        wrong |= class & last & TWF_BYTE_DOT;
        last = class;
    }
    wrong |= last & TWF_BYTE_DOT;
    return i < end && wrong == 0 && is_host(v, i + 1, end) ? i : 0;
}

static void set_readings(struct twf_arena *a, struct twf_from *out, const struct twf_mailbox *m)
{
    uint32_t count = m->angle ? 5 : 2;
    struct twf_reading *r = twf_arena_alloc(a, count * sizeof(*r));

    if (r == NULL)
        return;
    for (uint32_t i = 0; i < count; i++) {
        r[i] = (struct twf_reading){.reader = (uint8_t)(i + 1),
                                    .local = m->local,
                                    .domain = m->domain,
                                    .off = m->off,
                                    .len = m->len};
    }
    out->readings = r;
    out->reading_count = count;
}

bool twf_from_parse_ordinary(struct twf_domains *d, struct twf_arena *a, struct twf_span raw,
                             uint32_t raw_off, struct twf_from *out)
{
    struct twf_span display = {NULL, 0};
    size_t at = 0, end = raw.len, sign;
    struct twf_mailbox *m;
    bool angle;

    if (raw.len < 5 || raw.len > ORDINARY_MAX)
        return false;
    angle = raw.ptr[raw.len - 1] == '>';
    if (angle && (--end, !take_display(raw, &at, &display)))
        return false;
    sign = find_at(raw, at, end);
    if (sign == 0)
        return false;
    *out = (struct twf_from){.value = raw, .raw_off = raw_off, .strict_ok = true};
    /* Single blanks, letters, few marks; but underscores may push what follows out of sight. */
    out->plain = twf_span_find(display, '_') == display.len;
    m = twf_arena_calloc(a, 1, sizeof(*m));
    if (m == NULL)
        return true;
    m->display = display;
    m->local = m->local_raw = twf_span_slice(raw, at, sign);
    m->off = (uint32_t)at;
    m->len = (uint32_t)(end - at);
    m->angle = angle;
    m->domain = twf_domain_parse(d, a, twf_span_slice(raw, sign + 1, end));
    out->mailboxes = m;
    out->mailbox_count = 1;
    out->display_text = display;
    set_readings(a, out, m);
    return true;
}
