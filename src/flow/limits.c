/* SPDX-License-Identifier: Apache-2.0 */
/* The table of limits, as values and as names. */
#include "flow/limits.h"

void twf_limits_default(struct twf_limits *l)
{
#define L(id, name, number, text) l->value[TWF_LIMIT_##id] = (number);
    TWF_LIMITS(L)
#undef L
}

const char *twf_limit_name(enum twf_limit id)
{
    static const char *const names[TWF_LIMIT_COUNT] = {
#define L(id, name, number, text) name,
        TWF_LIMITS(L)
#undef L
    };

    return id < TWF_LIMIT_COUNT ? names[id] : "?";
}
