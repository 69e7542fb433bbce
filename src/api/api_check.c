/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message in memory, by the same worker that a run has: the verdict is the same. The message is
 * taken as it stands: mbox separators and containers belong to runs.
 */
#include <twofrom/twofrom.h>

#include "api/explain_packed.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"

struct twf_check {
    struct twf_run *run; /* only its setup is used */
    struct twf_worker *worker;
    struct twf_batch *batch;
};

enum twf_status twf_check_new(const struct twf_options *o, struct twf_check **out,
                              struct twf_error *err)
{
    struct twf_check *c = twf_calloc(1, sizeof(*c));
    struct twf_options plain = *o;
    enum twf_status status;

    *out = NULL;
    if (c == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a check");
    plain.outputs = (struct twf_strings){0};
    plain.all = true; /* whoever asks about one message wants its row */
    plain.since_us = INT64_MIN;
    plain.until_us = INT64_MAX;
    status = twf_run_prepare(&plain, &c->run, err);
    if (status == TWF_OK)
        status = twf_worker_new(&c->run->setup, &c->worker, err);
    if (status == TWF_OK && (c->batch = twf_batch_new()) == NULL)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a batch");
    if (status != TWF_OK) {
        twf_check_free(c);
        return status;
    }
    *out = c;
    return TWF_OK;
}

/* The worker's batch against ours: a message and what is inside it never fill more than one. */
static enum twf_status take(void *ctx, struct twf_batch **b, struct twf_error *err)
{
    struct twf_check *c = ctx;
    struct twf_batch *mine = c->batch;

    (void)err;
    c->batch = *b;
    *b = mine;
    return TWF_OK;
}

enum twf_status twf_check_place(struct twf_check *c, const struct twf_message *m,
                                const struct twf_place *place, const struct twf_span *sidecar,
                                struct twf_error *err)
{
    struct twf_counts counts = {0};

    twf_batch_reset(c->batch);
    twf_worker_begin(c->worker, &(struct twf_worker_sink){.flush = take, .ctx = c});
    TWF_TRY(twf_worker_judge(c->worker, place, m, 1, sidecar, &counts, err));
    return twf_worker_end(c->worker, err);
}

enum twf_status twf_check_message(struct twf_check *c, const uint8_t *ptr, size_t len,
                                  const struct twf_envelope *env, const struct twf_batch **out,
                                  struct twf_error *err)
{
    struct twf_message m = {.len = len, .text = twf_span(ptr, len), .container = TWF_CONTAINER_EML};
    struct twf_place place = {.source_uri = "memory", .verified = "none"};
    struct twf_span sidecar;
    char id[33];
    bool has_sidecar = env != NULL && env->mail_from != NULL;

    *out = NULL;
    if (len > UINT32_MAX)
        return twf_error_set(err, TWF_ERR_ARG, 0, "a message of more than 4 GiB");
    twf_hash_hex(ptr, len, id);
    place.source_id = id;
    if (has_sidecar)
        sidecar = twf_span(env->mail_from, env->mail_from_len);
    TWF_TRY(twf_check_place(c, &m, &place, has_sidecar ? &sidecar : NULL, err));
    *out = c->batch;
    return TWF_OK;
}

void twf_check_watch(struct twf_check *c, twf_watch_fn *watch, void *ctx)
{
    twf_worker_watch(c->worker, watch, ctx);
}

void twf_check_free(struct twf_check *c)
{
    if (c == NULL)
        return;
    twf_batch_free(c->batch);
    twf_worker_free(c->worker);
    twf_run_close(c->run);
    twf_free(c);
}
