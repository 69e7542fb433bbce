/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a line that begins with "From " the beginning of a message? RFC 4155 describes only one
 * writer; the shapes that are taken here were met in archives, and docs/formats.md lists them.
 */
#include "base/word.h"
#include "split/split_state.h"

static struct twf_span next_word(struct twf_span *rest)
{
    size_t from = 0, to;

    while (from < rest->len && twf_is_blank(rest->ptr[from]))
        from++;
    to = from;
    while (to < rest->len && !twf_is_blank(rest->ptr[to]))
        to++;
    struct twf_span word = twf_span_slice(*rest, from, to);
    *rest = twf_span_slice(*rest, to, rest->len);
    return word;
}

/* One of count names of three letters; tables of the calendar are the only caller. */
static bool is_name(struct twf_span word, const char *names)
{
    if (word.len == 4 && word.ptr[3] == ',')
        word.len = 3;
    if (word.len != 3)
        return false;
    for (; *names != '\0'; names += 3) {
        if (twf_span_eq_fold(word, twf_span(names, 3)))
            return true;
    }
    return false;
}

static bool is_weekday(struct twf_span word)
{
    return is_name(word, "montuewedthufrisatsun");
}

static bool is_month(struct twf_span word)
{
    return is_name(word, "janfebmaraprmayjunjulaugsepoctnovdec");
}

static bool is_number(struct twf_span word, size_t min, size_t max)
{
    if (word.len < min || word.len > max)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (!twf_is_digit(word.ptr[i]))
            return false;
    }
    return true;
}

/* hh:mm or hh:mm:ss. */
static bool is_clock(struct twf_span w)
{
    size_t hour = twf_span_find(w, ':');

    if (!is_number(twf_span_slice(w, 0, hour), 1, 2) || hour == w.len)
        return false;
    w = twf_span_slice(w, hour + 1, w.len);
    if (w.len != 2 && !(w.len == 5 && w.ptr[2] == ':' && is_number(twf_span_slice(w, 3, 5), 2, 2)))
        return false;
    return is_number(twf_span_slice(w, 0, 2), 2, 2);
}

/* 2019-10-02 */
static bool is_iso_day(struct twf_span w)
{
    return w.len == 10 && w.ptr[4] == '-' && w.ptr[7] == '-' &&
           is_number(twf_span_slice(w, 0, 4), 4, 4) && is_number(twf_span_slice(w, 5, 7), 2, 2) &&
           is_number(twf_span_slice(w, 8, 10), 2, 2);
}

/*
 * "Tue Jan  2 03:04[:05] [zone [zone]] 2024 ...", "[Tue,] 2 Jan 2024 03:04[:05] ..." or
 * "2024-01-02 03:04:05 ...". What follows (zones, "remote from host") is not looked at.
 */
static bool is_date(struct twf_span rest)
{
    struct twf_span word = next_word(&rest);

    if (is_iso_day(word))
        return is_clock(next_word(&rest));
    if (is_weekday(word))
        word = next_word(&rest);
    if (is_month(word)) {
        if (!is_number(next_word(&rest), 1, 2) || !is_clock(next_word(&rest)))
            return false;
        for (int i = 0; i < 3; i++) {
            if (is_number(next_word(&rest), 4, 4))
                return true;
        }
        return false;
    }
    return is_number(word, 1, 2) && is_month(next_word(&rest)) &&
           is_number(next_word(&rest), 4, 4) && is_clock(next_word(&rest));
}

/* The four bytes at p as they stand. */
static uint32_t four(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

/* One of count groups of four bytes stands at p. */
static bool is_one_of(const uint8_t *p, const char *groups, size_t count)
{
    uint32_t w = four(p);

    for (size_t i = 0; i < count; i++) {
        if (w == four((const uint8_t *)groups + 4 * i))
            return true;
    }
    return false;
}

/* Of w, the bytes at mask (0xFF each) are digits. */
static bool are_digits(uint64_t w, uint64_t mask)
{
    uint64_t high = TWF_WORD_ONES * 0xF0;

    /* Six more than a digit stay below 0x40, and six more than ':' to '?' do not. */
    return (w & high & mask) == (TWF_WORD_ONES * 0x30 & mask) &&
           (((w & mask) + (TWF_WORD_ONES * 6 & mask)) & high & mask) ==
               (TWF_WORD_ONES * 0x30 & mask);
}

/*
 * The line that nearly all archives have, told by its columns: a sender without blanks, one or two
 * blanks, "Tue Jan  2 03:04:05 2024". A no says nothing.
 */
static bool is_usual(struct twf_span line)
{
    enum { DATE = 24 };
    const uint8_t *date;
    uint64_t w;
    size_t sender;

    if (line.len < 5 + 2 + DATE)
        return false;
    date = line.ptr + line.len - DATE;
    /* " 2 03:04" and ":05 2024" */
    w = twf_word(date + 8);
    if (date[8] == ' ')
        w += '0' - ' ';
    if (!are_digits(w, UINT64_C(0xFFFF00FFFF00FFFF)) || date[10] != ' ' || date[13] != ':')
        return false;
    w = twf_word(date + 16);
    if (!are_digits(w, UINT64_C(0xFFFFFFFF00FFFF00)) || date[16] != ':' || date[19] != ' ')
        return false;
    if (!is_one_of(date, "Mon Tue Wed Thu Fri Sat Sun ", 7) ||
        !is_one_of(date + 4, "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ", 12))
        return false;
    sender = line.len - 5 - DATE - 1;
    if (line.ptr[5 + sender] != ' ')
        return false;
    sender -= line.ptr[5 + sender - 1] == ' ';
    return sender > 0 && line.ptr[5] != '"' && memchr(line.ptr + 5, ' ', sender) == NULL &&
           memchr(line.ptr + 5, '\t', sender) == NULL;
}

/* The sender: one word, or a quoted local part with blanks in it. */
static struct twf_span take_sender(struct twf_span *rest)
{
    struct twf_span r = *rest;
    size_t at = 0, i;

    while (at < r.len && twf_is_blank(r.ptr[at]))
        at++;
    i = at;
    if (i < r.len && r.ptr[i] == '"') {
        for (i++; i < r.len && r.ptr[i] != '"'; i++) {
            if (r.ptr[i] == '\\' && r.len - i > 1)
                i++;
        }
    }
    while (i < r.len && !twf_is_blank(r.ptr[i]))
        i++;
    *rest = twf_span_slice(r, i, r.len);
    return twf_span_slice(r, at, i);
}

bool twf_from_line_is_real(struct twf_span line)
{
    struct twf_span rest = twf_span_slice(line, 5, line.len), word, after;

    if (TWF_LIKELY(is_usual(line)))
        return true;
    word = take_sender(&rest);
    if (word.len == 0)
        return false;
    if (is_date(rest))
        return true;
    /* "a@b [ufa]  Thu Sep ...": one note in brackets between sender and date. */
    after = rest;
    word = next_word(&after);
    if (word.len > 0 && (word.ptr[0] == '[' || word.ptr[0] == '('))
        return is_date(after);
    /* "a at b.example  Thu Sep ...": pipermail hides addresses so. */
    if (!twf_span_is(word, "at"))
        return false;
    word = next_word(&after);
    return twf_span_find(word, '.') < word.len && is_date(after);
}

/*
 * Without a date: "From -", "From a@b", "From MAILER-DAEMON", "From yyyy". A sentence of a body has
 * more words ("From Russia with love", a line of MimeKit's unmunged.mbox, with "Year: 1963" below
 * it).
 */
static bool may_be_real(struct twf_span line)
{
    struct twf_span rest = twf_span_slice(line, 5, line.len);
    struct twf_span word = take_sender(&rest);

    if (word.len == 0)
        return false;
    if (twf_span_is(word, "-") || twf_span_is(word, "<>") || twf_span_find(word, '@') < word.len ||
        twf_span_is_fold(word, "mailer-daemon"))
        return true;
    return next_word(&rest).len == 0;
}

/* Netscape's separator. No sentence looks so, and Netscape wrote no empty line before it. */
static bool is_bare_dash(struct twf_span line)
{
    return twf_span_is(twf_span_trim(twf_span_slice(line, 5, line.len)), "-");
}

enum twf_look twf_field_look(const uint8_t *p, size_t len, bool last)
{
    enum { NAME = 77 };
    size_t i = 0;

    while (i < len && i < NAME &&
           (twf_is_digit(p[i]) || (twf_lower_byte(p[i]) >= 'a' && twf_lower_byte(p[i]) <= 'z') ||
            p[i] == '-' || p[i] == '_' || p[i] == '.'))
        i++;
    if (i == len)
        return last || i == NAME ? TWF_LOOK_NO : TWF_LOOK_MORE;
    if (i == 0 || p[i] != ':')
        return TWF_LOOK_NO;
    /* "http://..." is text. */
    if (len - i < 3 && !last)
        return TWF_LOOK_MORE;
    return len - i >= 3 && p[i + 1] == '/' && p[i + 2] == '/' ? TWF_LOOK_NO : TWF_LOOK_YES;
}

enum twf_look twf_from_line_look(const uint8_t *p, size_t len, bool last, bool blank,
                                 size_t *line_len, size_t *text_len)
{
    size_t room = TWF_MIN(len, (size_t)TWF_FROM_LINE);
    const uint8_t *lf = memchr(p, '\n', room);
    size_t end;
    struct twf_span line;

    if (lf == NULL && (room == TWF_FROM_LINE || !last))
        return room == TWF_FROM_LINE ? TWF_LOOK_NO : TWF_LOOK_MORE;
    end = lf == NULL ? len : (size_t)(lf - p);
    line = twf_span(p, end > 0 && p[end - 1] == '\r' ? end - 1 : end);
    *line_len = lf == NULL ? len : end + 1;
    *text_len = line.len;
    if (twf_from_line_is_real(line))
        return TWF_LOOK_YES;
    if (!(blank && may_be_real(line)) && !is_bare_dash(line))
        return TWF_LOOK_NO;
    p += *line_len;
    len -= *line_len;
    /* ">From " lines of older hops may stand between. One is enough: further ones do not occur. */
    if (len < 6 && !last)
        return TWF_LOOK_MORE;
    if (len >= 6 && memcmp(p, ">From ", 6) == 0)
        return TWF_LOOK_YES;
    return twf_field_look(p, len, last);
}
