/* SPDX-License-Identifier: Apache-2.0 */
/* The conclusion from findings: order, class, level, score, profile; tables; no memory. */
#include "judge_run.h"

struct given {
    enum twf_finding_code code;
    enum twf_level level;
};

static struct twf_verdict conclude(enum twf_relation relation, const struct given *g, size_t count,
                                   bool exchange_like)
{
    struct twf_verdict v;

    memset(&v, 0, sizeof(v));
    v.relation = relation;
    for (size_t i = 0; i < count; i++)
        twf_verdict_raise(&v, g[i].code, g[i].level, 0, 0, twf_span(NULL, 0));
    twf_conclude(&v, exchange_like);
    return v;
}

/* One finding, or two of different families, and what section 8 makes of them. */
static void classes(void **state)
{
    static const struct {
        enum twf_relation relation;
        struct given a, b; /* level none: left out */
        enum twf_class want;
        int score;
    } rows[] = {
        {TWF_RELATION_EQUAL, {0}, {0}, TWF_V_ALIGNED, 0},
        {TWF_RELATION_SAME_ORG, {TWF_F_FROM_SYNTAX, TWF_LEVEL_LOW}, {0}, TWF_V_ALIGNED, 15},
        {TWF_RELATION_EQUAL, {TWF_F_FROM_SYNTAX, TWF_LEVEL_MEDIUM}, {0}, TWF_V_MALFORMED_FROM, 40},
        {TWF_RELATION_EQUAL, {TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL}, {0}, TWF_V_AMBIGUOUS_FROM, 90},
        {TWF_RELATION_EQUAL, {TWF_F_FROM_ROUTE, TWF_LEVEL_HIGH}, {0}, TWF_V_AMBIGUOUS_FROM, 70},
        {TWF_RELATION_EQUAL, {TWF_F_FROM_LIMIT, TWF_LEVEL_MEDIUM}, {0}, TWF_V_UNDETERMINED, 40},
        {TWF_RELATION_EQUAL,
         {TWF_F_P1_CONFLICT, TWF_LEVEL_MEDIUM},
         {0},
         TWF_V_MISMATCH_SUSPECT,
         40},
        {TWF_RELATION_UNDETERMINED, {TWF_F_P1_NONE, TWF_LEVEL_INFO}, {0}, TWF_V_UNDETERMINED, 0},
        {TWF_RELATION_UNDETERMINED,
         {TWF_F_P1_MALFORMED, TWF_LEVEL_MEDIUM},
         {0},
         TWF_V_MISMATCH_SUSPECT,
         40},
        {TWF_RELATION_EQUAL, {TWF_F_J_STRUCT, TWF_LEVEL_MEDIUM}, {0}, TWF_V_UNDETERMINED, 40},
        {TWF_RELATION_EQUAL, {TWF_F_J_STRUCT, TWF_LEVEL_LOW}, {0}, TWF_V_ALIGNED, 15},
        {TWF_RELATION_MISMATCH, {TWF_F_R_MISMATCH, TWF_LEVEL_LOW}, {0}, TWF_V_MISMATCH_PLAIN, 15},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_MISMATCH, TWF_LEVEL_INFO},
         {0},
         TWF_V_MISMATCH_EXPLAINED,
         0},
        {TWF_RELATION_MISMATCH, {0}, {0}, TWF_V_MISMATCH_EXPLAINED, 0},
        {TWF_RELATION_NULL, {0}, {0}, TWF_V_MISMATCH_EXPLAINED, 0},
        {TWF_RELATION_NULL, {TWF_F_R_PROTECTED, TWF_LEVEL_LOW}, {0}, TWF_V_MISMATCH_PLAIN, 15},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_AUTH_FAIL, TWF_LEVEL_MEDIUM},
         {0},
         TWF_V_MISMATCH_SUSPECT,
         40},
        {TWF_RELATION_EQUAL, {TWF_F_R_PRODUCT_FLAG, TWF_LEVEL_HIGH}, {0}, TWF_V_MALFORMED_FROM, 70},
        {TWF_RELATION_EQUAL, {TWF_F_R_PRODUCT_FLAG, TWF_LEVEL_INFO}, {0}, TWF_V_ALIGNED, 0},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_MISMATCH, TWF_LEVEL_LOW},
         {TWF_F_FROM_8BIT, TWF_LEVEL_LOW},
         TWF_V_MISMATCH_PLAIN,
         20},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_MISMATCH, TWF_LEVEL_LOW},
         {TWF_F_FROM_LIMIT, TWF_LEVEL_MEDIUM},
         TWF_V_UNDETERMINED,
         45},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_AUTH_FAIL, TWF_LEVEL_HIGH},
         {TWF_F_FROM_SYNTAX, TWF_LEVEL_MEDIUM},
         TWF_V_MALFORMED_FROM,
         75},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_AUTH_FAIL, TWF_LEVEL_HIGH},
         {TWF_F_R_MISMATCH, TWF_LEVEL_LOW},
         TWF_V_MISMATCH_SUSPECT,
         70},
        {TWF_RELATION_MISMATCH,
         {TWF_F_R_MISMATCH, TWF_LEVEL_LOW},
         {TWF_F_FROM_8BIT, TWF_LEVEL_INFO},
         TWF_V_MISMATCH_PLAIN,
         15},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct given g[2] = {rows[i].a, rows[i].b};
        size_t count = g[0].level == TWF_LEVEL_NONE ? 0 : g[1].level == TWF_LEVEL_NONE ? 1 : 2;
        struct twf_verdict v = conclude(rows[i].relation, g, count, false);

        if (v.verdict_class != rows[i].want || v.score != rows[i].score)
            fail_msg("row %zu: %s %d, want %s %d", i, twf_class_names[v.verdict_class], v.score,
                     twf_class_names[rows[i].want], rows[i].score);
        assert_int_equal(v.level, twf_level_of(&v));
        assert_int_equal(v.score, v.score_base + 5 * v.score_families);
    }
}

/* All four families at the top: the sum has a ceiling, and the bands of levels never meet. */
static void bands(void **state)
{
    static const struct given all[] = {
        {TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL},
        {TWF_F_P1_CONFLICT, TWF_LEVEL_MEDIUM},
        {TWF_F_R_PROTECTED, TWF_LEVEL_HIGH},
        {TWF_F_J_STRUCT, TWF_LEVEL_MEDIUM},
    };

    (void)state;
    assert_int_equal(conclude(TWF_RELATION_MISMATCH, all, 4, false).score, 100);
    for (int level = TWF_LEVEL_LOW; level < TWF_LEVEL_CRITICAL; level++)
        assert_true(twf_score_base((enum twf_level)level) + 15 <
                    twf_score_base((enum twf_level)(level + 1)));
    assert_int_equal(twf_score_base(TWF_LEVEL_INFO), 0);
    assert_int_equal(twf_score_base(TWF_LEVEL_NONE), 0);
}

/* Worst first, then by code; whatever the order in which they were raised. */
static void order(void **state)
{
    struct given g[] = {
        {TWF_F_R_MISMATCH, TWF_LEVEL_LOW},    {TWF_F_FROM_8BIT, TWF_LEVEL_INFO},
        {TWF_F_FROM_GROUP, TWF_LEVEL_MEDIUM}, {TWF_F_P1_CONFLICT, TWF_LEVEL_MEDIUM},
        {TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL}, {TWF_F_FROM_SYNTAX, TWF_LEVEL_LOW},
    };
    const size_t n = sizeof(g) / sizeof(g[0]);

    (void)state;
    for (size_t turn = 0; turn < n; turn++) {
        struct twf_verdict v = conclude(TWF_RELATION_MISMATCH, g, n, false);
        struct given first = g[0];

        assert_int_equal(v.finding_count, n);
        for (uint32_t i = 1; i < v.finding_count; i++) {
            const struct twf_finding *a = &v.findings[i - 1], *b = &v.findings[i];

            assert_true(a->level > b->level || (a->level == b->level && a->code < b->code));
        }
        memmove(g, g + 1, (n - 1) * sizeof(g[0]));
        g[n - 1] = first;
    }
}

/* docs/verdicts.md 6.3: which codes are left, and what is only a note. */
static void profile(void **state)
{
    static const struct {
        struct given given;
        enum twf_level want;
    } rows[] = {
        {{TWF_F_FROM_TEXT_AFTER_ADDR, TWF_LEVEL_HIGH}, TWF_LEVEL_HIGH},
        {{TWF_F_FROM_GROUP, TWF_LEVEL_HIGH}, TWF_LEVEL_HIGH},
        {{TWF_F_FROM_GROUP, TWF_LEVEL_MEDIUM}, TWF_LEVEL_INFO},
        {{TWF_F_FROM_GROUP, TWF_LEVEL_LOW}, TWF_LEVEL_INFO},
        {{TWF_F_FROM_GROUP_TAIL, TWF_LEVEL_MEDIUM}, TWF_LEVEL_MEDIUM},
        {{TWF_F_FROM_NUL, TWF_LEVEL_CRITICAL}, TWF_LEVEL_CRITICAL},
        {{TWF_F_FROM_CTRL, TWF_LEVEL_MEDIUM}, TWF_LEVEL_MEDIUM},
        {{TWF_F_FROM_DUP_FIELD, TWF_LEVEL_HIGH}, TWF_LEVEL_HIGH},
        {{TWF_F_FROM_DUP_FIELD, TWF_LEVEL_LOW}, TWF_LEVEL_INFO},
        {{TWF_F_FROM_MULTI_NO_SENDER, TWF_LEVEL_MEDIUM}, TWF_LEVEL_MEDIUM},
        {{TWF_F_FROM_MULTI_NO_SENDER, TWF_LEVEL_LOW}, TWF_LEVEL_INFO},
        {{TWF_F_FROM_MULTI_ORG, TWF_LEVEL_MEDIUM}, TWF_LEVEL_INFO},
        {{TWF_F_FROM_AMBIGUOUS_ORG, TWF_LEVEL_HIGH}, TWF_LEVEL_NONE},
        {{TWF_F_FROM_SYNTAX, TWF_LEVEL_MEDIUM}, TWF_LEVEL_NONE},
        {{TWF_F_R_PROTECTED, TWF_LEVEL_HIGH}, TWF_LEVEL_NONE},
        {{TWF_F_R_PRODUCT_FLAG, TWF_LEVEL_HIGH}, TWF_LEVEL_NONE},
        {{TWF_F_P1_CONFLICT, TWF_LEVEL_MEDIUM}, TWF_LEVEL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct twf_verdict v = conclude(TWF_RELATION_EQUAL, &rows[i].given, 1, true);

        assert_int_equal(v.level, rows[i].want);
        assert_int_equal(v.finding_count, rows[i].want != TWF_LEVEL_NONE);
    }
}

static void set_of_domains(void **state)
{
    struct twf_domain_set *s = twf_domain_set_new();
    struct twf_domains *d;
    char name[64];

    (void)state;
    assert_non_null(s);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    assert_false(twf_domain_set_has(NULL, twf_span_str("x.example")));
    assert_false(twf_domain_set_has(s, twf_span_str("x.example")));
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), " Mail.X%d.Example. ", i);
        assert_true(twf_domain_set_add(s, d, twf_span_str(name)));
        assert_true(twf_domain_set_add(s, d, twf_span_str(name)));
    }
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "x%d.example", i);
        assert_true(twf_domain_set_has(s, twf_span_str(name)));
        (void)snprintf(name, sizeof(name), "y%d.example", i);
        assert_false(twf_domain_set_has(s, twf_span_str(name)));
    }
    assert_true(twf_domain_set_add(s, d, twf_span_str("müller.example")));
    assert_true(twf_domain_set_has(s, twf_span_str("xn--mller-kva.example")));
    assert_false(twf_domain_set_add(s, d, twf_span_str("")));
    assert_false(twf_domain_set_add(s, d, twf_span_str("a b.example")));
    assert_false(twf_domain_set_add(s, d, twf_span_str("a..example")));
    assert_false(twf_domain_set_add(s, d, twf_span_str("[192.0.2.1]")));
    assert_false(twf_domain_set_has(s, twf_span_str("")));
    twf_domain_set_free(s);
    twf_domain_set_free(NULL);
    twf_domains_free(d);
}

/* Every row is found, so the tables are sorted; and each is its own organization. */
static void tables(void **state)
{
    static const char *const freemail[] = {
#define P(org, provider) org,
#include "verdict/freemail.def"
#undef P
    };
    static const unsigned providers[] = {
#define P(org, provider) provider,
#include "verdict/freemail.def"
#undef P
    };
    static const char *const esp[] = {
#define E(org) org,
#include "verdict/esp.def"
#undef E
    };
    static const char *const lists[] = {
#define L(host, org) org,
#include "verdict/list_services.def"
#undef L
    };
    static struct twf_tables t;
    struct twf_domains *d;
    struct twf_arena a;

    (void)state;
    twf_tables_init(&t);
    twf_arena_init(&a, 4096);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    for (size_t i = 0; i < sizeof(freemail) / sizeof(freemail[0]); i++) {
        struct twf_span org = twf_span_str(freemail[i]);

        assert_int_equal(twf_freemail_provider(&t, org), providers[i]);
        if (!twf_span_eq(twf_domain_parse(d, &a, org).org, org))
            fail_msg("%s is no organization", freemail[i]);
    }
    for (size_t i = 0; i < sizeof(esp) / sizeof(esp[0]); i++) {
        struct twf_span org = twf_span_str(esp[i]);

        assert_true(twf_is_esp(&t, org));
        if (!twf_span_eq(twf_domain_parse(d, &a, org).org, org))
            fail_msg("%s is no organization", esp[i]);
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct twf_span org = twf_span_str(lists[i]);

        if (!twf_span_eq(twf_domain_parse(d, &a, org).org, org))
            fail_msg("%s is no organization", lists[i]);
    }
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("x.example")), 0);
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("a.b")), 0);
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("gmai.com")), 0);
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("")), 0);
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("gmail.comx")), 0);
    assert_int_equal(twf_freemail_provider(&t, twf_span_str("gmail.co")), 0);
    assert_false(twf_is_esp(&t, twf_span_str("gmail.com")));
    assert_string_equal(twf_tables_dates(), "freemail " TWF_FREEMAIL_DATE ", mail services " TWF_ESP_DATE
                                            ", list services " TWF_LIST_SERVICES_DATE);
    twf_domains_free(d);
    twf_arena_fini(&a);
}

/*
 * The k-th allocation fails, for each k: the arena says so, and nothing is read that is not there.
 */
static void no_memory(void **state)
{
    static const char message[] =
        "Received: from A (192.0.2.1) by B.prod.outlook.com with HTTPS; Sat, 7 Feb 2026 10:00:00 "
        "+0000\n"
        "Authentication-Results: spf=pass smtp.mailfrom=y.example; dkim=PASS header.d=z.example\n"
        "Received-SPF: Pass (protection.outlook.com: domain of y.example designates 192.0.2.1)\n"
        "X-IncomingTopHeaderMarker: OriginalChecksum:1;Count:2\n"
        "Return-Path: SRS0=H=T=z.example=a@y.example\nList-Id: <l.y.example>\nSender: s@y.example\n"
        "Delivered-To: r@r.example\nResent-From: r@y.example\nFrom: \"b@w.example via L\" "
        "<a@x.example>\n"
        "From : B <b@w.example>\nReply-To: b@w.example\nX-IncomingHeaderCount: 9\n\n";
    struct judge_run *r = malloc(sizeof(*r));
    struct twf_judge *judge;
    struct twf_arena a;
    unsigned failed = 0;

    (void)state;
    assert_non_null(r);
    judge_run_init(r);
    r->options.explain = true;
    judge_run_once(r, twf_span_str(message)); /* warms what is kept between messages */
    assert_int_equal(twf_judge_new(&r->options, r->domains, &judge, NULL), TWF_OK);
    for (uint64_t k = 1; k < 200; k++) {
        twf_arena_init(&a, 4096);
        twf_alloc_fail_at(k);
        twf_judge_message(judge, &a, &r->subject, &r->v);
        twf_alloc_fail_at(0);
        failed += a.failed != 0;
        if (!a.failed)
            k = 200;
        twf_arena_fini(&a);
    }
    assert_true(failed >= 1);
    twf_alloc_fail_at(1);
    assert_int_equal(twf_judge_new(&r->options, r->domains, &(struct twf_judge *){NULL}, NULL),
                     TWF_ERR_NOMEM);
    assert_null(twf_domain_set_new());
    twf_alloc_fail_at(0);
    twf_judge_free(judge);
    twf_judge_free(NULL);
    judge_run_fini(r);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),   cmocka_unit_test(bands),          cmocka_unit_test(order),
        cmocka_unit_test(profile),   cmocka_unit_test(set_of_domains), cmocka_unit_test(tables),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
