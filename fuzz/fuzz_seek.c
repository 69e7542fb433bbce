/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seek table of the seekable zstd format: whatever the last bytes of a file claim, a table that
 * is handed out covers the file from its first byte to the table, without a hole.
 */
#include <stdlib.h>

#include "decode/decode.h"
#include "fuzz/fuzz.h"

static void check_table(const struct twf_seek_table *t, uint64_t file_size)
{
    uint64_t comp = 0, plain = 0;

    FUZZ_CHECK(t->table_off < file_size, "a table behind the end");
    for (uint32_t i = 0; i < t->count; i++) {
        const struct twf_seek_entry *e = &t->entries[i];

        FUZZ_CHECK(e->comp_off == comp && e->plain_off == plain, "entry %u begins elsewhere", i);
        comp += e->comp_len;
        plain += e->plain_len;
    }
    FUZZ_CHECK(comp == t->table_off, "frames end at %llu, the table begins at %llu",
               (unsigned long long)comp, (unsigned long long)t->table_off);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    uint8_t *copy = fuzz_copy(data, size);
    /* The tail may be the whole file, or lie behind bytes that were not read. */
    const uint64_t sizes[] = {size, size + fuzz_random(&r, 5000), UINT64_MAX - fuzz_random(&r, 9)};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct twf_seek_table t = {0};
        size_t need = 0;
        enum twf_status status;

        status = twf_seek_table_read(twf_span(copy, size), sizes[i], &t, &need, NULL);
        if (status == TWF_OK)
            check_table(&t, sizes[i]);
        else
            FUZZ_CHECK(t.entries == NULL, "a table beside a failure");
        FUZZ_CHECK(status != TWF_ERR_LIMIT || (need > size && need <= sizes[i]),
                   "needs %zu bytes, has %zu", need, size);
        twf_seek_table_free(&t);
    }
    free(copy);
    return 0;
}
