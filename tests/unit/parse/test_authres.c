/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication-Results: the table, plain, folded and cut; caps and cost of hostile values. */
#include "trace_text.h"

static void render(struct twf_arena *a, struct twf_span value, struct twf_buf *out)
{
    struct twf_authres r;

    twf_authres_parse(a, value, &r);
    twf_buf_str(out, r.valid ? "ok" : "bad");
    put_part(out, "id", r.authserv_id);
    for (uint32_t i = 0; i < r.result_count; i++) {
        const struct twf_auth_result *x = &r.results[i];

        twf_buf_str(out, " | ");
        twf_buf_span(out, x->method);
        twf_buf_byte(out, '=');
        twf_buf_span(out, x->result);
        put_part(out, "reason", x->reason);
        put_part(out, "action", x->action);
        put_part(out, "comment", x->comment);
        assert_true(twf_span_starts_fold(part_at(value, x->off, x->len), "") &&
                    value.ptr + x->off == x->method.ptr);
        for (uint32_t k = 0; k < x->prop_count; k++) {
            const struct twf_auth_prop *p = &x->props[k];
            struct twf_span raw = part_at(value, p->off, p->len);

            twf_buf_byte(out, ' ');
            twf_buf_span(out, p->ptype);
            twf_buf_byte(out, '.');
            twf_buf_span(out, p->name);
            twf_buf_byte(out, '=');
            twf_buf_span(out, p->value);
            assert_true(twf_span_eq(raw, p->value) || (raw.len > 0 && raw.ptr[0] == '"'));
        }
    }
}

static void table(void **state)
{
    (void)state;
    run_table("authres.tsv", render, 40);
}

/* More results and properties than are kept: what is kept is whole, the field is not valid. */
static void caps(void **state)
{
    struct twf_arena a;
    struct twf_authres r;
    struct twf_buf b;
    uint32_t props = 0;

    (void)state;
    twf_arena_init(&a, 4096);
    twf_buf_init(&b);
    twf_buf_str(&b, "mx.x.example");
    for (int i = 0; i < 200; i++)
        twf_buf_printf(&b,
                       "; dkim=pass header.d=x%d.example header.i=@x%d.example a.b=1 c.d=2 e.f=3"
                       " g.h=4 i.j=5 k.l=6 m.n=7 o.p=8",
                       i, i);
    twf_authres_parse(&a, twf_buf_view(&b), &r);
    assert_false(r.valid);
    assert_int_equal(r.result_count, 64);
    for (uint32_t i = 0; i < r.result_count; i++)
        props += r.results[i].prop_count;
    assert_int_equal(props, 512);
    assert_true(twf_span_is(r.results[50].props[0].value, "x50.example"));
    twf_buf_fini(&b);
    twf_arena_fini(&a);
}

/* A quarter of a megabyte of what is slow where a parser starts over. */
static void hostile(void **state)
{
    static const char *const units[] = {
        "(", "\"", ";", "=", "a=", "a.b=", "((", "\\", "a=b;", ")", ".", "; ("};
    struct twf_arena a;
    struct twf_authres r;

    (void)state;
    twf_arena_init(&a, 4096);
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        struct twf_buf b;

        twf_buf_init(&b);
        while (b.len < 262144)
            twf_buf_str(&b, units[u]);
        twf_authres_parse(&a, twf_buf_view(&b), &r);
        assert_true(r.result_count <= 64);
        twf_buf_fini(&b);
        twf_arena_reset(&a);
    }
    twf_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(caps),
        cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
