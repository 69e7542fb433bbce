/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines may begin a field with one of some names. Contract: twf_fieldpick_fn in kernels.h. */
#ifndef TWF_KERNELS_FIELDPICK_FIELDPICK_H
#define TWF_KERNELS_FIELDPICK_FIELDPICK_H

#include "kernels/kernels.h"

/* No AVX-512: a name is one vector of sixteen bytes, and masks in registers of their own only cost. */
twf_fieldpick_fn twf_fieldpick_scalar, twf_fieldpick_sse42, twf_fieldpick_avx2;

#endif
