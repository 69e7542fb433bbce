/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of an index as Arrow's metadata (Schema.fbs), written and read back. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/digits.h"
#include "index/brief.h"
#include "index/layout.h"

uint64_t index_hash(const void *ptr, size_t len)
{
    return XXH3_64bits(ptr, len);
}

void index_hex(uint64_t value, unsigned digits, char *out)
{
    for (unsigned i = 0; i < digits; i++)
        out[i] = "0123456789abcdef"[value >> (digits - 1 - i) * 4 & 15];
}

bool index_unhex(struct twf_span text, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = twf_hex_digit(text.ptr[i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | (uint64_t)digit;
    }
    return true;
}

twf_fb_ref index_put_meta(struct twf_fb *b, const struct index_pair *pairs, uint32_t n)
{
    twf_fb_ref refs[16];

    for (uint32_t i = 0; i < n && i < 16; i++) {
        twf_fb_ref key = twf_fb_string(b, twf_span_str(pairs[i].key));
        twf_fb_ref value = twf_fb_string(b, pairs[i].value);

        twf_fb_begin(b);
        twf_fb_put_ref(b, META_KEY, key);
        twf_fb_put_ref(b, META_VALUE, value);
        refs[i] = twf_fb_end(b);
    }
    return twf_fb_refs(b, refs, n);
}

static twf_fb_ref put_int(struct twf_fb *b, int32_t width)
{
    twf_fb_begin(b);
    twf_fb_put32(b, INTEGER_WIDTH, width);
    twf_fb_put8(b, INTEGER_SIGNED, 1);
    return twf_fb_end(b);
}

/* The Type union: its table, and its number in *kind. */
static twf_fb_ref put_type(struct twf_fb *b, enum twf_col_type type, uint8_t *kind)
{
    twf_fb_ref zone;

    switch (type) {
    case TWF_TYPE_I16: *kind = ARROW_INT; return put_int(b, 16);
    case TWF_TYPE_I32: *kind = ARROW_INT; return put_int(b, 32);
    case TWF_TYPE_I64: *kind = ARROW_INT; return put_int(b, 64);
    case TWF_TYPE_TS:
        *kind = ARROW_TIMESTAMP;
        zone = twf_fb_string(b, twf_span_str("UTC"));
        twf_fb_begin(b);
        twf_fb_put16(b, TIMESTAMP_UNIT, ARROW_MICROSECOND);
        twf_fb_put_ref(b, TIMESTAMP_ZONE, zone);
        return twf_fb_end(b);
    case TWF_TYPE_BOOL: *kind = ARROW_BOOL; break;
    case TWF_TYPE_LIST: *kind = ARROW_LIST; break;
    case TWF_TYPE_BIN: *kind = ARROW_BINARY; break;
    default: *kind = ARROW_UTF8; break;
    }
    twf_fb_begin(b);
    return twf_fb_end(b);
}

static twf_fb_ref put_field(struct twf_fb *b, const char *name, enum twf_col_type type,
                            bool nullable, const struct index_field *dictionary)
{
    twf_fb_ref children = 0, encoding = 0, text, table;
    uint8_t kind;

    if (type == TWF_TYPE_LIST) {
        children = put_field(b, "item", TWF_TYPE_UTF8, true, NULL); /* one level: no list of lists */
        children = twf_fb_refs(b, &children, 1);
    } else {
        children = twf_fb_refs(b, NULL, 0);
    }
    if (dictionary != NULL) {
        twf_fb_ref index = put_int(b, index_is_narrow(dictionary->col) ? 8 : 32);

        twf_fb_begin(b);
        twf_fb_put64(b, ENCODING_ID, dictionary->col);
        twf_fb_put_ref(b, ENCODING_INDEX_TYPE, index);
        encoding = twf_fb_end(b);
    }
    table = put_type(b, type, &kind);
    text = twf_fb_string(b, twf_span_str(name));
    twf_fb_begin(b);
    twf_fb_put_ref(b, FIELD_NAME, text);
    twf_fb_put_ref(b, FIELD_TYPE, table);
    twf_fb_put_ref(b, FIELD_DICTIONARY, encoding);
    twf_fb_put_ref(b, FIELD_CHILDREN, children);
    twf_fb_put8(b, FIELD_NULLABLE, nullable);
    twf_fb_put8(b, FIELD_TYPE_TYPE, kind);
    return twf_fb_end(b);
}

twf_fb_ref index_put_schema(struct twf_fb *b, const struct index_field *fields, uint32_t n,
                            twf_fb_ref meta)
{
    twf_fb_ref refs[TWF_COL_COUNT], all;

    for (uint32_t i = 0; i < n; i++) {
        const struct twf_col_info *info = &twf_col_infos[fields[i].col];

        refs[i] = put_field(b, info->name, info->type, !info->never_null || index_is_brief(fields[i].col),
                            fields[i].dictionary ? &fields[i] : NULL);
    }
    all = twf_fb_refs(b, refs, n);
    twf_fb_begin(b);
    twf_fb_put_ref(b, SCHEMA_FIELDS, all);
    twf_fb_put_ref(b, SCHEMA_META, meta);
    twf_fb_put16(b, SCHEMA_ENDIANNESS, 0);
    return twf_fb_end(b);
}

/* ---- reading ---- */

static bool is_int(const struct twf_fb_table *t, int32_t width)
{
    int32_t has;
    uint8_t is_signed;

    return twf_fb_get32(t, INTEGER_WIDTH, 0, &has) && twf_fb_get8(t, INTEGER_SIGNED, 0, &is_signed) &&
           has == width && is_signed == 1;
}

/* Whether a field has the type of the column. */
static bool is_type(const struct twf_fb_table *field, enum twf_col_type type)
{
    struct twf_fb_vector children;
    struct twf_fb_table t, child;
    struct twf_span zone;
    bool has;
    uint8_t kind;
    int16_t unit;

    if (!twf_fb_get8(field, FIELD_TYPE_TYPE, 0, &kind) ||
        !twf_fb_get_table(field, FIELD_TYPE, &has, &t) || !has ||
        !twf_fb_get_vector(field, FIELD_CHILDREN, 4, &children) ||
        children.n != (type == TWF_TYPE_LIST ? 1u : 0u))
        return false;
    switch (type) {
    case TWF_TYPE_I16: return kind == ARROW_INT && is_int(&t, 16);
    case TWF_TYPE_I32: return kind == ARROW_INT && is_int(&t, 32);
    case TWF_TYPE_I64: return kind == ARROW_INT && is_int(&t, 64);
    case TWF_TYPE_BOOL: return kind == ARROW_BOOL;
    case TWF_TYPE_UTF8: return kind == ARROW_UTF8;
    case TWF_TYPE_BIN: return kind == ARROW_BINARY;
    case TWF_TYPE_TS:
        return kind == ARROW_TIMESTAMP && twf_fb_get16(&t, TIMESTAMP_UNIT, 0, &unit) &&
               unit == ARROW_MICROSECOND && twf_fb_get_string(&t, TIMESTAMP_ZONE, &zone) &&
               twf_span_is(zone, "UTC");
    default:
        return kind == ARROW_LIST && twf_fb_vector_table(&children, 0, &child) &&
               twf_fb_get8(&child, FIELD_TYPE_TYPE, 0, &kind) && kind == ARROW_UTF8;
    }
}

static bool get_field(const struct twf_fb_table *field, struct index_field *out)
{
    struct twf_fb_table encoding, index;
    struct twf_span name;
    int64_t id;
    int col = 0;
    bool has;

    if (!twf_fb_get_string(field, FIELD_NAME, &name))
        return false;
    while (col < TWF_COL_COUNT && !twf_span_is(name, twf_col_infos[col].name))
        col++;
    if (col == TWF_COL_COUNT || !is_type(field, twf_col_infos[col].type) ||
        !twf_fb_get_table(field, FIELD_DICTIONARY, &out->dictionary, &encoding))
        return false;
    out->col = (enum twf_col_id)col;
    if (!out->dictionary)
        return true;
    return twf_fb_get64(&encoding, ENCODING_ID, -1, &id) && id == col &&
           twf_fb_get_table(&encoding, ENCODING_INDEX_TYPE, &has, &index) && has &&
           is_int(&index, index_is_narrow(out->col) ? 8 : 32) &&
           (twf_col_infos[col].type == TWF_TYPE_UTF8 || twf_col_infos[col].type == TWF_TYPE_BIN);
}

bool index_get_schema(const struct twf_fb_table *schema, struct index_field fields[TWF_COL_COUNT],
                      uint32_t *n)
{
    struct twf_fb_vector all;
    int16_t endianness;

    if (!twf_fb_get16(schema, SCHEMA_ENDIANNESS, 0, &endianness) || endianness != 0 ||
        !twf_fb_get_vector(schema, SCHEMA_FIELDS, 4, &all) || all.n > TWF_COL_COUNT)
        return false;
    for (uint32_t i = 0; i < all.n; i++) {
        struct twf_fb_table field;

        /* In the order of columns.def, each at most once. */
        if (!twf_fb_vector_table(&all, i, &field) || !get_field(&field, &fields[i]) ||
            (i > 0 && fields[i].col <= fields[i - 1].col))
            return false;
    }
    *n = all.n;
    return true;
}

bool index_get_meta(const struct twf_fb_table *t, unsigned slot, const char *key,
                    struct twf_span *value)
{
    struct twf_fb_vector all;

    *value = (struct twf_span){NULL, 0};
    if (!twf_fb_get_vector(t, slot, 4, &all) || all.n > 64)
        return false;
    for (uint32_t i = 0; i < all.n; i++) {
        struct twf_fb_table pair;
        struct twf_span name;

        if (!twf_fb_vector_table(&all, i, &pair) || !twf_fb_get_string(&pair, META_KEY, &name))
            return false;
        if (twf_span_is(name, key))
            return twf_fb_get_string(&pair, META_VALUE, value);
    }
    return true;
}
