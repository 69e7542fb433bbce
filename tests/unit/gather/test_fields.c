/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header blocks into fields: tricky headers with their fields written out; then random bytes out of
 * an alphabet of what matters, against a second reading that goes from byte to byte, at every level
 * of the kernels. Every text is a heap block of its exact size.
 */
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
#include "base/compiler.h"
#include "gather/gather.h"

struct bench {
    struct twf_kernels kernels;
    struct twf_limits limits;
    struct twf_gather gather;
    uint8_t *text;
};

static void bench_init(struct bench *b, enum twf_cpu_level level)
{
    twf_kernels_init(&b->kernels, level);
    twf_limits_default(&b->limits);
    twf_gather_init(&b->gather, &b->kernels, &b->limits);
    b->text = NULL;
}

static void bench_fini(struct bench *b)
{
    twf_gather_fini(&b->gather);
    free(b->text);
}

static void take(struct bench *b, const void *text, size_t len, struct twf_head *head)
{
    free(b->text);
    b->text = malloc(len == 0 ? 1 : len);
    assert_non_null(b->text);
    memcpy(b->text, text, len);
    assert_true(twf_gather_head(&b->gather, twf_span(b->text, len), head));
}

static void put_escaped(struct twf_buf *b, struct twf_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c == '\n')
            twf_buf_str(b, "\\n");
        else if (c == '\r')
            twf_buf_str(b, "\\r");
        else if (c == '\t')
            twf_buf_str(b, "\\t");
        else if (c < 0x20 || c >= 0x7F)
            twf_buf_printf(b, "\\x%02X", c);
        else
            twf_buf_byte(b, c);
    }
}

/*
 * A head in one line: each field as [name|value], the kind and flags before it; "in" for an inner
 * From, "odd" lines, the From_ line, limits, and where the body begins.
 */
static void describe(const struct twf_head *h, struct twf_buf *b)
{
    for (uint32_t i = 0; i < h->field_count; i++) {
        const struct twf_field *f = &h->fields[i];

        if (f->from_kind != TWF_FROM_NONE)
            twf_buf_byte(b, (uint8_t)("?abc"[f->from_kind]));
        if (f->flags & TWF_FIELD_FOLDED)
            twf_buf_byte(b, '~');
        if (f->flags & TWF_FIELD_CUT)
            twf_buf_byte(b, '!');
        if (f->flags & TWF_FIELD_LONG_LINE)
            twf_buf_byte(b, '>');
        twf_buf_byte(b, '[');
        put_escaped(b, twf_field_name(h, f));
        twf_buf_byte(b, '|');
        put_escaped(b, twf_field_value(h, f));
        twf_buf_byte(b, ']');
    }
    for (uint32_t i = 0; i < h->inner_from_count; i++) {
        const struct twf_inner_from *in = &h->inner_from[i];

        twf_buf_printf(b, " in%u[", in->off);
        put_escaped(b, twf_span(h->block.ptr + in->value_off, in->end - in->value_off));
        twf_buf_byte(b, ']');
    }
    if (h->from_line.ptr != NULL) {
        twf_buf_str(b, " line[");
        put_escaped(b, h->from_line);
        twf_buf_byte(b, ']');
    }
    if (h->odd_lines > 0)
        twf_buf_printf(b, " odd%u", h->odd_lines);
    if (h->cr_lines)
        twf_buf_str(b, " cr");
    for (uint32_t i = 0; i < h->limit_count; i++)
        twf_buf_printf(b, " %s@%llu", twf_limit_name(h->limits[i].id),
                       (unsigned long long)h->limits[i].off);
    twf_buf_printf(b, " %u", h->body_off);
}

static const struct {
    const char *name, *text, *expect;
} vectors[] = {
    {"LF", "a: b\nc:d\n\nbody: x\n", "[a|b][c|d] 10"},
    {"CRLF", "a: b\r\nc:d\r\n\r\nbody", "[a|b][c|d] 13"},
    {"mixed ends", "a: b\nc: d\r\n\nx", "[a|b][c|d] 12"},
    {"no empty line", "a: b\nc: d", "[a|b][c|d] 9"},
    {"only an empty line", "\r\na: b\n", " 2"},
    {"nothing", "", " 0"},
    {"folded value", "a: b\r\n c\r\n\td\r\n\r\n", "~[a|b\\r\\n c\\r\\n\\td] 16"},
    {"fold before the value", "a:\r\n b\r\n\r\n", "[a|b] 10"},
    {"fold after the value", "a: b\n \nc: d\n\n", "~[a|b\\n ][c|d] 13"},
    {"a line of blanks continues", "a: b\n \t \n c\n\n", "~[a|b\\n \\t \\n c] 13"},
    {"a value of folds", "a: \r\n \r\n\t\r\nb: c\n", "[a|][b|c] 16"},
    {"odd lines", "a: b\nodd\nc: d\nlast", "[a|b][c|d] odd2 18"},
    {"an odd line can be folded", "odd\n still odd\na: b\n", "[a|b] odd1 20"},
    {"a bare CR is a byte", "a: b\rc: d\ne: f\n", "[a|b\\rc: d][e|f] 15"},
    {"NUL would end a C string only", "a: b\n: x\n", "[a|b][|x] 9"},
    /* kinds a and b */
    {"From", "From: <a@x>\n", "a[From|<a@x>] 12"},
    {"From, case", "fRoM:<a@x>\n", "a[fRoM|<a@x>] 11"},
    {"obs-from", "From \t: <a@x>\n", "b[From \\t|<a@x>] 14"},
    {"not From", "Fromm: x\nFro: x\nXFrom: x\nFrom-: y\n", "[Fromm|x][Fro|x][XFrom|x][From-|y] 34"},
    /* kind c */
    {"folded name", "Subject: x\r\nFrom\r\n : <a@x>\r\n\r\n", "[Subject|x]c[From\\r\\n |<a@x>] 30"},
    {"folded name on top", "From\n\t: <a@x>\n\n", "c[From\\n\\t|<a@x>] 15"},
    {"obs-from and fold", "a: b\nFrom \n : <a@x>\n", "[a|b]c[From \\n |<a@x>] 20"},
    {"fold inside the name", "a: b\nFr\n om: <a@x>\n", "[a|b]c[Fr\\n om|<a@x>] 19"},
    {"leading blank on top", " From: <a@x>\nTo: b\n", "c[ From|<a@x>][To|b] 19"},
    {"BOM",
     "\xEF\xBB\xBF"
     "From: <a@x>\n",
     "c[\\xEF\\xBB\\xBFFrom|<a@x>] 15"},
    {"a byte >= 0x80", "From\xFF: <a@x>\n", "c[From\\xFF|<a@x>] 13"},
    {"controls", "F\x01r\x7Fom\x1F: <a@x>\n", "c[F\\x01r\\x7Fom\\x1F|<a@x>] 15"},
    {"a CR in the name", "From\r: <a@x>\n", "c[From\\r|<a@x>] 13"},
    {"blanks inside", "F r o m: x\nFro mm: y\n", "c[F r o m|x][Fro mm|y] 21"},
    /* kind d */
    {"inner From", "Received: x\r\n From: <a@x.example>\r\nTo: y\r\n",
     "~[Received|x\\r\\n From: <a@x.example>][To|y] in14[<a@x.example>] 42"},
    {"inner From, blanks and case", "X: y\n \t FROM \t:  <a@x>\n z\n",
     "~[X|y\\n \\t FROM \\t:  <a@x>\\n z] in8[<a@x>] 26"},
    {"inner From at the end", "X: y\n From:", "~[X|y\\n From:] in6[] 11"},
    {"two inner Froms", "X: y\n From: a\n\tFrom: b\n",
     "~[X|y\\n From: a\\n\\tFrom: b] in6[a] in15[b] 23"},
    {"no inner From", "X: y\n xFrom: a\n From x: b\n Fro\n From\n",
     "~[X|y\\n xFrom: a\\n From x: b\\n Fro\\n From] 37"},
    {"inner From of a line without its own :", "odd\n From: <a@x>\n",
     "[odd\\n From|<a@x>] in5[<a@x>] 17"},
    {"From behind a CR", "X: y\rFrom: <a@x>\n z\nTo: b\n", "~[X|y\\rFrom: <a@x>\\n z][To|b] in5[<a@x>] 26"},
    {"Froms behind CRs in a From", "From: a\rFROM : b\rfrom:c\r\n",
     "a[From|a\\rFROM : b\\rfrom:c] in8[b] in17[c] 25"},
    {"From behind a CR and in a fold", "X: y\rFrom: a\n From: b\rfrom: c\nTo: d\n",
     "~[X|y\\rFrom: a\\n From: b\\rfrom: c][To|d] in5[a] in14[b\\rfrom: c] in22[c] 36"},
    {"From behind a CR in a From_ line", "From x 1:1\rFrom: <a@x>\nTo: b\n",
     "[To|b] in11[<a@x>] line[From x 1:1\\rFrom: <a@x>] 29"},
    {"From behind a CR in a name", "X\r\rFrom: <a@x>\r\n", "[X\\r\\rFrom|<a@x>] in3[<a@x>] 16"},
    {"no From behind a CR", "X: y\r From: a\r\nY: \rFro\rXFrom: b\rFrom\r\n",
     "[X|y\\r From: a][Y|\\rFro\\rXFrom: b\\rFrom] 38"},
    {"a From in a From is its own value", "From: a\n From: b\n", "a~[From|a\\n From: b] 17"},
    /* mbox */
    {"From_ line", "From a@x Mon Jan  1 00:00:00 2024\nTo: b\n",
     "[To|b] line[From a@x Mon Jan  1 00:00:00 2024] 40"},
    {"From_ lines", ">From a@x Mon 1:1\r\nFrom b@x Tue 2:2\r\nTo: b\r\n",
     "[To|b] line[From a@x Mon 1:1] 44"},
    {"From_ line, odd line, From_ line", "odd\nFrom b@x 1:1\nTo: c\n",
     "[To|c] line[From b@x 1:1] odd1 23"},
    {"From_ below a field is one", "To: b\nFrom a@x 1:1\n", "[To|b][From a@x 1|1] 19"},
    {"obs-from on top is no From_ line", "From : <a@x>\n", "b[From |<a@x>] 13"},
    {"nor is a folded name", "From \n : <a@x>\n", "c[From \\n |<a@x>] 15"},
    {"nor one with a stray byte", "From \x80: <a@x>\n", "c[From \\x80|<a@x>] 14"},
    {"what continues a From_ line", "From a@x 1:1\n From: <b@x>\nTo: c\n",
     "c[ From|<b@x>][To|c] line[From a@x 1:1] 32"},
    {"case counts", "from a@x 1:1\n", "[from a@x 1|1] 13"},
    /* CR as line end */
    {"CR", "a: b\rFrom: c\r d\r\rbody", "[a|b]a~[From|c\\n d] cr 17"},
    {"CR without an empty line", "a: b\rc: d", "[a|b][c|d] cr 9"},
    {"CR and a From_ line", "From a@x 1:1\rTo: b\r\r", "[To|b] line[From a@x 1:1] cr 20"},
    {"a LF in the body forbids CR", "a: b\rc: d\r\rx\n", "[a|b\\rc: d\\r\\rx] 13"},
};

static void test_vectors(void **state)
{
    struct bench b;
    struct twf_buf log;

    (void)state;
    twf_buf_init(&log);
    bench_init(&b, TWF_CPU_SCALAR);
    for (size_t i = 0; i < TWF_COUNT(vectors); i++) {
        struct twf_head head;

        take(&b, vectors[i].text, strlen(vectors[i].text), &head);
        twf_buf_reset(&log);
        describe(&head, &log);
        twf_buf_byte(&log, 0);
        if (head.from_line.ptr != NULL)
            assert_true(head.from_line.ptr >= b.text &&
                        head.from_line.ptr < b.text + strlen(vectors[i].text));
        if (strcmp((const char *)log.ptr, vectors[i].expect) != 0)
            fail_msg("%s:\n got %s\nwant %s", vectors[i].name, (const char *)log.ptr,
                     vectors[i].expect);
    }
    bench_fini(&b);
    twf_buf_fini(&log);
}

/* ---- a second reading ---- */

struct plain_field {
    uint32_t off, name_len, end;
    uint8_t kind;
};

struct plain {
    struct plain_field fields[128];
    uint32_t count, odd, end;
};

static size_t plain_eol(const uint8_t *t, size_t len, size_t i)
{
    if (i < len && t[i] == '\n')
        return 1;
    return i + 1 < len && t[i] == '\r' && t[i + 1] == '\n' ? 2 : 0;
}

/* The name as it is after unfolding, then the definitions of 4.1 word by word. */
static uint8_t plain_kind(const uint8_t *name, size_t len)
{
    char flat[256], kept[256];
    size_t n = 0, k = 0;
    bool fold = false;

    assert_true(len < sizeof(flat));
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '\r' && i + 1 < len && name[i + 1] == '\n')
            continue;
        if (name[i] == '\n') {
            fold = true;
            continue;
        }
        flat[n++] = (char)twf_lower_byte(name[i]);
        if (name[i] > 0x20 && name[i] < 0x7F)
            kept[k++] = (char)twf_lower_byte(name[i]);
    }
    if (k != 4 || memcmp(kept, "from", 4) != 0)
        return TWF_FROM_NONE;
    if (!fold && n == 4)
        return TWF_FROM_EXACT;
    if (!fold && memcmp(flat, "from", 4) == 0) {
        for (k = 4; k < n && (flat[k] == ' ' || flat[k] == '\t'); k++)
            ;
        if (k == n)
            return TWF_FROM_TRAILING;
    }
    return TWF_FROM_OBFUSCATED;
}

/* Texts that begin with neither "From " nor ">From " and that hold an LF. */
static void plain_read(const uint8_t *t, size_t len, struct plain *out)
{
    size_t i = 0;

    *out = (struct plain){0};
    while (i < len && plain_eol(t, len, i) == 0) {
        size_t off = i, colon = len, end = len;

        for (;;) {
            while (i < len && t[i] != '\n') {
                if (t[i] == ':' && colon == len)
                    colon = i;
                i++;
            }
            end = i;
            if (i < len && i > off && t[i - 1] == '\r')
                end--;
            i += i < len;
            if (i == len || !twf_is_blank(t[i]))
                break;
        }
        if (colon == len) {
            out->odd++;
            continue;
        }
        assert_true(out->count < TWF_COUNT(out->fields));
        out->fields[out->count++] =
            (struct plain_field){(uint32_t)off, (uint32_t)(colon - off), (uint32_t)end,
                                 plain_kind(t + off, colon - off)};
    }
    out->end = (uint32_t)i;
}

/* From each field the next of its id is reached, and from first[] the first. */
static void compare_links(const struct twf_head *h)
{
    uint32_t below[TWF_FIELD_COUNT] = {0};

    for (uint32_t i = h->field_count; i-- > 0;) {
        const struct twf_field *f = &h->fields[i];

        assert_int_equal(f->next, below[f->id]);
        below[f->id] = i + 1;
    }
    assert_memory_equal(h->first, below, sizeof(below));
}

static void compare(const struct twf_head *h, const struct plain *p)
{
    assert_int_equal(h->block.len, p->end);
    assert_int_equal(h->odd_lines, p->odd);
    assert_int_equal(h->field_count, p->count);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct twf_field *f = &h->fields[i];

        assert_int_equal(f->off, p->fields[i].off);
        assert_int_equal(f->name_len, p->fields[i].name_len);
        assert_int_equal(f->from_kind, p->fields[i].kind);
        /* A ':' at the end of a line that is all there is: its CR belongs to the line end. */
        assert_int_equal(f->end, TWF_MAX(p->fields[i].end, f->off + f->name_len + 1));
        assert_true(f->value_off > f->off + f->name_len && f->value_off <= f->end);
        if (f->value_off < f->end)
            assert_false(twf_is_blank(h->block.ptr[f->value_off]));
    }
    compare_links(h);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void test_random(void **state)
{
    static const char *const pieces[] = {"From", "from", ":",  ":",   " ",       "\t",
                                         "\r\n", "\n",   "\n", "\r",  "X",       "\xFF",
                                         "\x01", "@",    "<",  "\n ", "To: b\n", ">"};
    uint64_t seed = 20241112;
    struct bench b[TWF_CPU_LEVELS];
    uint32_t kinds[4] = {0}, compared = 0;

    (void)state;
    for (int level = 0; level < TWF_CPU_LEVELS; level++)
        bench_init(&b[level], (enum twf_cpu_level)level);
    for (int round = 0; round < 20000; round++) {
        uint8_t text[256];
        size_t len = 0, n = next_random(&seed) % 30;
        struct plain plain;

        while (n-- > 0) {
            const char *piece = pieces[next_random(&seed) % TWF_COUNT(pieces)];

            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        if (memchr(text, '\n', len) == NULL || text[0] == '>' || memcmp(text, "From ", 5) == 0)
            continue;
        plain_read(text, len, &plain);
        /* A From_ line may stand behind odd lines too; the vectors have that. */
        for (int level = 0; level < TWF_CPU_LEVELS; level++) {
            struct twf_head head;

            take(&b[level], text, len, &head);
            if (head.from_line.ptr != NULL)
                continue;
            compare(&head, &plain);
            compared++;
            for (uint32_t i = 0; i < head.field_count; i++)
                kinds[head.fields[i].from_kind]++;
        }
    }
    for (int level = 0; level < TWF_CPU_LEVELS; level++)
        bench_fini(&b[level]);
    /* The alphabet reaches every kind. */
    for (int kind = 0; kind < 4; kind++)
        assert_true(kinds[kind] > 100);
    assert_true(compared > 40000);
}

static void test_limits(void **state)
{
    struct bench b;
    struct twf_buf log;
    struct {
        const char *text;
        uint64_t header, fields, field;
        const char *expect;
    } cases[] = {
        {"a: b\nc: d\n\n", 10, 9, 9, "[a|b]![c|d] header@10 10"}, /* a fold may follow */
        {"a: b\nc: d\n\n", 11, 9, 9, "[a|b][c|d] 11"},
        {"a: b\nc: dd\n\n", 9, 9, 9, "[a|b]![c|d] header@9 9"},
        {"a: b\nc: d\ne: f\n\n", 99, 2, 9, "[a|b][c|d] fields@10 16"},
        {"a: b\nc: d\n\n", 99, 2, 9, "[a|b][c|d] 11"},
        {"a: 1234\n 56\nc: d\n\n", 99, 9, 4, "~![a|1234][c|d] field@7 18"},
        {"a: 1234\nc: d\n\n", 99, 9, 4, "[a|1234][c|d] 14"},
        {"a: 123\nb: 12\nc: 123\n\n", 99, 9, 1, "![a|1]![b|1]![c|1] field@4 field@11 field@17 21"},
        {"a: b\n", 0, 9, 9, " header@0 0"},
        {"a: b\n", 99, 0, 9, " fields@0 5"},
    };

    (void)state;
    twf_buf_init(&log);
    bench_init(&b, TWF_CPU_SCALAR);
    for (size_t i = 0; i < TWF_COUNT(cases); i++) {
        struct twf_head head;

        b.limits.value[TWF_LIMIT_HEADER] = cases[i].header;
        b.limits.value[TWF_LIMIT_FIELDS] = cases[i].fields;
        b.limits.value[TWF_LIMIT_FIELD] = cases[i].field;
        take(&b, cases[i].text, strlen(cases[i].text), &head);
        twf_buf_reset(&log);
        describe(&head, &log);
        twf_buf_byte(&log, 0);
        assert_string_equal((const char *)log.ptr, cases[i].expect);
    }
    bench_fini(&b);
    twf_buf_fini(&log);
}

static void test_long_lines(void **state)
{
    struct bench b;
    uint8_t text[3000];

    (void)state;
    bench_init(&b, TWF_CPU_SCALAR);
    /* "From: ", a value, CRLF, a continuation line, CRLF: each once at 998 bytes, once above. */
    for (size_t first = 997; first <= 999; first++) {
        for (size_t second = 997; second <= 999; second++) {
            struct twf_head head;
            size_t len = first + 2 + second + 2;

            memset(text, 'x', sizeof(text));
            memcpy(text, "From: ", 6);
            memcpy(text + first, "\r\n ", 3);
            memcpy(text + first + 2 + second, "\r\n", 2);
            take(&b, text, len, &head);
            assert_int_equal(head.field_count, 1);
            assert_int_equal((head.fields[0].flags & TWF_FIELD_LONG_LINE) != 0,
                             first > 998 || second > 998);
            memcpy(text, "Fron: ", 6);
            take(&b, text, len, &head);
            assert_int_equal(head.fields[0].flags, TWF_FIELD_FOLDED);
        }
    }
    bench_fini(&b);
}

/* More lines than the first round has room for, and more fields and inner Froms than fit. */
static void test_growth(void **state)
{
    enum { LINES = 5000 };
    struct bench b;
    struct twf_buf text;
    struct twf_head head;

    (void)state;
    twf_buf_init(&text);
    bench_init(&b, TWF_CPU_SCALAR);
    b.limits.value[TWF_LIMIT_FIELDS] = UINT64_MAX;
    for (int i = 0; i < LINES; i++)
        twf_buf_str(&text, "a: b\n From: c\n");
    twf_buf_str(&text, "\nbody");
    take(&b, text.ptr, text.len, &head);
    assert_int_equal(head.field_count, LINES);
    assert_int_equal(head.inner_from_count, LINES);
    assert_int_equal(head.inner_from[LINES - 1].off, (LINES - 1) * 14 + 6);
    assert_int_equal(head.body_off, LINES * 14 + 1);
    bench_fini(&b);
    twf_buf_fini(&text);
}

static void test_no_memory(void **state)
{
    static const char text[] = "a: b\r From: c\rd: 12345\r\r";
    uint64_t k;

    (void)state;
    for (k = 1;; k++) {
        struct bench b;
        struct twf_head head;
        bool done;

        bench_init(&b, TWF_CPU_SCALAR);
        b.limits.value[TWF_LIMIT_FIELD] = 4;
        twf_alloc_fail_at(k);
        done = twf_gather_head(&b.gather, twf_span(text, sizeof(text) - 1), &head);
        twf_alloc_fail_at(0);
        if (done)
            assert_int_equal(head.limit_count, 2);
        bench_fini(&b);
        if (done)
            break;
    }
    /* starts, copy, fields, inner, hits, more hits: each was made to fail once. */
    assert_int_equal(k, 7);
    assert_int_equal(twf_alloc_in_use(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_random),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_growth),  cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
