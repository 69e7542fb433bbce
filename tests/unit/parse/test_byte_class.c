/* SPDX-License-Identifier: Apache-2.0 */
/* Each class of byte_class.h against the words that define it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "parse/byte_class.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static const struct {
    uint8_t class;
    bool high; /* bytes >= 0x80 */
    const char *bytes;
} classes[] = {
    {TWF_BYTE_ALNUM, false, LETTERS DIGITS},
    {TWF_BYTE_LOCAL, true, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~."},
    {TWF_BYTE_DOMAIN, true, LETTERS DIGITS "-_."},
    {TWF_BYTE_ORDINARY, false, LETTERS DIGITS "_+=-"},
    {TWF_BYTE_NAME, false, LETTERS DIGITS "_'-"},
    {TWF_BYTE_QUOTED, false, LETTERS DIGITS "_'-.,"},
    {TWF_BYTE_DOT, false, "."},
    {TWF_BYTE_DASH, false, "-"},
};

static void each_byte(void **state)
{
    unsigned all = 0;

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(classes); i++) {
        all |= classes[i].class;
        for (int c = 0; c < 256; c++) {
            bool want = c >= 0x80 ? classes[i].high : c != 0 && strchr(classes[i].bytes, c) != NULL;

            if (((twf_byte_classes[c] & classes[i].class) != 0) != want)
                fail_msg("byte %02X, class %u", (unsigned)c, classes[i].class);
        }
    }
    for (int c = 0; c < 256; c++)
        assert_int_equal(twf_byte_classes[c] & ~all, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_byte)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
