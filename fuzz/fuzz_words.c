/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded-words (RFC 2047): the result is UTF-8, and a text without one is not touched. */
#include <stdlib.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct twf_arena arena;
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span text = twf_span(copy, size), valid, raw, again;
    uint32_t count = 0, raw_count = 0, more;

    twf_arena_init(&arena, 1 << 14);
    valid = twf_decode_words(&arena, text, &count);
    raw = twf_decode_words_raw(&arena, text, &raw_count);
    FUZZ_CHECK(twf_utf8_valid(valid), "no UTF-8 came out");
    FUZZ_CHECK(count == raw_count, "%u words, or %u", count, raw_count);
    FUZZ_CHECK(count == 0 || twf_has_encoded_word(text), "%u words in a text that has none", count);
    if (count == 0) {
        FUZZ_CHECK(twf_span_eq(raw, text), "a text without words was changed");
        FUZZ_CHECK(!twf_utf8_valid(text) || twf_span_eq(valid, text), "UTF-8 was changed");
    }
    /* What is UTF-8 and has no word left stays as it is. */
    again = twf_decode_words(&arena, valid, &more);
    FUZZ_CHECK(more > 0 || twf_span_eq(again, valid), "decoding again changes it");
    FUZZ_CHECK(!arena.failed, "no memory");
    twf_arena_fini(&arena);
    free(copy);
    return 0;
}
