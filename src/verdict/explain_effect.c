/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What explainers do to R_ findings (docs/verdicts.md 7). The strongest effect counts, steps do not
 * add up. No explainer touches a FROM_, J_ or P1_ finding, or what Exchange said.
 */
#include "verdict/internal.h"

#include "base/compiler.h"

static enum twf_effect strongest(const struct twf_case *c)
{
    enum twf_effect effect = TWF_EFFECT_ANNOTATE;

    for (uint32_t i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (twf_case_holds(c, (enum twf_allowance_code)i))
            effect = TWF_MAX(effect, twf_allowance_infos[i].effect);
    }
    return effect;
}

/*
 * The sender writes what forwarders and reports look like: that does not bear on a protected name.
 */
static bool lowers_protected(const struct twf_case *c)
{
    const uint32_t alone = 1u << TWF_X_SRS | 1u << TWF_X_CAF | 1u << TWF_X_REPORT;

    for (uint32_t i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if ((c->held & ~alone) >> i & 1 && twf_allowance_infos[i].effect == TWF_EFFECT_TEXT)
            return true;
    }
    return false;
}

static uint8_t step_down(uint8_t level)
{
    return level > TWF_LEVEL_INFO ? (uint8_t)(level - 1) : level;
}

/* False: the finding goes. */
static bool apply(const struct twf_case *c, enum twf_effect effect, struct twf_finding *f)
{
    bool plain = f->code == TWF_F_R_MISMATCH || f->code == TWF_F_R_FREEMAIL;

    switch (effect) {
    case TWF_EFFECT_REMOVES:
        return false;
    case TWF_EFFECT_TEXT:
        if (plain)
            return false;
        if (f->code == TWF_F_R_AUTH_FAIL || lowers_protected(c))
            f->level = step_down(f->level);
        return true;
    case TWF_EFFECT_ONE_STEP:
        if (plain)
            f->level = step_down(f->level);
        return true;
    case TWF_EFFECT_ANNOTATE:
        break;
    }
    return true;
}

void twf_apply_explainers(struct twf_case *c)
{
    enum twf_effect effect = c->held == 0 ? TWF_EFFECT_ANNOTATE : strongest(c);
    struct twf_verdict *v = c->v;
    uint32_t kept = 0;

    if (effect == TWF_EFFECT_ANNOTATE)
        return;
    for (uint32_t i = 0; i < v->finding_count; i++) {
        struct twf_finding f = v->findings[i];
        bool is_relation =
            twf_finding_infos[f.code].family == TWF_FAMILY_R && f.code != TWF_F_R_PRODUCT_FLAG;

        if (!is_relation || apply(c, effect, &f))
            v->findings[kept++] = f;
        else if (v->removed_count < TWF_REMOVED_MAX)
            v->removed[v->removed_count++] = f;
    }
    v->finding_count = kept;
}
