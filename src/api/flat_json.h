/* SPDX-License-Identifier: Apache-2.0 */
/* Our own records read back: one JSON object a line, whose values are strings, numbers, words or
 * lists (RFC 8259). Whoever wrote the file: nothing here reads beyond the line, or nests. */
#ifndef TWF_API_FLAT_JSON_H
#define TWF_API_FLAT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct twf_json {
    struct twf_span rest; /* not read yet */
    bool started, failed, ended;
};
/* line: without its line end. */
void twf_json_begin(struct twf_json *j, struct twf_span line);
/*
 * The next member: key without its quotes (escapes in it are left), value as it stands. False at the
 * end of the object, or where the line is none: j->failed.
 */
bool twf_json_next(struct twf_json *j, struct twf_span *key, struct twf_span *value);
/* The text of a value that is a string, escapes resolved, in the arena where there were some. */
bool twf_json_string(struct twf_arena *a, struct twf_span value, struct twf_span *out);
/* A number without sign, fraction and exponent; *out stays as it is where there is none. */
bool twf_json_u64(struct twf_span value, uint64_t *out);
/* The next string of a list; *rest begins as the value and is shortened. */
bool twf_json_item(struct twf_span *rest, struct twf_span *item);

#endif
