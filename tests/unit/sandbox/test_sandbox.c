/* SPDX-License-Identifier: Apache-2.0 */
/* A process enters the sandbox and tries what it must not: each attempt is a child of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/sandbox.h"

/* How an attempt ended: SIGSYS, refused by an errno, or done. */
enum end { KILLED, REFUSED, DONE, OTHER };

static char top[64], inside[128], outputs[128], outside[128];

static int setup(void **state)
{
    char path[160];
    int fd;

    (void)state;
    (void)snprintf(top, sizeof(top), "/tmp/twofrom-sandbox-XXXXXX");
    if (mkdtemp(top) == NULL)
        return -1;
    (void)snprintf(inside, sizeof(inside), "%s/inputs", top);
    (void)snprintf(outputs, sizeof(outputs), "%s/outputs", top);
    (void)snprintf(outside, sizeof(outside), "%s/outside", top);
    if (mkdir(inside, 0700) != 0 || mkdir(outputs, 0700) != 0 || mkdir(outside, 0700) != 0)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/file", inside);
    if ((fd = open(path, O_WRONLY | O_CREAT, 0600)) < 0 || write(fd, "x", 1) != 1)
        return -1;
    (void)close(fd);
    (void)snprintf(path, sizeof(path), "%s/file", outside);
    return (fd = open(path, O_WRONLY | O_CREAT, 0600)) < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
    return system(command);
}

static const char *in(const char *folder, const char *name)
{
    static char path[2][192];
    static int turn;

    turn = !turn;
    (void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    return fd < 0 ? -1 : close(fd);
}

/* ---- attempts: 0 when they succeed, -1 and errno when not ---- */

static int read_input(void) { return try_open(in(inside, "file"), O_RDONLY); }
static int write_output(void) { return try_open(in(outputs, "new"), O_WRONLY | O_CREAT | O_EXCL); }
static int rename_output(void)
{
    return write_output() != 0 ? -1 : rename(in(outputs, "new"), in(outputs, "old"));
}
static int read_outside(void) { return try_open(in(outside, "file"), O_RDONLY); }
static int read_passwords(void) { return try_open("/etc/passwd", O_RDONLY); }
static int write_input(void) { return try_open(in(inside, "file"), O_WRONLY); }
static int create_in_input(void) { return try_open(in(inside, "new"), O_WRONLY | O_CREAT); }
static int remove_input(void) { return unlink(in(inside, "file")); }
static int create_outside(void) { return try_open(in(outside, "new"), O_WRONLY | O_CREAT); }
static int move_outside(void)
{
    return write_output() != 0 ? -1 : rename(in(outputs, "new"), in(outside, "old"));
}
static int make_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -1 : 0; }
static int make_local_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0; }
static int run_program(void) { return execl("/bin/true", "true", (char *)NULL); }
static int make_process(void) { return fork() < 0 ? -1 : 0; }
static int trace_parent(void) { return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL); }
static int signal_parent(void) { return kill(getppid(), 0); }
static int change_mode(void) { return chmod(in(inside, "file"), 0777); }
static int change_owner(void) { return chown(in(inside, "file"), getuid(), getgid()); }
static int change_times(void) { return utimensat(AT_FDCWD, in(inside, "file"), NULL, 0); }
static int set_attribute(void) { return setxattr(in(inside, "file"), "user.x", "x", 1, 0); }
static int make_link(void) { return symlink("/etc/passwd", in(outputs, "link")); }
static int cut_input(void) { return truncate(in(inside, "file"), 0); }
static int link_input(void) { return link(in(inside, "file"), in(outputs, "hard")); }
static int make_folder(void) { return mkdir(in(outputs, "folder"), 0700); }
static int remove_folder(void) { return rmdir(inside); }
static int make_node(void) { return mknod(in(outputs, "pipe"), S_IFIFO | 0600, 0); }
static int change_root(void) { return chroot("/"); }
static int mount_something(void) { return mount("none", outputs, "tmpfs", 0, NULL); }
static int leave_namespace(void) { return unshare(CLONE_NEWUSER); }
static int become_another(void) { return setuid(getuid()); }
static int load_filter(void) { return syscall(SYS_bpf, 0, NULL, 0) < 0 ? -1 : 0; }
static int watch_events(void) { return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) < 0 ? -1 : 0; }
static int use_keys(void) { return syscall(SYS_keyctl, 0, -1, 0, 0, 0) < 0 ? -1 : 0; }
static int catch_faults(void) { return syscall(SYS_userfaultfd, 0) < 0 ? -1 : 0; }
static int read_parent(void)
{
    char c;
    struct iovec here = {&c, 1}, there = {&c, 1};

    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) < 0 ? -1 : 0;
}
static int send_signal(void) { return syscall(SYS_tkill, getppid(), 0) < 0 ? -1 : 0; }
static int open_for_writing(void) { return try_open(in(inside, "file"), O_RDWR | O_TRUNC); }
static int open_memory(void) { return try_open("/proc/self/mem", O_RDWR); }
static int make_ring(void)
{
    char params[120] = {0};

    return syscall(SYS_io_uring_setup, 1, params) < 0 ? -1 : 0;
}
static int type_on_terminal(void)
{
    char c = 'x';

    return ioctl(STDIN_FILENO, TIOCSTI, &c);
}
static int ask_size(void)
{
    struct winsize size;

    /* No terminal is an answer too. */
    return ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 || errno == ENOTTY ? 0 : -1;
}
static int unknown_call(void) { return syscall(1023) < 0 ? -1 : 0; }
static int other_abi(void) { return syscall(0x40000000 | SYS_getpid) < 0 ? -1 : 0; }

static void *nothing(void *ctx)
{
    return ctx;
}

static int make_thread(void)
{
    pthread_t id;
    int why = pthread_create(&id, NULL, nothing, NULL);

    if (why == 0)
        return pthread_join(id, NULL);
    errno = why;
    return -1;
}

static void *in_thread(void *ctx)
{
    int (*attempt)(void);

    memcpy(&attempt, &ctx, sizeof(attempt));
    return attempt() == 0 ? NULL : ctx;
}

/* The sandbox holds for threads that are started behind it. */
static int thread_reads_outside(void)
{
    int (*attempt)(void) = read_outside;
    void *ctx, *result = NULL;
    pthread_t id;

    memcpy(&ctx, &attempt, sizeof(ctx));
    if (pthread_create(&id, NULL, in_thread, ctx) != 0 || pthread_join(id, &result) != 0)
        return -1;
    errno = EACCES;
    return result == NULL ? 0 : -1;
}

/* ---- */

static enum end run(int (*attempt)(void), int *why)
{
    const struct twf_sandbox_path paths[] = {{"/lib", TWF_SANDBOX_READ},
                                             {"/usr/lib", TWF_SANDBOX_READ},
                                             {inside, TWF_SANDBOX_READ},
                                             {"/nowhere", TWF_SANDBOX_READ},
                                             {outputs, TWF_SANDBOX_WRITE}};
    struct twf_sandbox_state state;
    int status = 0;
    pid_t pid;

    (void)unlink(in(outputs, "new"));
    (void)unlink(in(outputs, "old"));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (twf_sandbox_enter(TWF_SANDBOX_REQUIRE, paths, 5, &state, NULL) != TWF_OK)
            _exit(255);
        _exit(attempt() == 0 ? 0 : errno & 127);
    }
    assert_true(waitpid(pid, &status, 0) == pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : OTHER;
    *why = WEXITSTATUS(status);
    assert_true(*why != 255);
    return *why == 0 ? DONE : REFUSED;
}

static bool whole(void)
{
    struct twf_sandbox_state state;

    twf_sandbox_probe(&state);
    if (state.landlock > 0 && state.seccomp)
        return true;
    print_message("SKIP: sandbox: %s\n", state.text);
    return false;
}

static void test_attempts(void **state)
{
    static const struct {
        const char *name;
        int (*attempt)(void);
        enum end end;
        int why; /* of REFUSED */
    } rows[] = {
        {"read an input", read_input, DONE, 0},
        {"create an output", write_output, DONE, 0},
        {"rename an output", rename_output, DONE, 0},
        {"start a thread", make_thread, DONE, 0},
        {"read outside", read_outside, REFUSED, EACCES},
        {"read outside in a thread", thread_reads_outside, REFUSED, EACCES},
        {"read /etc/passwd", read_passwords, REFUSED, EACCES},
        {"write an input", write_input, REFUSED, EACCES},
        {"create a file among inputs", create_in_input, REFUSED, EACCES},
        {"remove an input", remove_input, REFUSED, EACCES},
        {"create a file outside", create_outside, REFUSED, EACCES},
        {"move an output away", move_outside, REFUSED, EACCES},
        {"make a ring", make_ring, REFUSED, EPERM},
        {"type on a terminal", type_on_terminal, REFUSED, EPERM},
        {"ask for the size of a terminal", ask_size, DONE, 0},
        {"a call of tomorrow", unknown_call, REFUSED, ENOSYS},
        {"cut an input by opening it", open_for_writing, REFUSED, EACCES},
        {"open /proc/self/mem", open_memory, REFUSED, EACCES},
        {"link", link_input, KILLED, 0},
        {"mkdir", make_folder, KILLED, 0},
        {"rmdir", remove_folder, KILLED, 0},
        {"mknod", make_node, KILLED, 0},
        {"chroot", change_root, KILLED, 0},
        {"mount", mount_something, KILLED, 0},
        {"unshare", leave_namespace, KILLED, 0},
        {"setuid", become_another, KILLED, 0},
        {"bpf", load_filter, KILLED, 0},
        {"perf_event_open", watch_events, KILLED, 0},
        {"keyctl", use_keys, KILLED, 0},
        {"userfaultfd", catch_faults, KILLED, 0},
        {"process_vm_readv", read_parent, KILLED, 0},
        {"tkill", send_signal, KILLED, 0},
        {"socket", make_socket, KILLED, 0},
        {"local socket", make_local_socket, KILLED, 0},
        {"execve", run_program, KILLED, 0},
        {"fork", make_process, KILLED, 0},
        {"ptrace", trace_parent, KILLED, 0},
        {"kill", signal_parent, KILLED, 0},
        {"chmod", change_mode, KILLED, 0},
        {"chown", change_owner, KILLED, 0},
        {"utimensat", change_times, KILLED, 0},
        {"setxattr", set_attribute, KILLED, 0},
        {"symlink", make_link, KILLED, 0},
        {"truncate", cut_input, KILLED, 0},
        {"a call of x32", other_abi, KILLED, 0},
    };
    int wrong = 0;

    (void)state;
    if (!whole())
        skip();
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        int why = 0;
        enum end end = run(rows[i].attempt, &why);

        if (end == rows[i].end && (end != REFUSED || why == rows[i].why))
            continue;
        print_error("%s: ended as %d (errno %d), not as %d (errno %d)\n", rows[i].name, (int)end, why,
                    (int)rows[i].end, rows[i].why);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* Off takes nothing away and says so. */
static void test_off(void **state)
{
    struct twf_sandbox_state s;

    (void)state;
    assert_int_equal(twf_sandbox_enter(TWF_SANDBOX_OFF, NULL, 0, &s, NULL), TWF_OK);
    assert_string_equal(s.text, "off");
    assert_int_equal(s.landlock, 0);
    assert_false(s.seccomp);
    assert_int_equal(read_passwords(), 0);
}

/* Auto ends with a text for what is there and what is not; require with a fault where something is missing. */
static void test_modes(void **state)
{
    struct twf_sandbox_state probed;
    int status = 0;
    pid_t pid;

    (void)state;
    twf_sandbox_probe(&probed);
    assert_true(strlen(probed.text) > 0);
    pid = fork();
    if (pid == 0) {
        struct twf_sandbox_state s;
        struct twf_error err = {0};
        bool all = probed.landlock > 0 && probed.seccomp;
        enum twf_status got = twf_sandbox_enter(TWF_SANDBOX_REQUIRE, NULL, 0, &s, &err);

        _exit(got == (all ? TWF_OK : TWF_ERR_INTERNAL) && strcmp(s.text, probed.text) == 0 ? 0 : 1);
    }
    assert_true(waitpid(pid, &status, 0) == pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts), cmocka_unit_test(test_off),
                                       cmocka_unit_test(test_modes)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
