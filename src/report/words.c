/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, dates (RFC 3339) and paths as text, independent of the locale. */
#include "report/text.h"

#include <stdio.h>

#include "base/utf8.h"

void twf_text_commas(struct twf_buf *out, uint64_t n)
{
    char text[27];
    size_t at = sizeof(text), digits = 0;

    do {
        if (digits > 0 && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + n % 10);
        n /= 10;
        digits++;
    } while (n != 0);
    twf_buf_put(out, text + at, sizeof(text) - at);
}

void twf_text_ratio(struct twf_buf *out, uint64_t part, uint64_t whole, int digits)
{
    /* Ten times the remainder has to fit; what the shifts lose is far behind the last digit. */
    for (; whole > UINT64_MAX / 10; whole >>= 1)
        part >>= 1;
    twf_buf_u64(out, whole == 0 ? 0 : part / whole);
    if (digits > 0)
        twf_buf_byte(out, '.');
    part = whole == 0 ? 0 : part % whole;
    for (int i = 0; i < digits; i++) {
        part *= 10;
        twf_buf_byte(out, (uint8_t)('0' + (whole == 0 ? 0 : part / whole)));
        part = whole == 0 ? 0 : part % whole;
    }
}

struct moment {
    int year, month, day, hour, minute, second, us;
};

/* Days since 1970 to a date of the proleptic Gregorian calendar, in cycles of 400 years from
 * March on. */
static bool moment_of(int64_t us, struct moment *m)
{
    /* 0000-01-01 to 9999-12-31, in seconds */
    const int64_t first = INT64_C(-62167219200), last = INT64_C(253402300799);
    int64_t sec = us / 1000000, frac = us % 1000000, days, rest, cycle, doy, era_day, year;

    if (frac < 0) {
        frac += 1000000;
        sec--;
    }
    if (sec < first || sec > last)
        return false;
    days = sec / 86400;
    rest = sec % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468; /* from 0000-03-01; never negative here but for the first two months */
    cycle = (days >= 0 ? days : days - 146096) / 146097;
    era_day = days - cycle * 146097;
    year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    doy = era_day - (365 * year + year / 4 - year / 100);
    m->month = (int)((5 * doy + 2) / 153);
    m->day = (int)(doy - (153 * m->month + 2) / 5 + 1);
    m->month += m->month < 10 ? 3 : -9;
    m->year = (int)(year + cycle * 400 + (m->month <= 2 ? 1 : 0));
    m->hour = (int)(rest / 3600);
    m->minute = (int)(rest / 60 % 60);
    m->second = (int)(rest % 60);
    m->us = (int)frac;
    return true;
}

/* value with zeros in front, in so many digits. */
static void put_digits(struct twf_buf *out, int value, unsigned digits)
{
    char text[6];

    for (unsigned i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    twf_buf_put(out, text, digits);
}

static void put_day(struct twf_buf *out, const struct moment *m)
{
    put_digits(out, m->year, 4);
    twf_buf_byte(out, '-');
    put_digits(out, m->month, 2);
    twf_buf_byte(out, '-');
    put_digits(out, m->day, 2);
}

bool twf_text_date(struct twf_buf *out, int64_t us)
{
    struct moment m;

    if (!moment_of(us, &m))
        return false;
    put_day(out, &m);
    return true;
}

bool twf_text_time(struct twf_buf *out, int64_t us)
{
    struct moment m;

    if (!moment_of(us, &m))
        return false;
    put_day(out, &m);
    twf_buf_byte(out, 'T');
    put_digits(out, m.hour, 2);
    twf_buf_byte(out, ':');
    put_digits(out, m.minute, 2);
    twf_buf_byte(out, ':');
    put_digits(out, m.second, 2);
    if (m.us != 0) {
        twf_buf_byte(out, '.');
        put_digits(out, m.us, 6);
    }
    twf_buf_byte(out, 'Z');
    return true;
}

void twf_text_uri(struct twf_buf *out, struct twf_span path)
{
    bool is_utf8 = twf_utf8_valid(path);

    while (path.len > 0) {
        uint32_t cp = 0;
        size_t n = twf_utf8_next(path.ptr, path.len, &cp);

        if (n == 0 || (!is_utf8 && cp == '%')) {
            twf_buf_printf(out, "%%%02X", path.ptr[0]);
            n = 1;
        } else {
            twf_buf_put(out, path.ptr, n);
        }
        path = twf_span_slice(path, n, path.len);
    }
}
