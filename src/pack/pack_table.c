/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables behind the frames. Numbers are little-endian. What is read here was maybe not written
 * by us: every length is checked against the bytes at hand.
 */
#include "pack/pack.h"

#include <string.h>

enum {
    MAGIC_INFO =
        0x184D2A57, /* one of the sixteen skippable magics; pzstd takes ...50, the table ...5E */
    MAGIC_TABLE = 0x184D2A5E,
    HEADER = 8
};
#define MAGIC_FOOTER 0x8F92EAB1u /* of the seekable format */

static const char schema[] = "twofrom.pack/1";

static uint32_t read_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_le32(struct twf_buf *b, uint32_t v)
{
    uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

    twf_buf_put(b, bytes, sizeof(bytes));
}

void twf_pack_info_put(const struct twf_pack_info *info, const struct twf_pack_entry *entries,
                       uint32_t n, struct twf_buf *out)
{
    size_t start = out->len;
    uint32_t len;

    put_le32(out, MAGIC_INFO);
    put_le32(out, 0);
    twf_buf_printf(out, "%s format=%s frames=%u messages=%llu unaligned=%llu frame_size=%llu\n",
                   schema, info->container, n, (unsigned long long)info->messages,
                   (unsigned long long)info->unaligned, (unsigned long long)info->frame_size);
    for (uint32_t i = 0; i < n; i++)
        put_le32(out, entries[i].messages);
    if (out->failed)
        return;
    len = (uint32_t)(out->len - start - HEADER);
    for (unsigned i = 0; i < 4; i++)
        out->ptr[start + 4 + i] = (uint8_t)(len >> (8 * i));
}

/* "KEY=" at *line, digits behind it; *line moves past the blank or LF that ends them. */
static bool read_number(struct twf_span *line, const char *key, uint64_t *out)
{
    size_t i = strlen(key), digits = 0;

    if (line->len < i || memcmp(line->ptr, key, i) != 0)
        return false;
    for (*out = 0; i < line->len && line->ptr[i] >= '0' && line->ptr[i] <= '9'; i++, digits++) {
        if (digits == 18)
            return false;
        *out = *out * 10 + (uint64_t)(line->ptr[i] - '0');
    }
    if (digits == 0 || i == line->len || (line->ptr[i] != ' ' && line->ptr[i] != '\n'))
        return false;
    *line = twf_span_slice(*line, i + 1, line->len);
    return true;
}

bool twf_pack_info_read(struct twf_span frame, struct twf_pack_info *out)
{
    static const char intro[] = "twofrom.pack/1 format=";
    struct twf_span line;
    uint64_t frames;
    size_t n;

    *out = (struct twf_pack_info){.frames = 0};
    if (frame.len < HEADER + sizeof(intro) || read_le32(frame.ptr) != MAGIC_INFO ||
        read_le32(frame.ptr + 4) != frame.len - HEADER ||
        memcmp(frame.ptr + HEADER, intro, sizeof(intro) - 1) != 0)
        return false;
    line = twf_span_slice(frame, HEADER + sizeof(intro) - 1, frame.len);
    n = twf_span_find(line, ' ');
    if (n == line.len || n >= sizeof(out->container))
        return false;
    memcpy(out->container, line.ptr, n);
    line = twf_span_slice(line, n + 1, line.len);
    if (!read_number(&line, "frames=", &frames) ||
        !read_number(&line, "messages=", &out->messages) ||
        !read_number(&line, "unaligned=", &out->unaligned) ||
        !read_number(&line, "frame_size=", &out->frame_size) || frames != line.len / 4 ||
        line.len % 4 != 0)
        return false;
    out->frames = (uint32_t)frames;
    out->counts = line.ptr;
    return true;
}

uint32_t twf_pack_info_count(const struct twf_pack_info *info, uint32_t i)
{
    return read_le32(info->counts + (size_t)i * 4);
}

void twf_pack_seek_table_put(const struct twf_pack_entry *entries, uint32_t n, uint32_t info_len,
                             struct twf_buf *out)
{
    put_le32(out, MAGIC_TABLE);
    put_le32(out, (n + 1) * 12 + 9);
    for (uint32_t i = 0; i < n; i++) {
        put_le32(out, entries[i].comp_len);
        put_le32(out, entries[i].plain_len);
        put_le32(out, entries[i].checksum);
    }
    put_le32(out, info_len);
    put_le32(out, 0);
    put_le32(out, 0x51D8E999); /* the low half of XXH64 over nothing */
    put_le32(out, n + 1);
    twf_buf_byte(out, 0x80); /* entries have checksums */
    put_le32(out, MAGIC_FOOTER);
}
