/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict parse of From values, for comparison with other parsers (oracle_io.h). A line is the
 * grammar (strict, obs, bad), the errors, the mailboxes, the readings S3 and S4, separated by TAB;
 * a domain stands as its name and as it was written, LOCAL@NAME@WRITTEN.
 */
#include "oracle_io.h"

#include "base/arena.h"
#include "flow/address.h"
#include "flow/limits.h"
#include "parse/parse.h"

static const char *const error_names[TWF_ADDR_ERROR_COUNT] = {
    [TWF_ADDR_TEXT_AFTER] = "text_after",
    [TWF_ADDR_ANGLE_NESTED] = "angle_nested",
    [TWF_ADDR_ANGLE_NESTED_AT] = "angle_nested_at",
    [TWF_ADDR_UNCLOSED] = "unclosed",
    [TWF_ADDR_ROUTE] = "route",
    [TWF_ADDR_GROUP] = "group",
    [TWF_ADDR_GROUP_ANGLE_AT] = "group_angle_at",
    [TWF_ADDR_GROUP_OPEN] = "group_open",
    [TWF_ADDR_GROUP_TAIL] = "group_tail",
    [TWF_ADDR_SEMICOLON] = "semicolon",
    [TWF_ADDR_COMMA_PHRASE] = "comma_phrase",
    [TWF_ADDR_PLAIN_DISPLAY] = "plain_display",
    [TWF_ADDR_EMPTY_ANGLE] = "empty_angle",
    [TWF_ADDR_NO_AT] = "no_at",
    [TWF_ADDR_BAD_LOCAL] = "bad_local",
    [TWF_ADDR_BAD_DOMAIN] = "bad_domain",
    [TWF_ADDR_BAD_PHRASE] = "bad_phrase",
    [TWF_ADDR_EMPTY] = "empty",
    [TWF_ADDR_ENCODED_WORD] = "encoded_word",
    [TWF_ADDR_TOO_MANY] = "too_many",
    [TWF_ADDR_COMMENT_DEPTH] = "comment_depth",
    [TWF_ADDR_GROUP_NAMELESS] = "group_nameless",
    [TWF_ADDR_GROUP_NESTED] = "group_nested",
    [TWF_ADDR_LOCAL_DOTS] = "local_dots",
};

static void put_address(struct twf_span local, const struct twf_domain *domain)
{
    oracle_hex(local.ptr, local.len);
    (void)putchar('@');
    oracle_hex(domain->name.ptr, domain->name.len);
    (void)putchar('@');
    oracle_hex(domain->written.ptr, domain->written.len);
    (void)putchar(' ');
}

static void put_parsed(const struct twf_from *f)
{
    (void)printf("%s\t", !f->strict_ok ? "bad" : f->obs ? "obs" : "strict");
    for (int i = 0; i < TWF_ADDR_ERROR_COUNT; i++) {
        if (f->errors >> i & 1)
            (void)printf("%s ", error_names[i]);
    }
    (void)putchar('\t');
    for (uint32_t i = 0; i < f->mailbox_count; i++)
        put_address(f->mailboxes[i].local, &f->mailboxes[i].domain);
    (void)putchar('\t');
    for (uint32_t i = 0; i < f->reading_count; i++) {
        if (f->readings[i].reader == 3 || f->readings[i].reader == 4)
            put_address(f->readings[i].local, &f->readings[i].domain);
    }
    (void)putchar('\n');
}

int main(void)
{
    struct twf_limits limits;
    struct twf_domains *domains;
    struct twf_arena arena;
    uint8_t *value;
    size_t len;

    twf_limits_default(&limits);
    if (twf_domains_new(twf_psl_embedded(), &domains, NULL) != TWF_OK)
        return 1;
    twf_arena_init(&arena, 1 << 16);
    while ((value = oracle_next(&len)) != NULL) {
        struct twf_from from;

        twf_from_parse(domains, &arena, &limits, twf_span(value, len), 0, &from);
        put_parsed(&from);
        twf_arena_reset(&arena);
        free(value);
    }
    twf_arena_fini(&arena);
    twf_domains_free(domains);
    return 0;
}
