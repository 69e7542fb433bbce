/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of fields into ids, by a hash over the length and the first eight bytes. All but a few of
 * the names in real mail that we do not read fall on an empty slot, and cost no comparison.
 */
#include "gather/field_names.h"

#include "base/compiler.h"
#include "gather/from_like.h"

static const char *const known[TWF_FIELD_COUNT] = {
#define F(id, text) [TWF_FIELD_##id] = text,
#include "flow/fields.def"
#undef F
};

static const uint8_t org_prefix[] = "x-ms-exchange-organization-";

_Static_assert(TWF_FIELD_COUNT <= TWF_GATHER_NAME_SLOTS / 2, "probing needs empty slots");
_Static_assert(TWF_FIELD_COUNT <= TWF_COUNT(((struct twf_picks *)0)->keys), "an id is a key");
_Static_assert(TWF_GATHER_NAME_SLOTS == 256, "a slot is the high byte of a product");
_Static_assert(sizeof(org_prefix) - 1 == TWF_GATHER_PREFIX, "its length is asked first");

static uint64_t first_word(const uint8_t *name, size_t len)
{
    return len < 8 ? twf_word_part(name, len) : twf_word(name);
}

/* A word of one of our names in lower case; '-' and digits have the bit anyway. */
static uint64_t lower_word(uint64_t ours, size_t len)
{
    return twf_word_first(ours | TWF_WORD_CASE, len);
}

static unsigned picks_slot(const struct twf_picks *t, unsigned id)
{
    return twf_picks_slot(t, twf_word(t->keys[id]), twf_word(t->keys[id] + 8));
}

/* Ids that begin alike one behind the other; false where two that do not share a slot. */
static bool fill_slots(struct twf_gather *g)
{
    struct twf_picks *t = &g->wanted;

    memset(t->slots, TWF_FIELD_OTHER, sizeof(t->slots));
    for (unsigned id = TWF_FIELD_COUNT; id-- > 0;) {
        uint8_t *slot = &t->slots[picks_slot(t, id)];

        if (g->known[id].len == 0)
            continue;
        if (*slot != TWF_FIELD_OTHER && memcmp(t->keys[*slot], t->keys[id], 16) != 0)
            return false;
        g->known[id].alike = *slot;
        *slot = (uint8_t)id;
    }
    return true;
}

/*
 * One odd factor in some dozen gives each beginning of a name in fields.def a slot of its own. The
 * search is the same on every run.
 */
static void build_picks(struct twf_gather *g)
{
    struct twf_picks *t = &g->wanted;

    memset(t->keys, ' ', sizeof(t->keys)); /* no name begins so */
    for (unsigned id = 0; id < TWF_FIELD_COUNT; id++) {
        size_t len = TWF_MIN(g->known[id].len, 16u);

        if (len > 0)
            memset(t->keys[id], 0, 16);
        for (size_t i = 0; i < len; i++)
            t->keys[id][i] = twf_lower_byte((uint8_t)known[id][i]);
    }
    t->factor = UINT64_C(0x9E3779B97F4A7C15);
    while (!fill_slots(g))
        t->factor = t->factor * UINT64_C(6364136223846793005) + 2;
    for (unsigned c = 0; c < TWF_COUNT(t->odd); c++)
        t->odd[c] = twf_may_reduce_to_from((uint8_t)c);
}

void twf_gather_names_build(struct twf_gather *g)
{
    memset(g->names, TWF_FIELD_OTHER, sizeof(g->names));
    for (unsigned id = 0; id < TWF_FIELD_COUNT; id++) {
        const uint8_t *name = (const uint8_t *)known[id];
        size_t len = name == NULL ? 0 : strlen(known[id]);
        uint64_t first = first_word(name, len);
        unsigned slot = twf_gather_slot(first, len);

        if (len == 0)
            continue;
        g->known[id] = (struct twf_gather_name){
            .first = lower_word(first, len),
            .last = len < 8 ? 0 : lower_word(twf_word(name + len - 8), 8),
            .len = (uint32_t)len,
        };
        while (g->names[slot] != TWF_FIELD_OTHER)
            slot = (slot + 1) % TWF_GATHER_NAME_SLOTS;
        g->names[slot] = (uint8_t)id;
    }
    build_picks(g);
}

bool twf_gather_same_rest(const struct twf_gather *g, unsigned id, const uint8_t *name)
{
    return g->kernels->eqfold(name + 16, (const uint8_t *)known[id] + 16, g->known[id].len - 16);
}

static inline bool is_name(const struct twf_gather *g, unsigned id, uint64_t first,
                           const uint8_t *name, size_t len)
{
    const struct twf_gather_name *k = &g->known[id];

    return k->len == len && twf_gather_same_word(first, k->first) &&
           (len <= 8 ||
            (len <= 16 ? twf_gather_same_word(twf_word(name + len - 8), k->last)
                       : g->kernels->eqfold(name + 8, (const uint8_t *)known[id] + 8, len - 8)));
}

bool twf_gather_is_org(const struct twf_gather *g, const uint8_t *name)
{
    /* One byte tells it from the X-MS-Exchange-CrossTenant-* and -Transport-* beside it. */
    return (name[14] | 0x20) == 'o' && g->kernels->eqfold(name, org_prefix, TWF_GATHER_PREFIX);
}

enum twf_field_id twf_gather_name_far(const struct twf_gather *g, unsigned slot, uint64_t first,
                                      const uint8_t *name, size_t len)
{
    unsigned id;

    for (; (id = g->names[slot]) != TWF_FIELD_OTHER; slot = (slot + 1) % TWF_GATHER_NAME_SLOTS) {
        if (is_name(g, id, first, name, len))
            return (enum twf_field_id)id;
    }
    return len > TWF_GATHER_PREFIX && twf_gather_is_org(g, name) ? TWF_FIELD_MS_EXCHANGE_ORG
                                                                 : TWF_FIELD_OTHER;
}

enum twf_field_id twf_gather_name(const struct twf_gather *g, struct twf_span name)
{
    if (name.len == 0)
        return TWF_FIELD_OTHER;
    return twf_gather_name_of(g, first_word(name.ptr, name.len), name.ptr, name.len);
}
