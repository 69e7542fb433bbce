/* SPDX-License-Identifier: Apache-2.0 */
/* Markers of journal reports, inside the room. */
#ifndef TWF_SPLIT_JOURNAL_MARK_H
#define TWF_SPLIT_JOURNAL_MARK_H

#include "split/mime.h"

/* What a header block claims to be. */
enum twf_journal_marker { TWF_JMARKER_NONE, TWF_JMARKER_2007, TWF_JMARKER_GCC, TWF_JMARKER_2003 };

enum twf_journal_marker twf_journal_marker_of(struct twf_span header);
/*
 * Could be a bounce, which may carry a report: told by the header alone, so that its body is kept.
 */
bool twf_journal_may_be_bounce(struct twf_span header, const struct twf_mime_type *type);

#endif
