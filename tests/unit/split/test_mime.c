/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Type, the parts of a multipart, and transfer encodings. */
#include "split_run.h"

static struct twf_span exact(const char *text, uint8_t **copy)
{
    size_t len = strlen(text);

    *copy = malloc(len > 0 ? len : 1);
    assert_non_null(*copy);
    memcpy(*copy, text, len);
    return twf_span(*copy, len);
}

static void types(void **state)
{
    static const struct {
        const char *header, *type, *subtype, *boundary;
        bool ambiguous;
    } rows[] = {
        {"A: b\n\n", "text", "plain", "", false},
        {"Content-Type: Multipart/Mixed; boundary=b\n", "Multipart", "Mixed", "b", false},
        {"content-type :multipart/mixed;\r\n boundary=\"a b\"; x=y\r\n", "multipart", "mixed",
         "a b", false},
        {"Content-Type: multipart (c; boundary=no) / mixed ; a=\"x; boundary=no\"; BOUNDARY = "
         "\"b\\\"c\"\n",
         "multipart", "mixed", "b\"c", false},
        {"Content-Type: multipart/mixed; boundary=----=_x.1?\n", "multipart", "mixed", "----=_x.1?",
         false},
        {"Content-Type: multipart/mixed; boundary=a; boundary=b\n", "multipart", "mixed", "a",
         true},
        {"Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n", "multipart", "mixed", "",
         true},
        {"Content-Type: text/plain\nContent-Type: text/html\n", "text", "plain", "", true},
        {"Content-Type: multipart/mixed; boundary=\"open\n", "multipart", "mixed", "open", false},
        {"Content-Type: \"\n", "", "", "", false},
        {"Content-Type: text\n", "text", "", "", false},
        {"A: b\n Content-Type: text/html\n", "text", "plain", "", false},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_arena a;
        uint8_t *copy;
        struct twf_mime_type t;

        twf_arena_init(&a, 4096);
        t = twf_mime_type_read(exact(rows[i].header, &copy), &a);
        if (!twf_span_is(t.type, rows[i].type) || !twf_span_is(t.subtype, rows[i].subtype) ||
            !twf_span_is(t.boundary, rows[i].boundary) || t.ambiguous != rows[i].ambiguous)
            fail_msg("row %zu: %.*s / %.*s; %.*s; %d", i, (int)t.type.len, (const char *)t.type.ptr,
                     (int)t.subtype.len, (const char *)t.subtype.ptr, (int)t.boundary.len,
                     (const char *)t.boundary.ptr, t.ambiguous);
        free(copy);
        twf_arena_fini(&a);
    }
}

/* The parts, each in brackets. */
static void parts(void **state)
{
    static const struct {
        const char *body, *parts;
    } rows[] = {
        {"--b\none\n--b\ntwo\n--b--\nepilogue\n", "[one][two]"},
        {"preamble\r\n--b\r\none\r\n\r\n--b  \r\ntwo\r\n--b--  \r\n--b\nno\n", "[one\r\n][two]"},
        {"--b\none\n--bb\n--b-\n-- b\n--b--x\n--b--", "[one\n--bb\n--b-\n-- b\n--b--x]"},
        {"--b\none", "[one]"},
        {"--b\n--b\n--b--", "[][]"},
        {"--b--\n--b\none\n", ""},
        {"--b", ""},
        {"", ""},
        {"one\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_mime_walk walk;
        struct twf_span part;
        struct twf_buf got;
        uint8_t *copy;

        twf_buf_init(&got);
        twf_mime_walk_init(&walk, exact(rows[i].body, &copy), twf_span_str("b"));
        while (twf_mime_walk_next(&walk, &part)) {
            twf_buf_byte(&got, '[');
            twf_buf_span(&got, part);
            twf_buf_byte(&got, ']');
        }
        if (!twf_span_is(twf_buf_view(&got), rows[i].parts))
            fail_msg("row %zu: %.*s", i, (int)got.len, (const char *)got.ptr);
        free(copy);
        twf_buf_fini(&got);
    }
}

static void encodings(void **state)
{
    static const struct {
        const char *name, *body, *decoded;
    } rows[] = {
        {"base64", "aGVs\r\nbG8=", "hello"},
        {"BASE64", "aGVsbG8", "hello"},
        {"base64", "aGVsbG8=aGVsbG8=", "hellohello"},
        {"base64", "a-G V!s\nbG8=", "hello"},
        {"base64", "", ""},
        {"quoted-printable", "a=3Db=\r\nc=\nd = e=", "a=bcd = e="},
        {"quoted-printable", "=4", "=4"},
        {"quoted-printable", "x= \t\r\ny=zz", "xy=zz"},
        {"8bit", "a=3D", "a=3D"},
    };

    (void)state;
    for (size_t i = 0; i < TWF_COUNT(rows); i++) {
        struct twf_arena a;
        uint8_t *copy;
        struct twf_span out;
        char header[64];

        twf_arena_init(&a, 4096);
        snprintf(header, sizeof(header), "Content-Transfer-Encoding: %s\n", rows[i].name);
        out = twf_mime_decode(&a, exact(rows[i].body, &copy),
                              twf_mime_encoding_read(twf_span_str(header)));
        if (!twf_span_is(out, rows[i].decoded))
            fail_msg("row %zu: %.*s", i, (int)out.len, (const char *)out.ptr);
        free(copy);
        twf_arena_fini(&a);
    }
}

static void fields(void **state)
{
    static const char header[] = "A: 1\r\nb \t: 2\r\n\r\n 3\nA:\n 4\nAb: 5\n";
    struct twf_entity e = twf_entity_split(twf_span_str(header));
    struct twf_span value;

    (void)state;
    assert_int_equal(e.header.len, 16);
    assert_true(twf_field_find(e.header, "B", 0, &value) && twf_span_is(value, "2"));
    assert_false(twf_field_find(e.header, "A", 1, &value));
    assert_true(twf_field_find(twf_span_str(header + 6), "a", 0, &value) &&
                twf_span_is(value, "4"));
    assert_true(twf_field_find(twf_span_str(header + 6), "b", 0, &value) &&
                twf_span_is(value, "2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(parts),
        cmocka_unit_test(encodings),
        cmocka_unit_test(fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
