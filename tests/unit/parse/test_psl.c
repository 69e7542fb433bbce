/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suffix list: libpsl on the same file as oracle, for names made of every rule; a small list
 * of our own; what is no list; failing memory.
 */
#define _GNU_SOURCE
#include "vectors.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "parse/parse.h"
#include "parse/psl_table.h"

/* "co.uk" of "a.b.co.uk"; the whole name where it is a suffix. */
static struct twf_span org_of(const struct twf_psl *p, const char *name)
{
    struct twf_span s = twf_span_str(name);
    size_t at = twf_psl_find(p, s).suffix;

    if (at > 0) {
        for (at--; at > 0 && name[at - 1] != '.'; at--)
            continue;
    }
    return twf_span_slice(s, at, s.len);
}

static enum twf_status build(const char *text, struct twf_psl **out, struct twf_error *err)
{
    size_t len = strlen(text);
    char *exact = malloc(len > 0 ? len : 1);
    enum twf_status status;

    assert_non_null(exact);
    memcpy(exact, text, len);
    status = twf_psl_build(twf_span(exact, len), "2001-02-03", out, err);
    free(exact);
    return status;
}

static const char small[] = "// VERSION: 2024-11-19_08-27-53_UTC\r\n"
                            "\n"
                            "*\n"
                            "com\r\n"
                            "CO.Example  // what stands behind a blank is no rule\n"
                            "*.wild\n"
                            "!not.wild\n"
                            "both.example\n"
                            "*.both.example\n"
                            "a.b.c.deep\n"
                            "\xC3\xBC.de";

static void small_list(void **state)
{
    static const struct {
        const char *name, *org, *rule;
    } rows[] = {
        {"com", "com", "com"},
        {"x.com", "x.com", "com"},
        {"y.x.com", "x.com", "com"},
        {"xcom", "xcom", ""},
        {"a.xcom", "a.xcom", ""},
        {"x.y.co.example", "y.co.example", "co.example"},
        {"co.example", "co.example", "co.example"},
        {"y.example", "y.example", ""},
        {"wild", "wild", ""},
        {"x.wild", "x.wild", "*.wild"},
        {"y.x.wild", "y.x.wild", "*.wild"},
        {"z.y.x.wild", "y.x.wild", "*.wild"},
        {"not.wild", "not.wild", "!not.wild"},
        {"x.not.wild", "not.wild", "!not.wild"},
        {"both.example", "both.example", "both.example"},
        {"x.both.example", "x.both.example", "*.both.example"},
        {"y.x.both.example", "y.x.both.example", "*.both.example"},
        /* names that only lead to a rule */
        {"deep", "deep", ""},
        {"c.deep", "c.deep", ""},
        {"b.c.deep", "c.deep", ""},
        {"x.b.c.deep", "c.deep", ""},
        {"a.b.c.deep", "a.b.c.deep", "a.b.c.deep"},
        {"x.a.b.c.deep", "x.a.b.c.deep", "a.b.c.deep"},
        {"x.xn--tda.de", "x.xn--tda.de", "\xC3\xBC.de"},
        {"x.y.xn--tda.de", "y.xn--tda.de", "\xC3\xBC.de"},
    };
    struct twf_psl *p = NULL;

    (void)state;
    assert_int_equal(build(small, &p, NULL), TWF_OK);
    assert_string_equal(twf_psl_date(p), "2024-11-19");
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_span rule = twf_psl_find(p, twf_span_str(rows[i].name)).rule;

        if (!twf_span_is(org_of(p, rows[i].name), rows[i].org) || !twf_span_is(rule, rows[i].rule))
            fail_msg("%s: org %s, rule \"%.*s\"", rows[i].name,
                     (const char *)org_of(p, rows[i].name).ptr, (int)rule.len,
                     rule.len > 0 ? (const char *)rule.ptr : "");
    }
    twf_psl_free(p);
}

static void no_list(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
    } rows[] = {
        {"", 0},         {"// nothing\n", 1}, {"com\n<html>\n", 2}, {"com\n\na..b\n", 3},
        {".com\n", 1},   {"com.\n", 1},       {"*.*.com\n", 1},     {"a.*.com\n", 1},
        {"!com\n", 1},   {"*.\n", 1},         {"!\n", 1},           {"com\n\xFF.de\n", 2},
        {"a,b\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_error err = {0};
        struct twf_psl *p = NULL;

        assert_int_equal(build(rows[i].text, &p, &err), TWF_ERR_FORMAT);
        assert_null(p);
        assert_int_equal(err.line, rows[i].line);
    }
}

static void failing_memory(void **state)
{
    enum twf_status status = TWF_ERR_NOMEM;
    struct twf_psl *p = NULL;
    uint64_t k = 0;

    (void)state;
    while (status == TWF_ERR_NOMEM) {
        struct twf_error err = {0};

        twf_alloc_fail_at(++k);
        status = build(small, &p, &err);
        twf_alloc_fail_at(0);
        assert_int_equal(err.status, status);
    }
    assert_int_equal(status, TWF_OK);
    assert_true(k > 4);
    twf_psl_free(p);
    twf_psl_free(NULL);
}

static void files(void **state)
{
    static const char text[] = "com\nco.uk\n";
    char path[] = "/tmp/twf_psl_XXXXXX";
    struct twf_error err = {0};
    struct twf_psl *p = NULL;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(twf_psl_load(path, &p, &err), TWF_OK);
    /* No VERSION line: the date of the file, which is of this century. */
    assert_memory_equal(twf_psl_date(p), "20", 2);
    assert_int_equal(strlen(twf_psl_date(p)), 10);
    /* printf 'com\nco.uk\n' | sha256sum */
    assert_string_equal(twf_psl_sha256(p),
                        "2a4e336f9d9084533a1d6af8723d207c9ec733a3367e5ca2cfa034d51f46dec4");
    twf_psl_free(p);
    p = NULL;
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(twf_psl_load(path, &p, &err), TWF_ERR_IO);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_string_equal(err.path, path);
    assert_int_equal(twf_psl_load("/", &p, &err), TWF_ERR_ARG);
    assert_null(p);
}

static void embedded(void **state)
{
    const struct twf_psl *p = twf_psl_embedded();

    (void)state;
    assert_true(p->rule_count > 5000);
    assert_int_equal(strlen(twf_psl_date(p)), 10);
    assert_int_equal(strlen(twf_psl_sha256(p)), 64);
    /* Nothing happens: the table is static. */
    twf_psl_free((struct twf_psl *)(uintptr_t)p);
    assert_true(twf_span_is(org_of(p, "a.b.co.uk"), "b.co.uk"));
}

#ifdef TWF_HAVE_LIBPSL
#include <libpsl.h>

struct oracle {
    const struct twf_psl *ours;
    psl_ctx_t *theirs;
    unsigned long compared;
};

/*
 * Of a wildcard rule "*.ck" libpsl concludes that "ck" is a suffix, where the algorithm of
 * publicsuffix.org knows no rule for it but the default (or a shorter one). Such names are left
 * out.
 */
static bool is_bare_wildcard(const struct twf_psl *p, const char *name)
{
    char below[600];
    size_t at, len = strlen(name);

    (void)snprintf(below, sizeof(below), "0.%s", name);
    at = twf_psl_find(p, twf_span(below, len + 2)).suffix;
    return at == 0 && twf_psl_find(p, twf_span(name, len)).suffix != 0;
}

static void compare(struct oracle *o, const char *name)
{
    const char *theirs = psl_registrable_domain(o->theirs, name);
    struct twf_span ours = org_of(o->ours, name);

    o->compared++;
    if (!twf_span_is(ours, theirs == NULL ? name : theirs) && !is_bare_wildcard(o->ours, name))
        fail_msg("%s: ours \"%.*s\", libpsl \"%s\"", name, (int)ours.len, (const char *)ours.ptr,
                 theirs == NULL ? "(suffix)" : theirs);
}

static void with_libpsl(void **state)
{
    static const char *const below[] = {"", "x.", "y.x.", "z.y.x.", "www.", "com.", "co.uk."};
    struct oracle o = {.ours = twf_psl_embedded(), .theirs = psl_load_file(TWF_PSL_FILE)};
    uint64_t random = 1;

    (void)state;
    assert_non_null(o.theirs);
    for (uint32_t i = 0; i < o.ours->node_count; i++) {
        const struct twf_psl_node *n = &o.ours->nodes[i], *m;
        const char *text = (const char *)o.ours->text;
        char name[600];

        for (size_t j = 0; j < TWF_COUNT(below); j++) {
            (void)snprintf(name, sizeof(name), "%s%.*s", below[j], n->name_len, text + n->name);
            compare(&o, name);
        }
        /* A rule below another one, with a label between them or not. */
        random = random * 6364136223846793005u + 1442695040888963407u;
        m = &o.ours->nodes[(random >> 33) % o.ours->node_count];
        (void)snprintf(name, sizeof(name), "%.*s.%.*s", m->name_len, text + m->name, n->name_len,
                       text + n->name);
        compare(&o, name);
        (void)snprintf(name, sizeof(name), "%.*s.q.%.*s", m->name_len, text + m->name, n->name_len,
                       text + n->name);
        compare(&o, name);
        /* Almost a rule. */
        (void)snprintf(name, sizeof(name), "a.x%.*s", n->name_len, text + n->name);
        compare(&o, name);
    }
    print_message("%lu names compared\n", o.compared);
    assert_true(o.compared > 50000);
    psl_free(o.theirs);
}
#else
static void with_libpsl(void **state)
{
    (void)state;
    print_message("libpsl is not here: not compared with it\n");
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_list), cmocka_unit_test(no_list),  cmocka_unit_test(failing_memory),
        cmocka_unit_test(files),      cmocka_unit_test(embedded), cmocka_unit_test(with_libpsl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
