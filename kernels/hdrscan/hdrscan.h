/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line and field boundaries of a header block (RFC 5322, 2.1 and 2.2.3). Contract:
 * twf_hdrscan_fn in kernels/kernels.h.
 */
#ifndef TWF_KERNELS_HDRSCAN_HDRSCAN_H
#define TWF_KERNELS_HDRSCAN_HDRSCAN_H

#include "kernels/kernels.h"

twf_hdrscan_fn twf_hdrscan_scalar, twf_hdrscan_sse42, twf_hdrscan_avx2, twf_hdrscan_avx512;

#endif
