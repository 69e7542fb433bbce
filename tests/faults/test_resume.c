/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills and resumes: test_resume [SEED [KILLS]]. A child scans with a checkpoint and is killed by SIGKILL at a call
 * that changes a file (before a write, in the middle of one, around a sync or a rename), resumed, killed
 * again, until it comes to its end. What it has written must then be, byte for byte, what a run wrote that
 * nobody disturbed, for every kind of input and another number of threads each time. KILLS asks for at least so many.
 *
 * Then checkpoints that must be refused: other options, changed inputs, changed outputs, damaged files.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include <twofrom/tools.h>
#include <twofrom/twofrom.h>

static char folder[] = "/tmp/twofrom-resume-XXXXXX";
static uint64_t seed, state;
static unsigned passed, failed, kills;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void expect(bool good, const char *what, const char *of)
{
    if (good)
        passed++;
    else
        failed++;
    if (!good)
        printf("FAILED: %s: %s (seed %llu)\n", of, what, (unsigned long long)seed);
}

/* ---- calls that change files; in a child, the kill_at-th of them is its last ---- */

static unsigned long calls, kill_at;

ssize_t __real_write(int fd, const void *ptr, size_t len);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_ftruncate(int fd, off_t len);
ssize_t __wrap_write(int fd, const void *ptr, size_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_ftruncate(int fd, off_t len);

static bool is_last(void)
{
    return kill_at > 0 && ++calls == kill_at;
}

static void die_if_last(void)
{
    if (is_last())
        (void)kill(getpid(), SIGKILL);
}

ssize_t __wrap_write(int fd, const void *ptr, size_t len)
{
    if (is_last()) {
        (void)__real_write(fd, ptr, len * (kill_at % 3) / 2); /* none of it, half, or all */
        (void)kill(getpid(), SIGKILL);
    }
    return __real_write(fd, ptr, len);
}

int __wrap_fsync(int fd)
{
    die_if_last();
    return __real_fsync(fd);
}

int __wrap_fdatasync(int fd)
{
    die_if_last();
    return __real_fdatasync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    int rc;

    die_if_last();
    rc = __real_rename(from, to);
    die_if_last();
    return rc;
}

int __wrap_unlink(const char *path)
{
    die_if_last();
    return __real_unlink(path);
}

int __wrap_ftruncate(int fd, off_t len)
{
    die_if_last();
    return __real_ftruncate(fd, len);
}

/* ---- runs ---- */

enum { OPTIONS = 24 };

struct question {
    const char *name;
    const char *options[OPTIONS]; /* NAME, VALUE ("": none), and so on */
    const char *paths[4];
};

static void on_log(void *ctx, enum twf_log_level level, const char *line)
{
    (void)ctx, (void)level, (void)line;
}

static enum twf_status set_options(struct twf_options *o, const struct question *q, const char *out,
                                   const char *resume, unsigned threads, struct twf_error *err)
{
    static const char *const kinds[] = {"jsonl", "csv", "summary", "pairs"};
    char text[64];
    enum twf_status status = TWF_OK;

    (void)snprintf(text, sizeof(text), "%u", threads);
    status = twf_options_set(o, "threads", text, err);
    for (int i = 0; status == TWF_OK && i < 4; i++) {
        (void)snprintf(text, sizeof(text), "%s=%s.%s", kinds[i], out, kinds[i]);
        status = twf_options_set(o, "output", text, err);
    }
    for (int i = 0; status == TWF_OK && q->options[i] != NULL; i += 2)
        status = twf_options_set(o, q->options[i], q->options[i + 1][0] == '\0' ? NULL : q->options[i + 1],
                                 err);
    if (status == TWF_OK && resume != NULL)
        status = twf_options_set(o, resume, "ck", err);
    if (status == TWF_OK && resume != NULL)
        status = twf_options_set(o, "checkpoint-every", "1", err);
    return status;
}

/* stop_at: batches after which somebody asks it to stop; 0: nobody does. */
static int scan(const struct question *q, const char *out, const char *resume, unsigned threads,
                unsigned stop_at, struct twf_error *err)
{
    struct twf_options *o = NULL;
    struct twf_run *r = NULL;
    const struct twf_batch *b;
    enum twf_status status = twf_options_new(&o, err);
    unsigned batches = 0;
    int code;

    if (status == TWF_OK)
        status = set_options(o, q, out, resume, threads, err);
    if (status == TWF_OK)
        status = twf_run_open(o, &r, err);
    twf_options_free(o);
    if (status != TWF_OK)
        return status == TWF_ERR_ARG ? 2 : 5;
    twf_run_set_log(r, on_log, NULL);
    for (int i = 0; status == TWF_OK && q->paths[i] != NULL; i++)
        status = twf_run_add_path(r, q->paths[i], err);
    while (status == TWF_OK) {
        status = twf_run_next(r, &b, err);
        if (status == TWF_OK && ++batches == stop_at)
            twf_run_stop(r);
    }
    code = status == TWF_ERR_ARG ? 2 : status == TWF_ERR_STOPPED ? 143 : twf_run_exit_code(r);
    twf_run_close(r);
    return code;
}

/* The same in a child, killed at the at-th call (0: never). Its exit status, or 128 + 9. */
static int scan_apart(const struct question *q, const char *out, const char *resume, unsigned threads,
                      unsigned long at)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct twf_error err = {0};
        int code;

        kill_at = at;
        code = scan(q, out, resume, threads, 0, &err);
        if (code == 2 || code == 5)
            fprintf(stderr, "%s\n", err.text);
        _exit(code);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- files ---- */

static char *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;

    *len = 0;
    if (f == NULL)
        return NULL;
    for (size_t cap = 1 << 16;; cap *= 2) {
        text = realloc(text, cap);
        if (text == NULL)
            abort();
        *len += fread(text + *len, 1, cap - *len, f);
        if (*len < cap)
            break;
    }
    (void)fclose(f);
    return text;
}

static bool put(const char *path, const void *ptr, size_t len)
{
    FILE *f = fopen(path, "wb");
    bool good = f != NULL && fwrite(ptr, 1, len, f) == len;

    return f != NULL && fclose(f) == 0 && good;
}

/* A summary without the lines that tell of the machine and of the time. */
static void forget_machine(char *text, size_t *len)
{
    static const char *const lines[] = {"  \"machine\"", "  \"time\""};

    for (int i = 0; i < 2 && text != NULL; i++) {
        char *line = memmem(text, *len, lines[i], strlen(lines[i]));
        char *end = line == NULL ? NULL : memchr(line, '\n', *len - (size_t)(line - text));

        if (end == NULL)
            continue;
        memmove(line, end, *len - (size_t)(end - text));
        *len -= (size_t)(end - line);
    }
}

static void compare(const char *of)
{
    static const char *const kinds[] = {"jsonl", "csv", "summary", "pairs"};

    for (int i = 0; i < 4; i++) {
        char a[32], b[32];
        size_t a_len, b_len;
        char *x, *y;

        (void)snprintf(a, sizeof(a), "a.%s", kinds[i]);
        (void)snprintf(b, sizeof(b), "b.%s", kinds[i]);
        x = load(a, &a_len);
        y = load(b, &b_len);
        if (i == 2) {
            forget_machine(x, &a_len);
            forget_machine(y, &b_len);
        }
        expect(x != NULL && y != NULL && a_len == b_len && a_len > 0 && memcmp(x, y, a_len) == 0,
               kinds[i], of);
        free(x);
        free(y);
    }
}

static void forget_results(const char *of)
{
    static const char *const kinds[] = {"jsonl", "csv", "summary", "pairs"};
    char path[48];

    for (int i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s.%s", of, kinds[i]);
        (void)unlink(path);
        (void)snprintf(path, sizeof(path), "%s.%s.partial", of, kinds[i]);
        (void)unlink(path);
    }
    (void)unlink("ck");
    (void)unlink("ck.partial");
}

/* ---- kills ---- */

/* One run to its end through as many kills as it takes; how many those were. */
static unsigned long through_kills(const struct question *q, unsigned long most, int want)
{
    unsigned long n = 0;
    int code;

    forget_results("b");
    for (;;) {
        const char *how = access("ck", F_OK) == 0 ? "resume" : "checkpoint";
        unsigned long at = n < 12 ? 1 + next_random() % most : 0;

        code = scan_apart(q, "b", how, 1 + (unsigned)(n % 3), at);
        if (code != 128 + SIGKILL)
            break;
        n++;
        /* All was named, and only the end of the process is missing. */
        if (access("ck", F_OK) != 0 && access("b.pairs", F_OK) == 0 &&
            access("b.pairs.partial", F_OK) != 0) {
            code = want;
            break;
        }
    }
    expect(code == want, "exit status", q->name);
    expect(access("ck", F_OK) != 0, "the checkpoint is gone", q->name);
    compare(q->name);
    return n;
}

static void kill_all(const struct question *q)
{
    unsigned long n = 0;
    int want;

    forget_results("a");
    want = scan_apart(q, "a", NULL, 2, 0);
    expect(want == 0 || want == 3, "the run that is not disturbed", q->name);
    /* Kills close to the beginning, and anywhere. */
    n += through_kills(q, 12, want);
    n += through_kills(q, 90, want);
    printf("%-28s %3lu kills, exit %d\n", q->name, n, want);
    kills += (unsigned)n;
}

/* ---- stops ---- */

static void stop_and_go_on(const struct question *q)
{
    struct twf_error err = {0};
    int want, code, stops = 0;

    forget_results("a");
    forget_results("b");
    want = scan(q, "a", NULL, 2, 0, &err);
    do {
        code = scan(q, "b", access("ck", F_OK) == 0 ? "resume" : "checkpoint", 2, 2, &err);
        stops += code == 143;
    } while (code == 143 && stops < 100);
    expect(stops > 1, "it was stopped more than once", q->name);
    expect(code == want, "exit status after stops", q->name);
    compare(q->name);
}

/* ---- checkpoints that are refused ---- */

/* Makes a checkpoint in the middle of a run. */
static void leave_checkpoint(const struct question *q)
{
    forget_results("b");
    for (unsigned long at = 60; access("ck", F_OK) != 0 || at == 60; at--) {
        forget_results("b");
        (void)scan_apart(q, "b", "checkpoint", 1, at);
    }
}

static void refused(const struct question *q, const char *by)
{
    struct twf_error err = {0};
    int code = scan(q, "b", "resume", 1, 0, &err);
    char what[700];

    (void)snprintf(what, sizeof(what), "refused by '%s': status %d, %s", by, code, err.text);
    expect(code == 2 && strstr(err.text, by) != NULL, what, "refused");
}

static void with_option(const struct question *q, const char *name, const char *value, const char *by)
{
    struct question other = *q;
    int n = 0;

    while (other.options[n] != NULL)
        n += 2;
    other.options[n] = name;
    other.options[n + 1] = value;
    refused(&other, by);
}

static void touch(const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    if (utimensat(AT_FDCWD, path, times, 0) != 0)
        abort();
}

static void change_byte(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    int c;

    if (f == NULL || fseek(f, at, at < 0 ? SEEK_END : SEEK_SET) != 0 || (c = fgetc(f)) == EOF ||
        fseek(f, -1, SEEK_CUR) != 0 || fputc(c ^ 1, f) == EOF || fclose(f) != 0)
        abort();
}

static void refuse_inputs(const struct question *q)
{
    struct question other = *q;
    struct stat st;
    size_t len;
    char *text = load(q->paths[0], &len);

    other.paths[0] = "mail.tar";
    refused(&other, "the input");
    if (stat(q->paths[0], &st) != 0)
        abort();
    touch(q->paths[0], st.st_mtim.tv_sec - 5);
    refused(q, "the time");
    if (truncate(q->paths[0], st.st_size - 1) != 0)
        abort();
    refused(q, "the size");
    (void)put(q->paths[0], text, len);
    change_byte(q->paths[0], 100);
    {
        struct timespec times[2] = {st.st_atim, st.st_mtim};

        (void)utimensat(AT_FDCWD, q->paths[0], times, 0);
        refused(q, "the content");
        (void)put(q->paths[0], text, len);
        (void)utimensat(AT_FDCWD, q->paths[0], times, 0);
    }
    free(text);
}

static void refuse_outputs(const struct question *q)
{
    size_t len;
    char *text = load("b.jsonl.partial", &len);

    if (text == NULL || len < 100000)
        abort();
    (void)put("b.jsonl.partial", text, 100);
    refused(q, "the length");
    (void)put("b.jsonl.partial", text, len);
    for (long at = 0; at < (long)len; at += 4096) /* one of them within the last 64 KiB that count */
        change_byte("b.jsonl.partial", at);
    refused(q, "the content");
    (void)unlink("b.jsonl.partial");
    refused(q, "cannot go on with b.jsonl.partial");
    (void)put("b.jsonl.partial", text, len);
    free(text);
}

static void refuse_files(const struct question *q)
{
    size_t len;
    char *text = load("ck", &len);
    long at = (long)(next_random() % (len - 48)) + 48;

    change_byte("ck", at);
    refused(q, "hash differs");
    (void)put("ck", text, len - 1 - next_random() % (len / 2));
    refused(q, "it is cut");
    (void)put("ck", "From a@b\n", 9);
    refused(q, "no checkpoint");
    (void)unlink("ck");
    refused(q, "no such file");
    (void)put("ck", text, len);
    free(text);
}

static void refuse_all(const struct question *q)
{
    struct question other = *q;
    struct twf_error err = {0};

    leave_checkpoint(q);
    with_option(q, "min-level", "high", "--min-level differs");
    with_option(q, "with-subject", "", "--with-subject differs");
    with_option(q, "since", "2024-01-01", "--since differs");
    with_option(q, "output", "csv=more.csv", "--output differs");
    with_option(q, "limit", "header=65536", "--limit differs");
    with_option(q, "protect", "bank.example", "the list of protected domains differs");
    with_option(q, "no-shipped-rules", "", "the set of rules differs");
    refuse_inputs(q);
    refuse_outputs(q);
    refuse_files(q);
    /* A new run over the files of one that was killed. */
    expect(scan(q, "b", "checkpoint", 1, 0, &err) == 2 && strstr(err.text, "--resume") != NULL,
           "ck exists", "refused");
    (void)rename("ck", "ck2");
    expect(scan(q, "b", "checkpoint", 1, 0, &err) == 2 && strstr(err.text, "--resume") != NULL,
           "partial files exist", "refused");
    (void)rename("ck2", "ck");
    other.paths[0] = "-";
    expect(scan(&other, "c", "checkpoint", 1, 0, &err) == 2 &&
               strstr(err.text, "standard input") != NULL,
           "standard input", "refused");
    /* After all that it still goes on. */
    expect(scan(q, "b", "resume", 2, 0, &err) == 0, err.text, "resumed after all");
    forget_results("a");
    (void)scan(q, "a", NULL, 1, 0, &err);
    compare("resumed after all");
}

/* ---- archives ---- */

static size_t put_message(char *out, size_t cap, unsigned i)
{
    size_t len = (size_t)snprintf(
        out, cap,
        "Return-Path: <bounce%u@%s.example>\nReceived: from a (a [192.0.2.%u]) by mx.example; Thu, 14 "
        "Nov 2024 08:%02u:00 +0000\nFrom: \"U %u\" <u%u@org%u.example>%s\nTo: b@x.example\n"
        "Message-ID: <%u@x.example>\nSubject: s %u\n%s\n",
        i % 400, i % 5 == 0 ? "org1" : "list", i % 200, i % 60, i, i, i % 300,
        i % 7 == 0 ? ", <second@other.example>" : "", i % 900, i,
        i % 11 == 0 ? "List-Id: <dev.list.example>\n" : "");
    size_t body = i % 97 == 0 ? 400000 : 200 + next_random() % 6000;

    while (body > 60 && cap - len > 100) {
        int n = snprintf(out + len, cap - len, "%016llx line of the body >From here to there %u\n",
                         (unsigned long long)next_random(), i);

        len += (size_t)n;
        body -= body > (size_t)n ? (size_t)n : body;
    }
    return len;
}

static size_t put_tar_head(char *out, unsigned i, size_t len)
{
    unsigned sum = 0;

    memset(out, 0, 512);
    (void)snprintf(out, 100, "mail/%05u.eml", i);
    (void)snprintf(out + 100, 8, "0000600");
    (void)snprintf(out + 124, 12, "%011o", (unsigned)len);
    memset(out + 148, ' ', 8);
    out[156] = '0';
    memcpy(out + 257, "ustar\00000", 8);
    for (int k = 0; k < 512; k++)
        sum += (unsigned char)out[k];
    (void)snprintf(out + 148, 8, "%06o", sum);
    return 512;
}

static bool put_frames(const char *path, const char *text, size_t len, size_t frame)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t cap = ZSTD_compressBound(len) + 4096, at = 0;
    char *out = malloc(cap);
    bool good = z != NULL && out != NULL;

    if (!good)
        abort();
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    for (size_t from = 0; from < len; from += frame) {
        size_t n = len - from < frame ? len - from : frame;

        if (from > 0 && from / frame % 5 == 0) {
            memcpy(out + at, "\x50\x2A\x4D\x18\x04\0\0\0skip", 12);
            at += 12;
        }
        n = ZSTD_compress2(z, out + at, cap - at, text + from, n);
        if (ZSTD_isError(n))
            abort();
        at += n;
    }
    ZSTD_freeCCtx(z);
    good = put(path, out, at);
    if (good && frame < len) { /* and one that breaks off in its middle, after damage */
        out[at * 2 / 3] ^= 0x20;
        good = put("damaged.zst", out, at);
    }
    free(out);
    return good;
}

static void make_archives(void)
{
    enum { MESSAGES = 2200, CAP = 24 << 20 };
    char *mbox = malloc(CAP), *tar = malloc(CAP), *one = malloc(1 << 20), path[48];
    size_t mbox_len = 0, tar_len = 0;
    bool good = mbox != NULL && tar != NULL && one != NULL && mkdir("folder", 0700) == 0;

    for (unsigned i = 0; good && i < MESSAGES; i++) {
        size_t len = put_message(one, 500000, i);

        mbox_len += (size_t)snprintf(mbox + mbox_len, CAP - mbox_len,
                                     "From a%u@x.example Thu Nov 14 08:15:00 2024\n", i);
        memcpy(mbox + mbox_len, one, len);
        mbox_len += len;
        mbox[mbox_len++] = '\n';
        tar_len += put_tar_head(tar + tar_len, i, len);
        memset(tar + tar_len, 0, (len + 511) / 512 * 512);
        memcpy(tar + tar_len, one, len);
        tar_len += (len + 511) / 512 * 512;
        (void)snprintf(path, sizeof(path), "folder/%05u.eml", i);
        good = i >= 700 || put(path, one, len);
    }
    if (good)
        memset(tar + tar_len, 0, 1024);
    tar_len += 1024;
    good = good && put("mail.mbox", mbox, mbox_len) && put("mail.tar", tar, tar_len) &&
           put_frames("one.mbox.zst", mbox, mbox_len, mbox_len) &&
           put_frames("many.mbox.zst", mbox, mbox_len, 300000) &&
           put_frames("many.tar.zst", tar, tar_len, 700000);
    free(mbox);
    free(tar);
    free(one);
    if (!good)
        abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static const struct question questions[] = {
    {"many frames", {"all", "", "dedup", "", NULL}, {"many.mbox.zst", NULL}},
    {"one long frame", {"all", "", NULL}, {"one.mbox.zst", NULL}},
    {"mbox", {"all", "", "digest", "sha256", NULL}, {"mail.mbox", NULL}},
    {"tar", {"all", "", NULL}, {"mail.tar", NULL}},
    {"tar in frames", {"all", "", "digest", "sha256", NULL}, {"many.tar.zst", NULL}},
    {"folder", {"all", "", "dedup", "", NULL}, {"folder", NULL}},
    {"damaged, and others", {"all", "", NULL}, {"damaged.zst", "folder", "one.mbox.zst", NULL}},
    {"damaged, salvaged", {"all", "", "salvage", "", NULL}, {"damaged.zst", "mail.tar", NULL}},
};

int main(int argc, char **argv)
{
    unsigned long least = argc > 2 ? strtoul(argv[2], NULL, 0) : 50;

    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20241114;
    state = seed * 2 + 1;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %llu\n", (unsigned long long)seed);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    make_archives();
    do {
        for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
            kill_all(&questions[i]);
    } while (argc > 2 && kills < least && failed == 0);
    expect(kills >= least, "too few kills to prove anything", "kills");
    stop_and_go_on(&questions[0]);
    stop_and_go_on(&questions[1]);
    refuse_all(&questions[2]);
    if (chdir("/") == 0)
        (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    printf("%u kills; %u passed, %u failed\n", kills, passed, failed);
    return failed == 0 ? 0 : 1;
}
