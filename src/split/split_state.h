/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the state of one input, and the ways in which a format hands
 * out messages, keeps the accounts and asks for more bytes.
 *
 * A format never sees a chunk, it sees a window: bytes of the input in a row. Whoever works through
 * a window says how much of it need not be shown again; what is left over, and the bytes that
 * follow, are the next window. That is all there is to cuts: a question that cannot be answered yet
 * is asked again with more bytes, so the answer cannot depend on where the input was cut.
 */
#ifndef TWF_SPLIT_SPLIT_STATE_H
#define TWF_SPLIT_SPLIT_STATE_H

#include "base/buf.h"
#include "split/split.h"

enum {
    TWF_FILE_HEAD = 8192, /* a file is recognised by its first bytes, at most so many */
    TWF_FROM_LINE = 1000, /* bytes of a From_ line, line end included */
    TWF_FROM_LOOK = 1100, /* of a From_ line and as much of the next as tells a field */
    TWF_TAR_BLOCK = 512
};

struct twf_window {
    const uint8_t *ptr;
    size_t len;
    uint64_t off; /* of ptr[0] in the input */
    bool last;    /* the file (input or member) ends behind it */
};

enum twf_look { TWF_LOOK_NO, TWF_LOOK_YES, TWF_LOOK_MORE };

/* What bytes were. */
enum twf_class_of_bytes { TWF_BYTES_MESSAGE, TWF_BYTES_SEPARATOR, TWF_BYTES_GAP };

/* The message that is open, and what is kept of it when its first bytes are gone. */
struct twf_seam {
    bool is_open;
    bool parked;   /* text and from_line are copies */
    bool keep_all; /* a candidate of a journal report: text grows to its end */
    uint64_t start;
    uint64_t seen;     /* bytes before this offset are in text, or are not needed */
    size_t scanned;    /* bytes of text searched for the empty line */
    size_t header_len; /* with its empty line; 0: not met yet */
    struct twf_buf text;
    struct twf_buf from_copy;
    struct twf_span from_line;
};

enum twf_file_phase {
    TWF_FILE_PROBE, /* not recognised yet */
    TWF_FILE_SEEK,  /* mbox: no message is open */
    TWF_FILE_MBOX,  /* mbox: in a message */
    TWF_FILE_EML,
    TWF_FILE_SKIP /* not mail, or the rest of a message that damage cut */
};

/* Does Content-Length decide in an mbox? See mbox_length.c. */
enum twf_length_mode { TWF_LENGTH_OFF, TWF_LENGTH_AUTO, TWF_LENGTH_FORCED };

/* One file: the input, or a member of a tar. */
struct twf_file {
    enum twf_file_phase phase;
    enum twf_split_format format; /* asked for; TWF_SPLIT_AUTO: by content */
    bool is_member;
    bool lost; /* seek: bytes before the next message are a gap */
    bool apple_double;
    enum twf_length_mode length_mode;
    uint64_t length_exact;  /* messages that ended where Content-Length said */
    uint64_t length_passed; /* From_ lines inside a body, passed by Content-Length */
    uint64_t start;         /* offset of its first byte */
    struct twf_buf carry;   /* the end of the last window: shown again with what follows */
    size_t want;            /* bytes that the next window must have, unless it is the last */
};

enum twf_tar_phase {
    TWF_TAR_HEADER,
    TWF_TAR_META,   /* a long name or pax records */
    TWF_TAR_SPARSE, /* further blocks of an old GNU sparse map */
    TWF_TAR_LINK,   /* is there a body behind a link? */
    TWF_TAR_BODY,
    TWF_TAR_SKIP, /* the body of a member that is no message */
    TWF_TAR_PAD,
    TWF_TAR_LOST, /* looks for a header */
    TWF_TAR_END
};

/* What pax records say about the next member, or about all. */
struct twf_pax {
    struct twf_buf path;
    bool has_path, has_size, sparse;
    uint64_t size;
};

struct twf_tar {
    enum twf_tar_phase phase;
    uint8_t block[TWF_TAR_BLOCK];
    size_t have;    /* bytes of block that are filled */
    uint64_t left;  /* bytes of the body, the meta data or the padding still to come */
    uint32_t pad;   /* padding behind them */
    char meta_kind; /* 'L', 'K', 'x', 'g' */
    bool meta_cut;
    struct twf_buf meta;
    struct twf_buf long_name;
    bool has_long_name;
    struct twf_pax next, global;
    struct twf_buf name;   /* of the member at hand */
    struct twf_span shown; /* its copy in the arena of this call, or NULL */
    const char *skipped;   /* why it is no message */
    bool skip_is_gap;
    bool zero_block;   /* the block before was all zero */
    bool bytewise;     /* lost: a header may begin at any byte */
    bool past_zeros;   /* end: something follows that is not zero */
    uint64_t lost_off; /* where the gap begins */
    const char *lost_why;
};

struct twf_splitter {
    struct twf_split_options opt;
    enum twf_split_format format; /* of the input */
    bool decided;
    bool gap_pending; /* twf_splitter_gap was called while a message may be open */
    uint64_t gap_len;
    uint64_t off;        /* of the next byte to be fed */
    uint64_t done;       /* bytes before this offset are in the accounts */
    struct twf_buf head; /* first bytes, until it is known whether they begin a tar */
    struct twf_split_sums sums;
    struct twf_seam seam;
    struct twf_file file;
    struct twf_tar tar;
    /* one call */
    struct twf_arena *arena;
    struct twf_buf messages, notes;
    bool cut;    /* the end of this window is no end, but damage */
    bool failed; /* no memory */
};

/* splitter.c */
/* Bytes up to an offset were of this class. */
void twf_split_account(struct twf_splitter *s, uint64_t upto, enum twf_class_of_bytes what);
void twf_split_note(struct twf_splitter *s, enum twf_split_note_kind kind, uint64_t off,
                    uint64_t len, bool gap, const char *fmt, ...) TWF_PRINTF(6, 7);

/* seam.c */
/* A message begins. from_line lies in the window. */
void twf_seam_open(struct twf_splitter *s, uint64_t start, struct twf_span from_line);
/* The window ends at upto for now: keeps what is needed of the open message. */
void twf_seam_park(struct twf_splitter *s, const struct twf_window *w, uint64_t upto);
/*
 * The open message ends at end, which lies in the window; hands it out. cut: it went on behind
 * that.
 */
void twf_seam_close(struct twf_splitter *s, const struct twf_window *w, uint64_t end, bool cut);
/*
 * End of the header block in text, its empty line included; 0 where text ends before it. *scanned:
 * as far as text was searched by the last call.
 */
size_t twf_seam_header_end(struct twf_span text, size_t *scanned);
/* Its header block with the empty line; an empty span where that did not come before upto. */
struct twf_span twf_seam_header(struct twf_splitter *s, const struct twf_window *w, uint64_t upto);
/* Shows a file its next bytes; off is that of the first. With last the file ends behind them. */
void twf_file_feed(struct twf_splitter *s, struct twf_span chunk, uint64_t off, bool last);
/* A file begins at off. */
void twf_file_begin(struct twf_splitter *s, uint64_t off, enum twf_split_format format,
                    bool is_member);

/* formats.c */
/* Works through a window; the result is how many bytes need not be shown again. */
size_t twf_file_step(struct twf_splitter *s, const struct twf_window *w);
/* Bytes of blank lines, and of a byte order mark before them if bom is set. */
size_t twf_file_lead(struct twf_span head, bool bom);
/* One of the first lines of the header block is a field. */
bool twf_file_has_field(struct twf_span head);

/* from_line.c */
/*
 * Is the line at p, which begins with "From ", the beginning of a message? blank: an empty line, or
 * nothing, stands before it. On YES *line_len is its length with the line end, *text_len without.
 */
enum twf_look twf_from_line_look(const uint8_t *p, size_t len, bool last, bool blank,
                                 size_t *line_len, size_t *text_len);
/* The line itself proves it: a sender, then a date. */
bool twf_from_line_is_real(struct twf_span line);
/* A field name and ':' stand at the start of p. */
enum twf_look twf_field_look(const uint8_t *p, size_t len, bool last);

/* split_mbox.c */
struct twf_boundary {
    size_t hold; /* first byte that has to be shown again when the answer needs more */
    size_t end;  /* where the message before it ends: its separating blank line excluded */
    size_t line; /* the From_ line */
    size_t text; /* bytes of it without the line end */
    size_t next; /* the message behind it */
};
size_t twf_mbox_seek(struct twf_splitter *s, const struct twf_window *w);
size_t twf_mbox_step(struct twf_splitter *s, const struct twf_window *w);

/* mbox_length.c */
/*
 * A boundary was found by its From_ line: does Content-Length agree? May move b to where it says;
 * NO never; MORE sets file.want counted from b->hold.
 */
enum twf_look twf_mbox_length(struct twf_splitter *s, const struct twf_window *w,
                              struct twf_boundary *b);
/* The last message of the mbox ends at end. */
void twf_mbox_length_last(struct twf_splitter *s, const struct twf_window *w, uint64_t end);

/* split_eml.c */
size_t twf_eml_step(struct twf_splitter *s, const struct twf_window *w);
size_t twf_skip_step(struct twf_splitter *s, const struct twf_window *w);

/* split_tar.c */
void twf_tar_begin(struct twf_splitter *s);
void twf_tar_feed(struct twf_splitter *s, struct twf_span chunk, bool last);
/* Damage lies here: the next header may begin anywhere. */
void twf_tar_lose(struct twf_splitter *s);

/* tar_member.c */
struct twf_tar_head;
/* A member begins at s->off, behind this header. */
void twf_tar_member(struct twf_splitter *s, const struct twf_tar_head *h);
/* The long name or the pax records in tar.meta are complete. */
void twf_tar_meta(struct twf_splitter *s);

/* tar_header.c */
struct twf_tar_head {
    struct twf_span name, prefix;
    uint64_t size;
    bool size_good;
    bool sparse_more; /* GNU sparse: blocks of the map follow */
    char type;
};
/* False where the checksum is wrong: it is no header then. */
bool twf_tar_head_read(const uint8_t block[TWF_TAR_BLOCK], struct twf_tar_head *out);
bool twf_tar_block_is_zero(const uint8_t block[TWF_TAR_BLOCK]);
/* pax records ("LEN KEY=VALUE\n"); false where they are damaged (those before still count). */
bool twf_pax_read(struct twf_pax *pax, struct twf_span records);

#endif
