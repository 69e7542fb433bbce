/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people and for log collectors, on standard error. */
#define _GNU_SOURCE
#include "screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static bool is_dumb(void)
{
    const char *term = getenv("TERM");

    return term == NULL || strcmp(term, "dumb") == 0;
}

void twf_screen_init(struct twf_screen *s)
{
    *s = (struct twf_screen){.is_terminal = isatty(STDERR_FILENO) == 1 && !is_dumb()};
}

unsigned twf_screen_width(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool twf_screen_color(int fd, int when)
{
    const char *no = getenv("NO_COLOR");

    if (when != 0)
        return when == 1;
    return (no == NULL || no[0] == '\0') && !is_dumb() && isatty(fd) == 1;
}

bool twf_write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

void twf_screen_put(struct twf_screen *s, const char *text, size_t len)
{
    twf_screen_line(s, NULL);
    /* There is no place left to tell that standard error failed. */
    (void)twf_write_all(STDERR_FILENO, text, len);
}

void twf_screen_line(struct twf_screen *s, const char *text)
{
    char line[600];

    if (text == NULL && !s->line_open)
        return;
    (void)snprintf(line, sizeof(line), "\r%s\033[K", text == NULL ? "" : text);
    s->line_open = text != NULL;
    (void)twf_write_all(STDERR_FILENO, line, strlen(line));
}

/* {"time":"...","level":"...", into line; returns its length. */
static size_t put_head(char *line, size_t cap, enum twf_log_level level)
{
    static const char *const names[] = {"error", "warning", "warning", "info", "debug"};
    char stamp[40];
    struct timespec now;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) == NULL ||
        strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        stamp[0] = '\0';
    return (size_t)snprintf(line, cap, "{\"time\":\"%s\",\"level\":\"%s\",", stamp, names[level]);
}

/* After twf_escape in its ascii form only quotes and backslashes are left to be escaped. */
static void put_json(struct twf_screen *s, enum twf_log_level level, const char *text)
{
    static const char key[] = "\"message\":\"";
    char ascii[1100], line[2 * sizeof(ascii) + 200];
    size_t n = put_head(line, sizeof(line), level);

    (void)twf_escape(ascii, sizeof(ascii), text, 1);
    memcpy(line + n, key, sizeof(key) - 1);
    n += sizeof(key) - 1;
    for (const char *p = ascii; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            line[n++] = '\\';
        line[n++] = *p;
    }
    memcpy(line + n, "\"}\n", 3);
    twf_screen_put(s, line, n + 3);
}

void twf_screen_document(struct twf_screen *s, const char *name, const char *text, size_t len)
{
    char part[1024];
    size_t n = put_head(part, sizeof(part), TWF_LOG_INFO);

    n += (size_t)snprintf(part + n, sizeof(part) - n, "\"%s\":", name);
    for (size_t i = 0; i < len; i++) {
        if (n == sizeof(part)) {
            twf_screen_put(s, part, n);
            n = 0;
        }
        part[n++] = (char)(text[i] == '\n' ? ' ' : text[i]);
    }
    twf_screen_put(s, part, n);
    twf_screen_put(s, "}\n", 2);
}

void twf_screen_say(struct twf_screen *s, enum twf_log_level level, const char *text)
{
    char escaped[1100], line[1200];

    if (s->json) {
        put_json(s, level, text);
        return;
    }
    (void)twf_escape(escaped, sizeof(escaped), text, s->ascii);
    (void)snprintf(line, sizeof(line), "twofrom: %s%s\n",
                   level == TWF_LOG_WARNING   ? "warning: "
                   : level == TWF_LOG_INCIDENT ? "not read: "
                                                : "", escaped);
    twf_screen_put(s, line, strlen(line));
}

void twf_screen_error(struct twf_screen *s, const struct twf_error *err)
{
    char text[900], place[64] = "";

    if (err->line > 0)
        (void)snprintf(place, sizeof(place), ":%u:%u", err->line, err->column);
    (void)snprintf(text, sizeof(text), "%s%s%s%s", err->path, place,
                   err->path[0] == '\0' ? "" : ": ",
                   err->text[0] == '\0' ? twf_status_text(err->status) : err->text);
    if (err->off > 0) {
        size_t n = strlen(text);

        (void)snprintf(text + n, sizeof(text) - n, " (at byte %llu)", (unsigned long long)err->off);
    }
    twf_screen_say(s, TWF_LOG_ERROR, text);
}

void twf_screen_log(void *ctx, enum twf_log_level level, const char *line)
{
    struct twf_screen *s = ctx;
    int most = s->quiet          ? TWF_LOG_ERROR
               : s->verbose > 1  ? TWF_LOG_DEBUG
               : s->verbose == 1 ? TWF_LOG_INFO
               : s->no_summary   ? TWF_LOG_INCIDENT
                                 : TWF_LOG_WARNING;

    if ((int)level <= most)
        twf_screen_say(s, level, line);
}

const char *twf_screen_number(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
