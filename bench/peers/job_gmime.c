/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job A with GMime: how many messages of an mbox on standard input have a From whose domain differs from that of
 * Return-Path. As a program is written that takes a good library and asks it: parse each message, take two fields.
 */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

static const char *domain_of(InternetAddressList *list)
{
    for (int i = 0; list != NULL && i < internet_address_list_length(list); i++) {
        InternetAddress *a = internet_address_list_get_address(list, i);
        const char *addr, *at;

        if (!INTERNET_ADDRESS_IS_MAILBOX(a))
            continue;
        addr = internet_address_mailbox_get_addr((InternetAddressMailbox *)a);
        at = addr == NULL ? NULL : strrchr(addr, '@');
        if (at != NULL)
            return at + 1;
    }
    return NULL;
}

int main(void)
{
    GMimeStream *stream;
    GMimeParser *parser;
    GMimeParserOptions *options;
    unsigned long messages = 0, differ = 0;

    g_mime_init();
    options = g_mime_parser_options_new();
    stream = g_mime_stream_pipe_new(0);
    parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
    while (!g_mime_parser_eos(parser)) {
        GMimeMessage *m = g_mime_parser_construct_message(parser, options);
        InternetAddressList *p1 = NULL;
        const char *raw, *a, *b;

        if (m == NULL)
            break;
        messages++;
        raw = g_mime_object_get_header((GMimeObject *)m, "Return-Path");
        if (raw != NULL)
            p1 = internet_address_list_parse(options, raw);
        a = domain_of(p1);
        b = domain_of(g_mime_message_get_from(m));
        differ += a != NULL && b != NULL && g_ascii_strcasecmp(a, b) != 0;
        if (p1 != NULL)
            g_object_unref(p1);
        g_object_unref(m);
    }
    printf("%lu %lu\n", messages, differ);
    g_object_unref(parser);
    g_object_unref(stream);
    return 0;
}
