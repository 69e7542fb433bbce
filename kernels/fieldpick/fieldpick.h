/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines may begin a field with one of some names. Contract: twf_fieldpick_fn in kernels.h. */
#ifndef TWF_KERNELS_FIELDPICK_FIELDPICK_H
#define TWF_KERNELS_FIELDPICK_FIELDPICK_H

#include "kernels/kernels.h"

/* No level above: a name is one vector of sixteen bytes, and AVX2's encoding gained nothing. */
twf_fieldpick_fn twf_fieldpick_scalar, twf_fieldpick_sse42;

#endif
