/* SPDX-License-Identifier: Apache-2.0 */
/* No option of the library is out of the program's reach, but for those that it sets by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <twofrom/tools.h>

#include "args.h"
#include "help.h"

static void reachable(void **state)
{
    static const char *const own[] = {"color", "width"};

    (void)state;
    for (const char *const *name = twf_option_names(); *name != NULL; name++) {
        const struct twf_cli_option *o = twf_cli_option_find(*name);
        bool is_own = false;

        for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
            is_own |= strcmp(*name, own[i]) == 0;
        if (o == NULL && !is_own)
            fail_msg("options.def lacks --%s", *name);
        assert_true(is_own || twf_cli_offers(o, twf_option_names()));
    }
}

/* A row says that it takes a value exactly where the library wants one. */
static void values(void **state)
{
    (void)state;
    for (const struct twf_cli_option *o = twf_cli_options; o->name != NULL; o++) {
        struct twf_options *options;
        struct twf_error err = {0};

        if (o->where == TWF_WHERE_CLI || !twf_cli_offers(o, twf_option_names()))
            continue;
        assert_int_equal(twf_options_new(&options, &err), TWF_OK);
        assert_int_equal(twf_options_set(options, o->name, o->arg == NULL ? "x" : NULL, &err),
                         TWF_ERR_ARG);
        if (o->arg == NULL)
            assert_int_equal(twf_options_set(options, o->name, NULL, &err), TWF_OK);
        twf_options_free(options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reachable),
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
