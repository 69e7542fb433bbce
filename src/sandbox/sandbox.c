/* SPDX-License-Identifier: Apache-2.0 */
/* The order matters: without no_new_privs nothing else is ours to ask, and behind seccomp nothing is. */
#define _GNU_SOURCE
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/compiler.h"
#include "base/error.h"
#include "sandbox/landlock.h"
#include "sandbox/seccomp.h"

static const char *reason(int why)
{
    return why == 0 ? "" : strerrorname_np(why) == NULL ? "?" : strerrorname_np(why);
}

/* landlock and seccomp are errnos of what failed; -1 stands for a sanitizer. */
static void describe(struct twf_sandbox_state *state, int landlock, int seccomp)
{
    char first[48], second[48];

    if (TWF_SANITIZED) {
        (void)snprintf(state->text, sizeof(state->text), "none (built with a sanitizer)");
        return;
    }
    if (landlock == 0)
        (void)snprintf(first, sizeof(first), "landlock %d", state->landlock);
    else
        (void)snprintf(first, sizeof(first), "no landlock (%s)", reason(landlock));
    if (seccomp == 0)
        (void)snprintf(second, sizeof(second), "seccomp");
    else
        (void)snprintf(second, sizeof(second), "no seccomp (%s)", reason(seccomp));
    (void)snprintf(state->text, sizeof(state->text), "%s, %s, one process", first, second);
}

void twf_sandbox_probe(struct twf_sandbox_state *state)
{
    int seccomp = twf_seccomp_probe();

    *state = (struct twf_sandbox_state){.landlock = TWF_SANITIZED ? 0 : twf_landlock_version(),
                                        .seccomp = seccomp == 0 && !TWF_SANITIZED};
    describe(state, state->landlock > 0 ? 0 : ENOSYS, seccomp);
}

enum twf_status twf_sandbox_enter(enum twf_sandbox_mode mode, const struct twf_sandbox_path *paths,
                                  size_t n, struct twf_sandbox_state *state, struct twf_error *err)
{
    struct rlimit none = {0, 0};
    int version, landlock = ENOSYS, seccomp = ENOSYS;

    *state = (struct twf_sandbox_state){.left_out = TWF_SANITIZED};
    if (mode == TWF_SANDBOX_OFF) {
        (void)snprintf(state->text, sizeof(state->text), "off");
        return TWF_OK;
    }
    /* A core file would hold mail, and so would /proc for other processes of the same user. */
    (void)setrlimit(RLIMIT_CORE, &none);
    if (!TWF_SANITIZED) {
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            landlock = seccomp = errno;
        else if ((version = twf_landlock_version()) > 0 &&
                 (landlock = twf_landlock_enter(version, paths, n)) == 0)
            state->landlock = version;
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
            seccomp = twf_seccomp_enter();
        state->seccomp = seccomp == 0;
    }
    describe(state, landlock, seccomp);
    if (mode == TWF_SANDBOX_REQUIRE && (state->landlock == 0 || !state->seccomp))
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "--sandbox require: %s", state->text);
    return TWF_OK;
}
