/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of Message-IDs, filled from CSV (RFC 4180), then only read. Who sends mail chooses
 * Message-IDs: the hash is SipHash-1-3 with a secret of this table, so that nobody can choose what
 * collides.
 */
#define _GNU_SOURCE
#include "verdict/tracking.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/word.h"

enum {
    COLUMNS_MAX = 256,
    FIELD_MAX = 2048, /* bytes of a field that is kept; longer ones make the row useless */
    IDS_MAX = 1 << 24,
    TEXT_MAX = 1 << 30
};

/* What a column is, by its name without dashes and quotes. */
enum column { OTHER, ID, PATH, EVENT, KINDS };

struct entry {
    uint64_t hash;
    uint32_t off; /* of id, then path, in text; text[0] is unused, so 0: free */
    uint16_t id_len, path_len;
    bool several;
};

struct twf_tracking {
    uint64_t secret[2];
    struct entry *entries;
    size_t count, cap, several; /* cap: a power of two */
    struct twf_buf text;
    uint64_t digest;

    /* the log at hand */
    uint8_t columns[COLUMNS_MAX]; /* enum column */
    bool has_header, quoted, after_quote, too_long, row_bad;
    uint32_t column;
    uint64_t line;
    struct twf_buf fields[KINDS]; /* of the row; OTHER holds names while the header is read */
};

/* ---- the table ---- */

static uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash(const struct twf_tracking *t, struct twf_span s)
{
    uint64_t v[4] = {t->secret[0] ^ UINT64_C(0x736F6D6570736575),
                     t->secret[1] ^ UINT64_C(0x646F72616E646F6D),
                     t->secret[0] ^ UINT64_C(0x6C7967656E657261),
                     t->secret[1] ^ UINT64_C(0x7465646279746573)};

    for (size_t at = 0; at <= s.len; at += 8) {
        uint64_t w = s.len - at >= 8 ? twf_word(s.ptr + at)
                                     : twf_word_part(s.ptr + at, s.len - at) | (uint64_t)s.len << 56;

        v[3] ^= w;
        sip_round(v);
        v[0] ^= w;
    }
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct twf_span id_of(const struct twf_tracking *t, const struct entry *e)
{
    return twf_span(t->text.ptr + e->off, e->id_len);
}

static struct twf_span path_of(const struct twf_tracking *t, const struct entry *e)
{
    return twf_span(t->text.ptr + e->off + e->id_len, e->path_len);
}

/* The entry of id, or the free one where it belongs. */
static struct entry *find(const struct twf_tracking *t, struct twf_span id, uint64_t h)
{
    size_t i = (size_t)h & (t->cap - 1);

    while (t->entries[i].off != 0 &&
           !(t->entries[i].hash == h && twf_span_eq(id_of(t, &t->entries[i]), id)))
        i = (i + 1) & (t->cap - 1);
    return &t->entries[i];
}

static bool grow(struct twf_tracking *t)
{
    size_t cap = t->cap * 2;
    struct entry *old = t->entries, *entries = twf_calloc(cap, sizeof(*entries));

    if (entries == NULL)
        return false;
    for (size_t i = 0; i < t->cap; i++) {
        size_t at = (size_t)old[i].hash & (cap - 1);

        if (old[i].off == 0)
            continue;
        while (entries[at].off != 0)
            at = (at + 1) & (cap - 1);
        entries[at] = old[i];
    }
    twf_free(old);
    t->entries = entries;
    t->cap = cap;
    return true;
}

static struct twf_span strip(struct twf_span s)
{
    s = twf_span_trim(s);
    if (s.len >= 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        s = twf_span_trim(twf_span_slice(s, 1, s.len - 1));
    return s;
}

static enum twf_status no_memory(struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for the tracking log");
}

/* The path as logged, without brackets; an empty one is the null path. */
static enum twf_status add(struct twf_tracking *t, struct twf_span id, struct twf_span path,
                           struct twf_error *err)
{
    uint64_t h = hash(t, id);
    struct entry *e = find(t, id, h);

    if (e->off != 0) {
        if (!e->several && !twf_span_eq_fold(path_of(t, e), path)) {
            e->several = true;
            t->several++;
        }
        return TWF_OK;
    }
    if (t->count == IDS_MAX || id.len + path.len > (size_t)TEXT_MAX - t->text.len)
        return twf_error_set(err, TWF_ERR_LIMIT, 0, "more Message-IDs than are kept");
    *e = (struct entry){.hash = h,
                        .off = (uint32_t)t->text.len,
                        .id_len = (uint16_t)id.len,
                        .path_len = (uint16_t)path.len};
    twf_buf_span(&t->text, id);
    twf_buf_span(&t->text, path);
    t->count++;
    if (t->text.failed || (2 * t->count > t->cap && !grow(t)))
        return no_memory(err);
    return TWF_OK;
}

enum twf_status twf_tracking_new(struct twf_tracking **out, struct twf_error *err)
{
    struct twf_tracking *t = twf_calloc(1, sizeof(*t));
    struct timespec now = {0};

    *out = NULL;
    if (t == NULL)
        return no_memory(err);
    t->cap = 1024;
    t->digest = UINT64_C(0xCBF29CE484222325);
    t->entries = twf_calloc(t->cap, sizeof(*t->entries));
    twf_buf_init(&t->text);
    twf_buf_byte(&t->text, 0);
    for (int i = 0; i < KINDS; i++)
        twf_buf_init(&t->fields[i]);
    if (t->entries == NULL || t->text.failed) {
        twf_tracking_free(t);
        return no_memory(err);
    }
    if (getrandom(t->secret, sizeof(t->secret), GRND_NONBLOCK) != (ssize_t)sizeof(t->secret)) {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        t->secret[0] = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)t << 20;
    }
    *out = t;
    return TWF_OK;
}

void twf_tracking_free(struct twf_tracking *t)
{
    if (t == NULL)
        return;
    for (int i = 0; i < KINDS; i++)
        twf_buf_fini(&t->fields[i]);
    twf_buf_fini(&t->text);
    twf_free(t->entries);
    twf_free(t);
}

bool twf_tracking_find(const struct twf_tracking *t, struct twf_span id, struct twf_span *path)
{
    const struct entry *e;

    id = strip(id);
    e = find(t, id, hash(t, id));
    if (e->off == 0 || e->several)
        return false;
    *path = path_of(t, e);
    return true;
}

uint64_t twf_tracking_digest(const struct twf_tracking *t)
{
    return t->digest;
}

void twf_tracking_counts(const struct twf_tracking *t, size_t *single, size_t *several)
{
    *single = t->count - t->several;
    *several = t->several;
}

/* ---- the log ---- */

/* "message-id" and "MessageId" are one name. */
static enum column column_of(struct twf_span name)
{
    static const struct {
        const char *name;
        enum column column;
    } names[] = {{"messageid", ID}, {"returnpath", PATH}, {"eventid", EVENT}};
    uint8_t plain[16];
    size_t n = 0;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = twf_lower_byte(name.ptr[i]);

        if (c < 'a' || c > 'z')
            continue;
        if (n == sizeof(plain))
            return OTHER;
        plain[n++] = c;
    }
    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        if (twf_span_is(twf_span(plain, n), names[i].name))
            return names[i].column;
    }
    return OTHER;
}

/* What was kept of a line before the header, without a byte order mark. */
static struct twf_span first_field(const struct twf_tracking *t)
{
    struct twf_span s = twf_buf_view(&t->fields[OTHER]);

    return s.len >= 3 && memcmp(s.ptr, "\xEF\xBB\xBF", 3) == 0 ? twf_span_slice(s, 3, s.len) : s;
}

/* The names of columns, which stand in fields[OTHER] with a LF behind each. */
static enum twf_status take_header(struct twf_tracking *t, struct twf_error *err)
{
    struct twf_span names = first_field(t);
    uint32_t seen = 0;

    if (twf_span_starts_fold(names, "#fields:"))
        names = twf_span_slice(names, strlen("#fields:"), names.len);
    for (uint32_t i = 0; names.len > 0; i++) {
        size_t end = twf_span_find(names, '\n');
        enum column c = column_of(twf_span_slice(names, 0, end));

        if (i < COLUMNS_MAX)
            t->columns[i] = (uint8_t)((seen >> c & 1) != 0 ? OTHER : c);
        seen |= i < COLUMNS_MAX ? 1u << c : 0;
        names = twf_span_slice(names, end + 1, names.len);
    }
    t->has_header = true;
    if ((seen >> ID & 1) == 0 || (seen >> PATH & 1) == 0)
        return twf_error_set(err, TWF_ERR_FORMAT, 0,
                             "line %llu names no columns message-id and return-path",
                             (unsigned long long)t->line);
    return TWF_OK;
}

/*
 * A row counts where the server took the message in: later events may log what a list or a rule
 * made of the path. A log without events is taken as it is.
 */
static enum twf_status take_row(struct twf_tracking *t, struct twf_error *err)
{
    struct twf_span id = strip(twf_buf_view(&t->fields[ID]));
    struct twf_span path = twf_span_trim(twf_buf_view(&t->fields[PATH]));
    struct twf_span event = twf_span_trim(twf_buf_view(&t->fields[EVENT]));

    if (t->row_bad || id.len == 0 || path.len == 0 ||
        (event.len > 0 && !twf_span_is_fold(event, "receive")))
        return TWF_OK;
    return add(t, id, strip(path), err);
}

static void end_field(struct twf_tracking *t)
{
    if (!t->has_header)
        twf_buf_byte(&t->fields[OTHER], '\n');
    t->row_bad |= t->too_long;
    t->too_long = t->quoted = t->after_quote = false;
    t->column++;
}

/* Nothing of a row so far: a blank line, or the end behind the last one. */
static bool is_empty_row(const struct twf_tracking *t)
{
    return t->column == 0 && t->fields[ID].len == 0 && t->fields[OTHER].len == 0;
}

/* "#Software: ..." of a server's log, "#TYPE ..." of Export-Csv; "#Fields: " is the header. */
static bool is_comment(const struct twf_tracking *t)
{
    struct twf_span first = first_field(t);

    return first.len > 0 && first.ptr[0] == '#' && !twf_span_starts_fold(first, "#fields:");
}

static enum twf_status end_row(struct twf_tracking *t, struct twf_error *err)
{
    enum twf_status status = TWF_OK;
    bool empty = is_empty_row(t);

    t->line++;
    end_field(t);
    for (int i = 0; i < KINDS; i++) {
        if (t->fields[i].failed)
            return no_memory(err);
    }
    if (!empty && !t->has_header && !is_comment(t))
        status = take_header(t, err);
    else if (!empty && t->has_header)
        status = take_row(t, err);
    for (int i = 0; i < KINDS; i++)
        twf_buf_reset(&t->fields[i]);
    t->column = 0;
    t->row_bad = false;
    return status;
}

static void put(struct twf_tracking *t, uint8_t c)
{
    enum column kind = !t->has_header             ? OTHER
                       : t->column < COLUMNS_MAX ? (enum column)t->columns[t->column]
                                                 : OTHER;
    struct twf_buf *b = &t->fields[kind];
    size_t max = t->has_header ? FIELD_MAX : COLUMNS_MAX * 64;

    if (t->has_header && kind == OTHER)
        return;
    if (b->len == max)
        t->too_long = true;
    else
        twf_buf_byte(b, c);
}

enum twf_status twf_tracking_feed(struct twf_tracking *t, struct twf_span bytes,
                                  struct twf_error *err)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.ptr[i];

        t->digest = (t->digest ^ c) * UINT64_C(0x100000001B3);
        if (t->quoted && !t->after_quote) {
            if (c == '"')
                t->after_quote = true;
            else
                put(t, c);
        } else if (c == '"') {
            if (t->after_quote)
                put(t, c); /* "" inside quotes */
            t->quoted = true;
            t->after_quote = false;
        } else if (c == ',') {
            end_field(t);
        } else if (c == '\n') {
            TWF_TRY(end_row(t, err));
        } else if (c != '\r') {
            put(t, c);
        }
    }
    return TWF_OK;
}

enum twf_status twf_tracking_end(struct twf_tracking *t, struct twf_error *err)
{
    bool had_header;

    if (!is_empty_row(t))
        TWF_TRY(end_row(t, err));
    had_header = t->has_header;
    t->has_header = t->quoted = t->after_quote = false;
    t->line = 0;
    memset(t->columns, 0, sizeof(t->columns));
    return had_header ? TWF_OK
                      : twf_error_set(err, TWF_ERR_FORMAT, 0, "no line that names its columns");
}
