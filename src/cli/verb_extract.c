/* SPDX-License-Identifier: Apache-2.0 */
/* extract --to DIR [--from-records FILE] [MESSAGE...] */
#define _GNU_SOURCE
#include "verbs.h"

#include <errno.h>
#include <unistd.h>

#include "exit_code.h"

int twf_cli_extract(const struct twf_cli_args *a, const struct twf_options *o,
                    struct twf_screen *screen)
{
    struct twf_error err = {0};
    int code = TWF_EXIT_OK;
    enum twf_status status =
        twf_extract(o, (const char *const *)a->inputs, a->input_count, twf_cli_put_stdout, NULL,
                    twf_screen_log, screen, &code, &err);

    if (status != TWF_OK && !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    return status == TWF_ERR_ARG ? TWF_EXIT_USAGE
                                 : twf_exit_stronger(code, twf_exit_during(status));
}
