/* SPDX-License-Identifier: Apache-2.0 */
/* What the program twofrom needs beside a run: words for people, explain, doctor, version. */
#ifndef TWF_TOOLS_H
#define TWF_TOOLS_H

#include <signal.h>
#include <stddef.h>

#include <twofrom/status.h>
#include <twofrom/twofrom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Outputs without a path go to this descriptor (default: none, such an output is TWF_ERR_ARG). Before
 * the first twf_run_next. The descriptor stays the caller's. */
TWF_API void twf_run_set_stdout(struct twf_run *r, int fd);

/* TWF_LOG_INCIDENT: of an input something was not read, so that the run is incomplete. Each of them is told
 * as it comes, in input order, up to the limit "rows"; the summary lists them again. */
enum twf_log_level {
    TWF_LOG_ERROR,
    TWF_LOG_WARNING,
    TWF_LOG_INCIDENT,
    TWF_LOG_INFO,
    TWF_LOG_DEBUG
};
/* Called on the caller's thread, inside twf_run_next, with one line without newline; the line may hold
 * bytes of file names: escape it. */
typedef void twf_log_fn(void *ctx, enum twf_log_level level, const char *line);
TWF_API void twf_run_set_log(struct twf_run *r, twf_log_fn *fn, void *ctx);
/* Called on the caller's thread, inside twf_run_next, at least ten times a second: for a progress line. */
typedef void twf_tick_fn(void *ctx, const struct twf_run *r);
TWF_API void twf_run_set_tick(struct twf_run *r, twf_tick_fn *fn, void *ctx);

/*
 * A process for the work, and this one, which stands by. Returns -1 in the new process, or where there is
 * none (option "crash-restarts" is 0, or the system refuses): the caller does its work. In the old one it
 * returns when the work is over, with its exit status. Where the new process dies of a fault of the program
 * while it judges a message, it is started again without that message, which becomes an incident "crash";
 * after a checkpoint from there, else from the beginning, and what standard output got already is not
 * written twice. INT and TERM are handed on: the new process heeds only those that come from *supervisor, which
 * is the number of the old one, or 0 where there is none. Before there are threads and before twf_run_open; log
 * (may be NULL) hears why something was started again or given up.
 */
TWF_API int twf_supervise(struct twf_options *o, int *supervisor, twf_log_fn *log, void *log_ctx);

/* The end summary in words, owned by the run, until the next call or close. NULL without memory. */
TWF_API const char *twf_run_summary_text(struct twf_run *r, int ascii, int color, size_t *len);

/* Returns 0, or -1 with errno set: the output is then given up. */
typedef int twf_write_fn(void *ctx, const void *ptr, size_t len);

/*
 * Every step for one message: "FILE.eml", "-", "ARCHIVE@OFFSET" (decoded bytes) or "ARCHIVE#INDEX".
 * TWF_ERR_ARG where there is no such message.
 */
TWF_API TWF_MUST_USE enum twf_status twf_explain(const struct twf_options *o, const char *spec,
                                                 twf_write_fn *write, void *ctx,
                                                 struct twf_error *err);
/* A code of a record's findings or allowances; strings are static, "" where there is none. */
struct twf_code {
    const char *code, *text;
    const char *level;  /* of a finding, at most */
    const char *effect; /* of an allowance: "removes", "text", "one step" or "annotate" */
    const char *rfc, *cve;
    int exchange_like;  /* --checks exchange-like reports it */
};
/* The i-th code, findings first; 0 where there is none. */
TWF_API int twf_code_at(size_t i, struct twf_code *out);

/*
 * What archives can prove, and what the Exchange servers in their Received lines were (docs/exchange.md),
 * as lines of words to write; options "own", "others", "builds", "suv1", "transport-rules",
 * "exchange-build", "exchange-rule", "diff-exchange", "html". *exit_code: as twf_run_exit_code, and 1 where a
 * line has the colour of "fail-on". TWF_ERR_ARG: nothing was read.
 */
TWF_API TWF_MUST_USE enum twf_status twf_health(const struct twf_options *o,
                                                const char *const *inputs, size_t n,
                                                twf_write_fn *write, void *ctx, twf_log_fn *log,
                                                void *log_ctx, int *exit_code,
                                                struct twf_error *err);
/*
 * Messages out of archives into files of the folder of option "to" (docs/exchange.md tells of
 * "annotate"): specs as for twf_explain, and the records of option "from-records". Names are made of
 * hashes; archives are only read. A line of words for each file goes to write; what is not there goes
 * to log (may be NULL), and *exit_code is then 3. TWF_ERR_ARG: nothing was read.
 */
TWF_API TWF_MUST_USE enum twf_status twf_extract(const struct twf_options *o,
                                                 const char *const *specs, size_t n,
                                                 twf_write_fn *write, void *ctx, twf_log_fn *log,
                                                 void *log_ctx, int *exit_code,
                                                 struct twf_error *err);
/*
 * Rewrites the archive in into zstd frames that begin with a message, as the new file out
 * (docs/pack.md); options "frame-size", "level", "clobber". What was written is read back; two lines
 * of words go to write. TWF_ERR_FORMAT, _LIMIT, _IO: the input is damaged or changed, and there is no
 * output.
 */
TWF_API TWF_MUST_USE enum twf_status twf_pack(const struct twf_options *o, const char *in,
                                              const char *out, twf_write_fn *write, void *ctx,
                                              struct twf_error *err);
/* What became of the index of an archive. */
enum twf_index_result {
    TWF_INDEX_WRITTEN,
    TWF_INDEX_FRESH,   /* it was there already */
    TWF_INDEX_NONE,    /* the archive has none, and gets none: why tells */
    TWF_INDEX_STALE,   /* made from another state of the archive, or in another way */
    TWF_INDEX_DAMAGED, /* cut or changed: nothing of it is believed */
    TWF_INDEX_FAILED   /* could not be written */
};
struct twf_index_report {
    const char *archive, *index; /* paths; index may be NULL. They live during the call */
    const char *why;             /* or NULL */
    enum twf_index_result result;
    uint64_t messages, batches, bytes, archive_bytes;
    uint64_t gaps; /* incidents of the archive that the index tells of; a run over it is incomplete */
};
typedef void twf_index_fn(void *ctx, const struct twf_index_report *r);

/* How a caller takes part in twf_index and twf_hunt; every member may be NULL. */
struct twf_hooks {
    void *ctx;
    twf_index_fn *index;
    twf_log_fn *log;
    /* The run at work, after each of its batches: for a progress line. */
    void (*tick)(void *ctx, const struct twf_run *r);
    const volatile sig_atomic_t *stop; /* not 0: end soon, TWF_ERR_STOPPED */
    /* A value of the option "group-by" and the hits that have it, most frequent first. */
    void (*group)(void *ctx, const char *value, size_t len, uint64_t count, int is_null);
};

/*
 * Writes ARCHIVE.twofrom.arrow (docs/index.md) beside each archive, or into the folder of the option
 * "index-dir"; archives whose index is fresh are left alone. With the option "check" it only looks at
 * those that are there, every byte of them. *exit_code as for a run: 3 where an archive was not read
 * whole, now or when its index was made, or, with "check", an index is not what it must be; 4 where one could not be written.
 */
TWF_API TWF_MUST_USE enum twf_status twf_index(const struct twf_options *o, const char *const *paths,
                                               size_t n, const struct twf_hooks *hooks,
                                               int *exit_code, struct twf_error *err);
enum twf_rules_task { TWF_RULES_LIST, TWF_RULES_LINT, TWF_RULES_TEST, TWF_RULES_SHOW };
/*
 * Looks at rules (docs/rules.md): those of the options "rules", "filters" and "no-shipped-rules", or of
 * the file or folder target; target may also be an id or its beginning, or NULL for all. LIST: a line
 * each; LINT: every fault with its place; TEST: the examples in them, judged; SHOW: the text of a
 * rule, or with with_hs what is looked for. *exit_code: 2 where a rule is wrong or an example fails.
 */
TWF_API TWF_MUST_USE enum twf_status twf_rules_tool(const struct twf_options *o,
                                                    enum twf_rules_task what, const char *target,
                                                    int with_hs, twf_write_fn *write, void *ctx,
                                                    int *exit_code, struct twf_error *err);
struct twf_hunt_result {
    uint64_t messages, hits;
    /* Archives that were asked through their index, through a run, and not at all ("only-index"). */
    uint64_t from_index, from_archive, left_out;
    uint64_t elapsed_ns;
    int exit_code; /* as of a run, and 3 where archives were left out */
};
/*
 * Asks every message the questions of the option "expression" (docs/hunting.md): from the index of an archive
 * where it is fresh and holds what is asked for, else from the archive; the records are the same. Outputs
 * without a path go to fd (-1: none). TWF_ERR_ARG and TWF_ERR_RULES: the question is wrong.
 */
TWF_API TWF_MUST_USE enum twf_status twf_hunt(const struct twf_options *o, const char *const *paths,
                                              size_t n, int fd, const struct twf_hooks *hooks,
                                              struct twf_hunt_result *result,
                                              struct twf_error *err);
/* What is used and what is not on this machine. *exit_code: 0 a scan would run, 5 it would not. */
TWF_API TWF_MUST_USE enum twf_status twf_doctor(const struct twf_options *o, twf_write_fn *write,
                                                void *ctx, int *exit_code, struct twf_error *err);
/*
 * src as a terminal may have it, into dst: controls, bidi controls, invisible code points and bytes
 * that are no UTF-8 become \xHH or \u{202E}; with ascii nothing but 0x20 to 0x7E is left. What does
 * not fit into cap (at least 4) bytes ends in "...". Returns the length without the NUL; 0 without
 * memory.
 */
TWF_API size_t twf_escape(char *dst, size_t cap, const char *src, int ascii);
/* One line into dst, cut at cap bytes with the NUL (256 are enough): versions of program, schema, ABI, parser,
 * of the libraries in use, date of the suffix list, kernels of this machine. Its length; 0 without memory. */
TWF_API size_t twf_version_text(char *dst, size_t cap);
/* Names that twf_options_set knows, terminated by NULL. Static. */
TWF_API const char *const *twf_option_names(void);

#ifdef __cplusplus
}
#endif

#endif
