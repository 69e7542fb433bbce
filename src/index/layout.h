/* SPDX-License-Identifier: Apache-2.0 */
/* What writer and reader of the index agree on: Arrow's numbers, our columns, checksums. */
#ifndef TWF_INDEX_LAYOUT_H
#define TWF_INDEX_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/batch.h"
#include "index/flatbuf.h"

/* Schema.fbs, Message.fbs and File.fbs of Apache Arrow, as far as they are met here. */
enum { ARROW_V5 = 4 };
enum { ARROW_MESSAGE_SCHEMA = 1, ARROW_MESSAGE_DICTIONARY = 2, ARROW_MESSAGE_BATCH = 3 };
enum {
    ARROW_INT = 2,
    ARROW_BINARY = 4,
    ARROW_UTF8 = 5,
    ARROW_BOOL = 6,
    ARROW_TIMESTAMP = 10,
    ARROW_LIST = 12
};
enum { ARROW_MICROSECOND = 2, ARROW_ZSTD = 1 };
/* Slots of their tables. */
enum { MESSAGE_VERSION, MESSAGE_HEADER_TYPE, MESSAGE_HEADER, MESSAGE_BODY_LEN, MESSAGE_META };
enum { SCHEMA_ENDIANNESS, SCHEMA_FIELDS, SCHEMA_META };
enum { FIELD_NAME, FIELD_NULLABLE, FIELD_TYPE_TYPE, FIELD_TYPE, FIELD_DICTIONARY, FIELD_CHILDREN };
enum { INTEGER_WIDTH, INTEGER_SIGNED };
enum { TIMESTAMP_UNIT, TIMESTAMP_ZONE };
enum { ENCODING_ID, ENCODING_INDEX_TYPE };
enum { META_KEY, META_VALUE };
enum { BATCH_LENGTH, BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION };
enum { COMPRESSION_CODEC };
enum { DICTIONARY_ID, DICTIONARY_DATA };
enum { FOOTER_VERSION, FOOTER_SCHEMA, FOOTER_DICTIONARIES, FOOTER_BATCHES, FOOTER_META };

/* Structs inside vectors. */
struct arrow_node {
    int64_t len, nulls;
};
struct arrow_buffer {
    int64_t off, len;
};
struct arrow_block {
    int64_t off;
    int32_t meta_len, pad;
    int64_t body_len;
};

/*
 * The end of an index: EOS, seal, footer, length of the footer, "ARROW1". Arrow readers start at the
 * end and follow the footer, so they never see the seal.
 */
#define INDEX_MAGIC "ARROW1"
enum { INDEX_MAGIC_LEN = 6, INDEX_HEAD_LEN = 8, INDEX_EOS_LEN = 8, INDEX_TAIL_LEN = 10 };
#define INDEX_SEAL "TWFSEAL1"
struct index_seal {
    char magic[8];
    uint64_t tail_hash; /* of everything from EOS to the last byte, with this field zero */
    uint64_t head_hash; /* of the first head_len bytes: magic and schema */
    uint64_t head_len;
};

/* Counts up when columns are stored in another way; an index of another count is stale. */
#define INDEX_LAYOUT "4"

/* Keys of our metadata. */
#define INDEX_KEY_BLOCKS "twofrom.blocks" /* footer: XXH3-64 of each block's metadata, hex */
#define INDEX_KEY_SUMS "twofrom.sums"     /* message: XXH3 of each buffer, 32 bits, hex */
#define INDEX_KEY_GAPS "twofrom.gaps"     /* schema, in the footer: ipc_gaps.c; not there where there are none */
enum { INDEX_BLOCK_DIGITS = 16, INDEX_SUM_DIGITS = 8 };

/* Bounds on what a footer may claim: far above what archives have, far below what hurts. */
enum {
    INDEX_FOOTER_MAX = 64 << 20,
    INDEX_META_MAX = 1 << 20,
    INDEX_BLOCKS_MAX = 1 << 20,
    INDEX_BUFFERS_MAX = 5 * TWF_COL_COUNT
};
/* Bytes of a buffer, decoded: what a dictionary may have, and more than a batch collects. */
enum { INDEX_BUFFER_MAX = 320 << 20 };

/* Large buffers are cut into zstd frames of this length, so that threads can share one. */
enum { INDEX_FRAME_LEN = 1 << 20 };
/* Of zstd: the index is built beside a scan and may cost a few per cent of it. */
enum { INDEX_LEVEL = 1 };

/* A column of an index. */
struct index_field {
    enum twf_col_id col;
    bool dictionary;
};

/*
 * Columns of a few words, whose ids have one byte instead of four: a question about a verdict is then a matter of
 * how fast bytes can be read.
 */
enum { INDEX_NARROW_MAX = 127, INDEX_NARROW_COLUMNS = 3 };
static inline bool index_is_narrow(enum twf_col_id col)
{
    return col == TWF_COL_verdict || col == TWF_COL_relation || col == TWF_COL_level;
}

static inline unsigned index_field_nodes(const struct index_field *f)
{
    return !f->dictionary && twf_col_infos[f->col].type == TWF_TYPE_LIST ? 2 : 1;
}

static inline unsigned index_field_buffers(const struct index_field *f)
{
    switch (f->dictionary ? TWF_TYPE_I32 : twf_col_infos[f->col].type) {
    case TWF_TYPE_UTF8:
    case TWF_TYPE_BIN: return 3;
    case TWF_TYPE_LIST: return 5;
    default: return 2;
    }
}

/* Bytes of n values; bits are rounded up. 0 for what has offsets. */
static inline uint64_t index_fixed_len(enum twf_col_type type, uint64_t n)
{
    switch (type) {
    case TWF_TYPE_I16: return n * 2;
    case TWF_TYPE_I32: return n * 4;
    case TWF_TYPE_I64:
    case TWF_TYPE_TS: return n * 8;
    case TWF_TYPE_BOOL: return (n + 7) / 8;
    default: return 0;
    }
}

struct index_pair {
    const char *key;
    struct twf_span value;
};

/* A vector of KeyValue. */
twf_fb_ref index_put_meta(struct twf_fb *b, const struct index_pair *pairs, uint32_t n);
/* A Schema table with these columns. */
twf_fb_ref index_put_schema(struct twf_fb *b, const struct index_field *fields, uint32_t n,
                            twf_fb_ref meta);
/* Reads one back; false where it is not a schema as index_put_schema writes it. Columns that this
 * version does not know are an error too: an index is made anew in a moment. */
bool index_get_schema(const struct twf_fb_table *schema, struct index_field fields[TWF_COL_COUNT],
                      uint32_t *n);
/* The key in the footer of how many rows of each batch have each value of a narrow column. */
const char *index_counts_key(enum twf_col_id col, char out[64]);
/* The value of a key in a vector of KeyValue; empty where there is none. False: malformed. */
bool index_get_meta(const struct twf_fb_table *t, unsigned slot, const char *key,
                    struct twf_span *value);

uint64_t index_hash(const void *ptr, size_t len);
/* Whether a hash is not the one that is written down. A fuzzer has no use for checksums: it would have to
 * guess them before it saw anything else. */
static inline bool index_differs(uint64_t is, uint64_t written)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)is;
    (void)written;
    return false;
#else
    return is != written;
#endif
}
/* value as digits hexadecimal digits, most significant first. */
void index_hex(uint64_t value, unsigned digits, char *out);
/* Reads them back; false where one is none. */
bool index_unhex(struct twf_span text, uint64_t *value);

#endif
