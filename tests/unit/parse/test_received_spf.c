/* SPDX-License-Identifier: Apache-2.0 */
/* Received-SPF: the table, plain, folded and cut. */
#include "trace_text.h"

static void render(struct twf_arena *a, struct twf_span value, struct twf_buf *out)
{
    struct twf_received_spf r;

    twf_received_spf_parse(a, value, &r);
    twf_buf_span(out, r.result);
    put_part(out, "host", r.host);
    if (r.has_envelope_from) {
        struct twf_span raw = part_at(value, r.off, r.len);

        twf_buf_str(out, " from=");
        twf_buf_span(out, r.envelope_from);
        assert_true(twf_span_eq(raw, r.envelope_from) || (raw.len > 0 && raw.ptr[0] == '"'));
    }
}

static void table(void **state)
{
    (void)state;
    run_table("received_spf.tsv", render, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
