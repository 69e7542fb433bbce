/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a run between two jobs, as bytes: sums and lists of the writer, and of the input at work. */
#include "pipe/pipe_state.h"

#include "base/error.h"

void twf_pipe_commit(struct twf_pipe *p, twf_commit_fn *commit, void *ctx)
{
    p->commit = commit;
    p->commit_ctx = ctx;
}

void twf_pipe_save(const struct twf_pipe *p, struct twf_span input, struct twf_buf *out)
{
    twf_save_u64(out, p->seed);
    twf_save_u64(out, atomic_load(&p->flagged));
    twf_save_u64(out, atomic_load(&p->high));
    twf_buf_span(out, input);
    twf_ledger_save(&p->ledger, out);
}

static void set_seed(struct twf_pipe *p, uint64_t seed)
{
    p->seed = seed;
    twf_pairs_seed(p->ledger.pairs, seed);
    for (uint32_t i = 0; i < p->ring_len; i++) {
        twf_pairs_seed(p->ring[i]->pairs, seed);
        p->ring[i]->keys.seed = seed;
    }
}

/* What the progress line begins with. */
static void set_progress(struct twf_pipe *p, uint64_t flagged, uint64_t high)
{
    struct twf_totals t = {0};

    twf_ledger_totals(&p->ledger, &t);
    for (size_t i = 0; i < p->ledger.input_len; i++)
        p->in_total += p->ledger.inputs[i].size;
    p->in_bytes = t.counts.in_bytes;
    p->out_bytes = t.counts.out_bytes;
    p->messages = t.counts.messages;
    p->flagged = flagged;
    p->high = high;
}

enum twf_status twf_pipe_load(struct twf_pipe *p, struct twf_saved *in, struct twf_error *err)
{
    struct twf_feed_place place = {0};
    uint64_t flagged, high;
    enum twf_status status;

    set_seed(p, twf_saved_u64(in));
    flagged = twf_saved_u64(in);
    high = twf_saved_u64(in);
    TWF_TRY(twf_input_load(p->input, in, &place, err));
    status = twf_ledger_load(&p->ledger, in, place.source, err);
    if (status != TWF_OK) {
        twf_source_free(place.source); /* nobody reads any more */
        return status;
    }
    place.done = p->ledger.input_count - (place.source != NULL);
    set_progress(p, flagged, high);
    return twf_feed_resume(p->reader, &place, p->ledger.input_len, twf_ledger_check, &p->ledger, err);
}
