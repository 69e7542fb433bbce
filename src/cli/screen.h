/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard error: messages, log lines, the progress line. All text that is not ours passes
 * twf_escape; each message is one write, so that lines of several programs do not mix.
 */
#ifndef TWF_CLI_SCREEN_H
#define TWF_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include <twofrom/tools.h>

struct twf_screen {
    bool is_terminal; /* standard error is one, and TERM is not dumb */
    bool ascii, color, json, quiet, no_summary;
    int verbose;
    bool line_open; /* a progress line stands on the last line */
};

/* Looks at standard error and the environment. */
void twf_screen_init(struct twf_screen *s);
/* Columns of the terminal fd, or 0. */
unsigned twf_screen_width(int fd);
/* Whether fd gets colour: WHEN of --color as 0 auto, 1 always, 2 never; NO_COLOR, TERM. */
bool twf_screen_color(int fd, int when);

/* "twofrom: text", or a JSON line; text is escaped, capped, and gets its line end here. */
void twf_screen_say(struct twf_screen *s, enum twf_log_level level, const char *text);
/* "twofrom: PATH: text (at byte N)" */
void twf_screen_error(struct twf_screen *s, const struct twf_error *err);
/* For twf_run_set_log; ctx is the screen. */
void twf_screen_log(void *ctx, enum twf_log_level level, const char *line);
/* Bytes that are escaped already, such as the end summary. */
void twf_screen_put(struct twf_screen *s, const char *text, size_t len);
/* 1234567 as "1,234,567", in out. */
const char *twf_screen_number(uint64_t n, char out[32]);
/* A JSON document (of lines, without line ends in its strings) as one log line, under the key
 * name. */
void twf_screen_document(struct twf_screen *s, const char *name, const char *text, size_t len);
/* Draws the progress line in place, or removes it (text NULL). */
void twf_screen_line(struct twf_screen *s, const char *text);

/* write until all is written; false: errno says why. A broken pipe is no signal here. */
bool twf_write_all(int fd, const char *text, size_t len);

#endif
