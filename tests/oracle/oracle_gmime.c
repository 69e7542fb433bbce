/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GMime takes for the mailboxes of From values (oracle_io.h): "loose" or "strict", as the
 * first argument says, then TAB and the addresses. A value with NUL is cut there.
 */
#include "oracle_io.h"

#include <string.h>

#include <gmime/gmime.h>

static void put_address(const char *addr)
{
    const char *at = addr == NULL ? NULL : strrchr(addr, '@');

    if (addr == NULL)
        return;
    oracle_hex(addr, at == NULL ? strlen(addr) : (size_t)(at - addr));
    (void)putchar('@');
    if (at != NULL)
        oracle_hex(at + 1, strlen(at + 1));
    (void)putchar(' ');
}

static void put_members(InternetAddressList *list)
{
    for (int i = 0; i < internet_address_list_length(list); i++) {
        InternetAddress *a = internet_address_list_get_address(list, i);

        if (INTERNET_ADDRESS_IS_MAILBOX(a))
            put_address(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)));
    }
}

static void put_list(InternetAddressList *list)
{
    for (int i = 0; list != NULL && i < internet_address_list_length(list); i++) {
        InternetAddress *a = internet_address_list_get_address(list, i);

        /* GMime allows a group in a group and reads one, so that no stack is needed here. */
        if (INTERNET_ADDRESS_IS_GROUP(a))
            put_members(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(a)));
        else
            put_address(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)));
    }
}

int main(int argc, char **argv)
{
    GMimeParserOptions *options;
    GMimeRfcComplianceMode mode = argc > 1 && strcmp(argv[1], "strict") == 0
                                      ? GMIME_RFC_COMPLIANCE_STRICT
                                      : GMIME_RFC_COMPLIANCE_LOOSE;
    uint8_t *value;
    size_t len;

    g_mime_init();
    options = g_mime_parser_options_new();
    g_mime_parser_options_set_address_compliance_mode(options, mode);
    while ((value = oracle_next(&len)) != NULL) {
        char *text = g_strndup((const char *)value, len);
        InternetAddressList *list = internet_address_list_parse(options, text);

        (void)printf("%s\t", mode == GMIME_RFC_COMPLIANCE_STRICT ? "strict" : "loose");
        put_list(list);
        (void)putchar('\n');
        if (list != NULL)
            g_object_unref(list);
        g_free(text);
        free(value);
    }
    g_mime_parser_options_free(options);
    g_mime_shutdown();
    return 0;
}
