/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole headers through the judge: tests/vectors/verdict/NAME.txt, whose first lines say how they
 * are written. Each case is judged with LF and with CRLF, with and without explain, and with the
 * hint that its From is ordinary: all must give the same. Then it is cut at every byte, which must
 * only not crash.
 */
#ifndef TWF_TESTS_UNIT_VERDICT_JUDGE_RUN_H
#define TWF_TESTS_UNIT_VERDICT_JUDGE_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "gather/gather.h"
#include "verdict/internal.h"
#include "verdict/tracking.h"

enum { JUDGE_PROOFS_MAX = 8, JUDGE_LIST_MAX = 4 };

struct judge_run {
    struct twf_limits limits;
    struct twf_kernels kernels;
    struct twf_gather gather;
    struct twf_arena arena;
    struct twf_domains *domains;
    struct twf_judge *judge; /* of the message at hand: a verdict may point into it */
    struct twf_verdict v;
    struct twf_head head;
    uint8_t *copy;
    struct twf_buf got;

    /* the case at hand */
    char name[256], want[1024];
    char proofs[JUDGE_PROOFS_MAX][512];
    size_t proof_count;
    struct twf_buf header; /* with LF */
    struct twf_judge_options options;
    struct twf_domain_set *protect;
    struct twf_tracking *tracking;
    char set[1024]; /* the texts that options point to */
    const char *authserv[JUDGE_LIST_MAX], *envelope_headers[JUDGE_LIST_MAX];
    struct twf_cidr relays[JUDGE_LIST_MAX];
    struct twf_subject subject;
    struct twf_message message;
    struct twf_journal journal;
    struct twf_journal_rcpt rcpt;
    unsigned cases, failures;
};

static inline void judge_run_init(struct judge_run *r)
{
    memset(r, 0, sizeof(*r));
    twf_limits_default(&r->limits);
    twf_kernels_init(&r->kernels, TWF_CPU_SCALAR);
    twf_gather_init(&r->gather, &r->kernels, &r->limits);
    twf_arena_init(&r->arena, 1 << 16);
    assert_int_equal(twf_domains_new(twf_psl_embedded(), &r->domains, NULL), TWF_OK);
    twf_buf_init(&r->got);
    twf_buf_init(&r->header);
}

static inline void judge_run_fini(struct judge_run *r)
{
    twf_buf_fini(&r->header);
    twf_buf_fini(&r->got);
    twf_judge_free(r->judge);
    twf_free(r->copy);
    twf_domain_set_free(r->protect);
    twf_tracking_free(r->tracking);
    twf_domains_free(r->domains);
    twf_arena_fini(&r->arena);
    twf_gather_fini(&r->gather);
}

/* What the first step must have found, and the second may not change. */
static inline void judge_expect_same(const struct twf_verdict *a, const struct twf_verdict *b)
{
    assert_int_equal(a->zone, b->zone);
    assert_int_equal(a->relation, b->relation);
    assert_int_equal(a->p1_kind, b->p1_kind);
    assert_int_equal(a->p1_trust, b->p1_trust);
    assert_int_equal(a->verdict_class, b->verdict_class);
    assert_int_equal(a->score, b->score);
    assert_int_equal(a->finding_count, b->finding_count);
    assert_int_equal(a->allowance_count, b->allowance_count);
    assert_true(twf_span_eq(a->p1_raw, b->p1_raw));
    assert_true(a->deciding < 0
                    ? b->deciding < 0
                    : a->sources[a->deciding].off == b->sources[b->deciding].off &&
                          a->sources[a->deciding].kind == b->sources[b->deciding].kind);
}

/* Judges message, copied to memory of its exact size. */
static inline void judge_run_once(struct judge_run *r, struct twf_span message)
{
    struct twf_verdict first;

    twf_judge_free(r->judge);
    twf_arena_reset(&r->arena);
    twf_free(r->copy);
    r->copy = twf_malloc(message.len);
    assert_non_null(r->copy);
    if (message.len > 0)
        memcpy(r->copy, message.ptr, message.len);
    assert_true(twf_gather_head(&r->gather, twf_span(r->copy, message.len), &r->head));
    r->subject.head = &r->head;
    assert_int_equal(twf_judge_new(&r->options, r->domains, &r->judge, NULL), TWF_OK);
    memset(&r->v, 0xA5, sizeof(r->v)); /* the judge must not rely on what is in it */
    twf_judge_verdict(r->judge, &r->arena, &r->subject, &r->v);
    first = r->v;
    twf_judge_facts(r->judge, &r->v);
    judge_expect_same(&first, &r->v);
}

static inline void judge_put_p1(struct judge_run *r)
{
    const struct twf_verdict *v = &r->v;

    twf_buf_printf(&r->got, "%s %s ", twf_p1_kind_names[v->p1_kind], twf_trust_names[v->p1_trust]);
    if (v->p1_null) {
        twf_buf_str(&r->got, "<>");
    } else if (v->p1_determined) {
        twf_buf_span(&r->got, v->p1_local);
        twf_buf_byte(&r->got, '@');
        twf_buf_span(&r->got, v->p1_domain.name);
    } else {
        twf_buf_byte(&r->got, '-');
    }
    if (v->p1_inner_form != NULL)
        twf_buf_printf(&r->got, " %s", v->p1_inner_form);
}

/* The line that stands behind "want:". */
static inline void judge_render(struct judge_run *r)
{
    const struct twf_verdict *v = &r->v;

    twf_buf_reset(&r->got);
    twf_buf_printf(&r->got, "%s | ", twf_zone_names[v->zone]);
    judge_put_p1(r);
    twf_buf_printf(&r->got, " | %s |", twf_relation_names[v->relation]);
    for (uint32_t i = 0; i < v->finding_count; i++)
        twf_buf_printf(&r->got, " %s=%s", twf_finding_infos[v->findings[i].code].code,
                       twf_level_names[v->findings[i].level]);
    twf_buf_printf(&r->got, "%s |", v->finding_count == 0 ? " -" : "");
    for (uint32_t i = 0; i < v->allowance_count; i++)
        twf_buf_printf(&r->got, " %s", twf_allowance_infos[v->allowances[i].code].code);
    twf_buf_printf(&r->got, "%s | %s %s %d", v->allowance_count == 0 ? " -" : "",
                   twf_class_names[v->verdict_class], twf_level_names[v->level], v->score);
}

static inline void judge_expect(struct judge_run *r, const char *how)
{
    judge_render(r);
    if (twf_span_is(twf_buf_view(&r->got), r->want))
        return;
    print_error("%s (%s):\n  got  %.*s\n  want %s\n", r->name, how, (int)r->got.len,
                (const char *)r->got.ptr, r->want);
    r->failures++;
}

/* The bytes that prove a finding or an allowance; NULL where there is none of that code. */
static inline const uint8_t *judge_proof(const struct judge_run *r, const char *code, uint32_t *off,
                                         uint32_t *len)
{
    const struct twf_verdict *v = &r->v;

    for (uint32_t i = 0; i < v->finding_count; i++) {
        if (strcmp(twf_finding_infos[v->findings[i].code].code, code) == 0) {
            *off = v->findings[i].off;
            *len = v->findings[i].len;
            return r->head.block.ptr + *off;
        }
    }
    for (uint32_t i = 0; i < v->allowance_count; i++) {
        if (strcmp(twf_allowance_infos[v->allowances[i].code].code, code) == 0) {
            *off = v->allowances[i].off;
            *len = v->allowances[i].len;
            return r->head.block.ptr + *off;
        }
    }
    return NULL;
}

static inline void judge_expect_proofs(struct judge_run *r)
{
    for (uint32_t i = 0; i < r->v.finding_count; i++) {
        const struct twf_finding *f = &r->v.findings[i];

        assert_true(f->off <= r->head.block.len && f->len <= r->head.block.len - f->off);
        assert_true(f->level <= f->level_before);
    }
    for (size_t i = 0; i < r->proof_count; i++) {
        char code[64];
        const char *bytes = strchr(r->proofs[i], '=');
        const uint8_t *at;
        uint32_t off = 0, len = 0;

        assert_non_null(bytes);
        assert_true((size_t)(bytes - r->proofs[i]) < sizeof(code));
        memcpy(code, r->proofs[i], (size_t)(bytes - r->proofs[i]));
        code[bytes++ - r->proofs[i]] = '\0';
        at = judge_proof(r, code, &off, &len);
        if (at != NULL && twf_span_is(twf_span(at, len), bytes))
            continue;
        print_error("%s: proof of %s\n  got  \"%.*s\"\n  want \"%s\"\n", r->name, code, (int)len,
                    at == NULL ? "" : (const char *)at, bytes);
        r->failures++;
    }
}

static inline void judge_run_case(struct judge_run *r)
{
    struct twf_span lf;
    struct twf_buf crlf;

    twf_buf_str(&r->header, "\nbody\n");
    lf = twf_buf_view(&r->header);
    judge_run_once(r, lf);
    judge_expect(r, "LF");
    judge_expect_proofs(r);
    twf_buf_init(&crlf);
    for (size_t i = 0; i < lf.len; i++) {
        if (lf.ptr[i] == '\n')
            twf_buf_byte(&crlf, '\r');
        twf_buf_byte(&crlf, lf.ptr[i]);
    }
    judge_run_once(r, twf_buf_view(&crlf));
    judge_expect(r, "CRLF");
    twf_buf_fini(&crlf);
    r->options.explain = true;
    judge_run_once(r, lf);
    judge_expect(r, "explain");
    r->options.explain = false;
    r->subject.from_ordinary = true;
    judge_run_once(r, lf);
    judge_expect(r, "ordinary");
    r->subject.from_ordinary = false;
    for (size_t i = 0; i < lf.len; i++)
        judge_run_once(r, twf_span_slice(lf, 0, i));
    r->cases++;
}

/* "id@x=path" is a row of a tracking log. */
static inline void judge_set_tracking(struct judge_run *r, const char *row)
{
    const char *path = strchr(row, '=');
    char text[512];

    assert_non_null(path);
    if (r->tracking == NULL) {
        assert_int_equal(twf_tracking_new(&r->tracking, NULL), TWF_OK);
        assert_int_equal(twf_tracking_feed(r->tracking, twf_span_str("message-id,return-path\n"),
                                           NULL),
                         TWF_OK);
    }
    (void)snprintf(text, sizeof(text), "<%.*s>,%s\n", (int)(path - row), row, path + 1);
    assert_int_equal(twf_tracking_feed(r->tracking, twf_span_str(text), NULL), TWF_OK);
    r->options.tracking = r->tracking;
}

static inline void judge_set(struct judge_run *r, char *word)
{
    char *value = strchr(word, '=');
    struct twf_judge_options *o = &r->options;

    if (value != NULL)
        *value++ = '\0';
    if (strcmp(word, "protect") == 0) {
        assert_true(twf_domain_set_add(r->protect, r->domains, twf_span_str(value)));
        o->protect = r->protect;
    } else if (strcmp(word, "authserv") == 0) {
        r->authserv[o->trusted_authserv_count++] = value;
        o->trusted_authserv = r->authserv;
    } else if (strcmp(word, "relay") == 0) {
        assert_true(twf_cidr_parse(value, &r->relays[o->trusted_relay_count++]));
        o->trusted_relays = r->relays;
    } else if (strcmp(word, "envelope-header") == 0) {
        r->envelope_headers[o->envelope_header_count++] = value;
        o->envelope_headers = r->envelope_headers;
    } else if (strcmp(word, "order") == 0) {
        assert_true(twf_p1_order_parse(value, o->p1_order));
    } else if (strcmp(word, "tracking") == 0) {
        judge_set_tracking(r, value);
    } else if (strcmp(word, "sidecar") == 0) {
        r->subject.has_sidecar = true;
        r->subject.sidecar = twf_span_str(value);
    } else if (strcmp(word, "from-line") == 0) {
        r->message.from_line = twf_span_str(value);
        for (char *p = value; *p != '\0'; p++)
            *p = *p == '_' ? ' ' : *p;
        r->subject.message = &r->message;
    } else if (strcmp(word, "exchange-like") == 0) {
        o->exchange_like = true;
    } else if (strcmp(word, "journal-sender") == 0) {
        r->journal.form = TWF_JOURNAL_2007;
        r->journal.sender_kind = value[0] == '[' ? TWF_JSENDER_X500 : TWF_JSENDER_SMTP;
        r->journal.sender = twf_span_str(value);
        r->subject.journal = &r->journal;
    } else if (strcmp(word, "journal-problems") == 0) {
        r->journal.problems = (uint32_t)strtoul(value, NULL, 0);
        if (r->journal.form == TWF_JOURNAL_NONE)
            r->journal.form = TWF_JOURNAL_LOOKALIKE;
        r->subject.journal = &r->journal;
    } else if (strcmp(word, "journal-rcpt") == 0) {
        r->rcpt.address = twf_span_str(value);
        r->journal.rcpts = &r->rcpt;
        r->journal.rcpt_count = 1;
        r->subject.journal = &r->journal;
    } else {
        fail_msg("%s: no option \"%s\"", r->name, word);
    }
}

/* A line of a vector file that does not fit would be half a test: it fails. */
static inline void judge_copy(char *to, size_t cap, const char *text)
{
    size_t len = strlen(text);

    assert_true(len < cap);
    memcpy(to, text, len + 1);
}

static inline void judge_begin_case(struct judge_run *r, const char *name)
{
    twf_buf_reset(&r->header);
    memset(&r->options, 0, sizeof(r->options));
    memset(&r->subject, 0, sizeof(r->subject));
    memset(&r->message, 0, sizeof(r->message));
    memset(&r->journal, 0, sizeof(r->journal));
    twf_domain_set_free(r->protect);
    r->protect = twf_domain_set_new();
    assert_non_null(r->protect);
    twf_tracking_free(r->tracking);
    r->tracking = NULL;
    r->proof_count = 0;
    r->want[0] = '\0';
    judge_copy(r->name, sizeof(r->name), name);
}

static inline void judge_read_line(struct judge_run *r, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0')
        return;
    if (strncmp(line, "case: ", 6) == 0) {
        if (r->want[0] != '\0')
            judge_run_case(r);
        judge_begin_case(r, line + 6);
    } else if (strncmp(line, "set: ", 5) == 0) {
        judge_copy(r->set, sizeof(r->set), line + 5);
        for (char *p = strtok(r->set, " "); p != NULL; p = strtok(NULL, " "))
            judge_set(r, p);
    } else if (strncmp(line, "| ", 2) == 0) {
        twf_buf_str(&r->header, line + 2);
        twf_buf_byte(&r->header, '\n');
    } else if (strncmp(line, "want: ", 6) == 0) {
        judge_copy(r->want, sizeof(r->want), line + 6);
    } else if (strncmp(line, "proof: ", 7) == 0) {
        assert_true(r->proof_count < JUDGE_PROOFS_MAX);
        judge_copy(r->proofs[r->proof_count++], sizeof(r->proofs[0]), line + 7);
    } else {
        fail_msg("%s: what is \"%s\"?", r->name, line);
    }
}

/* All cases of a file; fails after the last one. */
static inline void judge_run_file(const char *file_name, unsigned min_cases)
{
    struct judge_run *r = malloc(sizeof(*r));
    char path[512], line[2048];
    FILE *file;
    unsigned cases, failures;

    assert_non_null(r);
    judge_run_init(r);
    (void)snprintf(path, sizeof(path), "%s/tests/vectors/verdict/%s", TWF_SOURCE_DIR, file_name);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        judge_read_line(r, line);
    judge_run_case(r);
    (void)fclose(file);
    cases = r->cases;
    failures = r->failures;
    judge_run_fini(r);
    free(r);
    assert_int_equal(failures, 0);
    assert_true(cases >= min_cases);
}

#endif
