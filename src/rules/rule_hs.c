/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hyperscan finds candidates, so an expression may be weaker than the rule's: of a plain value only
 * its longest run of bytes is looked for, and what Hyperscan lacks it may approximate (prefilter).
 */
#include "rules/rule_hs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "base/alloc.h"

void twf_rule_hs_expression(const struct rule_atom *a, struct twf_buf *out, unsigned *flags)
{
    struct rule_run run;

    twf_buf_reset(out);
    *flags = HS_FLAG_MULTILINE;
    if (a->test == RULE_TEST_REGEX) {
        *flags |= (a->flags & RULE_REGEX_I) != 0 ? HS_FLAG_CASELESS : 0u;
        *flags |= (a->flags & RULE_REGEX_S) != 0 ? HS_FLAG_DOTALL : 0u;
        twf_buf_span(out, a->text);
    } else {
        run = twf_rule_glob_run(&a->glob);
        *flags |= a->cased ? 0u : HS_FLAG_CASELESS;
        if (run.at_start)
            twf_buf_byte(out, '^');
        for (uint32_t i = 0; i < run.len; i++)
            twf_buf_printf(out, "\\x%02x", run.tokens[i]);
        if (run.at_end)
            twf_buf_byte(out, '$');
    }
    twf_buf_byte(out, '\0');
}

bool twf_rule_hs_usable(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

bool twf_rule_hs_platform(char *out, size_t size)
{
    hs_platform_info_t p;
    int n;

    if (hs_populate_platform(&p) != HS_SUCCESS)
        return false;
    n = snprintf(out, size, "%s tune=%u features=%llx", hs_version(), p.tune, p.cpu_features);
    return n > 0 && (size_t)n < size;
}

/* Hyperscan tells a lack of memory as it tells a wrong pattern, but for the words. */
static bool is_starved(const hs_compile_error_t *why)
{
    return why != NULL && why->message != NULL && strstr(why->message, "allocate memory") != NULL;
}

static bool accepts(const char *expression, unsigned flags, bool *starved)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *why = NULL;
    bool ok = hs_expression_info(expression, flags, &info, &why) == HS_SUCCESS;

    *starved |= is_starved(why);
    (void)hs_free_compile_error(why);
    free(info); /* by the allocator of the library, which is malloc's unless somebody set another */
    return ok;
}

bool twf_rule_hs_check(struct rule_pattern *p)
{
    bool starved = false;

    if (accepts(p->expression, p->flags, &starved)) {
        p->engine = RULE_ENGINE_EXACTLY;
    } else if (accepts(p->expression, p->flags | HS_FLAG_PREFILTER, &starved)) {
        p->flags |= HS_FLAG_PREFILTER;
        p->engine = RULE_ENGINE_PREFILTER;
    } else {
        p->engine = RULE_ENGINE_SLOW;
    }
    return !starved;
}

struct lists {
    const char **expressions;
    unsigned *flags, *ids;
    uint32_t *index; /* of each in the patterns */
};

static bool lists_init(struct lists *l, uint32_t count)
{
    l->expressions = twf_calloc(count + 1u, sizeof(*l->expressions));
    l->flags = twf_calloc(count + 1u, sizeof(*l->flags));
    l->ids = twf_calloc(count + 1u, sizeof(*l->ids));
    l->index = twf_calloc(count + 1u, sizeof(*l->index));
    return l->expressions != NULL && l->flags != NULL && l->ids != NULL && l->index != NULL;
}

static void lists_fini(struct lists *l)
{
    twf_free(l->expressions);
    twf_free(l->flags);
    twf_free(l->ids);
    twf_free(l->index);
}

/* One try; *refused: the pattern that must be left out, or RULE_NONE. */
static hs_database_t *try_compile(struct lists *l, const struct rule_pattern *p, uint32_t count,
                                  bool *any, uint32_t *refused)
{
    hs_compile_error_t *why = NULL;
    hs_database_t *database = NULL;
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (p[i].engine == RULE_ENGINE_SLOW)
            continue;
        l->expressions[n] = p[i].expression;
        l->flags[n] = p[i].flags;
        l->ids[n] = p[i].id;
        l->index[n++] = i;
    }
    *any = n > 0;
    *refused = RULE_NONE;
    if (n == 0)
        return NULL;
    if (hs_compile_multi(l->expressions, l->flags, l->ids, n, HS_MODE_BLOCK, NULL, &database,
                         &why) != HS_SUCCESS &&
        why != NULL && why->expression >= 0 && !is_starved(why))
        *refused = l->index[why->expression];
    (void)hs_free_compile_error(why);
    return database;
}

bool twf_rule_hs_compile(struct rule_pattern *p, uint32_t count, char **bytes, size_t *len)
{
    struct lists l = {0};
    hs_database_t *database = NULL;
    uint32_t refused = RULE_NONE;
    bool any = true, ok = lists_init(&l, count);

    *bytes = NULL;
    *len = 0;
    while (ok && any && database == NULL) {
        database = try_compile(&l, p, count, &any, &refused);
        if (refused != RULE_NONE)
            p[refused].engine = RULE_ENGINE_SLOW;
        else
            ok = database != NULL || !any;
    }
    if (database != NULL)
        ok = hs_serialize_database(database, bytes, len) == HS_SUCCESS;
    (void)hs_free_database(database);
    lists_fini(&l);
    return ok;
}

void *twf_rule_hs_open(const void *bytes, size_t len)
{
    hs_database_t *database = NULL;

    return hs_deserialize_database(bytes, len, &database) == HS_SUCCESS ? database : NULL;
}

void twf_rule_hs_close(void *database)
{
    (void)hs_free_database(database);
}

bool twf_rule_hs_scratch(const void *database, void **scratch)
{
    hs_scratch_t *s = *scratch;
    bool ok = hs_alloc_scratch(database, &s) == HS_SUCCESS;

    *scratch = s;
    return ok;
}

void twf_rule_hs_scratch_free(void *scratch)
{
    (void)hs_free_scratch(scratch);
}

bool twf_rule_hs_scan(const void *database, void *scratch, struct twf_span text, twf_rule_hs_fn *fn,
                      void *ctx)
{
    if (text.len == 0)
        return true;
    return text.len <= UINT32_MAX && hs_scan(database, (const char *)text.ptr, (unsigned)text.len,
                                             0, scratch, fn, ctx) == HS_SUCCESS;
}
