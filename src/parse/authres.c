/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication-Results, RFC 8601 section 2.2, read as a grammar and never by a search: what a
 * sender smuggles into a quoted local part or a comment stays there. Accepted beside the grammar:
 * no authserv-id (Exchange), "action=" without a ptype, results behind junk in an earlier one.
 */
#include "parse/parse.h"

#include "base/compiler.h"
#include "parse/trace_lex.h"

/* More than any server writes; what lies behind is not read and the field is not valid. */
enum { RESULTS_MAX = 64, PROPS_MAX = 512 };

struct reader {
    struct twf_lex lex;
    struct twf_arena *arena;
    struct twf_auth_result *results;
    struct twf_auth_prop *props;
    uint32_t result_count, prop_count, result_cap, prop_cap;
};

/* Behind a method: [ "/" version ] "=". Leaves p behind the '='. */
static bool take_equals(struct twf_lex *l)
{
    twf_lex_cfws(l, NULL);
    if (twf_lex_take(l, '/')) {
        twf_lex_cfws(l, NULL);
        twf_lex_keyword(l);
        twf_lex_cfws(l, NULL);
    }
    return twf_lex_take(l, '=');
}

/*
 * authserv-id [version] up to the first ';'. Nothing is taken where a method stands in its place.
 */
static struct twf_span take_id(struct reader *r)
{
    struct twf_lex *l = &r->lex, ahead = *l;
    struct twf_span id;

    if (twf_lex_keyword(&ahead).len > 0 && take_equals(&ahead))
        return twf_span(NULL, 0);
    id = twf_lex_unquote(r->arena, twf_lex_value(l));
    twf_lex_cfws(l, NULL);
    while (l->p < l->end && *l->p >= '0' && *l->p <= '9')
        l->p++;
    twf_lex_cfws(l, NULL);
    l->bad |= id.len == 0 || (l->p < l->end && *l->p != ';');
    return id;
}

/* Moves to the ';' that ends a result, or to the end. */
static void skip_result(struct twf_lex *l)
{
    twf_lex_cfws(l, NULL);
    while (l->p < l->end && *l->p != ';') {
        twf_lex_value(l);
        twf_lex_cfws(l, NULL);
    }
}

/* reasonspec, propspec or "action=". False where nothing of the kind stands. */
static bool take_prop(struct reader *r, struct twf_auth_result *result)
{
    struct twf_lex *l = &r->lex;
    struct twf_span ptype = twf_lex_keyword(l), name = {NULL, 0}, value;
    const uint8_t *from = l->p;

    twf_lex_cfws(l, NULL);
    if (l->p < l->end && *l->p != '.' && *l->p != '=') {
        l->p = from; /* a word that is no property; what follows may be one */
        return false;
    }
    if (ptype.len > 0 && twf_lex_take(l, '.')) {
        twf_lex_cfws(l, NULL);
        name = twf_lex_keyword(l);
        twf_lex_cfws(l, NULL);
        if (name.len == 0)
            return false;
    }
    if (ptype.len == 0 || !twf_lex_take(l, '='))
        return false;
    twf_lex_cfws(l, NULL);
    from = l->p;
    value = twf_lex_value(l);
    if (name.len == 0) {
        if (twf_span_is_fold(ptype, "reason") && result->reason.len == 0)
            result->reason = twf_lex_unquote(r->arena, value);
        else if (twf_span_is_fold(ptype, "action") && result->action.len == 0)
            result->action = twf_lex_unquote(r->arena, value);
        else
            l->bad = true;
        return true;
    }
    if (r->prop_count == r->prop_cap) {
        l->bad = true;
        return true;
    }
    r->props[r->prop_count++] = (struct twf_auth_prop){
        .ptype = ptype,
        .name = name,
        .value = twf_lex_unquote(r->arena, value),
        .off = twf_lex_off(l, from),
        .len = (uint32_t)value.len,
    };
    result->prop_count++;
    return true;
}

/* methodspec [reasonspec] *propspec, up to its ';'. */
static void take_result(struct reader *r)
{
    struct twf_lex *l = &r->lex;
    struct twf_auth_result result = {.props = r->props + r->prop_count};
    const uint8_t *from = l->p, *to;

    result.method = twf_lex_keyword(l);
    if (!take_equals(l) || result.method.len == 0) {
        /* "none" alone: no result. */
        l->bad |= !twf_span_is_fold(result.method, "none") || (l->p < l->end && *l->p != ';');
        skip_result(l);
        return;
    }
    twf_lex_cfws(l, NULL);
    result.result = twf_lex_keyword(l);
    to = l->p;
    twf_lex_cfws(l, &result.comment);
    while (l->p < l->end && *l->p != ';') {
        const uint8_t *before = l->p;

        if (!take_prop(r, &result)) {
            l->bad = true;
            twf_lex_value(l);
        }
        if (l->p == before) /* a byte that begins no word */
            l->p++;
        to = l->p;
        twf_lex_cfws(l, NULL);
    }
    result.off = twf_lex_off(l, from);
    result.len = (uint32_t)(to - from);
    r->results[r->result_count++] = result;
}

void twf_authres_parse(struct twf_arena *a, struct twf_span value, struct twf_authres *out)
{
    struct reader r = {.lex = twf_lex_init(value), .arena = a};

    *out = (struct twf_authres){0};
    twf_lex_cfws(&r.lex, NULL);
    if (r.lex.p == r.lex.end)
        return;
    /* A result has no less than "a=;" and a property than "a.b=": room that mostly nobody touches. */
    r.result_cap = (uint32_t)TWF_MIN(value.len / 3 + 1, (size_t)RESULTS_MAX);
    r.prop_cap = (uint32_t)TWF_MIN(value.len / 3 + 1, (size_t)PROPS_MAX);
    r.results = twf_arena_alloc(a, r.result_cap * sizeof(*r.results));
    r.props = twf_arena_alloc(a, r.prop_cap * sizeof(*r.props));
    if (r.results == NULL || r.props == NULL)
        return;
    out->authserv_id = take_id(&r);
    if (out->authserv_id.len > 0)
        skip_result(&r.lex);
    while (r.lex.p < r.lex.end) {
        twf_lex_take(&r.lex, ';');
        twf_lex_cfws(&r.lex, NULL);
        if (r.lex.p == r.lex.end || *r.lex.p == ';')
            continue;
        if (r.result_count == r.result_cap) {
            r.lex.bad = true;
            break;
        }
        take_result(&r);
    }
    out->results = r.results;
    out->result_count = r.result_count;
    out->valid = !r.lex.bad;
}
