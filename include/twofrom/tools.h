/* SPDX-License-Identifier: Apache-2.0 */
/* What the program twofrom needs beside a run: words for people, explain, doctor, version. */
#ifndef TWF_TOOLS_H
#define TWF_TOOLS_H

#include <stddef.h>

#include <twofrom/status.h>
#include <twofrom/twofrom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Outputs without a path go to this descriptor (default: none, such an output is TWF_ERR_ARG). Before
 * the first twf_run_next. The descriptor stays the caller's. */
TWF_API void twf_run_set_stdout(struct twf_run *r, int fd);

enum twf_log_level { TWF_LOG_ERROR, TWF_LOG_WARNING, TWF_LOG_INFO, TWF_LOG_DEBUG };
/* Called on the caller's thread, inside twf_run_next, with one line without newline; the line may hold
 * bytes of file names: escape it. */
typedef void twf_log_fn(void *ctx, enum twf_log_level level, const char *line);
TWF_API void twf_run_set_log(struct twf_run *r, twf_log_fn *fn, void *ctx);

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
/*
 * Rewrites the archive in into zstd frames that begin with a message, as the new file out
 * (docs/pack.md); options "frame-size", "level", "clobber". What was written is read back; two lines
 * of words go to write. TWF_ERR_FORMAT, _LIMIT, _IO: the input is damaged or changed, and there is no
 * output.
 */
TWF_API TWF_MUST_USE enum twf_status twf_pack(const struct twf_options *o, const char *in,
                                              const char *out, twf_write_fn *write, void *ctx,
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
/* One line: versions of program, schema, ABI, parser, libraries, suffix list, kernels. Static. */
TWF_API const char *twf_version_text(void);
/* Names that twf_options_set knows, terminated by NULL. Static. */
TWF_API const char *const *twf_option_names(void);

#ifdef __cplusplus
}
#endif

#endif
