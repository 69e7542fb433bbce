/* SPDX-License-Identifier: Apache-2.0 */
/* rules list|lint|test|show [PATH|ID] */
#define _GNU_SOURCE
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit_code.h"

static int put_fd(void *ctx, const void *ptr, size_t len)
{
    return twf_write_all(*(const int *)ctx, ptr, len) ? 0 : -1;
}

int twf_cli_rules(const struct twf_cli_args *a, const struct twf_options *o,
                  struct twf_screen *screen)
{
    static const char *const words[] = {"list", "lint", "test", "show", NULL};
    const char *target = a->input_count > 1 ? a->inputs[1] : NULL, *near;
    struct twf_error err = {0};
    enum twf_status status;
    char text[160];
    int fd = STDOUT_FILENO, code = TWF_EXIT_OK, what = 0;

    while (words[what] != NULL && strcmp(words[what], a->inputs[0]) != 0)
        what++;
    if (words[what] == NULL || (what == TWF_RULES_SHOW && target == NULL)) {
        near = twf_cli_nearest(a->inputs[0], words, sizeof(words[0]));
        if (words[what] == NULL)
            (void)snprintf(text, sizeof(text),
                           "rules: '%.60s' is none of list, lint, test, show%s%s%s", a->inputs[0],
                           near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                           near == NULL ? "" : "?");
        else
            (void)snprintf(text, sizeof(text), "rules show needs a path or an id");
        twf_screen_say(screen, TWF_LOG_ERROR, text);
        return TWF_EXIT_USAGE;
    }
    status = twf_rules_tool(o, (enum twf_rules_task)what, target, a->hs, put_fd, &fd, &code, &err);
    if (status != TWF_OK && !(status == TWF_ERR_OUTPUT && err.sys_errno == EPIPE))
        twf_screen_error(screen, &err);
    return status == TWF_OK ? code : twf_exit_before(status);
}

void twf_cli_rules_faults(const struct twf_options *o)
{
    int fd = STDERR_FILENO, code;

    (void)!twf_rules_tool(o, TWF_RULES_LINT, NULL, 0, put_fd, &fd, &code, NULL);
}
