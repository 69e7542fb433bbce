/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of health: HealthChecker's "Name: Details" in its colours, or one JSON object each. */
#ifndef TWF_API_HEALTH_H
#define TWF_API_HEALTH_H

#include "api/inventory.h"
#include "flow/totals.h"

/* What the first bytes and the last of an archive tell. */
struct twf_archive_look {
    bool known; /* it is a file that could be looked into */
    bool has_table, table_bad;
    uint64_t window; /* of its first frame; 0: unknown */
};

struct twf_health {
    const struct twf_options *options;
    const struct twf_exchange_table *table;
    const struct twf_inventory *inventory; /* sorted */
    const struct twf_totals *totals;
    struct twf_archive_look look; /* where there is one input */
    enum twf_suv1 suv1;
    enum twf_transport_rules rules;
    bool json, html; /* neither: words */
    enum twf_exchange_color worst; /* of all lines so far; GREY and GREEN are the same here */
};

/* The archives: frames, integrity, coverage, journals. */
void twf_health_archives(struct twf_health *h, struct twf_buf *out);
/* The servers, the exposure and the tags. */
void twf_health_exchange(struct twf_health *h, struct twf_buf *out);
/* One build that was asked for, without an archive. */
void twf_health_build(struct twf_health *h, const uint32_t build[4], struct twf_buf *out);

#endif
