/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/checkpoint_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/folder.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"

static const char magic[8] = {'T', 'W', 'F', 'C', 'K', 'P', '0', '1'};

enum { HASH = 32, HEAD = sizeof(magic) + 8 + HASH };

#define FILE_MAX ((uint64_t)256 << 20) /* more than the largest lists come to */

static enum twf_status read_all(int fd, uint64_t size, struct twf_buf *file, struct twf_error *err)
{
    uint8_t *to = twf_buf_reserve(file, (size_t)size);

    if (to == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a checkpoint");
    while (file->len < size) {
        ssize_t n = read(fd, file->ptr + file->len, (size_t)size - file->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot read it");
        if (n == 0)
            break;
        file->len += (size_t)n;
    }
    return TWF_OK;
}

static enum twf_status open_file(const struct twf_buf *file, struct twf_saved *saved,
                                 struct twf_error *err)
{
    char hash[HASH + 1];

    *saved = (struct twf_saved){.ptr = file->ptr, .len = file->len};
    if (file->len < HEAD || memcmp(file->ptr, magic, sizeof(magic)) != 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "no checkpoint");
    saved->ptr += sizeof(magic);
    saved->len -= sizeof(magic);
    if (twf_saved_u64(saved) != file->len - HEAD)
        return twf_error_set(err, TWF_ERR_ARG, 0, "it is cut");
    saved->ptr += HASH;
    saved->len -= HASH;
    twf_hash_hex(saved->ptr, saved->len, hash);
    if (memcmp(hash, saved->ptr - HASH, HASH) != 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "it is damaged: its hash differs");
    return TWF_OK;
}

enum twf_status twf_checkpoint_file_read(const char *path, struct twf_buf *file,
                                         struct twf_saved *saved, struct twf_error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum twf_status status;
    struct stat st;

    if (fd < 0 && errno == ENOENT)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "there is no such file: the run was over, or never began");
    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "cannot open it");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > FILE_MAX) {
        (void)close(fd);
        return twf_error_set(err, TWF_ERR_ARG, 0, "no checkpoint");
    }
    status = read_all(fd, (uint64_t)st.st_size, file, err);
    (void)close(fd);
    return status == TWF_OK ? open_file(file, saved, err) : status;
}

static enum twf_status cannot(const char *what, const char *path, struct twf_error *err)
{
    return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot %s the checkpoint %s", what, path);
}

static bool put(int fd, struct twf_span s)
{
    while (s.len > 0) {
        ssize_t n = write(fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s = twf_span_slice(s, (size_t)n, s.len);
    }
    return true;
}

/* Where a folder cannot be synced the names are right all the same. */
static enum twf_status sync_folder(const char *path, struct twf_error *err)
{
    char *folder = twf_folder_of(path);

    if (folder == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a checkpoint");
    (void)twf_folder_sync(folder);
    twf_free(folder);
    return TWF_OK;
}

enum twf_status twf_checkpoint_file_write(const char *path, const char *partial, struct twf_span body,
                                          struct twf_error *err)
{
    char hash[HASH + 1];
    struct twf_buf head;
    bool good;
    int fd;

    (void)unlink(partial); /* ours by its name, of a run that was killed */
    fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot("create", partial, err);
    twf_buf_init(&head);
    twf_buf_put(&head, magic, sizeof(magic));
    twf_save_u64(&head, body.len);
    twf_hash_hex(body.ptr, body.len, hash);
    twf_buf_put(&head, hash, HASH);
    good = !head.failed && put(fd, twf_buf_view(&head)) && put(fd, body) && fsync(fd) == 0;
    twf_buf_fini(&head);
    if (!good) {
        enum twf_status status = cannot("write", partial, err);

        (void)close(fd);
        (void)unlink(partial);
        return status;
    }
    if (close(fd) != 0 || rename(partial, path) != 0)
        return cannot("finish", path, err);
    return sync_folder(path, err);
}

enum twf_status twf_checkpoint_file_remove(const char *path, struct twf_error *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return cannot("remove", path, err);
    return sync_folder(path, err);
}
