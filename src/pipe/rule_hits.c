/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/rule_hits.h"

#include <string.h>

#include "base/alloc.h"

bool twf_rule_hits_init(struct twf_rule_hits *h, const struct twf_rules *rules)
{
    *h = (struct twf_rule_hits){.rules = rules};
    if (rules == NULL)
        return true;
    h->count = twf_rules_count(rules);
    h->messages = twf_calloc(h->count + 1, sizeof(*h->messages));
    return h->messages != NULL;
}

void twf_rule_hits_fini(struct twf_rule_hits *h)
{
    twf_free(h->messages);
    *h = (struct twf_rule_hits){0};
}

void twf_rule_hits_reset(struct twf_rule_hits *h)
{
    if (h->messages != NULL)
        memset(h->messages, 0, h->count * sizeof(*h->messages));
}

void twf_rule_hits_join(struct twf_rule_hits *to, const struct twf_rule_hits *job)
{
    for (size_t i = 0; i < to->count; i++)
        to->messages[i] += job->messages[i];
}

size_t twf_rule_hits_list(const struct twf_rule_hits *h, struct twf_rule_total *list)
{
    size_t count = 0;

    for (size_t i = 0; i < h->count; i++) {
        const struct twf_rule_info *r = twf_rules_info(h->rules, i);

        if (r->is_on)
            list[count++] = (struct twf_rule_total){r->id,        r->title,      r->level,
                                                    r->is_filter, r->is_shipped, h->messages[i]};
    }
    return count;
}

void twf_rule_hits_save(const struct twf_rule_hits *h, struct twf_buf *out)
{
    twf_save_u64(out, h->count);
    for (size_t i = 0; i < h->count; i++)
        twf_save_u64(out, h->messages[i]);
}

void twf_rule_hits_load(struct twf_rule_hits *h, struct twf_saved *in)
{
    twf_saved_need(in, twf_saved_count(in, sizeof(*h->messages)) == h->count);
    for (size_t i = 0; i < h->count; i++)
        h->messages[i] = twf_saved_u64(in);
}
