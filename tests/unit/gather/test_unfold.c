/* SPDX-License-Identifier: Apache-2.0 */
/* Unfolding: what goes, what stays, and that nothing is copied where nothing folds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "gather/gather.h"

static const struct {
    const char *raw, *value;
    bool copied;
} vectors[] = {
    {"", "", false},
    {"a b", "a b", false},
    {"a\r\n b", "a b", true},
    {"a\n\tb", "a\tb", true},
    {"\r\n a", " a", true},
    {"a\r\n ", "a ", true},
    {"a\r\n \r\n\tb", "a \tb", true},
    {"a \r\n b", "a  b", true},
    {"a\r b", "a\r b", false}, /* a bare CR is a byte */
    {"a\r\r\n b", "a\r b", true},
    {"a\nb", "a\nb", false}, /* no blank follows: no fold */
    {"a\n\n b\n", "a\n b\n", true},
    {"a\n", "a\n", false},
    {"\n", "\n", false},
};

static void test_vectors(void **state)
{
    struct twf_arena arena;

    (void)state;
    twf_arena_init(&arena, 4096);
    for (size_t i = 0; i < TWF_COUNT(vectors); i++) {
        size_t len = strlen(vectors[i].raw);
        uint8_t *raw = malloc(len == 0 ? 1 : len);
        struct twf_span out;

        assert_non_null(raw);
        memcpy(raw, vectors[i].raw, len);
        out = twf_unfold(&arena, twf_span(raw, len));
        assert_true(twf_span_is(out, vectors[i].value));
        assert_int_equal(out.ptr != raw, vectors[i].copied);
        free(raw);
    }
    twf_arena_fini(&arena);
}

static void test_no_memory(void **state)
{
    struct twf_arena arena;
    struct twf_span out;

    (void)state;
    twf_arena_init(&arena, 4096);
    twf_alloc_fail_at(1);
    out = twf_unfold(&arena, twf_span_str("a\n b"));
    twf_alloc_fail_at(0);
    assert_int_equal(out.len, 0);
    assert_true(arena.failed);
    twf_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
