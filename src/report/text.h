/* SPDX-License-Identifier: Apache-2.0 */
/* What the sinks share beside report.h: code points, numbers and dates as text. Of this room
 * only. */
#ifndef TWF_REPORT_TEXT_H
#define TWF_REPORT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The same as twf_text_terminal without a cap. */
void twf_text_plain(struct twf_buf *out, struct twf_span s, bool ascii);
/*
 * One table cell: s as for a terminal, padded with blanks to columns. What is too long loses its
 * beginning: an address shows its domain to the end, however long its local part is.
 */
void twf_text_cell(struct twf_buf *out, struct twf_span s, bool ascii, uint32_t columns);

/* The inside of a quoted CSV cell: no quotes around it, no guard. */
void twf_text_csv_part(struct twf_buf *out, struct twf_span s);
/* A spreadsheet would take a cell that begins so for a formula. */
bool twf_text_csv_risky(struct twf_span s);

/* 12,884,901,888 */
void twf_text_commas(struct twf_buf *out, uint64_t n);
/* part / whole with digits decimals, rounded down; without the locale's comma. 0 where whole is
 * 0. */
void twf_text_ratio(struct twf_buf *out, uint64_t part, uint64_t whole, int digits);
/* 2024-11-14T08:15:00Z, or .123456Z with a fraction; false (nothing written) beyond years 0 to
 * 9999. */
bool twf_text_time(struct twf_buf *out, int64_t us);
/* 2024-11-14, with the same bounds. */
bool twf_text_date(struct twf_buf *out, int64_t us);
/* A path in UTF-8: as it is, or with % and the bytes that are none as %HH. */
void twf_text_uri(struct twf_buf *out, struct twf_span path);

#endif
