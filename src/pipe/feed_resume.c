/* SPDX-License-Identifier: Apache-2.0 */
/* A feed that goes on behind a checkpoint: the same walk, but what was read is looked at only. */
#define _GNU_SOURCE
#include "pipe/feed_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an input");
}

/* What can be seen of a path without reading it. What cannot be opened has no size, time and place. */
static bool look_at(const struct twf_feed_entry *e, bool with_id, struct twf_feed_identity *i)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (e->named ? 0 : O_NOFOLLOW);
    int fd = e->path == NULL ? -1 : open(e->path, flags);
    struct stat st;
    bool fits = true;

    if (fd < 0)
        return true;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        i->size = (uint64_t)st.st_size;
        i->dev = st.st_dev;
        i->ino = st.st_ino;
        i->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        fits = !with_id || twf_hash_edges(fd, i->size, i->id) != ENOMEM;
    }
    (void)close(fd);
    return fits;
}

/* The next path of the walk, looked at. *path is the caller's, NULL where the walk failed. */
static enum twf_status next_path(struct twf_feed *r, uint64_t number, bool with_id,
                                 twf_feed_check_fn *check, void *ctx, char **path,
                                 struct twf_error *err)
{
    struct twf_feed_identity now = {0};
    struct twf_feed_entry *e;
    enum twf_status status;
    char *uri;

    *path = NULL;
    if (r->entry_at == r->entry_len)
        TWF_TRY(twf_feed_queue(r, err));
    if (r->entry_at == r->entry_len)
        return twf_error_set(err, TWF_ERR_ARG, 0, "inputs: there are fewer than the checkpoint names");
    e = &r->entries[r->entry_at];
    uri = twf_feed_uri(r->setup, e->path == NULL ? e->error.path : e->path);
    if (uri == NULL || !look_at(e, with_id, &now)) {
        twf_free(uri);
        return no_memory(err);
    }
    now.uri = uri;
    status = check(ctx, number, &now, err);
    twf_free(uri);
    if (status != TWF_OK)
        return status;
    *path = e->path;
    r->entry_at++;
    return TWF_OK;
}

/* The input at work, from place->off on. */
static enum twf_status go_on(struct twf_feed *r, const struct twf_feed_place *place, const char *path,
                             struct twf_error *err)
{
    struct twf_source now = {.size = 0};
    enum twf_status status = twf_io_open(r->io, path, &r->file, err);
    const struct twf_io_stat *st;

    if (status != TWF_OK) {
        r->file = NULL;
        return status == TWF_ERR_NOMEM ? status : TWF_ERR_ARG;
    }
    st = twf_io_file_stat(r->file);
    now.size = st->size;
    r->is_stream = !st->regular;
    if (r->is_stream)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is no file: it cannot be resumed", path);
    TWF_TRY(twf_feed_identify(r, &now, err));
    if (strcmp(now.id, place->source->id) != 0 || place->off > now.size)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "input %s: the content differs from that of the checkpoint", path);
    r->changed = r->jumps = r->no_jumps = false;
    r->is_open = true;
    r->at_end = false;
    r->source = place->source;
    r->drop = place->off;
    /* Its digest is of all bytes: then they are read once more. */
    if (r->digest == NULL)
        r->drop -= twf_io_go_to(r->file, place->off);
    twf_feed_digest_begin(r);
    twf_cut_resume(r->cut, place->source, place->codec, place->any_frame);
    return TWF_OK;
}

enum twf_status twf_feed_resume(struct twf_feed *r, const struct twf_feed_place *place,
                                uint64_t with_ids, twf_feed_check_fn *check, void *ctx,
                                struct twf_error *err)
{
    enum twf_status status;
    char *path;

    for (uint64_t i = 0; i < place->done; i++) {
        TWF_TRY(next_path(r, i, i < with_ids, check, ctx, &path, err));
        twf_free(path);
    }
    if (place->source == NULL)
        return TWF_OK;
    TWF_TRY(next_path(r, place->done, place->done < with_ids, check, ctx, &path, err));
    status = path == NULL ? twf_error_set(err, TWF_ERR_ARG, 0, "input %s cannot be opened any more",
                                          place->source->uri)
                          : go_on(r, place, path, err);
    twf_free(path);
    return status;
}
