/* SPDX-License-Identifier: Apache-2.0 */
/* The conclusion from the findings: order, class, level and score (docs/verdicts.md 1 and 8). */
#include "verdict/internal.h"

#include "base/compiler.h"

int twf_score_base(enum twf_level level)
{
    static const int bases[TWF_LEVEL_COUNT] = {
        [TWF_LEVEL_LOW] = 15,
        [TWF_LEVEL_MEDIUM] = 40,
        [TWF_LEVEL_HIGH] = 70,
        [TWF_LEVEL_CRITICAL] = 90,
    };

    return bases[level];
}

enum twf_level twf_level_of(const struct twf_verdict *v)
{
    enum twf_level level = TWF_LEVEL_NONE;

    for (uint32_t i = 0; i < v->finding_count; i++)
        level = TWF_MAX(level, (enum twf_level)v->findings[i].level);
    return level;
}

/* What --checks exchange-like keeps, and what is only a note there (docs/verdicts.md 6.3). */
static bool keep_exchange_like(struct twf_finding *f)
{
    switch ((enum twf_finding_code)f->code) {
    case TWF_F_FROM_GROUP:
        if (f->level < TWF_LEVEL_HIGH)
            f->level = TWF_LEVEL_INFO;
        return true;
    case TWF_F_FROM_DUP_FIELD: /* low: all values are equal */
    case TWF_F_FROM_MULTI_NO_SENDER:
        if (f->level <= TWF_LEVEL_LOW)
            f->level = TWF_LEVEL_INFO;
        return true;
    case TWF_F_FROM_MULTI_ORG: /* several mailboxes with a Sender */
        f->level = TWF_LEVEL_INFO;
        return true;
    default:
        return twf_finding_infos[f->code].exchange_like;
    }
}

static void apply_profile(struct twf_verdict *v)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < v->finding_count; i++) {
        if (keep_exchange_like(&v->findings[i]))
            v->findings[kept++] = v->findings[i];
    }
    v->finding_count = kept;
}

/* Worst first, then by code. An insertion sort: a message has a handful of findings. */
static void sort_findings(struct twf_verdict *v)
{
    for (uint32_t i = 1; i < v->finding_count; i++) {
        struct twf_finding f = v->findings[i];
        uint32_t at = i;

        while (at > 0 &&
               (v->findings[at - 1].level < f.level ||
                (v->findings[at - 1].level == f.level && v->findings[at - 1].code > f.code))) {
            v->findings[at] = v->findings[at - 1];
            at--;
        }
        v->findings[at] = f;
    }
}

/* What the findings say, in the terms of section 8. */
struct sums {
    enum twf_level family[TWF_FAMILY_COUNT]; /* highest level of each */
    enum twf_level from_form;                /* of FROM_ without FROM_LIMIT */
    bool limit, flag_high;
};

static struct sums sum_up(const struct twf_verdict *v)
{
    struct sums s = {0};

    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct twf_finding *f = &v->findings[i];
        enum twf_family family = twf_finding_infos[f->code].family;
        enum twf_level level = (enum twf_level)f->level;

        s.family[family] = TWF_MAX(s.family[family], level);
        if (f->code == TWF_F_FROM_LIMIT)
            s.limit = true;
        else if (family == TWF_FAMILY_FROM)
            s.from_form = TWF_MAX(s.from_form, level);
        s.flag_high |= f->code == TWF_F_R_PRODUCT_FLAG && level >= TWF_LEVEL_HIGH;
    }
    return s;
}

static enum twf_class class_of(const struct twf_verdict *v, const struct sums *s)
{
    enum twf_level pair = TWF_MAX(s->family[TWF_FAMILY_P1], s->family[TWF_FAMILY_R]);

    if (s->from_form >= TWF_LEVEL_HIGH)
        return TWF_V_AMBIGUOUS_FROM;
    if (s->from_form >= TWF_LEVEL_MEDIUM || s->flag_high)
        return TWF_V_MALFORMED_FROM;
    if (pair >= TWF_LEVEL_MEDIUM)
        return TWF_V_MISMATCH_SUSPECT;
    if (v->relation == TWF_RELATION_UNDETERMINED || s->limit ||
        s->family[TWF_FAMILY_J] >= TWF_LEVEL_MEDIUM)
        return TWF_V_UNDETERMINED;
    if (v->relation == TWF_RELATION_MISMATCH || v->relation == TWF_RELATION_NULL)
        return pair >= TWF_LEVEL_LOW ? TWF_V_MISMATCH_PLAIN : TWF_V_MISMATCH_EXPLAINED;
    return TWF_V_ALIGNED;
}

void twf_conclude(struct twf_verdict *v, bool exchange_like)
{
    struct sums s;
    int families = 0;

    if (exchange_like)
        apply_profile(v);
    sort_findings(v);
    s = sum_up(v);
    v->verdict_class = class_of(v, &s);
    v->level = twf_level_of(v);
    v->score_base = twf_score_base(v->level);
    for (int i = 0; i < TWF_FAMILY_COUNT; i++)
        families += s.family[i] >= TWF_LEVEL_LOW;
    /* The family of the worst finding is in the base; each other one adds to it. */
    v->score_families = v->level >= TWF_LEVEL_LOW ? families - 1 : 0;
    v->score = TWF_MIN(100, v->score_base + 5 * v->score_families);
}
