/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a journal report. A report is a report only if every line is blank, a known key, or
 * the continuation of one, and "Sender:" stands exactly once: so a message that only looks like
 * one, with text that somebody wrote, is not unwrapped.
 */
#include "split/journal_report.h"

#include "base/buf.h"

enum key {
    KEY_SENDER,
    KEY_ON_BEHALF_OF,
    KEY_SUBJECT,
    KEY_MESSAGE_ID,
    KEY_LABEL,
    KEY_MAILBOX,
    KEY_SENT,
    KEY_RECEIVED,
    KEY_TO,
    KEY_CC,
    KEY_BCC,
    KEY_RECIPIENT,
    KEY_RECIPIENTS,
    KEY_GCC,
    KEY_NONE
};

static const struct {
    const char *name;
    enum key key;
} keys[] = {
    {"sender", KEY_SENDER},
    {"on-behalf-of", KEY_ON_BEHALF_OF},
    {"subject", KEY_SUBJECT},
    {"message-id", KEY_MESSAGE_ID},
    {"label", KEY_LABEL},
    {"mailbox", KEY_MAILBOX},
    {"sentutc", KEY_SENT},
    {"receivedutc", KEY_RECEIVED},
    {"to", KEY_TO},
    {"cc", KEY_CC},
    {"bcc", KEY_BCC},
    {"recipient", KEY_RECIPIENT},
    {"recipients", KEY_RECIPIENTS},
    {"rule-names", KEY_GCC},
    {"received", KEY_GCC},
    {"mapi-message-class", KEY_GCC},
    {"original-authenticator", KEY_GCC},
    {"original-message-size", KEY_GCC},
    {"recipient-count", KEY_GCC},
};

struct reader {
    struct twf_span text;
    size_t at; /* of the next line */
    bool gcc;
    struct twf_arena *arena;
    struct twf_journal *out;
    struct twf_report report;
    struct twf_buf rcpts;
    unsigned senders;
};

static void problem(struct reader *r, uint32_t bit, size_t at)
{
    if (r->report.problems == 0)
        r->report.problem_at = at;
    r->report.problems |= bit;
}

/* The physical line at r->at without its end; r->at moves behind it. */
static struct twf_span take_line(struct reader *r)
{
    struct twf_span rest = twf_span_slice(r->text, r->at, r->text.len);
    size_t len = twf_span_find(rest, '\n');
    struct twf_span line = twf_span_slice(rest, 0, len);

    r->at += len + (len < rest.len);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static enum key line_key(const struct reader *r, struct twf_span line, size_t *value_at)
{
    size_t colon = twf_span_find(twf_span_slice(line, 0, 32), ':');
    struct twf_span name = twf_span_slice(line, 0, colon);

    if (colon >= 32 || colon == line.len)
        return KEY_NONE;
    *value_at = colon + 1;
    for (size_t i = 0; i < TWF_COUNT(keys); i++) {
        if (twf_span_is_fold(name, keys[i].name))
            return keys[i].key == KEY_GCC && !r->gcc ? KEY_NONE : keys[i].key;
    }
    return KEY_NONE;
}

/* A '<' or a '"' that the value does not close: the line was wrapped. */
static bool is_open(struct twf_span value)
{
    bool in_quotes = false, in_brackets = false;

    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"')
            in_quotes = !in_quotes;
        else if (!in_quotes && value.ptr[i] == '<')
            in_brackets = true;
        else if (!in_quotes && value.ptr[i] == '>')
            in_brackets = false;
    }
    return in_quotes || in_brackets;
}

/* How a value may go on in the next line. */
enum wrap {
    WRAP_TEXT,  /* if that begins with a blank */
    WRAP_VALUE, /* so, or as long as a bracket is open */
    WRAP_LIST   /* as long as the recipient is not complete; a blank begins the next one */
};

static bool goes_on(struct twf_span value, enum wrap wrap)
{
    if (wrap == WRAP_TEXT)
        return false;
    return is_open(value) || (wrap == WRAP_LIST && twf_span_find(value, '<') == value.len &&
                              twf_span_find(value, '@') == value.len);
}

/* Adds the lines that continue value. */
static struct twf_span join_lines(struct reader *r, struct twf_span value, enum wrap wrap)
{
    enum { WRAPPED = 14 }; /* other readers join 5 for an address, 14 for a Message-ID */
    struct twf_buf joined;
    bool copied = false, open = goes_on(value, wrap);
    int wrapped = 0;

    twf_buf_init(&joined);
    while (r->at < r->text.len) {
        size_t from = r->at, ignored;
        struct twf_span line = take_line(r);
        bool folded = line.len > 0 && twf_is_blank(line.ptr[0]) && wrap != WRAP_LIST;
        bool joins = folded || (open && line_key(r, line, &ignored) == KEY_NONE);

        if (twf_span_trim(line).len == 0 || !joins) {
            r->at = from;
            break;
        }
        if (!copied)
            twf_buf_span(&joined, value);
        copied = true;
        /* A wrapped address or id is broken anywhere, so nothing stands for the break. */
        twf_buf_span(&joined, open ? twf_span_trim(line) : line);
        open = open && ++wrapped < WRAPPED && goes_on(twf_buf_view(&joined), wrap);
    }
    if (copied) {
        value = joined.failed ? (struct twf_span){NULL, 0}
                              : twf_arena_copy(r->arena, twf_buf_view(&joined));
        r->arena->failed |= joined.failed;
    }
    twf_buf_fini(&joined);
    return twf_span_trim(value);
}

/* "Name" <SMTP:a@b> of the 2003 form: what stands in the brackets, without SMTP: before it. */
static struct twf_span in_brackets(struct twf_span value)
{
    size_t open = value.len;

    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '<')
            open = i;
    }
    if (open == value.len)
        return value;
    value = twf_span_slice(value, open + 1, value.len);
    value = twf_span_trim(twf_span_slice(value, 0, twf_span_find(value, '>')));
    return twf_span_starts_fold(value, "smtp:") ? twf_span_slice(value, 5, value.len) : value;
}

static enum twf_journal_sender sender_kind(struct twf_span sender)
{
    if (sender.len == 0)
        return TWF_JSENDER_NONE;
    if (twf_span_starts_fold(sender, "[EX:") || twf_span_starts_fold(sender, "EX:"))
        return TWF_JSENDER_X500;
    if (twf_span_find(sender, '@') < sender.len && twf_span_find(sender, ' ') == sender.len)
        return TWF_JSENDER_SMTP;
    return TWF_JSENDER_UNSPECIFIED;
}

static void take_sender(struct reader *r, struct twf_span value, size_t at)
{
    if (r->senders++ > 0) {
        problem(r, TWF_JPROBLEM_SENDER, at);
        return;
    }
    r->out->sender = in_brackets(value);
    r->out->sender_kind = sender_kind(r->out->sender);
    /* Wrapped lines were copied; the line itself is the place then. */
    r->report.sender_at = at;
    if ((uintptr_t)r->out->sender.ptr - (uintptr_t)r->text.ptr < r->text.len)
        r->report.sender_at = (size_t)(r->out->sender.ptr - r->text.ptr);
}

static void add_rcpt(struct reader *r, char kind, struct twf_span value)
{
    static const char expanded[] = ", Expanded:", forwarded[] = ", Forwarded:";
    struct twf_journal_rcpt rcpt = {.kind = kind, .address = value};

    for (size_t i = 0; i < value.len; i++) {
        struct twf_span tail = twf_span_slice(value, i, value.len);
        bool is_list = twf_span_starts_fold(tail, expanded);

        if (!is_list && !twf_span_starts_fold(tail, forwarded))
            continue;
        rcpt.address = twf_span_trim(twf_span_slice(value, 0, i));
        tail = twf_span_trim(
            twf_span_slice(tail, is_list ? sizeof(expanded) - 1 : sizeof(forwarded) - 1, tail.len));
        *(is_list ? &rcpt.expanded : &rcpt.forwarded) = tail;
        break;
    }
    twf_buf_put(&r->rcpts, &rcpt, sizeof(rcpt));
    r->arena->failed |= r->rcpts.failed;
}

/* The 2003 form: one recipient a line up to the end, each with ',' behind it but the last. */
static void take_recipients(struct reader *r)
{
    r->report.is_2003 = true;
    while (r->at < r->text.len) {
        size_t from = r->at, ignored;
        struct twf_span line = twf_span_trim(take_line(r)), value;

        if (line.len == 0)
            continue;
        if (line_key(r, line, &ignored) != KEY_NONE) {
            r->at = from;
            return;
        }
        value = join_lines(r, line, WRAP_LIST);
        if (value.len > 0 && value.ptr[value.len - 1] == ',')
            value.len--;
        if (twf_span_find(value, '<') == value.len && twf_span_find(value, '@') == value.len) {
            problem(r, TWF_JPROBLEM_LINE, from);
            return;
        }
        add_rcpt(r, 'r', in_brackets(value));
    }
}

static char rcpt_kind(enum key key)
{
    switch (key) {
    case KEY_TO: return 't';
    case KEY_CC: return 'c';
    case KEY_BCC: return 'b';
    default: return 'r';
    }
}

static void take_value(struct reader *r, enum key key, struct twf_span value, size_t at)
{
    struct twf_journal *out = r->out;

    switch (key) {
    case KEY_SENDER:
        take_sender(r, value, at);
        break;
    case KEY_ON_BEHALF_OF:
        out->on_behalf_of = in_brackets(value);
        break;
    case KEY_SUBJECT:
        out->subject = value;
        break;
    case KEY_MESSAGE_ID:
        out->message_id = value;
        break;
    case KEY_LABEL:
        out->label = value;
        break;
    case KEY_SENT:
        out->sent_utc = value;
        break;
    case KEY_RECEIVED:
        out->received_utc = value;
        break;
    case KEY_TO:
    case KEY_CC:
    case KEY_BCC:
    case KEY_RECIPIENT:
        add_rcpt(r, rcpt_kind(key), value);
        break;
    case KEY_RECIPIENTS:
        if (value.len > 0)
            problem(r, TWF_JPROBLEM_LINE, at);
        else
            take_recipients(r);
        break;
    case KEY_MAILBOX:
    case KEY_GCC:
    case KEY_NONE:
        break; /* known, and of no use here */
    }
}

struct twf_report twf_report_read(struct twf_span text, bool gcc, struct twf_arena *a,
                                  struct twf_journal *out)
{
    struct reader r = {.text = text, .gcc = gcc, .arena = a, .out = out};

    twf_buf_init(&r.rcpts);
    while (r.at < text.len && !a->failed) {
        size_t from = r.at, value_at = 0;
        struct twf_span line = take_line(&r), value;
        enum key key;

        if (twf_span_trim(line).len == 0)
            continue;
        key = line_key(&r, line, &value_at);
        if (key == KEY_NONE) {
            problem(&r, TWF_JPROBLEM_LINE, from);
            continue;
        }
        value = twf_span_trim(twf_span_slice(line, value_at, line.len));
        if (key != KEY_RECIPIENTS)
            value = join_lines(&r, value,
                               key == KEY_SUBJECT || key == KEY_LABEL ? WRAP_TEXT : WRAP_VALUE);
        take_value(&r, key, value, from);
    }
    if (r.senders == 0)
        problem(&r, TWF_JPROBLEM_SENDER, 0);
    if (r.rcpts.len > 0) {
        out->rcpts = (const void *)twf_arena_copy(a, twf_buf_view(&r.rcpts)).ptr;
        out->rcpt_count = (uint32_t)(r.rcpts.len / sizeof(struct twf_journal_rcpt));
    }
    twf_buf_fini(&r.rcpts);
    return r.report;
}
