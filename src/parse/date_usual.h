/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form that nearly all dates have, "Tue, 12 Nov 2024 09:08:07 +0100", read at its columns. A no
 * says nothing: date.c then reads with care. Internal to date.c.
 */
#ifndef TWF_PARSE_DATE_USUAL_H
#define TWF_PARSE_DATE_USUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct twf_moment {
    int32_t year, month, day, hour, minute, second, zone_minutes;
};

/* A number at a column; *bad is set where a byte is no digit. */
static inline int32_t twf_usual_digits(const uint8_t *p, int n, unsigned *bad)
{
    int32_t value = 0;

    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)p[i] - '0';

        *bad |= digit > 9;
        value = value * 10 + (int32_t)digit;
    }
    return value;
}

static inline uint32_t twf_usual_name(uint8_t a, uint8_t b, uint8_t c)
{
    return (uint32_t)a | (uint32_t)b << 8 | (uint32_t)c << 16;
}

/* 1 to 12, or 0. The sum of the second and the third letter tells months apart. */
static inline int32_t twf_usual_month(const uint8_t *p)
{
#define MONTH(number, a, b, c) [((b) + (c)) & 31] = {(a) | (b) << 8 | (c) << 16, number}
    static const struct {
        uint32_t name;
        int32_t number;
    } months[32] = {
        MONTH(1, 'j', 'a', 'n'),  MONTH(2, 'f', 'e', 'b'),  MONTH(3, 'm', 'a', 'r'),
        MONTH(4, 'a', 'p', 'r'),  MONTH(5, 'm', 'a', 'y'),  MONTH(6, 'j', 'u', 'n'),
        MONTH(7, 'j', 'u', 'l'),  MONTH(8, 'a', 'u', 'g'),  MONTH(9, 's', 'e', 'p'),
        MONTH(10, 'o', 'c', 't'), MONTH(11, 'n', 'o', 'v'), MONTH(12, 'd', 'e', 'c'),
    };
#undef MONTH
    unsigned slot = ((p[1] | 0x20u) + (p[2] | 0x20u)) & 31;

    return months[slot].name == (twf_usual_name(p[0], p[1], p[2]) | 0x202020)
               ? months[slot].number
               : 0;
}

static inline bool twf_usual_is_alpha(uint8_t c)
{
    return (unsigned)(c | 0x20) - 'a' < 26;
}

/*
 * value has no white space in front. What stands behind the zone does not matter, but for a fifth
 * digit. The day of the week may be any three letters, as date.c takes names of other languages.
 */
static inline bool twf_date_usual(struct twf_span value, struct twf_moment *m)
{
    enum { REST = 23 }; /* "Nov 2024 09:08:07 +0100" */
    const uint8_t *p = value.ptr, *end = value.ptr + value.len;
    unsigned bad = 0;
    int digits;

    if (value.len < REST + 2)
        return false;
    if (p[3] == ',' && p[4] == ' ' && twf_usual_is_alpha(p[0]) && twf_usual_is_alpha(p[1]) &&
        twf_usual_is_alpha(p[2]))
        p += 5;
    digits = p[1] == ' ' ? 1 : 2;
    m->day = twf_usual_digits(p, digits, &bad);
    p += digits;
    if (bad != 0 || *p++ != ' ' || end - p < REST)
        return false;
    m->month = twf_usual_month(p);
    m->year = twf_usual_digits(p + 4, 4, &bad);
    m->hour = twf_usual_digits(p + 9, 2, &bad);
    m->minute = twf_usual_digits(p + 12, 2, &bad);
    m->second = twf_usual_digits(p + 15, 2, &bad);
    m->zone_minutes = twf_usual_digits(p + 19, 2, &bad) * 60;
    digits = twf_usual_digits(p + 21, 2, &bad);
    m->zone_minutes += digits;
    if (p[18] == '-')
        m->zone_minutes = -m->zone_minutes;
    else
        bad |= p[18] != '+';
    bad |= (p[3] ^ ' ') | (p[8] ^ ' ') | (p[11] ^ ':') | (p[14] ^ ':') | (p[17] ^ ' ');
    bad |= (m->month == 0) | (m->hour > 23) | (m->minute > 59) | (m->second > 60) | (digits > 59);
    return bad == 0 && !(end - p > REST && (unsigned)p[REST] - '0' <= 9);
}

#endif
