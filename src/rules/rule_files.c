/* SPDX-License-Identifier: Apache-2.0 */
/* Paths into texts. A folder is walked with a list of what is left to do, not with recursion. */
#define _GNU_SOURCE
#include "rules/rule_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "rules/yaml_tree.h"

enum { WALK_MAX = 20000, WALK_DEPTH = 8 };

struct walk {
    char **todo;    /* a stack: the next path is the last one */
    uint8_t *depth; /* of each */
    size_t count, cap;
    struct rule_diags *diags;
    bool failed;
};

static bool push(struct walk *w, char *path, uint8_t depth)
{
    if (path != NULL && w->count == w->cap) {
        size_t cap = w->cap == 0 ? 64 : w->cap * 2;
        char **todo = twf_realloc(w->todo, cap * sizeof(*todo));
        uint8_t *depths = todo == NULL ? NULL : twf_realloc(w->depth, cap);

        if (todo != NULL)
            w->todo = todo;
        if (depths != NULL) {
            w->depth = depths;
            w->cap = cap;
        }
    }
    if (path == NULL || w->count == w->cap || w->count >= WALK_MAX) {
        twf_free(path);
        w->failed = true;
        return false;
    }
    w->todo[w->count] = path;
    w->depth[w->count++] = depth;
    return true;
}

static void report(struct rule_diags *d, const char *path, const char *why)
{
    twf_rule_diags_begin(d, path, twf_span("", 0));
    twf_rule_file_error(d, RULE_FAULT_FILE, "%s", why);
}

static bool is_rule_name(const char *name)
{
    struct twf_span s = twf_span_str(name);

    return name[0] != '.' && (twf_span_ends_fold(s, ".yml") || twf_span_ends_fold(s, ".yaml"));
}

static int by_name(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;

    return strcmp(*y, *x); /* the last one is taken first */
}

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    char *path = twf_malloc(n + m + 2);

    if (path == NULL)
        return NULL;
    memcpy(path, folder, n);
    if (n > 0 && path[n - 1] != '/')
        path[n++] = '/';
    memcpy(path + n, name, m + 1);
    return path;
}

/* Pushes what is in a folder, so that it comes off in byte order. */
static void push_folder(struct walk *w, const char *folder, uint8_t depth)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    size_t first = w->count;

    if (dir == NULL) {
        report(w->diags, folder, strerror(errno));
        return;
    }
    while (!w->failed && (e = readdir(dir)) != NULL) {
        bool folder_inside = e->d_type == DT_DIR && e->d_name[0] != '.';

        if (folder_inside ? depth < WALK_DEPTH : is_rule_name(e->d_name))
            (void)push(w, join(folder, e->d_name), (uint8_t)(depth + 1));
    }
    (void)closedir(dir);
    if (w->count > first)
        qsort(w->todo + first, w->count - first, sizeof(*w->todo), by_name);
}

/* The whole file; NULL with a fault reported. */
static uint8_t *read_file(struct rule_diags *d, const char *path, int fd, size_t *len)
{
    uint8_t *text = twf_malloc(RULE_FILE_MAX + 1);
    ssize_t n = 0;

    *len = 0;
    while (text != NULL && *len <= RULE_FILE_MAX &&
           (n = read(fd, text + *len, RULE_FILE_MAX + 1 - *len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        *len += (size_t)n;
    }
    if (text == NULL || n < 0)
        report(d, path, text == NULL ? "no memory" : strerror(errno));
    else if (*len > RULE_FILE_MAX)
        report(d, path, "a rule file has at most 256 KiB");
    else
        return text;
    twf_free(text);
    return NULL;
}

static bool take_file(struct rule_diags *d, const char *path, int fd, twf_rule_file_fn *fn,
                      void *ctx)
{
    size_t len;
    uint8_t *text = read_file(d, path, fd, &len);
    bool go_on = true;

    if (text != NULL)
        go_on = fn(ctx, path, twf_span(text, len));
    twf_free(text);
    return go_on;
}

/* One path: a file is taken, a folder is pushed. */
static bool take(struct walk *w, const char *path, uint8_t depth, twf_rule_file_fn *fn, void *ctx)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    bool go_on = true;

    if (fd < 0 || fstat(fd, &st) != 0)
        report(w->diags, path, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        push_folder(w, path, depth);
    else if (!S_ISREG(st.st_mode))
        report(w->diags, path, "is neither a file nor a folder");
    else
        go_on = take_file(w->diags, path, fd, fn, ctx);
    if (fd >= 0)
        (void)close(fd);
    return go_on;
}

bool twf_rule_walk(const char *path, struct rule_diags *d, twf_rule_file_fn *fn, void *ctx)
{
    struct walk w = {.diags = d};
    bool go_on = push(&w, twf_strdup(path), 0);

    while (go_on && w.count > 0) {
        char *next = w.todo[--w.count];

        go_on = take(&w, next, w.depth[w.count], fn, ctx) && !w.failed;
        twf_free(next);
    }
    while (w.count > 0)
        twf_free(w.todo[--w.count]);
    twf_free(w.todo);
    twf_free(w.depth);
    return go_on;
}
