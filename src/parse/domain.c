/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One spelling per domain, and its organization: docs/verdicts.md 4.4; RFC 5321 sections 2.3.5
 * and 4.1.3 for the form. The few domains of an archive come again and again, so what was found
 * about one is kept (domain_memo.h); names beyond ASCII go through UTS #46 and are remembered, too.
 */
#define _GNU_SOURCE
#include "parse/parse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/word.h"
#include "parse/domain_memo.h"
#include "parse/idna.h"
#include "parse/psl_table.h"

enum {
    REMEMBERED = 64, /* names beyond ASCII */
    MAX_LABEL = 63,
    MAX_NAME = 253, /* RFC 1035 section 2.3.4, without the root */
    MAX_LITERAL = 64
};

/* Not flags of a domain, but kept with them while a name is read. */
#define HAS_HIGH (1u << 30)
#define HAS_ALABEL (1u << 31)

struct mapped {
    uint32_t flags;
    uint16_t written_len, len; /* written_len 0: free */
    uint8_t written[TWF_IDNA_NAME_MAX], name[TWF_IDNA_NAME_MAX];
};

struct twf_domains {
    const struct twf_psl *psl;
    struct twf_idna_memo memo;
    struct mapped remembered[REMEMBERED];
    struct twf_known_domain last; /* envelope and author mostly share one */
    TWF_ALIGNED(64) struct twf_known_domain known[TWF_MEMO_SLOTS]; /* a line each */
};

enum twf_status twf_domains_new(const struct twf_psl *psl, struct twf_domains **out,
                                struct twf_error *err)
{
    struct twf_domains *d = twf_malloc_aligned(64, sizeof(*d));

    if (d == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "domains: out of memory");
    memset(d, 0, sizeof(*d));
    d->psl = psl;
    *out = d;
    return TWF_OK;
}

void twf_domains_free(struct twf_domains *d)
{
    twf_free(d);
}

/* The flag that a byte of a name in lower case raises by itself. */
static inline uint32_t byte_flag(uint8_t c)
{
    /* '-' '.' and digits; letters: nearly every byte there is */
    static const uint64_t ordinary[4] = {(uint64_t)0x3FF << '0' | (uint64_t)3 << '-',
                                         (uint64_t)0x3FFFFFF << ('a' - 64)};

    if (TWF_LIKELY((ordinary[c / 64] >> c % 64 & 1) != 0))
        return 0;
    if (c >= 0x80)
        return HAS_HIGH;
    if (c == '_')
        return TWF_DOMAIN_UNDERSCORE;
    return twf_is_blank(c) ? TWF_DOMAIN_BLANK : TWF_DOMAIN_BAD_BYTE;
}

static uint32_t label_flags(struct twf_span label)
{
    if (label.len == 0)
        return TWF_DOMAIN_EMPTY_LABEL;
    if (label.len > MAX_LABEL)
        return TWF_DOMAIN_LONG_LABEL;
    return label.len >= 4 && memcmp(label.ptr, "xn--", 4) == 0 ? HAS_ALABEL : 0;
}

/*
 * Eight bytes at once: letters, digits, and between two of these a '.' or '-' alone, which is all
 * that nearly every name has. It raises nothing unless there is no dot. (A label longer than 63
 * needs a longer name.)
 */
static bool is_usual_name(struct twf_span name, bool *dotted)
{
    uint64_t odd = 0, dots = 0, before = 0x80; /* as if a mark stood in front */

    if (name.len < 8 || name.len > MAX_LABEL)
        return false;
    for (size_t at = 0; at < name.len; at += 8) {
        bool overlaps = name.len - at < 8;
        uint64_t w = twf_word(name.ptr + (overlaps ? name.len - 8 : at));
        uint64_t marks = twf_word_range(w, '-', '.');

        odd |= ~(marks | twf_word_range(w, '0', '9') | twf_word_range(w, 'a', 'z'));
        /* Where two words overlap, the second begins inside the first, which was looked at. */
        odd |= marks & (marks << 8 | (overlaps ? 0 : before));
        dots |= marks & w << 6; /* the bit in which '.' is not '-' */
        before = marks >> 56;
    }
    *dotted = dots != 0;
    return (odd & TWF_WORD_HIGH) == 0 && before == 0;
}

/* What the form of a name in lower case, not empty, raises. */
static uint32_t name_flags(struct twf_span name)
{
    uint32_t flags = 0;
    size_t from = 0;
    bool dotted;

    if (TWF_LIKELY(is_usual_name(name, &dotted)))
        return dotted ? 0 : TWF_DOMAIN_NO_DOT;
    for (size_t i = 0; i < name.len; i++) {
        flags |= byte_flag(name.ptr[i]);
        if (name.ptr[i] == '.') {
            flags |= label_flags(twf_span_slice(name, from, i));
            from = i + 1;
        }
    }
    flags |= label_flags(twf_span_slice(name, from, name.len));
    if (from == 0)
        flags |= TWF_DOMAIN_NO_DOT;
    if (name.len > MAX_NAME)
        flags |= TWF_DOMAIN_LONG_NAME;
    return flags;
}

/* A label "xn--" that is no A-label reads as one thing and shows as another. */
static uint32_t alabel_flags(struct twf_span name)
{
    uint32_t cps[TWF_IDNA_LABEL_MAX], flags = 0;
    struct twf_span label, rest = name;

    while (twf_idna_next_label(&rest, &label)) {
        if (label.len >= 4 && memcmp(label.ptr, "xn--", 4) == 0 && twf_idna_decode(label, cps) == 0)
            flags = TWF_DOMAIN_UNMAPPED;
    }
    return flags;
}

static struct twf_span copy_lower(struct twf_arena *a, struct twf_span s)
{
    uint8_t *copy = twf_arena_alloc(a, s.len);
    size_t i = 0;

    if (copy == NULL)
        return twf_span(NULL, 0);
    for (; s.len - i >= 8; i += 8) {
        uint64_t w = twf_word_lower(twf_word(s.ptr + i));

        twf_word_put(copy + i, w);
    }
    for (; i < s.len; i++)
        copy[i] = twf_lower_byte(s.ptr[i]);
    return twf_span(copy, s.len);
}

/* Maps s into m, unless m remembers it. */
static void map_into(struct twf_domains *d, struct twf_arena *a, struct twf_span s,
                     struct mapped *m)
{
    bool no_memory = false;
    size_t len = 0;

    if (m->written_len == s.len && memcmp(m->written, s.ptr, s.len) == 0)
        return;
    m->flags = twf_idna_map(&d->memo, s, m->name, &len, &no_memory);
    m->len = (uint16_t)len;
    m->written_len = 0;
    if (no_memory)
        a->failed = 1;
    else if (s.len <= sizeof(m->written)) {
        memcpy(m->written, s.ptr, s.len);
        m->written_len = (uint16_t)s.len;
    }
}

/* The name of s, which has bytes >= 0x80, in the arena. */
static struct twf_span map_name(struct twf_domains *d, struct twf_arena *a, struct twf_span s,
                                uint32_t *flags)
{
    uint32_t hash = TWF_PSL_HASH_START;
    struct mapped *m;

    for (size_t i = 0; i < s.len && i < TWF_IDNA_NAME_MAX; i++)
        hash = twf_psl_hash_byte(hash, s.ptr[i]);
    m = &d->remembered[twf_psl_slot(hash) % REMEMBERED];
    map_into(d, a, s, m);
    *flags |= m->flags;
    if (m->len == 0)
        return copy_lower(a, s);
    return twf_arena_copy(a, twf_span(m->name, m->len));
}

/*
 * Suffixes that give each customer a name below them, and that the list lacks. (amazonses.com has
 * regions below it and is not one of them.)
 */
#define SUFFIX(text) {(const uint8_t *)(text), sizeof(text) - 1}
static const struct twf_span tenant_suffixes[] = {SUFFIX("mail.onmicrosoft.com"),
                                                  SUFFIX("onmicrosoft.com")};

/* The offset of the tenant suffix of name and its text, or name.len. */
static size_t find_tenant(struct twf_span name, struct twf_span *rule)
{
    for (size_t i = 0; i < TWF_COUNT(tenant_suffixes); i++) {
        struct twf_span suffix = tenant_suffixes[i];
        size_t at;

        if (name.len < suffix.len)
            continue;
        at = name.len - suffix.len;
        if ((at == 0 || name.ptr[at - 1] == '.') &&
            memcmp(name.ptr + at, suffix.ptr, suffix.len) == 0) {
            *rule = suffix;
            return at;
        }
    }
    return name.len;
}

static void find_org(const struct twf_domains *d, struct twf_domain *out)
{
    struct twf_psl_match match;
    struct twf_span tenant = {NULL, 0};
    size_t at;

    out->org = out->name;
    /* Labels cannot be counted where some are empty: no wider organization is assumed. */
    if (out->name.len == 0 || (out->flags & TWF_DOMAIN_EMPTY_LABEL) != 0)
        return;
    match = twf_psl_find(d->psl, out->name);
    at = find_tenant(out->name, &tenant);
    if (at < match.suffix) {
        match = (struct twf_psl_match){at, tenant};
        out->flags |= TWF_DOMAIN_TENANT;
    }
    out->rule = match.rule;
    if (match.suffix == 0) {
        out->flags |= TWF_DOMAIN_IS_SUFFIX;
        return;
    }
    for (at = match.suffix - 1; at > 0 && out->name.ptr[at - 1] != '.'; at--)
        continue;
    out->org = twf_span_slice(out->name, at, out->name.len);
}

/*
 * An address literal, RFC 5321 section 4.1.3: IPv4, or IPv6 behind its tag; no other tag is
 * registered. text: what is between the brackets. Writes the one spelling.
 */
static bool read_literal(struct twf_span text, char *out, size_t cap)
{
    static const char tag[] = "IPv6:";
    bool v6 = twf_span_starts_fold(text, tag);
    char zero[MAX_LITERAL], plain[INET6_ADDRSTRLEN];
    uint8_t address[16];
    int family = v6 ? AF_INET6 : AF_INET;

    if (v6)
        text = twf_span_slice(text, sizeof(tag) - 1, text.len);
    if (text.len >= sizeof(zero) || (text.len > 0 && memchr(text.ptr, 0, text.len) != NULL))
        return false;
    if (text.len > 0)
        memcpy(zero, text.ptr, text.len);
    zero[text.len] = '\0';
    if (inet_pton(family, zero, address) != 1 ||
        inet_ntop(family, address, plain, sizeof(plain)) == NULL)
        return false;
    (void)snprintf(out, cap, v6 ? "[ipv6:%s]" : "[%s]", plain);
    return true;
}

static void parse_literal(struct twf_arena *a, struct twf_span s, struct twf_domain *out)
{
    char one[MAX_LITERAL];

    if (s.len > 2 && s.ptr[s.len - 1] == ']' &&
        read_literal(twf_span_slice(s, 1, s.len - 1), one, sizeof(one))) {
        out->flags = TWF_DOMAIN_LITERAL;
        out->name = twf_arena_copy(a, twf_span_str(one));
    } else {
        out->flags = TWF_DOMAIN_BAD_LITERAL;
        out->name = copy_lower(a, s);
    }
    out->org = out->name;
}

/* Flags and organization of out->name, which is in lower case; none without memory. */
static void read_name(const struct twf_domains *d, struct twf_domain *out)
{
    if (out->name.len == 0)
        return;
    if (out->name.ptr[out->name.len - 1] == '.') {
        out->flags |= TWF_DOMAIN_TRAILING_DOT;
        out->name.len--;
    }
    if (out->name.len == 0) {
        out->flags |= TWF_DOMAIN_EMPTY_LABEL;
        return;
    }
    out->flags |= name_flags(out->name);
    if ((out->flags & HAS_ALABEL) != 0)
        out->flags |= alabel_flags(out->name);
    if ((out->flags & (HAS_ALABEL | HAS_HIGH)) != 0 && twf_idna_is_mixed(out->name))
        out->flags |= TWF_DOMAIN_MIXED_SCRIPT;
    out->flags &= ~(HAS_ALABEL | HAS_HIGH);
    find_org(d, out);
}

static bool has_high(struct twf_span s)
{
    uint8_t seen = 0;

    for (size_t i = 0; i < s.len; i++)
        seen |= s.ptr[i];
    return seen >= 0x80;
}

/* A name of ASCII that may be known. */
static void look_up(struct twf_domains *d, const struct twf_memo_key *key, struct twf_span name,
                    struct twf_domain *out)
{
    struct twf_known_domain *k = &d->known[key->slot];

    if (twf_memo_has(&d->last, key)) {
        twf_memo_take(&d->last, name.ptr, out);
        return;
    }
    if (!twf_memo_has(k, key)) {
        out->name = name;
        read_name(d, out);
        twf_memo_put(k, key, out);
    }
    twf_memo_take(k, name.ptr, out);
    d->last = *k;
}

/* In lower case a name is borrowed from what was written. */
struct twf_domain twf_domain_parse(struct twf_domains *d, struct twf_arena *a,
                                   struct twf_span written)
{
    struct twf_domain out = {.written = written};
    struct twf_span s = twf_span_trim(written);
    struct twf_memo_key key;

    if (s.len == 0)
        return out;
    if (s.ptr[0] == '[') {
        parse_literal(a, s, &out);
        return out;
    }
    if (s.len <= TWF_MEMO_NAME)
        twf_memo_key(s, &key);
    else
        key.high = has_high(s);
    if (key.high) {
        out.name = map_name(d, a, s, &out.flags);
        read_name(d, &out);
    } else if (s.len > TWF_MEMO_NAME) {
        out.name = copy_lower(a, s);
        read_name(d, &out);
    } else {
        struct twf_span name = key.capital ? twf_memo_name(a, &key) : s;

        if (name.len > 0)
            look_up(d, &key, name, &out);
    }
    return out;
}
