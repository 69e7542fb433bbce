/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files: those that are built in, and those that a path names. */
#ifndef TWF_RULES_RULE_FILES_H
#define TWF_RULES_RULE_FILES_H

#include "rules/rule_diag.h"

/* Made by the build out of rules/: see rules_embed.c. */
struct rule_embedded {
    const char *path; /* "rules/detections/from_nul.yml" */
    const uint8_t *data;
    size_t len;
};
extern const struct rule_embedded twf_rules_embedded[];
extern const size_t twf_rules_embedded_count;

/* Called for each file; text lives during the call. False ends the walk. */
typedef bool twf_rule_file_fn(void *ctx, const char *path, struct twf_span text);

/*
 * The file path, or in byte order each *.yml and *.yaml below the folder path. What cannot be read
 * is reported to d. False: fn ended it, or memory ran out.
 */
bool twf_rule_walk(const char *path, struct rule_diags *d, twf_rule_file_fn *fn, void *ctx);

#endif
