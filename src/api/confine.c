/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs are read, the folders of outputs, of the checkpoint and of the indexes are written. What libc and
 * the converters of old character sets load while mail is read lies in the system's library folders.
 */
#define _GNU_SOURCE
#include "api/confine.h"

#include <stdio.h>

#include "api/folder.h"
#include "base/alloc.h"
#include "base/error.h"

static const char *const system_paths[] = {
    "/lib",           "/lib64",    "/usr/lib",     "/usr/lib64",
    "/usr/local/lib", "/etc/ld.so.cache", "/sys/devices/system/cpu", "/proc/sys/vm"};

static void add(struct twf_confine *c, const char *path, enum twf_sandbox_right right)
{
    if (!twf_grow(&c->paths, &c->cap, c->len + 1, sizeof(*c->paths)))
        c->failed = true;
    else
        c->paths[c->len++] = (struct twf_sandbox_path){path, right};
}

void twf_confine_read(struct twf_confine *c, const char *path)
{
    /* A rule for each line of a list would be a second list to hold. */
    add(c, path[0] == '@' ? "/" : path, TWF_SANDBOX_READ);
}

void twf_confine_write(struct twf_confine *c, const char *folder)
{
    add(c, folder, TWF_SANDBOX_WRITE);
}

void twf_confine_beside(struct twf_confine *c, const char *path, enum twf_sandbox_right right)
{
    char *folder = twf_folder_of(path);

    if (folder == NULL || !twf_grow(&c->owned, &c->owned_cap, c->owned_len + 1, sizeof(*c->owned))) {
        twf_free(folder);
        c->failed = true;
        return;
    }
    c->owned[c->owned_len++] = folder;
    add(c, folder, right);
}

enum twf_status twf_confine_enter(struct twf_confine *c, enum twf_sandbox_mode mode, twf_log_fn *log,
                                  void *log_ctx, struct twf_sandbox_state *state,
                                  struct twf_error *err)
{
    char text[sizeof(state->text) + 32];
    enum twf_status status;

    for (size_t i = 0; i < TWF_COUNT(system_paths); i++)
        add(c, system_paths[i], TWF_SANDBOX_READ);
    status = c->failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the sandbox")
                       : twf_sandbox_enter(mode, c->paths, c->len, state, err);
    if (status == TWF_OK && log != NULL && mode == TWF_SANDBOX_AUTO && !state->left_out &&
        (state->landlock == 0 || !state->seccomp)) {
        (void)snprintf(text, sizeof(text), "sandbox: %s", state->text);
        log(log_ctx, TWF_LOG_WARNING, text);
    }
    for (size_t i = 0; i < c->owned_len; i++)
        twf_free(c->owned[i]);
    twf_free(c->owned);
    twf_free(c->paths);
    *c = (struct twf_confine){.failed = false};
    return status;
}

enum twf_status twf_confine(struct twf_run *r, struct twf_error *err)
{
    struct twf_confine c = {.failed = false};

    for (size_t i = 0; i < r->inputs.len; i++) {
        const char *path = r->inputs.items[i];

        twf_confine_read(&c, path);
        if (r->index == NULL)
            continue;
        if (r->index_dir != NULL) {
            twf_confine_write(&c, r->index_dir);
        } else {
            twf_confine_beside(&c, path, TWF_SANDBOX_WRITE);
            twf_confine_write(&c, path); /* a folder of archives */
        }
    }
    for (size_t i = 0; i < r->outputs.len; i++) {
        if (r->outputs.items[i].path != NULL)
            twf_confine_beside(&c, r->outputs.items[i].path, TWF_SANDBOX_WRITE);
    }
    if (r->checkpoint != NULL)
        twf_confine_beside(&c, twf_checkpoint_path(r->checkpoint), TWF_SANDBOX_WRITE);
    return twf_confine_enter(&c, r->sandbox, r->log, r->log_ctx, &r->confined, err);
}
