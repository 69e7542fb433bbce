/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AVX-512 kernels as they stand, with plain/immintrin.h for the compiler's: their logic runs on
 * every machine, even if their instructions do not. Nothing is said about speed, nor about the CPU.
 */
#include "check.h"

/* Their own names are taken by the library. */
#define twf_mboxsep_avx512 plain512_mboxsep
#define twf_hdrscan_avx512 plain512_hdrscan
#define twf_fieldscan_avx512 plain512_fieldscan
#define twf_eqfold_avx512 plain512_eqfold
#define twf_jsonscan_avx512 plain512_jsonscan
#define twf_ideq_avx512 plain512_ideq
#define twf_textfind_avx512 plain512_textfind

#include "kernels/eqfold/eqfold_avx512.c"
#include "kernels/fieldpick/fieldpick.h"
#include "kernels/fieldscan/fieldscan_avx512.c"
#include "kernels/hdrscan/hdrscan_avx512.c"
#include "kernels/ideq/ideq_avx512.c"
#include "kernels/jsonscan/jsonscan_avx512.c"
#include "kernels/mboxsep/mboxsep_avx512.c"
#include "kernels/textfind/textfind_avx512.c"

void check_plain512(struct twf_kernels *k)
{
    k->level = TWF_CPU_AVX512;
    k->mboxsep = plain512_mboxsep;
    k->hdrscan = plain512_hdrscan;
    k->fieldscan = plain512_fieldscan;
    k->fieldpick = twf_fieldpick_scalar; /* has no such level */
    k->eqfold = plain512_eqfold;
    k->jsonscan = plain512_jsonscan;
    k->ideq = plain512_ideq;
    k->textfind = plain512_textfind;
}
