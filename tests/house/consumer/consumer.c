/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program over an installed libtwofrom: header and library must be found and fit. */
#include <stdio.h>
#include <twofrom/twofrom.h>

int main(void)
{
    const char *text = twf_status_text(TWF_ERR_ARG);
    if (text == NULL || text[0] == '\0')
        return 1;
    return printf("twofrom %s: %s\n", TWF_VERSION, text) < 0;
}
