/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns that leave out what follows from others: most of what they say of a message stands in another
 * column already, and would be packed, written and read once more. docs/index.md tells how each is read.
 *
 *   record_id   null where it is source_id:message_offset:0
 *   p2_readers  null where S1 to S5 all take p2_address
 *   p1_seen     "source=value@offset", where the value is that of p1_raw, of p1_address or of the item before
 *               it: "source@offset", "source~@offset", "source^@offset". Such items that follow each other are
 *               one, with a blank between them: where an item ends costs as much as what it says. An item that
 *               would be read as one of these has a '!' in front.
 *   return_path_raw  '@' where it is "<p1_raw>", '~' where it is "<p1_address>", '=' and '^' where it is these two
 *               without brackets; '!' before another that begins with one of the five
 *   date_raw    from its zone on ("+0100", "-0700 (PDT)") where it begins as date is written in that zone; with
 *               a blank in front where the day has one digit, with '~' where the zone is named and is UTC; '!'
 *               before another that begins with one of '+', '-', ' ', '~' and '!'
 */
#ifndef TWF_INDEX_BRIEF_H
#define TWF_INDEX_BRIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/batch.h"

enum { BRIEF_READERS = 5 };
enum { BRIEF_RAW = '@', BRIEF_ADDRESS = '~', BRIEF_BEFORE = '^', BRIEF_AS_IS = '!', BRIEF_NEXT = ' ' };
enum { BRIEF_BARE_RAW = '=', BRIEF_BARE_ADDRESS = '^', BRIEF_SHORT_DAY = ' ', BRIEF_UTC = '~' };

static inline bool index_is_brief(enum twf_col_id col)
{
    return col == TWF_COL_record_id || col == TWF_COL_p2_readers || col == TWF_COL_p1_seen ||
           col == TWF_COL_return_path_raw || col == TWF_COL_date_raw;
}

/* Of these, columns of text that may have a dictionary: few values are left of many. */
static inline bool index_is_brief_text(enum twf_col_id col)
{
    return col == TWF_COL_return_path_raw || col == TWF_COL_date_raw;
}

/* A value of these that would be read as one that leaves something out. */
static inline bool index_looks_brief(enum twf_col_id col, struct twf_span value)
{
    uint8_t c = value.len > 0 ? value.ptr[0] : 0;

    if (col == TWF_COL_return_path_raw)
        return c == BRIEF_RAW || c == BRIEF_ADDRESS || c == BRIEF_BARE_RAW || c == BRIEF_BARE_ADDRESS ||
               c == BRIEF_AS_IS;
    return c == '+' || c == '-' || c == BRIEF_SHORT_DAY || c == BRIEF_UTC || c == BRIEF_AS_IS;
}

/* Bytes of "Tue, 05 Nov 2024 09:08:07 ". */
enum { BRIEF_DATE_LEN = 26 };
/*
 * A time in a zone, as mail writes it; a byte less where short_day, and the day has one digit. 0: before year 0 or
 * behind year 9999, or within a second.
 */
size_t index_date_text(int64_t us, int32_t zone_minutes, bool short_day, uint8_t out[BRIEF_DATE_LEN]);
/* Minutes of "+hhmm", whatever stands behind it; false where value does not begin so. */
bool index_date_zone(struct twf_span value, int32_t *minutes);

/* Bytes of the word that an item of p1_seen begins with. */
static inline size_t index_seen_word(struct twf_span item)
{
    size_t n = 0;

    while (n < item.len && ((item.ptr[n] >= 'a' && item.ptr[n] <= 'z') || item.ptr[n] == '_' ||
                            twf_is_digit(item.ptr[n])))
        n++;
    return n;
}

struct index_seen {
    struct twf_span source, value, place; /* place: "@offset" */
};

/* An item taken apart; false where it has not the form. */
static inline bool index_take_seen(struct twf_span item, struct index_seen *out)
{
    size_t word = index_seen_word(item), at = item.len;

    if (word == item.len || item.ptr[word] != '=')
        return false;
    while (at > word + 1 && twf_is_digit(item.ptr[at - 1]))
        at--;
    if (at == item.len || at == word + 1 || item.ptr[at - 1] != '@')
        return false;
    *out = (struct index_seen){twf_span_slice(item, 0, word), twf_span_slice(item, word + 1, at - 1),
                               twf_span_slice(item, at - 1, item.len)};
    return true;
}

#endif
