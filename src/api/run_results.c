/* SPDX-License-Identifier: Apache-2.0 */
/* What a run found, for those who only know <twofrom/...>: columns of a batch, the summary. */
#include <string.h>

#include "api/run.h"
#include "base/error.h"

static const char *words(struct twf_run *r, size_t *len)
{
    twf_buf_byte(&r->words, '\0');
    if (r->words.failed)
        return NULL;
    *len = r->words.len - 1;
    return (const char *)r->words.ptr;
}

const char *twf_run_summary(struct twf_run *r, size_t *len)
{
    struct twf_totals t;

    twf_run_totals(r, &t);
    twf_buf_reset(&r->words);
    twf_sink_find("summary")->document_render(&r->outputs.options, &t, &r->words);
    return words(r, len);
}

const char *twf_run_summary_text(struct twf_run *r, int ascii, int color, size_t *len)
{
    struct twf_sink_options o = r->outputs.options;
    struct twf_totals t;

    o.ascii = ascii != 0;
    o.color = color != 0;
    twf_run_totals(r, &t);
    twf_buf_reset(&r->words);
    twf_summary_text(&o, &t, &r->words);
    return words(r, len);
}

int64_t twf_batch_rows(const struct twf_batch *b)
{
    return b->rows;
}

int twf_batch_selected(const struct twf_batch *b, int64_t row)
{
    return row >= 0 && row < b->rows && twf_batch_is_selected(b, (uint32_t)row);
}

enum twf_status twf_batch_column(const struct twf_batch *b, const char *name, struct twf_column *out,
                                 struct twf_error *err)
{
    static const enum twf_type types[] = {TWF_UTF8,  TWF_BINARY,  TWF_INT16,        TWF_INT32,
                                          TWF_INT64, TWF_BOOLEAN, TWF_TIMESTAMP_US, TWF_LIST_UTF8};

    for (int i = 0; i < TWF_COL_COUNT; i++) {
        const struct twf_col *c = &b->cols[i];

        if (strcmp(twf_col_infos[i].name, name) != 0)
            continue;
        *out = (struct twf_column){types[c->type], b->rows,    c->validity,
                                   c->type == TWF_TYPE_LIST ? c->list_offsets : NULL, c->offsets, c->data};
        return TWF_OK;
    }
    return twf_error_set(err, TWF_ERR_ARG, 0, "no column '%s'", name);
}
