/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfer encodings for annotated copies, RFC 2045 section 6: a piece of text encoded by itself, and
 * the place in an encoded body where a decoded byte stands. Of annotate_text.c only.
 */
#ifndef TWF_API_ANNOTATE_ENCODE_H
#define TWF_API_ANNOTATE_ENCODE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* is_binary: line ends are encoded too (UTF-16), and the last line is a soft one. */
void twf_annotate_put_qp(struct twf_buf *b, struct twf_span s, const char *eol, bool is_binary);
/* Whole lines. */
void twf_annotate_put_base64(struct twf_buf *b, struct twf_span s, const char *eol);
/* The raw offset of a decoded one in quoted-printable. */
size_t twf_annotate_qp_place(struct twf_span body, size_t decoded);
/*
 * [*from, *to): the digits of the group of three bytes that begins at decoded offset 3 * group, with
 * what lies between them. False where padding stands before it.
 */
bool twf_annotate_base64_place(struct twf_span body, size_t group, size_t *from, size_t *to);

#endif
