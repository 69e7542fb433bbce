/* SPDX-License-Identifier: Apache-2.0 */
/* One function takes the values of one option, or of several that are alike; name tells which it is. */
#ifndef TWF_API_OPTION_SETTERS_H
#define TWF_API_OPTION_SETTERS_H

#include "api/options.h"

/* value is NULL for a flag. TWF_ERR_ARG where it is wrong: err says what would be right. */
typedef enum twf_status twf_set_fn(struct twf_options *o, const char *name, const char *value,
                                   struct twf_error *err);

twf_set_fn twf_set_flag, twf_set_words, twf_set_level, twf_set_cpu, twf_set_format, twf_set_window,
    twf_set_frame_size, twf_set_compression, twf_set_limit, twf_set_date, twf_set_last,
    twf_set_memory, twf_set_ratio, twf_set_every, twf_set_list, twf_set_threads, twf_set_text,
    twf_set_exchange, twf_set_annotation, twf_set_expression, twf_set_group_by, twf_set_index_dir,
    twf_set_rules_cache, twf_set_p1_order, twf_set_no_explainer, twf_set_restarts;

#endif
