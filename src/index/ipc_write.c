/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of batches into an Arrow IPC file. Rows are collected, column by column, until a record batch is
 * full; then each buffer is compressed on its own and the batch goes out in one write. Dictionaries
 * follow the last batch, for only then they are whole; readers find them through the footer.
 *
 * Where it is not clear whether a column is better a dictionary, the first record batch is measured. The
 * schema is therefore written when that batch is.
 */
#define _GNU_SOURCE
#include "index/writer.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

enum twf_status index_no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an index");
}

enum twf_status twf_index_writer_new(int fd, bool with_headers, struct twf_index_writer **out,
                                     struct twf_error *err)
{
    struct twf_index_writer *w = twf_calloc(1, sizeof(*w));
    bool ok = w != NULL;

    *out = NULL;
    if (!ok)
        return index_no_memory(err);
    w->fd = fd;
    w->zstd = ZSTD_createCCtx();
    ok = w->zstd != NULL &&
         !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, INDEX_LEVEL));
    for (int i = 0; i < TWF_COL_COUNT; i++) {
        struct index_writing *c = &w->columns[w->column_count];

        if (twf_col_infos[i].index == 'X' || (index_is_bulky((enum twf_col_id)i) && !with_headers))
            continue;
        c->col = (enum twf_col_id)i;
        c->how = index_how_stored(c->col);
        w->column_count++;
        if (c->how != HOW_PLAIN)
            ok = index_dict_init(&c->dict) && ok;
    }
    if (!ok) {
        twf_index_writer_free(w);
        return index_no_memory(err);
    }
    *out = w;
    return TWF_OK;
}

void twf_index_writer_free(struct twf_index_writer *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct index_writing *c = &w->columns[i];

        index_dict_fini(&c->dict);
        twf_buf_fini(&c->validity);
        twf_buf_fini(&c->list_offsets);
        twf_buf_fini(&c->offsets);
        twf_buf_fini(&c->data);
        twf_buf_fini(&c->counts);
    }
    twf_fb_fini(&w->fb);
    twf_buf_fini(&w->body);
    twf_buf_fini(&w->sums);
    twf_buf_fini(&w->plain);
    twf_buf_fini(&w->brief.validity);
    twf_buf_fini(&w->brief.offsets);
    twf_buf_fini(&w->brief.data);
    twf_buf_fini(&w->blocks);
    twf_buf_fini(&w->block_hashes);
    twf_buf_fini(&w->dict_blocks);
    twf_buf_fini(&w->dict_hashes);
    (void)ZSTD_freeCCtx(w->zstd);
    twf_free(w);
}

static enum twf_status flush(struct twf_index_writer *w, struct twf_error *err);

static bool is_full(const struct twf_index_writer *w)
{
    bool full = w->rows == TWF_INDEX_ROWS;

    for (uint32_t i = 0; !full && i < w->column_count; i++)
        full = w->columns[i].data.len >= INDEX_COLUMN_MAX;
    return full;
}

/* Rows that are collected before the batch is looked at again: no column outgrows its offsets then. */
static uint32_t piece(const struct twf_index_writer *w, const struct twf_batch *b, uint32_t from,
                      uint32_t to)
{
    uint32_t n = TWF_MIN(to - from, TWF_INDEX_ROWS - w->rows);

    for (uint32_t i = 0; i < w->column_count; i++) {
        const struct twf_col *c = &b->cols[w->columns[i].col];

        while (n > 1 && c->type == TWF_TYPE_BIN &&
               (size_t)(c->offsets[from + n] - c->offsets[from]) > INDEX_COLUMN_MAX)
            n /= 2;
    }
    return n;
}

enum twf_status twf_index_writer_rows(struct twf_index_writer *w, const struct twf_batch *b,
                                      uint32_t from, uint32_t to, struct twf_error *err)
{
    while (from < to) {
        uint32_t n = piece(w, b, from, to);

        TWF_TRY(index_collect(w, b, from, from + n, err));
        from += n;
        if (is_full(w))
            TWF_TRY(flush(w, err));
    }
    return TWF_OK;
}

/* ---- writing ---- */

/* Magic and schema. The metadata of the schema stands in the footer: it is not known yet. */
static enum twf_status put_head(struct twf_index_writer *w, struct twf_error *err)
{
    uint8_t head[INDEX_HEAD_LEN] = INDEX_MAGIC;
    uint8_t *back;
    enum twf_status status;

    for (uint32_t i = 0; i < w->column_count; i++) {
        struct index_writing *c = &w->columns[i];

        /* A dictionary pays where a value stands for two rows at least. */
        if (c->how == HOW_MEASURE) {
            c->how = HOW_DICT;
            if (c->dict.count > (w->rows - c->nulls) / 2 && !index_flatten(c, w->rows, &w->plain))
                return index_no_memory(err);
        }
        w->fields[i] = (struct index_field){c->col, c->how == HOW_DICT};
    }
    w->has_schema = true;
    index_begin_message(w);
    TWF_TRY(index_put(w->fd, &w->off, twf_span(head, sizeof(head)), err));
    TWF_TRY(index_put_message(w, ARROW_MESSAGE_SCHEMA,
                        index_put_schema(&w->fb, w->fields, w->column_count, 0), 0, NULL, NULL,
                        err));
    /* What stands in the file is what is sealed. */
    w->head_len = w->off;
    back = twf_malloc((size_t)w->head_len);
    if (back == NULL)
        return index_no_memory(err);
    status = pread(w->fd, back, (size_t)w->head_len, 0) == (ssize_t)w->head_len
                 ? TWF_OK
                 : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot read an index back");
    w->head_hash = index_hash(back, (size_t)w->head_len);
    twf_free(back);
    return status;
}

/* Of the messages of the rows collected. */
static uint64_t mail_bytes(const struct twf_index_writer *w)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < w->column_count; i++) {
        const struct twf_buf *data = &w->columns[i].data;
        int64_t len;

        if (w->columns[i].col != TWF_COL_message_length)
            continue;
        for (size_t at = 0; at + sizeof(len) <= data->len; at += sizeof(len)) {
            memcpy(&len, data->ptr + at, sizeof(len));
            sum += (uint64_t)TWF_MAX(len, 0);
        }
    }
    return sum;
}

/* The rows collected become a record batch. */
static enum twf_status flush(struct twf_index_writer *w, struct twf_error *err)
{
    twf_fb_ref meta, table;
    uint64_t mail = mail_bytes(w);

    if (!w->has_schema)
        TWF_TRY(put_head(w, err));
    if (w->rows == 0)
        return TWF_OK;
    index_begin_message(w);
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct index_writing *c = &w->columns[i];

        c->as_is = c->how == HOW_PLAIN && index_is_searched(c->col, c->data.len, mail);
        index_put_column(w, c, w->rows);
        if (c->how == HOW_DICT && index_is_narrow(c->col))
            index_note_counts(c, w->rows);
        c->validity.len = c->list_offsets.len = c->offsets.len = c->data.len = 0;
        c->nulls = c->items = 0;
    }
    meta = index_put_sums(w);
    table = index_put_batch_table(w, w->rows);
    w->all_rows += w->rows;
    w->batches++;
    w->rows = 0;
    return index_put_message(w, ARROW_MESSAGE_BATCH, table, meta, &w->blocks, &w->block_hashes, err);
}

static enum twf_status put_dictionary(struct twf_index_writer *w, const struct index_writing *c,
                                      struct twf_error *err)
{
    twf_fb_ref meta, table;

    index_begin_message(w);
    w->nodes[w->node_count++] = (struct arrow_node){c->dict.count, 0};
    index_put_buffer(w, (struct twf_span){NULL, 0}, false);
    index_put_buffer(w, twf_buf_view(&c->dict.offsets), false);
    index_put_buffer(w, twf_buf_view(&c->dict.bytes), false);
    meta = index_put_sums(w);
    table = index_put_batch_table(w, c->dict.count);
    twf_fb_begin(&w->fb);
    twf_fb_put64(&w->fb, DICTIONARY_ID, c->col);
    twf_fb_put_ref(&w->fb, DICTIONARY_DATA, table);
    return index_put_message(w, ARROW_MESSAGE_DICTIONARY, twf_fb_end(&w->fb), meta, &w->dict_blocks,
                       &w->dict_hashes, err);
}

enum twf_status twf_index_writer_end(struct twf_index_writer *w, struct twf_index_end **out, struct twf_error *err)
{
    *out = NULL;
    TWF_TRY(flush(w, err));
    for (uint32_t i = 0; i < w->column_count; i++) {
        if (w->columns[i].how == HOW_DICT)
            TWF_TRY(put_dictionary(w, &w->columns[i], err));
    }
    return index_take_end(w, out, err);
}
