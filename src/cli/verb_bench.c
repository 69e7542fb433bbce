/* SPDX-License-Identifier: Apache-2.0 */
/* bench [INPUT...]: whole runs, or with --stages and --kernels the parts; see bench_builtin.h. */
#define _GNU_SOURCE
#include "verbs.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench_builtin.h"
#include "exit_code.h"

enum { WORDS = 16 };

/* Words for the built-in benchmark; those of the caller live longer. */
struct words {
    char *argv[WORDS];
    int argc;
};

static void add(struct words *w, const char *word)
{
    if (w->argc < WORDS)
        w->argv[w->argc++] = (char *)(uintptr_t)word;
}

static void add_value(struct words *w, const char *name, const char *value)
{
    if (value != NULL) {
        add(w, name);
        add(w, value);
    }
}

static int complain(struct twf_screen *screen, const char *text)
{
    twf_screen_say(screen, TWF_LOG_ERROR, text);
    return TWF_EXIT_USAGE;
}

int twf_cli_bench(const struct twf_cli_args *a, struct twf_options *o, struct twf_screen *screen)
{
    const struct twf_cli_bench *b = &a->bench;
    struct words w = {{NULL}, 0};
    int code;

    if (b->kernels && b->stages)
        return complain(screen, "bench takes --kernels or --stages");
    if ((b->kernels || b->stages) && (b->cold || b->warmup != NULL || b->reference != NULL))
        return complain(screen, "--cold, --warmup and --reference are for whole runs");
    if (b->kernels ? a->input_count != 0 : b->stages ? a->input_count != 1 : a->input_count == 0)
        return complain(screen, "bench needs an input, one with --stages and none with --kernels");
    add(&w, "bench");
    if (b->json)
        add(&w, "--json");
    if (b->cold)
        add(&w, "--cold");
    add_value(&w, "--runs", b->runs);
    add_value(&w, "--warmup", b->warmup);
    add_value(&w, "--reference", b->reference);
    if (b->stages) {
        for (size_t i = 0; i < a->setting_count; i++) {
            if (strcmp(a->settings[i].option->name, "cpu") == 0)
                add_value(&w, "--cpu", a->settings[i].value);
        }
        add(&w, a->inputs[0]);
    }
    if (b->kernels)
        code = twf_bench_kernels(w.argc, w.argv);
    else if (b->stages)
        code = twf_bench_stages(w.argc, w.argv);
    else
        code = twf_bench_runs(o, w.argc, w.argv, a->inputs, (int)a->input_count);
    return fflush(stdout) != 0 && errno != EPIPE ? TWF_EXIT_OUTPUT : code;
}
