/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a message stands by X-MS-Exchange-P2FromRegexMatch and by ours. "We" is a finding that --checks
 * exchange-like reports, "Exchange" the word True in the part of the header that Exchange wrote.
 */
#ifndef TWF_FLOW_EXCHANGE_TAG_H
#define TWF_FLOW_EXCHANGE_TAG_H

#include <stdint.h>

#include "flow/verdict.h"

enum twf_tag_result {
    TWF_TAG_BOTH,
    TWF_TAG_NEITHER,
    TWF_TAG_ONLY_EXCHANGE,
    TWF_TAG_ONLY_US,
    TWF_TAG_RESULTS
};
extern const char *const twf_tag_result_names[TWF_TAG_RESULTS];

/* Tags that are counted apart, their messages as untagged; uint64_t only, see twf_counts_add. */
struct twf_tag_apart {
    uint64_t forged_or_foreign; /* in the sender's part of the header */
    uint64_t unplaced;          /* nobody can tell who wrote it */
    uint64_t other_value;       /* not True */
    uint64_t repeated;          /* more than one; counted beside the others */
};

/* Adds to apart. */
enum twf_tag_result twf_tag_compare(const struct twf_verdict *v, struct twf_tag_apart *apart);

#endif
