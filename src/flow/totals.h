/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run counted. Each job has its own struct twf_counts; the writer adds them up in input order.
 * The three sums of the accounting (docs/architecture.md) close or the run ends with an internal error.
 */
#ifndef TWF_FLOW_TOTALS_H
#define TWF_FLOW_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/record.h>

#include "base/buf.h"
#include "base/saved.h"
#include "base/span.h"
#include "flow/exchange_tag.h"
#include "flow/journal.h"
#include "flow/verdict.h"

/* Counters of one job, one input or one run. */
struct twf_counts {
    /* compressed: in = frames + skippable + trailing + unread + skipped (not decoded, nobody needs it) */
    uint64_t in_bytes, frame_bytes, skippable_bytes, trailing_bytes, unread_bytes, skipped_bytes;
    uint64_t frames_skipped;        /* of the frames: not decoded, or only their beginning */
    uint64_t passed_bytes;          /* of out_bytes: what did not come out, by the sizes in frame headers */
    uint64_t frames, skippable_frames, frames_checksum_ok, frames_checksum_none, frames_checksum_bad;
    /* decoded: out = messages + separators + gaps */
    uint64_t out_bytes, message_bytes, separator_bytes, gap_bytes;
    /* messages = judged + skipped_since + skipped_not_mail + failed */
    uint64_t messages, judged, skipped_time, skipped_not_mail, failed;
    uint64_t journal_reports, journal_lookalikes, journal_undecodable;
    uint64_t members_skipped;       /* tar members, AppleDouble files: no messages by nature */
    uint64_t records;               /* rows written */
    uint64_t duplicates;            /* seen before, with --dedup */
    uint64_t p1_kinds[TWF_P1_KIND_COUNT];
    uint64_t relations[TWF_RELATION_COUNT];
    uint64_t classes[TWF_CLASS_COUNT];
    uint64_t levels[TWF_LEVEL_COUNT];
    uint64_t findings[TWF_FINDING_COUNT];
    uint64_t allowances[TWF_ALLOWANCE_COUNT];
    uint64_t limits[TWF_LIMIT_COUNT];
    uint64_t tags[TWF_TAG_RESULTS]; /* Exchange's tag beside ours: of those judged */
    struct twf_tag_apart tags_apart;
    /* short ways, which change no record */
    uint64_t short_way;             /* From values that took the short parser */
    uint64_t plain_from;            /* among them: nothing but the domain was looked at for findings */
    uint64_t without_facts;         /* messages of which nothing was read that only a record shows */
    uint64_t short_heads;           /* headers of which only the fields that are read were taken */
};
void twf_counts_add(struct twf_counts *to, const struct twf_counts *more);
void twf_counts_save(const struct twf_counts *c, struct twf_buf *out);
/* Of the same program: another number of counters is bad. */
void twf_counts_load(struct twf_counts *c, struct twf_saved *in);

/* One (P2 org, P1 org) pair among mismatches. */
struct twf_pair {
    struct twf_span p2_org, p1_org;
    uint64_t messages, authenticated; /* with dkim or dmarc pass */
    int64_t first_us, last_us;        /* INT64_MIN: no dated message */
    uint64_t p1_locals;               /* distinct local parts; stops at 1,000 */
    struct twf_span ids[3];           /* Message-IDs, first by place */
    uint32_t id_count;
    bool is_protected;
    double rarity;                    /* docs/verdicts.md section 8 */
};

/* Something that was not read, or read with doubt: one line under "not read". */
struct twf_incident {
    const char *source;  /* path as given */
    const char *code;    /* "frame_damaged", "trailing", "member_skipped", ... */
    uint64_t off, len;   /* compressed bytes, or decoded where decoded is true */
    bool decoded;
    bool incomplete;     /* makes the exit status 3 */
    char text[200];
};

struct twf_input_total {
    const char *path;
    char source_id[33];
    char sha256[65];     /* with --digest sha256, else "" */
    uint64_t size;
    uint64_t dev, ino;
    int64_t mtime_ns;
    const char *container; /* "mbox", ... or "unknown" */
    const char *codec;     /* "zstd" or "plain" */
    bool complete;
    struct twf_counts counts;
};

/* A rule or filter of the run, and the messages that it hit or took away from a rule. */
struct twf_rule_total {
    const char *id, *title;
    enum twf_level level;
    bool is_filter, is_shipped;
    uint64_t messages;
};

struct twf_totals {
    struct twf_counts counts;
    uint64_t inputs, inputs_complete, inputs_damaged, inputs_failed;
    const struct twf_input_total *input;   /* one per input, in order; at most the limit "rows" */
    uint64_t input_listed;
    const struct twf_incident *incidents;  /* in input order; at most the limit "rows" */
    uint64_t incident_count, incident_listed;
    const struct twf_pair *pairs;          /* sorted as docs/verdicts.md section 8 says */
    uint64_t pair_count, pair_listed;
    const struct twf_rule_total *rules;    /* that took part, as they were read; NULL: none were asked */
    size_t rule_count;
    const char *rules_digest;              /* SHA-256 in hex */
    /* for the heading */
    const char *version, *run_id, *psl_date, *psl_sha256, *backend, *cpu, *engine, *min_level, *sandbox;
    const char *tables;                    /* of providers, with their dates */
    const char *redact, *redact_key_id; /* NULL: nothing is redacted */
    uint32_t threads;
    const char *const *options;            /* NAME=VALUE as in force */
    uint32_t option_count;
    int64_t start_us;
    uint64_t wall_ns, cpu_ns, peak_rss;
    int exit_code;
    bool incomplete, output_failed, stopped, internal;
};

/* A rule that hit a message, or a filter that took a hit away. */
struct twf_rule_hit {
    const char *id, *title;
    enum twf_level level;
    bool is_filter;
};

/* Where a message lies and what rules say of it, for explain and for error texts. */
struct twf_subject_place {
    const char *source;
    uint64_t offset, length, index;
    int64_t frame_index;
    const char *verified;
    uint32_t journal_depth;
    const char *journal_form;
    const struct twf_journal *journal; /* the report around it, or NULL */
    const char *member_note;
    char hash[33];
    const char *version, *psl_date, *psl_sha256, *tables; /* NULL: not printed */
    const struct twf_rule_hit *rule_hits;                 /* NULL: no rules were asked */
    size_t rule_hit_count, rules_asked;
    enum twf_level level; /* with what rules raise; level and score are unset without rules */
    int score_base, score;
};

#endif
