/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the tables of freemail and mail service providers, and of list services. */
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

static const struct row esp[] = {
#define E(org) {org, 1},
#include "verdict/esp.def"
#undef E
};

static const struct {
    const char *host, *org;
    size_t host_len;
} list_services[] = {
#define L(host, org) {host, org, sizeof(host) - 1},
#include "verdict/list_services.def"
#undef L
};

const char *twf_tables_dates(void)
{
    return "freemail " TWF_FREEMAIL_DATE ", mail services " TWF_ESP_DATE
           ", list services " TWF_LIST_SERVICES_DATE;
}

/*
 * Rows are found by a hash of length, first and last four bytes of the name; in every slot stand
 * the rows that share it, one after the other. FREE ends them.
 */
enum { SLOTS = TWF_TABLE_SLOTS, SHORTEST = 4, FREE = UINT16_MAX };

static size_t slot_of(struct twf_span name)
{
    uint32_t first, last;

    memcpy(&first, name.ptr, sizeof(first));
    memcpy(&last, name.ptr + name.len - sizeof(last), sizeof(last));
    return (size_t)(((first ^ (last << 13 | last >> 19)) + (uint32_t)name.len) * 0x9E3779B1u >> 22) %
           SLOTS;
}

static void fill(uint16_t *slots, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < SLOTS; i++)
        slots[i] = FREE;
    for (size_t i = 0; i < count; i++) {
        size_t at = slot_of(twf_span_str(rows[i].org));

        while (slots[at] != FREE)
            at = (at + 1) % SLOTS;
        slots[at] = (uint16_t)i;
    }
}

void twf_tables_init(struct twf_tables *t)
{
    _Static_assert(TWF_COUNT(freemail) < SLOTS / 2 && TWF_COUNT(esp) < SLOTS / 2, "room");
    fill(t->freemail, freemail, TWF_COUNT(freemail));
    fill(t->esp, esp, TWF_COUNT(esp));
}

static unsigned find(const uint16_t *slots, const struct row *rows, struct twf_span org)
{
    if (org.len < SHORTEST)
        return 0;
    for (size_t at = slot_of(org); slots[at] != FREE; at = (at + 1) % SLOTS) {
        if (twf_span_is(org, rows[slots[at]].org))
            return rows[slots[at]].provider;
    }
    return 0;
}

unsigned twf_freemail_provider(const struct twf_tables *t, struct twf_span org)
{
    return find(t->freemail, freemail, org);
}

static bool is_under(struct twf_span host, const char *domain, size_t n)
{
    return host.len >= n && (host.len == n || host.ptr[host.len - n - 1] == '.') &&
           twf_span_eq_fold(twf_span(host.ptr + host.len - n, n), twf_span(domain, n));
}

bool twf_host_is_under(struct twf_span host, const char *domain)
{
    return is_under(host, domain, strlen(domain));
}

const char *twf_list_service(struct twf_span host, size_t *pos)
{
    for (size_t i = *pos; i < TWF_COUNT(list_services); i++) {
        if (is_under(host, list_services[i].host, list_services[i].host_len)) {
            *pos = i + 1;
            return list_services[i].org;
        }
    }
    return NULL;
}

bool twf_is_esp(const struct twf_tables *t, struct twf_span org)
{
    return find(t->esp, esp, org) != 0;
}
