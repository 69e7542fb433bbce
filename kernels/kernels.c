/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder: begins with scalar, climbs while the CPU, the build and the caller allow, and returns
 * at the first rung that one of them lacks. TWF_HAVE_* tell what the build has; they come from
 * cmake/TwfKernels.cmake.
 */
#include "kernels/kernels.h"

#include "kernels/eqfold/eqfold.h"
#include "kernels/fieldpick/fieldpick.h"
#include "kernels/fieldscan/fieldscan.h"
#include "kernels/hdrscan/hdrscan.h"
#include "kernels/ideq/ideq.h"
#include "kernels/jsonscan/jsonscan.h"
#include "kernels/mboxsep/mboxsep.h"
#include "kernels/textfind/textfind.h"

#define RUNG(isa, lvl)                                                                             \
    do {                                                                                           \
        k->level = (lvl);                                                                          \
        k->mboxsep = twf_mboxsep_##isa;                                                            \
        k->hdrscan = twf_hdrscan_##isa;                                                            \
        k->fieldscan = twf_fieldscan_##isa;                                                        \
        k->eqfold = twf_eqfold_##isa;                                                              \
        k->jsonscan = twf_jsonscan_##isa;                                                          \
        k->ideq = twf_ideq_##isa;                                                                  \
        k->textfind = twf_textfind_##isa;                                                          \
    } while (0)

void twf_kernels_init(struct twf_kernels *k, enum twf_cpu_level max)
{
    enum twf_cpu_level cpu = twf_cpu_detect();

    if (cpu > max)
        cpu = max;
    RUNG(scalar, TWF_CPU_SCALAR);
    k->fieldpick = twf_fieldpick_scalar;
#ifdef TWF_HAVE_SSE42
    if (cpu < TWF_CPU_SSE42)
        return;
    RUNG(sse42, TWF_CPU_SSE42);
    k->fieldpick = twf_fieldpick_sse42; /* has no rung above: see fieldpick.h */
#ifdef TWF_HAVE_AVX2
    if (cpu < TWF_CPU_AVX2)
        return;
    RUNG(avx2, TWF_CPU_AVX2);
#ifdef TWF_HAVE_AVX512
    if (cpu < TWF_CPU_AVX512)
        return;
    RUNG(avx512, TWF_CPU_AVX512);
#endif
#endif
#endif
}
