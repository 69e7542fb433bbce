/* SPDX-License-Identifier: Apache-2.0 */
/* pack, extract and health when memory runs out at any allocation, and when the reader of their words is
 * gone: a status, nothing lost, no half output, and the input as it was. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <twofrom/tools.h>

#include "base/alloc.h"

static char folder[] = "/tmp/test_tools_XXXXXX";

static const char message[] = "Received: from a (192.0.2.1) by ex.corp.example (192.0.2.2) with "
                              "Microsoft SMTP Server id 15.2.1544.13; "
                              "Thu, 14 Nov 2024 08:15:00 +0000\n"
                              "From: <a@x.example>, <b@y.example>\nSubject: x\nDate: Thu, 14 Nov "
                              "2024 08:15:00 +0000\n\nbody\n\n";

static void write_archive(void)
{
    FILE *file;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    file = fopen("m.mbox", "w");
    assert_non_null(file);
    for (int i = 0; i < 20; i++)
        (void)fprintf(file, "From a@b Thu Nov 14 08:15:00 2024\n%s", message);
    assert_int_equal(fclose(file), 0);
}

/* Files of the working folder whose name has part in it. */
static int count_files(const char *part)
{
    DIR *dir = opendir(".");
    struct dirent *entry;
    int n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n += strstr(entry->d_name, part) != NULL;
    (void)closedir(dir);
    return n;
}

static int taken(void *ctx, const void *ptr, size_t len)
{
    (void)ptr;
    *(size_t *)ctx += len;
    return 0;
}

static int gone(void *ctx, const void *ptr, size_t len)
{
    (void)ctx;
    (void)ptr;
    (void)len;
    errno = EPIPE;
    return -1;
}

static struct twf_options *options(void)
{
    static const char *const set[][2] = {{"no-prefilter", NULL}, {"io", "pread"},
                                         {"to", "out"},          {"annotate", NULL},
                                         {"frame-size", "1K"},   {"others", NULL}};
    struct twf_options *o;

    assert_int_equal(twf_options_new(&o, NULL), TWF_OK);
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
        assert_int_equal(twf_options_set(o, set[i][0], set[i][1], NULL), TWF_OK);
    return o;
}

typedef enum twf_status tool_fn(const struct twf_options *o, twf_write_fn *write, void *ctx);

static enum twf_status pack(const struct twf_options *o, twf_write_fn *write, void *ctx)
{
    enum twf_status status;

    (void)unlink("p.zst");
    status = twf_pack(o, "m.mbox", "p.zst", write, ctx, NULL);
    assert_int_equal(count_files(".partial"), 0);
    assert_int_equal(count_files("p.zst"), status == TWF_OK || write == gone);
    return status;
}

static enum twf_status extract(const struct twf_options *o, twf_write_fn *write, void *ctx)
{
    const char *const specs[] = {"m.mbox#3", "m.mbox@34"};
    int code;

    return twf_extract(o, specs, 2, write, ctx, NULL, NULL, &code, NULL);
}

static enum twf_status health(const struct twf_options *o, twf_write_fn *write, void *ctx)
{
    const char *const inputs[] = {"m.mbox"};
    int code;

    return twf_health(o, inputs, 1, write, ctx, NULL, NULL, &code, NULL);
}

static void sweep(tool_fn *tool)
{
    struct twf_options *o = options();
    enum twf_status status = TWF_ERR_NOMEM;
    uint64_t before = twf_alloc_in_use(), count, stride;
    size_t words = 0;

    count = twf_alloc_count();
    assert_int_equal(tool(o, taken, &words), TWF_OK);
    assert_true(words > 0);
    assert_int_equal(twf_alloc_in_use(), before);
    count = twf_alloc_count() - count;
    stride = count / 300 + 1;
    for (uint64_t k = 1; k < count; k += stride) {
        twf_alloc_fail_at(k);
        status = tool(o, taken, &words);
        twf_alloc_fail_at(0);
        if (status != TWF_ERR_NOMEM && status != TWF_OK)
            fail_msg("allocation %llu: %s", (unsigned long long)k, twf_status_text(status));
        if (twf_alloc_in_use() != before)
            fail_msg("allocation %llu: %llu bytes are lost", (unsigned long long)k,
                     (unsigned long long)(twf_alloc_in_use() - before));
    }
    assert_int_equal(tool(o, gone, NULL), TWF_ERR_OUTPUT);
    assert_int_equal(twf_alloc_in_use(), before);
    twf_options_free(o);
}

static void packs(void **state)
{
    (void)state;
    sweep(pack);
}

static void extracts(void **state)
{
    (void)state;
    sweep(extract);
}

static void tells(void **state)
{
    (void)state;
    sweep(health);
}

static int tidy(void **state)
{
    (void)state;
    return system("rm -rf out m.mbox p.zst") == 0 && chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs), cmocka_unit_test(extracts),
                                       cmocka_unit_test(tells)};

    write_archive();
    return cmocka_run_group_tests(tests, NULL, tidy);
}
