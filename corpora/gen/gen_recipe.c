/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: text into structs. What they say: recipes/README.md. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"
#include "corpora/gen/gen_lines.h"
#include "corpora/gen/gen_text.h"

enum { WORDS_MAX = 8 };

/* The words of one line of a recipe; the last one holds the rest of the line. */
struct line {
    char *word[WORDS_MAX];
    size_t count;
    const char *where;
};

/* path beside the file base, or path itself if it is absolute. */
static void beside(char *out, size_t size, const char *base, const char *path)
{
    const char *slash = strrchr(base, '/');
    int folder = path[0] == '/' || slash == NULL ? 0 : (int)(slash - base) + 1;

    if (snprintf(out, size, "%.*s%s", folder, base, path) >= (int)size)
        gen_die("%s: the name is too long", path);
}

/* How many words a line of this key has; the last takes the rest of the line. */
static size_t words_of(const char *text)
{
    static const struct {
        const char *key;
        size_t words;
    } keys[] = {{"from", 3},    {"head", 3}, {"attacks", 3},
                {"journal", 3}, {"body", 5}, {"attach", 4}};
    size_t n = strcspn(text, " \t");

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].key) == n && memcmp(text, keys[i].key, n) == 0)
            return keys[i].words;
    }
    return 2;
}

/* The next line that says something, cut into words at blanks; false at the end. */
static bool next_words(char **rest, struct gen_line_at *at, struct line *out)
{
    size_t most;
    char *p;

    do {
        p = gen_line_next(rest, at);
        if (p == NULL)
            return false;
        p += strspn(p, " \t");
    } while (*p == '\0' || *p == '#');
    most = words_of(p);
    out->count = 0;
    while (*p != '\0' && out->count < most) {
        out->word[out->count++] = p;
        if (out->count == most)
            break;
        p += strcspn(p, " \t");
        if (*p != '\0')
            *p++ = '\0';
        p += strspn(p, " \t");
    }
    return true;
}

static void want(const struct line *l, size_t words, const char *use)
{
    if (l->count != words)
        gen_die("%s: want: %s", l->where, use);
}

static int64_t day(const char *text, const char *where)
{
    int y, m, d;
    char end;

    if (sscanf(text, "%4d-%2d-%2d%c", &y, &m, &d, &end) != 3 || y < 1971 || m < 1 || m > 12 ||
        d < 1)
        gen_die("%s: %s is no day like 2024-09-02", where, text);
    return gen_days(y, m, d) * 86400;
}

static void add_body(struct gen_recipe *r, const struct line *l)
{
    static const char *const kinds[GEN_BODY_KINDS] = {"text", "html", "html64", "both"};
    struct gen_body_mix *b = &r->bodies[r->body_count];
    size_t kind = 0;

    want(l, 5, "body text|html|html64|both WEIGHT MEDIAN SIGMA");
    if (r->body_count++ == GEN_BODIES_MAX)
        gen_die("%s: more than %d bodies", l->where, GEN_BODIES_MAX);
    while (kind < GEN_BODY_KINDS && strcmp(l->word[1], kinds[kind]) != 0)
        kind++;
    if (kind == GEN_BODY_KINDS)
        gen_die("%s: unknown body %s", l->where, l->word[1]);
    b->kind = (enum gen_body_kind)kind;
    b->weight = gen_line_number32(l->word[2], l->where);
    b->median = gen_line_number32(l->word[3], l->where);
    b->sigma_100 = gen_line_sigma(l->word[4], l->where);
}

static void add_from(struct gen_recipe *r, const struct line *l)
{
    struct gen_from *f = &r->froms[r->from_count];

    want(l, 3, "from WEIGHT TEXT");
    if (r->from_count++ == GEN_FROMS_MAX)
        gen_die("%s: more than %d From forms", l->where, GEN_FROMS_MAX);
    f->weight = gen_line_number32(l->word[1], l->where);
    gen_line_unescape(l->word[2], l->where);
    gen_template_read(&f->text, l->word[2], l->where);
}

static void add_head(struct gen_recipe *r, const struct line *l, const char *path)
{
    char file[300];

    want(l, 3, "head FILE WEIGHT");
    if (r->head_count == GEN_HEADS_MAX)
        gen_die("%s: more than %d heads", l->where, GEN_HEADS_MAX);
    beside(file, sizeof file, path, l->word[1]);
    gen_head_read(&r->heads[r->head_count], file);
    r->heads[r->head_count++].weight = gen_line_number32(l->word[2], l->where);
}

static void recipe_line(struct gen_recipe *r, const struct line *l, const char *path)
{
    const char *key = l->word[0];
    char file[300];

    if (strcmp(key, "head") == 0) {
        add_head(r, l, path);
    } else if (strcmp(key, "body") == 0) {
        add_body(r, l);
    } else if (strcmp(key, "from") == 0) {
        add_from(r, l);
    } else if (strcmp(key, "attacks") == 0) {
        want(l, 3, "attacks FILE SHARE%");
        beside(file, sizeof file, path, l->word[1]);
        gen_attacks_read(r, file);
        r->attack_share = gen_line_share(l->word[2], l->where);
    } else if (strcmp(key, "journal") == 0) {
        want(l, 3, "journal FILE SHARE%");
        beside(file, sizeof file, path, l->word[1]);
        gen_head_read(&r->journal, file);
        r->journal_share = gen_line_share(l->word[2], l->where);
    } else if (strcmp(key, "attach") == 0) {
        want(l, 4, "attach SHARE% MEDIAN SIGMA");
        r->attach_share = gen_line_share(l->word[1], l->where);
        r->attach_median = gen_line_number32(l->word[2], l->where);
        r->attach_sigma_100 = gen_line_sigma(l->word[3], l->where);
    } else {
        want(l, 2, "KEY VALUE");
        if (strcmp(key, "seed") == 0)
            r->seed = gen_line_number(l->word[1], l->where);
        else if (strcmp(key, "own") == 0)
            gen_line_copy(r->own, sizeof r->own, l->word[1], l->where);
        else if (strcmp(key, "orgs") == 0)
            r->orgs = gen_line_number32(l->word[1], l->where);
        else if (strcmp(key, "since") == 0)
            r->since = day(l->word[1], l->where);
        else if (strcmp(key, "step") == 0)
            r->step = gen_line_number32(l->word[1], l->where);
        else if (strcmp(key, "boilerplate") == 0)
            r->boilerplate = gen_line_share(l->word[1], l->where);
        else if (strcmp(key, "eol") == 0)
            r->crlf = strcmp(l->word[1], "crlf") == 0;
        else
            gen_die("%s: unknown word %s", l->where, key);
    }
}

struct gen_recipe *gen_recipe_read(const char *path)
{
    struct gen_recipe *r = twf_calloc(1, sizeof *r);
    struct gen_line_at at = {.line = 0};
    char *data = gen_file_read(path), *rest = data, where[GEN_WHERE_MAX];
    struct line l;

    if (r == NULL)
        gen_die("out of memory");
    gen_line_copy(r->own, sizeof r->own, "corp.example", path);
    r->seed = 1;
    r->orgs = 400;
    r->since = gen_days(2024, 1, 1) * 86400;
    r->step = 30;
    gen_line_copy(at.file, sizeof at.file, path, path);
    l.where = where;
    while (next_words(&rest, &at, &l)) {
        gen_line_where(where, sizeof where, &at);
        recipe_line(r, &l, path);
    }
    twf_free(data);
    if (r->head_count == 0 || r->body_count == 0 || r->from_count == 0 || r->orgs == 0)
        gen_die("%s: wants a head, a body, a from and some orgs", path);
    return r;
}

void gen_recipe_free(struct gen_recipe *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->head_count; i++)
        gen_head_fini(&r->heads[i]);
    gen_head_fini(&r->journal);
    for (size_t i = 0; i < r->from_count; i++)
        gen_template_fini(&r->froms[i].text);
    for (size_t i = 0; i < r->attack_count; i++) {
        gen_template_fini(&r->attacks[i].p1);
        gen_template_fini(&r->attacks[i].p2);
        gen_template_fini(&r->attacks[i].from);
    }
    twf_free(r);
}
