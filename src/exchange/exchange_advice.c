/* SPDX-License-Identifier: Apache-2.0 */
/* What to do. The matrix for SUv1 has two rows that Microsoft published and two that follow from its
 * rule that everyone else installs. */
#include "exchange/exchange.h"

#include <string.h>

static const struct {
    enum twf_suv1 was;
    const char *how, *with_rules, *without_rules;
} matrix[] = {
    {TWF_SUV1_MANUAL, "installed by hand", "install SUv2 now",
     "SUv2 is recommended, for finer control of the header"},
    {TWF_SUV1_WINDOWS_UPDATE, "installed by Windows Update", "install SUv2 now",
     "SUv2 comes by itself in December 2024; check that the build has changed"},
    {TWF_SUV1_REMOVED, "installed, then removed", "install SUv2", "install SUv2"},
    {TWF_SUV1_NEVER, "never installed", "install SUv2", "install SUv2"},
};

void twf_exchange_matrix(enum twf_suv1 suv1, enum twf_transport_rules rules, struct twf_buf *out)
{
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        if (suv1 != TWF_SUV1_UNKNOWN && suv1 != matrix[i].was)
            continue;
        if (rules != TWF_TRANSPORT_NO)
            twf_buf_printf(out, "SUv1 %s, transport or DLP rules in use: %s\n", matrix[i].how,
                           matrix[i].with_rules);
        if (rules != TWF_TRANSPORT_YES)
            twf_buf_printf(out, "SUv1 %s, no such rules: %s\n", matrix[i].how,
                           matrix[i].without_rules);
    }
}

/* The update of that name in the line of build, else in the newest line of its product. */
static const struct twf_exchange_update *find(const struct twf_exchange_table *t,
                                              const uint32_t *build, const char *name)
{
    const struct twf_exchange_update *found = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct twf_exchange_update *u = &t->updates[i];

        if (u->build[0] != build[0] || u->build[1] != build[1] || strcmp(u->name, name) != 0)
            continue;
        if (u->build[2] == build[2])
            return u;
        if (u->build[2] < 2562 || build[2] >= 2562)
            found = u;
    }
    return found;
}

static void put_build(struct twf_buf *out, const struct twf_exchange_update *u)
{
    if (u != NULL)
        twf_buf_printf(out, " (%u.%u.%u.%u)", u->build[0], u->build[1], u->build[2], u->build[3]);
}

/* Support of the product, where it has ended. */
static void put_support(const uint32_t *build, struct twf_buf *out)
{
    if (build[0] == 15 && build[1] >= 1 && build[2] < 2562)
        twf_buf_str(out, "; support ended on 14 Oct 2025: move to Exchange SE");
}

static void put_unpatched(const struct twf_exchange_table *t,
                          const struct twf_exchange_judgement *j, const uint32_t *build,
                          struct twf_buf *out)
{
    const struct twf_exchange_update *suv2;

    if (build[0] < 15 || build[1] == 0) {
        twf_buf_str(out, "no fix exists");
        if (build[0] == 15)
            twf_buf_str(out, "; support ended on 11 Apr 2023");
        twf_buf_str(out, ": move to Exchange SE");
        return;
    }
    suv2 = find(t, build, "Nov24SUv2");
    if (suv2 != NULL && suv2->build[2] != build[2]) {
        twf_buf_printf(out, "this cumulative update never got the fix: install %s with SUv2",
                       suv2->product);
        put_build(out, suv2);
        twf_buf_str(out, " or later");
    } else {
        twf_buf_str(out, "install SUv2");
        put_build(out, suv2);
        twf_buf_str(out, " or later");
    }
    (void)j;
    put_support(build, out);
}

static void put_suv1(const struct twf_exchange_table *t, const uint32_t *build, enum twf_suv1 suv1,
                     enum twf_transport_rules rules, struct twf_buf *out)
{
    twf_buf_str(out, "transport and DLP rules stop periodically: replace by SUv2");
    put_build(out, find(t, build, "Nov24SUv2"));
    twf_buf_str(out, " or later");
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        if (suv1 == matrix[i].was && rules != TWF_TRANSPORT_UNKNOWN)
            twf_buf_printf(out, "; %s, %s: %s", matrix[i].how,
                           rules == TWF_TRANSPORT_YES ? "rules in use" : "no rules",
                           rules == TWF_TRANSPORT_YES ? matrix[i].with_rules
                                                      : matrix[i].without_rules);
    }
    put_support(build, out);
}

void twf_exchange_advice(const struct twf_exchange_table *t, const struct twf_exchange_judgement *j,
                         const uint32_t *build, enum twf_suv1 suv1, enum twf_transport_rules rules,
                         struct twf_buf *out)
{
    switch (j->status) {
    case TWF_EXCHANGE_UNPATCHED:
        put_unpatched(t, j, build, out);
        break;
    case TWF_EXCHANGE_SUV1:
        put_suv1(t, build, suv1, rules, out);
        break;
    case TWF_EXCHANGE_SUV2:
        twf_buf_str(out, "install Oct25SU");
        put_build(out, find(t, build, "Oct25SU"));
        twf_buf_printf(out, " or later, which closes %s", j->lacks);
        put_support(build, out);
        break;
    case TWF_EXCHANGE_CURRENT:
        if (j->newer)
            twf_buf_str(out, "newer than the table of builds");
        break;
    default:
        break;
    }
}
