/* SPDX-License-Identifier: Apache-2.0 */
/* The mbox separator. Contract: twf_mboxsep_fn in kernels/kernels.h. */
#ifndef TWF_KERNELS_MBOXSEP_MBOXSEP_H
#define TWF_KERNELS_MBOXSEP_MBOXSEP_H

#include "kernels/kernels.h"

twf_mboxsep_fn twf_mboxsep_scalar, twf_mboxsep_sse42, twf_mboxsep_avx2, twf_mboxsep_avx512;

#endif
