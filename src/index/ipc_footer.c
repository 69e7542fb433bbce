/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an index: who made it from what, where its blocks are, and the seal. */
#include "index/writer.h"

#include <stdio.h>

#include <twofrom/twofrom.h>

#include "base/error.h"

/* The metadata of the schema: who made this from what. */
static twf_fb_ref put_identity(struct twf_index_writer *w, const struct twf_index_identity *id)
{
    char parser[16], source[160];
    struct index_pair pairs[] = {
        {"twofrom.schema", twf_span_str(TWF_SCHEMA)}, {"twofrom.version", twf_span_str(TWF_VERSION)},
        {"twofrom.parser", {NULL, 0}},                {"twofrom.psl", twf_span_str(id->psl)},
        {"twofrom.options", twf_span_str(id->options)}, {"twofrom.source", {NULL, 0}},
        {"twofrom.layout", twf_span_str(INDEX_LAYOUT)},
    };

    (void)snprintf(parser, sizeof(parser), "%d", TWF_PARSER);
    pairs[2].value = twf_span_str(parser);
    (void)snprintf(source, sizeof(source), "size=%llu mtime_ns=%lld id=%.40s",
                   (unsigned long long)id->size, (long long)id->mtime_ns, id->source_id);
    pairs[5].value = twf_span_str(source);
    return index_put_meta(&w->fb, pairs, TWF_COUNT(pairs));
}

static struct twf_span put_footer(struct twf_index_writer *w, const struct twf_index_identity *id)
{
    struct index_pair pairs[1 + INDEX_NARROW_COLUMNS] = {{INDEX_KEY_BLOCKS, {NULL, 0}}};
    char keys[INDEX_NARROW_COLUMNS][64];
    twf_fb_ref schema, dictionaries, batches, meta;
    uint32_t n = 0;

    twf_buf_span(&w->dict_hashes, twf_buf_view(&w->block_hashes));
    pairs[0].value = twf_buf_view(&w->dict_hashes);
    for (uint32_t i = 0; i < w->column_count && n < INDEX_NARROW_COLUMNS; i++) {
        const struct index_writing *c = &w->columns[i];

        if (c->how != HOW_DICT || !index_is_narrow(c->col))
            continue;
        pairs[n + 1] = (struct index_pair){index_counts_key(c->col, keys[n]), twf_buf_view(&c->counts)};
        w->blocks.failed |= c->counts.failed;
        n++;
    }
    twf_fb_reset(&w->fb);
    meta = index_put_meta(&w->fb, pairs, n + 1);
    schema = index_put_schema(&w->fb, w->fields, w->column_count, put_identity(w, id));
    dictionaries = twf_fb_structs(&w->fb, w->dict_blocks.ptr, sizeof(struct arrow_block),
                                  (uint32_t)(w->dict_blocks.len / sizeof(struct arrow_block)));
    batches = twf_fb_structs(&w->fb, w->blocks.ptr, sizeof(struct arrow_block),
                             (uint32_t)(w->blocks.len / sizeof(struct arrow_block)));
    twf_fb_begin(&w->fb);
    twf_fb_put_ref(&w->fb, FOOTER_SCHEMA, schema);
    twf_fb_put_ref(&w->fb, FOOTER_DICTIONARIES, dictionaries);
    twf_fb_put_ref(&w->fb, FOOTER_BATCHES, batches);
    twf_fb_put_ref(&w->fb, FOOTER_META, meta);
    twf_fb_put16(&w->fb, FOOTER_VERSION, ARROW_V5);
    return twf_fb_finish(&w->fb, twf_fb_end(&w->fb));
}

enum twf_status index_put_tail(struct twf_index_writer *w, const struct twf_index_identity *id,
                                struct twf_error *err)
{
    static const uint32_t eos[2] = {UINT32_MAX, 0};
    struct index_seal seal = {INDEX_SEAL, 0, w->head_hash, w->head_len};
    struct twf_span footer = put_footer(w, id);
    struct twf_buf *tail = &w->body;
    int32_t len = (int32_t)footer.len;

    twf_buf_reset(tail);
    twf_buf_put(tail, eos, sizeof(eos));
    twf_buf_put(tail, &seal, sizeof(seal));
    twf_buf_span(tail, footer);
    twf_buf_put(tail, &len, sizeof(len));
    twf_buf_str(tail, INDEX_MAGIC);
    if (tail->failed || w->fb.failed || w->blocks.failed || w->block_hashes.failed ||
        w->dict_blocks.failed || w->dict_hashes.failed)
        return index_no_memory(err);
    seal.tail_hash = index_hash(tail->ptr, tail->len);
    memcpy(tail->ptr + sizeof(eos), &seal, sizeof(seal));
    return index_put(w, twf_buf_view(tail), err);
}
