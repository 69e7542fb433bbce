/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FlatBuffers as far as Arrow's metadata needs them: tables, strings, vectors of offsets and of
 * structs. The writer builds from the back, as the format wants children before parents; the reader
 * checks each offset before it follows it, and never recurses.
 */
#ifndef TWF_INDEX_FLATBUF_H
#define TWF_INDEX_FLATBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* ---- writing ---- */

enum { TWF_FB_SLOTS = 8 };

/* A document under construction; the bytes stand at the end of mem. Failure is sticky. */
struct twf_fb {
    uint8_t *mem;
    size_t cap, len;
    bool failed;
    uint32_t slots[TWF_FB_SLOTS]; /* of the open table: where each field stands, 0: absent */
    uint32_t table_start;
};

/* An object that stands in the document: its distance from the end. 0: none. */
typedef uint32_t twf_fb_ref;

void twf_fb_init(struct twf_fb *b);
void twf_fb_fini(struct twf_fb *b);
/* Empties it; memory stays. */
void twf_fb_reset(struct twf_fb *b);

twf_fb_ref twf_fb_string(struct twf_fb *b, struct twf_span text);
twf_fb_ref twf_fb_refs(struct twf_fb *b, const twf_fb_ref *refs, uint32_t n);
/* n structs of size bytes, whose largest member has 8 bytes. */
twf_fb_ref twf_fb_structs(struct twf_fb *b, const void *ptr, size_t size, uint32_t n);

/* A table: everything that it refers to stands already. */
void twf_fb_begin(struct twf_fb *b);
void twf_fb_put8(struct twf_fb *b, unsigned slot, uint8_t value);
void twf_fb_put16(struct twf_fb *b, unsigned slot, int16_t value);
void twf_fb_put32(struct twf_fb *b, unsigned slot, int32_t value);
void twf_fb_put64(struct twf_fb *b, unsigned slot, int64_t value);
void twf_fb_put_ref(struct twf_fb *b, unsigned slot, twf_fb_ref ref);
twf_fb_ref twf_fb_end(struct twf_fb *b);

/* The finished document, until the next call; empty without memory. Its length is a multiple of 8. */
struct twf_span twf_fb_finish(struct twf_fb *b, twf_fb_ref root);

/* ---- reading ---- */

/* A table inside doc; all positions were checked. */
struct twf_fb_table {
    struct twf_span doc;
    uint32_t pos, vtable;
    uint16_t vtable_len, table_len;
};

/* A vector inside doc: n elements of the size asked for. */
struct twf_fb_vector {
    struct twf_span doc;
    uint32_t pos, n;
};

/* All return false where the document is not what it must be. */
bool twf_fb_root(struct twf_span doc, struct twf_fb_table *out);
/* Absent fields give the default. */
bool twf_fb_get8(const struct twf_fb_table *t, unsigned slot, uint8_t absent, uint8_t *out);
bool twf_fb_get16(const struct twf_fb_table *t, unsigned slot, int16_t absent, int16_t *out);
bool twf_fb_get32(const struct twf_fb_table *t, unsigned slot, int32_t absent, int32_t *out);
bool twf_fb_get64(const struct twf_fb_table *t, unsigned slot, int64_t absent, int64_t *out);
/* *has tells whether the field is there; out is filled only then. */
bool twf_fb_get_table(const struct twf_fb_table *t, unsigned slot, bool *has,
                      struct twf_fb_table *out);
/* An absent string or vector is an empty one. */
bool twf_fb_get_string(const struct twf_fb_table *t, unsigned slot, struct twf_span *out);
bool twf_fb_get_vector(const struct twf_fb_table *t, unsigned slot, size_t size,
                       struct twf_fb_vector *out);
/* Element i of a vector of offsets (size 4). */
bool twf_fb_vector_table(const struct twf_fb_vector *v, uint32_t i, struct twf_fb_table *out);
/* Eight bytes at off inside element i of a vector of structs of size bytes. */
int64_t twf_fb_vector_i64(const struct twf_fb_vector *v, uint32_t i, size_t size, size_t off);
int32_t twf_fb_vector_i32(const struct twf_fb_vector *v, uint32_t i, size_t size, size_t off);

#endif
