/* SPDX-License-Identifier: Apache-2.0 */
/* A run without options, outputs and rules, as the tests of this room begin with. */
#ifndef TWF_TESTS_PIPE_PLAIN_SETUP_H
#define TWF_TESTS_PIPE_PLAIN_SETUP_H

#include "pipe/setup.h"

static inline void plain_setup(struct twf_setup *s)
{
    *s = (struct twf_setup){.psl = twf_psl_embedded(),
                            .all = true,
                            .since_us = INT64_MIN,
                            .until_us = INT64_MAX,
                            .max_window = (uint64_t)128 << 20,
                            .job_max = (uint64_t)8 << 20,
                            .threads = 1};
    twf_kernels_init(&s->kernels, TWF_CPU_AVX512);
    twf_limits_default(&s->limits);
    s->judge.limits = &s->limits;
}

#endif
