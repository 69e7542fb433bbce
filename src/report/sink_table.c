/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aligned text for people, line by line as results come: widths are fixed by the terminal, not by
 * the data. Escape sequences come from the constants here alone.
 */
#include "report/report.h"

#include <stdio.h>

#include "report/sinks.h"
#include "report/text.h"

enum { LEVEL_WIDTH = 8, SCORE_WIDTH = 5, DATE_WIDTH = 10, GAP = 2 };

/* What is left of the terminal goes to P1, P2 and the findings as 4 : 3 : 3. */
struct widths {
    uint32_t p1, p2;
};

static struct widths widths_of(const struct twf_sink_options *o)
{
    uint32_t fixed = LEVEL_WIDTH + SCORE_WIDTH + DATE_WIDTH + 5 * GAP;
    uint32_t rest = o->width > fixed ? o->width - fixed : 0;

    if (o->width == 0)
        return (struct widths){40, 30};
    return (struct widths){TWF_MIN(TWF_MAX(rest * 4 / 10, 24u), 44u),
                           TWF_MIN(TWF_MAX(rest * 3 / 10, 18u), 34u)};
}

static void pad(struct twf_buf *out, uint32_t n)
{
    for (; n > 0; n--)
        twf_buf_byte(out, ' ');
}

static void put_word(struct twf_buf *out, const char *word, uint32_t columns)
{
    uint32_t n = (uint32_t)strlen(word);

    twf_buf_str(out, word);
    pad(out, n < columns ? columns - n : 0);
}

void twf_table_head(const struct twf_sink_options *o, struct twf_buf *out)
{
    struct widths w = widths_of(o);

    put_word(out, "LEVEL", LEVEL_WIDTH);
    twf_buf_str(out, "SCORE  ");
    put_word(out, "DATE", DATE_WIDTH + GAP);
    put_word(out, "P1 (SOURCE)", w.p1 + GAP);
    put_word(out, "P2", w.p2 + GAP);
    twf_buf_str(out, "FINDINGS  MESSAGE\n");
}

static const char *color_of(struct twf_span level)
{
    return twf_span_is(level, "critical") ? "\033[1;31m"
           : twf_span_is(level, "high")   ? "\033[31m"
           : twf_span_is(level, "medium") ? "\033[33m"
           : twf_span_is(level, "low")    ? "\033[36m"
                                          : NULL;
}

static void put_level(const struct twf_sink_options *o, const struct twf_batch *b, uint32_t row,
                      struct twf_buf *out)
{
    struct twf_span level = twf_col_bytes(&b->cols[TWF_COL_level], row);
    const char *color = o->color ? color_of(level) : NULL;

    if (color != NULL)
        twf_buf_str(out, color);
    if (twf_span_is(level, "informational"))
        level = twf_span_str("info");
    twf_text_cell(out, level, o->ascii, LEVEL_WIDTH);
    if (color != NULL)
        twf_buf_str(out, "\033[0m");
}

static void put_score_date(const struct twf_batch *b, uint32_t row, struct twf_buf *out)
{
    const struct twf_col *date = &b->cols[TWF_COL_date];
    size_t before;

    if (!twf_col_valid(date, row))
        date = &b->cols[TWF_COL_date_received];
    twf_buf_printf(out, "%*lld", (int)SCORE_WIDTH,
                   (long long)twf_col_int(&b->cols[TWF_COL_score], row));
    pad(out, GAP);
    before = out->len;
    if (!twf_col_valid(date, row) || !twf_text_date(out, twf_col_int(date, row)))
        twf_buf_byte(out, '-');
    /* twf_text_date writes DATE_WIDTH or nothing. */
    pad(out, out->len - before == 1 ? DATE_WIDTH - 1 : 0);
    pad(out, GAP);
}

/*
 * An address with the note behind it, in columns. Both go through one buffer so that the cell is
 * cut in front; what is longer than any cell is cut here already.
 */
static void put_address(const struct twf_sink_options *o, struct twf_span address, const char *note,
                        uint32_t columns, struct twf_buf *out)
{
    uint8_t text[512];
    size_t note_len = strlen(note), n = 0;
    const char *mark;

    if (address.len > 240)
        address = twf_span_slice(address, address.len - 240, address.len);
    if (!o->defang) {
        memcpy(text, address.ptr, address.len);
        n = address.len;
        address.len = 0;
    }
    while (address.len > 0) {
        struct twf_span piece = twf_defang_next(&address, &mark);

        if (piece.len + 3 > 440 - n)
            break;
        memcpy(text + n, piece.ptr, piece.len);
        n += piece.len;
        memcpy(text + n, mark, strlen(mark));
        n += strlen(mark);
    }
    memcpy(text + n, note, note_len);
    twf_text_cell(out, twf_span(text, n + note_len), o->ascii, columns);
    pad(out, GAP);
}

static struct twf_span first_valid(const struct twf_batch *b, enum twf_col_id a, enum twf_col_id c,
                                   uint32_t row)
{
    if (twf_col_valid(&b->cols[a], row))
        return twf_col_bytes(&b->cols[a], row);
    if (twf_col_valid(&b->cols[c], row))
        return twf_col_bytes(&b->cols[c], row);
    return twf_span_str("-");
}

static void put_p1(const struct twf_sink_options *o, const struct twf_batch *b, uint32_t row,
                   uint32_t columns, struct twf_buf *out)
{
    struct twf_span source = twf_col_bytes(&b->cols[TWF_COL_p1_source], row);
    struct twf_span p1 = first_valid(b, TWF_COL_p1_address, TWF_COL_p1_domain, row);
    char note[40] = "";

    if (twf_col_int(&b->cols[TWF_COL_p1_null], row) != 0)
        p1 = twf_span_str("<>");
    if (source.len > 0 && source.len < sizeof(note) - 4) {
        memcpy(note, " (", 2);
        memcpy(note + 2, source.ptr, source.len);
        memcpy(note + 2 + source.len, ")", 2);
    }
    put_address(o, p1, note, columns, out);
}

static void put_p2(const struct twf_sink_options *o, const struct twf_batch *b, uint32_t row,
                   uint32_t columns, struct twf_buf *out)
{
    struct twf_span p2 = first_valid(b, TWF_COL_p2_address, TWF_COL_p2_domain, row);
    int64_t n = twf_col_int(&b->cols[TWF_COL_p2_mailbox_count], row);
    char text[32] = "";

    if (n > 1)
        (void)snprintf(text, sizeof(text), " (+%lld)", (long long)n - 1);
    put_address(o, p2, text, columns, out);
}

/* PATH@OFFSET: what explain and extract take. */
static void put_place(const struct twf_sink_options *o, const struct twf_batch *b, uint32_t row, struct twf_buf *out)
{
    twf_text_plain(out, twf_col_bytes(&b->cols[TWF_COL_source_uri], row), o->ascii);
    twf_buf_byte(out, '@');
    twf_buf_u64(out, (uint64_t)twf_col_int(&b->cols[TWF_COL_message_offset], row));
}

void twf_table_rows(const struct twf_sink_options *o, const struct twf_batch *b,
                    struct twf_buf *out)
{
    const struct twf_col *findings = &b->cols[TWF_COL_findings];
    struct widths w = widths_of(o);

    for (uint32_t row = 0; row < b->rows; row++) {
        if (!twf_batch_is_selected(b, row))
            continue;
        put_level(o, b, row, out);
        put_score_date(b, row, out);
        put_p1(o, b, row, w.p1, out);
        put_p2(o, b, row, w.p2, out);
        for (uint32_t i = 0; i < twf_col_list_len(findings, row); i++) {
            if (i > 0)
                twf_buf_byte(out, ' ');
            twf_text_plain(out, twf_col_list_item(findings, row, i), o->ascii);
        }
        pad(out, twf_col_list_len(findings, row) > 0 ? GAP : 0);
        put_place(o, b, row, out);
        twf_buf_byte(out, '\n');
    }
}
