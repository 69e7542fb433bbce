/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition of fieldpick: the key of a name is its first sixteen bytes up to a ':' or a byte
 * that no name has, in lower case, with zeros behind.
 */
#include "kernels/fieldpick/fieldpick.h"

#include <string.h>

static uint64_t word(const uint8_t *bytes)
{
    uint64_t w = 0;

    for (int i = 7; i >= 0; i--)
        w = w << 8 | bytes[i];
    return w;
}

size_t twf_fieldpick_scalar(const uint8_t *ptr, const uint32_t *starts, size_t n,
                            const struct twf_picks *t, uint32_t *picks)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *name = ptr + starts[i];
        uint8_t key[16] = {0};
        unsigned id;
        bool same;

        for (int k = 0; k < 16 && name[k] > ' ' && name[k] != ':'; k++)
            key[k] = name[k] | 0x20;
        id = t->slots[twf_picks_slot(t, word(key), word(key + 8))];
        same = memcmp(t->keys[id], key, 16) == 0;
        if (same || t->odd[name[0]] != 0)
            picks[count++] = (uint32_t)i | (same ? id : 0) << TWF_PICK_BITS;
    }
    return count;
}
