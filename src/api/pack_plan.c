/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cut is possible behind each message: where the next From_ line begins, or the next 512 bytes of
 * a tar. A frame ends at the last such place that keeps it within the size asked for; a message that
 * is longer has a frame of its own, and one beyond 1 GiB is cut, since the seek table has 32 bits.
 */
#include "api/pack_plan.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "pack/pack.h"
#include "split/split.h"

enum { TAIL = 64 * 1024, TAR_BLOCK = 512, TAR_SUM = 148 };

struct planner {
    struct twf_pack_plan *plan;
    uint64_t frame_size;
    uint64_t start, cut; /* of the frame at work, and the last place to cut it; start: none */
    uint32_t before_cut, after_cut; /* messages that begin between the two, and behind */
    uint64_t header;                /* where a member of a tar may begin; 0: nowhere */
    bool failed;
    /* The bytes before the chunk at hand: a separator may begin there. */
    uint8_t tail[TAIL];
    size_t tail_len;
    struct twf_plain_chunk chunk;
};

static void emit(struct planner *p, uint64_t end, uint32_t messages)
{
    struct twf_pack_plan *plan = p->plan;

    if (plan->count == plan->cap) {
        size_t cap = plan->cap == 0 ? 256 : plan->cap * 2;
        struct twf_planned *more = twf_realloc(plan->frames, cap * sizeof(*more));

        if (more == NULL) {
            p->failed = true;
            return;
        }
        plan->frames = more;
        plan->cap = cap;
    }
    plan->frames[plan->count++] = (struct twf_planned){end, messages};
    p->start = end;
}

static void emit_to_cut(struct planner *p)
{
    emit(p, p->cut, p->before_cut);
    p->before_cut = 0;
}

static void on_cut(struct planner *p, uint64_t at)
{
    if (at <= p->cut)
        return;
    if (at - p->start > p->frame_size && p->cut > p->start)
        emit_to_cut(p);
    p->cut = at;
    p->before_cut += p->after_cut;
    p->after_cut = 0;
    if (at - p->start >= p->frame_size)
        emit_to_cut(p);
}

/* No frame grows beyond what the table can tell. */
static void on_position(struct planner *p, uint64_t at, bool is_mail)
{
    uint64_t most = is_mail ? (uint64_t)TWF_PACK_FRAME_MAX
                            : TWF_MIN(p->frame_size, (uint64_t)TWF_PACK_FRAME_MAX);

    while (at > p->start && at - p->start > most && !p->failed) {
        if (p->cut > p->start) {
            emit_to_cut(p);
            continue;
        }
        emit(p, p->start + most, p->after_cut);
        p->after_cut = 0;
        p->cut = p->start;
        p->plan->unaligned += is_mail;
    }
}

/* The byte at a decoded offset, or -1 where it is not at hand. */
static int byte_at(const struct planner *p, uint64_t off)
{
    if (off >= p->chunk.off)
        return off - p->chunk.off < p->chunk.bytes.len ? p->chunk.bytes.ptr[off - p->chunk.off]
                                                       : -1;
    return p->chunk.off - off <= p->tail_len ? p->tail[p->tail_len - (size_t)(p->chunk.off - off)]
                                             : -1;
}

/* Where the From_ line begins that ended an mbox message at off; 0: it is not to be seen. */
static uint64_t from_line_at(const struct planner *p, uint64_t off)
{
    if (byte_at(p, off) == '\r' && byte_at(p, off + 1) == '\n')
        off += 2;
    else if (byte_at(p, off) == '\n')
        off++;
    for (unsigned i = 0; i < 5; i++) {
        if (byte_at(p, off + i) != "From "[i])
            return 0;
    }
    return off;
}

/* A block of a tar that begins a member: its checksum is right. */
static bool is_header(const struct planner *p, uint64_t off)
{
    uint64_t sum = 0, said = 0;

    for (unsigned i = 0; i < TAR_BLOCK; i++) {
        bool in_field = i >= TAR_SUM && i < TAR_SUM + 8;
        int c = byte_at(p, off + i);

        sum += in_field ? ' ' : (unsigned)c;
        if (in_field && c >= '0' && c <= '7')
            said = said * 8 + (uint64_t)(c - '0');
    }
    return sum == said && byte_at(p, off) != 0;
}

/*
 * Behind a message the next member may begin, or the next message of an mbox that is a member: then
 * there is no cut. Asked as soon as that block is at hand, before the next message is counted.
 */
static void look_for_header(struct planner *p)
{
    uint64_t at = p->header;

    if (at == 0 || at + TAR_BLOCK > p->chunk.off + p->chunk.bytes.len)
        return;
    p->header = 0;
    if (is_header(p, at))
        on_cut(p, at);
}

static void on_message(struct planner *p, const struct twf_message *m)
{
    uint64_t end = m->off + m->len;

    p->plan->messages++;
    if (m->off >= p->start) {
        p->after_cut++;
    } else {
        /* It was longer than a frame may be: it counts where it began. */
        size_t i = p->plan->count;

        while (i > 1 && p->plan->frames[i - 2].end > m->off)
            i--;
        p->plan->frames[i - 1].messages++;
    }
    if (m->container == TWF_CONTAINER_MBOX)
        on_cut(p, from_line_at(p, end));
    else if (m->container == TWF_CONTAINER_TAR)
        p->header = (end + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    look_for_header(p);
}

static void keep_tail(struct planner *p)
{
    struct twf_span s = p->chunk.bytes;
    size_t old;

    if (s.len >= TAIL) {
        memcpy(p->tail, s.ptr + s.len - TAIL, TAIL);
        p->tail_len = TAIL;
        return;
    }
    old = TWF_MIN(p->tail_len, TAIL - s.len);
    memmove(p->tail, p->tail + p->tail_len - old, old);
    if (s.len > 0)
        memcpy(p->tail + old, s.ptr, s.len);
    p->tail_len = old + s.len;
}

static const char *container_of(const struct twf_splitter *s)
{
    switch (twf_splitter_format(s)) {
    case TWF_SPLIT_MBOX:
    case TWF_SPLIT_MBOXCL2:
        return twf_container_name(TWF_CONTAINER_MBOX);
    case TWF_SPLIT_TAR:
        return twf_container_name(TWF_CONTAINER_TAR);
    case TWF_SPLIT_EML:
        return twf_container_name(TWF_CONTAINER_EML);
    default:
        return "unknown";
    }
}

/* The chunk at hand through splitter and digest; last: the input ended, there is none. */
static enum twf_status take(struct planner *p, struct twf_splitter *s, struct twf_arena *a,
                            EVP_MD_CTX *digest, bool last, struct twf_error *err)
{
    struct twf_split_out out;

    twf_arena_reset(a);
    look_for_header(p);
    TWF_TRY(twf_splitter_feed(s, p->chunk.bytes, last, false, a, &out, err));
    for (uint32_t i = 0; i < out.message_count; i++)
        on_message(p, &out.messages[i]);
    if (EVP_DigestUpdate(digest, p->chunk.bytes.ptr, p->chunk.bytes.len) != 1)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "no SHA-256");
    p->plan->plain_len = p->chunk.off + p->chunk.bytes.len;
    on_position(p, p->plan->plain_len, twf_splitter_format(s) != TWF_SPLIT_UNKNOWN);
    keep_tail(p);
    return p->failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of frames")
                     : TWF_OK;
}

static enum twf_status take_all(struct planner *p, struct twf_plain *in, struct twf_splitter *s,
                                struct twf_arena *a, EVP_MD_CTX *digest, struct twf_error *err)
{
    enum twf_status status;

    while ((status = twf_plain_next(in, &p->chunk, err)) == TWF_OK)
        TWF_TRY(take(p, s, a, digest, false, err));
    if (status != TWF_END)
        return status;
    p->chunk = (struct twf_plain_chunk){.off = p->plan->plain_len};
    TWF_TRY(take(p, s, a, digest, true, err));
    if (p->cut > p->start && p->plan->plain_len - p->start > p->frame_size)
        emit_to_cut(p);
    if (p->plan->plain_len > p->start || p->plan->count == 0)
        emit(p, p->plan->plain_len, p->before_cut + p->after_cut);
    p->plan->container = container_of(s);
    return p->failed ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of frames")
                     : TWF_OK;
}

enum twf_status twf_pack_plan_make(struct twf_pack_plan *plan, struct twf_plain *in,
                                   uint64_t frame_size, const struct twf_limits *limits,
                                   const struct twf_kernels *kernels, struct twf_error *err)
{
    struct twf_split_options split = {
        .format = TWF_SPLIT_AUTO, .limits = limits, .kernels = kernels};
    struct planner *p = twf_calloc(1, sizeof(*p));
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    struct twf_splitter *s = NULL;
    struct twf_arena a;
    enum twf_status status = TWF_OK;

    *plan = (struct twf_pack_plan){.container = "unknown"};
    twf_arena_init(&a, 256 * 1024);
    if (p == NULL || digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        status = twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a table of frames");
    if (status == TWF_OK)
        status = twf_splitter_new(&s, err);
    if (status == TWF_OK) {
        p->plan = plan;
        p->frame_size = frame_size;
        twf_splitter_start(s, &split);
        status = take_all(p, in, s, &a, digest, err);
    }
    if (status == TWF_OK && EVP_DigestFinal_ex(digest, plan->sha256, NULL) != 1)
        status = twf_error_set(err, TWF_ERR_INTERNAL, 0, "no SHA-256");
    twf_splitter_free(s);
    twf_arena_fini(&a);
    EVP_MD_CTX_free(digest);
    twf_free(p);
    return status;
}

void twf_pack_plan_fini(struct twf_pack_plan *plan)
{
    twf_free(plan->frames);
    *plan = (struct twf_pack_plan){.frames = NULL};
}
