/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside an annotated copy: where the message lies, both digests, and every edit, so that
 * undoing them gives the message back (docs/exchange.md). */
#ifndef TWF_API_MANIFEST_H
#define TWF_API_MANIFEST_H

#include "api/annotate.h"
#include "api/extract.h"
#include "flow/message.h"
#include "kernels/kernels.h"

struct twf_manifest {
    const char *name; /* of the copy */
    const struct twf_asked *asked;
    const struct twf_message *message;
    struct twf_span original, copy, codes;
    const struct twf_annotate_result *result;
    bool has_dkim;
};

/* The message has a DKIM-Signature, which an edit of its body breaks. */
bool twf_manifest_has_dkim(const struct twf_head *head);
/* One JSON object and a line end. */
void twf_manifest_put(const struct twf_manifest *m, const struct twf_kernels *k,
                      struct twf_buf *out);

#endif
