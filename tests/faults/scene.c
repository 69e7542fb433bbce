/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios, and the small archives they read. */
#define _GNU_SOURCE
#include "scene.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/compiler.h"

static char folder[] = "/tmp/twofrom-faults-XXXXXX";

/* ---- sums ---- */

static void add(struct scene_result *r, const void *ptr, size_t len)
{
    const uint8_t *p = ptr;

    for (size_t i = 0; i < len; i++)
        r->sum = (r->sum ^ p[i]) * 0x100000001B3u;
}

/* Columns by which a record is known; all of them together are too many for each of many runs. */
static void add_rows(struct scene_result *r, const struct twf_batch *b)
{
    static const char *const names[] = {"source_uri", "member",   "message_id", "p1_address",
                                        "p2_address", "relation", "verdict",    "level"};

    struct twf_column c[TWF_COUNT(names)];
    const int64_t rows = twf_batch_rows(b);

    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        if (twf_batch_column(b, names[i], &c[i], NULL) != TWF_OK)
            abort();
    }
    /* Row by row: where one batch ends and the next begins changes nothing. */
    for (int64_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < TWF_COUNT(names); i++) {
            add(r, "|", 1);
            if ((c[i].validity[row >> 3] >> (row & 7) & 1) != 0)
                add(r, (const char *)c[i].data + c[i].offsets[row],
                    (size_t)(c[i].offsets[row + 1] - c[i].offsets[row]));
        }
    }
    r->rows += (uint64_t)rows;
}

static int on_write(void *ctx, const void *ptr, size_t len)
{
    add(ctx, ptr, len);
    return 0;
}

static void on_log(void *ctx, enum twf_log_level level, const char *line)
{
    (void)ctx, (void)level, (void)line;
}

/* ---- scans ---- */

static enum twf_status set_all(struct twf_options *o, const char *const *options,
                               struct twf_error *err)
{
    enum twf_status status = TWF_OK;

    for (; status == TWF_OK && options[0] != NULL; options += 2)
        status = twf_options_set(o, options[0], options[1][0] == '\0' ? NULL : options[1], err);
    return status;
}

void scene_scan(const char *const *options, const char *const *paths, struct scene_result *out)
{
    struct twf_options *o = NULL;
    struct twf_run *r = NULL;
    const struct twf_batch *b;
    size_t len;

    out->status = twf_options_new(&o, &out->err);
    if (out->status == TWF_OK)
        out->status = set_all(o, options, &out->err);
    if (out->status == TWF_OK)
        out->status = twf_run_open(o, &r, &out->err);
    twf_options_free(o);
    if (out->status != TWF_OK)
        return;
    twf_run_set_log(r, on_log, NULL);
    for (; out->status == TWF_OK && *paths != NULL; paths++)
        out->status = twf_run_add_path(r, *paths, &out->err);
    while (out->status == TWF_OK) {
        out->status = twf_run_next(r, &b, &out->err);
        if (out->status == TWF_OK)
            add_rows(out, b);
    }
    out->exit_code = twf_run_exit_code(r);
    /* Words at the end must be there, or be missing; never a crash. */
    (void)twf_run_summary(r, &len);
    (void)twf_run_summary_text(r, 0, 0, &len);
    twf_run_close(r);
}

#define SCAN(name, options, ...)                                                                   \
    static void name(struct scene_result *out)                                                     \
    {                                                                                              \
        static const char *const paths[] = {__VA_ARGS__, NULL};                                    \
        scene_scan(options, paths, out);                                                           \
    }

static const char *const plain[] = {
    "all", "", "no-prefilter", "", "no-shipped-rules", "", "threads", "1", "io", "pread", NULL};
static const char *const usual[] = {"all", "", "threads", "1", NULL}; /* with rules and prefilter */
static const char *const two[] = {"all", "",  "no-prefilter", "", "no-shipped-rules", "", "threads",
                                  "2",   NULL};
static const char *const told[] = {"all",
                                   "",
                                   "no-prefilter",
                                   "",
                                   "no-shipped-rules",
                                   "",
                                   "threads",
                                   "1",
                                   "protect",
                                   "bank.example",
                                   "protect",
                                   "b\xC3\xBC"
                                   "cher.example",
                                   "trusted-authserv",
                                   "mx.example",
                                   "trusted-relays",
                                   "192.0.2.0/24",
                                   "envelope-header",
                                   "X-Mine",
                                   "with-subject",
                                   "",
                                   "with-headers",
                                   "",
                                   NULL};
static const char *const files[] = {"all",
                                    "",
                                    "no-prefilter",
                                    "",
                                    "no-shipped-rules",
                                    "",
                                    "threads",
                                    "1",
                                    "clobber",
                                    "",
                                    "output",
                                    "jsonl=out.jsonl",
                                    "output",
                                    "csv=out.csv",
                                    "output",
                                    "summary=out.json",
                                    NULL};

SCAN(scan_mbox, plain, "mail.mbox")
SCAN(scan_zst, plain, "mail.mbox.zst")
SCAN(scan_zst_threads, two, "mail.mbox.zst", "mail.tar", "mail.mbox")
SCAN(scan_prefilter, usual, "mail.mbox.zst")
SCAN(scan_tar, plain, "mail.tar")
SCAN(scan_journal, plain, "journal.eml")
SCAN(scan_folder, plain, ".")
SCAN(scan_list, plain, "@list")
SCAN(scan_options, told, "mail.mbox.zst", "journal.eml")
SCAN(scan_damaged, plain, "damaged.zst", "missing", "mail.mbox")
SCAN(scan_outputs, files, "mail.mbox.zst")

/* ---- other tools ---- */

static void check_messages(struct scene_result *out)
{
    static const char mail[] =
        "Return-Path: <a@x.example>\nFrom: =?utf-8?q?B=C3=BC?= <b@y.example>\n"
        "Received: from a.example ([192.0.2.1]) by b.example; Thu, 14 Nov 2024 "
        "08:15:00 +0000\n\n";
    struct twf_options *o = NULL;
    struct twf_check *c = NULL;
    const struct twf_batch *b;

    out->status = twf_options_new(&o, &out->err);
    if (out->status == TWF_OK)
        out->status = set_all(
            o, (const char *const[]){"no-prefilter", "", "no-shipped-rules", "", NULL}, &out->err);
    if (out->status == TWF_OK)
        out->status = twf_check_new(o, &c, &out->err);
    for (int i = 0; out->status == TWF_OK && i < 2; i++) {
        out->status =
            twf_check_message(c, (const uint8_t *)mail, strlen(mail), NULL, &b, &out->err);
        if (out->status == TWF_OK)
            add_rows(out, b);
    }
    twf_check_free(c);
    twf_options_free(o);
}

static void tool(struct scene_result *out,
                 enum twf_status (*run)(const struct twf_options *, struct scene_result *))
{
    struct twf_options *o = NULL;

    out->status = twf_options_new(&o, &out->err);
    if (out->status == TWF_OK)
        out->status = set_all(
            o,
            (const char *const[]){"no-prefilter", "", "no-shipped-rules", "", "clobber", "", NULL},
            &out->err);
    if (out->status == TWF_OK)
        out->status = run(o, out);
    twf_options_free(o);
}

static enum twf_status explain_one(const struct twf_options *o, struct scene_result *out)
{
    return twf_explain(o, "mail.mbox.zst#1", on_write, out, &out->err);
}

static void explain(struct scene_result *out)
{
    tool(out, explain_one);
}

static enum twf_status pack_one(const struct twf_options *o, struct scene_result *out)
{
    return twf_pack(o, "mail.mbox", "packed.zst", on_write, out, &out->err);
}

static void pack(struct scene_result *out)
{
    (void)unlink("packed.zst");
    tool(out, pack_one);
}

static enum twf_status index_one(const struct twf_options *o, struct scene_result *out)
{
    static const char *const paths[] = {"mail.mbox.zst"};
    static const struct twf_hooks none;

    return twf_index(o, paths, 1, &none, &out->exit_code, &out->err);
}

static void make_index(struct scene_result *out)
{
    (void)unlink("mail.mbox.zst.twofrom.arrow");
    tool(out, index_one);
    (void)unlink("mail.mbox.zst.twofrom.arrow");
}

static enum twf_status doctor_one(const struct twf_options *o, struct scene_result *out)
{
    return twf_doctor(o, on_write, out, &out->exit_code, &out->err);
}

static void doctor(struct scene_result *out)
{
    tool(out, doctor_one);
    out->sum = 0; /* it tells of the machine, which others use too */
}

const struct scene scenes[] = {
    {"mbox", scan_mbox},
    {"zst", scan_zst},
    {"zst, tar and mbox, two threads", scan_zst_threads},
    {"zst with prefilter", scan_prefilter},
    {"tar", scan_tar},
    {"journal report", scan_journal},
    {"folder", scan_folder},
    {"list", scan_list},
    {"many options", scan_options},
    {"damaged and missing", scan_damaged},
    {"outputs", scan_outputs},
    {"check", check_messages},
    {"explain", explain},
    {"pack", pack},
    {"index", make_index},
    {"doctor", doctor},
    {NULL, NULL},
};

/* ---- archives ---- */

static bool put(const char *path, const void *ptr, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, ptr, len) == (ssize_t)len;

    return fd >= 0 && close(fd) == 0 && good;
}

/* n messages; returns the length. */
static size_t make_mbox(char *out, size_t cap, int n)
{
    size_t len = 0;

    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(
            out + len, cap - len,
            "From a%d@x.example Thu Nov 14 08:15:00 2024\n"
            "Return-Path: <a%d@x.example>\n"
            "Authentication-Results: mx.example; spf=pass smtp.mailfrom=x.example\n"
            "Received: from a (a [192.0.2.1]) by mx.example; Thu, 14 Nov 2024 08:15:00 "
            "+0000\n"
            "From: =?utf-8?q?A=2C?= B%s <a@%s.example>\nTo: b@x.example\n"
            "Subject: =?utf-8?b?c8OkZw==?=\nMessage-ID: <%d@x.example>\n\nbody %d\n\n",
            i, i, i % 2 == 0 ? "" : " <c@y.example>,", i % 3 == 0 ? "x" : "y", i, i);
    return len;
}

/* Two frames, the first with a checksum. */
static bool put_zst(const char *path, const char *text, size_t len, bool damaged)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t half = len / 2, cap = ZSTD_compressBound(len) * 2 + 100, a, b;
    char *out = malloc(cap);
    bool good = z != NULL && out != NULL;

    if (good) {
        ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
        a = ZSTD_compress2(z, out, cap, text, half);
        ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 0);
        b = ZSTD_compress2(z, out + a, cap - a, text + half, len - half);
        if (damaged)
            out[a + b / 2] ^= 0x55;
        good = !ZSTD_isError(a) && !ZSTD_isError(b) && put(path, out, a + b);
    }
    ZSTD_freeCCtx(z);
    free(out);
    return good;
}

size_t scene_tar_head(char *out, const char *name, size_t len)
{
    unsigned sum = 0;

    memset(out, 0, 512);
    (void)snprintf(out, 100, "%s", name);
    (void)snprintf(out + 100, 8, "0000600");
    (void)snprintf(out + 124, 12, "%011o", (unsigned)(len & 0xFFFFFFF));
    memset(out + 148, ' ', 8);
    out[156] = '0';
    memcpy(out + 257, "ustar\00000", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)out[i];
    (void)snprintf(out + 148, 8, "%06o", sum);
    return 512;
}

/* One ustar member and the two empty blocks at the end. */
static bool put_tar(const char *path, const char *text, size_t len)
{
    char *out = calloc(1, 512 + (len + 511) / 512 * 512 + 1024);
    bool good;

    if (out == NULL)
        return false;
    memcpy(out + scene_tar_head(out, "mail/1.eml", len), text, len);
    good = put(path, out, 512 + (len + 511) / 512 * 512 + 1024);
    free(out);
    return good;
}

static bool put_journal(const char *path)
{
    static const char report[] =
        "From: <j@corp.example>\nTo: <j@corp.example>\nSender: <journal@corp.example>\n"
        "Message-ID: <r@corp.example>\nX-MS-Exchange-Organization-Journal-Report:\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"
        "Content-Type: text/plain; charset=\"us-ascii\"\n\nSender: a@x.example\nSubject: s\n"
        "Message-Id: <1@x.example>\nTo: b@y.example\n\n--b\nContent-Type: message/rfc822\n\n"
        "Return-Path: <a@x.example>\nFrom: <a@x.example>, <c@y.example>\nMessage-ID: "
        "<1@x.example>\n\n"
        "inner\n\n--b--\n";

    return put(path, report, strlen(report));
}

bool scene_begin(void)
{
    enum { MESSAGES = 12 };
    static char text[16384];
    size_t len;

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return false;
    len = make_mbox(text, sizeof(text), MESSAGES);
    return put("mail.mbox", text, len) && put_zst("mail.mbox.zst", text, len, false) &&
           put_zst("damaged.zst", text, len, true) && put_journal("journal.eml") &&
           put_tar("mail.tar", strchr(text, '\n') + 1, len / MESSAGES) &&
           put("list", "mail.mbox\njournal.eml\n", 22) && mkdir("maildir", 0700) == 0 &&
           mkdir("maildir/cur", 0700) == 0 && mkdir("maildir/new", 0700) == 0 &&
           put("maildir/cur/1:2,S", strchr(text, '\n') + 1, 200);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void scene_end(void)
{
    if (chdir("/") == 0)
        (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
