/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive into frames that begin with a message (docs/pack.md): a pass that plans the cuts, one
 * that compresses, one that reads back what was written. The input is only read; the output appears
 * under its name when it was proved to hold the same bytes.
 */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/confine.h"
#include "api/folder.h"
#include "api/options.h"
#include "api/pack_plan.h"
#include "api/plain.h"
#include "api/words.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pack/pack.h"

enum { BLOCK_LEN = 1 << 20, BLOCK_COUNT = 4, STEP = 1 << 20 };

struct job {
    const struct twf_options *options;
    const char *in, *out;
    char *partial;
    int fd;       /* of partial, or -1 */
    bool created; /* partial is ours to remove */
    struct twf_io *io;
    struct twf_kernels kernels;
    struct twf_pack_plan plan;
    struct twf_pack_entry *entries;
    struct twf_packer *packer;
    struct twf_buf buf;
    struct twf_plain_counts counts; /* of the input */
    bool was_zstd;
    uint64_t file_len; /* bytes written */
    EVP_MD_CTX *digest;
};

static enum twf_status of_path(enum twf_status status, const char *path, struct twf_error *err)
{
    if (status != TWF_OK)
        twf_error_path(err, path);
    return status;
}

static enum twf_status open_plain(struct job *j, const char *path, struct twf_plain **out,
                                  struct twf_error *err)
{
    return of_path(twf_plain_open(j->io, path, j->options->max_window, out, err), path, err);
}

/* Neither the input itself by another name, nor what already stands there. */
static enum twf_status check_out(const struct job *j, const struct twf_io_stat *in,
                                 struct twf_error *err)
{
    struct stat st;

    if (!in->regular)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is no file: pack reads its input twice",
                             j->in);
    if (stat(j->out, &st) != 0)
        return errno == ENOENT ? TWF_OK : twf_error_sys(err, TWF_ERR_ARG, errno, "%s", j->out);
    if (st.st_dev == (dev_t)in->dev && st.st_ino == (ino_t)in->ino)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is the input itself", j->out);
    if (S_ISDIR(st.st_mode))
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is a folder", j->out);
    if (!j->options->clobber)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s exists; --clobber replaces it", j->out);
    return TWF_OK;
}

static enum twf_status plan(struct job *j, struct twf_error *err)
{
    struct twf_plain *p;
    enum twf_status status;

    TWF_TRY(open_plain(j, j->in, &p, err));
    status = check_out(j, twf_plain_stat(p), err);
    if (status == TWF_OK)
        status = of_path(twf_pack_plan_make(&j->plan, p, j->options->frame_size,
                                            &j->options->limits, &j->kernels, err),
                         j->in, err);
    j->counts = *twf_plain_counted(p);
    j->was_zstd = twf_plain_is_zstd(p);
    if (twf_plain_changed(p) && status == TWF_OK)
        status = of_path(twf_error_set(err, TWF_ERR_IO, 0, "the input changed while it was read"),
                         j->in, err);
    twf_plain_close(p);
    if (status == TWF_OK && j->plan.count > UINT32_MAX / 16)
        status = twf_error_set(err, TWF_ERR_ARG, 0, "--frame-size: too small for this input");
    return status;
}

static enum twf_status create(struct job *j, struct twf_error *err)
{
    struct stat st;

    /* A device would be replaced by a file, and not only for us. */
    if (lstat(j->out, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is no file", j->out);
    j->fd = open(j->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (j->fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot create %s", j->partial);
    j->created = true;
    return TWF_OK;
}

static enum twf_status flush(struct job *j, struct twf_error *err)
{
    struct twf_span s = twf_buf_view(&j->buf);

    if (j->buf.failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to compress");
    while (s.len > 0) {
        ssize_t n = write(j->fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return of_path(twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write"), j->out, err);
        s = twf_span_slice(s, (size_t)n, s.len);
    }
    j->file_len += j->buf.len;
    twf_buf_reset(&j->buf);
    return TWF_OK;
}

/* Plain bytes of the frame number i. */
static uint64_t frame_len(const struct job *j, size_t i)
{
    return j->plan.frames[i].end - (i == 0 ? 0 : j->plan.frames[i - 1].end);
}

static enum twf_status changed(const struct job *j, struct twf_error *err)
{
    return of_path(twf_error_set(err, TWF_ERR_IO, 0, "the input changed while it was packed"),
                   j->in, err);
}

static enum twf_status end_frame(struct job *j, size_t i, struct twf_error *err)
{
    if (twf_packer_comp_len(j->packer) > UINT32_MAX)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "a frame is longer than its table can tell");
    j->entries[i] =
        (struct twf_pack_entry){(uint32_t)twf_packer_comp_len(j->packer), (uint32_t)frame_len(j, i),
                                twf_packer_checksum(j->packer), j->plan.frames[i].messages};
    return i + 1 < j->plan.count ? twf_packer_begin(j->packer, frame_len(j, i + 1), err) : TWF_OK;
}

/* Every byte of p into frames as planned. */
static enum twf_status compress(struct job *j, struct twf_plain *p, struct twf_error *err)
{
    struct twf_plain_chunk chunk;
    uint64_t left = frame_len(j, 0);
    size_t i = 0;
    enum twf_status status;

    TWF_TRY(twf_packer_begin(j->packer, left, err));
    if (left == 0) {
        TWF_TRY(twf_packer_put(j->packer, twf_span(NULL, 0), &j->buf, err));
        TWF_TRY(flush(j, err));
        TWF_TRY(end_frame(j, i++, err));
    }
    while ((status = of_path(twf_plain_next(p, &chunk, err), j->in, err)) == TWF_OK) {
        while (chunk.bytes.len > 0) {
            size_t n = (size_t)TWF_MIN(left, (uint64_t)TWF_MIN(chunk.bytes.len, (size_t)STEP));

            if (i == j->plan.count)
                return changed(j, err);
            TWF_TRY(twf_packer_put(j->packer, twf_span_slice(chunk.bytes, 0, n), &j->buf, err));
            TWF_TRY(flush(j, err));
            chunk.bytes = twf_span_slice(chunk.bytes, n, chunk.bytes.len);
            left -= n;
            if (left > 0)
                continue;
            TWF_TRY(end_frame(j, i++, err));
            left = i < j->plan.count ? frame_len(j, i) : 0;
        }
    }
    if (status != TWF_END)
        return status;
    return i == j->plan.count ? TWF_OK : changed(j, err);
}

static enum twf_status write_tables(struct job *j, struct twf_error *err)
{
    struct twf_pack_info info = {.frame_size = j->options->frame_size,
                                 .messages = j->plan.messages,
                                 .unaligned = j->plan.unaligned};
    uint32_t n = (uint32_t)j->plan.count;
    size_t len;

    (void)snprintf(info.container, sizeof(info.container), "%s", j->plan.container);
    twf_pack_info_put(&info, j->entries, n, &j->buf);
    len = j->buf.len;
    twf_pack_seek_table_put(j->entries, n, (uint32_t)len, &j->buf);
    return flush(j, err);
}

static enum twf_status write_frames(struct job *j, struct twf_error *err)
{
    struct twf_plain *p;
    enum twf_status status;

    j->entries = twf_calloc(j->plan.count, sizeof(*j->entries));
    if (j->entries == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of frames");
    TWF_TRY(twf_packer_new(j->options->level, &j->packer, err));
    TWF_TRY(open_plain(j, j->in, &p, err));
    status = compress(j, p, err);
    if (twf_plain_changed(p) && status == TWF_OK)
        status = changed(j, err);
    twf_plain_close(p);
    if (status == TWF_OK)
        status = write_tables(j, err);
    if (status == TWF_OK && fsync(j->fd) != 0)
        status = of_path(twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync"), j->out, err);
    return status;
}

/* What was written, decoded again from the disk: the same bytes, in the frames that were planned. */
static enum twf_status verify(struct job *j, struct twf_error *err)
{
    uint8_t sha256[SHA256_DIGEST_LENGTH];
    struct twf_plain_chunk chunk;
    struct twf_plain *p;
    enum twf_status status;
    bool ok = true;

    if ((j->digest = EVP_MD_CTX_new()) == NULL ||
        EVP_DigestInit_ex(j->digest, EVP_sha256(), NULL) != 1)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for SHA-256");
    TWF_TRY(open_plain(j, j->partial, &p, err));
    while ((status = twf_plain_next(p, &chunk, err)) == TWF_OK) {
        uint64_t end = chunk.off + chunk.bytes.len;

        ok = ok && (uint64_t)chunk.frame_index < j->plan.count &&
             end <= j->plan.frames[chunk.frame_index].end &&
             EVP_DigestUpdate(j->digest, chunk.bytes.ptr, chunk.bytes.len) == 1;
    }
    ok = ok && twf_plain_counted(p)->frames == j->plan.count &&
         twf_plain_counted(p)->without_checksum == 0 &&
         EVP_DigestFinal_ex(j->digest, sha256, NULL) == 1 &&
         memcmp(sha256, j->plan.sha256, sizeof(sha256)) == 0;
    twf_plain_close(p);
    if (status == TWF_END && ok)
        return TWF_OK;
    if (status == TWF_ERR_NOMEM)
        return status;
    return of_path(twf_error_set(err, TWF_ERR_OUTPUT, 0, "what was written does not read back"),
                   j->partial, err);
}

static enum twf_status sync_folder(const char *folder, const char *path, struct twf_error *err)
{
    int why = twf_folder_sync(folder);

    return why == 0 ? TWF_OK
                    : of_path(twf_error_sys(err, TWF_ERR_OUTPUT, why, "cannot sync the folder of"),
                              path, err);
}

/* Under its name, in a folder that was told. What may want memory comes first: the name means that all
 * went well. */
static enum twf_status finish(struct job *j, struct twf_error *err)
{
    char *folder = twf_folder_of(j->out);
    int fd = j->fd, failed;
    enum twf_status status;

    if (folder == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    j->fd = -1;
    failed = close(fd);
    if (failed == 0)
        failed = j->options->clobber
                     ? rename(j->partial, j->out)
                     : renameat2(AT_FDCWD, j->partial, AT_FDCWD, j->out, RENAME_NOREPLACE);
    if (failed != 0 && errno == EINVAL && !j->options->clobber) /* a file system that cannot */
        failed = access(j->out, F_OK) == 0 ? (errno = EEXIST, -1) : rename(j->partial, j->out);
    j->created = failed != 0;
    status = failed == 0
                 ? sync_folder(folder, j->out, err)
                 : of_path(twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot finish"), j->out, err);
    twf_free(folder);
    return status;
}

/* ---- words ---- */

static void put_in(struct job *j, struct twf_buf *b)
{
    const struct twf_plain_counts *c = &j->counts;

    twf_buf_str(b, "in   ");
    if (!j->was_zstd) {
        twf_buf_str(b, "not compressed, ");
        twf_words_count(b, c->in_bytes);
        twf_buf_str(b, " bytes\n");
        return;
    }
    twf_words_some(b, c->frames, "frame");
    if (c->without_checksum == c->frames) {
        twf_buf_str(b, ", no checksum");
    } else if (c->without_checksum > 0) {
        twf_buf_str(b, ", ");
        twf_words_count(b, c->without_checksum);
        twf_buf_str(b, " without checksum");
    } else {
        twf_buf_str(b, ", checksums");
    }
    if (c->skippable > 0) {
        twf_buf_str(b, ", ");
        twf_words_some(b, c->skippable, "skippable frame");
        twf_buf_str(b, " left out");
    }
    twf_buf_str(b, ", ");
    twf_words_count(b, c->in_bytes);
    twf_buf_str(b, " -> ");
    twf_words_count(b, c->out_bytes);
    twf_buf_str(b, " bytes\n");
}

/* (+4.3 %): tenths of a percent, without the locale's comma. */
static void put_growth(struct twf_buf *b, uint64_t before, uint64_t after)
{
    uint64_t less = after < before ? before - after : after - before;
    uint64_t n = (uint64_t)((double)less * 1000.0 / (double)before + 0.5);

    twf_buf_printf(b, " (%c%llu.%llu %%)", after < before ? '-' : '+', (unsigned long long)(n / 10),
                   (unsigned long long)(n % 10));
}

static void put_out(struct job *j, struct twf_buf *b)
{
    twf_buf_str(b, "out  ");
    twf_words_some(b, j->plan.count, "frame");
    twf_buf_str(b, ", checksums, seek table, ");
    twf_words_count(b, j->file_len);
    twf_buf_str(b, " bytes");
    if (j->counts.in_bytes > 0)
        put_growth(b, j->counts.in_bytes, j->file_len);
    twf_buf_str(b, "; ");
    if (strcmp(j->plan.container, "unknown") == 0)
        twf_buf_str(b, "not mail, cut anywhere");
    else
        twf_words_some(b, j->plan.messages, "message");
    if (j->plan.unaligned > 0) {
        twf_buf_str(b, ", ");
        twf_words_some(b, j->plan.unaligned, "cut");
        twf_buf_str(b, " inside one beyond 1 GiB");
    }
    twf_buf_str(b, "; decoded bytes equal (sha256 ");
    for (size_t i = 0; i < sizeof(j->plan.sha256); i++)
        twf_buf_printf(b, "%02x", j->plan.sha256[i]);
    twf_buf_str(b, ")\n");
}

/* The output gets its name and the words are written, when nothing can be in the way any more. */
static enum twf_status publish(struct job *j, twf_write_fn *write, void *ctx, struct twf_error *err)
{
    struct twf_buf b;
    enum twf_status status;

    twf_buf_init(&b);
    put_in(j, &b);
    put_out(j, &b);
    status =
        b.failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for words") : finish(j, err);
    if (status == TWF_OK && write(ctx, b.ptr, b.len) != 0)
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
    twf_buf_fini(&b);
    return status;
}

/* It is one input and one output; nobody here hears a warning. */
static enum twf_status confine(const struct job *j, struct twf_error *err)
{
    struct twf_confine c = {.failed = false};
    struct twf_sandbox_state state;

    twf_confine_read(&c, j->in);
    twf_confine_beside(&c, j->out, TWF_SANDBOX_WRITE);
    return twf_confine_enter(&c, j->options->sandbox, NULL, NULL, &state, err);
}

enum twf_status twf_pack(const struct twf_options *o, const char *in, const char *out,
                         twf_write_fn *write, void *ctx, struct twf_error *err)
{
    struct twf_io_options io = {
        .mode = o->io, .block_len = BLOCK_LEN, .block_count = BLOCK_COUNT, .direct = o->direct};
    struct job j = {.options = o, .in = in, .out = out, .fd = -1};
    enum twf_status status;

    if (strcmp(in, "-") == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "standard input: pack reads its input twice");
    twf_buf_init(&j.buf);
    twf_kernels_init(&j.kernels, o->cpu);
    j.partial = twf_malloc(strlen(out) + sizeof(".partial"));
    if (j.partial == NULL) {
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    } else {
        (void)sprintf(j.partial, "%s.partial", out);
        status = twf_io_new(&io, &j.io, err);
    }
    if (status == TWF_OK)
        status = confine(&j, err);
    if (status == TWF_OK)
        status = plan(&j, err);
    if (status == TWF_OK)
        status = create(&j, err);
    if (status == TWF_OK)
        status = write_frames(&j, err);
    if (status == TWF_OK)
        status = verify(&j, err);
    if (status == TWF_OK)
        status = publish(&j, write, ctx, err);
    if (j.fd >= 0)
        (void)close(j.fd);
    if (j.created)
        (void)unlink(j.partial);
    twf_packer_free(j.packer);
    twf_free(j.entries);
    twf_pack_plan_fini(&j.plan);
    twf_buf_fini(&j.buf);
    EVP_MD_CTX_free(j.digest);
    twf_io_free(j.io);
    twf_free(j.partial);
    return status;
}
