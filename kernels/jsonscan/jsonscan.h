/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte that a JSON string cannot hold (RFC 8259, 7). Contract: twf_jsonscan_fn in
 * kernels/kernels.h.
 */
#ifndef TWF_KERNELS_JSONSCAN_JSONSCAN_H
#define TWF_KERNELS_JSONSCAN_JSONSCAN_H

#include "kernels/kernels.h"

twf_jsonscan_fn twf_jsonscan_scalar, twf_jsonscan_sse42, twf_jsonscan_avx2, twf_jsonscan_avx512;

#endif
