/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MIME tree of a message as GMime reads it, a line for each part: depth, type, and the decoded
 * content in hexadecimal digits. tree_gmime FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include <gmime/gmime.h>

struct part {
    GMimeObject *object;
    unsigned depth;
};

static void put_content(GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *stream = g_mime_stream_mem_new();
    GByteArray *bytes;

    if (content != NULL)
        (void)g_mime_data_wrapper_write_to_stream(content, stream);
    bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    for (guint i = 0; i < bytes->len; i++)
        (void)printf("%02x", bytes->data[i]);
    g_object_unref(stream);
}

/* Parts wait on a stack of their own, last child first. */
static void put_tree(GMimeObject *root)
{
    enum { MOST = 4096 };
    static struct part stack[MOST];
    unsigned top = 0;

    stack[top++] = (struct part){root, 0};
    while (top > 0) {
        struct part p = stack[--top];
        GMimeContentType *type = g_mime_object_get_content_type(p.object);

        (void)printf("%u %s/%s ", p.depth, g_mime_content_type_get_media_type(type),
                     g_mime_content_type_get_media_subtype(type));
        if (GMIME_IS_MULTIPART(p.object)) {
            int n = g_mime_multipart_get_count(GMIME_MULTIPART(p.object));

            for (int i = n; i-- > 0 && top < MOST;)
                stack[top++] = (struct part){
                    g_mime_multipart_get_part(GMIME_MULTIPART(p.object), i), p.depth + 1};
        } else if (GMIME_IS_MESSAGE_PART(p.object)) {
            GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(p.object));

            if (inner != NULL && g_mime_message_get_mime_part(inner) != NULL && top < MOST)
                stack[top++] = (struct part){g_mime_message_get_mime_part(inner), p.depth + 1};
        } else if (GMIME_IS_PART(p.object)) {
            put_content(GMIME_PART(p.object));
        }
        (void)printf("\n");
    }
}

int main(int argc, char **argv)
{
    GMimeStream *stream;
    GMimeParser *parser;
    GMimeMessage *message;

    if (argc != 2)
        return 2;
    g_mime_init();
    stream = g_mime_stream_file_open(argv[1], "r", NULL);
    if (stream == NULL)
        return 2;
    parser = g_mime_parser_new_with_stream(stream);
    message = g_mime_parser_construct_message(parser, NULL);
    if (message != NULL && g_mime_message_get_mime_part(message) != NULL)
        put_tree(g_mime_message_get_mime_part(message));
    if (message != NULL)
        g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    g_mime_shutdown();
    return 0;
}
