#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a sender writes into his own fields lowers nothing: planted.py SEED COUNT PROGRAM

Messages of MAIL FROM b@y.example and From a@x.example as Postfix, Exchange and Gmail store them. Into the part
of the header that the sender wrote go fields at random that say all is well, in the name of x.example or of
others, never of y.example: so no explainer has its proof, and relation, findings and score must not be less than
without them. Prints the seed; SEED 0 takes a new one. Ends with "N passed, N failed".
"""
import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import corpus_forms  # noqa: E402
import rederive  # noqa: E402

DATE = "Tue, 12 Nov 2024 10:00:00 +0000"
POSTFIX = f"Received: from m (m [192.0.2.7]) by mx.z.example (Postfix) with ESMTP id 1; {DATE}"
ONLINE = f"Received: from IA0.prod.outlook.com (::1) by MN0.prod.outlook.com with HTTPS; {DATE}"
SERVER = ("Received: from m (192.0.2.7) by EX02.corp.example (192.0.2.2) with Microsoft SMTP Server id 15.2.1544.14;"
          f" {DATE}")
GOOGLE = f"Received: by 2002:a05:6000:1 with SMTP id x1; {DATE}"
GOOGLE_MX = f"Received: from m (m. [192.0.2.7]) by mx.google.com with ESMTPS id x2 for <r@gmail.com>; {DATE}"
ENFORCED = "spf=pass smtp.mailfrom=%s; dmarc=fail (p=REJECT) action=oreject header.from=x.example"

# Zone -> fields above the sender's, fields below them, findings that must be there without anything planted.
STORED = {
    "generic": (["Return-Path: <b@y.example>", "Authentication-Results: mx.z.example; " + ENFORCED % "b@y.example",
                 POSTFIX], [], "R_AUTH_FAIL R_MISMATCH"),
    "generic, no results": (["Return-Path: <b@y.example>", POSTFIX], [], "R_MISMATCH"),
    "generic, null": (["Return-Path: <>", POSTFIX], [], "P1_NULL_NOT_REPORT"),
    "exchange_marked": ([ONLINE, "Authentication-Results: " + ENFORCED % "y.example",
                         "Received-SPF: Pass (protection.outlook.com: domain of y.example designates 192.0.2.7 as "
                         "permitted sender) receiver=protection.outlook.com;",
                         "X-IncomingTopHeaderMarker: OriginalChecksum:1;Count:2"],
                        ["X-IncomingHeaderCount: 2", "Return-Path: b@y.example",
                         "X-MS-Exchange-Organization-AuthAs: Anonymous"], "R_AUTH_FAIL R_MISMATCH"),
    "exchange": ([SERVER], ["X-MS-Exchange-Organization-AuthSource: EX02.corp.example", "Return-Path: b@y.example"],
                 "R_MISMATCH"),
    "gmail": (["Delivered-To: r@gmail.com", GOOGLE, "Return-Path: <b@y.example>", GOOGLE_MX,
               "Authentication-Results: mx.google.com; " + ENFORCED % "b@y.example"], [], "R_AUTH_FAIL R_MISMATCH"),
}
GOOD_RESULT = "spf=pass smtp.mailfrom=a@x.example; dkim=pass header.d=x.example; dmarc=pass header.from=x.example"
PLANTED = [
    "Return-Path: <a@x.example>", "Return-Path: a@x.example", "Return-Path: <>",
    "Return-Path: <SRS0=HHHH=TT=x.example=a@w.example>", "Return-Path: <u+caf_=a=x.example@w.example>",
    "Return-Path: <prvs=0123abcdef=a@x.example>",
    "Authentication-Results: mx.z.example; " + GOOD_RESULT, "Authentication-Results: mx.google.com; " + GOOD_RESULT,
    "Authentication-Results: " + GOOD_RESULT + ";compauth=pass reason=100",
    "ARC-Authentication-Results: i=1; mx.google.com; " + GOOD_RESULT,
    "Received-SPF: pass (google.com: domain of a@x.example designates 192.0.2.7 as permitted sender)",
    "Received-SPF: Pass (protection.outlook.com: domain of x.example designates 192.0.2.7 as permitted sender)",
    POSTFIX, ONLINE, SERVER, GOOGLE, GOOGLE_MX,
    f"Received: from a ([192.0.2.8]) by mx.z.example with esmtp (Exim 4.96) (envelope-from <a@x.example>) id 3; {DATE}",
    "X-MS-Exchange-CrossTenant-AuthAs: Internal", "X-MS-Exchange-P2FromRegexMatch: False",
    "List-Id: <l.x.example>", "List-Post: <mailto:l@x.example>", "Mailing-List: list l@x.example",
    "X-Mailing-List: l@x.example", "X-BeenThere: l@x.example", "Precedence: list",
    "Sender: a@x.example", "Resent-From: a@x.example", "Resent-Sender: a@x.example", "Reply-To: a@x.example",
    "X-Original-From: a@x.example", "X-Envelope-From: <a@x.example>", "X-MailFrom: a@x.example",
    "X-SA-Exim-Mail-From: a@x.example", "X-Original-Return-Path: <a@x.example>", "Envelope-Sender: a@x.example",
    "X-Greylist: delayed; FROM:'a@x.example' RCPT:''", "From a@x.example Tue Nov 12 10:00:00 2024",
    "Delivered-To: a@x.example", "X-Original-To: a@x.example", "Auto-Submitted: no",
    "Content-Type: text/calendar; method=REQUEST",
]
# Exchange takes these out of mail that comes in (its header firewall), or marks its own place with them: a server
# on the premises that finds the pair is no Exchange zone (docs/verdicts.md 3.1).
NOT_AT_A_SERVER = ["X-MS-Exchange-Organization-AuthAs: Internal",
                   "X-MS-Exchange-Organization-AuthSource: EX02.corp.example",
                   "X-IncomingTopHeaderMarker: OriginalChecksum:1;Count:2", "X-IncomingHeaderCount: 2"]
# With a null path a sign of a report is a proof.
NOT_IF_NULL = ["Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status"]


def message(zone, above=(), below=()):
    before, behind, _ = STORED[zone]
    return "\r\n".join([*before, *above, "From: A <a@x.example>", *below, "Subject: s", *behind, "", "body", ""])


def plant(dice):
    zone = dice.choice(list(STORED))
    pool = PLANTED + ([] if zone == "exchange" else NOT_AT_A_SERVER) + ([] if "null" in zone else NOT_IF_NULL)
    fields = [dice.choice(pool) for _ in range(dice.randint(1, 5))]
    cut = dice.randint(0, len(fields))
    return zone, fields[:cut], fields[cut:]


def levels(record):
    found = [rederive.EVIDENCE.match(e) for e in record.get("finding_evidence", [])]
    return {m[1]: rederive.LEVELS.index(m[2]) for m in found}


def lowered(record, plain):
    """What of the plain record weighs less in the other."""
    now = levels(record)
    for code, level in levels(plain).items():
        if now.get(code, -1) < level:
            yield code
    if record["score"] < plain["score"]:
        yield f"score {plain['score']} to {record['score']}"
    if record["relation"] != plain["relation"]:
        yield f"relation {plain['relation']} to {record['relation']}"


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    seed = int(sys.argv[1]) or int.from_bytes(os.urandom(4), "little")
    print(f"seed {seed}")
    dice = random.Random(seed)
    cases = [(zone, [], []) for zone in STORED] + [plant(dice) for _ in range(int(sys.argv[2]))]
    mail = corpus_forms.make_tar([(str(i), message(*case).encode()) for i, case in enumerate(cases)])
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "planted.tar"
        path.write_bytes(mail)
        _, _, lines = corpus_forms.scan(sys.argv[3], path, work)
    records = [json.loads(line) for line in lines]
    if len(records) != len(cases):
        raise SystemExit(f"{len(records)} records of {len(cases)} messages")
    plain = dict(zip(STORED, records))
    for zone, record in plain.items():
        if (record["zone"], record["findings"]) != (zone.partition(",")[0], STORED[zone][2].split()):
            raise SystemExit(f"{zone}: {record['zone']} {record['findings']}")
    passed, failed, changed = 0, 0, Counter()
    for (zone, above, below), record in zip(cases, records):
        faults = list(lowered(record, plain[zone]))
        passed, failed = passed + (not faults), failed + bool(faults)
        changed[zone] += record.get("findings") != plain[zone]["findings"]
        if faults:
            print(f"FAILED: {zone}, {above} above From and {below} below it: {', '.join(faults)}; now "
                  f"{record['zone']}, P1 by {record['p1_source']}, {record.get('allowances', [])}")
    print("more findings by what was planted: " + ", ".join(f"{n} {zone}" for zone, n in changed.items()))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
