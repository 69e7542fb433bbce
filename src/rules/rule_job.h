/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler of rules and its child share: the patterns, where the child is, what it hands back. */
#ifndef TWF_RULES_RULE_JOB_H
#define TWF_RULES_RULE_JOB_H

#include "rules/rule_cache.h"
#include "rules/rule_hs.h"

/* Seconds of CPU time of one pattern; what ordinary ones take is a thousand times less. */
enum { RULE_PATTERN_S = 2 };

/* On the memfd, of <fcntl.h> with _GNU_SOURCE: what is looked at cannot change any more. */
#define RULE_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum rule_stage {
    STAGE_START,
    STAGE_PATTERN,
    STAGE_TOGETHER,
    STAGE_DONE,
    STAGE_COSTLY,
    STAGE_NOMEM,
    STAGE_WRITE
};

/* What parent and child both see. */
struct rule_shared {
    volatile uint32_t stage; /* enum rule_stage */
    volatile uint32_t at;    /* pattern at hand */
    volatile uint32_t worst; /* pattern that took longest alone */
    volatile uint64_t worst_ns;
};

/* In front of the databases: then a length for each column, then an engine for each pattern. */
struct rule_compiled {
    uint64_t magic;
    uint32_t columns, patterns;
};
#define RULE_COMPILED_MAGIC UINT64_C(0x3172736c75726674)

struct rule_job {
    struct twf_rules *rules;
    struct rule_pattern *patterns; /* of all columns, one after another */
    uint32_t *atoms;               /* of each */
    uint32_t count;
    struct twf_buf text; /* the expressions, each ended by NUL */
    uint8_t key[RULE_CACHE_KEY];
    uint64_t took_ns;
};

/* The child: compiles, writes what it made to fd, a memfd, and seals it. Ends the process. */
_Noreturn void twf_rule_child(struct rule_job *j, struct rule_shared *s, int fd);

#endif
