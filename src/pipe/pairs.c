/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe/pairs.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "pipe/hashset.h"

enum {
    LOCALS_MAX = 1000,
    SEEN_MAX = 1 << 19,
    RESERVED = 10000 /* rows of the total: the limit "rows" by default */
};

#define NONE UINT32_MAX /* no index */

struct org {
    struct twf_span name;
    uint64_t hash;         /* of the name */
    uint64_t as_p1, as_p2; /* judged messages */
};

struct pair {
    struct twf_pair row;
    uint32_t p2, p1;       /* organizations */
    uint64_t hash;         /* of both names */
};

/* A local part seen at a pair: what a job hands to the writer. */
struct local {
    uint32_t pair;
    uint64_t hash;
};

struct twf_pairs {
    struct twf_arena names;
    struct twf_arena listed;         /* names of rows */
    const struct twf_redact *redact; /* or NULL */
    uint64_t pairs_max, seed;
    bool failed;
    struct org *orgs;
    size_t org_len, org_cap;
    struct pair *pairs;
    size_t pair_len, pair_cap;
    struct local *locals;   /* of a job only */
    size_t local_len, local_cap;
    uint32_t *org_slots, *pair_slots; /* NONE: free */
    size_t org_slot_cap, pair_slot_cap;
    struct twf_hashset seen;        /* of the total: (pair, local part); and pairs beyond the limit */
    uint64_t beyond;
    struct twf_pair *rows;
    uint32_t *places; /* of the total: where organizations and pairs of the job at hand are */
    size_t place_cap;
};

/*
 * Room for a total of n pairs, resident at once: growing would need old and new at the same time, and a long run is
 * not to need more memory than a short one.
 */
static bool reserve(struct twf_pairs *p, size_t n)
{
    size_t slots = 256;

    while (slots < 2 * 4 * n)
        slots *= 2;
    p->orgs = twf_malloc(4 * n * sizeof(*p->orgs));
    p->pairs = twf_malloc(n * sizeof(*p->pairs));
    p->org_slots = twf_malloc(slots * sizeof(*p->org_slots));
    p->pair_slots = twf_malloc(slots / 4 * sizeof(*p->pair_slots));
    if (p->orgs == NULL || p->pairs == NULL || p->org_slots == NULL || p->pair_slots == NULL)
        return false;
    memset(p->orgs, 0, 4 * n * sizeof(*p->orgs));
    memset(p->pairs, 0, n * sizeof(*p->pairs));
    p->org_cap = 4 * n;
    p->pair_cap = n;
    p->org_slot_cap = slots;
    p->pair_slot_cap = slots / 4;
    memset(p->org_slots, 0xFF, slots * sizeof(*p->org_slots));
    memset(p->pair_slots, 0xFF, slots / 4 * sizeof(*p->pair_slots));
    return true;
}

struct twf_pairs *twf_pairs_new(uint64_t pairs_max, uint64_t seed)
{
    struct twf_pairs *p = twf_calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->pairs_max = pairs_max;
    p->seed = seed;
    twf_hashset_init(&p->seen, SEEN_MAX);
    twf_arena_init(&p->names, 16384);
    twf_arena_init(&p->listed, 16384);
    if (pairs_max > 0 && !reserve(p, (size_t)TWF_MIN(pairs_max, (uint64_t)RESERVED))) {
        twf_pairs_free(p);
        return NULL;
    }
    return p;
}

void twf_pairs_free(struct twf_pairs *p)
{
    if (p == NULL)
        return;
    twf_arena_fini(&p->names);
    twf_arena_fini(&p->listed);
    twf_free(p->orgs);
    twf_free(p->pairs);
    twf_free(p->locals);
    twf_free(p->org_slots);
    twf_free(p->pair_slots);
    twf_hashset_fini(&p->seen);
    twf_free(p->rows);
    twf_free(p->places);
    twf_free(p);
}

void twf_pairs_reset(struct twf_pairs *p)
{
    if (p->org_len > 0)
        memset(p->org_slots, 0xFF, p->org_slot_cap * sizeof(*p->org_slots));
    if (p->pair_len > 0)
        memset(p->pair_slots, 0xFF, p->pair_slot_cap * sizeof(*p->pair_slots));
    twf_arena_reset(&p->names);
    p->org_len = p->pair_len = p->local_len = 0;
    p->failed = false;
}

bool twf_pairs_failed(const struct twf_pairs *p)
{
    return p->failed || p->names.failed;
}

/* Room for one more element of size; false without memory. */
static bool more(struct twf_pairs *p, void *array, size_t *cap, size_t len, size_t size)
{
    bool ok = twf_grow(array, cap, len + 1, size);

    p->failed |= !ok;
    return ok;
}

static uint64_t hash_name(const struct twf_pairs *p, struct twf_span name)
{
    return XXH3_64bits_withSeed(name.ptr, name.len, p->seed);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= b * UINT64_C(0x9E3779B97F4A7C15);
    a ^= a >> 29;
    a *= UINT64_C(0xBF58476D1CE4E5B9);
    return a ^ a >> 32;
}

/* Doubles a table of slots; the caller puts all elements in again. */
static bool widen(struct twf_pairs *p, uint32_t **slots, size_t *cap)
{
    size_t n = *cap == 0 ? 256 : 2 * *cap;
    uint32_t *fresh = twf_malloc(n * sizeof(*fresh));

    if (fresh == NULL) {
        p->failed = true;
        return false;
    }
    memset(fresh, 0xFF, n * sizeof(*fresh));
    twf_free(*slots);
    *slots = fresh;
    *cap = n;
    return true;
}

static void put_slot(uint32_t *slots, size_t cap, uint64_t hash, uint32_t value)
{
    size_t i = hash & (cap - 1);

    while (slots[i] != NONE)
        i = (i + 1) & (cap - 1);
    slots[i] = value;
}

/* Index of an organization with the hash of its name, added if there is room; else NONE. */
static uint32_t find_hashed(struct twf_pairs *p, struct twf_span name, uint64_t hash)
{
    if (2 * p->org_len >= p->org_slot_cap) {
        if (!widen(p, &p->org_slots, &p->org_slot_cap))
            return NONE;
        for (size_t k = 0; k < p->org_len; k++)
            put_slot(p->org_slots, p->org_slot_cap, p->orgs[k].hash, (uint32_t)k);
    }
    for (size_t i = hash & (p->org_slot_cap - 1); p->org_slots[i] != NONE;
         i = (i + 1) & (p->org_slot_cap - 1)) {
        const struct org *at = &p->orgs[p->org_slots[i]];

        if (at->hash == hash && twf_span_eq(at->name, name))
            return p->org_slots[i];
    }
    if ((p->pairs_max > 0 && p->org_len >= 4 * p->pairs_max) ||
        !more(p, &p->orgs, &p->org_cap, p->org_len, sizeof(*p->orgs)))
        return NONE;
    p->orgs[p->org_len] = (struct org){.name = twf_arena_copy(&p->names, name), .hash = hash};
    put_slot(p->org_slots, p->org_slot_cap, hash, (uint32_t)p->org_len);
    return (uint32_t)p->org_len++;
}

static uint32_t find_org(struct twf_pairs *p, struct twf_span name)
{
    return find_hashed(p, name, hash_name(p, name));
}

static uint64_t pair_hash(const struct twf_pairs *p, uint32_t p2, uint32_t p1)
{
    return mix(p->orgs[p2].hash, p->orgs[p1].hash);
}

/* Index of a pair, added if there is room; else NONE. */
static uint32_t find_pair(struct twf_pairs *p, uint32_t p2, uint32_t p1)
{
    uint64_t hash = mix(p2, p1);
    struct pair *fresh;

    if (2 * p->pair_len >= p->pair_slot_cap) {
        if (!widen(p, &p->pair_slots, &p->pair_slot_cap))
            return NONE;
        for (size_t k = 0; k < p->pair_len; k++)
            put_slot(p->pair_slots, p->pair_slot_cap, mix(p->pairs[k].p2, p->pairs[k].p1), (uint32_t)k);
    }
    for (size_t i = hash & (p->pair_slot_cap - 1); p->pair_slots[i] != NONE;
         i = (i + 1) & (p->pair_slot_cap - 1)) {
        const struct pair *at = &p->pairs[p->pair_slots[i]];

        if (at->p2 == p2 && at->p1 == p1)
            return p->pair_slots[i];
    }
    if ((p->pairs_max > 0 && p->pair_len >= p->pairs_max) ||
        !more(p, &p->pairs, &p->pair_cap, p->pair_len, sizeof(*p->pairs)))
        return NONE;
    fresh = &p->pairs[p->pair_len];
    *fresh = (struct pair){.p2 = p2, .p1 = p1, .hash = pair_hash(p, p2, p1)};
    fresh->row.first_us = fresh->row.last_us = INT64_MIN;
    put_slot(p->pair_slots, p->pair_slot_cap, hash, (uint32_t)p->pair_len);
    return (uint32_t)p->pair_len++;
}

static void add_time(struct twf_pair *row, int64_t us)
{
    if (us == INT64_MIN)
        return;
    if (row->first_us == INT64_MIN || us < row->first_us)
        row->first_us = us;
    if (row->last_us == INT64_MIN || us > row->last_us)
        row->last_us = us;
}

static void add_id(struct twf_pairs *p, struct twf_pair *row, struct twf_span id)
{
    if (id.len > 0 && row->id_count < TWF_COUNT(row->ids))
        row->ids[row->id_count++] = twf_arena_copy(&p->names, id);
}

/* The same for that of a message, which --redact may want otherwise. */
static void add_own_id(struct twf_pairs *p, struct twf_pair *row, struct twf_span id)
{
    struct twf_buf text;

    if (p->redact == NULL || row->id_count == TWF_COUNT(row->ids)) {
        add_id(p, row, id);
        return;
    }
    twf_buf_init(&text);
    twf_redact_address(p->redact, id, &text);
    add_id(p, row, twf_buf_view(&text));
    p->failed |= text.failed;
    twf_buf_fini(&text);
}

/* A job notes each local part once in a row; the writer finds out which are distinct. */
static void note_local(struct twf_pairs *p, uint32_t pair, struct twf_span local)
{
    struct local *last = p->local_len > 0 ? &p->locals[p->local_len - 1] : NULL;
    uint64_t hash = hash_name(p, local);

    if (local.len == 0 || (last != NULL && last->pair == pair && last->hash == hash) ||
        !more(p, &p->locals, &p->local_cap, p->local_len, sizeof(*p->locals)))
        return;
    p->locals[p->local_len++] = (struct local){pair, hash};
}

void twf_pairs_add(struct twf_pairs *p, const struct twf_verdict *v)
{
    uint32_t p2 = v->p2_domain.org.len > 0 ? find_org(p, v->p2_domain.org) : NONE;
    uint32_t p1 = v->p1_domain.org.len == 0 ? NONE
                  : p2 != NONE && twf_span_eq(v->p1_domain.org, v->p2_domain.org)
                      ? p2
                      : find_org(p, v->p1_domain.org);
    struct twf_pair *row;
    uint32_t at;

    if (p2 != NONE)
        p->orgs[p2].as_p2++;
    if (p1 != NONE)
        p->orgs[p1].as_p1++;
    if (v->relation != TWF_RELATION_MISMATCH || p1 == NONE || p2 == NONE)
        return;
    at = find_pair(p, p2, p1);
    if (at == NONE)
        return;
    row = &p->pairs[at].row;
    row->messages++;
    row->authenticated +=
        twf_span_is(v->stated.dkim, "pass") || twf_span_is(v->stated.dmarc, "pass");
    add_time(row, v->date_us);
    add_own_id(p, row, v->message_id);
    note_local(p, at, v->p1_local);
}

static void join_pair(struct twf_pairs *to, const struct twf_pair *from, struct twf_pair *row)
{
    row->messages += from->messages;
    row->authenticated += from->authenticated;
    add_time(row, from->first_us);
    add_time(row, from->last_us);
    for (uint32_t i = 0; i < from->id_count; i++)
        add_id(to, row, from->ids[i]);
}

/* Where a pair of a job is in the total; orgs: where its organizations are. */
static uint32_t place_pair(struct twf_pairs *to, const struct pair *from, const uint32_t *orgs)
{
    uint32_t p2 = orgs[from->p2], p1 = orgs[from->p1];
    uint32_t at = p1 == NONE || p2 == NONE ? NONE : find_pair(to, p2, p1);
    bool is_new;

    if (at == NONE && twf_hashset_add(&to->seen, from->hash, &is_new))
        to->beyond += is_new;
    return at;
}

/* Adds the organizations of a job up; where they are in the total to places. */
static void join_orgs(struct twf_pairs *to, const struct twf_pairs *job, uint32_t *places)
{
    for (size_t i = 0; i < job->org_len; i++) {
        const struct org *from = &job->orgs[i];
        uint32_t at = find_hashed(to, from->name, from->hash);

        places[i] = at;
        if (at == NONE)
            continue;
        to->orgs[at].as_p1 += from->as_p1;
        to->orgs[at].as_p2 += from->as_p2;
    }
}

void twf_pairs_join(struct twf_pairs *to, const struct twf_pairs *job)
{
    size_t count = job->org_len + job->pair_len;
    uint32_t *orgs, *places;

    assert(to->seed == job->seed);
    to->failed |= job->failed || job->names.failed ||
                  !twf_grow(&to->places, &to->place_cap, count, sizeof(*to->places));
    if (to->failed || count == 0)
        return;
    orgs = to->places;
    places = orgs + job->org_len;
    join_orgs(to, job, orgs);
    for (size_t i = 0; i < job->pair_len; i++) {
        places[i] = place_pair(to, &job->pairs[i], orgs);
        if (places[i] != NONE)
            join_pair(to, &job->pairs[i].row, &to->pairs[places[i]].row);
    }
    for (size_t i = 0; i < job->local_len; i++) {
        uint32_t at = places[job->locals[i].pair];
        bool is_new;

        if (at != NONE && to->pairs[at].row.p1_locals < LOCALS_MAX &&
            twf_hashset_add(&to->seen, mix(to->pairs[at].hash, job->locals[i].hash), &is_new))
            to->pairs[at].row.p1_locals += is_new;
    }
}

/* Section 8: protected first, then rare, then frequent, then by bytes. */
static int compare(const void *va, const void *vb)
{
    const struct twf_pair *a = va, *b = vb;
    int order;

    if (a->is_protected != b->is_protected)
        return a->is_protected ? -1 : 1;
    if (a->rarity < b->rarity || a->rarity > b->rarity)
        return a->rarity < b->rarity ? -1 : 1;
    if (a->messages != b->messages)
        return a->messages > b->messages ? -1 : 1;
    order = twf_span_cmp(a->p2_org, b->p2_org);
    return order != 0 ? order : twf_span_cmp(a->p1_org, b->p1_org);
}

/* An organization as the table shows it. The copies last as long as the names. */
static struct twf_span shown(struct twf_pairs *p, struct twf_span name)
{
    struct twf_buf text;

    if (p->redact == NULL)
        return name;
    twf_buf_init(&text);
    twf_redact_domain(p->redact, name, &text);
    name = text.failed ? twf_span(NULL, 0) : twf_arena_copy(&p->listed, twf_buf_view(&text));
    twf_buf_fini(&text);
    return name;
}

const struct twf_pair *twf_pairs_list(struct twf_pairs *p, const struct twf_domain_set *protect,
                                      uint64_t *listed, uint64_t *count)
{
    *listed = 0;
    *count = p->pair_len + p->beyond;
    twf_free(p->rows);
    twf_arena_reset(&p->listed);
    p->rows = twf_malloc((p->pair_len + 1) * sizeof(*p->rows));
    if (p->rows == NULL)
        return NULL;
    for (size_t i = 0; i < p->pair_len; i++) {
        const struct pair *from = &p->pairs[i];
        const struct org *p2 = &p->orgs[from->p2], *p1 = &p->orgs[from->p1];
        uint64_t least = TWF_MIN(p2->as_p2, p1->as_p1);
        struct twf_pair *row = &p->rows[i];

        *row = from->row;
        row->p2_org = shown(p, p2->name);
        row->p1_org = shown(p, p1->name);
        row->rarity = least == 0 ? 1.0 : (double)row->messages / (double)least;
        row->is_protected = protect != NULL && twf_domain_set_has(protect, p2->name);
    }
    if (p->pair_len > 1)
        qsort(p->rows, p->pair_len, sizeof(*p->rows), compare);
    *listed = p->pair_len;
    return p->rows;
}

/* ---- for a checkpoint ---- */

enum { NAME_MAX_LEN = 1 << 20 };

void twf_pairs_redact(struct twf_pairs *p, const struct twf_redact *r)
{
    p->redact = r;
}

void twf_pairs_seed(struct twf_pairs *p, uint64_t seed)
{
    p->seed = seed;
}

static void save_row(const struct twf_pair *row, struct twf_buf *out)
{
    twf_save_u64(out, row->messages);
    twf_save_u64(out, row->authenticated);
    twf_save_i64(out, row->first_us);
    twf_save_i64(out, row->last_us);
    twf_save_u64(out, row->p1_locals);
    twf_save_u64(out, row->id_count);
    for (uint32_t i = 0; i < row->id_count; i++)
        twf_save_bytes(out, row->ids[i]);
}

static void load_row(struct twf_pairs *p, struct twf_pair *row, struct twf_saved *in)
{
    uint32_t n;

    row->messages = twf_saved_u64(in);
    row->authenticated = twf_saved_u64(in);
    row->first_us = twf_saved_i64(in);
    row->last_us = twf_saved_i64(in);
    row->p1_locals = twf_saved_u64(in);
    n = (uint32_t)twf_saved_max(in, TWF_COUNT(row->ids));
    for (uint32_t i = 0; i < n; i++)
        add_id(p, row, twf_saved_bytes(in, NAME_MAX_LEN));
}

void twf_pairs_save(const struct twf_pairs *p, struct twf_buf *out)
{
    twf_save_u64(out, p->org_len);
    for (size_t i = 0; i < p->org_len; i++) {
        twf_save_bytes(out, p->orgs[i].name);
        twf_save_u64(out, p->orgs[i].as_p1);
        twf_save_u64(out, p->orgs[i].as_p2);
    }
    twf_save_u64(out, p->pair_len);
    for (size_t i = 0; i < p->pair_len; i++) {
        twf_save_u64(out, p->pairs[i].p2);
        twf_save_u64(out, p->pairs[i].p1);
        save_row(&p->pairs[i].row, out);
    }
    twf_save_u64(out, p->beyond);
    twf_hashset_save(&p->seen, out);
}

void twf_pairs_load(struct twf_pairs *p, struct twf_saved *in)
{
    size_t orgs = twf_saved_count(in, 24), pairs;

    for (size_t i = 0; i < orgs && !in->bad && !p->failed; i++) {
        uint32_t at = find_org(p, twf_saved_bytes(in, NAME_MAX_LEN));
        uint64_t as_p1 = twf_saved_u64(in), as_p2 = twf_saved_u64(in);

        twf_saved_need(in, at == i); /* each once, and no more than there is room for */
        if (at == i)
            p->orgs[i] = (struct org){p->orgs[i].name, p->orgs[i].hash, as_p1, as_p2};
    }
    pairs = twf_saved_count(in, 64);
    for (size_t i = 0; i < pairs && !in->bad && !p->failed; i++) {
        uint64_t p2 = twf_saved_u64(in), p1 = twf_saved_u64(in);

        twf_saved_need(in, p2 < p->org_len && p1 < p->org_len);
        if (in->bad)
            break;
        twf_saved_need(in, find_pair(p, (uint32_t)p2, (uint32_t)p1) == i);
        if (!in->bad)
            load_row(p, &p->pairs[i].row, in);
    }
    p->beyond = twf_saved_u64(in);
    p->failed |= !twf_hashset_load(&p->seen, in);
}
