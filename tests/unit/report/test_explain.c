/* SPDX-License-Identifier: Apache-2.0 */
/* Explain: a verdict made by hand, and the text from which it can be derived again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

static struct twf_domain domain(const char *name, const char *rule)
{
    return (struct twf_domain){
        .written = twf_span_str(name),
        .name = twf_span_str(name),
        .org = twf_span_str(name),
        .rule = twf_span_str(rule),
    };
}

static const char want[] =
    "message     mail/a\\x1B.mbox, decoded offset 48,213,377, 6,120 bytes, number 2,558, frame 11, "
    "checksum ok\n"
    "            inside 1 journal report, form exchange2007\n"
    "            Message-ID a1@x.example, header hash 8a3f51c2\n"
    "            Date 2024-11-14T08:15:00Z, received -, recipients 3\n"
    "journal     Sender           an SMTP address: ceo@bank.example at 512+16, no proof of P1\n"
    "            On-Behalf-Of     b@bank.example\n"
    "            Label            A\\x1B\n"
    "            To               v@corp.example\n"
    "            Cc               w@corp.example, expanded from l@corp.example\n"
    "            Recipient        u@corp.example, forwarded by v@corp.example\n"
    "zone        generic: no marker\n"
    "P1          authres          bounce@attack.example  rank 2, trusted, raw "
    "\"<bounce@attack.example>\" at 120+23  <- taken\n"
    "            return_path      <>  rank 4, trusted, raw \"<>\" at 14+2\n"
    "            so P1 is bounce@attack.example by authres, rank 2, trusted\n"
    "P2          field 1 of 1, kind a (the name is From), value at 206+45\n"
    "              raw        \"Bank <ceo@bank.example>,\\x0D\\x0A <x@attack.example>\"\n"
    "              grammar    fails\n"
    "              met        text after the > of an address at 229+1\n"
    "              mailbox 1  ceo@bank.example at 212+16, in <>, name \"Bank\"\n"
    "              mailbox 2  x@attack.example at 234+16, in <>\n"
    "              shown text \"Bank\"\n"
    "            so P2 is ceo@bank.example, mailboxes 2\n"
    "            shown as \"Bank\"\n"
    "            Sender -, Reply-To r@x.example\n"
    "readers     S1 first strict mailbox       ceo@bank.example at 212+16\n"
    "            S2 last strict mailbox        x@attack.example at 234+16\n"
    "            S3 first <...@...>            -\n"
    "            S4 last <...@...>             -\n"
    "            S5 S3 and S4 after decoding   x@attack.example after decoding\n"
    "            S6 S1 to S5 on further fields -\n"
    "domains     P1 written \"attack.example\", name attack.example, organization attack.example "
    "by "
    "the rule *\n"
    "            P2 written \"bank.example\", name bank.example, organization bank.example by the "
    "rule "
    "example\n"
    "relation    mismatch, the organizations differ: P1 attack.example, P2 bank.example\n"
    "findings    high          FROM_AMBIGUOUS_ORG  readers can disagree about the author's "
    "organization: bank.example, attack.example at 206+44, RFC 5322 3.4, 7103 7.5, CVE-2024-49040\n"
    "            informational R_MISMATCH  the organizations of P1 and P2 differ at 120+23, low "
    "before "
    "explainers\n"
    "explainers  X_SENDER   holds: news.example at 300+8; Sender names the envelope's "
    "organization: "
    "R_MISMATCH and R_FREEMAIL go down one level\n"
    "            X_LIST     does not hold: no list field\n"
    "gone        medium        R_FREEMAIL  From names a freemail provider, the envelope another: "
    "P2 bank.example, P1 attack.example at 120+23\n"
    "stated      spf=pass dmarc=fail  by mx.corp.example\n"
    "            X-MS-Exchange-P2FromRegexMatch: True (forgeable)\n"
    "exchange    SenderAddressLocation Header: ceo@bank.example, x@attack.example; Envelope: "
    "bounce@attack.example; HeaderOrEnvelope: both\n"
    "limits      header met at 1048576\n"
    "rules       critical      r1  A\\x1B title: raises the level from high\n"
    "            low           r2  Low: changes no level\n"
    "            filter        f1  List: takes a hit away\n"
    "verdict     AMBIGUOUS_FROM: a FROM_ finding at high or critical\n"
    "score       95 = 90 (critical by a rule) + 5 (1 further family)\n"
    "versions    twofrom 1.0.0  PSL 2026-08-19\n";

static void whole(void **state)
{
    const struct twf_p1_source sources[] = {
        {.kind = TWF_P1_AUTHRES,
         .rank = 2,
         .trust = TWF_TRUST_TRUSTED,
         .path = {.kind = TWF_PATH_MAILBOX,
                  .raw = twf_span_str("<bounce@attack.example>"),
                  .local = twf_span_str("bounce"),
                  .domain = domain("attack.example", "")},
         .off = 120},
        {.kind = TWF_P1_RETURN_PATH,
         .rank = 4,
         .trust = TWF_TRUST_TRUSTED,
         .path = {.kind = TWF_PATH_NULL, .raw = twf_span_str("<>")},
         .off = 14},
    };
    const struct twf_mailbox boxes[] = {
        {.display = twf_span_str("Bank"),
         .local = twf_span_str("ceo"),
         .domain = domain("bank.example", "example"),
         .off = 6,
         .len = 16,
         .angle = true},
        {.local = twf_span_str("x"),
         .domain = domain("attack.example", ""),
         .off = 26,
         .len = 16,
         .angle = true},
    };
    const struct twf_reading readings[] = {
        {.reader = 1, .local = boxes[0].local, .domain = boxes[0].domain, .off = 6, .len = 16},
        {.reader = 2, .local = boxes[1].local, .domain = boxes[1].domain, .off = 26, .len = 16},
        {.reader = 5, .local = boxes[1].local, .domain = boxes[1].domain, .decoded = true},
    };
    const struct twf_fold folds[] = {{24, 2}};
    struct twf_from from = {
        .value = twf_span_str("Bank <ceo@bank.example>, <x@attack.example>"),
        .raw_off = 206,
        .folds = folds,
        .fold_count = 1,
        .mailboxes = boxes,
        .mailbox_count = 2,
        .errors = 1u << TWF_ADDR_TEXT_AFTER,
        .display_text = twf_span_str("Bank"),
    };
    const uint8_t kinds[] = {'a'};
    const struct twf_allowance allowances[] = {
        {.code = TWF_X_SENDER,
         .off = 300,
         .len = 8,
         .note = twf_span_str("news.example"),
         .holds = true},
        {.code = TWF_X_LIST, .note = twf_span_str("no list field")},
    };
    struct twf_verdict v = {
        .zone = TWF_ZONE_GENERIC,
        .zone_why = twf_span_str("no marker"),
        .sources = sources,
        .source_count = 2,
        .p1_kind = TWF_P1_AUTHRES,
        .p1_trust = TWF_TRUST_TRUSTED,
        .p1_rank = 2,
        .p1_determined = true,
        .p1_local = twf_span_str("bounce"),
        .p1_domain = domain("attack.example", ""),
        .froms = &from,
        .from_kinds = kinds,
        .from_count = 1,
        .p2_has_address = true,
        .p2_local = twf_span_str("ceo"),
        .p2_domain = domain("bank.example", "example"),
        .p2_display = twf_span_str("Bank"),
        .p2_mailbox_count = 2,
        .reply_to_address = twf_span_str("r@x.example"),
        .readings = readings,
        .reading_count = 3,
        .relation = TWF_RELATION_MISMATCH,
        .findings = {{.code = TWF_F_FROM_AMBIGUOUS_ORG,
                      .level = TWF_LEVEL_HIGH,
                      .level_before = TWF_LEVEL_HIGH,
                      .off = 206,
                      .len = 44,
                      .note = twf_span_str("bank.example, attack.example")},
                     {.code = TWF_F_R_MISMATCH,
                      .level = TWF_LEVEL_INFO,
                      .level_before = TWF_LEVEL_LOW,
                      .off = 120,
                      .len = 23}},
        .finding_count = 2,
        .removed = {{.code = TWF_F_R_FREEMAIL,
                     .level = TWF_LEVEL_MEDIUM,
                     .level_before = TWF_LEVEL_MEDIUM,
                     .off = 120,
                     .len = 23,
                     .note = twf_span_str("P2 bank.example, P1 attack.example")}},
        .removed_count = 1,
        .allowances = allowances,
        .allowance_count = 1,
        .allowance_tried = 2,
        .verdict_class = TWF_V_AMBIGUOUS_FROM,
        .level = TWF_LEVEL_HIGH,
        .score = 75,
        .score_base = 70,
        .score_families = 1,
        .stated = {.server = twf_span_str("mx.corp.example"),
                   .spf = twf_span_str("pass"),
                   .dmarc = twf_span_str("fail")},
        .exchange_tag = twf_span_str("True"),
        .exchange_tag_present = true,
        .limits = {{TWF_LIMIT_HEADER, 1048576}},
        .limit_count = 1,
        .date_us = INT64_C(1731572100000000),
        .date_received_us = INT64_MIN,
        .rcpt_count = 3,
        .message_id = twf_span_str("a1@x.example"),
    };
    static const struct twf_rule_hit hits[] = {
        {"r1", "A\033 title", TWF_LEVEL_CRITICAL, false},
        {"r2", "Low", TWF_LEVEL_LOW, false},
        {"f1", "List", TWF_LEVEL_MEDIUM, true},
    };
    const struct twf_journal_rcpt rcpts[] = {
        {.address = twf_span_str("v@corp.example"), .kind = 't'},
        {.address = twf_span_str("w@corp.example"),
         .expanded = twf_span_str("l@corp.example"),
         .kind = 'c'},
        {.address = twf_span_str("u@corp.example"),
         .forwarded = twf_span_str("v@corp.example"),
         .kind = 'r'},
    };
    const struct twf_journal journal = {
        .form = TWF_JOURNAL_2007,
        .sender_kind = TWF_JSENDER_SMTP,
        .sender = twf_span_str("ceo@bank.example"),
        .sender_off = 512,
        .on_behalf_of = twf_span_str("b@bank.example"),
        .label = twf_span_str("A\033"),
        .rcpts = rcpts,
        .rcpt_count = 3,
    };
    const struct twf_subject_place place = {
        .source = "mail/a\033.mbox",
        .journal = &journal,
        .offset = 48213377,
        .length = 6120,
        .index = 2558,
        .frame_index = 11,
        .verified = "ok",
        .journal_depth = 1,
        .journal_form = "exchange2007",
        .hash = "8a3f51c2",
        .version = "1.0.0",
        .psl_date = "2026-08-19",
        .rule_hits = hits,
        .rule_hit_count = 3,
        .rules_asked = 27,
        .level = TWF_LEVEL_CRITICAL,
        .score_base = 90,
        .score = 95,
    };
    struct twf_sink_options o = {.width = 0};
    struct twf_buf b;

    (void)state;
    from.error_off[TWF_ADDR_TEXT_AFTER] = 23;
    from.error_len[TWF_ADDR_TEXT_AFTER] = 1;
    twf_buf_init(&b);
    twf_explain_text(&o, &v, &place, &b);
    assert_false(b.failed);
    if (b.len != sizeof(want) - 1 || memcmp(b.ptr, want, b.len) != 0)
        fail_msg("got:\n%.*s", (int)b.len, (const char *)b.ptr);
    twf_buf_fini(&b);
}

/* A message without anything: no field, no source, nothing to compare. */
static void empty(void **state)
{
    struct twf_verdict v = {
        .deciding = -1,
        .p1_kind = TWF_P1_NONE,
        .relation = TWF_RELATION_UNDETERMINED,
        .verdict_class = TWF_V_UNDETERMINED,
        .date_us = INT64_MIN,
        .date_received_us = INT64_MIN,
    };
    const struct twf_subject_place place = {.frame_index = -1};
    struct twf_sink_options o = {.ascii = true, .defang = true};
    struct twf_buf b;

    (void)state;
    twf_buf_init(&b);
    twf_explain_text(&o, &v, &place, &b);
    twf_buf_byte(&b, 0);
    assert_false(b.failed);
    assert_non_null(strstr((char *)b.ptr, "P1          no source"));
    assert_non_null(strstr((char *)b.ptr, "P2          no From-like field; P2 has no address"));
    assert_non_null(strstr((char *)b.ptr, "score       0 = 0 (none)\n"));
    twf_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
