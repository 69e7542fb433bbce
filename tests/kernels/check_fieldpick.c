/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines with wanted names: vectors with their picks written out, a second definition that compares
 * each line with each name, then every level against both.
 */
#include "check.h"

#include <ctype.h>
#include <string.h>

enum { NAMES = 12, LINES = 64 };

/* Of more than sixteen bytes only those are a key. */
static const char *const names[NAMES] = {
    "",     "from", "to",      "received",   "received-spf",    "x-ms-exchange-or",
    "date", "x",    "list-id", "message-id", "content-transfe", "a1-",
};

static struct twf_picks table;

static bool fill_slots(void)
{
    memset(table.slots, 0, sizeof table.slots);
    for (unsigned id = 1; id < NAMES; id++) {
        uint64_t w[2] = {0, 0};
        uint8_t *slot;

        for (int i = 0; i < 16; i++)
            w[i / 8] |= (uint64_t)table.keys[id][i] << i % 8 * 8;
        slot = &table.slots[twf_picks_slot(&table, w[0], w[1])];
        if (*slot != 0)
            return false;
        *slot = (uint8_t)id;
    }
    return true;
}

static void make_table(void)
{
    memset(table.keys, ' ', sizeof table.keys);
    for (unsigned id = 1; id < NAMES; id++) {
        memset(table.keys[id], 0, 16);
        memcpy(table.keys[id], names[id], strlen(names[id]));
    }
    table.factor = 0x9E3779B97F4A7C15u;
    while (!fill_slots())
        table.factor = table.factor * 6364136223846793005u + 2;
    memset(table.odd, 0, sizeof table.odd);
    table.odd['f'] = table.odd['?'] = table.odd[0] = table.odd[0xFF] = 1;
}

/* Length of the name at p, at most 16. */
static size_t name_len(const uint8_t *p)
{
    size_t n = 0;

    while (n < 16 && p[n] > 0x20 && p[n] != ':')
        n++;
    return n;
}

/* The id of the name at p, or 0. */
static uint32_t id_of(const uint8_t *p)
{
    const size_t n = name_len(p);

    for (uint32_t id = 1; id < NAMES; id++) {
        size_t i = 0;

        while (i < n && names[id][i] != '\0' && tolower(p[i]) == names[id][i])
            i++;
        if (i == n && strlen(names[id]) == n)
            return id;
    }
    return 0;
}

static size_t naive(const uint8_t *ptr, const uint32_t *starts, size_t n, uint32_t *picks)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = ptr + starts[i];
        const uint32_t id = id_of(p);

        if (id != 0 || table.odd[p[0]] != 0)
            picks[count++] = (uint32_t)i + id * (1u << TWF_PICK_BITS);
    }
    return count;
}

/* What the kernel gives must be want; nothing lies past n. */
static bool gives(twf_fieldpick_fn *fn, const uint8_t *ptr, const uint32_t *starts, size_t n,
                  const uint32_t *want, size_t want_count)
{
    uint32_t picks[LINES + 8];

    memset(picks, 0x5A, sizeof picks);
    if (fn(ptr, starts, n, &table, picks) != want_count)
        return false;
    for (size_t i = n; i < n + 8; i++)
        if (picks[i] != 0x5A5A5A5A)
            return false;
    return memcmp(picks, want, want_count * sizeof *want) == 0;
}

static void define(struct check *c, const struct twf_kernels *s)
{
    static const struct {
        const char *line; /* sixteen bytes are read of each */
        uint32_t count, id;
    } vectors[] = {
        {"From: a@x.example", 1, 1},
        {"fROM:a@x.example.", 1, 1},
        {"From : a@x.example", 1, 1},
        {"From\n: a@x.example", 1, 1},
        {"Fromm: a@x.example", 0, 0},
        {"fro: a@x.example...", 1, 0},
        {":from:............", 0, 0},
        {"To: a@x.example...", 1, 2},
        {"T: a@x.example....", 0, 0},
        {"RECEIVED: from x...", 1, 3},
        {"Received-SPF: pass.", 1, 4},
        {"Received-SP: pass..", 0, 0},
        {"X-MS-Exchange-Organization:", 1, 5},
        {"X-MS-Exchange-or", 1, 5},
        {"X-MS-Exchange-o: a..", 0, 0},
        {"?????????????????", 1, 0},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 1, 0},
        {"from\xFF: a@x.example", 1, 0},
        {"A1-: a@x.example...", 1, 11},
        {"Content-Transfe: abc", 1, 10},
        {"Content-Transfer-En", 0, 0},
    };
    static const uint32_t zero;

    make_table();
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const uint32_t want = vectors[i].id << TWF_PICK_BITS;
        uint8_t *ptr = c->buf + CHECK_BYTES - 16;

        memcpy(ptr, vectors[i].line, 16);
        check_that(c, gives(s->fieldpick, ptr, &zero, 1, &want, vectors[i].count),
                   "fieldpick vector %zu", i);
    }
    check_that(c, gives(s->fieldpick, c->buf, &zero, 0, &zero, 0), "fieldpick of nothing");
}

/* Names, whole or not, in any case and with wrong bytes, between bytes that matter. */
static void fill(struct check *c, uint8_t *ptr, size_t len)
{
    static const char crowded[] = "fromFROMto-xX:: \t\r\n\0\xC6?receivdRSP";

    check_fill_from(c, ptr, len, crowded, sizeof crowded - 1);
    for (size_t i = 0; i + 20 < len; i += 8 + check_random(c, 16)) {
        const char *name = names[check_random(c, NAMES)];
        size_t n = strlen(name);

        for (size_t k = 0; k < n; k++)
            ptr[i + k] = (uint8_t)(check_random(c, 2) ? toupper(name[k]) : name[k]);
        if (n > 0 && check_random(c, 8) == 0) {
            uint8_t *wrong = &ptr[i + check_random(c, (uint32_t)n)];

            *wrong = (uint8_t)(*wrong ^ 1u << check_random(c, 8));
        }
        if (check_random(c, 4))
            ptr[i + n] = ':';
        i += n;
    }
}

static bool compare(struct check *c, const struct twf_kernels *s, const struct twf_kernels *k,
                    uint8_t *ptr, size_t len)
{
    uint32_t starts[LINES], want[LINES];
    const size_t n = len < 16 ? 0 : check_random(c, LINES + 1);
    size_t count;

    for (size_t i = 0; i < n; i++)
        starts[i] = check_random(c, (uint32_t)(len - 15));
    if (n > 0)
        starts[n - 1] = (uint32_t)(len - 16); /* up to the last byte */
    count = naive(ptr, starts, n, want);
    return gives(s->fieldpick, ptr, starts, n, want, count) &&
           gives(k->fieldpick, ptr, starts, n, want, count);
}

int main(int argc, char **argv)
{
    static const struct check_kernel kernel = {"fieldpick", define, fill, compare};
    return check_main(argc, argv, &kernel);
}
