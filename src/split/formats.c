/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of containers, and how a file is recognised: by its first bytes, never by its name. tar
 * is asked for first (its checksum cannot be met by accident) and only of an input, not of a
 * member; then a From_ line makes an mbox, a header field makes a message, and all else is no mail.
 */
#include "split/split_state.h"

struct format {
    const char *name;
    enum twf_split_format format;
};

static const struct format formats[] = {
    {"auto", TWF_SPLIT_AUTO},   {"mbox", TWF_SPLIT_MBOX},   {"mboxo", TWF_SPLIT_MBOX},
    {"mboxrd", TWF_SPLIT_MBOX}, {"mboxcl", TWF_SPLIT_MBOX}, {"mboxcl2", TWF_SPLIT_MBOXCL2},
    {"eml", TWF_SPLIT_EML},     {"maildir", TWF_SPLIT_EML}, {"tar", TWF_SPLIT_TAR},
};

bool twf_split_format_parse(const char *name, enum twf_split_format *out)
{
    for (size_t i = 0; i < TWF_COUNT(formats); i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *out = formats[i].format;
            return true;
        }
    }
    return false;
}

const char *twf_container_name(enum twf_container c)
{
    switch (c) {
    case TWF_CONTAINER_EML:
        return "eml";
    case TWF_CONTAINER_MBOX:
        return "mbox";
    case TWF_CONTAINER_MAILDIR:
        return "maildir";
    case TWF_CONTAINER_TAR:
        return "tar";
    }
    return "unknown";
}

size_t twf_file_lead(struct twf_span head, bool bom)
{
    size_t at = bom && head.len >= 3 && memcmp(head.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    for (;;) {
        if (head.len - at > 0 && head.ptr[at] == '\n')
            at += 1;
        else if (head.len - at > 1 && head.ptr[at] == '\r' && head.ptr[at + 1] == '\n')
            at += 2;
        else
            return at;
    }
}

/*
 * Length of the physical line at p; any of LF, CRLF and CR ends it: archives of old Macs have CR
 * only.
 */
static size_t line_length(struct twf_span s)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != '\n' && s.ptr[i] != '\r')
        i++;
    return i;
}

/* Letters, digits, '-', '_', '.' and bytes >= 0x80. */
static inline bool is_name_byte(uint8_t c)
{
    static const uint64_t names[4] = {UINT64_C(0x3FF) << '0' | UINT64_C(3) << '-',
                                      (UINT64_C(0x3FFFFFF) | UINT64_C(0x3FFFFFF) << 32) << 1 |
                                          UINT64_C(1) << ('_' - 64),
                                      UINT64_MAX, UINT64_MAX};

    return (names[c / 64] >> c % 64 & 1) != 0;
}

/*
 * "name:" or "name :". Wider than RFC 5322 where a From-like field may be (8-bit bytes in the
 * name), and narrower elsewhere, so that "{"key": ..." and "http://..." make no mail of a text
 * file.
 */
static bool is_field(struct twf_span line)
{
    size_t i = 0;

    while (i < line.len && is_name_byte(line.ptr[i]))
        i++;
    if (i == 0)
        return false;
    while (i < line.len && twf_is_blank(line.ptr[i]))
        i++;
    if (i == line.len || line.ptr[i] != ':')
        return false;
    return !(line.len - i >= 3 && line.ptr[i + 1] == '/' && line.ptr[i + 2] == '/');
}

/*
 * A name that mail has, or that a reader could take for one. Contacts, calendars, settings and keys are lines of
 * "name: value" too, and a file of them is no message without an author.
 */
static bool is_mail_field(struct twf_span line)
{
    static const char *const begin[] = {"From",         "X-",
                                        "Received",     "Return-",
                                        "Delivered-",   "Message-",
                                        "Content-",     "MIME-",
                                        "List-",        "Resent-",
                                        "ARC-",         "DKIM-",
                                        "Thread-",      "Envelope-",
                                        "Reply-To",     "References",
                                        "In-Reply-To",  "Original-",
                                        "Disposition-", "DomainKey-",
                                        "Mailing-List", "Authentication-Results"};
    static const char *const whole[] = {"To",
                                        "Cc",
                                        "Bcc",
                                        "Date",
                                        "Subject",
                                        "Sender",
                                        "Errors-To",
                                        "Auto-Submitted",
                                        "Apparently-To",
                                        "Precedence",
                                        "Organization",
                                        "User-Agent"};
    size_t len = 0;

    if (!is_field(line))
        return false;
    while (len < line.len && is_name_byte(line.ptr[len])) {
        if (line.ptr[len++] >= 0x80)
            return true; /* may look like From */
    }
    line.len = len;
    for (size_t i = 0; i < TWF_COUNT(begin); i++) {
        if (twf_span_starts_fold(line, begin[i]))
            return true;
    }
    for (size_t i = 0; i < TWF_COUNT(whole); i++) {
        if (twf_span_eq_fold(line, twf_span_str(whole[i])))
            return true;
    }
    return false;
}

/* One of the first lines of the header block is what is asked for. */
static bool has_field(struct twf_span head, bool (*is_it)(struct twf_span line))
{
    enum { LINES = 20 };
    int lines = 0;
    bool first = true;

    head = twf_span_slice(head, 0, TWF_FILE_HEAD);
    if (is_it(head)) /* nearly always, and no line end is looked for */
        return true;
    while (head.len > 0 && lines < LINES) {
        size_t len = line_length(head);
        struct twf_span line = twf_span_slice(head, 0, len);
        bool folded = !first && len > 0 && twf_is_blank(line.ptr[0]);

        if (len == 0)
            return false; /* the header block ends */
        line = twf_span_trim(line);
        /* A name may be folded before its ':'; the first line cannot continue anything. */
        if (folded ? line.len > 0 && line.ptr[0] == ':' : is_it(line))
            return true;
        lines += !folded;
        first = false;
        if (head.len - len > 1 && head.ptr[len] == '\r' && head.ptr[len + 1] == '\n')
            len++;
        head = twf_span_slice(head, len + 1, head.len);
    }
    return false;
}

bool twf_file_has_field(struct twf_span head)
{
    return has_field(head, is_field);
}

/* Contacts and calendars (RFC 6350, 5545), which mail programs export beside mail; their X- fields are no mail's. */
static bool is_card(struct twf_span head)
{
    return twf_span_starts_fold(head, "BEGIN:V");
}

static bool is_apple_double(struct twf_span head)
{
    return head.len >= 4 && memcmp(head.ptr, "\x00\x05\x16\x07", 4) == 0;
}

/*
 * More than one control byte in sixteen: compressed or other binary bytes, in which a "name:" is chance
 * (a zstd archive whose magic is damaged). Mail begins with what a server wrote, and that is text.
 */
static bool is_binary(struct twf_span head)
{
    enum { LOOK = 512, ONE_IN = 16 };
    size_t n = TWF_MIN(head.len, (size_t)LOOK), controls = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = head.ptr[i];

        controls += c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B;
    }
    return controls * ONE_IN > n;
}

/* What a file is, by its first bytes: the same for every cut, as head is cut to a fixed length. */
static enum twf_split_format recognise(struct twf_span head, bool last)
{
    size_t lead = twf_file_lead(head, true), line_len, text_len;
    struct twf_span rest = twf_span_slice(head, lead, head.len);

    if (is_apple_double(head) || is_card(rest))
        return TWF_SPLIT_UNKNOWN;
    if (rest.len >= 5 && memcmp(rest.ptr, "From ", 5) == 0 &&
        twf_from_line_look(rest.ptr, rest.len, last, true, &line_len, &text_len) == TWF_LOOK_YES)
        return TWF_SPLIT_MBOX;
    rest = twf_span_slice(head, twf_file_lead(head, false), head.len);
    return has_field(rest, is_mail_field) ? TWF_SPLIT_EML : TWF_SPLIT_UNKNOWN;
}

/*
 * Whether the bytes at hand already tell that the file is one message, whatever follows: its first line is a
 * field, as nearly always. Who decodes no more than a header need not decode 8 KiB then.
 */
static bool is_message_already(const struct twf_file *f, struct twf_span head)
{
    enum {
        ENOUGH = 512,
        SCHEME = 3
    }; /* what is_binary looks at; a ':' and what may stand behind it */

    return (f->format == TWF_SPLIT_AUTO || f->format == TWF_SPLIT_EML) && !f->lost &&
           head.len >= ENOUGH && memcmp(head.ptr, "From ", 5) != 0 &&
           is_field(twf_span_slice(head, 0, head.len - SCHEME)) && is_field(head);
}

static bool probe(struct twf_splitter *s, const struct twf_window *w)
{
    struct twf_file *f = &s->file;
    struct twf_span head = twf_span(w->ptr, TWF_MIN(w->len, (size_t)TWF_FILE_HEAD));
    enum twf_split_format format = f->format;

    if (w->len < TWF_FILE_HEAD && !w->last && !is_message_already(f, head)) {
        f->want = TWF_FILE_HEAD;
        return false;
    }
    /* What follows damage has lost its beginning: only an mbox can be picked up again. */
    if (format == TWF_SPLIT_AUTO && f->lost)
        format = TWF_SPLIT_MBOX;
    else if (format == TWF_SPLIT_AUTO)
        /* Only of an input, where no mail is a gap and loud: a member would be passed over. */
        format = !f->is_member && is_binary(head)
                     ? TWF_SPLIT_UNKNOWN
                     : recognise(head, w->last && w->len <= TWF_FILE_HEAD);
    if (format == TWF_SPLIT_EML) {
        f->phase = TWF_FILE_EML;
    } else if (format == TWF_SPLIT_UNKNOWN) {
        f->phase = TWF_FILE_SKIP;
        f->apple_double = is_apple_double(head);
    } else {
        f->phase = TWF_FILE_SEEK;
    }
    if (!f->is_member)
        s->format = format;
    return true;
}

size_t twf_file_step(struct twf_splitter *s, const struct twf_window *w)
{
    size_t used = 0;

    if (s->file.phase == TWF_FILE_PROBE && !probe(s, w))
        return 0;
    if (s->file.phase == TWF_FILE_EML)
        return twf_eml_step(s, w);
    if (s->file.phase == TWF_FILE_SKIP)
        return twf_skip_step(s, w);
    if (s->file.phase == TWF_FILE_SEEK) {
        used = twf_mbox_seek(s, w);
        /* A message was opened: go on in the same window, or there was no boundary in it. */
        if (s->file.phase != TWF_FILE_MBOX)
            return used;
    }
    return twf_mbox_step(s, w);
}
