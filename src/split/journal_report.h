/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text part of a journal report, line by line ([MS-XJRNL] 2.1.1, and the form of Exchange
 * 2003).
 */
#ifndef TWF_SPLIT_JOURNAL_REPORT_H
#define TWF_SPLIT_JOURNAL_REPORT_H

#include "base/arena.h"
#include "flow/journal.h"

struct twf_report {
    uint32_t problems; /* bits of enum twf_journal_problem: LINE, SENDER */
    size_t problem_at; /* offset in text of the first problem */
    size_t sender_at;  /* offset in text of the sender's address */
    bool is_2003;      /* "Recipients:" and addresses with a type */
};

/*
 * Reads the decoded text into the envelope part of out. gcc: the keys of X-MS-Gcc-Journal-Report
 * are known. Copies (of wrapped lines) and recipients live in the arena.
 */
struct twf_report twf_report_read(struct twf_span text, bool gcc, struct twf_arena *a,
                                  struct twf_journal *out);

#endif
