/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in a table with open addressing; its key is the host in lower case and the build. */
#include "api/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gather/gather.h"
#include "parse/parse.h"
#include "pipe/record.h"

enum { HOPS_MAX = 64, HOST_MAX = 255 };

const char *const twf_server_scope_names[3] = {"own", "assumed", "other"};

/* One line of a message that an Exchange server wrote. */
struct hop {
    struct twf_span host;
    bool has_build, is_top; /* is_top: only such lines stand above it, of the same domain */
    uint32_t build[4];
    int64_t us;
};

void twf_inventory_init(struct twf_inventory *v, const struct twf_exchange_table *t,
                        const struct twf_strings *own, bool keep_all, uint64_t row_most)
{
    *v = (struct twf_inventory){
        .table = t,
        .own = own,
        .keep_all = keep_all,
        .row_most = (size_t)TWF_MIN(row_most, (uint64_t)1 << 24),
        .online = {.scope = TWF_SERVER_OTHER, .first_us = INT64_MIN, .last_us = INT64_MIN}};
    twf_arena_init(&v->names, 65536);
    twf_arena_init(&v->message, 65536);
}

void twf_inventory_fini(struct twf_inventory *v)
{
    twf_arena_fini(&v->names);
    twf_arena_fini(&v->message);
    twf_free(v->rows);
    twf_free(v->slots);
    v->rows = NULL;
    v->slots = NULL;
}

/* ---- rows ---- */

static size_t slot_of(const struct twf_inventory *v, struct twf_span host, const struct hop *h)
{
    uint8_t key[HOST_MAX + sizeof(h->build) + 1];
    char hex[33];
    size_t at;

    memcpy(key, host.ptr, host.len);
    memset(key + host.len, 0, sizeof(key) - host.len);
    if (h->has_build)
        memcpy(key + host.len + 1, h->build, sizeof(h->build));
    twf_hash_hex(key, host.len + 1 + sizeof(h->build), hex);
    hex[8] = '\0';
    for (at = (size_t)strtoul(hex, NULL, 16) & (v->slot_count - 1); v->slots[at] != 0;
         at = (at + 1) & (v->slot_count - 1)) {
        const struct twf_server *s = &v->rows[v->slots[at] - 1];

        if (twf_span_is(host, s->host) && s->has_build == h->has_build &&
            (!h->has_build || memcmp(s->build, h->build, sizeof(s->build)) == 0))
            break;
    }
    return at;
}

/* Twice the slots, every row in its place. */
static bool grow_slots(struct twf_inventory *v)
{
    size_t count = v->slot_count == 0 ? 64 : v->slot_count * 2;
    uint32_t *slots = twf_calloc(count, sizeof(*slots));

    if (slots == NULL)
        return false;
    twf_free(v->slots);
    v->slots = slots;
    v->slot_count = count;
    for (size_t i = 0; i < v->row_count; i++) {
        struct hop h = {.has_build = v->rows[i].has_build};

        memcpy(h.build, v->rows[i].build, sizeof(h.build));
        v->slots[slot_of(v, twf_span_str(v->rows[i].host), &h)] = (uint32_t)i + 1;
    }
    return true;
}

static bool grow_rows(struct twf_inventory *v)
{
    size_t cap = v->row_cap == 0 ? 64 : v->row_cap * 2;
    struct twf_server *rows = twf_realloc(v->rows, cap * sizeof(*rows));

    if (rows == NULL)
        return false;
    v->rows = rows;
    v->row_cap = cap;
    return true;
}

/* The row of a hop; NULL beyond the limit, and without memory (failed). */
static struct twf_server *row_of(struct twf_inventory *v, const struct hop *h)
{
    struct twf_server *s;
    char *host;
    size_t at;

    if ((v->row_count + 1) * 2 > v->slot_count && !grow_slots(v)) {
        v->failed = true;
        return NULL;
    }
    at = slot_of(v, h->host, h);
    if (v->slots[at] != 0)
        return &v->rows[v->slots[at] - 1];
    if (v->row_count >= v->row_most)
        return NULL;
    host = twf_arena_alloc(&v->names, h->host.len + 1);
    if (host == NULL || (v->row_count == v->row_cap && !grow_rows(v))) {
        v->failed = true;
        return NULL;
    }
    memcpy(host, h->host.ptr, h->host.len);
    host[h->host.len] = '\0';
    s = &v->rows[v->row_count++];
    *s = (struct twf_server){.host = host,
                             .has_build = h->has_build,
                             .scope = TWF_SERVER_OTHER,
                             .first_us = INT64_MIN,
                             .last_us = INT64_MIN};
    memcpy(s->build, h->build, sizeof(s->build));
    v->slots[at] = (uint32_t)v->row_count;
    return s;
}

/* ---- hops of a message ---- */

/* The last two labels. */
static struct twf_span domain_of(struct twf_span host)
{
    unsigned dots = 0;

    for (size_t i = host.len; i > 0; i--) {
        if (host.ptr[i - 1] == '.' && ++dots == 2)
            return twf_span_slice(host, i, host.len);
    }
    return host;
}

/* In lower case; a name with other bytes than a host has is not kept as it stands. */
static struct twf_span clean_host(struct twf_arena *a, struct twf_span by)
{
    uint8_t *to = twf_arena_alloc(a, HOST_MAX);
    size_t n = TWF_MIN(by.len, (size_t)HOST_MAX);

    if (to == NULL)
        return (struct twf_span){NULL, 0};
    for (size_t i = 0; i < n; i++)
        to[i] = by.ptr[i] > ' ' && by.ptr[i] < 0x7F ? twf_lower_byte(by.ptr[i]) : '?';
    return twf_span(to, n);
}

/* Received fields from the top; those of Exchange into hops. */
static size_t read_hops(struct twf_inventory *v, const struct twf_head *head,
                        struct hop hops[HOPS_MAX])
{
    const struct twf_field *f = twf_head_first(head, TWF_FIELD_RECEIVED);
    bool top = true;
    size_t n = 0;

    for (; f != NULL && n < HOPS_MAX; f = twf_head_next(head, f)) {
        struct hop *h = &hops[n];
        struct twf_received r;

        twf_received_parse(&v->message, twf_unfold(&v->message, twf_field_value(head, f)), &r);
        *h = (struct hop){.us = INT64_MIN};
        if (!twf_exchange_hop(&r, &h->has_build, h->build)) {
            top = false;
            continue;
        }
        if (!h->has_build)
            memset(h->build, 0, sizeof(h->build));
        h->host = clean_host(&v->message, r.by);
        if (h->host.ptr == NULL)
            break;
        top = top && (n == 0 || twf_span_eq(domain_of(h->host), domain_of(hops[0].host)));
        h->is_top = top;
        if (!twf_date_parse(r.date, &h->us))
            h->us = INT64_MIN;
        n++;
    }
    return n;
}

static enum twf_server_scope scope_of(const struct twf_inventory *v, const struct hop *h)
{
    if (v->own->len == 0)
        return h->is_top ? TWF_SERVER_ASSUMED : TWF_SERVER_OTHER;
    for (size_t i = 0; i < v->own->len; i++) {
        const char *own = v->own->items[i];

        if (own[0] == '.' ? twf_span_ends_fold(h->host, own) || twf_span_is_fold(h->host, own + 1)
                          : twf_span_is_fold(h->host, own))
            return TWF_SERVER_OWN;
    }
    return TWF_SERVER_OTHER;
}

/* Names that nobody asks for would only fill the table: senders can invent as many as they like. */
static void add_hop(struct twf_inventory *v, const struct hop *h, enum twf_server_scope scope,
                    bool is_online, bool tagged)
{
    struct twf_server *s;

    if (!v->keep_all && scope == TWF_SERVER_OTHER)
        return;
    s = is_online && !v->keep_all ? &v->online : row_of(v, h);
    if (s == NULL) {
        v->more_hops++;
        return;
    }
    s->hops++;
    s->scope = TWF_MIN(s->scope, scope);
    if (s->last_message != v->messages) {
        s->last_message = v->messages;
        s->messages++;
        s->tags += tagged;
    }
    if (h->us == INT64_MIN) {
        s->undated++;
        return;
    }
    if (s->first_us == INT64_MIN || h->us < s->first_us)
        s->first_us = h->us;
    s->last_us = TWF_MAX(s->last_us, h->us);
}

/* ---- a message ---- */

/* Yes with one own server that tags; no if all of them are known not to. Online is not known to. */
static enum twf_tag_able able_of(const uint64_t own[TWF_EXCHANGE_STATUS_COUNT])
{
    if (own[TWF_EXCHANGE_SUV1] + own[TWF_EXCHANGE_SUV2] + own[TWF_EXCHANGE_CURRENT] > 0)
        return TWF_ABLE_YES;
    return own[TWF_EXCHANGE_UNPATCHED] > 0 &&
                   own[TWF_EXCHANGE_ONLINE] + own[TWF_EXCHANGE_UNREADABLE] == 0
               ? TWF_ABLE_NO
               : TWF_ABLE_UNKNOWN;
}

/* The best own hop: current, suv2, suv1, unpatched, online, none. */
static enum twf_exchange_status best_of(const uint64_t own[TWF_EXCHANGE_STATUS_COUNT])
{
    static const enum twf_exchange_status order[] = {TWF_EXCHANGE_CURRENT, TWF_EXCHANGE_SUV2,
                                                     TWF_EXCHANGE_SUV1, TWF_EXCHANGE_UNPATCHED,
                                                     TWF_EXCHANGE_ONLINE};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (own[order[i]] > 0)
            return order[i];
    }
    return TWF_EXCHANGE_UNREADABLE;
}

enum twf_tag_result twf_inventory_take(struct twf_inventory *v, const struct twf_head *head,
                                       const struct twf_verdict *verdict)
{
    struct hop hops[HOPS_MAX];
    uint64_t own[TWF_EXCHANGE_STATUS_COUNT] = {0};
    enum twf_tag_result result;
    size_t n;

    twf_arena_reset(&v->message);
    v->messages++;
    n = read_hops(v, head, hops);
    for (size_t i = 0; i < n; i++) {
        enum twf_server_scope scope = scope_of(v, &hops[i]);
        struct twf_exchange_judgement j;

        twf_exchange_judge(v->table, hops[i].host, hops[i].has_build ? hops[i].build : NULL, &j);
        add_hop(v, &hops[i], scope, j.status == TWF_EXCHANGE_ONLINE, verdict->exchange_tag_present);
        own[j.status] += scope != TWF_SERVER_OTHER;
    }
    v->best[best_of(own)]++;
    result = twf_tag_compare(verdict, &v->apart);
    v->tags[result][able_of(own)]++;
    v->failed |= v->message.failed != 0;
    return result;
}

/* ---- the end ---- */

static int by_place(const void *a, const void *b)
{
    const struct twf_server *x = a, *y = b;
    bool x_own = x->scope != TWF_SERVER_OTHER, y_own = y->scope != TWF_SERVER_OTHER;
    int c;

    if (x_own != y_own)
        return x_own ? -1 : 1;
    if ((c = strcmp(x->host, y->host)) != 0)
        return c;
    if (x->last_us != y->last_us)
        return x->last_us < y->last_us ? -1 : 1;
    for (int i = 0; i < 4; i++) {
        if (x->build[i] != y->build[i])
            return x->build[i] < y->build[i] ? -1 : 1;
    }
    return x->has_build - y->has_build;
}

void twf_inventory_sort(struct twf_inventory *v)
{
    if (v->row_count > 0)
        qsort(v->rows, v->row_count, sizeof(*v->rows), by_place);
    for (size_t i = 0; i < v->row_count; i++) {
        struct twf_server *s = &v->rows[i];

        twf_exchange_judge(v->table, twf_span_str(s->host), s->has_build ? s->build : NULL,
                           &s->judgement);
    }
    /* The slots named rows by their old places. */
    twf_free(v->slots);
    v->slots = NULL;
    v->slot_count = 0;
}

void twf_server_build_text(const struct twf_server *s, char text[48])
{
    if (s->has_build)
        (void)snprintf(text, 48, "%u.%u.%u.%u", s->build[0], s->build[1], s->build[2], s->build[3]);
    else
        (void)snprintf(text, 48, "-");
}
