/* SPDX-License-Identifier: Apache-2.0 */
/* Messages into an mbox (mboxrd), a tar (ustar), a folder of .eml files or a Maildir. */
#ifndef TWF_CORPORA_GEN_GEN_CONTAINER_H
#define TWF_CORPORA_GEN_GEN_CONTAINER_H

#include "corpora/gen/gen.h"
#include "corpora/gen/gen_sink.h"

enum gen_format { GEN_FORMAT_MBOX, GEN_FORMAT_TAR, GEN_FORMAT_EML, GEN_FORMAT_MAILDIR };
enum gen_eol { GEN_EOL_KEEP, GEN_EOL_LF, GEN_EOL_CRLF };

struct gen_container;
/* path: a file (NULL: standard output), or the folder of eml and maildir, made if it is not there. */
struct gen_container *gen_container_open(enum gen_format format, enum gen_eol eol, const char *path,
                                         const struct gen_framing *framing);
void gen_container_add(struct gen_container *c, const struct gen_message *msg);
/* Plain bytes so far. */
uint64_t gen_container_total(const struct gen_container *c);
void gen_container_close(struct gen_container *c);

#endif
