/* SPDX-License-Identifier: Apache-2.0 */
/* The files of tests/golden/formats give what expected.tsv says, in one piece and in many. */
#define _GNU_SOURCE /* strtok_r */
#include "split_run.h"

#define FOLDER TWF_SOURCE_DIR "/tests/golden/formats/"

static const char *const format_names[] = {"auto", "mbox", "mboxcl2", "eml", "tar", "unknown"};
static const char *const form_names[] = {"-", "2007", "2003", "lookalike"};

static void load(const char *name, struct twf_buf *b)
{
    char path[512];
    uint8_t bytes[4096];
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), FOLDER "%s", name);
    f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("cannot open %s", path);
    twf_buf_init(b);
    while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
        twf_buf_put(b, bytes, n);
    fclose(f);
}

static uint64_t note_count(const struct found *f)
{
    uint64_t n = 0;

    for (size_t i = 0; i < TWF_COUNT(f->notes); i++)
        n += f->notes[i];
    return n;
}

/* The journal columns of a row. */
static void check_journal(struct runner *r, struct twf_span text, const char *name,
                          const char *form, unsigned inner, unsigned depth, unsigned problems)
{
    struct twf_journal_inner messages[2];
    struct twf_journal j;
    uint32_t count;

    assert_int_equal(twf_journal_open(text, TWF_JOURNAL_MODE_AUTO, &r->limits, &r->arena, &j,
                                      messages, &count, NULL),
                     TWF_OK);
    if (strcmp(form_names[j.form], form) != 0 || count != inner || j.depth != depth ||
        j.problems != problems)
        fail_msg("%s: form %s, %u inner, depth %u, problems %u", name, form_names[j.form], count,
                 j.depth, j.problems);
    twf_arena_reset(&r->arena);
}

static void golden(void **state)
{
    struct twf_buf table;
    unsigned rows = 0;

    (void)state;
    load("expected.tsv", &table);
    twf_buf_byte(&table, 0);
    for (char *save = NULL, *line = strtok_r((char *)table.ptr, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char name[64], as[16], format[16], form[16];
        unsigned messages, not_mail, notes, gap, inner, depth, problems;
        struct twf_buf b;
        struct runner r;
        struct found f, g;

        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "%63[^\t]\t%15[^\t]\t%15[^\t]\t%u\t%u\t%u\t%u\t%15[^\t]\t%u\t%u\t%u", name,
                   as, format, &messages, &not_mail, &notes, &gap, form, &inner, &depth, &problems),
            11);
        load(name, &b);
        runner_init(&r);
        r.options.journal = true;
        assert_true(twf_split_format_parse(as, &r.options.format));
        run(&r, twf_buf_view(&b), b.len, 1, &f);
        run(&r, twf_buf_view(&b), 700, 333, &g);
        assert_same(&f, &g, 700, 333);
        if (strcmp(format_names[f.format], format) != 0 || f.messages != messages ||
            note_count(&f) != notes || f.sums.gap != gap || f.not_mail != not_mail)
            fail_msg("%s as %s: %s, %llu messages, %llu not mail, %llu notes, gap %llu\n%.*s", name,
                     as, format_names[f.format], (unsigned long long)f.messages,
                     (unsigned long long)f.not_mail, (unsigned long long)note_count(&f),
                     (unsigned long long)f.sums.gap, (int)f.log.len, (const char *)f.log.ptr);
        check_journal(&r, twf_buf_view(&b), name, form, inner, depth, problems);
        found_fini(&f);
        found_fini(&g);
        runner_fini(&r);
        twf_buf_fini(&b);
        rows++;
    }
    assert_true(rows > 20);
    twf_buf_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
