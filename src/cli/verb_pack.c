/* SPDX-License-Identifier: Apache-2.0 */
/* pack IN OUT */
#define _GNU_SOURCE
#include "verbs.h"

#include <errno.h>
#include <unistd.h>

#include "exit_code.h"

int twf_cli_pack(const struct twf_cli_args *a, const struct twf_options *o,
                 struct twf_screen *screen)
{
    struct twf_error err = {0};
    enum twf_status status =
        twf_pack(o, a->inputs[0], a->inputs[1], twf_cli_put_stdout, NULL, &err);

    if (status != TWF_OK && !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    /* An input that is not there is a wrong question; one that is damaged is not. */
    if (status == TWF_ERR_IO && err.sys_errno != 0 && err.sys_errno != EIO)
        return TWF_EXIT_USAGE;
    return twf_exit_during(status);
}
