/* SPDX-License-Identifier: Apache-2.0 */
/* Equal but for ASCII case. Contract: twf_eqfold_fn in kernels/kernels.h. */
#ifndef TWF_KERNELS_EQFOLD_EQFOLD_H
#define TWF_KERNELS_EQFOLD_EQFOLD_H

#include "kernels/kernels.h"

twf_eqfold_fn twf_eqfold_scalar, twf_eqfold_sse42, twf_eqfold_avx2, twf_eqfold_avx512;

#endif
