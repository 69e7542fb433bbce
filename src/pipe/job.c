/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a job live in its arena: they cost no allocation once the arena has grown. */
#include "pipe/job.h"

#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"

enum { ARENA_BLOCK = 256 * 1024, PLAIN_STEP = 1 << 20 };

void twf_source_free(struct twf_source *s)
{
    if (s == NULL)
        return;
    if (s->io != NULL)
        (void)close(s->fd);
    twf_free(s->uri);
    twf_free(s);
}

uint64_t twf_source_chain(uint64_t chain, const struct twf_source *s)
{
    uint64_t words[6] = {chain, s->size, s->dev, s->ino, (uint64_t)s->mtime_ns, 0};

    words[5] = XXH3_64bits(s->uri, strlen(s->uri));
    return XXH3_64bits(words, sizeof(words));
}

struct twf_job *twf_job_new(uint64_t seed, const struct twf_rules *rules)
{
    struct twf_job *j = twf_calloc(1, sizeof(*j));

    if (j == NULL)
        return NULL;
    twf_arena_init(&j->arena, ARENA_BLOCK);
    twf_buf_init(&j->comp);
    twf_buf_init(&j->fetched);
    twf_buf_init(&j->saved);
    j->keys.seed = seed;
    j->pairs = twf_pairs_new(0, seed);
    if (!twf_rule_hits_init(&j->rule_hits, rules) || j->pairs == NULL) {
        twf_job_free(j);
        return NULL;
    }
    twf_job_reset(j);
    return j;
}

void twf_job_free(struct twf_job *j)
{
    if (j == NULL)
        return;
    twf_arena_fini(&j->arena);
    twf_pairs_free(j->pairs);
    twf_rule_hits_fini(&j->rule_hits);
    twf_free(j->keys.items);
    twf_buf_fini(&j->comp);
    twf_buf_fini(&j->fetched);
    twf_buf_fini(&j->saved);
    twf_free(j->room.ptr);
    twf_free(j->batches);
    for (size_t i = 0; i < j->text_count; i++)
        twf_buf_fini(&j->texts[i]);
    twf_free(j->texts);
    twf_free(j);
}

void twf_job_reset(struct twf_job *j)
{
    twf_arena_reset(&j->arena);
    twf_buf_reset(&j->comp);
    twf_buf_reset(&j->saved);
    twf_pairs_reset(j->pairs);
    twf_rule_hits_reset(&j->rule_hits);
    j->keys.len = 0;
    j->keys.failed = false;
    j->state = TWF_JOB_FREE;
    j->pieces = j->last_piece = NULL;
    j->pieces_end = &j->pieces;
    j->parts = NULL;
    j->parts_end = &j->parts;
    j->stretches = NULL;
    j->stretches_end = &j->stretches;
    j->piece_count = j->block_count = 0;
    j->lane_len = 0;
    j->need = j->far_need = j->given = j->in_total = j->plain_bytes = 0;
    j->lane_full = false;
    j->mark = NULL;
    j->goes_on = NULL;
    j->batch_count = j->batch_taken = 0;
    for (size_t i = 0; i < j->text_count; i++)
        twf_buf_reset(&j->texts[i]);
    j->status = TWF_OK;
}

bool twf_job_texts(struct twf_job *j, size_t n)
{
    j->texts = twf_calloc(n + 1, sizeof(*j->texts));
    if (j->texts == NULL)
        return false;
    for (; j->text_count < n; j->text_count++)
        twf_buf_init(&j->texts[j->text_count]);
    return true;
}

struct twf_piece *twf_job_piece(struct twf_job *j, enum twf_piece_kind kind)
{
    struct twf_piece *p = twf_arena_calloc(&j->arena, 1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->kind = kind;
    *j->pieces_end = j->last_piece = p;
    j->pieces_end = &p->next;
    j->piece_count++;
    return p;
}

struct twf_part *twf_job_part(struct twf_job *j, struct twf_source *source)
{
    struct twf_part *p = twf_arena_calloc(&j->arena, 1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->source = source;
    p->remarks_end = &p->remarks;
    *j->parts_end = p;
    j->parts_end = &p->next;
    return p;
}

struct twf_stretch *twf_job_stretch(struct twf_job *j, struct twf_part *part)
{
    struct twf_stretch *s = twf_arena_calloc(&j->arena, 1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->part = part;
    *j->stretches_end = s;
    j->stretches_end = &s->next;
    return s;
}

void twf_job_remark(struct twf_job *j, struct twf_part *part, const struct twf_remark *r)
{
    size_t len = strlen(r->text) + 1;
    struct twf_remark *copy = twf_arena_alloc(&j->arena, sizeof(*copy));
    char *text = twf_arena_alloc(&j->arena, len);

    if (copy == NULL || text == NULL)
        return;
    memcpy(text, r->text, len);
    *copy = *r;
    copy->text = text;
    copy->next = NULL;
    *part->remarks_end = copy;
    part->remarks_end = &copy->next;
    part->incomplete |= r->incomplete;
}

bool twf_job_reserve(struct twf_job *j, size_t len)
{
    size_t cap = (len + PLAIN_STEP - 1) / PLAIN_STEP * PLAIN_STEP;
    uint8_t *fresh;

    if (len <= j->room.cap)
        return true;
    fresh = twf_malloc_aligned(4096, cap);
    if (fresh == NULL)
        return false;
    twf_free(j->room.ptr);
    j->room = (struct twf_room){fresh, cap, NULL};
    return true;
}

static void *no_memory(struct twf_job *j)
{
    j->status = twf_error_set(&j->err, TWF_ERR_NOMEM, 0, "no memory for decoded bytes");
    return NULL;
}

static const char *keep_text(struct twf_job *j, const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = twf_arena_alloc(&j->arena, len);

    return copy == NULL ? no_memory(j) : memcpy(copy, text, len);
}

static struct twf_span comp_of(const struct twf_job *j, const struct twf_piece *p)
{
    return p->in_comp ? twf_span(j->comp.ptr + p->comp_at, p->comp.len) : p->comp;
}

/* A frame into cap bytes at dst. TWF_ERR_LIMIT: more would come out; else what happened is in p and j. */
static enum twf_status decode_into(struct twf_job *j, struct twf_piece *p, struct twf_decoder *d,
                                   uint8_t *dst, size_t cap)
{
    struct twf_span comp = comp_of(j, p);
    struct twf_error why = {0};
    size_t got = 0;
    enum twf_status status = twf_decoder_frame(d, &comp, 1, dst, cap, &got, &p->verified, &why);

    if (status == TWF_ERR_NOMEM || status == TWF_ERR_INTERNAL) {
        j->status = status;
        j->err = why;
        return status;
    }
    if (status != TWF_OK && p->fault == NULL) {
        p->fault = "frame_damaged";
        p->fault_text = keep_text(j, why.text);
    }
    p->plain = twf_span(dst, got);
    return status;
}

/*
 * The compressed bytes of a far frame, until the next one is read, and room for what they hold. What is wrong
 * becomes its fault.
 */
static uint8_t *fetch(struct twf_job *j, struct twf_piece *p)
{
    uint8_t *bytes, *dst = twf_arena_alloc(&j->arena, (size_t)p->need);
    size_t got = 0;
    int sys_errno;

    twf_buf_reset(&j->fetched);
    bytes = twf_buf_reserve(&j->fetched, p->comp.len);
    if (bytes == NULL || dst == NULL)
        return no_memory(j);
    sys_errno = twf_io_read_at(p->far->io, p->far->fd, p->far_off, bytes, p->comp.len, &got);
    p->far = NULL;
    p->comp = twf_span(bytes, got);
    if (sys_errno != 0) {
        p->fault = "unreadable";
        p->fault_text = "the system could not read";
    } else if (got < (size_t)p->comp_len) {
        p->fault = "frame_cut";
        p->fault_text = "the input ends inside this frame";
    }
    return dst;
}

/*
 * All of a frame into its place at dst, and no byte more: before and behind it lie other frames. One that holds more
 * than it says (a changed window makes its blocks larger than they may be) gets a place of its own.
 */
static void decode_all(struct twf_job *j, struct twf_piece *p, struct twf_decoder *d, uint8_t *dst)
{
    enum { MORE = 1 << 20 };
    const char *fault = p->fault, *text = p->fault_text;

    if (decode_into(j, p, d, dst, (size_t)p->need) != TWF_ERR_LIMIT)
        return;
    dst = twf_arena_alloc(&j->arena, (size_t)p->need + MORE);
    p->fault = fault;
    p->fault_text = text;
    if (dst == NULL)
        no_memory(j);
    else
        (void)decode_into(j, p, d, dst, (size_t)p->need + MORE);
}

void twf_job_decode_rest(struct twf_job *j, struct twf_piece *p, struct twf_decoder *d)
{
    uint8_t *dst;

    p->lazy = false;
    p->head_used = 0;
    dst = p->far != NULL ? fetch(j, p) : j->room.ptr + p->plain_at;
    if (dst != NULL)
        decode_all(j, p, d, dst);
}

/* Nothing in the first bytes of an input says that it is an mbox or a tar. */
static bool may_be_message(struct twf_span text)
{
    enum { AT_MAGIC = 257 };

    return text.len >= AT_MAGIC + 5 && memcmp(text.ptr, "From ", 5) != 0 &&
           memcmp(text.ptr + AT_MAGIC, "ustar", 5) != 0;
}

/* The header block that text begins with is complete; *at: from where to look, and then where to go on. */
static bool has_header(struct twf_span text, size_t *at)
{
    for (;; *at += 1) {
        size_t line = *at + twf_span_find(twf_span_slice(text, *at, text.len), '\n');

        if (text.len - line > 1 && text.ptr[line + 1] == '\n')
            return true;
        if (text.len - line < 3)
            return false;
        if (text.ptr[line + 1] == '\r' && text.ptr[line + 2] == '\n')
            return true;
        *at = line;
    }
}

/* The header of usual mail has up to 12 KB: libzstd decodes all of a shorter message as fast. */
static bool may_have_head(const struct twf_piece *p)
{
    enum { WORTH = 24 * 1024 };

    return p->kind == TWF_PIECE_FRAME && p->is_head && p->sized && !p->lazy && p->need >= WORTH;
}

/*
 * Side by side, what can be done so for the beginnings of several frames, from p on: small files come in crowds.
 * The first piece behind them.
 */
static const struct twf_piece *prepare(struct twf_job *j, const struct twf_piece *p, struct twf_decoder *d)
{
    struct twf_frame_head heads[TWF_DECODER_HEADS];
    size_t n = 0, at = p->plain_at;

    if (j->mark != NULL)
        twf_mark_stage(j->mark, TWF_STAGE_HEADS);
    for (; p != NULL && n < TWF_DECODER_HEADS; p = p->next) {
        if (p->kind != TWF_PIECE_FRAME || p->far != NULL)
            continue;
        if (may_have_head(p))
            heads[n++] = (struct twf_frame_head){comp_of(j, p), j->room.ptr + at, (size_t)p->need};
        at += (size_t)p->need;
    }
    twf_decoder_prepare(d, heads, n);
    if (j->mark != NULL)
        twf_mark_stage(j->mark, TWF_STAGE_READ);
    return p;
}

/*
 * Decodes the beginning of a frame that may be one message, up to the end of its header: only its length is
 * unknown then.
 */
static bool decode_head(struct twf_job *j, struct twf_piece *p, struct twf_decoder *d)
{
    enum { STEP = 1024 };
    size_t got, used, at = 0;
    enum twf_status status;

    if (!may_have_head(p))
        return false;
    status = twf_decoder_begin(d, comp_of(j, p), j->room.ptr + p->plain_at, (size_t)p->need, STEP, &got,
                               &used, NULL);
    if (status != TWF_OK || !may_be_message(twf_span(j->room.ptr + p->plain_at, got)))
        return false;
    while (!has_header(twf_span(j->room.ptr + p->plain_at, got), &at)) {
        if (got >= p->need / 2 || twf_decoder_more(d, got + STEP, &got, &used, NULL) != TWF_OK)
            return false;
    }
    p->plain = twf_span(j->room.ptr + p->plain_at, got);
    p->head_used = used;
    return true;
}

void twf_job_decode(struct twf_job *j, struct twf_decoder *d, bool abreast)
{
    const struct twf_piece *behind = NULL;
    bool prepared = !abreast;
    size_t at = 0;

    if (j->need > SIZE_MAX || !twf_job_reserve(j, (size_t)j->need)) {
        no_memory(j);
        return;
    }
    if (j->mark != NULL && j->goes_on != NULL)
        twf_mark_input(j->mark, TWF_STAGE_READ, j->goes_on->mark, j->goes_on->uri);
    for (struct twf_piece *p = j->pieces; p != NULL && j->status == TWF_OK; p = p->next) {
        if (j->mark != NULL && p->kind == TWF_PIECE_START)
            twf_mark_input(j->mark, TWF_STAGE_READ, p->source->mark, p->source->uri);
        prepared &= !abreast || p != behind;
        if (p->kind != TWF_PIECE_FRAME || p->far != NULL)
            continue;
        p->plain_at = at;
        at += (size_t)p->need;
        if (!prepared && may_have_head(p)) {
            behind = prepare(j, p, d);
            prepared = true;
        }
        if (!p->lazy && !decode_head(j, p, d))
            decode_all(j, p, d, j->room.ptr + p->plain_at);
    }
}

enum twf_status twf_job_add_batch(struct twf_job *j, struct twf_batch *b, struct twf_error *err)
{
    if (!twf_grow(&j->batches, &j->batch_cap, j->batch_count + 1, sizeof(struct twf_batch *)))
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a batch");
    j->batches[j->batch_count++] = b;
    return TWF_OK;
}
