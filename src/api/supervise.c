/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that stands by while another one reads mail. It reads none itself; what it knows of the other is
 * how it ended and what its marks say (pipe/marks.h). Threads are no boundary, so a message that crashes one of
 * them ends the process: what it was at is started once more, from the last checkpoint or from the beginning,
 * without that message. Results are in the order of the input and the same every time, so what went to a pipe
 * before is passed over, and what follows differs only from that message on.
 *
 * When a process died at work on several messages at once, the next one takes those in groups, and dies of the
 * group it was, and so on. When it left no word (seccomp kills so), the next one has a single thread.
 */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/options.h"
#include "base/alloc.h"
#include "pipe/marks.h"

enum { EXIT_GIVEN_UP = 5, EXIT_SIGNAL = 128 };

struct supervisor {
    struct twf_options *o;
    struct twf_marks *marks;
    size_t size;
    /* Ours alone: the other process can write whatever it likes into the marks. */
    struct twf_lost lost[TWF_MARKS_LOST];
    uint32_t lost_count, restarts, threads;
    uint64_t careful_source, careful_off;
    uint32_t careful_from, careful_to;
    bool one_thread;
    uint8_t key[32];
    twf_log_fn *log;
    void *log_ctx;
};

/* What the handler needs: the process at work, and whether an end was asked for. */
static volatile pid_t worker;
static volatile sig_atomic_t asked;

static void hand_on(int number)
{
    asked = number;
    if (worker > 0)
        (void)kill(worker, number);
}

static void set_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void say(const struct supervisor *s, enum twf_log_level level, const char *what, const char *name,
                const char *then)
{
    char line[1000];

    if (s->log == NULL)
        return;
    (void)snprintf(line, sizeof(line), "%.120s%s%.500s%s%.200s", what, name[0] == '\0' ? "" : ": ", name,
                   then[0] == '\0' ? "" : "; ", then);
    s->log(s->log_ctx, level, line);
}

/* ---- the process at work ---- */

/* The marks as the next process finds them. */
static void set_marks(struct supervisor *s)
{
    struct twf_marks *m = s->marks;
    struct twf_passed before[TWF_MARKS_OUTPUTS];

    memcpy(before, m->passed, sizeof(before));
    for (size_t i = 0; i < TWF_MARKS_OUTPUTS; i++) {
        /* It may have died before it had written again what the one before it wrote. */
        if (m->before[i].len > before[i].len)
            before[i] = m->before[i];
    }
    memset(m, 0, s->size);
    memcpy(m->before, before, sizeof(before));
    memcpy(m->lost, s->lost, sizeof(m->lost));
    memcpy(m->key, s->key, sizeof(m->key));
    m->lost_count = s->lost_count;
    m->restarts = s->restarts;
    m->mark_count = s->threads;
    m->careful_source = s->careful_source;
    m->careful_off = s->careful_off;
    m->careful_from = s->careful_from;
    m->careful_to = s->careful_to;
    m->one_thread = s->one_thread;
}

/* In the new process. False: the old one is gone already. */
static bool begin_work(struct supervisor *s, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        return false;
    s->o->marks = s->marks;
    if (s->one_thread)
        s->o->threads = 1;
    if (s->restarts > 0 && s->o->checkpoint != NULL && s->o->resume == NULL)
        s->o->resume = twf_strdup(s->o->checkpoint);
    twf_marks_arm(s->marks);
    return true;
}

/* -1: no process. Signals come in between no two lines of this. */
static pid_t start(struct supervisor *s)
{
    sigset_t both, before;
    pid_t parent = getpid(), pid;

    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &both, &before);
    set_marks(s);
    pid = fork();
    if (pid == 0) {
        set_signals(SIG_DFL);
        if (!begin_work(s, parent))
            _exit(EXIT_GIVEN_UP);
    } else if (pid > 0) {
        worker = pid;
        set_signals(hand_on);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* ---- its end ---- */

static bool is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
           signal == SIGABRT || signal == SIGTRAP || signal == SIGSYS;
}

/* What its thread was at, or with a single thread that one; NULL: it left no word. */
static const struct twf_mark *mark_of_dead(const struct supervisor *s)
{
    int who = atomic_load(&s->marks->crashed);

    if (who > 0 && (uint32_t)who <= s->threads)
        return &s->marks->mark[who - 1];
    return who == 0 && s->one_thread ? &s->marks->mark[0] : NULL;
}

static bool add_lost(struct supervisor *s, uint64_t source, uint64_t off, bool whole, int signal)
{
    for (uint32_t i = 0; i < s->lost_count; i++) {
        if (s->lost[i].source == source && s->lost[i].off == off && s->lost[i].whole == whole)
            return false; /* that it was left out did not help */
    }
    if (s->lost_count == TWF_MARKS_LOST || s->lost_count >= s->o->crash_restarts)
        return false;
    s->lost[s->lost_count++] = (struct twf_lost){source, off, signal, whole};
    return true;
}

/* The next one judges the messages that were at hand in smaller groups. False: these are as small. */
static bool take_apart(struct supervisor *s, const struct twf_mark *m)
{
    uint32_t from = m->from, to = m->to == 0 ? UINT32_MAX : m->to;

    if (s->careful_source == m->job_source && s->careful_off == m->job_off &&
        s->careful_from == from && s->careful_to == to)
        return false;
    s->careful_source = m->job_source;
    s->careful_off = m->job_off;
    s->careful_from = from;
    s->careful_to = to;
    return true;
}

/* What to leave out, or to take with care. False: there is no way on. */
static bool learn(struct supervisor *s, int signal, char *then, size_t cap)
{
    const struct twf_mark *m = mark_of_dead(s);
    uint64_t source, off;

    if (m == NULL && atomic_load(&s->marks->crashed) == 0 && !s->one_thread) {
        s->one_thread = true;
        (void)snprintf(then, cap, "started again with one thread, to learn of what");
        return true;
    }
    if (m == NULL || (source = m->source) == 0)
        return false;
    off = m->off;
    if (m->stage == TWF_STAGE_MESSAGE || (m->stage == TWF_STAGE_SEVERAL && m->to - m->from == 1)) {
        (void)snprintf(then, cap, "started again without the message at %llu", (unsigned long long)off);
        return add_lost(s, source, off, false, signal);
    }
    if (m->stage == TWF_STAGE_SEVERAL) {
        (void)snprintf(then, cap, "started again, to learn of which message");
        return take_apart(s, m);
    }
    if (m->stage == TWF_STAGE_HEADS) {
        (void)snprintf(then, cap, "started again, to learn of which input");
        return s->restarts == 0; /* later ones take inputs one by one */
    }
    (void)snprintf(then, cap, "started again without this input");
    return (m->stage == TWF_STAGE_READ || m->stage == TWF_STAGE_SPLIT) &&
           add_lost(s, source, 0, true, signal);
}

/* True: begin again. Else *code is how we end. */
static bool after_fault(struct supervisor *s, int signal, int *code)
{
    char what[80], then[160] = "", name[TWF_MARKS_NAME];
    bool goes_on = false;

    memcpy(name, s->marks->name, sizeof(name));
    name[sizeof(name) - 1] = '\0';
    (void)snprintf(what, sizeof(what), "crashed (%s)", twf_marks_signal(signal));
    *code = EXIT_GIVEN_UP;
    if (asked != 0) {
        *code = EXIT_SIGNAL + (int)asked;
        return false;
    }
    if (s->marks->has_stream)
        (void)snprintf(then, sizeof(then), "a stream cannot be read again: given up");
    else if (atomic_load(&s->marks->writing))
        (void)snprintf(then, sizeof(then), "in the middle of a write: given up");
    else
        goes_on = s->restarts < 3 * s->o->crash_restarts && learn(s, signal, then, sizeof(then));
    if (!goes_on && !s->marks->has_stream && !atomic_load(&s->marks->writing))
        (void)snprintf(then, sizeof(then), "given up after %u restart%s", s->restarts,
                       s->restarts == 1 ? "" : "s");
    s->restarts++;
    say(s, goes_on ? TWF_LOG_WARNING : TWF_LOG_ERROR, what, name, then);
    return goes_on;
}

/* Ends as the other one did: by the same signal, if it was one from outside. */
static int same_end(int status)
{
    int signal = WTERMSIG(status);
    struct sigaction action = {.sa_handler = SIG_DFL};

    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal, &action, NULL);
    (void)raise(signal);
    return EXIT_SIGNAL + signal;
}

/* Until it ended; the exit status, or -1 in the process at work. */
static int stand_by(struct supervisor *s)
{
    for (;;) {
        int status = 0, code;
        pid_t pid = start(s);

        if (pid == 0)
            return -1;
        if (pid < 0 && s->restarts == 0)
            return -1; /* then without one who stands by, as in a library */
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        worker = 0;
        if (pid < 0) {
            say(s, TWF_LOG_ERROR, "cannot start again", "", strerror(errno));
            return EXIT_GIVEN_UP;
        }
        if (!WIFSIGNALED(status) || !is_fault(WTERMSIG(status)))
            return same_end(status);
        if (!after_fault(s, WTERMSIG(status), &code))
            return code;
    }
}

int twf_supervise(struct twf_options *o, int *supervisor, twf_log_fn *log, void *log_ctx)
{
    struct supervisor s = {.o = o, .threads = o->threads, .log = log, .log_ctx = log_ctx};
    void *shared;
    int code;

    *supervisor = 0;
    if (o->crash_restarts == 0 || getrandom(s.key, sizeof(s.key), 0) != (ssize_t)sizeof(s.key))
        return -1;
    s.size = twf_marks_size(s.threads);
    shared = mmap(NULL, s.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -1;
    s.marks = shared;
    code = stand_by(&s);
    if (code < 0) {
        *supervisor = o->marks != NULL ? (int)getppid() : 0;
        return -1;
    }
    set_signals(SIG_DFL);
    (void)munmap(shared, s.size);
    return code;
}
