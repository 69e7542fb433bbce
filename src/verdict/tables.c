/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups in the tables of freemail and mail service providers, which are sorted by bytes, and of
 * list services, which are few.
 */
#include "verdict/internal.h"

#include "base/compiler.h"

struct row {
    const char *org;
    unsigned provider;
};

static const struct row freemail[] = {
#define P(org, provider) {org, provider},
#include "verdict/freemail.def"
#undef P
};
const char twf_freemail_date[] = TWF_FREEMAIL_DATE;

static const struct row esp[] = {
#define E(org) {org, 1},
#include "verdict/esp.def"
#undef E
};
const char twf_esp_date[] = TWF_ESP_DATE;

static const struct {
    const char *host, *org;
} list_services[] = {
#define L(host, org) {host, org},
#include "verdict/list_services.def"
#undef L
};
const char twf_list_services_date[] = TWF_LIST_SERVICES_DATE;

static int compare(struct twf_span a, const char *name)
{
    struct twf_span b = twf_span_str(name);
    int diff = memcmp(a.ptr, b.ptr, TWF_MIN(a.len, b.len));

    return diff != 0 ? diff : (a.len > b.len) - (a.len < b.len);
}

static unsigned find(const struct row *rows, size_t count, struct twf_span org)
{
    size_t low = 0, high = org.len == 0 ? 0 : count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int diff = compare(org, rows[middle].org);

        if (diff == 0)
            return rows[middle].provider;
        if (diff < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

unsigned twf_freemail_provider(struct twf_span org)
{
    return find(freemail, TWF_COUNT(freemail), org);
}

bool twf_host_is_under(struct twf_span host, const char *domain)
{
    size_t n = strlen(domain);

    return twf_span_ends_fold(host, domain) && (host.len == n || host.ptr[host.len - n - 1] == '.');
}

const char *twf_list_service(struct twf_span host, size_t *pos)
{
    for (size_t i = *pos; i < TWF_COUNT(list_services); i++) {
        if (twf_host_is_under(host, list_services[i].host)) {
            *pos = i + 1;
            return list_services[i].org;
        }
    }
    return NULL;
}

bool twf_is_esp(struct twf_span org)
{
    return find(esp, TWF_COUNT(esp), org) != 0;
}
