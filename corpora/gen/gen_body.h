/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a message: text, HTML, both, with attachments, in the sizes of the recipe. */
#ifndef TWF_CORPORA_GEN_GEN_BODY_H
#define TWF_CORPORA_GEN_GEN_BODY_H

#include "corpora/gen/gen.h"
#include "corpora/gen/gen_text.h"

struct gen_body {
    enum gen_body_kind kind;
    uint64_t size, attachment; /* bytes wanted; attachment 0: none */
    char boundary[40];
    struct twf_buf part;
};

/* Draws a body and appends its MIME fields, whole lines. */
void gen_body_begin(struct gen_body *body, const struct gen_recipe *recipe, struct gen_rng *rng,
                    struct twf_buf *fields);
/* Appends the body. */
void gen_body_write(struct gen_body *body, const struct gen_ink *ink, struct twf_buf *out);
void gen_body_fini(struct gen_body *body);

#endif
