/* SPDX-License-Identifier: Apache-2.0 */
#include "ticker.h"

#include <unistd.h>

static uint64_t period_of(const struct twf_cli_args *a, const struct twf_screen *screen)
{
    if (a->quiet || a->no_progress)
        return 0;
    if (screen->is_terminal && !screen->json)
        return UINT64_C(200000000);
    return a->verbose > 0 ? UINT64_C(60000000000) : 0;
}

void twf_ticker_init(struct twf_ticker *t, const struct twf_cli_args *a, struct twf_screen *screen)
{
    *t = (struct twf_ticker){.screen = screen, .period = period_of(a, screen)};
    t->due = t->period;
}

void twf_ticker_tick(void *ctx, const struct twf_run *run)
{
    struct twf_ticker *t = ctx;
    struct twf_screen *screen = t->screen;
    struct twf_progress now;
    char line[512];

    if (t->period == 0)
        return;
    twf_run_progress(run, &now);
    if (now.elapsed_ns < t->due)
        return;
    t->due = now.elapsed_ns + t->period;
    if (screen->is_terminal && !screen->json) {
        unsigned width = twf_screen_width(STDERR_FILENO);

        twf_progress_line(&t->state, &now, screen->ascii, width == 0 ? 80 : width, line,
                          sizeof(line));
        twf_screen_line(screen, line);
    } else {
        twf_progress_line(&t->state, &now, true, 0, line, sizeof(line));
        twf_screen_say(screen, TWF_LOG_INFO, line);
    }
}
