/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a run out of its options, and what the verb rules needs beside. */
#ifndef TWF_API_RULES_TOOL_H
#define TWF_API_RULES_TOOL_H

#include <twofrom/tools.h>

#include "api/options.h"
#include "rules/rules.h"

/*
 * The rules that o asks for, compiled; NULL where there are none. TWF_ERR_RULES: err names the
 * first fault.
 */
TWF_MUST_USE enum twf_status twf_options_rules(const struct twf_options *o, struct twf_rules **out,
                                               struct twf_error *err);

/* What is read for a task. */
void twf_rules_source_of(const struct twf_options *o, struct twf_rules_source *source);

struct twf_example_counts {
    uint64_t passed, failed, without; /* without: rules that have none */
};
/*
 * Examples of the rules that are meant (a flag each) of r, a set that was loaded for_examples by
 * the options o, or from path: judged as any message in memory is, with bank.example protected. A
 * line goes to out for each that fails.
 */
TWF_MUST_USE enum twf_status twf_rules_run_examples(const struct twf_options *o, const char *path,
                                                    const struct twf_rules *r, const bool *meant,
                                                    struct twf_buf *out,
                                                    struct twf_example_counts *counts,
                                                    struct twf_error *err);

#endif
