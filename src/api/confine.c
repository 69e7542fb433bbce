/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs are read, the folders of outputs, of the checkpoint and of the indexes are written. What libc and
 * the converters of old character sets load while mail is read lies in the system's library folders.
 */
#define _GNU_SOURCE
#include "api/confine.h"

#include "api/folder.h"
#include "base/alloc.h"
#include "base/error.h"

static const char *const system_paths[] = {
    "/lib",           "/lib64",    "/usr/lib",     "/usr/lib64",
    "/usr/local/lib", "/etc/ld.so.cache", "/sys/devices/system/cpu", "/proc/sys/vm"};

struct plan {
    struct twf_sandbox_path *paths;
    size_t len;
    char **owned; /* names of folders, made here */
    size_t owned_len;
};

static void add(struct plan *p, const char *path, enum twf_sandbox_right right)
{
    p->paths[p->len++] = (struct twf_sandbox_path){path, right};
}

/* The folder in which path lies; false: no memory. */
static bool add_folder(struct plan *p, const char *path)
{
    char *folder = twf_folder_of(path);

    if (folder == NULL)
        return false;
    p->owned[p->owned_len++] = folder;
    add(p, folder, TWF_SANDBOX_WRITE);
    return true;
}

static bool fill(struct plan *p, const struct twf_run *r)
{
    for (size_t i = 0; i < TWF_COUNT(system_paths); i++)
        add(p, system_paths[i], TWF_SANDBOX_READ);
    for (size_t i = 0; i < r->inputs.len; i++) {
        const char *path = r->inputs.items[i];

        /* A list can name anything, and a rule for each of its lines would be a second list to hold. */
        add(p, path[0] == '@' ? "/" : path, TWF_SANDBOX_READ);
        if (r->index == NULL)
            continue;
        if (r->index_dir != NULL)
            add(p, r->index_dir, TWF_SANDBOX_WRITE);
        else if (!add_folder(p, path))
            return false;
        else
            add(p, path, TWF_SANDBOX_WRITE); /* a folder of archives */
    }
    for (size_t i = 0; i < r->outputs.len; i++) {
        if (r->outputs.items[i].path != NULL && !add_folder(p, r->outputs.items[i].path))
            return false;
    }
    return r->checkpoint == NULL || add_folder(p, twf_checkpoint_path(r->checkpoint));
}

enum twf_status twf_confine(struct twf_run *r, struct twf_error *err)
{
    size_t most = TWF_COUNT(system_paths) + 3 * r->inputs.len + r->outputs.len + 1;
    struct plan p = {.paths = twf_calloc(most, sizeof(*p.paths)),
                     .owned = twf_calloc(most, sizeof(*p.owned))};
    enum twf_status status;

    if (p.paths == NULL || p.owned == NULL || !fill(&p, r))
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the sandbox");
    else
        status = twf_sandbox_enter(r->sandbox, p.paths, p.len, &r->confined, err);
    for (size_t i = 0; i < p.owned_len; i++)
        twf_free(p.owned[i]);
    twf_free(p.owned);
    twf_free(p.paths);
    return status;
}
