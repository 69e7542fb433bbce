/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little MIME that a journal report needs: fields of a header block, Content-Type with its
 * boundary, the parts of one multipart, transfer encodings. RFC 2045 and 2046. Nothing here
 * allocates, except decoding, and nothing recurses: who wants the parts of a part asks again.
 */
#ifndef TWF_SPLIT_MIME_H
#define TWF_SPLIT_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* Header block with its empty line, and what follows. Without an empty line all is header. */
struct twf_entity {
    struct twf_span header, body;
};
struct twf_entity twf_entity_split(struct twf_span text);

/*
 * The n-th field (from 0) of that name, ASCII case ignored, trailing blanks of the name allowed.
 * *value is raw: folds are in it, the last line end is not.
 */
bool twf_field_find(struct twf_span header, const char *name, unsigned n, struct twf_span *value);
/* value without folds, runs of blanks as one, ends trimmed; a copy in the arena. */
struct twf_span twf_value_unfold(struct twf_arena *a, struct twf_span value);

struct twf_mime_type {
    struct twf_span type, subtype; /* empty: there is none that can be read */
    struct twf_span boundary;      /* in the arena where it was quoted with '\' */
    bool ambiguous;                /* two boundaries, or two fields: readers disagree */
};
/* Content-Type of a header block; text/plain where there is none. */
struct twf_mime_type twf_mime_type_read(struct twf_span header, struct twf_arena *a);
/* Type and subtype alone, of the value of a Content-Type, as twf_mime_type_read reads them. */
struct twf_mime_type twf_mime_words(struct twf_span value);
bool twf_mime_is(const struct twf_mime_type *t, const char *type, const char *subtype);

/* Walks the parts of a multipart body. */
struct twf_mime_walk {
    struct twf_span rest, boundary;
    bool started, closed;
};
void twf_mime_walk_init(struct twf_mime_walk *w, struct twf_span body, struct twf_span boundary);
/* The bytes of the next part, header and body; false at the end. A part may lack its end line. */
bool twf_mime_walk_next(struct twf_mime_walk *w, struct twf_span *part);

enum twf_mime_encoding { TWF_MIME_PLAIN, TWF_MIME_BASE64, TWF_MIME_QP, TWF_MIME_OTHER };
enum twf_mime_encoding twf_mime_encoding_read(struct twf_span header);
/*
 * Decoded bytes in the arena (for PLAIN the body itself); NULL without memory. Damage is skipped
 * over.
 */
struct twf_span twf_mime_decode(struct twf_arena *a, struct twf_span body,
                                enum twf_mime_encoding encoding);

#endif
