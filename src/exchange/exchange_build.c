/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement. Steps 2 to 4 are HealthChecker's own: what counts is whether the build has the
 * detection of CVE-2024-49040, which came with SUv1 and was made sound by SUv2.
 */
#include "exchange/exchange.h"

#include <string.h>

const char *const twf_exchange_status_names[TWF_EXCHANGE_STATUS_COUNT] = {
    "unreadable", "online", "unpatched", "suv1", "suv2", "current"};
const char *const twf_exchange_color_names[4] = {"Grey", "Green", "Yellow", "Red"};

enum { SE_FIRST = 2562 }; /* 15.2.c: Exchange SE from here on, 2019 below */

static int compare(const uint32_t *a, const uint32_t *b)
{
    for (int i = 0; i < 4; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

static bool same_line(const uint32_t *a, const uint32_t *b)
{
    return memcmp(a, b, 3 * sizeof(*a)) == 0;
}

/* Of the build's own line: the update of that name, or NULL. */
static const struct twf_exchange_update *in_line(const struct twf_exchange_table *t,
                                                 const uint32_t *build, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (same_line(t->updates[i].build, build) && strcmp(t->updates[i].name, name) == 0)
            return &t->updates[i];
    }
    return NULL;
}

/* The update of that name in the newest line of the build's product that got one, or NULL. */
static const struct twf_exchange_update *newest(const struct twf_exchange_table *t,
                                                const uint32_t *build, const char *name)
{
    const struct twf_exchange_update *found = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct twf_exchange_update *u = &t->updates[i];

        if (u->build[0] == build[0] && u->build[1] == build[1] &&
            (u->build[2] >= SE_FIRST) == (build[2] >= SE_FIRST) && strcmp(u->name, name) == 0)
            found = u;
    }
    return found;
}

static bool at_least(const uint32_t *build, const struct twf_exchange_update *u)
{
    return u != NULL && compare(build, u->build) >= 0;
}

static bool is_se(const uint32_t *build)
{
    return build[0] == 15 && build[1] == 2 && build[2] >= SE_FIRST;
}

/* No fix exists for it. */
static bool is_old(const uint32_t *build)
{
    return build[0] < 15 || (build[0] == 15 && build[1] == 0);
}

static const char *family(const uint32_t *build)
{
    switch (build[0]) {
    case 8:
        return "Exchange 2007";
    case 14:
        return "Exchange 2010";
    case 15:
        break;
    default:
        return "Exchange";
    }
    switch (build[1]) {
    case 0:
        return "Exchange 2013";
    case 1:
        return "Exchange 2016";
    case 2:
        return is_se(build) ? "Exchange SE" : "Exchange 2019";
    default:
        return "Exchange";
    }
}

/* The line and the newest update at or below the build. */
static void name_update(const struct twf_exchange_table *t, const uint32_t *build,
                        struct twf_exchange_judgement *out)
{
    const struct twf_exchange_update *at = NULL, *last = NULL;

    for (size_t i = 0; i < t->count; i++) {
        if (!same_line(t->updates[i].build, build))
            continue;
        last = &t->updates[i];
        if (compare(t->updates[i].build, build) <= 0)
            at = last;
    }
    if (at != NULL) {
        out->update = at->name;
        out->exact = compare(at->build, build) == 0;
    }
    /* A line that the table lacks, above all that it has of this product, is news too. */
    out->newer = last != NULL
                     ? compare(build, last->build) > 0
                     : !is_old(build) &&
                           (t->count == 0 || compare(build, t->updates[t->count - 1].build) > 0);
}

static bool is_patched(const struct twf_exchange_table *t, const uint32_t *build)
{
    return is_se(build) || at_least(build, newest(t, build, "Nov24SUv2")) ||
           at_least(build, in_line(t, build, "Nov24SUv2"));
}

static void judge_patched(const struct twf_exchange_table *t, const uint32_t *build,
                          struct twf_exchange_judgement *out)
{
    const struct twf_exchange_update *last = &t->updates[t->count - 1];
    /* A line newer than the table has all that the table knows of. */
    bool beyond = t->count > 0 && compare(build, last->build) > 0 && !same_line(build, last->build);

    out->status = TWF_EXCHANGE_SUV2;
    out->color = TWF_YELLOW;
    if (beyond || at_least(build, in_line(t, build, "Oct25SU"))) {
        out->status = TWF_EXCHANGE_CURRENT;
        out->color = TWF_GREEN;
    } else if (at_least(build, in_line(t, build, "Aug25SU"))) {
        out->lacks = "CVE-2025-59248";
    } else {
        out->lacks = "CVE-2025-25006, CVE-2025-25007, CVE-2025-59248";
    }
}

void twf_exchange_judge(const struct twf_exchange_table *t, struct twf_span host,
                        const uint32_t *build, struct twf_exchange_judgement *out)
{
    *out = (struct twf_exchange_judgement){.product = "Exchange", .update = "", .lacks = ""};
    /* Online wrote builds of 2013 and 2016 in its early years: the host is asked first. */
    if (twf_exchange_is_online(host) || (build != NULL && build[0] == 15 && build[1] == 20)) {
        out->status = TWF_EXCHANGE_ONLINE;
        out->product = "Exchange Online";
        return;
    }
    if (build == NULL || (build[0] != 8 && build[0] != 14 && build[0] != 15))
        return;
    out->product = family(build);
    if (is_old(build)) {
        out->status = TWF_EXCHANGE_UNPATCHED;
        out->color = TWF_RED;
        return;
    }
    name_update(t, build, out);
    if (is_patched(t, build)) {
        judge_patched(t, build, out);
        return;
    }
    out->color = TWF_RED;
    out->status =
        at_least(build, in_line(t, build, "Nov24SU")) ? TWF_EXCHANGE_SUV1 : TWF_EXCHANGE_UNPATCHED;
}
