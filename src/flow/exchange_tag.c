/* SPDX-License-Identifier: Apache-2.0 */
/* Exchange's tag beside our findings of the same class (docs/exchange.md). */
#include "flow/exchange_tag.h"

const char *const twf_tag_result_names[TWF_TAG_RESULTS] = {"both", "neither", "only_exchange",
                                                           "only_us"};

/* Exchange tagged the message, as far as can be told. */
static bool is_tagged(const struct twf_verdict *v, struct twf_tag_apart *apart)
{
    if (!v->exchange_tag_present)
        return false;
    apart->repeated += v->exchange_tag_repeated;
    if (!v->exchange_tag_true) {
        apart->other_value++;
        return false;
    }
    if (v->exchange_tag_trusted)
        return true;
    if (v->zone == TWF_ZONE_GENERIC)
        apart->unplaced++;
    else
        apart->forged_or_foreign++;
    return false;
}

static bool is_exchange_like(const struct twf_verdict *v)
{
    for (uint32_t i = 0; i < v->finding_count; i++) {
        if (twf_finding_infos[v->findings[i].code].exchange_like)
            return true;
    }
    return false;
}

enum twf_tag_result twf_tag_compare(const struct twf_verdict *v, struct twf_tag_apart *apart)
{
    bool ours = is_exchange_like(v);

    return is_tagged(v, apart) ? (ours ? TWF_TAG_BOTH : TWF_TAG_ONLY_EXCHANGE)
                               : (ours ? TWF_TAG_ONLY_US : TWF_TAG_NEITHER);
}
