/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seek table of the zstd seekable format 0.1.0: a skippable frame at the end of the file, whose
 * last nine bytes say how many frames stand before it. It is a claim: it must add up to the length
 * of the file, and whoever jumps by it must find a frame there.
 */
#include "decode/decode.h"

#include "base/alloc.h"
#include "base/error.h"

enum { FRAME_HEADER = 8, FOOTER = 9, ENTRY = 8, CHECKSUM = 4 };
#define MAGIC_FRAME 0x184D2A5Eu
#define MAGIC_FOOTER 0x8F92EAB1u

static uint32_t read_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The entries at p into t. Returns how many bytes their frames take in the file. */
static uint64_t read_entries(const uint8_t *p, size_t entry_len, struct twf_seek_table *t)
{
    uint64_t comp_off = 0, plain_off = 0;

    for (uint32_t i = 0; i < t->count; i++, p += entry_len) {
        struct twf_seek_entry *e = &t->entries[i];

        *e = (struct twf_seek_entry){.comp_off = comp_off,
                                     .comp_len = read_le32(p),
                                     .plain_off = plain_off,
                                     .plain_len = read_le32(p + 4)};
        comp_off += e->comp_len;
        plain_off += e->plain_len;
    }
    return comp_off;
}

enum twf_status twf_seek_table_read(struct twf_span tail, uint64_t file_size,
                                    struct twf_seek_table *out, size_t *need, struct twf_error *err)
{
    const uint8_t *end, *frame;
    uint64_t table_len, comp_sum;
    size_t entry_len;
    struct twf_seek_table t;
    uint8_t descriptor;

    *out = (struct twf_seek_table){0};
    *need = FRAME_HEADER + FOOTER;
    if (file_size < *need)
        return TWF_END;
    if (tail.len < *need)
        return twf_error_set(err, TWF_ERR_LIMIT, file_size - *need, "the tail is too short");
    end = tail.ptr + tail.len;
    if (read_le32(end - 4) != MAGIC_FOOTER)
        return TWF_END;
    descriptor = end[-5];
    t = (struct twf_seek_table){0};
    t.count = read_le32(end - FOOTER);
    t.has_checksums = (descriptor & 0x80) != 0;
    entry_len = ENTRY + (t.has_checksums ? CHECKSUM : 0);
    table_len = FRAME_HEADER + (uint64_t)t.count * entry_len + FOOTER;
    if ((descriptor & 0x7C) != 0)
        return twf_error_set(err, TWF_ERR_FORMAT, file_size - 5,
                             "seek table: reserved bits are set");
    if (table_len > file_size)
        return twf_error_set(err, TWF_ERR_FORMAT, file_size - FOOTER,
                             "seek table: %u frames do not fit into the file", t.count);
    t.table_off = file_size - table_len;
    if (table_len > tail.len) {
        *need = (size_t)table_len;
        return twf_error_set(err, TWF_ERR_LIMIT, t.table_off, "the tail is too short");
    }
    frame = end - table_len;
    if (read_le32(frame) != MAGIC_FRAME || read_le32(frame + 4) != table_len - FRAME_HEADER)
        return twf_error_set(err, TWF_ERR_FORMAT, t.table_off,
                             "seek table: no skippable frame where it must begin");
    t.entries = twf_malloc((size_t)t.count * sizeof(*t.entries));
    if (t.entries == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, t.table_off, "no memory for a seek table");
    comp_sum = read_entries(frame + FRAME_HEADER, entry_len, &t);
    if (comp_sum != t.table_off) {
        twf_seek_table_free(&t);
        return twf_error_set(err, TWF_ERR_FORMAT, file_size - table_len,
                             "seek table: frames of %llu bytes in a file that has room for %llu",
                             (unsigned long long)comp_sum,
                             (unsigned long long)(file_size - table_len));
    }
    *out = t;
    return TWF_OK;
}

void twf_seek_table_free(struct twf_seek_table *t)
{
    if (t == NULL)
        return;
    twf_free(t->entries);
    *t = (struct twf_seek_table){0};
}
