/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2 refuses what leaves the folder, links and the magic links of /proc, even where a name is
 * swapped between two calls. A kernel before 5.6 has no openat2; our names have no slash, so O_NOFOLLOW
 * and O_EXCL give the same there.
 */
#define _GNU_SOURCE
#include "api/safe_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

enum { COPIES_MAX = 10000 };

static int open_beneath(int dir, const char *name, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_NOFOLLOW | O_CLOEXEC),
                           .mode = mode,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));

    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    return (int)fd;
}

enum twf_status twf_safe_dir_open(const char *path, int *fd, struct twf_error *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--to: cannot make %s", path);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--to: cannot open %s", path);
    return TWF_OK;
}

/* The file of that name has exactly these bytes. */
static bool is_same(int dir, const char *name, struct twf_span bytes)
{
    int fd = open_beneath(dir, name, O_RDONLY | O_NONBLOCK, 0);
    uint8_t block[16384];
    struct stat st;
    bool same;

    if (fd < 0)
        return false;
    same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == bytes.len;
    while (same && bytes.len > 0) {
        ssize_t n = read(fd, block, sizeof(block));

        if (n < 0 && errno == EINTR)
            continue;
        same = n > 0 && (size_t)n <= bytes.len && memcmp(block, bytes.ptr, (size_t)n) == 0;
        if (same)
            bytes = twf_span_slice(bytes, (size_t)n, bytes.len);
    }
    (void)close(fd);
    return same;
}

static enum twf_status fill(int fd, struct twf_span bytes, struct twf_error *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write");
        bytes = twf_span_slice(bytes, (size_t)n, bytes.len);
    }
    return TWF_OK;
}

enum twf_status twf_safe_dir_close(int fd, struct twf_error *err)
{
    enum twf_status status =
        syncfs(fd) == 0 ? TWF_OK
                        : twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync the copies");

    (void)close(fd);
    return status;
}

enum twf_status twf_safe_dir_put(int dir, const char *name, struct twf_span bytes, bool *is_old,
                                 struct twf_error *err)
{
    int fd = open_beneath(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    enum twf_status status;

    *is_old = false;
    if (fd < 0 && (errno == EEXIST || errno == ELOOP)) {
        *is_old = is_same(dir, name, bytes);
        return *is_old ? TWF_OK : TWF_END;
    }
    if (fd < 0) {
        status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot create");
    } else {
        status = fill(fd, bytes, err);
        if (close(fd) != 0 && status == TWF_OK)
            status = twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot close");
        if (status != TWF_OK)
            (void)unlinkat(dir, name, 0);
    }
    if (status != TWF_OK)
        twf_error_path(err, name);
    return status;
}

enum twf_status twf_safe_dir_put_free(int dir, const char *stem, const char *suffix,
                                      struct twf_span bytes, char name[TWF_SAFE_NAME], bool *is_old,
                                      struct twf_error *err)
{
    for (int n = 0; n < COPIES_MAX; n++) {
        enum twf_status status;

        (void)snprintf(name, TWF_SAFE_NAME, "%.60s-%d.%.16s", stem, n, suffix);
        status = twf_safe_dir_put(dir, name, bytes, is_old, err);
        if (status != TWF_END)
            return status;
    }
    return twf_error_set(err, TWF_ERR_OUTPUT, 0, "%.60s: too many files of that name", stem);
}
