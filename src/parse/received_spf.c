/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Received-SPF, RFC 7208 section 9.1: a result, a comment, key=value pairs. The sender stands in
 * "envelope-from=", or only in the words of the comment, as Exchange Online and Google write them:
 *
 *   Pass (protection.outlook.com: domain of x.example designates 192.0.2.1 as permitted sender) ...
 *   None (protection.outlook.com: x.example does not designate permitted sender hosts)
 *   SoftFail (... domain of transitioning x.example discourages use of ...)
 *   Neutral (... 192.0.2.1 is neither permitted nor denied by domain of x.example)
 *   TempError (... error in processing during lookup of x.example: DNS Timeout)
 *   pass (google.com: domain of a@x.example designates 192.0.2.1 as permitted sender) ...
 */
#include "parse/parse.h"
#include "parse/trace_lex.h"

/* The next word of a comment. It may hold parentheses: see twf_lex_value. */
static struct twf_span take_word(struct twf_lex *l)
{
    while (l->p < l->end && twf_is_wsp(*l->p))
        l->p++;
    return twf_lex_value(l);
}

static bool next_is(struct twf_lex *l, const char *word)
{
    struct twf_lex ahead = *l;

    if (!twf_span_is_fold(take_word(&ahead), word))
        return false;
    *l = ahead;
    return true;
}

static void set_sender(struct twf_received_spf *out, const struct twf_lex *l,
                       struct twf_span sender)
{
    if (sender.len == 0)
        return;
    out->has_envelope_from = true;
    out->envelope_from = sender;
    out->off = twf_lex_off(l, sender.ptr);
    out->len = (uint32_t)sender.len;
}

/*
 * The domain that the words of a comment name. l covers the rest of the value: a word that holds
 * ')' must not end early.
 */
static void read_comment(struct twf_lex l, struct twf_span comment, struct twf_received_spf *out)
{
    const uint8_t *end = comment.ptr + comment.len;
    struct twf_span first, word;

    l.p = comment.ptr;
    word = take_word(&l);
    if (word.len > 1 && word.ptr[word.len - 1] == ':') {
        out->host = twf_span_slice(word, 0, word.len - 1);
        word = take_word(&l);
    }
    first = word;
    if (next_is(&l, "does") && next_is(&l, "not")) {
        set_sender(out, &l, first);
        return;
    }
    for (; word.len > 0 && word.ptr < end; word = take_word(&l)) {
        bool is_lookup = twf_span_is_fold(word, "lookup");

        if ((!is_lookup && !twf_span_is_fold(word, "domain")) || !next_is(&l, "of"))
            continue;
        next_is(&l, "transitioning");
        word = take_word(&l);
        /* The comment may end here, or a ':' follow. */
        if (word.len > 0 && word.ptr + word.len == end + 1 && word.ptr[word.len - 1] == ')')
            word.len--;
        if (is_lookup && word.len > 0 && word.ptr[word.len - 1] == ':')
            word.len--;
        set_sender(out, &l, word);
        return;
    }
}

/* Without this word there is no pair that counts: Exchange Online writes none. */
static bool may_hold_sender(const struct twf_lex *l)
{
    struct twf_span rest = twf_span(l->p, (size_t)(l->end - l->p));
    const size_t before = 8; /* of '-', which is rare */

    for (size_t at = twf_span_find(rest, '-'); at < rest.len;) {
        if (at >= before &&
            twf_span_starts_fold(twf_span_slice(rest, at - before, rest.len), "envelope-from"))
            return true;
        at += 1 + twf_span_find(twf_span_slice(rest, at + 1, rest.len), '-');
    }
    return false;
}

static void read_pairs(struct twf_lex *l, struct twf_arena *a, struct twf_received_spf *out)
{
    struct twf_span first = {NULL, 0};

    while (l->p < l->end) {
        struct twf_span key = twf_lex_keyword(l), value;

        const uint8_t *behind = l->p;

        twf_lex_cfws(l, NULL);
        if (key.len == 0 || !twf_lex_take(l, '=')) {
            l->p = behind; /* no pair; what follows may be one */
            if (twf_lex_value(l).len == 0 && key.len == 0 && l->p < l->end)
                l->p++;
            twf_lex_cfws(l, NULL);
            continue;
        }
        twf_lex_cfws(l, NULL);
        value = twf_lex_value(l);
        twf_lex_cfws(l, NULL);
        if (!twf_span_is_fold(key, "envelope-from"))
            continue;
        if (first.ptr == NULL) {
            first = value;
            set_sender(out, l, value);
            if (value.len > 0)
                out->envelope_from = twf_lex_unquote(a, value);
        } else if (!twf_span_eq(first, value)) {
            /* Two that differ: one is smuggled in. Both and what is between them are no path. */
            set_sender(out, l, twf_span(first.ptr, (size_t)(value.ptr + value.len - first.ptr)));
        }
    }
}

void twf_received_spf_parse(struct twf_arena *a, struct twf_span value,
                            struct twf_received_spf *out)
{
    struct twf_lex l = twf_lex_init(value);

    *out = (struct twf_received_spf){0};
    twf_lex_cfws(&l, NULL);
    out->result = twf_lex_keyword(&l);
    while (l.p < l.end && twf_is_wsp(*l.p))
        l.p++;
    if (twf_lex_at(&l, '(')) {
        out->comment = twf_lex_comment(&l);
        read_comment(l, out->comment, out);
    }
    if (may_hold_sender(&l))
        read_pairs(&l, a, out);
}
