#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile header fields cost in linear time: linear.py PROGRAM [FORM]...

Each form is written once with n pieces and once with ten times as many, and the program's instructions are counted
(valgrind --tool=callgrind; no clock is read). What ten times as many cost beyond messages without them must be at
most MOST times as much: a quadratic step would need a hundred times. An archive holds so many copies of the message
that those of n pieces cost ENOUGH instructions: what is made once for a run (tables, buffers that grow) is then little
beside it. The larger ones must also end with a record each, and where they meet a limit say which. Without valgrind it
is skipped.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 11
ENOUGH = 6_000_000
COPIES = 400
FROM_LINE = b"From a@x.example Thu Nov 14 08:15:00 2024\n"
TRACE = (b"Return-Path: <a@x.example>\r\nReceived: from m (m [192.0.2.7]) by mx.z.example (Postfix) with ESMTP id 1;"
         b" Tue, 12 Nov 2024 10:00:00 +0000\r\n")
FROM = b"From: A <a@x.example>\r\n"
ONLINE = (b"Received: from IA0.prod.outlook.com (::1) by MN0.prod.outlook.com with HTTPS; Tue, 12 Nov 2024 10:00:00"
          b" +0000\r\n")


def value(piece, before=b"", after=b" <a@x.example>"):
    """A From value of n pieces, in lines that are not too long."""
    def form(n):
        lines = [piece * min(50, n - i) for i in range(0, n, 50)]
        return TRACE + b"From: " + before + b"\r\n ".join(lines) + after + b"\r\n"
    return form


def fields(make, before=TRACE + FROM):
    return lambda n: before + b"".join(make(i) for i in range(n))


def domains(n):
    """Every address of another domain, shown in the display name."""
    lines = [b" ".join(b"b@y%d.example" % j for j in range(i, min(i + 20, n))) for i in range(0, n, 20)]
    return TRACE + b'From: "' + b"\r\n ".join(lines) + b'" <a@x.example>\r\n'


def nested(opening, closing):
    return lambda n: TRACE + b"From: " + opening * n + closing * n + b" <a@x.example>\r\n"


# Name -> (n, form). Ten times n stays below the limits where the pieces themselves must be read, and beyond them
# where the limit is what bounds the cost.
FORMS = {
    "comments, flat": (400, value(b"(a) ")),
    "comments, nested": (700, nested(b"(", b")")),
    "comments, never closed": (1400, value(b"(", after=b"")),
    "quotes": (400, value(b'"a" ')),
    "backslashes": (700, value(b"\\\\", before=b'"', after=b'" <a@x.example>')),
    "angle brackets": (1400, value(b"<", after=b"")),
    "mailboxes": (120, value(b"b@y.example,")),
    "mailboxes of a group": (120, value(b"b@y.example,", before=b"G:", after=b";")),
    "groups, nested": (700, value(b"g:", after=b"a@x.example;")),
    "groups, a list": (200, value(b"g:a@x.example;,", after=b"g:;")),
    "routes": (300, value(b"@y.example,", before=b"<", after=b":a@x.example>")),
    "at signs": (700, value(b"a@", after=b"")),
    "semicolons": (1400, value(b";")),
    "addresses in the display name": (70, domains),
    "encoded-words": (80, value(b"=?utf-8?Q?=61?= ")),
    "encoded-words of mixed charsets": (20, value(b"=?iso-8859-1?Q?=E9?= =?utf-7?Q?+AGE-?="
                                                  b" =?iso-2022-jp?B?GyRCJCIbKEI=?= ")),
    "encoded-words that never end": (400, value(b"=?utf-8?Q?")),
    "no UTF-8": (1400, value(b"\xff\xc3(")),
    "dots": (1400, value(b".", before=b"<a@x", after=b"example>")),
    "labels": (600, value(b"y.", before=b"<a@", after=b"example>")),
    "From fields": (300, fields(lambda i: b"From: <b@y%d.example>\r\n" % i)),
    "From lines in folds": (300, lambda n: TRACE + FROM + b"X: 1\r\n" + b" From: <b@y.example>\r\n" * n),
    "folds": (2000, lambda n: TRACE + b"From:" + b"\r\n \r\n ".join([b"a"] * n) + b" <a@x.example>\r\n"),
    "Sender fields": (100, fields(lambda i: b"Sender: <b@y%d.example>\r\n" % i)),
    "planted Received": (300, fields(lambda i: b"Received: from a (b (c (d) e) [192.0.2.1]) by y%d.example with SMTP id"
                                     b" 1; Tue, 12 Nov 2024 10:00:00 +0000\r\n" % i)),
    "planted Received of Exchange": (300, fields(lambda i: b"Received: from a by y%d.prod.outlook.com with Microsoft"
                                                 b" SMTP Server id 15.2.1544.14; x\r\n" % i, before=ONLINE + FROM)),
    "planted results": (300, fields(lambda i: b"Authentication-Results: spf=pass smtp.mailfrom=y%d.example; dkim=pass"
                                    b" header.d=y.example\r\n" % i, before=ONLINE + FROM)),
    "results of one field": (1000, lambda n: b"Authentication-Results: mx.z.example; " + b"dkim=fail header.d=y.example;"
                             b"\r\n " * n + b"spf=none\r\n" + TRACE + FROM),
    "comments in a result": (3000, lambda n: b"Authentication-Results: mx.z.example; dkim=fail " + b"(" * n + b"\r\n"
                             + TRACE + FROM),
    "planted Return-Path": (100, fields(lambda i: b"Return-Path: <b@y%d.example>\r\n" % i)),
    "planted envelope fields": (300, fields(lambda i: b"X-Envelope-From: <b@y%d.example>\r\n" % i)),
    "planted list fields": (300, fields(lambda i: b"List-Id: <l.y%d.example>\r\nList-Post: <mailto:l@y.example>\r\n" % i)),
    "markers": (50, fields(lambda i: b"X-IncomingTopHeaderMarker: a\r\nX-IncomingHeaderCount: 1\r\n",
                            before=ONLINE + FROM)),
    "tags": (300, fields(lambda i: b"X-MS-Exchange-P2FromRegexMatch: Tru\r\n", before=ONLINE + FROM)),
    "recipients": (300, fields(lambda i: b"Delivered-To: r@y%d.example\r\n" % i)),
    "addresses in To": (8000, lambda n: TRACE + FROM + b"To: " + b"b@y.example,\r\n " * n + b"c@y.example\r\n"),
    "a million addresses in Cc": (100_000, lambda n: TRACE + FROM + b"Cc: " + b"b@y.example," * n + b"\r\n"),
    "an address in the path": (700, lambda n: b"Return-Path: <" + b"SRS0=a=b=x.example=" * n + b"@y.example>\r\n" + FROM),
    "lines without a colon": (4000, lambda n: TRACE + FROM + b"aaaaaaaaaa\r\n" * n),
}


def judge(program, path):
    """(instructions, records)."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "scan", "-q",
                           "--all", "--threads=1", "--io=pread", "--cpu=scalar", "--no-prefilter", "--crash-restarts=off",
                           "-o", "jsonl",
                           str(path)], capture_output=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{path}: scan ends with {done.returncode}: {done.stderr[-500:]}")
    return (int(re.search(rb"Collected : (\d+)", done.stderr)[1]), [json.loads(x) for x in done.stdout.splitlines()],
            done.returncode)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    if shutil.which("valgrind") is None:
        print("skipped: no valgrind")
        return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.mbox"
        bases = {}

        def run(text, copies):
            path.write_bytes((FROM_LINE + text + b"\r\nbody\r\n\n") * copies)
            return judge(sys.argv[1], path)

        def beyond(text, copies):
            """(instructions beyond so many messages without the fields, records, status)."""
            if copies not in bases:
                bases[copies] = run(TRACE + FROM, copies)[0]
            cost, records, code = run(text, copies)
            return cost - bases[copies], records, code

        for name, (n, form) in FORMS.items():
            if sys.argv[2:] and name not in sys.argv[2:]:
                continue
            copies = 1
            one, _, _ = beyond(form(n), copies)
            # In steps, so that few archives without the fields are counted.
            while one * copies < ENOUGH and copies < COPIES:
                copies *= 3
            if copies > 1:
                one, _, _ = beyond(form(n), copies)
            ten, records, code = beyond(form(10 * n), copies)
            limits = sorted({limit for r in records for limit in r.get("limits", [])})
            good = ten <= MOST * one and len(records) == copies and (code == 3) == bool(limits)
            passed, failed = passed + good, failed + (not good)
            print(f"{'      ' if good else 'FAILED'} {name:32} {copies:4} {one:13,} {ten:14,} {ten / max(one, 1):7.1f}  "
                  f"{records[0]['verdict'] if records else 'no record'} {' '.join(limits)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
