/* SPDX-License-Identifier: Apache-2.0 */
/* Received: the table, plain, folded and cut; cost of hostile values. */
#include "trace_text.h"

static void render(struct twf_arena *a, struct twf_span value, struct twf_buf *out)
{
    struct twf_received r;
    struct twf_span by, with;

    twf_received_parse(a, value, &r);
    twf_received_parse_server(value, &by, &with);
    assert_true(twf_span_eq(by, r.by) && twf_span_eq(with, r.with));
    twf_received_parse_server(value, &by, NULL);
    assert_true(twf_span_eq(by, r.by));
    assert_true(twf_span_eq(twf_received_parse_date(value), r.date));
    put_part(out, "from", r.from);
    put_part(out, "by", r.by);
    put_part(out, "via", r.via);
    put_part(out, "with", r.with);
    put_part(out, "id", r.id);
    put_part(out, "for", r.for_);
    put_part(out, "from()", r.from_comment);
    put_part(out, "by()", r.by_comment);
    put_part(out, "peer", r.peer_ip);
    put_part(out, "date", r.date);
    if (r.has_envelope_from) {
        twf_buf_str(out, " envelope=");
        twf_buf_span(out, r.envelope_from);
        assert_true(
            twf_span_eq(part_at(value, r.envelope_from_off, r.envelope_from.len), r.envelope_from));
    }
}

static void table(void **state)
{
    (void)state;
    run_table("received.tsv", render, 35);
}

static void hostile(void **state)
{
    static const char *const units[] = {"(",
                                        "(envelope-from <",
                                        "(envelope-from \"",
                                        "([",
                                        "(x [1",
                                        "\"",
                                        ";",
                                        "from ",
                                        "from x (helo=[1.2.3.4]) ",
                                        ")",
                                        "(a)"};
    struct twf_arena a;
    struct twf_received r;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        struct twf_buf b;

        twf_buf_init(&b);
        twf_buf_str(&b, "from a ");
        while (b.len < 262144)
            twf_buf_str(&b, units[u]);
        twf_received_parse(&a, twf_buf_view(&b), &r);
        assert_true(r.from.len >= 1);
        twf_buf_fini(&b);
    }
    twf_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
