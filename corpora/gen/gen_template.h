/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text with places to be filled: "Received: from {host} ({ip}) id {hex:16}". Read once into steps, then
 * written millions of times. The places are documented in corpora/recipes/README.md.
 */
#ifndef TWF_CORPORA_GEN_GEN_TEMPLATE_H
#define TWF_CORPORA_GEN_GEN_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "corpora/gen/gen_rng.h"

enum gen_op {
    GEN_OP_TEXT, /* bytes as they stand */
    GEN_OP_VAR,  /* n: a place of gen_places.def */
    GEN_OP_HEX,  /* n lower case hexadecimal digits */
    GEN_OP_HEXUP,
    GEN_OP_DIGITS,
    GEN_OP_B64,    /* n characters of base64 without "=", a fold after each m of them if m > 0 */
    GEN_OP_EWORDS, /* n encoded-words of m characters, folded: X-Microsoft-Antispam-Message-Info */
    GEN_OP_PICK,   /* one of the n texts in text, separated by | */
    GEN_OP_NUMBER, /* a number from n to m */
    GEN_OP_UTC,    /* n seconds after sending: Mon, 02 Sep 2024 09:15:02 +0000 */
    GEN_OP_STAMP,  /* the same as 02 Sep 2024 09:15:02.0000 (UTC) */
    GEN_OP_WORDS,  /* n words of text */
    GEN_OP_MAYBE   /* in n of 100 messages go on, else jump to step m */
};

struct gen_step {
    enum gen_op op;
    uint32_t n, m;
    struct twf_span text;
};

struct gen_template {
    char *source; /* owned; the spans of steps lie in it or in constants */
    struct gen_step *steps;
    size_t count, cap;
};

enum gen_place {
#define TWF_PLACE(id, name) GEN_PLACE_##id,
#include "corpora/gen/gen_places.def"
#undef TWF_PLACE
    GEN_PLACES
};

/* What the places of one message hold. */
struct gen_values {
    struct twf_span place[GEN_PLACES];
    int64_t date;
    struct gen_rng rng;
};

/* Compiles text (copied); where names the file and line for the message of a fault, which is fatal. */
void gen_template_read(struct gen_template *t, const char *text, const char *where);
void gen_template_fini(struct gen_template *t);
/* Appends the text to out. */
void gen_template_write(const struct gen_template *t, struct gen_values *values,
                        struct twf_buf *out);

#endif
