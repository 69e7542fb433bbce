/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw calls: libc has no wrappers, and headers are older than kernels, so rights beyond Linux 5.19 have
 * their numbers here. Everything that a version knows is handled, that is, denied where no rule allows it.
 */
#define _GNU_SOURCE
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"

enum { FS_V1_BITS = 13 };

#define FS_TRUNCATE (UINT64_C(1) << 14)  /* version 3, Linux 6.2 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* version 5, Linux 6.10 */
#define NET_TCP UINT64_C(3)              /* bind and connect: version 4, Linux 6.7 */
#define SCOPED UINT64_C(3)               /* abstract sockets and signals: version 6, Linux 6.12 */

/* struct landlock_ruleset_attr as of version 6; the kernel takes a shorter one too. */
struct ruleset {
    uint64_t fs, net, scoped;
};

int twf_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version < 0 ? 0 : (int)version;
}

static uint64_t handled(int version)
{
    uint64_t fs = (UINT64_C(1) << FS_V1_BITS) - 1;

    if (version >= 2)
        fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        fs |= FS_TRUNCATE;
    if (version >= 5)
        fs |= FS_IOCTL_DEV;
    return fs;
}

static uint64_t rights(enum twf_sandbox_right right, bool folder, uint64_t known)
{
    uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                     LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE;
    uint64_t asked = right == TWF_SANDBOX_WRITE ? read | write : read;

    /* Rights of folders are refused on a file. */
    if (!folder)
        asked &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
    return asked & known;
}

static int allow(int ruleset, const struct twf_sandbox_path *p, uint64_t known)
{
    struct landlock_path_beneath_attr rule = {.parent_fd = open(p->path, O_PATH | O_CLOEXEC)};
    struct stat st;
    int why = 0;

    /* What is not there is reported by whoever wants it. */
    if (rule.parent_fd < 0)
        return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? errno : 0;
    if (fstat(rule.parent_fd, &st) != 0) {
        why = errno;
    } else {
        rule.allowed_access = rights(p->right, S_ISDIR(st.st_mode), known);
        if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            why = errno;
    }
    (void)close(rule.parent_fd);
    return why;
}

int twf_landlock_enter(int version, const struct twf_sandbox_path *paths, size_t n)
{
    struct ruleset attr = {.fs = handled(version),
                           .net = version >= 4 ? NET_TCP : 0,
                           .scoped = version >= 6 ? SCOPED : 0};
    size_t len = sizeof(uint64_t) * (version >= 6 ? 3 : version >= 4 ? 2 : 1);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, len, 0);
    int why = 0;

    if (fd < 0)
        return errno;
    for (size_t i = 0; i < n && why == 0; i++)
        why = allow(fd, &paths[i], attr.fs);
    if (why == 0 && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        why = errno;
    (void)close(fd);
    return why;
}
