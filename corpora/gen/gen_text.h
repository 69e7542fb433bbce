/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of mail by the gigabyte: words, sentences, HTML, base64, digits, dates. All append to out. */
#ifndef TWF_CORPORA_GEN_GEN_TEXT_H
#define TWF_CORPORA_GEN_GEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "corpora/gen/gen_rng.h"

void gen_text_hex(struct gen_rng *rng, uint32_t n, bool upper, struct twf_buf *out);
void gen_text_digits(struct gen_rng *rng, uint32_t n, struct twf_buf *out);
/* n characters of base64 of bytes drawn by chance; fold after each width of them if width > 0. */
void gen_text_b64(struct gen_rng *rng, uint64_t n, uint32_t width, const char *fold,
                  struct twf_buf *out);
/* n encoded-words of width characters, one a line, in the way of Exchange Online. */
void gen_text_ewords(struct gen_rng *rng, uint32_t n, uint32_t width, struct twf_buf *out);
void gen_text_words(struct gen_rng *rng, uint32_t n, struct twf_buf *out);
/* What sentences are written with. */
struct gen_ink {
    struct gen_rng *rng;
    uint32_t boilerplate; /* of 10,000 sentences those out of a small stock: footers, disclaimers */
};

/* Sentences in lines of about 72 columns, size bytes and a few more; ends with a newline. */
void gen_text_prose(const struct gen_ink *ink, uint64_t size, struct twf_buf *out);
/* A page of tables, styles and tracked links as newsletters have it; ends with a newline. */
void gen_text_html(const struct gen_ink *ink, uint64_t size, struct twf_buf *out);
/* src as base64 in lines of 76 with "=" at its end; ends with a newline. */
void gen_text_encode(struct twf_span src, struct twf_buf *out);
/* Mon, 02 Sep 2024 11:15:02 +0200, zone in minutes; and 02 Sep 2024 09:15:02.0000 (UTC). */
void gen_text_date(int64_t date, int zone, struct twf_buf *out);
void gen_text_stamp(int64_t date, uint32_t fraction, struct twf_buf *out);
/* Mon Sep  2 09:15:02 2024, for a From_ line. */
void gen_text_ctime(int64_t date, struct twf_buf *out);
/* Days since 1970-01-01. */
int64_t gen_days(int year, int month, int day);

#endif
