/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logical lines of a header block (RFC 5322, 2.2.3). Contract: twf_fieldscan_fn in
 * kernels/kernels.h.
 */
#ifndef TWF_KERNELS_FIELDSCAN_FIELDSCAN_H
#define TWF_KERNELS_FIELDSCAN_FIELDSCAN_H

#include "kernels/kernels.h"

twf_fieldscan_fn twf_fieldscan_scalar, twf_fieldscan_sse42, twf_fieldscan_avx2,
    twf_fieldscan_avx512;

#endif
