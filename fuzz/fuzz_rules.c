/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files: whatever stands in one, it is read or refused in words with a place inside the file. What was
 * read decides the same rows twice, has the same digest when it is read again, and its expressions end.
 * Nothing is compiled by Hyperscan here: that is a child process with limits of its own.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compiler.h"
#include "fuzz/fuzz.h"
#include "rules/rules.h"

enum { ROWS = 5, PATH_LEN = 48 };

struct said {
    size_t lines, count, errors;
};

static void say(void *ctx, const struct twf_rule_diag *d)
{
    struct said *s = ctx;

    s->count++;
    s->errors += !d->warning;
    FUZZ_CHECK(d->text != NULL && d->text[0] != '\0', "R%03u without a word", d->number);
    FUZZ_CHECK(d->line <= s->lines, "R%03u in line %u of %zu", d->number, d->line, s->lines);
    FUZZ_CHECK(d->line == 0 || (d->column >= 1 && d->column <= d->source.len + 1 && d->len >= 1),
               "R%03u at column %u, %u long, of %zu", d->number, d->column, d->len, d->source.len);
}

/* A file without a name in any folder; path names it. */
static int file_of(const uint8_t *data, size_t size, char path[PATH_LEN])
{
    int fd = memfd_create("rule.yml", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file in memory");
    (void)snprintf(path, PATH_LEN, "/proc/self/fd/%d", fd);
    return fd;
}

static struct twf_rules *load(const char *path, size_t lines)
{
    const char *paths[] = {path};
    struct twf_rules_source source = {
        .paths = paths, .path_count = 1, .set = TWF_RULES_ALL, .regex_steps = 10000};
    struct said said = {.lines = lines};
    struct twf_rules *r = NULL;
    struct twf_error err = {0};
    enum twf_status status = twf_rules_load(&source, say, &said, &r, &err);

    FUZZ_CHECK(status == TWF_OK || status == TWF_ERR_RULES, "status %d: %s", status, err.text);
    FUZZ_CHECK(status == TWF_OK || (err.text[0] != '\0' && said.count > 0),
               "refused without a word");
    FUZZ_CHECK(status != TWF_OK || said.errors == 0, "taken with %zu errors", said.errors);
    return status == TWF_OK ? r : NULL;
}

static void put_cells(struct twf_batch *b, uint32_t row, struct fuzz_rng *r, struct twf_span words)
{
    for (int col = 0; col < TWF_COL_COUNT; col++) {
        const struct twf_col_info *info = &twf_col_infos[col];
        uint32_t at = fuzz_random(r, (uint32_t)words.len + 1);
        struct twf_span text = twf_span_slice(words, at, at + fuzz_random(r, 40));

        if (!info->never_null && fuzz_random(r, 3) == 0)
            continue;
        switch (info->type) {
        case TWF_TYPE_UTF8:
            twf_batch_str(b, (enum twf_col_id)col, row, fuzz_random(r, 2) == 0 ? "high" : "x.example");
            break;
        case TWF_TYPE_BIN: twf_batch_bytes(b, (enum twf_col_id)col, row, text); break;
        case TWF_TYPE_LIST:
            twf_batch_list(b, (enum twf_col_id)col, row);
            twf_batch_item(b, (enum twf_col_id)col, row, twf_span_str("R_MISMATCH"));
            break;
        case TWF_TYPE_BOOL: twf_batch_int(b, (enum twf_col_id)col, row, fuzz_random(r, 2)); break;
        default: twf_batch_int(b, (enum twf_col_id)col, row, fuzz_random(r, 100)); break;
        }
    }
}

/* Which rows it hits, a bit each. Values are pieces of the rule file: so that something fits. */
static uint32_t decide(const struct twf_rules *rules, struct fuzz_rng r, struct twf_span words)
{
    struct twf_rules_scratch *s = NULL;
    struct twf_batch *b = twf_batch_new();
    uint32_t hits = 0;

    FUZZ_CHECK(b != NULL && twf_rules_scratch_new(rules, &s, NULL) == TWF_OK, "no memory");
    for (uint32_t row = 0; row < ROWS; row++)
        put_cells(b, row, &r, words);
    twf_batch_finish(b, ROWS);
    FUZZ_CHECK(!b->failed, "no memory");
    twf_rules_select(s, b);
    for (uint32_t row = 0; row < ROWS; row++)
        hits |= (uint32_t)twf_batch_is_selected(b, row) << row;
    twf_rules_scratch_free(s);
    twf_batch_free(b);
    return hits;
}

static void read_all(const struct twf_rules *rules)
{
    struct twf_buf text;

    twf_buf_init(&text);
    for (size_t i = 0; i < twf_rules_count(rules); i++) {
        size_t n = 0;
        const struct twf_rule_example *e = twf_rules_examples(rules, i, &n);

        FUZZ_CHECK(twf_rules_info(rules, i)->id != NULL, "a rule without an id");
        for (size_t k = 0; k < n; k++)
            FUZZ_CHECK(e[k].message.len == 0 || e[k].message.ptr != NULL, "an example of nothing");
        twf_rules_describe(rules, i, &text);
    }
    FUZZ_CHECK(!text.failed, "no memory");
    twf_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_span whole = twf_span(data, size);
    char path[PATH_LEN];
    int fd = file_of(data, size, path);
    size_t lines = 1;
    struct twf_rules *one, *two;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    one = load(path, lines);
    two = load(path, lines);
    FUZZ_CHECK((one == NULL) == (two == NULL), "refused once, taken once");
    if (one != NULL) {
        FUZZ_CHECK(strcmp(twf_rules_digest(one), twf_rules_digest(two)) == 0, "another digest");
        read_all(one);
        FUZZ_CHECK(decide(one, r, whole) == decide(two, r, whole), "other rows the second time");
    }
    twf_rules_free(one);
    twf_rules_free(two);
    (void)close(fd);
    return 0;
}
