/* SPDX-License-Identifier: Apache-2.0 */
/* A Date field as most programs write it, out of the time and the zone: what date_raw leaves out (brief.h). */
#include <string.h>

#include "index/brief.h"

static uint8_t *put_digits(uint8_t *to, int n, int32_t value)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        to[i] = (uint8_t)('0' + value % 10);
    return to + n;
}

static uint8_t *put_name(uint8_t *to, const char *names, int32_t which)
{
    memcpy(to, names + which * 3, 3);
    return to + 3;
}

/* Year, month from 0 and day from 1. Years begin in March, so that the leap day is the last of its year. */
static void civil_from_days(int32_t days, int32_t *year, int32_t *month, int32_t *day)
{
    enum { ERA = 146097, TO_1970 = 719468 }; /* days in 400 years; from 0000-03-01 on */
    int32_t z = days + TO_1970, in_era = z % ERA;
    int32_t of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int32_t in_year = in_era - (365 * of_era + of_era / 4 - of_era / 100), m = (5 * in_year + 2) / 153;

    *day = in_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 2 : m - 10;
    *year = of_era + z / ERA * 400 + (*month < 2);
}

size_t index_date_text(int64_t us, int32_t zone_minutes, bool short_day, uint8_t out[BRIEF_DATE_LEN])
{
    static const int64_t FIRST = -62135596800, LAST = 253402300799; /* years 1 to 9999 */
    int64_t seconds;
    int32_t days, rest, year, month, day;
    uint8_t *p = out;

    if (us % 1000000 != 0)
        return 0;
    seconds = us / 1000000;
    if (seconds < FIRST || seconds > LAST)
        return 0;
    seconds += (int64_t)zone_minutes * 60;
    if (seconds < FIRST || seconds > LAST)
        return 0;
    days = (int32_t)((seconds - FIRST) / 86400 + FIRST / 86400);
    rest = (int32_t)((seconds - FIRST) % 86400);
    civil_from_days(days, &year, &month, &day);
    p = put_name(p, "ThuFriSatSunMonTueWed", (days - (int32_t)(FIRST / 86400) + 4) % 7); /* day one was a Monday */
    *p++ = ',';
    *p++ = ' ';
    p = put_digits(p, short_day && day < 10 ? 1 : 2, day);
    *p++ = ' ';
    p = put_name(p, "JanFebMarAprMayJunJulAugSepOctNovDec", month);
    *p++ = ' ';
    p = put_digits(p, 4, year);
    *p++ = ' ';
    p = put_digits(p, 2, rest / 3600);
    *p++ = ':';
    p = put_digits(p, 2, rest / 60 % 60);
    *p++ = ':';
    p = put_digits(p, 2, rest % 60);
    *p++ = ' ';
    return (size_t)(p - out);
}

bool index_date_zone(struct twf_span value, int32_t *minutes)
{
    int32_t digits[4];

    if (value.len < 5 || (value.ptr[0] != '+' && value.ptr[0] != '-'))
        return false;
    for (int i = 0; i < 4; i++) {
        digits[i] = value.ptr[i + 1] - '0';
        if (digits[i] < 0 || digits[i] > 9)
            return false;
    }
    *minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
    if (value.ptr[0] == '-')
        *minutes = -*minutes;
    return true;
}
