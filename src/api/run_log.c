/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a run for the log of the caller: why it reads another way than asked, and what it did not read. */
#define _GNU_SOURCE
#include <stdio.h>

#include "api/run.h"

/* Before the threads start, and once more behind their end: a ring can also break later. */
void twf_run_tell_notice(struct twf_run *r)
{
    const char *notice = twf_pipe_notice(r->pipe);

    if (notice == NULL || r->log == NULL || r->notice_told)
        return;
    r->log(r->log_ctx, TWF_LOG_WARNING, notice);
    r->notice_told = true;
}

size_t twf_incident_line(const struct twf_incident *x, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%.400s: %s at %s%llu: %s", x->source == NULL ? "-" : x->source, x->code,
                     x->decoded ? "decoded byte " : "byte ", (unsigned long long)x->off, x->text);

    return n < 0 ? 0 : (size_t)n;
}

void twf_run_tell_incidents(struct twf_run *r)
{
    uint64_t n;
    const struct twf_incident *list = twf_pipe_incidents(r->pipe, &n);

    for (; r->log != NULL && r->incidents_told < n; r->incidents_told++) {
        const struct twf_incident *x = &list[r->incidents_told];
        char line[700];

        (void)twf_incident_line(x, line, sizeof(line));
        r->log(r->log_ctx, x->incomplete ? TWF_LOG_INCIDENT : TWF_LOG_INFO, line);
    }
}
