/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns that leave out what follows from others: most of what they say of a message stands in another
 * column already, and would be packed, written and read once more. docs/index.md tells how each is read.
 *
 *   record_id   null where it is source_id:message_offset:0
 *   p2_readers  null where S1 to S5 all take p2_address
 *   p1_seen     "source=value@offset", where the value is that of p1_raw, of p1_address or of the item before
 *               it: "source@offset", "source~@offset", "source^@offset". An item that would be read as one of
 *               these has a '!' in front.
 */
#ifndef TWF_INDEX_BRIEF_H
#define TWF_INDEX_BRIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/batch.h"

enum { BRIEF_READERS = 5 };
enum { BRIEF_RAW = '@', BRIEF_ADDRESS = '~', BRIEF_BEFORE = '^', BRIEF_AS_IS = '!' };

static inline bool index_is_brief(enum twf_col_id col)
{
    return col == TWF_COL_record_id || col == TWF_COL_p2_readers || col == TWF_COL_p1_seen;
}

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
    while (at > word + 1 && item.ptr[at - 1] != '@')
        at--;
    if (at == word + 1)
        return false;
    *out = (struct index_seen){twf_span_slice(item, 0, word), twf_span_slice(item, word + 1, at - 1),
                               twf_span_slice(item, at - 1, item.len)};
    return true;
}

#endif
