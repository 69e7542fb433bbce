/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with a fault in it: linked with --wrap, stages die of a word in what they are given. The word is
 * "crash-STAGE-SIGNAL", as in "crash-judge-SEGV". What is released has none of this.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/outputs.h"
#include "decode/decode.h"
#include "gather/gather.h"
#include "match/match.h"
#include "split/split.h"
#include "verdict/verdict.h"

/* Runs out of stack. Not inlined, not a tail call. */
__attribute__((noinline)) static int recurse(volatile char *above)
{
    volatile char here[4096];

    here[0] = *above;
    return here[0] == 1 ? 1 : recurse(here) + here[0]; /* it never is */
}

static void die(const char *signal)
{
    static volatile int *volatile nowhere;
    volatile char c = 0;

    if (strncmp(signal, "SEGV", 4) == 0)
        *nowhere = 1;
    else if (strncmp(signal, "ABRT", 4) == 0)
        abort();
    else if (strncmp(signal, "STACK", 5) == 0)
        (void)recurse(&c);
    else if (strncmp(signal, "SYS", 3) == 0) {
        (void)syscall(SYS_ptrace, 0, 0, 0, 0); /* the sandbox kills, and there is no handler for that */
        (void)raise(SIGSYS);
    } else {
        (void)raise(strncmp(signal, "FPE", 3) == 0    ? SIGFPE
                    : strncmp(signal, "ILL", 3) == 0  ? SIGILL
                    : strncmp(signal, "BUS", 3) == 0  ? SIGBUS
                    : strncmp(signal, "KILL", 4) == 0 ? SIGKILL
                                                      : SIGTRAP);
    }
}

static void look(const char *stage, const void *ptr, size_t len)
{
    const char *at = len == 0 ? NULL : memmem(ptr, len, stage, strlen(stage));
    char word[8] = "";
    size_t n = strlen(stage);

    if (at == NULL)
        return;
    for (size_t i = 0; i + 1 < sizeof(word) && (size_t)((const char *)ptr + len - at) > n + i; i++)
        word[i] = at[n + i];
    die(word);
}

void __real_twf_judge_verdict(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                              struct twf_verdict *v);
void __wrap_twf_judge_verdict(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                              struct twf_verdict *v);
void __wrap_twf_judge_verdict(struct twf_judge *j, struct twf_arena *a, const struct twf_subject *s,
                              struct twf_verdict *v)
{
    look("crash-judge-", s->message->text.ptr, s->message->text.len);
    __real_twf_judge_verdict(j, a, s, v);
}

bool __real_twf_gather_known(struct twf_gather *g, struct twf_span text, struct twf_head *out);
bool __wrap_twf_gather_known(struct twf_gather *g, struct twf_span text, struct twf_head *out);
bool __wrap_twf_gather_known(struct twf_gather *g, struct twf_span text, struct twf_head *out)
{
    look("crash-gather-", text.ptr, text.len);
    return __real_twf_gather_known(g, text, out);
}

bool __real_twf_gather_head(struct twf_gather *g, struct twf_span text, struct twf_head *out);
bool __wrap_twf_gather_head(struct twf_gather *g, struct twf_span text, struct twf_head *out);
bool __wrap_twf_gather_head(struct twf_gather *g, struct twf_span text, struct twf_head *out)
{
    look("crash-gather-", text.ptr, text.len);
    return __real_twf_gather_head(g, text, out);
}

void __real_twf_match_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                           const struct twf_match_column *c, uint64_t *const hits[TWF_PATTERN_COUNT], bool *complete);
void __wrap_twf_match_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                           const struct twf_match_column *c, uint64_t *const hits[TWF_PATTERN_COUNT], bool *complete);
void __wrap_twf_match_from(const struct twf_matcher *m, struct twf_match_scratch *s,
                           const struct twf_match_column *c, uint64_t *const hits[TWF_PATTERN_COUNT], bool *complete)
{
    look("crash-match-", c->bytes, c->offsets[c->count]);
    __real_twf_match_from(m, s, c, hits, complete);
}

void __real_twf_outputs_render(const struct twf_outputs *o, const struct twf_batch *b, struct twf_buf *texts);
void __wrap_twf_outputs_render(const struct twf_outputs *o, const struct twf_batch *b, struct twf_buf *texts);
void __wrap_twf_outputs_render(const struct twf_outputs *o, const struct twf_batch *b, struct twf_buf *texts)
{
    const struct twf_col *c = &b->cols[TWF_COL_message_id];

    look("crash-render-", c->data, c->data_len);
    __real_twf_outputs_render(o, b, texts);
}

enum twf_status __real_twf_splitter_feed(struct twf_splitter *s, struct twf_span plain, bool last, bool cut,
                                         struct twf_arena *a, struct twf_split_out *out,
                                         struct twf_error *err);
enum twf_status __wrap_twf_splitter_feed(struct twf_splitter *s, struct twf_span plain, bool last, bool cut,
                                         struct twf_arena *a, struct twf_split_out *out,
                                         struct twf_error *err);
enum twf_status __wrap_twf_splitter_feed(struct twf_splitter *s, struct twf_span plain, bool last, bool cut,
                                         struct twf_arena *a, struct twf_split_out *out,
                                         struct twf_error *err)
{
    look("crash-split-", plain.ptr, plain.len);
    return __real_twf_splitter_feed(s, plain, last, cut, a, out, err);
}

enum twf_status __real_twf_decoder_frame(struct twf_decoder *d, const struct twf_span *comp, size_t n,
                                         uint8_t *dst, size_t cap, size_t *got,
                                         enum twf_frame_verified *verified, struct twf_error *err);
enum twf_status __wrap_twf_decoder_frame(struct twf_decoder *d, const struct twf_span *comp, size_t n,
                                         uint8_t *dst, size_t cap, size_t *got,
                                         enum twf_frame_verified *verified, struct twf_error *err);
enum twf_status __wrap_twf_decoder_frame(struct twf_decoder *d, const struct twf_span *comp, size_t n,
                                         uint8_t *dst, size_t cap, size_t *got,
                                         enum twf_frame_verified *verified, struct twf_error *err)
{
    look("crash-decode-", comp[0].ptr, comp[0].len);
    return __real_twf_decoder_frame(d, comp, n, dst, cap, got, verified, err);
}

/* One of several that are prepared, and then alone. */
void __real_twf_decoder_prepare(struct twf_decoder *d, const struct twf_frame_head *heads, size_t n);
void __wrap_twf_decoder_prepare(struct twf_decoder *d, const struct twf_frame_head *heads, size_t n);
void __wrap_twf_decoder_prepare(struct twf_decoder *d, const struct twf_frame_head *heads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        look("crash-heads-", heads[i].comp.ptr, heads[i].comp.len);
    __real_twf_decoder_prepare(d, heads, n);
}

enum twf_status __real_twf_decoder_begin(struct twf_decoder *d, struct twf_span comp, uint8_t *dst, size_t cap,
                                         size_t want, size_t *got, size_t *used, struct twf_error *err);
enum twf_status __wrap_twf_decoder_begin(struct twf_decoder *d, struct twf_span comp, uint8_t *dst, size_t cap,
                                         size_t want, size_t *got, size_t *used, struct twf_error *err);
enum twf_status __wrap_twf_decoder_begin(struct twf_decoder *d, struct twf_span comp, uint8_t *dst, size_t cap,
                                         size_t want, size_t *got, size_t *used, struct twf_error *err)
{
    look("crash-heads-", comp.ptr, comp.len);
    return __real_twf_decoder_begin(d, comp, dst, cap, want, got, used, err);
}
