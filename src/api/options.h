/* SPDX-License-Identifier: Apache-2.0 */
/* Options as the caller gave them, checked one by one; api_run makes a struct twf_setup of them. */
#ifndef TWF_API_OPTIONS_H
#define TWF_API_OPTIONS_H

#include <stdbool.h>

#include <twofrom/twofrom.h>

#include "io/io.h"
#include "pipe/setup.h"
#include "rules/rules.h"
#include "sandbox/sandbox.h"

/* Strings of an option that may be given several times. */
struct twf_strings {
    char **items;
    size_t len;
};

struct twf_options {
    enum twf_io_mode io;
    bool direct, all, no_prefilter, with_subject, with_headers, ascii, defang, clobber, exchange_like;
    bool explain;                    /* set by twf_explain: keep what did not hold, with the reason */
    enum twf_cpu_level cpu;
    enum twf_split_format format;
    enum twf_journal_mode journal;
    enum twf_level min_level;
    enum twf_level fail_on;          /* TWF_LEVEL_NONE: not given */
    enum twf_clock clock;
    int64_t since_us, until_us;
    uint64_t max_window;
    uint64_t memory, ratio_limit;    /* 0: none */
    bool dedup, salvage, sha256, verify;
    uint32_t threads;                /* as given, 0 already replaced by the CPUs at hand */
    struct twf_limits limits;
    char *psl;
    char *index_dir;                 /* NULL: beside the archive */
    char *rules_cache;               /* NULL: none */
    bool check, write_index;
    uint32_t crash_restarts;         /* of a supervisor; 0: none */
    struct twf_marks *marks;         /* of a supervised process, not owned; else NULL */
    enum twf_sandbox_mode sandbox;   /* off unless asked, for a library has a host */
    bool all_of, ignore_case, no_index, only_index, count; /* hunt */
    bool min_level_given;
    char *group_by;
    bool color;
    uint64_t frame_size;             /* pack */
    int level;
    struct twf_strings expressions;  /* of hunt */
    struct twf_strings own, exchange_builds; /* health */
    char *builds, *diff_exchange;
    bool others, exchange_rule, html;
    int suv1, transport_rules;       /* enum twf_suv1, enum twf_transport_rules */
    int fail_on_color;               /* enum twf_exchange_color; 0: not given */
    char *to, *from_records;         /* extract */
    bool annotate, no_add_header, no_add_disclaimer;
    int fallback;                    /* enum twf_fallback */
    char *disclaimer_text, *disclaimer_html, *disclaimers;
    struct twf_strings outputs, protect, authserv, relays, envelope_headers;
    struct twf_strings tracking;     /* paths of message tracking logs */
    uint8_t p1_order[TWF_P1_KIND_COUNT]; /* zeros: the usual one */
    uint32_t explainers_off;             /* bit per enum twf_allowance_code */
    struct twf_strings given;        /* NAME or NAME=VALUE, as they were set */
    int redact;                      /* enum twf_redact_mode */
    char *redact_key;                /* path, or NULL */
    char *checkpoint, *resume;       /* paths, or NULL */
    uint64_t checkpoint_every;       /* decoded bytes; 0: when it costs little */
    struct twf_strings rules, filters; /* paths */
    bool no_shipped_rules;
    bool rules_for_examples;         /* set by twf_rules_tool: each rule alone, whatever its status */
    enum twf_rules_set rules_set;
};

#endif
