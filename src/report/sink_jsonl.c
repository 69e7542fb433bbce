/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flat object a line (RFC 8259), keys in the order of columns.def. What is null or empty is an
 * absent key, but for strings that a record always has. A binary value that is no UTF-8 stands as
 * NAME_b64 instead of NAME.
 */
#include "report/report.h"

#include "base/utf8.h"
#include "report/sinks.h"
#include "report/text.h"

struct key {
    const char *text; /* "name": */
    size_t len;
    const char *b64; /* "name_b64": */
};

static const struct key keys[TWF_COL_COUNT] = {
#define C(name, type, never_null, index, text)                                                     \
    {"\"" #name "\":", sizeof(#name) + 2, "\"" #name "_b64\":"},
#include "flow/columns.def"
#undef C
};

static void json_string(const struct twf_sink_options *o, enum twf_defang how,
                        struct twf_span value, struct twf_buf *out)
{
    twf_buf_byte(out, '"');
    if (TWF_LIKELY(how == TWF_DEFANG_NONE)) {
        twf_text_json(out, o->kernels, value);
    } else {
        struct twf_defang_parts p = twf_defang_split(how, value);
        const char *text;

        twf_text_json(out, o->kernels, p.before);
        while (p.live.len > 0) {
            twf_text_json(out, o->kernels, twf_defang_next(&p.live, &text));
            twf_buf_str(out, text);
        }
        twf_text_json(out, o->kernels, p.after);
    }
    twf_buf_byte(out, '"');
}

/* The comma goes in front of every key but the first. */
static void put_key(struct twf_buf *out, size_t line, enum twf_col_id id)
{
    if (out->len > line + 1)
        twf_buf_byte(out, ',');
    twf_buf_put(out, keys[id].text, keys[id].len);
}

static void put_bytes(const struct twf_sink_options *o, enum twf_col_id id, struct twf_span value,
                      size_t line, struct twf_buf *out)
{
    if (value.len == 0 && !twf_col_infos[id].never_null)
        return;
    if (twf_col_infos[id].type == TWF_TYPE_BIN && !twf_utf8_valid(value)) {
        if (out->len > line + 1)
            twf_buf_byte(out, ',');
        twf_buf_str(out, keys[id].b64);
        twf_buf_byte(out, '"');
        twf_text_base64(out, value);
        twf_buf_byte(out, '"');
        return;
    }
    put_key(out, line, id);
    json_string(o, twf_sink_defang(o, id), value, out);
}

static void put_list(const struct twf_sink_options *o, enum twf_col_id id, const struct twf_col *c,
                     uint32_t row, size_t line, struct twf_buf *out)
{
    enum twf_defang how = twf_sink_defang(o, id);
    uint32_t n = twf_col_list_len(c, row);

    if (n == 0)
        return;
    put_key(out, line, id);
    for (uint32_t i = 0; i < n; i++) {
        twf_buf_byte(out, i == 0 ? '[' : ',');
        json_string(o, how, twf_col_list_item(c, row, i), out);
    }
    twf_buf_byte(out, ']');
}

/* A date outside the years 0 to 9999 has no form in RFC 3339: absent, key and all. */
static void put_time(enum twf_col_id id, int64_t us, size_t line, struct twf_buf *out)
{
    size_t before = out->len;

    put_key(out, line, id);
    twf_buf_byte(out, '"');
    if (twf_text_time(out, us))
        twf_buf_byte(out, '"');
    else
        out->len = before;
}

static void put_column(const struct twf_sink_options *o, const struct twf_batch *b,
                       enum twf_col_id id, uint32_t row, size_t line, struct twf_buf *out)
{
    const struct twf_col *c = &b->cols[id];

    if (!twf_col_valid(c, row))
        return;
    switch (c->type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN:
        put_bytes(o, id, twf_col_bytes(c, row), line, out);
        break;
    case TWF_TYPE_LIST:
        put_list(o, id, c, row, line, out);
        break;
    case TWF_TYPE_TS:
        put_time(id, twf_col_int(c, row), line, out);
        break;
    case TWF_TYPE_BOOL:
        put_key(out, line, id);
        twf_buf_str(out, twf_col_int(c, row) != 0 ? "true" : "false");
        break;
    default:
        put_key(out, line, id);
        twf_buf_i64(out, twf_col_int(c, row));
        break;
    }
}

void twf_jsonl_rows(const struct twf_sink_options *o, const struct twf_batch *b,
                    struct twf_buf *out)
{
    for (uint32_t row = 0; row < b->rows; row++) {
        size_t line = out->len;

        if (!twf_batch_is_selected(b, row))
            continue;
        twf_buf_byte(out, '{');
        for (int id = 0; id < TWF_COL_COUNT; id++) {
            if (twf_sink_shows(o, (enum twf_col_id)id))
                put_column(o, b, (enum twf_col_id)id, row, line, out);
        }
        twf_buf_str(out, "}\n");
    }
}
