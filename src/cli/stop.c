/* SPDX-License-Identifier: Apache-2.0 */
/* The first signal asks, the second one ends. */
#define _GNU_SOURCE
#include "stop.h"

#include <stddef.h>
#include <unistd.h>

#include "exit_code.h"

/* A handler has no other way to anybody; set by it alone. */
static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    if (seen != 0)
        _exit(TWF_EXIT_SIGNAL + number);
    seen = number;
}

const volatile sig_atomic_t *twf_stop_arm(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return &seen;
}

int twf_stop_code(int code)
{
    return seen != 0 ? TWF_EXIT_SIGNAL + (int)seen : code;
}
