/* SPDX-License-Identifier: Apache-2.0 */
/* What of an input was not read, or not judged: notes of the splitter and messages left out, in words. */
#include "pipe/input_state.h"

#include <stdio.h>

void twf_input_remark(struct twf_input *in, const char *code, uint64_t off, uint64_t len, bool decoded,
                   bool incomplete, const char *text)
{
    struct twf_remark r = {NULL, code, text, off, len, decoded, incomplete};

    twf_job_remark(in->job, in->part, &r);
}

static const char *note_code(enum twf_split_note_kind kind)
{
    switch (kind) {
    case TWF_NOTE_MEMBER_SKIPPED: return "member_skipped";
    case TWF_NOTE_MEMBER_NOT_MAIL: return "member_not_mail";
    case TWF_NOTE_CONTAINER_BAD: return "container_damaged";
    case TWF_NOTE_CUT: return "cut";
    case TWF_NOTE_LENGTH_LIES: return "content_length";
    case TWF_NOTE_NOT_MAIL: return "not_mail";
    case TWF_NOTE_LIMIT: return "limit";
    default: return "note";
    }
}

void twf_input_notes(struct twf_input *in, const struct twf_split_out *out)
{
    char text[sizeof(out->notes->text)];

    for (uint32_t i = 0; i < out->note_count; i++) {
        const struct twf_split_note *n = &out->notes[i];

        if (n->kind == TWF_NOTE_MEMBER_SKIPPED || n->kind == TWF_NOTE_MEMBER_NOT_MAIL)
            in->part->counts.members_skipped++;
        twf_redact_incident(in->setup->redact, note_code(n->kind), n->text, text, sizeof(text));
        twf_input_remark(in, note_code(n->kind), n->off, n->len, true,
                         n->gap || n->kind == TWF_NOTE_CUT || n->kind == TWF_NOTE_LIMIT, text);
    }
}

void twf_input_lost(struct twf_input *in, const struct twf_split_out *out)
{
    const struct twf_marks *marks = in->setup->marks;

    for (uint32_t i = 0; marks != NULL && marks->lost_count > 0 && i < out->message_count; i++) {
        struct twf_message *m = &out->messages[i];
        const struct twf_lost *lost = twf_marks_lost(marks, in->source->mark, m->off);
        char text[96];

        if (lost == NULL)
            continue;
        m->flags |= TWF_MESSAGE_LOST;
        (void)snprintf(text, sizeof(text), "a message is left out: a process that judged it died of %s",
                       twf_marks_signal(lost->signal));
        twf_input_remark(in, "crash", m->off, m->len, true, true, text);
    }
}
