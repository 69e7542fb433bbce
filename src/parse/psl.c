/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suffix of a domain, by the rules of publicsuffix.org: an exception wins, then the rule with
 * the most labels; without a rule the last label is the suffix ("*").
 */
#include "parse/psl_table.h"

#include <string.h>

#include "parse/parse.h"

/* Written by psl_compile at build time. */
extern const struct twf_psl twf_psl_embedded_table;

const struct twf_psl *twf_psl_embedded(void)
{
    return &twf_psl_embedded_table;
}

const char *twf_psl_date(const struct twf_psl *p)
{
    return p->date;
}

const char *twf_psl_sha256(const struct twf_psl *p)
{
    return p->sha256;
}

static const struct twf_psl_node *find_node(const struct twf_psl *p, uint32_t hash,
                                            const uint8_t *name, size_t len)
{
    uint32_t mask = p->slot_count - 1, i = twf_psl_slot(hash) & mask;

    for (; p->slots[i] != 0; i = (i + 1) & mask) {
        const struct twf_psl_node *n = &p->nodes[twf_psl_marked(p->slots[i], p->slot_count)];

        if (((p->slots[i] ^ hash) & ~mask) == 0 && n->hash == hash && n->name_len == len && memcmp(p->text + n->name, name, len) == 0)
            return n;
    }
    return NULL;
}

struct twf_psl_match twf_psl_find(const struct twf_psl *p, struct twf_span name)
{
    struct twf_psl_match best = {0};
    const struct twf_psl_node *above = NULL, *n;
    uint32_t hash = TWF_PSL_HASH_START;
    size_t at = name.len, above_at = name.len;

    for (;; above = n, above_at = at--) {
        while (at > 0 && name.ptr[at - 1] != '.') {
            hash = twf_psl_hash_byte(hash, name.ptr[at - 1]);
            at--;
        }
        n = find_node(p, hash, name.ptr + at, name.len - at);
        if (n != NULL && (n->kinds & TWF_PSL_EXCEPTION) != 0) {
            best.suffix = above_at;
            best.rule = twf_span(p->text + n->rule, n->rule_len);
            break;
        }
        if (above == NULL)
            best.suffix = at;
        if (n != NULL && (n->kinds & TWF_PSL_PLAIN) != 0) {
            best.suffix = at;
            best.rule = twf_span(p->text + n->rule, n->rule_len);
        } else if (above != NULL && (above->kinds & TWF_PSL_WILDCARD) != 0) {
            best.suffix = at;
            best.rule = twf_span(p->text + above->wildcard, above->wildcard_len);
        }
        if (n == NULL || at == 0)
            break;
        hash = twf_psl_hash_byte(hash, '.');
    }
    return best;
}
