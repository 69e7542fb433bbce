/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the strict parse of one value; internal to parse. */
#ifndef TWF_PARSE_ADDRESS_SCAN_H
#define TWF_PARSE_ADDRESS_SCAN_H

#include "parse/addr_lex.h"
#include "parse/parse.h"

/* Text that grows up to what the value can give; ptr NULL: nobody wants it. */
struct twf_scan_text {
    uint8_t *ptr;
    uint32_t len;
};

/*
 * A value is a list of pieces, parted by ',' ';' and ':'. A piece is a phrase and an angle address,
 * or an addr-spec, or nothing.
 */
struct twf_address_scan {
    const uint8_t *ptr;
    uint32_t len, off;
    struct twf_domains *domains; /* NULL: only the form is asked, no domain and no text */
    struct twf_arena *arena;
    struct twf_from *out;
    uint32_t mailboxes_max, depth_max;

    struct twf_mailbox *mailboxes;
    uint32_t mailbox_cap;
    struct twf_scan_text phrase;   /* phrases and skipped text */
    struct twf_scan_text comments;

    /* Tokens that never end from here on: their first byte is then a byte like others. */
    bool quotes_off, comments_off, brackets_off;
    uint32_t bracket_end; /* behind a [...] that stands in a phrase */

    bool failed;          /* an error outside obs- grammar, also one without a bit of its own */
    bool stopped;         /* limit "mailboxes" */
    bool ldh;             /* every domain so far is LDH with a dot */

    bool angle_open;      /* a '<' that no '>' ended yet */
    bool in_angle;        /* and what it holds may still become an addr-spec */
    bool angle_route;     /* it began with '@' or ',', and no ':' was met: a ',' may stand in it */
    uint32_t angle_off;
    uint8_t before;       /* the last byte that is no CFWS */

    bool in_group;
    uint32_t group_off;   /* of its ':' */
    bool address_ahead_asked, address_ahead;

    /* The piece at hand. */
    uint32_t piece_off, piece_end; /* to the end of its last token */
    uint32_t piece_text;           /* phrase.len where it began */
    uint32_t display_text;         /* phrase.len where the next display text begins */
    uint32_t words;
    uint32_t at_off, bad_off;      /* its first @, and first byte no phrase has; UINT32_MAX */
    bool obs_phrase;
    bool alnum;                    /* a letter or a digit in its words */
    bool bracket_met;              /* '<' or '>' */
    bool after_angle, after_group; /* a '>' or the ';' of a group stands before */
    bool skipping;                 /* an error was noted: what follows is text */
    int run;                       /* bit whose length still grows, or -1 */
};

/* Parses s->ptr[0 .. len). The caller fills in the first block of members. */
void twf_address_scan(struct twf_address_scan *s);

/* ---- address_piece.c, for the scanner ---- */

/* Sets an error's bit, with the place where it was first met. */
void twf_scan_note(struct twf_address_scan *s, enum twf_addr_error error, uint32_t off,
                   uint32_t len);
/* Bytes that the error of an addr-spec which ended at end names. */
uint32_t twf_scan_error_len(const struct twf_addr_spec *spec, uint32_t end);

void twf_scan_put(struct twf_scan_text *t, const uint8_t *ptr, uint32_t len);
/* A blank between two parts. */
void twf_scan_put_gap(struct twf_scan_text *t);
/* [off, end) without the backslashes of quoted-pairs. */
void twf_scan_put_unescaped(struct twf_scan_text *t, const uint8_t *ptr, uint32_t off,
                            uint32_t end);
/* Skipped bytes, kept as they stand. */
void twf_scan_keep_raw(struct twf_address_scan *s, uint32_t off, uint32_t end);
/* A ',' or ';' is kept where the text before it waits for a mailbox. */
void twf_scan_keep_separator(struct twf_address_scan *s, uint32_t off);

void twf_scan_begin_piece(struct twf_address_scan *s, uint32_t off);
/* Each token but CFWS and ',' ';' comes by here. */
void twf_scan_token(struct twf_address_scan *s, uint32_t off, uint32_t end);
/* The same for a byte that no phrase has. */
void twf_scan_bad_byte(struct twf_address_scan *s, uint32_t off);
/* The phrase before a '<' or ':': its errors, unless skipping hides them. */
void twf_scan_judge_phrase(struct twf_address_scan *s, bool before_angle);
/*
 * A piece that ends without an angle address at off: an addr-spec, a phrase, or nothing. A phrase
 * is noted as phrase_error, unless that is TWF_ADDR_SEMICOLON, which was noted before.
 */
void twf_scan_end_piece(struct twf_address_scan *s, uint32_t off,
                        enum twf_addr_error phrase_error);
void twf_scan_add_mailbox(struct twf_address_scan *s, const struct twf_addr_spec *spec, bool angle,
                          uint32_t display_end);
/* What is display text so far belongs to no mailbox that follows. */
void twf_scan_end_display(struct twf_address_scan *s);

#endif
