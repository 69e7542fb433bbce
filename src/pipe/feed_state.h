/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a feed, for feed.c and feed_resume.c. */
#ifndef TWF_PIPE_FEED_STATE_H
#define TWF_PIPE_FEED_STATE_H

#include <openssl/evp.h>

#include "pipe/cut.h"
#include "pipe/feed.h"

enum {
    TWF_FEED_LOAD = 256 * 1024,
    TWF_FEED_FILES = 64,
    TWF_FEED_NEAR = 64
};

/* A path whose turn comes next. */
struct twf_feed_entry {
    char *path;   /* NULL: the walk failed here, and error tells */
    bool maildir, named;
    struct twf_error error;
};

struct twf_feed {
    const struct twf_setup *setup;
    struct twf_io *io;
    struct twf_lender *lender;
    const atomic_bool *stop;
    struct twf_walk *walk;
    struct twf_cut *cut;
    bool walk_ended;
    struct twf_feed_entry entries[TWF_FEED_FILES];
    struct twf_io_load loads[TWF_FEED_FILES];
    size_t entry_len, entry_at;   /* entries from entry_at on wait */
    size_t load_len;              /* the first ones of loads belong to entries and were tried */
    /* The input at hand. */
    bool is_open, is_stream, at_end;
    struct twf_io_file *file;     /* NULL: it was loaded whole */
    bool changed;
    struct twf_block *block;      /* held while bytes of it are left */
    struct twf_block *group;      /* of loads; held until the last of them was cut */
    struct twf_span bytes;
    /* Frames are passed by their headers, and not read. */
    bool jumps, no_jumps;         /* no_jumps: some of it can only be read */
    uint64_t jump_off;            /* the next one */
    uint8_t near[TWF_FEED_NEAR];  /* bytes of the file from near_off on */
    uint64_t near_off;
    size_t near_len;
    uint64_t drop;                /* bytes still to be read that were taken before a resume */
    struct twf_source *source;    /* of the open input; the writer does not free it before its end */
    EVP_MD_CTX *digest;           /* of its bytes; NULL: nobody asks */
    bool digest_whole;            /* no byte was missing */
};

/* The source_uri of a path, redacted where that is asked for. NULL without memory. */
char *twf_feed_uri(const struct twf_setup *s, const char *path);
/* Takes paths off the walk, as many as one group can have. */
enum twf_status twf_feed_queue(struct twf_feed *r, struct twf_error *err);
/* The id of the file that is open. */
enum twf_status twf_feed_identify(struct twf_feed *r, struct twf_source *s, struct twf_error *err);
void twf_feed_digest_begin(struct twf_feed *r);

/* ---- feed_jump.c ---- */

/* What comes next of the input is passed by headers of frames and blocks, as nobody needs most of it. */
bool twf_feed_jumps(struct twf_feed *r);
/* The next frame, of which only the headers are read; where that cannot be, blocks are read on from there. */
enum twf_status twf_feed_jump(struct twf_feed *r, struct twf_job *j, struct twf_error *err);

#endif
