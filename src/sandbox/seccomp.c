/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One comparison a call, in the order of the table: those that a run makes often come first, and the kernel
 * remembers which calls are always allowed (since 5.11), so that the length costs nothing. Arguments are
 * looked at for clone and ioctl. A call of another architecture has other numbers: it kills.
 */
#define _GNU_SOURCE
#include "sandbox/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"

#define ANSWER_ALLOW SECCOMP_RET_ALLOW
#define ANSWER_KILL SECCOMP_RET_KILL_PROCESS
#define ANSWER_REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define ANSWER_NONE (SECCOMP_RET_ERRNO | ENOSYS)

/* System calls of x32 have this bit. */
#define X32_BIT 0x40000000u

#define LOAD(member) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define IF_EQ(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (yes), (no))

static struct sock_filter program[] = {
    LOAD(arch),
    IF_EQ(AUDIT_ARCH_X86_64, 1, 0),
    ANSWER(ANSWER_KILL),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
    ANSWER(ANSWER_KILL),
#define CALL(name, answer) IF_EQ(SYS_##name, 0, 1), ANSWER(ANSWER_##answer),
#include "sandbox/seccomp_calls.def"
#undef CALL
    /* A terminal and a block device may be asked what they are; a terminal must not be typed on. */
    IF_EQ(SYS_ioctl, 0, 6),
    LOAD(args[1]),
    IF_EQ(TCGETS, 3, 0),
    IF_EQ(TIOCGWINSZ, 2, 0),
    IF_EQ(BLKGETSIZE64, 1, 0),
    ANSWER(ANSWER_REFUSE),
    ANSWER(ANSWER_ALLOW),
    IF_EQ(SYS_clone, 1, 0),
    ANSWER(ANSWER_NONE),
    /* The low half of the first argument holds the flags; the machine is little-endian. */
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
    ANSWER(ANSWER_ALLOW),
    ANSWER(ANSWER_KILL),
};

int twf_seccomp_enter(void)
{
    struct sock_fprog filter = {.len = (unsigned short)TWF_COUNT(program), .filter = program};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : errno;
}

int twf_seccomp_probe(void)
{
    uint32_t kill = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0 ? 0 : errno;
}
