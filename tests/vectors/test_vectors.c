/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole messages through the public interface: tests/vectors/codes.txt; its first lines say how it
 * is written. For every finding there must be a case that has it and two near misses, for every
 * explainer a proven and a forged case; a code without them fails, so that none can be forgotten.
 *
 * Each case is judged with LF and with CRLF, with and without the prefilter, and inside a journal
 * report: the first four must agree in all, and the last in what From gives. What a sender
 * planted must not lower anything: without the planted lines nothing may weigh more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <twofrom/twofrom.h>

#include "flow/verdict.h"

#define FILE_NAME TWF_SOURCE_DIR "/tests/vectors/codes.txt"

enum { TEXT_MAX = 1 << 16, LINES_MAX = 64, SETS_MAX = 8, BLOCKS_MAX = 16, RESULT_MAX = 4096 };
enum kind { KIND_NONE, KIND_YES, KIND_NO, KIND_KEPT, KIND_PROVEN, KIND_FORGED };
enum {
    PLAIN = 0,
    CRLF = 1,
    LESS = 2,
    JOURNAL = 4
}; /* how a message is made of the lines of a case */

struct text {
    char ptr[TEXT_MAX];
    size_t len;
};

struct header_line {
    const char *value; /* of the file; still escaped */
    const char *text;  /* %1 in it */
    char mark;         /* '|'; '+': what the case is about; '-': what stands there without it */
};

struct block {
    const char *name;
    struct header_line lines[LINES_MAX];
    size_t count;
};

struct vector {
    unsigned row;
    enum kind kind;
    const char *code, *level, *name, *want, *body, *mail_from;
    char *sets[SETS_MAX];
    size_t set_count, line_count;
    int64_t rows; /* messages inside; what is said is about the first */
    struct header_line lines[LINES_MAX];
};

/* What one judgement gave. */
struct result {
    char conclusion[256];         /* "relation CLASS level score" */
    int level[TWF_FINDING_COUNT]; /* enum twf_level, or -1: not found */
    bool allowance[TWF_ALLOWANCE_COUNT];
    int worst, score;
};

struct run {
    struct block blocks[BLOCKS_MAX];
    size_t block_count;
    struct vector v;
    struct text message;
    struct twf_check *plain[3]; /* for cases without options */
    unsigned yes[TWF_FINDING_COUNT], no[TWF_FINDING_COUNT];
    unsigned proven[TWF_ALLOWANCE_COUNT], forged[TWF_ALLOWANCE_COUNT];
    unsigned passed, failed;
};

/* ---- messages ---- */

static void put(struct text *t, const void *ptr, size_t len)
{
    assert_true(len <= TEXT_MAX - t->len);
    memcpy(t->ptr + t->len, ptr, len);
    t->len += len;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \r \n \t \0 \e \\ and \xHH are bytes, %1 is text, %*c is c a thousand times. */
static void put_escaped(struct text *t, const char *s, const char *text)
{
    for (; *s != '\0'; s++) {
        static const char names[] = "rnt0e\\", bytes[] = "\r\n\t\0\033\\";
        const char *at;

        if (s[0] == '%' && s[1] == '1') {
            put(t, text, strlen(text));
            s++;
        } else if (s[0] == '%' && s[1] == '*' && s[2] != '\0') {
            for (int i = 0; i < 1000; i++)
                put(t, &s[2], 1);
            s += 2;
        } else if (s[0] == '\\' && s[1] == 'x' && hex(s[2]) >= 0 && hex(s[3]) >= 0) {
            char byte = (char)(hex(s[2]) * 16 + hex(s[3]));

            put(t, &byte, 1);
            s += 3;
        } else if (s[0] == '\\' && s[1] != '\0' && (at = strchr(names, s[1])) != NULL) {
            put(t, &bytes[at - names], 1);
            s++;
        } else {
            put(t, s, 1);
        }
    }
}

static void put_end(struct text *t, int how)
{
    put(t, "\r\n", 2);
    if ((how & CRLF) == 0)
        t->ptr[--t->len - 1] = '\n';
}

static void put_line(struct text *t, const char *line, int how)
{
    put(t, line, strlen(line));
    put_end(t, how);
}

static void put_message(struct text *t, const struct vector *v, int how)
{
    for (size_t i = 0; i < v->line_count; i++) {
        if (v->lines[i].mark == ((how & LESS) != 0 ? '+' : '-'))
            continue;
        put_escaped(t, v->lines[i].value, v->lines[i].text);
        put_end(t, how);
    }
    put_end(t, how);
    put_escaped(t, v->body, "");
    put_end(t, how);
}

/* The message inside a report of Exchange 2007 (docs/formats.md, Journal reports). */
static void put_report(struct text *t, const struct vector *v, int how)
{
    static const char *const head[] = {
        "From: Journal <journal@corp.example>",
        "To: archive@corp.example",
        "Message-ID: <1@x>",
        "X-MS-Journal-Report:",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"jjjj\"",
        "",
        "--jjjj",
        "Content-Type: text/plain; charset=\"us-ascii\"",
        "",
        "Sender: s@journal.example",
        "Subject: s",
        "Message-Id: <1@x>",
        "Recipient: r@rcpt.example",
        "",
        "--jjjj",
        "Content-Type: message/rfc822",
        "",
    };

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
        put_line(t, head[i], how);
    put_message(t, v, how);
    put_line(t, "--jjjj--", how);
}

/* ---- judging ---- */

/* Three ways to judge: plainly, without the prefilter, and the message inside a report alone. */
enum { WAY_FAST, WAY_SLOW, WAY_INNER, WAY_COUNT };

static struct twf_check *new_check(const struct vector *v, const char *option, const char *value)
{
    struct twf_options *o;
    struct twf_check *c;
    struct twf_error err = {0};

    assert_int_equal(twf_options_new(&o, &err), TWF_OK);
    if (option != NULL)
        assert_int_equal(twf_options_set(o, option, value, &err), TWF_OK);
    for (size_t i = 0; i < v->set_count; i++) {
        char name[64];
        size_t n = strcspn(v->sets[i], "=");

        assert_true(n < sizeof(name) && v->sets[i][n] == '=');
        memcpy(name, v->sets[i], n);
        name[n] = '\0';
        if (twf_options_set(o, name, v->sets[i] + n + 1, &err) != TWF_OK)
            fail_msg("line %u: %s", v->row, err.text);
    }
    if (twf_check_new(o, &c, &err) != TWF_OK)
        fail_msg("%s", err.text);
    twf_options_free(o);
    return c;
}

static void new_ways(const struct vector *v, struct twf_check *ways[WAY_COUNT])
{
    ways[WAY_FAST] = new_check(v, NULL, NULL);
    ways[WAY_SLOW] = new_check(v, "no-prefilter", NULL);
    ways[WAY_INNER] = new_check(v, "journal", "require");
}

static void free_ways(struct twf_check *ways[WAY_COUNT])
{
    for (int i = 0; i < WAY_COUNT; i++)
        twf_check_free(ways[i]);
}

static int32_t item_count(const struct twf_batch *b, const char *name, struct twf_column *c)
{
    assert_int_equal(twf_batch_column(b, name, c, NULL), TWF_OK);
    assert_int_equal(c->type, TWF_LIST_UTF8);
    return c->list_offsets[1] - c->list_offsets[0];
}

static size_t item(const struct twf_column *c, int32_t i, const char **ptr)
{
    const int32_t *offsets = c->offsets + c->list_offsets[0] + i;

    *ptr = (const char *)c->data + offsets[0];
    return (size_t)(offsets[1] - offsets[0]);
}

static int level_of(const char *name, size_t len)
{
    for (int i = 0; i < TWF_LEVEL_COUNT; i++) {
        if (strlen(twf_level_names[i]) == len && memcmp(twf_level_names[i], name, len) == 0)
            return i;
    }
    fail_msg("no level \"%.*s\"", (int)len, name);
    return -1;
}

static int finding_of(const char *name, size_t len)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (strlen(twf_finding_infos[i].code) == len &&
            memcmp(twf_finding_infos[i].code, name, len) == 0)
            return i;
    }
    fail_msg("no finding \"%.*s\"", (int)len, name);
    return -1;
}

static int allowance_of(const char *name, size_t len)
{
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (strlen(twf_allowance_infos[i].code) == len &&
            memcmp(twf_allowance_infos[i].code, name, len) == 0)
            return i;
    }
    fail_msg("no explainer \"%.*s\"", (int)len, name);
    return -1;
}

static void put_word(struct result *r, const struct twf_batch *b, const char *name)
{
    struct twf_column c;
    size_t used = strlen(r->conclusion);

    assert_int_equal(twf_batch_column(b, name, &c, NULL), TWF_OK);
    assert_int_equal(c.type, TWF_UTF8);
    (void)snprintf(r->conclusion + used, sizeof(r->conclusion) - used, "%.*s ",
                   (int)(c.offsets[1] - c.offsets[0]), (const char *)c.data + c.offsets[0]);
}

static void read_result(const struct twf_batch *b, struct result *r)
{
    struct twf_column c;
    const char *ptr, *equals;
    size_t len, used;
    int16_t score;

    memset(r, 0, sizeof(*r));
    put_word(r, b, "relation");
    put_word(r, b, "verdict");
    put_word(r, b, "level");
    assert_int_equal(twf_batch_column(b, "score", &c, NULL), TWF_OK);
    memcpy(&score, c.data, sizeof(score));
    r->score = score;
    used = strlen(r->conclusion);
    (void)snprintf(r->conclusion + used, sizeof(r->conclusion) - used, "%d", r->score);
    for (int i = 0; i < TWF_FINDING_COUNT; i++)
        r->level[i] = -1;
    for (int32_t i = 0, n = item_count(b, "finding_evidence", &c); i < n; i++) {
        int level;

        len = item(&c, i, &ptr);
        equals = memchr(ptr, '=', len);
        assert_non_null(equals);
        level = level_of(equals + 1, strcspn(equals + 1, "<"));
        r->level[finding_of(ptr, (size_t)(equals - ptr))] = level;
        r->worst = level > r->worst ? level : r->worst;
    }
    for (int32_t i = 0, n = item_count(b, "allowances", &c); i < n; i++) {
        len = item(&c, i, &ptr);
        r->allowance[allowance_of(ptr, len)] = true;
    }
}

/* Judges the message of a case, copied to memory of its exact size. */
static void judge(struct run *run, struct twf_check *c, int how, struct result *out)
{
    const struct vector *v = &run->v;
    struct twf_envelope env = {.mail_from = v->mail_from,
                               .mail_from_len = v->mail_from ? strlen(v->mail_from) : 0};
    const struct twf_batch *b = NULL;
    uint8_t *copy;

    run->message.len = 0;
    (how & JOURNAL ? put_report : put_message)(&run->message, v, how);
    copy = malloc(run->message.len);
    assert_non_null(copy);
    memcpy(copy, run->message.ptr, run->message.len);
    assert_int_equal(
        twf_check_message(c, copy, run->message.len, v->mail_from ? &env : NULL, &b, NULL), TWF_OK);
    if (twf_batch_rows(b) != v->rows)
        fail_msg("line %u: %d rows", v->row, (int)twf_batch_rows(b));
    read_result(b, out);
    free(copy);
}

/* ---- expectations ---- */

static void expect(struct run *run, bool holds, const char *what)
{
    if (holds) {
        run->passed++;
        return;
    }
    run->failed++;
    print_error("line %u, %s %s, %s: %s\n", run->v.row,
                run->v.kind == KIND_NO || run->v.kind == KIND_FORGED ? "has not" : "has",
                run->v.code, run->v.name, what);
}

static void expect_want(struct run *run, const struct result *r)
{
    char found[RESULT_MAX];
    size_t n = 0;

    if (strcmp(r->conclusion, run->v.want) == 0) {
        run->passed++;
        return;
    }
    for (int i = 0; i < TWF_FINDING_COUNT && n < sizeof(found) - 64; i++) {
        if (r->level[i] >= 0)
            n += (size_t)snprintf(found + n, sizeof(found) - n, " %s=%s", twf_finding_infos[i].code,
                                  twf_level_names[r->level[i]]);
    }
    found[n] = '\0';
    run->failed++;
    print_error("line %u, %s, %s:\n  got  %s (%s)\n  want %s\n", run->v.row, run->v.code,
                run->v.name, r->conclusion, found, run->v.want);
}

static bool same(const struct result *a, const struct result *b)
{
    return strcmp(a->conclusion, b->conclusion) == 0 &&
           memcmp(a->level, b->level, sizeof(a->level)) == 0 &&
           memcmp(a->allowance, b->allowance, sizeof(a->allowance)) == 0;
}

static bool same_from(const struct result *a, const struct result *b)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (twf_finding_infos[i].family == TWF_FAMILY_FROM && a->level[i] != b->level[i])
            return false;
    }
    return true;
}

/* No finding of b weighs more than in a, none is missing in a, and neither do level and score. */
static bool nothing_lowered(const struct result *a, const struct result *b)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (b->level[i] > a->level[i])
            return false;
    }
    return a->worst >= b->worst && a->score >= b->score;
}

static void check_allowance(struct run *run, const struct result *with,
                            const struct result *without)
{
    int x = allowance_of(run->v.code, strlen(run->v.code));
    enum twf_effect effect = twf_allowance_infos[x].effect;

    if (run->v.kind == KIND_PROVEN) {
        run->proven[x]++;
        expect(run, with->allowance[x], "it holds");
        expect(run, !without->allowance[x], "it does not hold without the lines that prove it");
        if (effect != TWF_EFFECT_ANNOTATE)
            expect(run, !nothing_lowered(with, without), "its proof lowers something");
        else
            expect(run, nothing_lowered(with, without), "a note lowers nothing");
    } else {
        run->forged[x]++;
        expect(run, !with->allowance[x], "it does not hold");
        expect(run, nothing_lowered(with, without), "what was planted lowers nothing");
    }
}

static void check_finding(struct run *run, const struct result *with, const struct result *without)
{
    int f = finding_of(run->v.code, strlen(run->v.code));

    if (run->v.kind == KIND_NO) {
        run->no[f]++;
        expect(run, with->level[f] < 0, "a near miss");
        return;
    }
    run->yes[f] += run->v.kind == KIND_YES;
    expect(run, with->level[f] == level_of(run->v.level, strlen(run->v.level)), "its level");
    if (run->v.kind == KIND_KEPT)
        expect(run, nothing_lowered(with, without), "what was planted lowers nothing");
}

static void check_case(struct run *run)
{
    struct twf_check *own[WAY_COUNT] = {NULL}, *const *ways = run->plain;
    struct result r, other;

    if (run->v.set_count > 0) {
        new_ways(&run->v, own);
        ways = own;
    }
    judge(run, ways[WAY_FAST], PLAIN, &r);
    expect_want(run, &r);
    judge(run, ways[WAY_FAST], CRLF, &other);
    expect(run, same(&r, &other), "CRLF");
    judge(run, ways[WAY_SLOW], PLAIN, &other);
    expect(run, same(&r, &other), "without the prefilter");
    judge(run, ways[WAY_SLOW], CRLF, &other);
    expect(run, same(&r, &other), "CRLF without the prefilter");
    if (run->v.rows == 1 && run->v.mail_from == NULL) {
        judge(run, ways[WAY_INNER], JOURNAL, &other);
        expect(run, same_from(&r, &other), "FROM_ findings inside a journal report");
    }
    judge(run, ways[WAY_FAST], LESS, &other);
    if (run->v.kind == KIND_PROVEN || run->v.kind == KIND_FORGED)
        check_allowance(run, &r, &other);
    else
        check_finding(run, &r, &other);
    free_ways(own);
}

/* ---- the file ---- */

static const struct block *find_block(const struct run *run, const char *name, size_t len)
{
    for (size_t i = 0; i < run->block_count; i++) {
        if (strlen(run->blocks[i].name) == len && memcmp(run->blocks[i].name, name, len) == 0)
            return &run->blocks[i];
    }
    fail_msg("line %u: no block \"%.*s\"", run->v.row, (int)len, name);
    return NULL;
}

static void add_line(struct header_line *lines, size_t *count, const char *value, const char *text,
                     char mark)
{
    assert_true(*count < LINES_MAX);
    lines[(*count)++] = (struct header_line){value, text, mark};
}

static void use_block(struct run *run, const char *text)
{
    size_t n = strcspn(text, " ");
    const struct block *b = find_block(run, text, n);

    text += n + (text[n] == ' ');
    for (size_t i = 0; i < b->count; i++)
        add_line(run->v.lines, &run->v.line_count, b->lines[i].value, text, '|');
}

/* "KIND CODE: name", with a level where the message has the finding. */
static bool begin_case(struct run *run, char *line, unsigned row)
{
    static const char *const words[] = {
        [KIND_YES] = "yes ",       [KIND_NO] = "no ",         [KIND_KEPT] = "kept ",
        [KIND_PROVEN] = "proven ", [KIND_FORGED] = "forged ",
    };
    struct vector *v = &run->v;

    for (int k = KIND_YES; k <= KIND_FORGED; k++) {
        char *code = line + strlen(words[k]), *level, *name;

        if (strncmp(line, words[k], strlen(words[k])) != 0)
            continue;
        name = strstr(code, ": ");
        if (name == NULL)
            fail_msg("line %u: no name", row);
        *name = '\0';
        level = strchr(code, '=');
        if ((k == KIND_YES || k == KIND_KEPT) != (level != NULL))
            fail_msg("line %u: a level is missing or too much", row);
        if (level != NULL)
            *level++ = '\0';
        *v = (struct vector){.row = row,
                             .kind = (enum kind)k,
                             .code = code,
                             .level = level,
                             .name = name + 2,
                             .body = "body",
                             .rows = 1};
        return true;
    }
    return false;
}

static void case_line(struct run *run, char *line, unsigned row)
{
    struct vector *v = &run->v;

    if (line[0] != '\0' && strchr("|+-", line[0]) != NULL && line[1] == ' ')
        add_line(v->lines, &v->line_count, line + 2, "", line[0]);
    else if (strncmp(line, "use: ", 5) == 0)
        use_block(run, line + 5);
    else if (strncmp(line, "body: ", 6) == 0)
        v->body = line + 6;
    else if (strncmp(line, "mail_from: ", 11) == 0)
        v->mail_from = line + 11;
    else if (strncmp(line, "set: ", 5) == 0 && v->set_count < SETS_MAX)
        v->sets[v->set_count++] = line + 5;
    else if (strcmp(line, "rows: 2") == 0)
        v->rows = 2;
    else if (strncmp(line, "= ", 2) == 0)
        v->want = line + 2;
    else
        fail_msg("line %u: \"%s\"", row, line);
}

/* Reads the file; what was read stays in memory, as the blocks point into it. */
static char *read_file(void)
{
    FILE *f = fopen(FILE_NAME, "rb");
    char *text = malloc(1 << 20);
    size_t n;

    assert_non_null(f);
    assert_non_null(text);
    n = fread(text, 1, (1 << 20) - 1, f);
    assert_true(n < (1 << 20) - 1);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static void run_file(struct run *run, char *text)
{
    struct block *block = NULL;
    unsigned row = 0;
    bool in_case = false;

    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        row++;
        if (line[0] == '#')
            continue;
        if (line[0] == '\0') {
            if (in_case && run->v.want == NULL)
                fail_msg("line %u: no \"= \"", run->v.row);
            if (in_case)
                check_case(run);
            in_case = false;
            block = NULL;
        } else if (strncmp(line, "block: ", 7) == 0) {
            assert_true(run->block_count < BLOCKS_MAX);
            block = &run->blocks[run->block_count++];
            block->name = line + 7;
        } else if (block != NULL) {
            assert_true(strncmp(line, "| ", 2) == 0);
            add_line(block->lines, &block->count, line + 2, "", '|');
        } else if (in_case) {
            case_line(run, line, row);
        } else if (begin_case(run, line, row)) {
            in_case = true;
        } else {
            fail_msg("line %u: \"%s\"", row, line);
        }
    }
    if (in_case)
        fail_msg("line %u: no empty line behind the last case", row);
}

/* A code of the tables without its cases is a fault. */
static void check_covered(struct run *run)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (run->yes[i] >= 1 && run->no[i] >= 2)
            continue;
        print_error("%s: %u cases, %u near misses\n", twf_finding_infos[i].code, run->yes[i],
                    run->no[i]);
        run->failed++;
    }
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (run->proven[i] >= 1 && run->forged[i] >= 1)
            continue;
        print_error("%s: %u proven, %u forged\n", twf_allowance_infos[i].code, run->proven[i],
                    run->forged[i]);
        run->failed++;
    }
}

static void test_codes(void **state)
{
    struct run *run = calloc(1, sizeof(*run));
    char *text = read_file();

    (void)state;
    assert_non_null(run);
    new_ways(&run->v, run->plain);
    run_file(run, text);
    check_covered(run);
    free_ways(run->plain);
    print_message("%u passed, %u failed\n", run->passed, run->failed);
    assert_int_equal(run->failed, 0);
    free(text);
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
