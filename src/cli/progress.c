/* SPDX-License-Identifier: Apache-2.0 */
/* [00:01:42]  38.4%  41.9/109.1 GB  0.40 M msg/s  2.1 GB/s out  flagged 1,204 (12 high)  eta ... */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <twofrom/tools.h>

enum { NS = 1000000000 };

struct line {
    char *text;
    size_t len, cap;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(l->text + l->len, l->cap - l->len, fmt, args);
    va_end(args);
    if (n > 0)
        l->len += (size_t)n < l->cap - l->len ? (size_t)n : l->cap - l->len - 1;
}

static void add_clock(struct line *l, uint64_t seconds)
{
    add(l, "%02llu:%02u:%02u", (unsigned long long)(seconds / 3600), (unsigned)(seconds / 60 % 60),
        (unsigned)(seconds % 60));
}

static void add_commas(struct line *l, uint64_t n)
{
    if (n >= 1000) {
        add_commas(l, n / 1000);
        add(l, ",%03u", (unsigned)(n % 1000));
    } else {
        add(l, "%u", (unsigned)n);
    }
}

/* The SI unit in which n has one to three digits before the point. */
static double unit_of(double n, const char **name)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double unit = 1;
    size_t i = 0;

    for (; i + 1 < sizeof(names) / sizeof(names[0]) && n >= 999.95 * unit; i++)
        unit *= 1000;
    *name = names[i];
    return unit;
}

/* The rates since the oldest sample. */
struct rates {
    double in, out, messages; /* a second */
};

static struct rates rates_of(struct twf_progress_state *s, const struct twf_progress *p)
{
    size_t last = (s->next + TWF_PROGRESS_SECONDS - 1) % TWF_PROGRESS_SECONDS;
    size_t oldest = s->count < TWF_PROGRESS_SECONDS ? 0 : s->next;
    struct rates r = {0};
    double seconds;

    /* Before the first sample the run itself is the window. */
    if (s->count == 0) {
        seconds = (double)p->elapsed_ns / NS;
        if (seconds > 0)
            r = (struct rates){(double)p->in_bytes / seconds, (double)p->out_bytes / seconds,
                               (double)p->messages / seconds};
    } else {
        seconds = (double)(p->elapsed_ns - s->samples[oldest].elapsed_ns) / NS;
        if (seconds > 0)
            r = (struct rates){(double)(p->in_bytes - s->samples[oldest].in_bytes) / seconds,
                               (double)(p->out_bytes - s->samples[oldest].out_bytes) / seconds,
                               (double)(p->messages - s->samples[oldest].messages) / seconds};
    }
    if (s->count == 0 || p->elapsed_ns - s->samples[last].elapsed_ns >= NS) {
        s->samples[s->next].elapsed_ns = p->elapsed_ns;
        s->samples[s->next].in_bytes = p->in_bytes;
        s->samples[s->next].out_bytes = p->out_bytes;
        s->samples[s->next].messages = p->messages;
        s->next = (s->next + 1) % TWF_PROGRESS_SECONDS;
        s->count += s->count < TWF_PROGRESS_SECONDS;
    }
    return r;
}

static void add_amount(struct line *l, const struct twf_progress *p)
{
    const char *name;
    double unit = unit_of((double)(p->in_total > 0 ? p->in_total : p->in_bytes), &name);

    if (p->in_total > 0) {
        double share = (double)p->in_bytes / (double)p->in_total;

        add(l, "  %4.1f%%", 100 * (share > 1 ? 1 : share));
        add(l, "  %.1f/%.1f %s", (double)p->in_bytes / unit, (double)p->in_total / unit, name);
    } else {
        add(l, "  %.1f %s", (double)p->in_bytes / unit, name);
    }
}

static void add_eta(struct line *l, const struct twf_progress *p, double rate)
{
    add(l, "  eta ");
    if (p->in_total == 0 || p->elapsed_ns < UINT64_C(5) * NS || rate <= 0 ||
        p->in_bytes > p->in_total)
        add(l, "--:--:--");
    else
        add_clock(l, (uint64_t)((double)(p->in_total - p->in_bytes) / rate + 0.5));
}

/*
 * Where to cut a line in UTF-8 that is escaped already: the last column stays free, so that no
 * terminal wraps. A letter of three bytes or more counts as two columns, which is true or too much.
 */
static size_t cut(const char *text, unsigned width)
{
    size_t i = 0;

    for (unsigned columns = 0; text[i] != '\0'; columns++) {
        unsigned char c = (unsigned char)text[i];
        size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

        columns += n > 2;
        if (columns + 1 >= width)
            return i;
        for (size_t k = 0; k < n && text[i] != '\0'; k++)
            i++;
    }
    return i;
}

void twf_progress_line(struct twf_progress_state *s, const struct twf_progress *p, bool ascii,
                       unsigned width, char *line, size_t cap)
{
    struct line l = {line, 0, cap};
    struct rates r = rates_of(s, p);
    double unit;
    const char *name;
    char path[256];

    add(&l, "[");
    add_clock(&l, p->elapsed_ns / NS);
    add(&l, "]");
    add_amount(&l, p);
    add(&l, "  %.2f M msg/s", r.messages / 1e6);
    unit = unit_of(r.out, &name);
    add(&l, "  %.1f %s/s out  flagged ", r.out / unit, name);
    add_commas(&l, p->flagged);
    add(&l, " (");
    add_commas(&l, p->high);
    add(&l, " high)");
    add_eta(&l, p, r.in);
    (void)twf_escape(path, sizeof(path), p->path, ascii);
    if (path[0] != '\0')
        add(&l, "  %s", path);
    if (width > 0)
        line[cut(line, width)] = '\0';
}
