/* SPDX-License-Identifier: Apache-2.0 */
/* --p1-order: another order of the ladder of docs/verdicts.md 3.2. */
#include "verdict/internal.h"

#include <string.h>

#include "base/compiler.h"

const uint8_t twf_p1_ranks[TWF_P1_KIND_COUNT] = {
    [TWF_P1_SIDECAR] = 1,         [TWF_P1_TRACKING] = 1,    [TWF_P1_AUTHRES] = 2,
    [TWF_P1_RECEIVED_SPF] = 3,    [TWF_P1_RETURN_PATH] = 4, [TWF_P1_ENVELOPE_HEADER] = 5,
    [TWF_P1_RECEIVED] = 6,        [TWF_P1_MILTER] = 7,      [TWF_P1_FROM_LINE] = 8,
    [TWF_P1_JOURNAL_SENDER] = 9,
};

static int kind_of(struct twf_span name)
{
    for (int i = 0; i < TWF_P1_NONE; i++) {
        if (twf_span_is(name, twf_p1_kind_names[i]))
            return i;
    }
    return -1;
}

/* What the list leaves out follows in its usual order. */
static void append_others(uint8_t out[TWF_P1_KIND_COUNT], uint8_t last)
{
    uint8_t usual = 0, rank = last;

    while (usual++ < TWF_P1_KIND_COUNT) {
        bool any = false;

        for (int i = 0; i < TWF_P1_NONE; i++) {
            if (twf_p1_ranks[i] != usual || (out[i] != 0 && out[i] <= last))
                continue;
            out[i] = (uint8_t)(rank + 1);
            any = true;
        }
        rank = (uint8_t)(rank + any);
    }
}

bool twf_p1_order_parse(const char *text, uint8_t out[TWF_P1_KIND_COUNT])
{
    struct twf_span list = twf_span_str(text);
    uint8_t rank = 0;

    memset(out, 0, TWF_P1_KIND_COUNT);
    for (;;) {
        size_t comma = twf_span_find(list, ',');
        int kind = kind_of(twf_span_slice(list, 0, comma));

        if (kind < 0 || out[kind] != 0)
            return false;
        out[kind] = ++rank;
        if (comma == list.len)
            break;
        list = twf_span_slice(list, comma + 1, list.len);
    }
    append_others(out, rank);
    return true;
}
