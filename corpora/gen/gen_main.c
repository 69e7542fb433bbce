/* SPDX-License-Identifier: Apache-2.0 */
/* The program twofrom-gen: arguments, and the loop over messages. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/gen/gen.h"
#include "corpora/gen/gen_container.h"
#include "corpora/gen/gen_source.h"

static const char usage[] =
    "usage: twofrom-gen [OPTIONS] RECIPE\n"
    "       twofrom-gen [OPTIONS] --repeat MAIL...\n"
    "makes a mail archive; the same recipe and seed give the same bytes\n"
    "\n"
    "  -n, --messages=N      so many messages (default 1000, without --bytes)\n"
    "  -b, --bytes=SIZE      stop behind the message that reaches SIZE plain bytes (k, M, G)\n"
    "      --first=N         number of the first message (default 1)\n"
    "  -s, --seed=N          instead of the seed of the recipe\n"
    "  -f, --format=FORM     mbox (default), tar, eml or maildir\n"
    "  -o, --output=PATH     a file, or the folder of eml and maildir; default: standard output\n"
    "      --eol=END         lf, crlf or keep, instead of what the recipe says\n"
    "      --truth=FILE      what is known about each message, as TSV\n"
    "      --repeat          no recipe: the messages of MAIL over and over, with other "
    "Message-IDs\n"
    "\n"
    "  -z, --zstd[=LEVEL]    compress (default level 3)\n"
    "      --frame=SIZE      size of a frame (k, M, G; default 1M), or one, or message\n"
    "      --align           frames end between messages\n"
    "      --seekable        a seek table behind the last frame\n"
    "      --checksum        frames have checksums\n"
    "      --no-content-size frames do not tell their size\n";

struct request {
    uint64_t messages, bytes, first, seed;
    bool has_seed, repeat, has_eol;
    enum gen_format format;
    enum gen_eol eol;
    const char *output, *truth;
    struct gen_framing framing;
};

void gen_die(const char *fmt, ...)
{
    va_list args;

    fputs("twofrom-gen: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

void gen_check(const struct twf_buf *b)
{
    if (b->failed)
        gen_die("out of memory");
}

/* 64k, 1M, 2G: powers of 1024. */
static uint64_t size_of(const char *text)
{
    char *end;
    uint64_t n;
    unsigned shift = 0;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (*end == 'k' || *end == 'K')
        shift = 10;
    else if (*end == 'M')
        shift = 20;
    else if (*end == 'G')
        shift = 30;
    if (end == text || *text == '-' || errno != 0 || end[shift > 0] != '\0' || n == 0 ||
        n > UINT64_MAX >> shift)
        gen_die("%s is no size", text);
    return n << shift;
}

static uint64_t number_of(const char *text)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoull(text, &end, 0);
    if (end == text || *text == '-' || errno != 0 || *end != '\0')
        gen_die("%s is no number", text);
    return n;
}

/* Which of the words, separated by |, text is. */
static int word_of(const char *text, const char *words)
{
    size_t len = strlen(text);

    for (int i = 0; *words != '\0'; i++) {
        size_t n = strcspn(words, "|");
        if (n == len && memcmp(words, text, n) == 0)
            return i;
        words += n + (words[n] == '|');
    }
    gen_die("%s is unknown; see --help", text);
}

static void set_frame(struct gen_framing *f, const char *text)
{
    if (strcmp(text, "one") == 0) {
        f->kind = GEN_FRAME_ONE;
    } else if (strcmp(text, "message") == 0) {
        f->kind = GEN_FRAME_MESSAGE;
    } else {
        f->kind = GEN_FRAME_SIZE;
        f->size = size_of(text);
        if (f->size > GEN_FRAME_MAX)
            gen_die("a frame of more than 1G: take --frame one");
    }
}

enum {
    OPT_FIRST = 256,
    OPT_EOL,
    OPT_TRUTH,
    OPT_REPEAT,
    OPT_FRAME,
    OPT_ALIGN,
    OPT_SEEKABLE,
    OPT_CHECKSUM,
    OPT_NO_SIZE,
    OPT_HELP
};

static const struct option options[] = {
    {"messages", required_argument, NULL, 'n'},
    {"bytes", required_argument, NULL, 'b'},
    {"first", required_argument, NULL, OPT_FIRST},
    {"seed", required_argument, NULL, 's'},
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"eol", required_argument, NULL, OPT_EOL},
    {"truth", required_argument, NULL, OPT_TRUTH},
    {"repeat", no_argument, NULL, OPT_REPEAT},
    {"zstd", optional_argument, NULL, 'z'},
    {"frame", required_argument, NULL, OPT_FRAME},
    {"align", no_argument, NULL, OPT_ALIGN},
    {"seekable", no_argument, NULL, OPT_SEEKABLE},
    {"checksum", no_argument, NULL, OPT_CHECKSUM},
    {"no-content-size", no_argument, NULL, OPT_NO_SIZE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static void set_option(struct request *r, int c, const char *value)
{
    switch (c) {
    case 'n':
        r->messages = number_of(value);
        break;
    case 'b':
        r->bytes = size_of(value);
        break;
    case 's':
        r->seed = number_of(value);
        r->has_seed = true;
        break;
    case 'f':
        r->format = (enum gen_format)word_of(value, "mbox|tar|eml|maildir");
        break;
    case 'o':
        r->output = value;
        break;
    case 'z':
        if (r->framing.kind == GEN_FRAME_PLAIN)
            r->framing.kind = GEN_FRAME_SIZE;
        if (value != NULL)
            r->framing.level = (int)number_of(value);
        break;
    case OPT_FIRST:
        r->first = number_of(value);
        break;
    case OPT_EOL:
        r->eol = (enum gen_eol)word_of(value, "keep|lf|crlf");
        r->has_eol = true;
        break;
    case OPT_TRUTH:
        r->truth = value;
        break;
    case OPT_REPEAT:
        r->repeat = true;
        break;
    case OPT_FRAME:
        set_frame(&r->framing, value);
        break;
    case OPT_ALIGN:
        r->framing.align = true;
        break;
    case OPT_SEEKABLE:
        r->framing.seekable = true;
        break;
    case OPT_CHECKSUM:
        r->framing.checksum = true;
        break;
    case OPT_NO_SIZE:
        r->framing.no_content_size = true;
        break;
    case OPT_HELP:
        fputs(usage, stdout);
        exit(0);
    default:
        fputs("twofrom-gen: see --help\n", stderr);
        exit(2);
    }
}

/* A cell of the TSV; what would break it is escaped. */
static void put_cell(FILE *f, struct twf_span cell, char after)
{
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] < 0x20 || cell.ptr[i] == '\\')
            fprintf(f, "\\x%02X", cell.ptr[i]);
        else
            fputc(cell.ptr[i], f);
    }
    fputc(after, f);
}

static void put_truth(FILE *f, const struct gen_message *m)
{
    fprintf(f, "%llu\t", (unsigned long long)m->index);
    put_cell(f, twf_buf_view(&m->id), '\t');
    put_cell(f, twf_buf_view(&m->p1), '\t');
    put_cell(f, twf_buf_view(&m->p2), '\t');
    put_cell(f, twf_span_str(m->label), '\t');
    put_cell(f, twf_span_str(m->level), '\n');
}

static void run(const struct request *q, char **args)
{
    struct gen_recipe *recipe = q->repeat ? NULL : gen_recipe_read(args[0]);
    struct gen_source *source = q->repeat ? gen_source_open(args) : NULL;
    struct gen_maker *maker = NULL;
    struct gen_container *out;
    enum gen_eol eol = q->eol;
    FILE *truth = NULL;

    if (recipe != NULL) {
        if (q->has_seed)
            recipe->seed = q->seed;
        if (!q->has_eol)
            eol = recipe->crlf ? GEN_EOL_CRLF : GEN_EOL_KEEP;
        maker = gen_maker_new(recipe);
    }
    if (q->truth != NULL) {
        truth = fopen(q->truth, "w");
        if (truth == NULL)
            gen_die("%s: %s", q->truth, strerror(errno));
        fputs("index\tmessage_id\tp1\tp2\tlabel\tlevel\n", truth);
    }
    out = gen_container_open(q->format, eol, q->output, &q->framing);
    for (uint64_t i = q->first; i - q->first < q->messages; i++) {
        const struct gen_message *m =
            maker != NULL ? gen_make(maker, i) : gen_source_make(source, i);
        gen_container_add(out, m);
        if (truth != NULL)
            put_truth(truth, m);
        if (q->bytes > 0 && gen_container_total(out) >= q->bytes)
            break;
    }
    gen_container_close(out);
    if (truth != NULL && (ferror(truth) || fclose(truth) != 0))
        gen_die("%s: cannot be written", q->truth);
    if (maker != NULL)
        gen_maker_free(maker);
    gen_recipe_free(recipe);
    if (source != NULL)
        gen_source_free(source);
}

int main(int argc, char **argv)
{
    struct request q = {.first = 1, .framing = {.size = 1 << 20, .level = 3}};
    int c;

    signal(SIGPIPE, SIG_IGN);
    while ((c = getopt_long(argc, argv, "n:b:s:f:o:z::", options, NULL)) != -1)
        set_option(&q, c, optarg);
    if (optind == argc || (!q.repeat && argc - optind > 1) || q.first == 0) {
        fputs("twofrom-gen: one recipe is wanted; see --help\n", stderr);
        return 2;
    }
    if (q.messages == 0)
        q.messages = q.bytes > 0 ? UINT64_MAX : 1000;
    if (q.framing.seekable && q.framing.kind != GEN_FRAME_SIZE &&
        q.framing.kind != GEN_FRAME_MESSAGE)
        gen_die("--seekable wants frames: --zstd, --frame SIZE or --frame message");
    if (q.format != GEN_FORMAT_MBOX && q.format != GEN_FORMAT_TAR && q.truth != NULL &&
        q.output == NULL)
        gen_die("a folder is wanted: --output FOLDER");
    run(&q, argv + optind);
    return 0;
}
