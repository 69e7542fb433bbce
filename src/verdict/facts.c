/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What explainers and findings ask about a message: its envelope recipients, whether it has the
 * form of a report (RFC 3464, 8098, 3834), which list it came through (RFC 2919, 2369).
 */
#include "verdict/internal.h"

#include "base/compiler.h"
#include "verdict/from.h"

struct twf_span twf_note(struct twf_arena *a, const char *before, struct twf_span one,
                         const char *between, struct twf_span two)
{
    const struct twf_span parts[] = {twf_span_str(before), one, twf_span_str(between), two};
    size_t len = 0, at = 0;
    uint8_t *text;

    for (size_t i = 0; i < TWF_COUNT(parts); i++)
        len += parts[i].len;
    text = twf_arena_alloc(a, len);
    if (text == NULL)
        return twf_span(NULL, 0);
    for (size_t i = 0; i < TWF_COUNT(parts); i++) {
        if (parts[i].len > 0)
            memcpy(text + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return twf_span(text, len);
}

/* ---- recipients ---- */

static void add_rcpts(struct twf_case *c, struct twf_span text)
{
    struct twf_span address, domain;
    size_t pos = 0;

    while (c->rcpt_count < TWF_RCPTS_MAX && twf_text_address(text, &pos, &address, &domain)) {
        struct twf_domain d = twf_domain_parse(c->judge->domains, c->arena, domain);

        c->rcpts[c->rcpt_count++] =
            (struct twf_rcpt){.local = twf_text_local(address, domain),
                              .domain = d.name,
                              .org = d.org};
    }
}

const struct twf_rcpt *twf_case_rcpts(struct twf_case *c, uint32_t *count)
{
    static const enum twf_field_id ids[] = {TWF_FIELD_DELIVERED_TO, TWF_FIELD_X_ORIGINAL_TO,
                                            TWF_FIELD_X_ENVELOPE_TO, TWF_FIELD_X_RCPTTO};
    const struct twf_journal *j = c->subject->journal;

    if (!c->rcpts_read) {
        c->rcpts_read = true;
        c->rcpts = twf_arena_alloc(c->arena, TWF_RCPTS_MAX * sizeof(*c->rcpts));
        for (uint32_t i = 0;
             c->rcpts != NULL && j != NULL && i < j->rcpt_count && c->rcpt_count < TWF_RCPTS_MAX;
             i++)
            add_rcpts(c, j->rcpts[i].address);
        for (size_t i = 0; c->rcpts != NULL && i < TWF_COUNT(ids); i++) {
            for (const struct twf_field *f = twf_head_first(c->head, ids[i]);
                 f != NULL && c->rcpt_count < TWF_RCPTS_MAX; f = twf_head_next(c->head, f))
                add_rcpts(c, twf_field_value(c->head, f));
        }
    }
    *count = c->rcpt_count;
    return c->rcpts;
}

/*
 * Addresses of a list: what stands between ',' and ';' outside quotes and comments and has an '@'.
 */
static uint32_t count_addresses(struct twf_span list)
{
    static const bool marks[256] = {['\\'] = true, ['"'] = true, ['('] = true, [')'] = true,
                                    [','] = true,  [';'] = true, ['@'] = true};
    uint32_t count = 0;
    size_t depth = 0;
    bool quoted = false, has_at = false;

    for (size_t i = 0; i < list.len; i++) {
        uint8_t b = list.ptr[i];

        if (!marks[b])
            continue;
        if (b == '\\' && (quoted || depth > 0)) {
            i++;
        } else if (quoted || (b == '"' && depth == 0)) {
            quoted ^= b == '"';
        } else if (b == '(') {
            depth++;
        } else if (depth > 0) {
            depth -= b == ')';
        } else if (b == ',' || b == ';') {
            count += has_at;
            has_at = false;
        } else {
            has_at |= b == '@';
        }
    }
    return count + has_at;
}

static uint32_t count_in(const struct twf_case *c, enum twf_field_id id)
{
    const struct twf_field *f = twf_head_first(c->head, id);
    uint32_t count = 0;

    for (; f != NULL; f = twf_head_next(c->head, f))
        count += count_addresses(twf_field_value(c->head, f));
    return count;
}

uint32_t twf_case_count_rcpts(const struct twf_case *c)
{
    const struct twf_journal *j = c->subject->journal;
    uint32_t envelope;

    if (j != NULL && j->rcpt_count > 0)
        return j->rcpt_count;
    envelope = count_in(c, TWF_FIELD_X_ENVELOPE_TO) + count_in(c, TWF_FIELD_X_RCPTTO);
    return envelope > 0 ? envelope : count_in(c, TWF_FIELD_TO) + count_in(c, TWF_FIELD_CC);
}

bool twf_case_shows_address(const struct twf_case *c)
{
    for (uint32_t i = 0; i < c->v->from_count; i++) {
        if (twf_from_shows_address(&c->v->froms[i]))
            return true;
    }
    return false;
}

/* ---- reports ---- */

/* value begins with word, and the word ends there. */
static bool begins_with(struct twf_span value, const char *word)
{
    size_t n = strlen(word);

    return twf_span_starts_fold(value, word) &&
           (value.len == n || value.ptr[n] == ';' || value.ptr[n] == '(' || value.ptr[n] <= ' ');
}

/* The last is the mailbox that Exchange itself writes from, in every organization the same. */
static bool is_daemon(struct twf_span s)
{
    s = twf_span_trim(s);
    return twf_span_is_fold(s, "mailer-daemon") || twf_span_is_fold(s, "postmaster") ||
           twf_span_is_fold(s, "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e");
}

/* The word "NDR": a non-delivery report, as X.400 and the mail systems that grew from it call it. */
static bool names_ndr(struct twf_span s)
{
    size_t end;

    for (size_t at = 0; at < s.len; at = end + 1) {
        for (end = at; end < s.len && s.ptr[end] != ' ';)
            end++;
        if (twf_span_is(twf_span_slice(s, at, end), "NDR"))
            return true;
    }
    return false;
}

/* The names that mail servers give themselves beside an address that is not the daemon's. */
static bool is_daemon_name(struct twf_span s)
{
    static const char *const names[] = {"mail delivery system", "mail delivery subsystem",
                                        "mail delivery service", "internet mail delivery",
                                        "mailer daemon"};

    s = twf_span_trim(s);
    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        if (twf_span_is_fold(s, names[i]))
            return true;
    }
    return is_daemon(s) || names_ndr(s);
}

/* "MAILER-DAEMON (Mail Delivery System)" without its comment. */
static struct twf_span without_comment(struct twf_span value)
{
    value = twf_span_trim(value);
    return value.len > 0 && value.ptr[value.len - 1] == ')'
               ? twf_span_slice(value, 0, twf_span_find(value, '('))
               : value;
}

/*
 * A value without an address: the daemon's name alone, with a comment, in front of "<>" or inside
 * "<...>". "<>" with nothing beside it names nobody, as the null reverse-path does, which no other may
 * contradict; a Sender would be shown in its place, so there must be none.
 */
static bool is_daemon_value(const struct twf_case *c, struct twf_span value)
{
    size_t open = twf_span_find(value, '<');
    struct twf_span inside = twf_span_slice(value, open + 1, value.len);
    struct twf_span name = twf_span_trim(twf_span_slice(value, 0, open));

    inside = twf_span_trim(twf_span_slice(inside, 0, twf_span_find(inside, '>')));
    if (open == value.len || inside.len > 0)
        return is_daemon(without_comment(value)) || is_daemon(inside);
    if (name.len == 0)
        return twf_span_is(twf_span_trim(value), "<>") && (c->v->p1_null || c->v->deciding < 0) &&
               twf_head_first(c->head, TWF_FIELD_SENDER) == NULL;
    return is_daemon(name);
}

/* The author's local part or name, or what stands in place of an address. */
static bool is_from_daemon(const struct twf_case *c, struct twf_span *bytes)
{
    const struct twf_verdict *v = c->v;

    if (v->from_count == 0)
        return false;
    *bytes =
        v->from_fields[0] == NULL ? twf_span(NULL, 0) : twf_field_value(c->head, v->from_fields[0]);
    if (v->p2_has_address)
        return is_daemon(v->p2_local) || is_daemon_name(v->froms[0].display_text);
    return is_daemon_value(c, v->froms[0].value);
}

/*
 * Exchange's inbox rules answer without Auto-Submitted, but name the mailbox that answers, against
 * loops. It must be the author's.
 */
static bool is_rule_reply(const struct twf_case *c, struct twf_proof *out)
{
    const struct twf_head *h = c->head;
    struct twf_span local = c->v->p2_local, domain = c->v->p2_domain.written;

    if (!c->v->p1_null || !c->v->p2_has_address)
        return false;
    for (const struct twf_field *f = twf_head_first(h, TWF_FIELD_X_MS_EXCHANGE_INBOX_RULES_LOOP);
         f != NULL; f = twf_head_next(h, f)) {
        struct twf_span value = twf_span_trim(twf_field_value(h, f));

        if (value.len == local.len + 1 + domain.len && value.ptr[local.len] == '@' &&
            twf_span_eq_fold(twf_span_slice(value, 0, local.len), local) &&
            twf_span_eq_fold(twf_span_slice(value, local.len + 1, value.len), domain)) {
            *out = twf_proof_of(c, value);
            return true;
        }
    }
    return false;
}

bool twf_case_reports(const struct twf_case *c, struct twf_proof *out)
{
    const struct twf_field *type = twf_head_first(c->head, TWF_FIELD_CONTENT_TYPE);
    const struct twf_field *automatic = twf_head_first(c->head, TWF_FIELD_AUTO_SUBMITTED);
    struct twf_span value;

    if (type != NULL) {
        value = twf_field_value(c->head, type);
        if (begins_with(value, "multipart/report") ||
            begins_with(value, "message/disposition-notification")) {
            *out = twf_proof_of(c, twf_span_slice(value, 0, twf_span_find(value, ';')));
            return true;
        }
    }
    if (automatic != NULL) {
        value = twf_field_value(c->head, automatic);
        if (value.len > 0 && value.ptr[0] != ';' && !begins_with(value, "no")) {
            *out = twf_proof_of(c, value);
            return true;
        }
    }
    if (!is_from_daemon(c, &value))
        return is_rule_reply(c, out);
    *out = (struct twf_proof){0};
    if (value.ptr != NULL)
        *out = twf_proof_of(c, value);
    return true;
}

/* ---- lists ---- */

/* The organization of name is org. Most names are told apart by their last bytes. */
static bool has_org(struct twf_case *c, struct twf_span name, struct twf_span org)
{
    bool ascii = true;

    for (size_t i = 0; i < name.len; i++)
        ascii &= name.ptr[i] < 0x80;
    if (name.len == 0 ||
        (ascii && (name.len < org.len ||
                   !twf_span_eq_fold(twf_span_slice(name, name.len - org.len, name.len), org))))
        return false;
    return twf_span_eq(twf_domain_parse(c->judge->domains, c->arena, name).org, org);
}

static bool is_host_byte(uint8_t b)
{
    return twf_is_alnum(b) || b == '-' || b == '.' || b == '_' || b >= 0x80;
}

/* "Words <list.x.example>", or the value as a whole (RFC 2919). */
static bool list_id_of(struct twf_case *c, struct twf_span value, struct twf_span org,
                       struct twf_proof *out)
{
    size_t open = value.len, at;

    while (open > 0 && value.ptr[open - 1] != '<')
        open--;
    if (open > 0)
        value = twf_span_slice(value, open,
                               open + twf_span_find(twf_span_slice(value, open, value.len), '>'));
    value = twf_span_trim(value);
    at = twf_span_find(value, '@');
    if (at < value.len)
        value = twf_span_slice(value, at + 1, value.len);
    if (!has_org(c, value, org))
        return false;
    *out = twf_proof_of(c, value);
    return true;
}

/* Whatever stands behind an '@'. */
static bool address_of(struct twf_case *c, struct twf_span value, struct twf_span org,
                       struct twf_proof *out)
{
    for (size_t at = twf_span_find(value, '@'); at < value.len;) {
        size_t end = at + 1;

        while (end < value.len && is_host_byte(value.ptr[end]))
            end++;
        if (has_org(c, twf_span_slice(value, at + 1, end), org)) {
            *out = twf_proof_of(c, twf_span_slice(value, at + 1, end));
            return true;
        }
        at = end + twf_span_find(twf_span_slice(value, end, value.len), '@');
    }
    return false;
}

bool twf_case_list_of(struct twf_case *c, struct twf_span org, struct twf_proof *out)
{
    static const enum twf_field_id ids[] = {TWF_FIELD_LIST_ID, TWF_FIELD_LIST_POST,
                                            TWF_FIELD_MAILING_LIST, TWF_FIELD_X_MAILING_LIST,
                                            TWF_FIELD_X_BEENTHERE};

    for (size_t i = 0; i < TWF_COUNT(ids); i++) {
        const struct twf_field *f = twf_head_first(c->head, ids[i]);

        for (; f != NULL; f = twf_head_next(c->head, f)) {
            struct twf_span value = twf_field_value(c->head, f);

            if (ids[i] == TWF_FIELD_LIST_ID ? list_id_of(c, value, org, out)
                                            : address_of(c, value, org, out))
                return true;
        }
    }
    return false;
}

/* ---- addresses of other fields ---- */

bool twf_case_mailbox(struct twf_case *c, const struct twf_field *f, uint32_t *count,
                      struct twf_domain *domain, struct twf_proof *out)
{
    const struct twf_mailbox *m;
    struct twf_from from;
    uint8_t *quiet;

    twf_known_from(&c->judge->known, c->arena, twf_field_value(c->head, f), f->value_off, true,
                   &from, &quiet);
    *count = from.mailbox_count;
    if (from.mailbox_count == 0)
        return false;
    m = from.mailboxes;
    *domain = m->domain;
    out->off = twf_from_raw_off(&from, m->off);
    out->len = twf_from_raw_off(&from, m->off + m->len) - out->off;
    out->note = twf_span(NULL, 0);
    return true;
}
