/* SPDX-License-Identifier: Apache-2.0 */
#include "api/when.h"

#include <stddef.h>
#include <string.h>

#define SECOND INT64_C(1000000)

/* Days since 1970-01-01 of a date of the Gregorian calendar (years from March, eras of 400). */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    int64_t era, of_era;

    y -= m <= 2;
    era = y / 400;
    of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
           (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1 - 719468;
}

static int64_t month_len(int64_t y, int64_t m)
{
    static const uint8_t len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return len[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* n digits at *text, which is moved on; -1: there are none. */
static int64_t digits(const char **text, int n)
{
    int64_t value = 0;

    for (int i = 0; i < n; i++) {
        char c = (*text)[i];

        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *text += n;
    return value;
}

/* The same behind a sign. */
static int64_t behind(const char **text, char sign, int n)
{
    if (**text != sign)
        return -1;
    (*text)++;
    return digits(text, n);
}

bool twf_when_parse(const char *text, int64_t *us)
{
    int64_t y = digits(&text, 4), m = y < 0 ? -1 : behind(&text, '-', 2);
    int64_t d = m < 1 || m > 12 ? -1 : behind(&text, '-', 2), h = 0, min = 0, s = 0;

    if (d < 1 || d > month_len(y, m))
        return false;
    if (*text != '\0') {
        h = behind(&text, 'T', 2);
        min = h < 0 ? -1 : behind(&text, ':', 2);
        if (min >= 0 && *text == ':')
            s = behind(&text, ':', 2);
        if (h < 0 || h > 23 || min < 0 || min > 59 || s < 0 || s > 59)
            return false;
        if (*text == 'Z')
            text++;
        if (*text != '\0')
            return false;
    }
    *us = (((days_of(y, m, d) * 24 + h) * 60 + min) * 60 + s) * SECOND;
    return true;
}

bool twf_lapse_parse(const char *text, int64_t *us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    const int64_t most = INT64_C(366000) * 86400;
    int64_t n = 0;

    if (*text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (n > most)
            return false;
        n = n * 10 + (*text - '0');
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (*text == units[i].unit && text[1] == '\0' && n <= most / units[i].seconds) {
            *us = n * units[i].seconds * SECOND;
            return true;
        }
    }
    return false;
}
