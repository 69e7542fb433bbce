/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer has added up, as bytes; and whether the inputs behind it are still the same. */
#include "pipe/ledger.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { PATH_MAX_LEN = 1 << 16, WORD_MAX = 64 };

/* NULL before the first input, and as the path of one that is not listed. */
static void save_text(const char *text, struct twf_buf *out)
{
    twf_save_str(out, text == NULL ? "" : text);
}

static void save_input(const struct twf_input_total *i, struct twf_buf *out)
{
    save_text(i->path, out);
    twf_save_str(out, i->source_id);
    twf_save_str(out, i->sha256);
    twf_save_u64(out, i->size);
    twf_save_u64(out, i->dev);
    twf_save_u64(out, i->ino);
    twf_save_i64(out, i->mtime_ns);
    save_text(i->container, out);
    save_text(i->codec, out);
    twf_save_u64(out, i->complete);
    twf_counts_save(&i->counts, out);
}

static void save_incident(const struct twf_ledger *t, size_t k, struct twf_buf *out)
{
    const struct twf_incident *i = &t->incidents[k];
    bool is_next = k > 0 && i->source == t->incidents[k - 1].source;

    twf_save_u64(out, is_next); /* of the same input as the one before it */
    if (!is_next)
        twf_save_str(out, i->source);
    twf_save_str(out, i->code);
    twf_save_u64(out, i->off);
    twf_save_u64(out, i->len);
    twf_save_u64(out, i->decoded);
    twf_save_u64(out, i->incomplete);
    twf_save_str(out, i->text);
}

void twf_ledger_save(const struct twf_ledger *t, struct twf_buf *out)
{
    twf_counts_save(&t->counts, out);
    save_input(&t->now, out);
    twf_save_u64(out, t->now.path != NULL); /* it is the last one of the list */
    twf_save_u64(out, t->incomplete);
    twf_save_u64(out, t->input_len);
    for (size_t i = 0; i < t->input_len; i++)
        save_input(&t->inputs[i], out);
    twf_save_u64(out, t->incident_len);
    for (size_t i = 0; i < t->incident_len; i++)
        save_incident(t, i, out);
    twf_save_u64(out, t->incident_source != NULL);
    twf_save_u64(out, t->incident_count);
    twf_save_u64(out, t->input_count);
    twf_save_u64(out, t->damaged);
    twf_save_u64(out, t->failed);
    twf_save_u64(out, t->chain);
    twf_pairs_save(t->pairs, out);
    twf_rule_hits_save(&t->rule_hits, out);
    twf_hashset_save(&t->seen, out);
}

static char *load_path(struct twf_saved *in)
{
    struct twf_span text = twf_saved_bytes(in, PATH_MAX_LEN);
    char *path = twf_calloc(1, text.len + 1);

    if (path != NULL && text.len > 0)
        memcpy(path, text.ptr, text.len);
    return path;
}

/* A word of a fixed set, which lives as long as the ledger. */
static const char *load_word(struct twf_ledger *t, struct twf_saved *in)
{
    char word[WORD_MAX];
    struct twf_span copy;

    twf_saved_str(in, word, sizeof(word));
    copy = twf_arena_copy(&t->words, twf_span(word, strlen(word) + 1));
    return copy.ptr == NULL ? "" : (const char *)copy.ptr;
}

/* Its path is the caller's. */
static char *load_input(struct twf_ledger *t, struct twf_input_total *i, struct twf_saved *in)
{
    char *path = load_path(in);

    *i = (struct twf_input_total){.path = path};
    twf_saved_str(in, i->source_id, sizeof(i->source_id));
    twf_saved_str(in, i->sha256, sizeof(i->sha256));
    i->size = twf_saved_u64(in);
    i->dev = twf_saved_u64(in);
    i->ino = twf_saved_u64(in);
    i->mtime_ns = twf_saved_i64(in);
    i->container = load_word(t, in);
    i->codec = load_word(t, in);
    i->complete = twf_saved_bool(in);
    twf_counts_load(&i->counts, in);
    return path;
}

static bool load_inputs(struct twf_ledger *t, struct twf_saved *in)
{
    size_t n = twf_saved_count(in, 64);

    twf_saved_need(in, n <= t->setup->limits.value[TWF_LIMIT_ROWS]);
    for (size_t i = 0; i < n && !in->bad; i++) {
        if (!twf_grow(&t->inputs, &t->input_cap, i + 1, sizeof(*t->inputs)) ||
            load_input(t, &t->inputs[i], in) == NULL)
            return false;
        t->input_len++;
    }
    return true;
}

static bool load_incidents(struct twf_ledger *t, struct twf_saved *in)
{
    size_t n = twf_saved_count(in, 48);

    twf_saved_need(in, n <= t->setup->limits.value[TWF_LIMIT_ROWS]);
    for (size_t k = 0; k < n && !in->bad; k++) {
        struct twf_incident *i;
        bool is_next = twf_saved_bool(in);
        const char *source;

        twf_saved_need(in, !is_next || k > 0);
        if (in->bad)
            break;
        source = is_next ? t->incidents[k - 1].source : load_path(in);
        if (source == NULL || !twf_grow(&t->incidents, &t->incident_cap, k + 1, sizeof(*i))) {
            if (!is_next)
                twf_free((void *)(uintptr_t)source);
            return false;
        }
        i = &t->incidents[t->incident_len++];
        *i = (struct twf_incident){.source = source, .code = load_word(t, in)};
        i->off = twf_saved_u64(in);
        i->len = twf_saved_u64(in);
        i->decoded = twf_saved_bool(in);
        i->incomplete = twf_saved_bool(in);
        twf_saved_str(in, i->text, sizeof(i->text));
    }
    return true;
}

/* Numbers that are used as such are right, or all is bad. */
static void check(const struct twf_ledger *t, bool is_listed, bool is_named, bool has_source,
                  struct twf_saved *in)
{
    twf_saved_need(in, t->input_len <= t->input_count && t->incident_len <= t->incident_count);
    twf_saved_need(in, t->damaged <= t->input_count &&
                           t->failed <= t->input_count - t->damaged);
    twf_saved_need(in, !is_named || t->incident_len > 0);
    twf_saved_need(in, !has_source || t->input_count > t->damaged + t->failed);
    twf_saved_need(in, !has_source || !is_listed || t->input_len > 0);
}

enum twf_status twf_ledger_load(struct twf_ledger *t, struct twf_saved *in,
                                struct twf_source *source, struct twf_error *err)
{
    char *path;
    bool is_listed, is_named, fits;

    twf_counts_load(&t->counts, in);
    path = load_input(t, &t->now, in);
    fits = path != NULL;
    twf_free(path);
    t->now.path = NULL;
    is_listed = twf_saved_bool(in);
    t->incomplete = twf_saved_bool(in);
    fits = fits && load_inputs(t, in) && load_incidents(t, in);
    is_named = twf_saved_bool(in);
    t->incident_count = twf_saved_u64(in);
    t->input_count = twf_saved_u64(in);
    t->damaged = twf_saved_u64(in);
    t->failed = twf_saved_u64(in);
    t->chain = twf_saved_u64(in);
    twf_pairs_load(t->pairs, in);
    twf_rule_hits_load(&t->rule_hits, in);
    fits = twf_hashset_load(&t->seen, in) && fits && !twf_pairs_failed(t->pairs) &&
           t->words.failed == 0;
    check(t, is_listed, is_named, source != NULL, in);
    if (!fits)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the summary");
    if (in->bad)
        return twf_error_set(err, TWF_ERR_FORMAT, 0, "no state of a summary");
    if (source != NULL && is_listed)
        t->now.path = t->inputs[t->input_len - 1].path;
    if (source != NULL && is_named)
        t->incident_source = t->incidents[t->incident_len - 1].source;
    t->source = source;
    return TWF_OK;
}

static enum twf_status differs(const char *uri, const char *what, struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "input %s: %s differs from that of the checkpoint",
                         uri, what);
}

enum twf_status twf_ledger_check(void *ctx, uint64_t number, const struct twf_feed_identity *now,
                                 struct twf_error *err)
{
    struct twf_ledger *t = ctx;
    struct twf_source s = {.uri = (char *)(uintptr_t)now->uri,
                           .size = now->size,
                           .dev = now->dev,
                           .ino = now->ino,
                           .mtime_ns = now->mtime_ns};

    if (number < t->input_len) {
        const struct twf_input_total *then = &t->inputs[number];

        if (strcmp(then->path, now->uri) != 0)
            return differs(now->uri, "the name", err);
        if (then->size != now->size)
            return differs(now->uri, "the size", err);
        if (then->mtime_ns != now->mtime_ns)
            return differs(now->uri, "the time", err);
        if (then->dev != now->dev || then->ino != now->ino)
            return differs(now->uri, "the device or inode", err);
        if (strcmp(then->source_id, now->id) != 0)
            return differs(now->uri, "the content", err);
    }
    t->chain_now = twf_source_chain(t->chain_now, &s);
    if (number + 1 == t->input_count && t->chain_now != t->chain)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "inputs: one beyond the first %llu differs from that of the checkpoint",
                             (unsigned long long)t->input_len);
    return TWF_OK;
}
