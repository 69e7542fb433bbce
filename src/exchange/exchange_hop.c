/* SPDX-License-Identifier: Apache-2.0 */
/* Which Received fields Exchange writes, and the build that it writes behind "id". */
#include "exchange/exchange.h"

bool twf_exchange_build_parse(struct twf_span text, uint32_t build[4])
{
    size_t i = 0;

    for (int part = 0; part < 4; part++) {
        uint32_t value = 0;
        size_t digits = 0;

        for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++, digits++) {
            if (digits == 6)
                return false;
            value = value * 10 + (uint32_t)(text.ptr[i] - '0');
        }
        if (digits == 0 || (part < 3 && (i == text.len || text.ptr[i++] != '.')))
            return false;
        build[part] = value;
    }
    return i == text.len;
}

bool twf_exchange_is_online(struct twf_span host)
{
    static const char *const suffixes[] = {".prod.outlook.com", ".prod.exchangelabs.com",
                                           ".protection.outlook.com", ".outlook.office365.com",
                                           ".outlook.cn"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (twf_span_ends_fold(host, suffixes[i]) || twf_span_is_fold(host, suffixes[i] + 1))
            return true;
    }
    return false;
}

bool twf_exchange_hop(const struct twf_received *r, bool *has_build, uint32_t out_build[4])
{
    bool online = twf_exchange_is_online(r->by);

    /* "with Microsoft SMTPSVC(6.0.3790.3999)" is Windows, and no Exchange that can be told. */
    bool writes = twf_span_is_fold(r->with, "Microsoft SMTP Server") ||
                  twf_span_starts_fold(r->with, "Microsoft SMTP Server ") ||
                  twf_span_is_fold(r->with, "mapi") || online;

    *has_build = writes && twf_exchange_build_parse(r->id, out_build);
    return r->by.len > 0 && writes && (*has_build || online || !twf_span_is_fold(r->with, "mapi"));
}
