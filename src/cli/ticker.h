/* SPDX-License-Identifier: Apache-2.0 */
/* When the progress line is drawn: 5 times a second on a terminal, once a minute in a log, or never. */
#ifndef TWF_CLI_TICKER_H
#define TWF_CLI_TICKER_H

#include "args.h"
#include "progress.h"
#include "screen.h"

struct twf_ticker {
    struct twf_progress_state state;
    struct twf_screen *screen;
    uint64_t period, due; /* period 0: never */
};

void twf_ticker_init(struct twf_ticker *t, const struct twf_cli_args *a, struct twf_screen *screen);
/* A twf_tick_fn: ctx is the ticker. */
void twf_ticker_tick(void *ctx, const struct twf_run *run);

#endif
