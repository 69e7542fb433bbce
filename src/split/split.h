/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain bytes into messages. A splitter keeps the state of one input and is fed its decoded bytes
 * in order, cut anywhere: the messages are the same for every cut. It cannot fail; damage in a
 * container is a note. It belongs to one thread at a time (pipe hands it on with the input).
 *
 * What a splitter hands out points into the fed chunk, or into the "seam": bytes of a message that
 * began in an earlier chunk, copied by the splitter into the caller's arena. Both must live until
 * the caller has judged the messages of this call.
 */
#ifndef TWF_SPLIT_SPLIT_H
#define TWF_SPLIT_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/arena.h"
#include "base/saved.h"
#include "base/span.h"
#include "flow/head.h"
#include "flow/journal.h"
#include "flow/limits.h"
#include "flow/message.h"
#include "kernels/kernels.h"

enum twf_split_format {
    TWF_SPLIT_AUTO,    /* decided by the first bytes */
    TWF_SPLIT_MBOX,    /* o, rd and cl: "\nFrom " decides */
    TWF_SPLIT_MBOXCL2, /* Content-Length decides where it proves right */
    TWF_SPLIT_EML,
    TWF_SPLIT_TAR,
    TWF_SPLIT_UNKNOWN /* not mail: no message, all bytes are one gap */
};

/* Something about the container that must not be passed over in silence. */
enum twf_split_note_kind {
    TWF_NOTE_MEMBER_SKIPPED,  /* sparse, device, link, folder: no message (text tells which) */
    TWF_NOTE_MEMBER_NOT_MAIL, /* a regular member without a header field */
    TWF_NOTE_CONTAINER_BAD, /* checksum or size of a tar header is wrong; bytes up to the next good
                               one are a gap */
    TWF_NOTE_CUT,           /* the input ends inside a message or member */
    TWF_NOTE_LENGTH_LIES,   /* a Content-Length that does not meet a separator */
    TWF_NOTE_NOT_MAIL,      /* the whole input is no mail */
    TWF_NOTE_LIMIT,         /* limit met: text names it */
    TWF_NOTE_LENGTH_DECIDES /* once a file: Content-Length passed From_ lines that lie in bodies */
};

struct twf_split_note {
    enum twf_split_note_kind kind;
    uint64_t off, len; /* decoded bytes concerned */
    bool gap;          /* len bytes are a named gap: exit status 3 */
    char text[160];
};

/* Sums over everything fed so far; after the end message + separator + gap = fed bytes. */
struct twf_split_sums {
    uint64_t fed, message, separator, gap; /* fed and gap count the bytes of twf_splitter_gap too */
    uint64_t messages;                     /* handed out */
};

/* What one call found; arrays live in the arena given to that call. */
struct twf_split_out {
    struct twf_message *messages;
    uint32_t message_count;
    struct twf_split_note *notes;
    uint32_t note_count;
};

struct twf_splitter;

struct twf_split_options {
    enum twf_split_format format;
    bool maildir; /* the input lies in a maildir: container is "maildir" */
    bool journal; /* keep the text of twf_journal_candidate messages */
    const struct twf_limits *limits;
    const struct twf_kernels *kernels;
};

TWF_MUST_USE enum twf_status twf_splitter_new(struct twf_splitter **out, struct twf_error *err);
void twf_splitter_free(struct twf_splitter *s);
/*
 * Prepares for a new input. Options are copied; what they point to must live as long as the
 * splitter.
 */
void twf_splitter_start(struct twf_splitter *s, const struct twf_split_options *o);
/*
 * Takes the next bytes. With last the input ends behind them: the message that is open is handed
 * out. cut: what follows is missing (damage, truncation): an open message is handed out as
 * TWF_MESSAGE_CUT and the splitter resynchronises at the next feed.
 */
TWF_MUST_USE enum twf_status twf_splitter_feed(struct twf_splitter *s, struct twf_span chunk,
                                               bool last, bool cut, struct twf_arena *arena,
                                               struct twf_split_out *out, struct twf_error *err);
/* Decoded bytes are missing here (damage between chunks): off grows by len, counted as gap. */
void twf_splitter_gap(struct twf_splitter *s, uint64_t len);
/*
 * Its state between two feeds, behind what out holds. False, with anything in out, where it is too large to
 * keep (a long journal report is open) or memory ran out: ask again later.
 */
bool twf_splitter_save(const struct twf_splitter *s, struct twf_buf *out);
/* In place of twf_splitter_start: goes on where the saved one stood. TWF_ERR_FORMAT for what is no state. */
TWF_MUST_USE enum twf_status twf_splitter_load(struct twf_splitter *s,
                                               const struct twf_split_options *o,
                                               struct twf_saved *in, struct twf_error *err);
/*
 * Bytes that may come next without anybody looking at them: the rest of the body of one message, when its
 * header is complete and it carries no journal report; UINT64_MAX: to the end of the input. At least the
 * last byte of a member of a tar has to be fed.
 */
uint64_t twf_splitter_spare(const struct twf_splitter *s);
/* len bytes come next, at most twf_splitter_spare, and are counted as if they had been fed. */
void twf_splitter_pass(struct twf_splitter *s, uint64_t len);
const struct twf_split_sums *twf_splitter_sums(const struct twf_splitter *s);
enum twf_split_format twf_splitter_format(const struct twf_splitter *s);
/* "mbox", "eml", "maildir", "tar", "unknown" */
const char *twf_container_name(enum twf_container c);
/* --format NAME; false for an unknown name. */
bool twf_split_format_parse(const char *name, enum twf_split_format *out);

/* ---- journal reports ([MS-XJRNL], docs/formats.md) ---- */

/* The header block has a journal marker. A cheap test; header ends with or without its empty line.
 */
bool twf_journal_marked(struct twf_span header);
/*
 * The same, or it may be a bounce, which can carry a report. A splitter keeps the whole text of
 * such messages; only for them twf_journal_open can find anything.
 */
bool twf_journal_candidate(struct twf_span header);
/* The same for a header that was taken apart: costs a few words where most messages are concerned. */
bool twf_journal_head_candidate(const struct twf_head *h);

enum twf_journal_mode { TWF_JOURNAL_MODE_AUTO, TWF_JOURNAL_MODE_NEVER, TWF_JOURNAL_MODE_REQUIRE };

/*
 * Unwraps a report one layer. text is the whole outer message. out->form is TWF_JOURNAL_NONE when
 * the text is no report; LOOKALIKE when it has a marker and is none (it is then judged as it
 * stands). inner has room for at most 2; *inner_count of them are filled. NDRs around reports are
 * opened too. Decoded text and copies live in the arena.
 */
TWF_MUST_USE enum twf_status twf_journal_open(struct twf_span text, enum twf_journal_mode mode,
                                              const struct twf_limits *limits,
                                              struct twf_arena *arena, struct twf_journal *out,
                                              struct twf_journal_inner inner[2],
                                              uint32_t *inner_count, struct twf_error *err);

#endif
