/* SPDX-License-Identifier: Apache-2.0 */
/* The message is found by its frame and judged by itself, with its place and what its container says. */
#include "api/explain_packed.h"

#include "api/extract_find.h"
#include "api/options.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/pipe.h"

enum { BLOCK_LEN = 1 << 20, BLOCK_COUNT = 4 };

struct search {
    struct twf_check *check;
    struct twf_find_counts counts;
    struct twf_place place;
};

static enum twf_status on_found(void *ctx, const struct twf_want *want, const struct twf_message *m,
                                struct twf_span bytes, struct twf_error *err)
{
    struct search *s = ctx;
    struct twf_message here = *m;

    (void)want;
    here.text = bytes;
    s->place.frame_index = s->counts.frame_index;
    s->place.frame_offset = (int64_t)s->counts.frame_off;
    s->place.verified = s->counts.has_checksum ? "ok" : "none";
    return twf_check_place(s->check, &here, &s->place, NULL, err);
}

enum twf_status twf_explain_packed(const struct twf_options *o, const char *path, bool by_index,
                                   uint64_t wanted, twf_watch_fn *watch, void *ctx,
                                   struct twf_error *err)
{
    struct twf_io_options io_options = {
        .mode = o->io, .block_len = BLOCK_LEN, .block_count = BLOCK_COUNT};
    struct twf_want want = {.value = wanted, .by_index = by_index};
    struct twf_find_options find = {.max_window = o->max_window,
                                    .format = o->format,
                                    .packed_only = true,
                                    .limits = &o->limits};
    struct search s = {.check = NULL};
    struct twf_kernels kernels;
    struct twf_io *io = NULL;
    char *uri = twf_pipe_uri(path);
    enum twf_status status;

    if (uri == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to explain");
    s.place = (struct twf_place){.source_uri = uri, .source_id = ""};
    twf_kernels_init(&kernels, o->cpu);
    find.kernels = &kernels;
    status = twf_check_new(o, &s.check, err);
    if (status == TWF_OK)
        status = twf_io_new(&io_options, &io, err);
    if (status == TWF_OK) {
        twf_check_watch(s.check, watch, ctx);
        status = twf_find_all(io, path, &find, &want, 1, on_found, &s, &s.counts, err);
    }
    twf_check_free(s.check);
    twf_io_free(io);
    twf_free(uri);
    /* A run finds out, and says, what is wrong with an archive. */
    if (status == TWF_ERR_IO || status == TWF_ERR_FORMAT || status == TWF_ERR_LIMIT)
        return TWF_END;
    return status == TWF_OK && !want.met ? TWF_END : status;
}
