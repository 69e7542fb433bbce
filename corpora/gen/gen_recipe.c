/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes, head files and the table of attacks: text into structs. What they say: recipes/README.md. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"
#include "corpora/gen/gen_text.h"

enum { WORDS_MAX = 8 };

/* Where a line stands, for messages. */
struct place {
    char file[300];
    unsigned line;
};

/* The words of one line of a recipe; the last one holds the rest of the line. */
struct line {
    char *word[WORDS_MAX];
    size_t count;
    const char *where;
};

/* Reads a whole file and ends it with a NUL byte. */
static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct twf_buf b;
    size_t n;

    if (f == NULL)
        gen_die("%s: %s", path, strerror(errno));
    twf_buf_init(&b);
    do {
        if (twf_buf_reserve(&b, 65536) == NULL)
            gen_die("out of memory");
        n = fread(b.ptr + b.len, 1, 65536, f);
        b.len += n;
    } while (n > 0);
    if (ferror(f))
        gen_die("%s: cannot be read", path);
    fclose(f);
    if (memchr(b.ptr, 0, b.len) != NULL)
        gen_die("%s: holds a NUL byte; write {nul}", path);
    twf_buf_byte(&b, 0);
    gen_check(&b);
    return (char *)b.ptr;
}

/* path beside the file base, or path itself if it is absolute. */
static void beside(char *out, size_t size, const char *base, const char *path)
{
    const char *slash = strrchr(base, '/');
    int folder = path[0] == '/' || slash == NULL ? 0 : (int)(slash - base) + 1;

    if (snprintf(out, size, "%.*s%s", folder, base, path) >= (int)size)
        gen_die("%s: the name is too long", path);
}

static const char *where_text(char *out, size_t size, const struct place *at)
{
    snprintf(out, size, "%s:%u", at->file, at->line);
    return out;
}

/* \n \t \\ and \xNN in place. */
static void unescape(char *text, const char *where)
{
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\\') {
            *to++ = *p;
            continue;
        }
        p++;
        if (*p == 'n' || *p == 't' || *p == '\\') {
            *to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : '\\';
        } else if (*p == 'x' && strspn(p + 1, "0123456789abcdefABCDEF") >= 2) {
            char digits[3] = {p[1], p[2], '\0'};
            *to++ = (char)strtoul(digits, NULL, 16);
            p += 2;
        } else {
            gen_die("%s: unknown escape; there are \\n \\t \\\\ \\xNN", where);
        }
    }
    *to = '\0';
}

static uint64_t number(const char *text, const char *where)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoull(text, &end, 0);
    if (end == text || *text == '-' || *end != '\0' || errno != 0)
        gen_die("%s: %s is no number", where, text);
    return n;
}

static uint32_t number32(const char *text, const char *where)
{
    uint64_t n = number(text, where);

    if (n > 1000000000)
        gen_die("%s: %s is too much", where, text);
    return (uint32_t)n;
}

/* 2.5% as 250 of 10,000. */
static uint32_t share(const char *text, const char *where)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || strcmp(end, "%") != 0 || !(n >= 0 && n <= 100))
        gen_die("%s: %s is no share like 2.5%%", where, text);
    return (uint32_t)(n * 100 + 0.5);
}

/* 0.9 as 90; integers from here on, so that bytes repeat on every machine. */
static uint32_t sigma(const char *text, const char *where)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end != '\0' || !(n >= 0 && n <= 5))
        gen_die("%s: %s is no deviation from 0 to 5", where, text);
    return (uint32_t)(n * 100 + 0.5);
}

static void copy_word(char *out, size_t size, const char *text, const char *where)
{
    if (snprintf(out, size, "%s", text) >= (int)size)
        gen_die("%s: %s is too long", where, text);
}

/* The next line of *rest without its end, NULL behind the last one. */
static char *next_line(char **rest, struct place *at)
{
    char *line = *rest;
    size_t n;

    if (*line == '\0')
        return NULL;
    n = strcspn(line, "\n");
    *rest = line + n + (line[n] == '\n');
    line[n] = '\0';
    at->line++;
    return line;
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
static bool next_words(char **rest, struct place *at, struct line *out)
{
    size_t most;
    char *p;

    do {
        p = next_line(rest, at);
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

/* A line of a head that begins with %. */
static void head_order(struct gen_head *head, char *text, const char *where)
{
    size_t n = strcspn(text, " ");
    char *value = text + n + (text[n] == ' ');

    text[n] = '\0';
    if (strcmp(text, "%label") == 0) {
        copy_word(head->label, sizeof head->label, value, where);
    } else if (strcmp(text, "%attackable") == 0) {
        head->attackable = true;
    } else if (strcmp(text, "%trusted-auth") == 0) {
        head->trusted_auth = true;
    } else if (strcmp(text, "%trusted-p1") == 0) {
        head->trusted_p1 = true;
    } else if (strcmp(text, "%own-body") == 0) {
        head->own_body = true;
    } else if (strcmp(text, "%p1") == 0) {
        gen_template_fini(&head->p1);
        gen_template_read(&head->p1, value, where);
    } else if (strcmp(text, "%p2") == 0) {
        gen_template_fini(&head->p2);
        gen_template_read(&head->p2, value, where);
    } else if (strcmp(text, "%from") == 0) {
        unescape(value, where);
        gen_template_fini(&head->from);
        gen_template_read(&head->from, value, where);
        head->has_from = true;
    } else {
        gen_die("%s: unknown order %s", where, text);
    }
}

static void read_head(struct gen_head *head, const char *path)
{
    struct place at = {.line = 0};
    char *data = read_file(path), *rest = data, *line, where[340];

    *head = (struct gen_head){.weight = 1};
    copy_word(at.file, sizeof at.file, path, path);
    gen_template_read(&head->p1, "{addr}", path);
    gen_template_read(&head->p2, "{addr}", path);
    copy_word(head->label, sizeof head->label, "direct", path);
    while (*rest == '#' || *rest == '%') {
        line = next_line(&rest, &at);
        if (line[0] == '%')
            head_order(head, line, where_text(where, sizeof where, &at));
    }
    if (*rest == '\0')
        gen_die("%s: holds no header", path);
    gen_template_read(&head->text, rest, path);
    twf_free(data);
}

/* Columns: label level weight needs p1 p2 from, separated by tabs; the first line names them. */
static void read_attacks(struct gen_recipe *r, const char *path)
{
    struct place at = {.line = 0};
    char *data = read_file(path), *rest = data, *line, where[340];

    copy_word(at.file, sizeof at.file, path, path);
    next_line(&rest, &at);
    while ((line = next_line(&rest, &at)) != NULL) {
        struct gen_attack *a = &r->attacks[r->attack_count];
        char *cell[7];
        size_t n = 0;

        where_text(where, sizeof where, &at);
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (r->attack_count == GEN_ATTACKS_MAX)
            gen_die("%s: more than %d attacks", where, GEN_ATTACKS_MAX);
        while (n < 7 && line != NULL)
            cell[n++] = strsep(&line, "\t");
        if (n != 7 || line != NULL)
            gen_die("%s: not 7 columns", where);
        copy_word(a->label, sizeof a->label, cell[0], where);
        copy_word(a->level, sizeof a->level, cell[1], where);
        a->weight = number32(cell[2], where);
        a->needs_auth = strcmp(cell[3], "auth") == 0;
        a->needs_p1 = strcmp(cell[3], "p1") == 0;
        a->needs_plain = strcmp(cell[3], "plain") == 0;
        if (!a->needs_auth && !a->needs_p1 && !a->needs_plain && strcmp(cell[3], "-") != 0)
            gen_die("%s: needs auth, p1, plain or -", where);
        gen_template_read(&a->p1, strcmp(cell[4], "-") == 0 ? "" : cell[4], where);
        gen_template_read(&a->p2, strcmp(cell[5], "-") == 0 ? "" : cell[5], where);
        unescape(cell[6], where);
        gen_template_read(&a->from, cell[6], where);
        r->attack_count++;
    }
    twf_free(data);
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
    b->weight = number32(l->word[2], l->where);
    b->median = number32(l->word[3], l->where);
    b->sigma_100 = sigma(l->word[4], l->where);
}

static void add_from(struct gen_recipe *r, const struct line *l)
{
    struct gen_from *f = &r->froms[r->from_count];

    want(l, 3, "from WEIGHT TEXT");
    if (r->from_count++ == GEN_FROMS_MAX)
        gen_die("%s: more than %d From forms", l->where, GEN_FROMS_MAX);
    f->weight = number32(l->word[1], l->where);
    unescape(l->word[2], l->where);
    gen_template_read(&f->text, l->word[2], l->where);
}

static void add_head(struct gen_recipe *r, const struct line *l, const char *path)
{
    char file[300];

    want(l, 3, "head FILE WEIGHT");
    if (r->head_count == GEN_HEADS_MAX)
        gen_die("%s: more than %d heads", l->where, GEN_HEADS_MAX);
    beside(file, sizeof file, path, l->word[1]);
    read_head(&r->heads[r->head_count], file);
    r->heads[r->head_count++].weight = number32(l->word[2], l->where);
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
        read_attacks(r, file);
        r->attack_share = share(l->word[2], l->where);
    } else if (strcmp(key, "journal") == 0) {
        want(l, 3, "journal FILE SHARE%");
        beside(file, sizeof file, path, l->word[1]);
        read_head(&r->journal, file);
        r->journal_share = share(l->word[2], l->where);
    } else if (strcmp(key, "attach") == 0) {
        want(l, 4, "attach SHARE% MEDIAN SIGMA");
        r->attach_share = share(l->word[1], l->where);
        r->attach_median = number32(l->word[2], l->where);
        r->attach_sigma_100 = sigma(l->word[3], l->where);
    } else {
        want(l, 2, "KEY VALUE");
        if (strcmp(key, "seed") == 0)
            r->seed = number(l->word[1], l->where);
        else if (strcmp(key, "own") == 0)
            copy_word(r->own, sizeof r->own, l->word[1], l->where);
        else if (strcmp(key, "orgs") == 0)
            r->orgs = number32(l->word[1], l->where);
        else if (strcmp(key, "since") == 0)
            r->since = day(l->word[1], l->where);
        else if (strcmp(key, "step") == 0)
            r->step = number32(l->word[1], l->where);
        else if (strcmp(key, "boilerplate") == 0)
            r->boilerplate = share(l->word[1], l->where);
        else if (strcmp(key, "eol") == 0)
            r->crlf = strcmp(l->word[1], "crlf") == 0;
        else
            gen_die("%s: unknown word %s", l->where, key);
    }
}

struct gen_recipe *gen_recipe_read(const char *path)
{
    struct gen_recipe *r = twf_calloc(1, sizeof *r);
    struct place at = {.line = 0};
    char *data = read_file(path), *rest = data, where[340];
    struct line l;

    if (r == NULL)
        gen_die("out of memory");
    copy_word(r->own, sizeof r->own, "corp.example", path);
    r->seed = 1;
    r->orgs = 400;
    r->since = gen_days(2024, 1, 1) * 86400;
    r->step = 30;
    copy_word(at.file, sizeof at.file, path, path);
    l.where = where;
    while (next_words(&rest, &at, &l)) {
        where_text(where, sizeof where, &at);
        recipe_line(r, &l, path);
    }
    twf_free(data);
    if (r->head_count == 0 || r->body_count == 0 || r->from_count == 0 || r->orgs == 0)
        gen_die("%s: wants a head, a body, a from and some orgs", path);
    return r;
}

static void head_fini(struct gen_head *head)
{
    gen_template_fini(&head->p1);
    gen_template_fini(&head->p2);
    gen_template_fini(&head->from);
    gen_template_fini(&head->text);
}

void gen_recipe_free(struct gen_recipe *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->head_count; i++)
        head_fini(&r->heads[i]);
    head_fini(&r->journal);
    for (size_t i = 0; i < r->from_count; i++)
        gen_template_fini(&r->froms[i].text);
    for (size_t i = 0; i < r->attack_count; i++) {
        gen_template_fini(&r->attacks[i].p1);
        gen_template_fini(&r->attacks[i].p2);
        gen_template_fini(&r->attacks[i].from);
    }
    twf_free(r);
}
