/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: a strict subset of Sigma in YAML (docs/rules.md) over the columns of a batch and over
 * header fields. A rule set is read and compiled before any mail is opened, is read-only afterwards
 * and shared by all threads; a scratch belongs to one worker.
 *
 * A set is made in two steps: twf_rules_load reads YAML and reports every fault with its place;
 * twf_rules_compile makes one Hyperscan database per column, in a child process with limits. What
 * Hyperscan finds are candidates only; each is confirmed by a compare or by PCRE2, so the result
 * is the same with and without it.
 *
 * The way of a batch, on the worker that owns it:
 *
 *     for each message    no row unless it is selected or twf_rules_wants(rules, verdict)
 *     for each row        twf_record_put(batch, row, ...);
 *                         full = twf_rules_put(scratch, row, head);   flush when true
 *     at the flush        twf_batch_finish(batch, rows);
 *                         twf_rules_batch(scratch, batch, min_level, counts);
 *                         if (batch->failed) ...
 */
#ifndef TWF_RULES_RULES_H
#define TWF_RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <twofrom/record.h>
#include <twofrom/status.h>

#include "base/buf.h"
#include "flow/batch.h"
#include "flow/head.h"
#include "flow/totals.h"
#include "flow/verdict.h"
#include "kernels/kernels.h"

struct twf_rules;
struct twf_rules_scratch;

/* ---- loading ---- */

/* Which of the shipped rules run, by status and level: high and up, medium and up (both stable or
 * test), or all but the deprecated and unsupported. What --rules names always runs. */
enum twf_rules_set { TWF_RULES_CORE, TWF_RULES_CORE_PLUS, TWF_RULES_ALL };

enum twf_rule_status {
    TWF_RULE_STABLE,
    TWF_RULE_TEST,
    TWF_RULE_EXPERIMENTAL,
    TWF_RULE_DEPRECATED,
    TWF_RULE_UNSUPPORTED,
    TWF_RULE_STATUS_COUNT
};
extern const char *const twf_rule_status_names[TWF_RULE_STATUS_COUNT];

struct twf_rules_source {
    const char *const *paths; /* files, or folders walked for *.yml and *.yaml in byte order */
    size_t path_count;
    const char *const *filters; /* the same, for filters; a filter may stand in paths too */
    size_t filter_count;
    bool shipped; /* the built-in rules and filters too */
    enum twf_rules_set set;
    /* hunt -e: "FIELD:REGEX" or "FIELD:=TEXT"; rules with the ids e1, e2, ... that change no level
     */
    const char *const *expressions;
    size_t expression_count;
    bool icase;             /* expressions ignore ASCII case */
    bool all_of;            /* one rule "e1" that needs all of them, not one rule each */
    bool no_prefilter;      /* no Hyperscan: every row is confirmed */
    bool for_examples;      /* every rule alone, whatever its status: filters are not applied but
                               are rules that hit what they would take away */
    bool no_digest;         /* nobody asks twf_rules_digest, which then tells "" */
    const char *cache_dir;  /* where databases are kept from one run to the next, or NULL */
    uint32_t compile_cpu_s; /* 0: 60 */
    uint64_t compile_bytes; /* 0: 2 GiB */
    uint64_t regex_steps;   /* the limit "regex"; 0: its default */
};

/* One fault in a rule file. The strings live during the callback; source and text may hold any byte
 * of the file: escape them. */
struct twf_rule_diag {
    const char *path;
    uint32_t line, column; /* from 1; column in bytes. 0: the file as a whole */
    uint32_t len;          /* bytes to underline, at least 1 */
    unsigned number;       /* 14 for R014 */
    bool warning;
    const char *text;
    struct twf_span source; /* the line itself, without its end */
};
typedef void twf_rule_diag_fn(void *ctx, const struct twf_rule_diag *d);

/*
 * Reads what source names. say (may be NULL) is called for each fault, at most 20 errors a file. A
 * set is made only where there is no error: else TWF_ERR_RULES, and err holds the first one with
 * its place. Nothing in source is needed afterwards.
 */
TWF_MUST_USE enum twf_status twf_rules_load(const struct twf_rules_source *source,
                                            twf_rule_diag_fn *say, void *ctx,
                                            struct twf_rules **out, struct twf_error *err);
/*
 * Makes the databases, in a child process under RLIMIT_CPU and RLIMIT_AS. say gets warnings of
 * patterns that Hyperscan refuses ("slow"). TWF_ERR_RULES when the child dies; err names the
 * pattern. A set that was not compiled confirms every row.
 */
TWF_MUST_USE enum twf_status twf_rules_compile(struct twf_rules *r, twf_rule_diag_fn *say,
                                               void *ctx, struct twf_error *err);
/* The databases were found in source's cache_dir; no child was needed. */
bool twf_rules_cached(const struct twf_rules *r);
void twf_rules_free(struct twf_rules *r);

/* ---- what a set is ---- */

struct twf_rule_info {
    const char *id, *title, *path; /* id: the file's name without its end where there is none */
    enum twf_rule_status status;
    enum twf_level level; /* medium where the rule names none */
    bool is_filter, is_shipped;
    bool is_on; /* takes part; else left out by --set or its status */
};
/* Rules and filters, in the order in which they were read. */
size_t twf_rules_count(const struct twf_rules *r);
const struct twf_rule_info *twf_rules_info(const struct twf_rules *r, size_t i);
/* One message of `examples`: a header block, and whether the rule says it hits it. */
struct twf_rule_example {
    struct twf_span message;
    struct twf_span mail_from; /* P1 as the caller knows it, where has_mail_from */
    bool has_mail_from, hit;
    uint32_t line; /* in the rule's file */
};
const struct twf_rule_example *twf_rules_examples(const struct twf_rules *r, size_t i,
                                                  size_t *count);
/* The file that the rule stands in, as it was read. */
struct twf_span twf_rules_text(const struct twf_rules *r, size_t i);
/* How each question of a rule is answered, a line each: its field, what is looked for, and with
 * what expression where Hyperscan looks for it. Text of the rule stands in it: escape it. */
void twf_rules_describe(const struct twf_rules *r, size_t i, struct twf_buf *out);
/* No rule takes part. */
bool twf_rules_empty(const struct twf_rules *r);
/* SHA-256 of every rule that takes part, in hex: belongs into run_id and summary. Owned by r. */
const char *twf_rules_digest(const struct twf_rules *r);
/* Whether any rule reads this column of a batch. */
bool twf_rules_needs(const struct twf_rules *r, enum twf_col_id id);
/*
 * A text of a set that is one question to one column of text: where a value of that column neither holds it nor is odd
 * in the sense of the needle, the set does not hit. False: there is none.
 */
struct twf_rules_literal {
    enum twf_col_id col;
    struct twf_needle needle;
};
bool twf_rules_literal(const struct twf_rules *r, struct twf_rules_literal *out);
/* The first field that a batch without messages behind it (from an index) cannot answer, or NULL;
 * has_rest: its column header_rest is filled. */
const char *twf_rules_unanswered(const struct twf_rules *r, bool has_rest);

/* ---- deciding ---- */

TWF_MUST_USE enum twf_status twf_rules_scratch_new(const struct twf_rules *r,
                                                   struct twf_rules_scratch **out,
                                                   struct twf_error *err);
void twf_rules_scratch_free(struct twf_rules_scratch *s);

/*
 * Copies the header fields that rules name, for a row that was just put; costs nothing where they
 * name none. Rows in order; rows left out have no header. True when the columns have grown so far
 * that the batch should be flushed with this row.
 */
bool twf_rules_put(struct twf_rules_scratch *s, uint32_t row, const struct twf_head *head);
/*
 * Rules name a field that has no id (flow/fields.def): then twf_rules_put needs a head with names and
 * values of all fields, else one with the fields that have an id.
 */
bool twf_rules_want_names(const struct twf_rules_scratch *s);
/* Forgets what was put since the last batch. */
void twf_rules_forget(struct twf_rules_scratch *s);
/*
 * Decides every row of a finished batch: fills rule_ids, raises level and score, and selects the
 * rows that a rule of min_level or above hits (TWF_LEVEL_NONE: any rule). Never unselects. Where no
 * header was put since the last call, header fields are read from the raw columns of the batch.
 * counts: of each row, or NULL; records, levels and the limit "regex" follow what changed. Level
 * and score as they were stay in b->plain_level and b->plain_score. Memory: b->failed. The scratch
 * is then ready for the next batch.
 */
void twf_rules_batch(struct twf_rules_scratch *s, struct twf_batch *b, enum twf_level min_level,
                     struct twf_counts *const *counts);
/* Decides every row of a finished batch of which only the columns that rules read are there, and selects those
 * that a rule hits. Nothing else is written. */
void twf_rules_select(struct twf_rules_scratch *s, struct twf_batch *b);
/*
 * Whether any rule could hit a message, by what the judge concluded (twf_judge_verdict suffices): a
 * message that no rule wants and that is not selected needs no row.
 */
bool twf_rules_wants(const struct twf_rules *r, const struct twf_verdict *v);
/* Adds what each rule hit since the last call to hits[], by the index of twf_rules_info; for a filter, the hits
 * that it removed. hits NULL: forgets it. */
void twf_rules_take_hits(struct twf_rules_scratch *s, uint64_t *hits);
/* Batches that were decided without Hyperscan because of a match storm. */
uint64_t twf_rules_storms(const struct twf_rules_scratch *s);

/* "  NAME VERSION" of what is loaded, for `version`. */
void twf_rules_libraries(struct twf_buf *out);

#endif
