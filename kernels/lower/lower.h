/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII letters made lower case. Contract: twf_lower_fn in kernels/kernels.h. */
#ifndef TWF_KERNELS_LOWER_LOWER_H
#define TWF_KERNELS_LOWER_LOWER_H

#include "kernels/kernels.h"

twf_lower_fn twf_lower_scalar, twf_lower_sse42, twf_lower_avx2, twf_lower_avx512;

#endif
