/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates: RFC 5322 section 3.3 with the obsolete forms of 4.3, and the asctime form of From_ lines.
 * Integers only; the day of the week is not compared, text behind the date is ignored. One pass: no
 * byte is looked at more often than a constant.
 */
#include "parse/date_usual.h"
#include "parse/parse.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 9999 };

struct scan {
    const uint8_t *p, *end;
};

static bool is_alpha(uint8_t c)
{
    c = twf_lower_byte(c);
    return c >= 'a' && c <= 'z';
}

static bool at_byte(const struct scan *s, uint8_t c)
{
    return s->p < s->end && *s->p == c;
}

static bool take_byte(struct scan *s, uint8_t c)
{
    if (!at_byte(s, c))
        return false;
    s->p++;
    return true;
}

/* CFWS: blanks, folds and comments, to any depth. A comment without end goes to the end. */
static void skip_cfws(struct scan *s)
{
    size_t depth = 0;

    for (; s->p < s->end; s->p++) {
        uint8_t c = *s->p;

        if (c == '(') {
            depth++;
        } else if (depth > 0) {
            if (c == ')')
                depth--;
            else if (c == '\\' && s->end - s->p > 1)
                s->p++;
        } else if (!twf_is_blank(c) && c != '\r' && c != '\n') {
            return;
        }
    }
}

/* min to max digits as a number; false, and nothing taken, where there are fewer or more. */
static bool take_number(struct scan *s, int min, int max, int32_t *out)
{
    const uint8_t *p = s->p;
    int32_t value = 0;
    int n = 0;

    for (; p < s->end && twf_is_digit(*p); p++) {
        if (++n > max)
            return false;
        value = value * 10 + (*p - '0');
    }
    if (n < min)
        return false;
    s->p = p;
    *out = value;
    return true;
}

static struct twf_span take_word(struct scan *s)
{
    const uint8_t *p = s->p;

    while (s->p < s->end && is_alpha(*s->p))
        s->p++;
    return twf_span(p, (size_t)(s->p - p));
}

/* The number of a word in names, each at least three letters long or written out; -1 if none. */
static int32_t find_name(struct twf_span word, const char *const *names, int32_t count)
{
    if (word.len < 3)
        return -1;
    for (int32_t i = 0; i < count; i++) {
        struct twf_span name = twf_span_slice(twf_span_str(names[i]), 0, word.len);

        if (twf_span_eq_fold(word, name))
            return i;
    }
    return -1;
}

static bool take_month(struct scan *s, int32_t *month)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    int32_t i = find_name(take_word(s), names, 12);

    *month = i + 1;
    return i >= 0;
}

static bool take_weekday(struct scan *s)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};

    return find_name(take_word(s), names, 7) >= 0;
}

/* RFC 5322 section 4.3: two digits are 2000 to 2049 and 1950 to 1999, three are added to 1900. */
static bool take_year(struct scan *s, int32_t *year)
{
    const uint8_t *p = s->p;

    if (!take_number(s, 2, 4, year))
        return false;
    if (s->p - p == 2)
        *year += *year < 50 ? 2000 : 1900;
    else if (s->p - p == 3)
        *year += 1900;
    return *year >= YEAR_MIN && *year <= YEAR_MAX;
}

/* The next byte if it is c, between any CFWS (obs-hour and its like) where cfws allows. */
static bool take_colon(struct scan *s, bool cfws)
{
    if (cfws)
        skip_cfws(s);
    if (!take_byte(s, ':'))
        return false;
    if (cfws)
        skip_cfws(s);
    return true;
}

/* hour ":" minute [":" second]; each may have one digit, a fraction is dropped. */
static bool take_time(struct scan *s, struct twf_moment *m, bool cfws)
{
    int32_t fraction;

    if (!take_number(s, 1, 2, &m->hour) || !take_colon(s, cfws) ||
        !take_number(s, 1, 2, &m->minute))
        return false;
    m->second = 0;
    if (take_colon(s, cfws)) {
        if (!take_number(s, 1, 2, &m->second))
            return false;
        if (take_byte(s, '.') && !take_number(s, 1, 9, &fraction))
            return false;
    }
    return m->hour <= 23 && m->minute <= 59 && m->second <= 60;
}

/* ("+" / "-") HHMM, and HH:MM, which no RFC has but mail does. */
static bool take_offset(struct scan *s, int32_t *minutes)
{
    struct scan t = *s;
    int32_t hh, mm, sign = at_byte(s, '-') ? -1 : 1;

    if (!take_byte(&t, '+') && !take_byte(&t, '-'))
        return false;
    if (take_number(&t, 4, 4, &hh)) {
        mm = hh % 100;
        hh /= 100;
    } else if (!take_number(&t, 2, 2, &hh) || !take_byte(&t, ':') || !take_number(&t, 2, 2, &mm)) {
        return false;
    }
    if (mm > 59)
        return false;
    *minutes = sign * (hh * 60 + mm);
    *s = t;
    return true;
}

/*
 * The zone, 0 where there is none. RFC 5322 section 4.3: military letters were defined with the
 * wrong sign and mean nothing, as other names do.
 */
static int32_t take_zone(struct scan *s)
{
    static const struct {
        char name[4];
        int8_t hours;
    } zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                 {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    struct twf_span word;
    int32_t minutes;

    if (take_offset(s, &minutes))
        return minutes;
    word = take_word(s);
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (twf_span_is_fold(word, zones[i].name))
            return zones[i].hours * 60;
    }
    return 0;
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01. Years begin in March, so that the leap day is the last of its year. */
static int64_t days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool to_microseconds(const struct twf_moment *m, int64_t *out_us)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t last = lengths[m->month - 1] + (m->month == 2 && is_leap(m->year) ? 1 : 0);
    int64_t seconds;

    if (m->day < 1 || m->day > last)
        return false;
    seconds = days_from_civil(m->year, m->month, m->day) * 86400;
    seconds += m->hour * 3600 + m->minute * 60 + m->second;
    seconds -= (int64_t)m->zone_minutes * 60;
    *out_us = seconds * 1000000;
    return true;
}

/* CFWS, and the "-" that some write between day, month and year. */
static void skip_joint(struct scan *s)
{
    skip_cfws(s);
    if (take_byte(s, '-'))
        skip_cfws(s);
}

/* The weekday and its comma. A name in another language is one if a comma ends it. */
static bool skip_weekday(struct scan *s)
{
    enum { MAX_NAME = 32 };
    const uint8_t *from = s->p;

    if (s->p == s->end || twf_is_digit(*s->p))
        return true;
    if (take_weekday(s)) {
        skip_cfws(s);
        (void)take_byte(s, ',');
    } else {
        for (s->p = from; s->p < s->end && s->p - from < MAX_NAME; s->p++) {
            if (*s->p == ',' || *s->p == '(' || twf_is_digit(*s->p))
                break;
        }
        if (!take_byte(s, ','))
            return false;
    }
    skip_cfws(s);
    return true;
}

static bool take_rfc5322(struct scan s, int64_t *out_us)
{
    struct twf_moment m = {0};

    if (!skip_weekday(&s) || !take_number(&s, 1, 2, &m.day))
        return false;
    skip_joint(&s);
    if (!take_month(&s, &m.month))
        return false;
    skip_joint(&s);
    if (!take_year(&s, &m.year))
        return false;
    skip_cfws(&s);
    if (!take_time(&s, &m, true))
        return false;
    skip_cfws(&s);
    m.zone_minutes = take_zone(&s);
    return to_microseconds(&m, out_us);
}

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && twf_is_blank(*s->p))
        s->p++;
}

/*
 * weekday month day time [zone] year [zone]. Without comments: this is tried at each word, and a
 * comment would be walked to its end each time.
 */
static bool take_asctime(struct scan s, int64_t *out_us)
{
    struct twf_moment m = {0};
    bool zone_first;

    if (!take_weekday(&s))
        return false;
    skip_blanks(&s);
    if (!take_month(&s, &m.month))
        return false;
    skip_blanks(&s);
    if (!take_number(&s, 1, 2, &m.day))
        return false;
    skip_blanks(&s);
    if (!take_time(&s, &m, false))
        return false;
    skip_blanks(&s);
    zone_first = s.p < s.end && !twf_is_digit(*s.p);
    if (zone_first)
        m.zone_minutes = take_zone(&s);
    skip_blanks(&s);
    if (!take_year(&s, &m.year))
        return false;
    skip_blanks(&s);
    if (!zone_first)
        m.zone_minutes = take_zone(&s);
    return to_microseconds(&m, out_us);
}

bool twf_date_parse(struct twf_span value, int64_t *out_us)
{
    struct scan s;
    struct twf_moment m;

    if (value.len == 0)
        return false;
    s = (struct scan){value.ptr, value.ptr + value.len};
    skip_cfws(&s);
    if (twf_date_usual(twf_span(s.p, (size_t)(s.end - s.p)), &m) && m.year >= YEAR_MIN)
        return to_microseconds(&m, out_us);
    return take_rfc5322(s, out_us) || take_asctime(s, out_us);
}

bool twf_date_parse_asctime(struct twf_span value, int64_t *out_us)
{
    struct scan s;

    if (value.len == 0)
        return false;
    s = (struct scan){value.ptr, value.ptr + value.len};
    /* The address before it may be anything, so each word may be the first of the date. */
    while (s.p < s.end) {
        skip_blanks(&s);
        if (take_asctime(s, out_us))
            return true;
        while (s.p < s.end && !twf_is_blank(*s.p))
            s.p++;
    }
    return false;
}
