/* SPDX-License-Identifier: Apache-2.0 */
/* One line of health, put together piece by piece; inside api. */
#ifndef TWF_API_HEALTH_LINE_H
#define TWF_API_HEALTH_LINE_H

#include "api/health.h"

struct twf_health_line {
    struct twf_health *health;
    struct twf_buf *out;
    enum twf_exchange_color color;
    const char *name;
    struct twf_buf details, fields; /* fields: JSON members, each with a comma before it */
};

void twf_health_begin(struct twf_health_line *l, struct twf_health *h, struct twf_buf *out,
                      enum twf_exchange_color color, const char *name);
/* Writes it out; what was put together is forgotten. */
void twf_health_end(struct twf_health_line *l);

/* --html: a page with a row for each line (health_page.c). */
void twf_health_page_begin(struct twf_buf *out);
void twf_health_page_row(const struct twf_health_line *l, struct twf_buf *out);
void twf_health_page_end(struct twf_buf *out);

#endif
