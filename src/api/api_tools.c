/* SPDX-License-Identifier: Apache-2.0 */
/* explain. */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/confine.h"
#include "api/explain_packed.h"
#include "api/explain_rules.h"
#include "api/message_name.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "exchange/exchange.h"

struct search {
    struct twf_run *run;
    struct twf_explain_rules *rules;
    struct twf_message_name wanted;
    bool found;
    struct twf_buf text;
};

static void look(void *ctx, const struct twf_place *place, const struct twf_subject *subject,
                 const struct twf_verdict *v)
{
    struct search *s = ctx;
    const struct twf_message *m = subject->message;
    struct twf_subject_place at = {.source = place->source_uri,
                                   .offset = m->off,
                                   .length = m->len,
                                   .index = m->index,
                                   .frame_index = place->frame_index,
                                   .verified = place->verified};

    if ((s->wanted.by == TWF_MESSAGE_BY_OFFSET ? m->off : m->index) != s->wanted.value)
        return;
    if (subject->journal != NULL && subject->journal->form != TWF_JOURNAL_NONE) {
        at.journal_depth = subject->journal->depth;
        at.journal = subject->journal;
    }
    at.version = TWF_VERSION;
    at.psl_date = twf_psl_date(s->run->setup.psl);
    at.psl_sha256 = twf_psl_sha256(s->run->setup.psl);
    at.tables = twf_tables_dates();
    twf_hash_hex(subject->head->block.ptr, subject->head->block.len, at.hash);
    s->text.failed |= !twf_explain_rules_ask(s->rules, place, subject, v, &at);
    twf_explain_text(&s->run->outputs.options, v, &at, &s->text);
    s->found = true;
    twf_pipe_stop(s->run->pipe);
}

enum twf_status twf_explain(const struct twf_options *o, const char *spec, twf_write_fn *write,
                            void *ctx, struct twf_error *err)
{
    struct search s = {0};
    struct twf_options plain = *o;
    struct twf_confine confine = {.failed = false};
    struct twf_sandbox_state state;
    const struct twf_batch *batch;
    struct twf_totals t = {0};
    const char *path;
    enum twf_status status;

    if (o->redact != TWF_REDACT_NONE || o->redact_key != NULL)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "explain shows a message as it stands: --redact cannot hide the people in it");
    plain.outputs = (struct twf_strings){0};
    plain.sandbox = TWF_SANDBOX_OFF; /* it is entered here: the run is not the first to read */
    plain.explain = true;
    if (!twf_message_name_parse(spec, &s.wanted))
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain");
    path = s.wanted.path;
    twf_buf_init(&s.text);
    status = twf_run_open(&plain, &s.run, err);
    if (status == TWF_OK)
        status = twf_explain_rules_new(&s.run->setup, &s.rules, err);
    if (status == TWF_OK) {
        twf_pipe_watch(s.run->pipe, look, &s);
        status = twf_run_add_path(s.run, path, err);
    }
    if (status == TWF_OK) {
        twf_confine_read(&confine, path);
        status = twf_confine_enter(&confine, o->sandbox, NULL, NULL, &state, err);
        plain.io = TWF_IO_PREAD; /* a second ring would be refused */
    }
    if (status == TWF_OK && s.wanted.by != TWF_MESSAGE_FIRST) {
        status = twf_explain_packed(&plain, path, s.wanted.by == TWF_MESSAGE_BY_INDEX, s.wanted.value, look, &s, err);
        status = status == TWF_END ? TWF_OK : status;
    }
    while (status == TWF_OK && !s.found)
        status = twf_run_next(s.run, &batch, err);
    if (s.run != NULL)
        twf_pipe_totals(s.run->pipe, &t);
    if (s.found)
        status = s.text.failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain")
                 : write(ctx, s.text.ptr, s.text.len) == 0
                     ? TWF_OK
                     : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    else if (status == TWF_END && t.inputs_failed > 0)
        status = twf_error_set(err, TWF_ERR_IO, 0, "%s: %s", t.incidents[0].source, t.incidents[0].text);
    else if (status == TWF_END)
        status = twf_error_set(err, TWF_ERR_ARG, 0, "no message %s", spec);
    twf_explain_rules_free(s.rules); /* reads the rules of the run */
    twf_run_close(s.run);
    twf_buf_fini(&s.text);
    twf_free(s.wanted.path);
    return status;
}
