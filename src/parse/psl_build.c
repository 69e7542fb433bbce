/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public suffix list (the format of publicsuffix.org/list) into a table. A line is a rule up to
 * its first blank; "//" begins a comment. Rules of both sections count, the names of IDN rules
 * become A-labels. The embedded table and --psl come through here, so that they cannot differ.
 */
#define _GNU_SOURCE
#include "parse/psl_table.h"

#include <errno.h>
#include <fcntl.h>
#include <idn2.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "parse/parse.h"

enum {
    MAX_FILE = 16 << 20, /* the list has 0.3 MB */
    MAX_NAME = 253       /* RFC 1035 section 2.3.4, without the root */
};

struct build {
    struct twf_buf text;  /* rules as written, and the A-labels of IDN rules */
    struct twf_buf nodes; /* struct twf_psl_node */
    uint32_t *slots;
    uint32_t node_count, slot_count, rule_count, line;
    struct twf_error *err;
};

static enum twf_status bad_line(const struct build *b, const char *what)
{
    enum twf_status status = twf_error_set(b->err, TWF_ERR_FORMAT, 0, "suffix list: %s", what);

    if (b->err != NULL)
        b->err->line = b->line;
    return status;
}

static enum twf_status no_memory(const struct build *b)
{
    return twf_error_set(b->err, TWF_ERR_NOMEM, 0, "suffix list: out of memory");
}

static struct twf_psl_node *node_at(const struct build *b, uint32_t i)
{
    return (struct twf_psl_node *)(void *)b->nodes.ptr + i;
}

static void put_slot(struct build *b, uint32_t hash, uint32_t index)
{
    uint32_t i = twf_psl_slot(hash) & (b->slot_count - 1);

    while (b->slots[i] != 0)
        i = (i + 1) & (b->slot_count - 1);
    b->slots[i] = twf_psl_mark(hash, index, b->slot_count);
}

static bool grow_slots(struct build *b)
{
    uint32_t count = b->slot_count == 0 ? 1024 : b->slot_count * 2;
    uint32_t *slots = twf_calloc(count, sizeof(*slots));

    if (slots == NULL)
        return false;
    twf_free(b->slots);
    b->slots = slots;
    b->slot_count = count;
    for (uint32_t i = 0; i < b->node_count; i++)
        put_slot(b, node_at(b, i)->hash, i);
    return true;
}

/* The node of text[off, off + len), made if need be; NULL without memory. */
static struct twf_psl_node *intern(struct build *b, uint32_t hash, uint32_t off, uint8_t len)
{
    struct twf_psl_node node = {.hash = hash, .name = off, .name_len = len};
    uint32_t i;

    if (b->node_count >= b->slot_count / 2 && !grow_slots(b))
        return NULL;
    i = twf_psl_slot(hash) & (b->slot_count - 1);
    for (; b->slots[i] != 0; i = (i + 1) & (b->slot_count - 1)) {
        struct twf_psl_node *n = node_at(b, twf_psl_marked(b->slots[i], b->slot_count));

        if (n->hash == hash && n->name_len == len &&
            memcmp(b->text.ptr + n->name, b->text.ptr + off, len) == 0)
            return n;
    }
    twf_buf_put(&b->nodes, &node, sizeof(node));
    if (b->nodes.failed)
        return NULL;
    b->slots[i] = twf_psl_mark(hash, b->node_count, b->slot_count);
    return node_at(b, b->node_count++);
}

/* Enters the name text[off, off + len) and each name above it; the node of the whole name. */
static struct twf_psl_node *enter(struct build *b, uint32_t off, uint8_t len)
{
    uint32_t hash = TWF_PSL_HASH_START;
    struct twf_psl_node *n = NULL;

    for (uint32_t i = len; i > 0; i--) {
        uint8_t c = b->text.ptr[off + i - 1];

        if (c == '.' && intern(b, hash, off + i, (uint8_t)(len - i)) == NULL)
            return NULL;
        hash = twf_psl_hash_byte(hash, c);
    }
    n = intern(b, hash, off, len);
    return n;
}

/* A name of the list: labels of letters, digits, '-', '_' and bytes >= 0x80. */
static bool is_name(struct twf_span s)
{
    uint8_t last = '.';

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c >= 0x80;

        if (!letter && (c != '.' || last == '.'))
            return false;
        last = c;
    }
    return last != '.';
}

/* Appends the name in A-labels and lower case; its length, 0 where it has none. */
static size_t put_name(struct build *b, struct twf_span name)
{
    char zero[1025];
    uint8_t *mapped = NULL;
    size_t len;

    if (name.len >= sizeof(zero))
        return 0;
    memcpy(zero, name.ptr, name.len);
    zero[name.len] = '\0';
    if (idn2_lookup_u8((const uint8_t *)zero, &mapped, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
        IDN2_OK)
        return 0;
    len = strlen((const char *)mapped);
    twf_buf_put(&b->text, mapped, len);
    idn2_free(mapped);
    return len;
}

static enum twf_status add_rule(struct build *b, struct twf_span rule)
{
    struct twf_span name;
    size_t off = b->text.len, skip, name_off, name_len;
    enum twf_psl_kind kind = TWF_PSL_PLAIN;
    struct twf_psl_node *n;
    bool ascii = true;

    if (rule.ptr[0] == '!')
        kind = TWF_PSL_EXCEPTION;
    else if (rule.len > 2 && rule.ptr[0] == '*' && rule.ptr[1] == '.')
        kind = TWF_PSL_WILDCARD;
    skip = kind == TWF_PSL_PLAIN ? 0 : kind == TWF_PSL_WILDCARD ? 2 : 1;
    name = twf_span_slice(rule, skip, rule.len);
    if (!is_name(name) || rule.len > UINT8_MAX)
        return bad_line(b, "this is no rule");
    if (kind == TWF_PSL_EXCEPTION && twf_span_find(name, '.') == name.len)
        return bad_line(b, "an exception has at least two labels");

    for (size_t i = 0; i < rule.len; i++) {
        ascii = ascii && rule.ptr[i] < 0x80;
        twf_buf_byte(&b->text, twf_lower_byte(rule.ptr[i]));
    }
    name_off = off + (rule.len - name.len);
    name_len = name.len;
    if (!ascii) {
        name_off = b->text.len;
        name_len = put_name(b, name);
    }
    if (b->text.failed)
        return no_memory(b);
    if (name_len == 0 || name_len > MAX_NAME)
        return bad_line(b, "the name of this rule is no domain");
    n = enter(b, (uint32_t)name_off, (uint8_t)name_len);
    if (n == NULL)
        return no_memory(b);
    n->kinds = (uint8_t)(n->kinds | kind);
    if (kind == TWF_PSL_WILDCARD) {
        n->wildcard = (uint32_t)off;
        n->wildcard_len = (uint8_t)rule.len;
    } else {
        n->rule = (uint32_t)off;
        n->rule_len = (uint8_t)rule.len;
    }
    b->rule_count++;
    return TWF_OK;
}

/* "// VERSION: 2024-11-19_08-27-53_UTC", which lists have since 2024. */
static void read_version(struct twf_span line, char date[11])
{
    static const char key[] = "// VERSION: ";
    struct twf_span v;

    if (!twf_span_starts_fold(line, key))
        return;
    v = twf_span_slice(line, sizeof(key) - 1, line.len);
    if (v.len < 10)
        return;
    for (size_t i = 0; i < 10; i++) {
        if ((i == 4 || i == 7) ? v.ptr[i] != '-' : !twf_is_digit(v.ptr[i]))
            return;
    }
    memcpy(date, v.ptr, 10);
}

static enum twf_status read_lines(struct build *b, struct twf_span text, char date[11])
{
    static const uint8_t bom[] = {0xEF, 0xBB, 0xBF};
    size_t at = text.len >= 3 && memcmp(text.ptr, bom, 3) == 0 ? 3 : 0;

    while (at < text.len) {
        struct twf_span line = twf_span_slice(text, at, text.len);
        size_t end = 0;

        line.len = twf_span_find(line, '\n');
        at += line.len + 1;
        b->line++;
        line = twf_span_trim(line);
        if (twf_span_starts_fold(line, "//")) {
            read_version(line, date);
            continue;
        }
        while (end < line.len && !twf_is_blank(line.ptr[end]))
            end++;
        line.len = end;
        /* A rule "*" says what is said without it. */
        if (line.len > 0 && !twf_span_is(line, "*"))
            TWF_TRY(add_rule(b, line));
    }
    if (b->rule_count == 0)
        return bad_line(b, "there is no rule in it");
    return TWF_OK;
}

static bool digest(struct twf_span text, char hex[65])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (EVP_Digest(text.ptr, text.len, sum, &len, EVP_sha256(), NULL) != 1 || len != 32)
        return false;
    for (unsigned int i = 0; i < len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    return true;
}

enum twf_status twf_psl_build(struct twf_span text, const char *date, struct twf_psl **out,
                              struct twf_error *err)
{
    struct build b = {.err = err};
    struct twf_psl *p = twf_calloc(1, sizeof(*p));
    enum twf_status status;

    twf_buf_init(&b.text);
    twf_buf_init(&b.nodes);
    if (p == NULL) {
        status = no_memory(&b);
        goto out;
    }
    (void)snprintf(p->date, sizeof(p->date), "%s", date);
    status = read_lines(&b, text, p->date);
    if (status == TWF_OK && !digest(text, p->sha256))
        status = twf_error_set(err, TWF_ERR_INTERNAL, 0, "suffix list: SHA-256 is not available");
    if (status != TWF_OK)
        goto out;
    p->text = b.text.ptr;
    p->text_len = (uint32_t)b.text.len;
    p->nodes = node_at(&b, 0);
    p->node_count = b.node_count;
    p->slots = b.slots;
    p->slot_count = b.slot_count;
    p->rule_count = b.rule_count;
    *out = p;
    return TWF_OK;
out:
    twf_buf_fini(&b.text);
    twf_buf_fini(&b.nodes);
    twf_free(b.slots);
    twf_free(p);
    return status;
}

void twf_psl_free(struct twf_psl *p)
{
    if (p == NULL || p->embedded)
        return;
    twf_free((void *)(uintptr_t)p->text);
    twf_free((void *)(uintptr_t)p->nodes);
    twf_free((void *)(uintptr_t)p->slots);
    twf_free(p);
}

/* Reads to the end of fd, at most MAX_FILE. */
static enum twf_status read_all(int fd, struct twf_buf *text, struct twf_error *err)
{
    for (;;) {
        uint8_t *to = twf_buf_reserve(text, 65536);
        ssize_t n;

        if (to == NULL)
            return twf_error_set(err, TWF_ERR_NOMEM, 0, "suffix list: out of memory");
        n = read(fd, to, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return twf_error_sys(err, TWF_ERR_IO, errno, "suffix list");
        if (n == 0)
            return TWF_OK;
        text->len += (size_t)n;
        if (text->len > MAX_FILE)
            return twf_error_set(err, TWF_ERR_LIMIT, text->len, "suffix list: more than %d bytes",
                                 MAX_FILE);
    }
}

enum twf_status twf_psl_load(const char *path, struct twf_psl **out, struct twf_error *err)
{
    enum twf_status status = TWF_OK;
    struct twf_buf text;
    struct stat st;
    struct tm day;
    char date[16] = "1970-01-01";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    twf_buf_init(&text);
    if (fd < 0 || fstat(fd, &st) != 0)
        status = twf_error_sys(err, TWF_ERR_IO, errno, "suffix list");
    else if (!S_ISREG(st.st_mode))
        status = twf_error_set(err, TWF_ERR_ARG, 0, "suffix list: not a file");
    if (status == TWF_OK)
        status = read_all(fd, &text, err);
    if (status == TWF_OK) {
        /* Packages keep the date of the list as the time of the file. */
        if (gmtime_r(&st.st_mtime, &day) != NULL)
            (void)strftime(date, sizeof(date), "%Y-%m-%d", &day);
        status = twf_psl_build(twf_buf_view(&text), date, out, err);
    }
    if (status != TWF_OK)
        twf_error_path(err, path);
    twf_buf_fini(&text);
    if (fd >= 0)
        (void)close(fd);
    return status;
}
