/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of findings and allowances for those who only know <twofrom/...>. */
#include <twofrom/tools.h>

#include "flow/verdict.h"

int twf_code_at(size_t i, struct twf_code *out)
{
    static const char *const effects[] = {
        [TWF_EFFECT_ANNOTATE] = "annotate",
        [TWF_EFFECT_ONE_STEP] = "one step",
        [TWF_EFFECT_TEXT] = "text",
        [TWF_EFFECT_REMOVES] = "removes",
    };

    if (i < TWF_FINDING_COUNT) {
        const struct twf_finding_info *f = &twf_finding_infos[i];

        *out = (struct twf_code){f->code, f->text, f->level, "", f->rfc, f->cve, f->exchange_like};
        return 1;
    }
    i -= TWF_FINDING_COUNT;
    if (i >= TWF_ALLOWANCE_COUNT)
        return 0;
    *out = (struct twf_code){.code = twf_allowance_infos[i].code,
                             .text = twf_allowance_infos[i].text,
                             .level = "",
                             .effect = effects[twf_allowance_infos[i].effect],
                             .rfc = "",
                             .cve = ""};
    return 1;
}
