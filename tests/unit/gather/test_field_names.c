/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of fields into ids: every row of fields.def in three cases, and names that are almost one.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "gather/gather.h"

static const struct {
    enum twf_field_id id;
    const char *name;
} fields[] = {
#define F(id, name) {TWF_FIELD_##id, name},
#include "flow/fields.def"
#undef F
};

static struct twf_kernels kernels;
static struct twf_limits limits;
static struct twf_gather gather;

static int setup(void **state)
{
    (void)state;
    twf_kernels_init(&kernels, TWF_CPU_LEVELS - 1);
    twf_limits_default(&limits);
    twf_gather_init(&gather, &kernels, &limits);
    return 0;
}

/* Looked up in a heap block of its exact size. */
static enum twf_field_id id_of(const char *name, size_t len, int (*change)(int))
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    enum twf_field_id id;

    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        copy[i] = (uint8_t)(change == NULL ? name[i] : change((unsigned char)name[i]));
    id = twf_gather_name(&gather, twf_span(copy, len));
    free(copy);
    return id;
}

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < TWF_COUNT(fields); i++) {
        size_t len = strlen(fields[i].name);

        assert_int_equal(id_of(fields[i].name, len, NULL), fields[i].id);
        assert_int_equal(id_of(fields[i].name, len, toupper), fields[i].id);
        assert_int_equal(id_of(fields[i].name, len, tolower), fields[i].id);
        /* One byte less is another name, of this table or of none. */
        assert_int_not_equal(id_of(fields[i].name, len - 1, NULL), fields[i].id);
    }
}

static void test_unknown(void **state)
{
    static const char *const names[] = {
        "",
        "F",
        "Fram",
        "From-",
        "Frol",
        "Subjekt",
        "X",
        "Received-SPX",
        "X-MS-Exchange-Organization",
        "X-MS-Exchange-Organizatio-AuthAs",
        "X-MS-Exchange-CrossTenant-AuthAs",
        "X-XS-Exchange-Organization-AuthAs",
        "X-MS-Exchange-P2FromRegexMatcx",
        "\xC6rom",
        "Fro\rm",
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(names); i++)
        assert_int_equal(id_of(names[i], strlen(names[i]), NULL), TWF_FIELD_OTHER);
}

static void test_exchange(void **state)
{
    static const char *const names[] = {
        "X-MS-Exchange-Organization-",
        "X-MS-Exchange-Organization-SCL",
        "x-ms-exchange-organization-authsource",
        "X-MS-Exchange-Organization-AuthAsX",
    };

    (void)state;
    assert_int_equal(id_of(names[0], strlen(names[0]), NULL), TWF_FIELD_OTHER);
    for (size_t i = 1; i < TWF_COUNT(names); i++)
        assert_int_equal(id_of(names[i], strlen(names[i]), NULL), TWF_FIELD_MS_EXCHANGE_ORG);
}

/* Speed, not truth: two names on one slot would cost a comparison for each such field. */
static void test_slots(void **state)
{
    size_t used = 0;

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(gather.names); i++)
        used += gather.names[i] != TWF_FIELD_OTHER;
    assert_int_equal(used, TWF_COUNT(fields));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_slots),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
