/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse-paths and what is wrapped into them: the table, and each value cut at every byte. */
#include "vectors.h"

#include "base/buf.h"
#include "parse/parse.h"

static const char *const kinds[] = {"null", "mailbox", "domain", "word", "x500", "malformed"};

static void render(struct twf_domains *d, struct twf_arena *a, struct twf_span value, bool bare,
                   struct twf_buf *out)
{
    struct twf_path p;

    twf_path_parse(d, a, value, bare, &p);
    twf_buf_str(out, kinds[p.kind]);
    if (p.local.len > 0 || p.domain.name.len > 0) {
        twf_buf_byte(out, ' ');
        twf_buf_span(out, p.local);
        twf_buf_byte(out, '@');
        twf_buf_span(out, p.domain.name);
    }
    if (p.inner_form == NULL)
        return;
    twf_buf_printf(out, " %s", p.inner_form);
    if (p.inner_domain.len == 0)
        return;
    twf_buf_byte(out, ' ');
    twf_buf_span(out, p.inner_local);
    twf_buf_byte(out, '@');
    twf_buf_span(out, p.inner_domain);
}

/* Rows: "path" or "bare" (a domain may stand alone), the value, what it is. */
static void table(void **state)
{
    struct vectors v;
    struct twf_domains *d;
    struct twf_arena a;
    struct twf_buf out;

    (void)state;
    twf_arena_init(&a, 4096);
    twf_buf_init(&out);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &d, NULL), TWF_OK);
    vectors_open(&v, "paths.tsv");
    while (vectors_next(&v)) {
        bool bare = strcmp(v.cell[0], "bare") == 0;
        struct twf_span value = vectors_bytes(v.cell[1]);

        assert_true(bare || strcmp(v.cell[0], "path") == 0);
        twf_buf_reset(&out);
        render(d, &a, value, bare, &out);
        vectors_expect(&v, "path", twf_buf_view(&out), v.cell[2]);
        for (size_t i = 0; i < value.len; i++) {
            uint8_t *cut = malloc(i > 0 ? i : 1);

            assert_non_null(cut);
            memcpy(cut, value.ptr, i);
            render(d, &a, twf_span(cut, i), bare, &out);
            free(cut);
        }
        free((void *)(uintptr_t)value.ptr);
        twf_arena_reset(&a);
    }
    assert_true(v.rows >= 70);
    twf_domains_free(d);
    twf_buf_fini(&out);
    twf_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
