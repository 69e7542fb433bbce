/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of health as one HTML page that needs nothing from elsewhere: no script, no picture, no
 * link. Names of hosts are a sender's to choose, so every text is escaped.
 */
#include "api/health_line.h"

static const char *const colors[4] = {"#ddd", "#9d9", "#fd6", "#f88"};

static void put_text(struct twf_buf *out, struct twf_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            twf_buf_str(out, "&amp;");
            break;
        case '<':
            twf_buf_str(out, "&lt;");
            break;
        case '>':
            twf_buf_str(out, "&gt;");
            break;
        case '"':
            twf_buf_str(out, "&quot;");
            break;
        default:
            twf_buf_byte(out, text.ptr[i]);
        }
    }
}

void twf_health_page_begin(struct twf_buf *out)
{
    twf_buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<title>twofrom health</title>\n<style>body{font-family:sans-serif}"
                     "table{border-collapse:collapse}"
                     "td,th{border:1px solid #999;padding:.2em .5em;text-align:left;"
                     "vertical-align:top}");
    for (int i = 0; i < 4; i++)
        twf_buf_printf(out, ".%s{background:%s}", twf_exchange_color_names[i], colors[i]);
    twf_buf_str(out, "</style></head>\n<body><h1>twofrom health</h1>\n"
                     "<table><tr><th>Colour</th><th>Name</th><th>Details</th></tr>\n");
}

void twf_health_page_row(const struct twf_health_line *l, struct twf_buf *out)
{
    const char *color = twf_exchange_color_names[l->color];

    twf_buf_printf(out, "<tr class=\"%s\"><td>%s</td><td>", color, color);
    put_text(out, twf_span_str(l->name));
    twf_buf_str(out, "</td><td>");
    put_text(out, twf_buf_view(&l->details));
    twf_buf_str(out, "</td></tr>\n");
}

void twf_health_page_end(struct twf_buf *out)
{
    twf_buf_str(out, "</table></body></html>\n");
}
