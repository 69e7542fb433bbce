/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard frames: where they begin and end (RFC 8878), one frame into memory, a long frame as a
 * stream. Nothing here reads files. One decoder or stream belongs to one thread at a time.
 */
#ifndef TWF_DECODE_DECODE_H
#define TWF_DECODE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include <twofrom/status.h>

#include "base/buf.h"
#include "base/span.h"

#define TWF_SIZE_UNKNOWN UINT64_MAX

struct twf_frame_info {
    uint64_t comp_len;     /* bytes of the whole frame, header and checksum included */
    uint64_t content_size; /* as the header declares, or TWF_SIZE_UNKNOWN; a claim, not a fact */
    uint64_t bound;        /* no more than this comes out: block sizes added up */
    uint64_t window;       /* bytes; 0 for a skippable frame */
    uint32_t dict_id;
    bool has_checksum;
    bool skippable;
    uint32_t magic; /* 0xFD2FB528, or 0x184D2A50 to 0x184D2A5F */
};

enum twf_frame_event {
    TWF_FRAME_MORE, /* all bytes used, the frame goes on */
    TWF_FRAME_END,  /* the frame ends after *used bytes; info is complete */
    TWF_FRAME_NONE, /* the bytes are no zstd frame (fewer than 4 bytes at the end count as none) */
    TWF_FRAME_BAD   /* a zstd magic, but reserved bits, a reserved block type, impossible sizes */
};

/*
 * In what follows twf_error.off counts from the first byte of the frame (of the file, for a seek
 * table).
 */

/*
 * Walks one frame by its block headers, however the bytes are cut: nothing is decoded. Start with
 * twf_frame_walk_init; feed consecutive bytes. info is valid from the moment header_done is set.
 */
struct twf_frame_walk {
    struct twf_frame_info info;
    bool header_done;
    uint8_t pending[18]; /* a header that was cut by the end of the bytes */
    uint8_t pending_len;
    uint8_t state;
    bool last_block;
    uint64_t skip;   /* bytes of a block or skippable content still to pass */
    const char *why; /* for TWF_FRAME_BAD: static words */
};
void twf_frame_walk_init(struct twf_frame_walk *w);
/*
 * eof: no bytes follow these (decides between MORE and NONE for fewer than 4 bytes). *used is 0 at
 * TWF_FRAME_NONE. After an event other than MORE the walk is over.
 */
enum twf_frame_event twf_frame_walk_feed(struct twf_frame_walk *w, const uint8_t *ptr, size_t len,
                                         bool eof, size_t *used);
/* The next bytes that tell nothing of where the frame ends: contents of blocks, a checksum. 0 in a header. */
uint64_t twf_frame_walk_ahead(const struct twf_frame_walk *w);
/* Passes over n of these, unseen, n <= twf_frame_walk_ahead. */
enum twf_frame_event twf_frame_walk_pass(struct twf_frame_walk *w, uint64_t n);

/* ---- one frame that fits into memory ---- */

struct twf_decoder;
TWF_MUST_USE enum twf_status twf_decoder_new(struct twf_decoder **out, struct twf_error *err);
void twf_decoder_free(struct twf_decoder *d);

enum twf_frame_verified {
    TWF_VERIFIED_OK,
    TWF_VERIFIED_BAD,
    TWF_VERIFIED_NONE,
    TWF_VERIFIED_PENDING
};

/*
 * Decodes one frame whose compressed bytes, and no others, lie in n segments, one after another,
 * into dst. The window is not limited here: the caller has walked over the frame and knows it. On
 * damage returns TWF_ERR_FORMAT, and *produced still tells how many bytes came out before it: they
 * stand in dst, and *verified is BAD. TWF_ERR_LIMIT: more than cap bytes would come out (the caller
 * takes the stream instead); dst is then undefined. *verified: OK only where a checksum held.
 */
TWF_MUST_USE enum twf_status twf_decoder_frame(struct twf_decoder *d,
                                               const struct twf_span *segments, size_t n,
                                               uint8_t *dst, size_t cap, size_t *produced,
                                               enum twf_frame_verified *verified,
                                               struct twf_error *err);

/*
 * The beginning of a frame, whose bytes lie in comp: at least want bytes of it, or all (TWF_END). *used:
 * compressed bytes that are needed for it. What lies behind is neither decoded nor verified. comp and dst
 * stay as they are as long as twf_decoder_more is called.
 */
TWF_MUST_USE enum twf_status twf_decoder_begin(struct twf_decoder *d, struct twf_span comp,
                                               uint8_t *dst, size_t cap, size_t want,
                                               size_t *produced, size_t *used,
                                               struct twf_error *err);
struct twf_frame_head {
    struct twf_span comp;
    uint8_t *dst;
    size_t cap;
};
enum { TWF_DECODER_HEADS = 4 };
/*
 * For these n <= TWF_DECODER_HEADS frames twf_decoder_begin will be called next, in this order, with this comp, dst and
 * cap: what takes long is done for all of them side by side. Only a matter of speed; other calls may come instead.
 */
void twf_decoder_prepare(struct twf_decoder *d, const struct twf_frame_head *heads, size_t n);
/* Goes on where the frame at hand stands. On an error *produced and *used are undefined. */
TWF_MUST_USE enum twf_status twf_decoder_more(struct twf_decoder *d, size_t want, size_t *produced,
                                              size_t *used, struct twf_error *err);

/* ---- the first bytes of a frame, and no whole blocks ---- */

/* About 170 KiB of tables and literals. */
struct twf_prefix;
/* NULL without memory. */
struct twf_prefix *twf_prefix_new(void);
void twf_prefix_free(struct twf_prefix *p);
/*
 * A frame that lies in comp begins; its first bytes will come out into cap bytes at dst. Both stay as they
 * are until the last call of twf_prefix_more. False: not ours to decode, as twf_prefix_more says it.
 */
TWF_MUST_USE bool twf_prefix_begin(struct twf_prefix *p, struct twf_span comp, uint8_t *dst, size_t cap);
/*
 * Decodes on until at least want bytes, or cap, stand in dst. *produced: how many there are. TWF_END: the
 * frame has no more. TWF_ERR_FORMAT: it is damaged, needs a dictionary, or does not fit into cap; what
 * twf_decoder_frame says then holds. TWF_OK vouches for nothing behind *produced, and no checksum is looked at.
 */
TWF_MUST_USE enum twf_status twf_prefix_more(struct twf_prefix *p, size_t want, size_t *produced);
/*
 * n frames that have begun, and of which nothing came out: their first literals are decoded side by side, about so
 * many of each. Only a matter of speed.
 */
enum { TWF_PREFIX_ABREAST = 4 };
void twf_prefix_abreast(struct twf_prefix *const *p, size_t n, size_t literals);
/* The literals that came out of the block at hand. */
size_t twf_prefix_literals(const struct twf_prefix *p);
/* Compressed bytes that are needed for it. */
size_t twf_prefix_used(const struct twf_prefix *p);

/* ---- a long frame ---- */

struct twf_stream;
/* max_window: bytes; a frame that asks for more is refused with TWF_ERR_LIMIT. */
TWF_MUST_USE enum twf_status twf_stream_new(uint64_t max_window, struct twf_stream **out,
                                            struct twf_error *err);
void twf_stream_free(struct twf_stream *s);
/* Forgets what was decoded: the next byte begins a frame. */
void twf_stream_reset(struct twf_stream *s);
/*
 * Decodes from src into dst. After an error the stream must be reset. *used and *produced are set
 * in every case, also on TWF_ERR_FORMAT (damage; what was produced before it stands in dst).
 * Returns TWF_OK when dst is full or src is used up, TWF_END when the frame ended (its checksum, if
 * any, held).
 */
TWF_MUST_USE enum twf_status twf_stream_decode(struct twf_stream *s, struct twf_span src,
                                               size_t *used, uint8_t *dst, size_t cap,
                                               size_t *produced, struct twf_error *err);

/* ---- a long frame into memory that goes round: what came out is not copied ---- */

struct twf_lane;
/* max_window: as twf_stream_new. */
TWF_MUST_USE enum twf_status twf_lane_new(uint64_t max_window, struct twf_lane **out,
                                          struct twf_error *err);
void twf_lane_free(struct twf_lane *l);
/*
 * Bytes of memory for a frame, so that what came out stays as it is until keep more bytes came out. info:
 * a header that was walked over.
 */
size_t twf_lane_room(const struct twf_frame_info *info, uint64_t max_window, size_t keep);
/*
 * A frame begins with the next byte; info is its header, cap at least its twf_lane_room. mem belongs to the
 * caller, who leaves it as it is until the frame ends; if it is the memory of the frame before, decoding
 * goes on behind what came out of that one.
 */
void twf_lane_begin(struct twf_lane *l, const struct twf_frame_info *info, uint8_t *mem, size_t cap);
/*
 * Decodes from src; *out is what came out, in one piece in mem and never more than room bytes. Returns
 * TWF_OK when src is used up, when the next block may not fit into room (twf_lane_is_full), or at the end
 * of mem (call again); TWF_END when the frame ended (its checksum, if any, held). On an error *used stops
 * before the block or header that is damaged, *out is what came before it, and a new frame is due.
 */
TWF_MUST_USE enum twf_status twf_lane_decode(struct twf_lane *l, struct twf_span src, size_t *used,
                                             size_t room, struct twf_span *out,
                                             struct twf_error *err);
bool twf_lane_is_full(const struct twf_lane *l);

/* ---- the seek table (zstd seekable format), used to jump and never trusted ---- */

struct twf_seek_entry {
    uint64_t comp_off, comp_len, plain_off, plain_len;
};
struct twf_seek_table {
    struct twf_seek_entry *entries; /* owned; freed by twf_seek_table_free */
    uint32_t count;
    bool has_checksums;
    uint64_t table_off; /* where the skippable frame begins in the file */
};
/*
 * Reads a table out of the last bytes of a file (tail holds the last tail.len bytes of file_size).
 * TWF_END: there is none. TWF_ERR_LIMIT: the table is longer than the tail; *need tells how long.
 * TWF_ERR_FORMAT: there is one, but sizes do not add up to file_size.
 */
TWF_MUST_USE enum twf_status twf_seek_table_read(struct twf_span tail, uint64_t file_size,
                                                 struct twf_seek_table *out, size_t *need,
                                                 struct twf_error *err);
void twf_seek_table_free(struct twf_seek_table *t);

/* "  NAME VERSION" of what is loaded, for `version`. */
void twf_decode_libraries(struct twf_buf *out);

#endif
