/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device and inode tell, not names: a link, a bind mount or ".." in a path would make names lie. For an
 * output the folders above it are looked at, up to the root; for one that exists also the file itself.
 */
#define _GNU_SOURCE
#include "api/output_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"

/* Deeper folders than PATH_MAX allows do not exist for us; each costs a byte and a slash. */
enum { PLACES_MAX = PATH_MAX / 2 };

struct place {
    dev_t dev;
    ino_t ino;
};

struct guard {
    const char *output;
    struct place *places; /* the output where it exists, then the folders above it */
    size_t len;
};

static void add_place(struct guard *g, const char *path)
{
    struct stat st;

    if (g->len < PLACES_MAX && stat(path, &st) == 0)
        g->places[g->len++] = (struct place){st.st_dev, st.st_ino};
}

/* The folder of a path, all links resolved, into out (PATH_MAX); false where there is none. */
static bool resolve_folder(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;

    if (len >= sizeof(folder))
        return false;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return realpath(len == 0 ? "." : folder, out) != NULL;
}

static void find_places(struct guard *g)
{
    char folder[PATH_MAX];
    struct stat st;

    /* A device that exists is written as it stands, and is nobody's evidence. */
    if (stat(g->output, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return;
    add_place(g, g->output);
    if (!resolve_folder(g->output, folder))
        return;
    for (;;) {
        char *slash;

        add_place(g, folder);
        slash = strrchr(folder, '/');
        if (slash == NULL || folder[1] == '\0')
            return;
        slash[slash == folder ? 1 : 0] = '\0';
    }
}

static enum twf_status check_path(const struct guard *g, const char *path, struct twf_error *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return TWF_OK;
    for (size_t i = 0; i < g->len; i++) {
        if (g->places[i].dev != st.st_dev || g->places[i].ino != st.st_ino)
            continue;
        if (S_ISDIR(st.st_mode))
            return twf_error_set(err, TWF_ERR_ARG, 0,
                                 "%s lies in the input %s, which is only read", g->output, path);
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s is the input %s, which is only read",
                             g->output, path);
    }
    return TWF_OK;
}

/* A list on a pipe can be read once, and not by us; lines that are no paths its reader tells. */
static enum twf_status check_list(const struct guard *g, const char *list, struct twf_error *err)
{
    enum twf_status status = TWF_OK;
    struct stat st;
    FILE *file;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (stat(list, &st) != 0 || !S_ISREG(st.st_mode) || (file = fopen(list, "re")) == NULL)
        return TWF_OK;
    while (status == TWF_OK && (len = getline(&line, &room, file)) > 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            line[--len] = '\0';
        if (len > 0)
            status = check_path(g, line, err);
    }
    free(line); /* getline's */
    (void)fclose(file);
    return status;
}

enum twf_status twf_output_guard(const char *output, const char *const *inputs, size_t n,
                                 struct twf_error *err)
{
    struct guard g = {.output = output};
    enum twf_status status = TWF_OK;

    g.places = twf_calloc(PLACES_MAX, sizeof(*g.places));
    if (g.places == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for an output");
    find_places(&g);
    for (size_t i = 0; g.len > 0 && status == TWF_OK && i < n; i++) {
        const char *path = inputs[i];

        if (path[0] == '@')
            status = check_list(&g, path + 1, err);
        if (status == TWF_OK && path[0] != '@' && strcmp(path, "-") != 0)
            status = check_path(&g, path, err);
    }
    twf_free(g.places);
    return status;
}
