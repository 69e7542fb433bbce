/* SPDX-License-Identifier: Apache-2.0 */
/* One zstd frame out of plain bytes: content size in its header, checksum at its end (RFC 8878). */
#include "pack/pack.h"

#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/error.h"

enum { OUT_STEP = 128 * 1024 };

struct twf_packer {
    ZSTD_CCtx *context;
    XXH64_state_t *hash;
    uint64_t left, comp_len;
    uint32_t checksum;
};

static enum twf_status fault(size_t rc, struct twf_error *err)
{
    return twf_error_set(err,
                         ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? TWF_ERR_NOMEM
                                                                               : TWF_ERR_INTERNAL,
                         0, "zstd: %s", ZSTD_getErrorName(rc));
}

enum twf_status twf_packer_new(int level, struct twf_packer **out, struct twf_error *err)
{
    struct twf_packer *p = twf_calloc(1, sizeof(*p));
    size_t rc;

    *out = NULL;
    if (p == NULL || (p->context = ZSTD_createCCtx()) == NULL ||
        (p->hash = XXH64_createState()) == NULL) {
        twf_packer_free(p);
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to compress");
    }
    rc = ZSTD_CCtx_setParameter(p->context, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(rc))
        rc = ZSTD_CCtx_setParameter(p->context, ZSTD_c_checksumFlag, 1);
    if (ZSTD_isError(rc)) {
        twf_packer_free(p);
        return fault(rc, err);
    }
    *out = p;
    return TWF_OK;
}

void twf_packer_free(struct twf_packer *p)
{
    if (p == NULL)
        return;
    (void)ZSTD_freeCCtx(p->context);
    (void)XXH64_freeState(p->hash);
    twf_free(p);
}

enum twf_status twf_packer_begin(struct twf_packer *p, uint64_t len, struct twf_error *err)
{
    size_t rc = ZSTD_CCtx_reset(p->context, ZSTD_reset_session_only);

    if (!ZSTD_isError(rc))
        rc = ZSTD_CCtx_setPledgedSrcSize(p->context, len);
    if (ZSTD_isError(rc))
        return fault(rc, err);
    (void)XXH64_reset(p->hash, 0);
    p->left = len;
    p->comp_len = 0;
    return TWF_OK;
}

enum twf_status twf_packer_put(struct twf_packer *p, struct twf_span bytes, struct twf_buf *out,
                               struct twf_error *err)
{
    ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
    bool last = bytes.len == p->left;
    size_t rc;

    if (bytes.len > p->left)
        return twf_error_set(err, TWF_ERR_INTERNAL, 0, "a frame gets more bytes than it was told");
    p->left -= bytes.len;
    if (bytes.len > 0)
        (void)XXH64_update(p->hash, bytes.ptr, bytes.len);
    do {
        uint8_t *room = twf_buf_reserve(out, OUT_STEP);
        ZSTD_outBuffer to = {room, OUT_STEP, 0};

        if (room == NULL)
            return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to compress");
        rc = ZSTD_compressStream2(p->context, &to, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(rc))
            return fault(rc, err);
        out->len += to.pos;
        p->comp_len += to.pos;
    } while (last ? rc != 0 : in.pos < in.size);
    if (last)
        p->checksum = (uint32_t)XXH64_digest(p->hash);
    return TWF_OK;
}

uint64_t twf_packer_comp_len(const struct twf_packer *p)
{
    return p->comp_len;
}

uint32_t twf_packer_checksum(const struct twf_packer *p)
{
    return p->checksum;
}
