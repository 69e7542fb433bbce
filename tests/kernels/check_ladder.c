/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder climbs no higher than it is told and the CPU can, and the names of levels come back.
 */
#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"

static unsigned passed, failed;

static void check(bool good, const char *what, int level)
{
    if (good) {
        passed++;
    } else {
        failed++;
        printf("FAIL %s, level %d\n", what, level);
    }
}

int main(void)
{
    static const char *const names[] = {"scalar", "sse42", "avx2", "avx512"};
    static const char *const wrong[] = {"", "SSE42", "avx", "avx5120", "unknown"};
    const enum twf_cpu_level cpu = twf_cpu_detect();
    enum twf_cpu_level level;
    struct twf_kernels k, below;

    memset(&below, 0, sizeof below);
    for (int i = 0; i < TWF_CPU_LEVELS; i++) {
        check(strcmp(twf_cpu_level_name((enum twf_cpu_level)i), names[i]) == 0, "name", i);
        check(twf_cpu_level_parse(names[i], &level) && (int)level == i, "parse", i);

        twf_kernels_init(&k, (enum twf_cpu_level)i);
        check((int)k.level <= i && k.level <= cpu, "not above what is asked and there", i);
        check(k.mboxsep && k.hdrscan && k.fieldscan && k.fieldpick && k.eqfold && k.jsonscan && k.ideq && k.textfind,
              "no gap", i);
        /* Each rung replaces all kernels, or none where it is out of reach. */
        check((k.mboxsep == below.mboxsep) == (k.level == below.level && i > 0) &&
                  (k.jsonscan == below.jsonscan) == (k.level == below.level && i > 0) &&
                  (k.hdrscan == below.hdrscan) == (k.level == below.level && i > 0) &&
                  (k.fieldscan == below.fieldscan) == (k.level == below.level && i > 0) &&
                  (k.eqfold == below.eqfold) == (k.level == below.level && i > 0) &&
                  (k.ideq == below.ideq) == (k.level == below.level && i > 0) &&
                  (k.textfind == below.textfind) == (k.level == below.level && i > 0),
              "a whole rung", i);
        below = k;
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check(!twf_cpu_level_parse(wrong[i], &level), "an unknown name", (int)i);
    printf("this CPU: %s\n%u passed, %u failed\n", twf_cpu_level_name(cpu), passed, failed);
    return failed > 0;
}
