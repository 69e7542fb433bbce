/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twofrom-gen: makes mail archives of any size out of a recipe, the same bytes for the same seed. What
 * the files of corpora/recipes say: corpora/recipes/README.md. This header has the nouns; a message is
 * made by gen_message.c, put into a container by gen_container.c and into frames by gen_sink.c.
 */
#ifndef TWF_CORPORA_GEN_GEN_H
#define TWF_CORPORA_GEN_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "corpora/gen/gen_rng.h"
#include "corpora/gen/gen_template.h"

/* Says what is wrong on standard error and ends the program with status 2. */
void gen_die(const char *fmt, ...) TWF_PRINTF(1, 2) __attribute__((noreturn));
/* Ends the program if the buffer could not grow. */
void gen_check(const struct twf_buf *b);

/* What a server says about a message; heads print it as their server would. */
enum gen_auth { GEN_AUTH_PASS, GEN_AUTH_NONE, GEN_AUTH_FAIL };

/* One of the ways in which people's From fields are written: a row "from" of a recipe. */
struct gen_from {
    uint32_t weight;
    struct gen_template text;
};

/* A layout of header fields: one file of recipes/heads. */
struct gen_head {
    char label[32];    /* ground truth of ordinary mail in this layout */
    uint32_t weight;   /* share among the heads of a recipe */
    bool attackable;   /* attacks are sent through such servers */
    bool trusted_p1;   /* the analyzer believes where it notes P1 */
    bool trusted_auth; /* its results are believed by the analyzer */
    bool own_body;     /* the layout holds the body, too */
    bool has_from;     /* it has a From of its own; else one of the recipe's is taken */
    struct gen_template p1, p2, from, text;
};

/* A form of attack: one row of recipes/attacks.tsv. */
struct gen_attack {
    char label[32];
    char level[16]; /* the lowest level it must be reported with */
    uint32_t weight;
    bool needs_auth;  /* seen only where results are trusted: the owner wanted it refused */
    bool needs_p1;    /* seen only where P1 is trusted */
    bool needs_plain; /* seen only outside of a journal report */
    struct gen_template p1, p2, from;
};

enum gen_body_kind { GEN_BODY_TEXT, GEN_BODY_HTML, GEN_BODY_HTML64, GEN_BODY_BOTH, GEN_BODY_KINDS };

/* A row "body" of a recipe. */
struct gen_body_mix {
    enum gen_body_kind kind;
    uint32_t weight, sigma_100;
    uint64_t median;
};

enum {
    GEN_HEADS_MAX = 32,
    GEN_ATTACKS_MAX = 128,
    GEN_BODIES_MAX = 8,
    GEN_FROMS_MAX = 16,
    GEN_DOMAIN_MAX = 48
};

struct gen_recipe {
    uint64_t seed;
    char own[GEN_DOMAIN_MAX]; /* the organization whose archive this is */
    uint32_t orgs;            /* organizations that write to it */
    int64_t since;            /* date of the first message, seconds since 1970 */
    uint32_t step;            /* seconds between two messages */
    bool crlf;
    uint32_t boilerplate; /* of 10,000 sentences those that occur in many messages */
    uint32_t attack_share, journal_share, attach_share; /* of 10,000 */
    uint64_t attach_median;
    uint32_t attach_sigma_100;
    struct gen_head heads[GEN_HEADS_MAX];
    size_t head_count;
    struct gen_head journal;
    struct gen_attack attacks[GEN_ATTACKS_MAX];
    size_t attack_count;
    struct gen_from froms[GEN_FROMS_MAX];
    size_t from_count;
    struct gen_body_mix bodies[GEN_BODIES_MAX];
    size_t body_count;
};

/* A head file; a table of attacks, whose rows are added to those of the recipe. */
void gen_head_read(struct gen_head *head, const char *path);
void gen_head_fini(struct gen_head *head);
void gen_attacks_read(struct gen_recipe *recipe, const char *path);

/* Reads a recipe and the files it names; ends the program with a line number if one is wrong. */
struct gen_recipe *gen_recipe_read(const char *path);
void gen_recipe_free(struct gen_recipe *recipe);

/* One message with what is known about it. */
struct gen_message {
    uint64_t index; /* from 1 */
    int64_t date;
    const char *label, *level; /* level "-": must not reach medium */
    struct twf_buf id, p1, p2; /* without <> ; p1 empty: null path */
    struct twf_buf text;       /* LF line ends, no From_ line */
};

struct gen_maker;
struct gen_maker *gen_maker_new(const struct gen_recipe *recipe);
void gen_maker_free(struct gen_maker *maker);
/* Makes message number index; the result is valid until the next call. */
const struct gen_message *gen_make(struct gen_maker *maker, uint64_t index);

#endif
