/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does in its last moment: it leaves word which thread died, and of what. */
#define _GNU_SOURCE
#include "pipe/marks.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

/* A handler has no other way to them. Set once, before there are threads. */
static struct twf_marks *marks;

const char *twf_marks_signal(int signal)
{
    switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGABRT: return "SIGABRT";
    case SIGTRAP: return "SIGTRAP";
    case SIGSYS: return "SIGSYS";
    default: return "a signal";
    }
}

/* The name is in memory that the fault may have spoiled: last of all, for it may be our end. */
static void leave_name(struct twf_marks *m, const char *name)
{
    for (size_t i = 0; name != NULL && i + 1 < sizeof(m->name) && name[i] != '\0'; i++)
        m->name[i] = name[i];
}

/* Only calls that POSIX allows in a handler. */
static void on_crash(int number)
{
    struct twf_marks *m = marks;
    struct timespec moment = {0, 1000000};
    int none = 0, who = -1;
    pid_t tid = gettid();

    for (uint32_t i = 0; i < m->mark_count && who < 0; i++) {
        if (m->mark[i].tid == tid)
            who = (int)i + 1;
    }
    /* The first one counts. What others had at hand is read once more. */
    if (atomic_compare_exchange_strong(&m->crashed, &none, who))
        m->signal = number;
    atomic_store(&m->dying, true);
    while (atomic_load(&m->writing))
        (void)nanosleep(&moment, NULL);
    if (none == 0 && who > 0)
        leave_name(m, m->mark[who - 1].name);
    (void)raise(number); /* SA_RESETHAND: the default, as soon as we return */
}

void twf_marks_thread(struct twf_marks *m, uint32_t i)
{
    stack_t stack;

    if (m == NULL || i >= m->mark_count)
        return;
    m->mark[i].tid = gettid();
    stack = (stack_t){.ss_sp = (uint8_t *)&m->mark[m->mark_count] + (size_t)i * TWF_MARKS_STACK,
                      .ss_size = TWF_MARKS_STACK};
    if (!TWF_SANITIZED)
        (void)sigaltstack(&stack, NULL);
}

void twf_marks_arm(struct twf_marks *m)
{
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND)};

    if (TWF_SANITIZED)
        return;
    marks = m;
    (void)sigfillset(&action.sa_mask);
    for (size_t i = 0; i < TWF_COUNT(fatal); i++)
        (void)sigaction(fatal[i], &action, NULL);
}
