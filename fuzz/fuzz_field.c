/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields (RFC 5322 section 2.2): fields lie in order inside the header block, every kernel
 * level finds the same ones, and a value without its folds is what a slow loop makes of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "fuzz/fuzz.h"
#include "fuzz/split_log.h"
#include "gather/gather.h"

static void check_fields(const struct twf_head *h, struct twf_span text)
{
    uint32_t next = 0;

    FUZZ_CHECK(h->block.len <= text.len && h->body_off <= text.len, "a block of %zu of %zu bytes",
               h->block.len, text.len);
    FUZZ_CHECK(h->cr_lines || h->block.len == 0 || h->block.ptr == text.ptr, "another block");
    for (uint32_t i = 0; i < h->field_count; i++) {
        const struct twf_field *f = &h->fields[i];

        FUZZ_CHECK(f->off >= next && f->value_off > f->off && f->end >= f->value_off &&
                       f->end <= h->block.len,
                   "field %u: %u, %u to %u of %zu", i, f->off, f->value_off, f->end, h->block.len);
        FUZZ_CHECK(h->block.ptr[f->off + f->name_len] == ':', "field %u: no ':'", i);
        FUZZ_CHECK(f->off + f->name_len < f->value_off, "field %u: a value inside its name", i);
        FUZZ_CHECK(f->id < TWF_FIELD_COUNT, "field %u: id %u", i, f->id);
        FUZZ_CHECK(h->first[f->id] != 0 && h->first[f->id] <= i + 1, "field %u: not the first", i);
        next = f->end;
    }
    for (int id = 0; id < TWF_FIELD_COUNT; id++)
        FUZZ_CHECK(h->first[id] == 0 || h->fields[h->first[id] - 1].id == id, "first of %d", id);
    for (uint32_t i = 0; i < h->inner_from_count; i++) {
        const struct twf_inner_from *f = &h->inner_from[i];

        FUZZ_CHECK(f->off < f->value_off && f->value_off <= f->end && f->end <= h->block.len,
                   "inner From %u", i);
    }
    FUZZ_CHECK(fuzz_inside(h->from_line, text), "a From_ line from elsewhere");
}

static void check_unfold(struct twf_span raw)
{
    struct twf_arena arena;
    struct twf_span got;
    uint8_t *want = malloc(raw.len + 1);
    size_t n = 0;

    FUZZ_CHECK(want != NULL, "no memory");
    twf_arena_init(&arena, 4096);
    got = twf_unfold(&arena, raw);
    for (size_t i = 0; i < raw.len; i++) {
        size_t eol = raw.ptr[i] == '\n'                                                ? 1
                     : raw.ptr[i] == '\r' && i + 1 < raw.len && raw.ptr[i + 1] == '\n' ? 2
                                                                                       : 0;

        if (eol > 0 && i + eol < raw.len && twf_is_blank(raw.ptr[i + eol]))
            i += eol - 1;
        else
            want[n++] = raw.ptr[i];
    }
    FUZZ_CHECK(got.len == n && memcmp(got.ptr == NULL ? want : got.ptr, want, n) == 0,
               "%zu bytes unfolded, not %zu", got.len, n);
    free(want);
    twf_arena_fini(&arena);
}

/* What twf_gather_known must give: the fields of all that are read, chained anew. */
static void check_known(const struct twf_head *all, const struct twf_head *known)
{
    uint32_t below[TWF_FIELD_COUNT] = {0}, n = 0;

    FUZZ_CHECK(all->block.len == known->block.len && all->body_off == known->body_off &&
                   all->cr_lines == known->cr_lines &&
                   all->from_line.ptr == known->from_line.ptr &&
                   all->from_line.len == known->from_line.len &&
                   all->limit_count == known->limit_count &&
                   all->inner_from_count == known->inner_from_count,
               "known: another header");
    for (uint32_t i = 0; i < all->field_count; i++) {
        struct twf_field want = all->fields[i], got;

        if (want.id == TWF_FIELD_OTHER && want.from_kind == TWF_FROM_NONE &&
            (want.flags & TWF_FIELD_CUT) == 0)
            continue;
        FUZZ_CHECK(n < known->field_count, "known: a field at %u is missing", want.off);
        got = known->fields[n++];
        if (want.from_kind == TWF_FROM_NONE)
            want.flags &= (uint8_t)~TWF_FIELD_FOLDED;
        want.next = got.next = 0;
        FUZZ_CHECK(memcmp(&want, &got, sizeof(want)) == 0, "known: another field at %u", want.off);
    }
    FUZZ_CHECK(n == known->field_count, "known: %u fields too many", known->field_count - n);
    for (uint32_t i = known->field_count; i-- > 0;) {
        const struct twf_field *f = &known->fields[i];

        FUZZ_CHECK(f->next == below[f->id], "known: field %u: next %u", i, f->next);
        below[f->id] = i + 1;
    }
    FUZZ_CHECK(memcmp(below, known->first, sizeof(below)) == 0, "known: other first fields");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_limits limits;
    struct twf_kernels kernels[TWF_CPU_LEVELS];
    struct twf_gather gather[TWF_CPU_LEVELS], other;
    struct twf_head head[TWF_CPU_LEVELS], known;
    uint8_t *copy = fuzz_copy(data, size);
    struct twf_span text = twf_span(copy, size);

    split_limits(&r, &limits);
    for (int l = 0; l < TWF_CPU_LEVELS; l++) {
        const struct twf_head *a = &head[0], *b = &head[l];

        twf_kernels_init(&kernels[l], (enum twf_cpu_level)l);
        twf_gather_init(&gather[l], &kernels[l], &limits);
        FUZZ_CHECK(twf_gather_head(&gather[l], text, &head[l]), "no memory");
        check_fields(b, text);
        FUZZ_CHECK(a->field_count == b->field_count && a->body_off == b->body_off &&
                       a->block.len == b->block.len && a->odd_lines == b->odd_lines &&
                       a->limit_count == b->limit_count &&
                       a->inner_from_count == b->inner_from_count,
                   "level %d: another header", l);
        FUZZ_CHECK(a->field_count == 0 ||
                       memcmp(a->fields, b->fields, a->field_count * sizeof(*a->fields)) == 0,
                   "level %d: other fields", l);
        twf_gather_init(&other, &kernels[l], &limits);
        FUZZ_CHECK(twf_gather_known(&other, text, &known), "no memory");
        check_known(a, &known);
        twf_gather_fini(&other);
    }
    for (uint32_t i = 0; i < head[0].field_count; i++)
        check_unfold(twf_field_value(&head[0], &head[0].fields[i]));
    check_unfold(text);
    for (int l = 0; l < TWF_CPU_LEVELS; l++)
        twf_gather_fini(&gather[l]);
    free(copy);
    return 0;
}
