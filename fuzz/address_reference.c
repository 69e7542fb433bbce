/* SPDX-License-Identifier: Apache-2.0 */
/* The From grammar as sets of places. A rule of the ABNF is a function here, with the rule above it. */
#include "fuzz/address_reference.h"

#include <string.h>

/* Places in the value, 0 to its length. */
struct set {
    bool at[REFERENCE_MAX + 1];
};

typedef struct set rule_fn(struct twf_span v, struct set from);
typedef bool class_fn(uint8_t c);

/* ---- how rules are put together ---- */

static struct set join(struct set a, struct set b)
{
    for (size_t i = 0; i <= REFERENCE_MAX; i++)
        a.at[i] |= b.at[i];
    return a;
}

static struct set one(struct twf_span v, struct set from, class_fn *has)
{
    struct set to = {{false}};

    for (size_t i = 0; i < v.len; i++)
        to.at[i + 1] = from.at[i] && has(v.ptr[i]);
    return to;
}

static struct set byte(struct twf_span v, struct set from, uint8_t c)
{
    struct set to = {{false}};

    for (size_t i = 0; i < v.len; i++)
        to.at[i + 1] = from.at[i] && v.ptr[i] == c;
    return to;
}

/* [rule] */
static struct set maybe(struct twf_span v, struct set from, rule_fn *rule)
{
    return join(from, rule(v, from));
}

/* *rule */
static struct set any(struct twf_span v, struct set from, rule_fn *rule)
{
    for (;;) {
        struct set next = join(from, rule(v, from));

        if (memcmp(&next, &from, sizeof(next)) == 0)
            return next;
        from = next;
    }
}

/* 1*rule */
static struct set some(struct twf_span v, struct set from, rule_fn *rule)
{
    return any(v, rule(v, from), rule);
}

/* ---- classes of bytes ---- */

static bool is_wsp(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* obs-NO-WS-CTL = %d1-8 / %d11 / %d12 / %d14-31 / %d127 */
static bool is_ctl(uint8_t c)
{
    return (c >= 1 && c <= 8) || c == 11 || c == 12 || (c >= 14 && c <= 31) || c == 127;
}

/* ctext = %d33-39 / %d42-91 / %d93-126 / obs-ctext */
static bool is_ctext(uint8_t c)
{
    return (c >= 33 && c <= 39) || (c >= 42 && c <= 91) || (c >= 93 && c <= 126) || c >= 0x80 ||
           is_ctl(c);
}

/* qtext = %d33 / %d35-91 / %d93-126 / obs-qtext */
static bool is_qtext(uint8_t c)
{
    return c == 33 || (c >= 35 && c <= 91) || (c >= 93 && c <= 126) || c >= 0x80 || is_ctl(c);
}

/* dtext, wider than the grammar: what a literal holds is the domain's affair (FROM_DOMAIN_BAD). */
static bool is_dtext(uint8_t c)
{
    return c != ']' && c != '\\';
}

static bool is_atext(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           c >= 0x80 || (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_any(uint8_t c)
{
    (void)c;
    return true;
}

/* ---- section 3.2: tokens ---- */

static struct set wsp(struct twf_span v, struct set from)
{
    return one(v, from, is_wsp);
}

/* quoted-pair = ("\" (VCHAR / WSP)) / obs-qp: every byte there is may follow */
static struct set quoted_pair(struct twf_span v, struct set from)
{
    return one(v, byte(v, from, '\\'), is_any);
}

/*
 * comment = "(" *([FWS] ccontent) [FWS] ")"; ccontent = ctext / quoted-pair / comment. The one rule
 * that names itself: a depth stands for the recursion, and a place can be in many depths at once.
 */
static struct set comment(struct twf_span v, struct set from)
{
    struct set to = {{false}};

    for (size_t begin = 0; begin < v.len; begin++) {
        int depth = 0;
        bool good = from.at[begin] && v.ptr[begin] == '(';

        /* "(", ")" and "\" are no ctext, so there is one way to read what follows. */
        for (size_t i = begin; good && i < v.len; i++) {
            uint8_t c = v.ptr[i];

            if (c == '(')
                depth++;
            else if (c == ')')
                depth--;
            else if (c == '\\')
                good = ++i < v.len;
            else
                good = is_ctext(c) || is_wsp(c);
            if (good && depth == 0) {
                to.at[i + 1] = true;
                break;
            }
        }
    }
    return to;
}

static struct set cfws_part(struct twf_span v, struct set from)
{
    return join(wsp(v, from), comment(v, from));
}

/* [CFWS]; a value is unfolded, so that FWS is blanks alone */
static struct set cfws(struct twf_span v, struct set from)
{
    return any(v, from, cfws_part);
}

static struct set atext(struct twf_span v, struct set from)
{
    return one(v, from, is_atext);
}

/* atom = [CFWS] 1*atext [CFWS] */
static struct set atom(struct twf_span v, struct set from)
{
    return cfws(v, some(v, cfws(v, from), atext));
}

static struct set qcontent(struct twf_span v, struct set from)
{
    return join(join(one(v, from, is_qtext), quoted_pair(v, from)), wsp(v, from));
}

/* quoted-string = [CFWS] DQUOTE *([FWS] qcontent) [FWS] DQUOTE [CFWS] */
static struct set quoted_string(struct twf_span v, struct set from)
{
    return cfws(v, byte(v, any(v, byte(v, cfws(v, from), '"'), qcontent), '"'));
}

/* word = atom / quoted-string */
static struct set word(struct twf_span v, struct set from)
{
    return join(atom(v, from), quoted_string(v, from));
}

static struct set dot(struct twf_span v, struct set from)
{
    return byte(v, from, '.');
}

static struct set phrase_part(struct twf_span v, struct set from)
{
    return join(join(word(v, from), dot(v, from)), cfws(v, from));
}

/* phrase = 1*word / obs-phrase; obs-phrase = word *(word / "." / CFWS) */
static struct set phrase(struct twf_span v, struct set from)
{
    return any(v, word(v, from), phrase_part);
}

/* ---- section 3.4: addresses ---- */

static struct set dot_word(struct twf_span v, struct set from)
{
    return word(v, dot(v, from));
}

/* local-part = dot-atom / quoted-string / obs-local-part; obs-local-part = word *("." word) */
static struct set local_part(struct twf_span v, struct set from)
{
    return any(v, word(v, from), dot_word);
}

static struct set dot_atom(struct twf_span v, struct set from)
{
    return atom(v, dot(v, from));
}

static struct set dcontent(struct twf_span v, struct set from)
{
    return join(join(one(v, from, is_dtext), quoted_pair(v, from)), wsp(v, from));
}

/* domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS] */
static struct set literal(struct twf_span v, struct set from)
{
    return cfws(v, byte(v, any(v, byte(v, cfws(v, from), '['), dcontent), ']'));
}

/*
 * domain = dot-atom / domain-literal / obs-domain; obs-domain = atom *("." atom). A dot at its end is
 * no grammar's, but twofrom reads it and calls the domain odd (docs/verdicts.md 4.4).
 */
static struct set domain(struct twf_span v, struct set from)
{
    struct set names = any(v, atom(v, from), dot_atom);

    return join(join(names, cfws(v, dot(v, names))), literal(v, from));
}

/* addr-spec = local-part "@" domain */
static struct set addr_spec(struct twf_span v, struct set from)
{
    return domain(v, byte(v, local_part(v, from), '@'));
}

static struct set cfws_or_comma(struct twf_span v, struct set from)
{
    return join(cfws_part(v, from), byte(v, from, ','));
}

static struct set at_domain(struct twf_span v, struct set from)
{
    return domain(v, byte(v, from, '@'));
}

/* "," [CFWS] ["@" domain] */
static struct set route_part(struct twf_span v, struct set from)
{
    return maybe(v, cfws(v, byte(v, from, ',')), at_domain);
}

/* obs-route = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain]) ":" */
static struct set route(struct twf_span v, struct set from)
{
    return byte(v, any(v, at_domain(v, any(v, from, cfws_or_comma)), route_part), ':');
}

/* angle-addr = [CFWS] "<" [obs-route] addr-spec ">" [CFWS] */
static struct set angle_addr(struct twf_span v, struct set from)
{
    return cfws(v, byte(v, addr_spec(v, maybe(v, byte(v, cfws(v, from), '<'), route)), '>'));
}

/* mailbox = [display-name] angle-addr / addr-spec */
static struct set mailbox(struct twf_span v, struct set from)
{
    return join(angle_addr(v, maybe(v, from, phrase)), addr_spec(v, from));
}

/* [CFWS] "," */
static struct set empty_element(struct twf_span v, struct set from)
{
    return byte(v, cfws(v, from), ',');
}

/* "," [mailbox / CFWS] */
static struct set mailbox_more(struct twf_span v, struct set from)
{
    struct set comma = byte(v, from, ',');

    return join(cfws(v, comma), mailbox(v, comma));
}

/* mailbox-list / obs-mbox-list; *([CFWS] ",") mailbox *("," [mailbox / CFWS]) */
static struct set mailbox_list(struct twf_span v, struct set from)
{
    return any(v, mailbox(v, any(v, from, empty_element)), mailbox_more);
}

/* obs-group-list = 1*([CFWS] ",") [CFWS] */
static struct set no_mailbox(struct twf_span v, struct set from)
{
    return cfws(v, any(v, from, empty_element));
}

/* group = display-name ":" [mailbox-list / CFWS / obs-group-list] ";" [CFWS] */
static struct set group(struct twf_span v, struct set from)
{
    struct set list = byte(v, phrase(v, from), ':');

    return cfws(v, byte(v, join(no_mailbox(v, list), mailbox_list(v, list)), ';'));
}

static struct set address(struct twf_span v, struct set from)
{
    return join(mailbox(v, from), group(v, from));
}

static struct set address_more(struct twf_span v, struct set from)
{
    struct set comma = byte(v, from, ',');

    return join(cfws(v, comma), address(v, comma));
}

bool reference_is_from(struct twf_span v)
{
    struct set start = {{true}};

    return any(v, address(v, any(v, start, empty_element)), address_more).at[v.len];
}

/* ---- which addresses a good value holds ---- */

/* Behind the quoted-string, comment or literal at i; i + 1 where none begins. */
static size_t token_end(struct twf_span v, size_t i)
{
    int depth = 0;

    if (v.ptr[i] == '"' || v.ptr[i] == '[') {
        uint8_t end = v.ptr[i] == '"' ? '"' : ']';

        for (i++; i < v.len && v.ptr[i] != end; i++)
            i += v.ptr[i] == '\\';
        return i + 1 < v.len ? i + 1 : v.len;
    }
    do {
        depth += v.ptr[i] == '(' ? 1 : v.ptr[i] == ')' && depth > 0 ? -1 : 0;
        i += v.ptr[i] == '\\' && depth > 0 ? 2 : 1;
    } while (depth > 0 && i < v.len);
    return i < v.len ? i : v.len;
}

size_t reference_bare(struct twf_span s, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0, next; i < s.len; i = next) {
        next = token_end(s, i);
        if (s.ptr[i] == '(' || is_wsp(s.ptr[i]))
            continue;
        memcpy(out + n, s.ptr + i, next - i);
        n += next - i;
    }
    return n;
}

/* A piece between separators: an addr-spec where it has an '@' outside tokens, else nothing. */
static size_t put_address(struct twf_span piece, uint8_t *out)
{
    size_t n = reference_bare(piece, out);
    struct twf_span bare = twf_span(out, n);
    bool at = false;

    for (size_t i = 0; i < n; i = token_end(bare, i))
        at |= out[i] == '@';
    if (!at)
        return 0;
    out[n] = '\n';
    return n + 1;
}

size_t reference_addresses(struct twf_span v, uint8_t *out)
{
    size_t begin = 0, n = 0;
    bool angle = false, route = false, done = false;

    for (size_t i = 0, next; i < v.len; i = next) {
        uint8_t c = v.ptr[i];

        next = token_end(v, i);
        if (c == '<') {
            angle = true;
            route = true;
            begin = next;
        } else if (angle && c == ':' && route) {
            begin = next; /* what stood before it was the route */
            route = false;
        } else if (c == '>') {
            n += put_address(twf_span_slice(v, begin, i), out + n);
            angle = false;
            done = true;
        } else if (!angle && (c == ',' || c == ';' || c == ':')) {
            if (c != ':' && !done)
                n += put_address(twf_span_slice(v, begin, i), out + n);
            begin = next;
            done = false;
        }
    }
    if (!done && begin < v.len)
        n += put_address(twf_span_slice(v, begin, v.len), out + n);
    return n;
}
