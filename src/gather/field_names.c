/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of fields into ids, by a hash over length and three bytes. All but a few of the names in
 * real mail that we do not read fall on an empty slot, and cost no comparison.
 */
#include "gather/field_names.h"

#include "base/compiler.h"

struct known {
    const char *name;
    uint8_t len;
};

static const struct known known[TWF_FIELD_COUNT] = {
#define F(id, text) [TWF_FIELD_##id] = {text, sizeof(text) - 1},
#include "flow/fields.def"
#undef F
};

static const char org_prefix[] = "X-MS-Exchange-Organization-";

_Static_assert(TWF_FIELD_COUNT <= TWF_GATHER_NAME_SLOTS / 2, "probing needs empty slots");

/*
 * name.len > 0. The factors came out of a search: no two names of fields.def share a slot, and of
 * 68 common names that we do not read two meet a used one. A new name may break that at the price
 * of a comparison; test_field_names.c says so.
 */
static unsigned slot_of(struct twf_span name)
{
    unsigned first = name.ptr[0] | 0x20u;
    unsigned third = name.ptr[name.len > 2 ? 2 : 0] | 0x20u;
    unsigned last = name.ptr[name.len - 1] | 0x20u;

    return ((unsigned)name.len * 13 + first * 14 + third * 54 + last * 41) % TWF_GATHER_NAME_SLOTS;
}

void twf_gather_names_build(struct twf_gather *g)
{
    memset(g->names, TWF_FIELD_OTHER, sizeof(g->names));
    for (unsigned id = 0; id < TWF_FIELD_COUNT; id++) {
        unsigned slot;

        if (known[id].name == NULL)
            continue;
        slot = slot_of(twf_span(known[id].name, known[id].len));
        while (g->names[slot] != TWF_FIELD_OTHER)
            slot = (slot + 1) % TWF_GATHER_NAME_SLOTS;
        g->names[slot] = (uint8_t)id;
    }
}

static bool is_exchange_org(const struct twf_gather *g, struct twf_span name)
{
    enum { LEN = sizeof(org_prefix) - 1 };

    /* Three bytes tell it from the X-MS-Exchange-CrossTenant-* and -Transport-* beside it. */
    return name.len > LEN && (name.ptr[0] | 0x20) == 'x' && (name.ptr[14] | 0x20) == 'o' &&
           name.ptr[LEN - 1] == '-' &&
           g->kernels->eqfold(name.ptr, (const uint8_t *)org_prefix, LEN);
}

enum twf_field_id twf_gather_name(const struct twf_gather *g, struct twf_span name)
{
    unsigned slot, id;

    if (name.len == 0)
        return TWF_FIELD_OTHER;
    slot = slot_of(name);
    while ((id = g->names[slot]) != TWF_FIELD_OTHER) {
        if (known[id].len == name.len &&
            g->kernels->eqfold(name.ptr, (const uint8_t *)known[id].name, name.len))
            return (enum twf_field_id)id;
        slot = (slot + 1) % TWF_GATHER_NAME_SLOTS;
    }
    return is_exchange_org(g, name) ? TWF_FIELD_MS_EXCHANGE_ORG : TWF_FIELD_OTHER;
}
