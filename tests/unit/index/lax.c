/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index changed by somebody who knows how to make the checksums fit: here nobody compares them. What
 * comes out may be nonsense, but it is nonsense within bounds, or an error.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "make.h"

enum { ROUNDS = 6000 };

static void test_hostile(void **state)
{
    struct twf_batch *b = random_batch(12);
    struct twf_incident gaps[20];
    struct twf_buf bytes;
    uint32_t accepted = 0, refused = 0;

    (void)state;
    random_gaps(gaps, TWF_COUNT(gaps));
    write_index_of(&b, 1, 12, true, gaps, TWF_COUNT(gaps), &bytes);
    twf_batch_free(b);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t *copy = malloc(bytes.len);
        struct twf_batch *out[4];
        uint32_t count;
        enum twf_status status;

        assert_non_null(copy);
        memcpy(copy, bytes.ptr, bytes.len);
        for (uint32_t i = 1 + rng(3); i > 0; i--) {
            uint32_t at = rng((uint32_t)bytes.len);

            copy[at] = (uint8_t)(rng(2) == 0 ? copy[at] ^ 1u << rng(8) : rng(3) * 127);
        }
        status = read_all(twf_span(copy, bytes.len), out, 4, &count);
        assert_true(status == TWF_OK || status == TWF_ERR_FORMAT);
        *(status == TWF_OK ? &accepted : &refused) += 1;
        for (uint32_t i = 0; i < count; i++)
            twf_batch_free(out[i]);
        free(copy);
    }
    /* Both happen, or this test tests nothing. */
    assert_true(accepted > ROUNDS / 20 && refused > ROUNDS / 20);
    twf_buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
