/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

char *twf_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = twf_strdup(slash == NULL ? "." : path);

    if (folder != NULL && slash != NULL)
        folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

int twf_folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), why = 0;

    if (fd < 0)
        return errno;
    if (fsync(fd) != 0 && errno != EINVAL && errno != EBADF)
        why = errno;
    (void)close(fd);
    return why;
}
