/* SPDX-License-Identifier: Apache-2.0 */
/* fieldpick, a name in one vector. */
#include "kernels/fieldpick/fieldpick.h"

#include "kernels/fieldpick/fieldpick16.h"

size_t twf_fieldpick_avx2(const uint8_t *ptr, const uint32_t *starts, size_t n,
                          const struct twf_picks *t, uint32_t *picks)
{
    return fieldpick16(ptr, starts, n, t, picks);
}
