/* SPDX-License-Identifier: Apache-2.0 */
/* The roll-up by pairs is the same however the messages fall into jobs, and it is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "pipe/pairs.h"

/* One message: organizations, local part of P1, Message-ID, date in seconds (-1: none). */
struct mail {
    const char *p2, *p1, *local, *id;
    int64_t date;
    bool pass;
};

static const struct mail mails[] = {
    {"bank.example", "news.example", "b1", "1", 50, true},
    {"bank.example", "news.example", "b2", "2", 20, false},
    {"shop.example", "shop.example", "s", "3", 10, false},
    {"bank.example", "news.example", "b1", "4", -1, false},
    {"bank.example", "news.example", "", "", 70, true},
    {"shop.example", "mailer.example", "m", "6", 30, false},
    {"shop.example", "mailer.example", "m", "7", 30, false},
    {"bank.example", "evil.example", "x", "8", 40, false},
    {"news.example", "news.example", "n", "9", 40, false},
    {"", "evil.example", "y", "10", 40, false},
    {"bank.example", "", "z", "11", 40, false},
};

static const char expected[] =
    /* rarity: 1 of min(6 mails of bank, 2 of evil) */
    "bank.example<evil.example 1 0 40000000 40000000 1 0.5000 8\n"
    /* 4 of min(6 mails of bank, 5 by news: one is its own) */
    "bank.example<news.example 4 2 20000000 70000000 2 0.8000 1 2 4\n"
    "shop.example<mailer.example 2 0 30000000 30000000 1 1.0000 6 7\n";

static void add(struct twf_pairs *p, const struct mail *m)
{
    struct twf_verdict v = {.date_us = m->date < 0 ? INT64_MIN : m->date * 1000000};

    v.p2_domain.org = twf_span_str(m->p2);
    v.p1_domain.org = twf_span_str(m->p1);
    v.p1_local = twf_span_str(m->local);
    v.message_id = twf_span_str(m->id);
    v.relation = strcmp(m->p1, m->p2) == 0 ? TWF_RELATION_SAME_ORG : TWF_RELATION_MISMATCH;
    if (m->pass)
        v.stated.dkim = twf_span_str("pass");
    twf_pairs_add(p, &v);
}

static void render(struct twf_pairs *p, struct twf_buf *out)
{
    uint64_t listed, count;
    const struct twf_pair *rows = twf_pairs_list(p, NULL, &listed, &count);

    assert_int_equal(listed, count);
    for (uint64_t i = 0; i < listed; i++) {
        const struct twf_pair *r = &rows[i];

        twf_buf_printf(out, "%.*s<%.*s %d %d %lld %lld %d %.4f", (int)r->p2_org.len, r->p2_org.ptr,
                       (int)r->p1_org.len, r->p1_org.ptr, (int)r->messages, (int)r->authenticated,
                       (long long)r->first_us, (long long)r->last_us, (int)r->p1_locals, r->rarity);
        for (uint32_t k = 0; k < r->id_count; k++)
            twf_buf_printf(out, " %.*s", (int)r->ids[k].len, r->ids[k].ptr);
        twf_buf_byte(out, '\n');
    }
}

/* Every way to cut the messages into jobs gives the same table. */
static void test_cuts(void **state)
{
    const uint32_t n = TWF_COUNT(mails);

    (void)state;
    for (uint32_t cuts = 0; cuts < 1u << (n - 1); cuts++) {
        struct twf_pairs *total = twf_pairs_new(100, cuts), *job = twf_pairs_new(0, cuts);
        struct twf_buf out;

        twf_buf_init(&out);
        assert_true(total != NULL && job != NULL);
        for (uint32_t i = 0; i < n; i++) {
            add(job, &mails[i]);
            if (i + 1 == n || (cuts >> i & 1) != 0) {
                twf_pairs_join(total, job);
                twf_pairs_reset(job);
            }
        }
        render(total, &out);
        twf_buf_byte(&out, '\0');
        assert_string_equal((char *)out.ptr, expected);
        assert_false(twf_pairs_failed(total));
        twf_buf_fini(&out);
        twf_pairs_free(total);
        twf_pairs_free(job);
    }
}

/* Pairs beyond the limit are counted, each once; those before it keep all their messages. */
static void test_limit(void **state)
{
    enum { PAIRS = 500, LIMIT = 10 };
    struct twf_pairs *total = twf_pairs_new(LIMIT, 1), *job = twf_pairs_new(0, 1);
    const struct twf_pair *rows;
    uint64_t listed, count, messages = 0;

    (void)state;
    assert_true(total != NULL && job != NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PAIRS; i++) {
            char p1[32];
            struct mail m = {"bank.example", p1, "a", "id", 1, false};

            (void)snprintf(p1, sizeof(p1), "x%d.example", i);
            add(job, &m);
        }
        twf_pairs_join(total, job);
        twf_pairs_reset(job);
    }
    rows = twf_pairs_list(total, NULL, &listed, &count);
    assert_int_equal(listed, LIMIT);
    assert_int_equal(count, PAIRS);
    for (uint64_t i = 0; i < listed; i++)
        messages += rows[i].messages;
    assert_int_equal(messages, 3 * LIMIT);
    twf_pairs_free(total);
    twf_pairs_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cuts), cmocka_unit_test(test_limit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
