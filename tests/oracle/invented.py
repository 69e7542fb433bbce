#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From values that nobody has written yet: invented.py SEED COUNT PROGRAM [ORACLE_GMIME]

Ordinary From values with pieces put in at random. For each must hold:
  readers    if Python or GMime takes an address of another organization than P2's, a FROM_ finding at medium or
             above says that From can be read in several ways (or its P2 is that organization, spelled otherwise)
  prefilter  the record is the same without the prefilter
  rederive   the verdict follows from the record
Prints the seed; SEED 0 takes a new one. Ends with "N passed, N failed".
"""
import json
import os
import random
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import corpus_forms  # noqa: E402
import oracle  # noqa: E402
import rederive  # noqa: E402

ORDINARY = [
    b"A <a@x.example>", b'"A B" <a@x.example>', b"a@x.example", b"a@x.example (A)", b"A (c) <a@x.example>",
    b'"a@x.example" <a@x.example>', b"=?utf-8?Q?A?= <a@x.example>", b"Doe, J <a@x.example>", b"<a@x.example>",
    b"A B. C <a@x.example>", b"A <a@x.example> (c)", b'"A, B" <a@x.example>', b"A <a(c)@x.example>",
    b"A <a@x.example(c)>", b'A <"a"@x.example>', b'A <"a b"@x.example>', b"G:a@x.example;", b"A <a@ x.example>",
    b"A < a@x.example >", b"(c) a@x.example", b"(c (d)) <a@x.example>", b"A <a.b@x.example>",
    b"A <a@[192.0.2.1]>", b'"A\\"B" <a@x.example>', b"a@x.example, c@x.example", b"A\r\n <a@x.example>",
]
PIECES = [
    b"a@x.example", b"b@y.example", b"<a@x.example>", b"<b@y.example>", b"@y.example", b"@y.example:",
    b"b@y.example,", b"b@y.example;", b"b@y.example:", b"b@y.example>", b"<b@y.example", b"(b@y.example)",
    b"(b@y.example", b"b@y.example)", b"[b@y.example]", b"{b@y.example}", b'"b@y.example"', b'"<b@y.example>"',
    b'"b@y.example"@', b"b%y.example@", b"b!y.example", b"mailto:", b"G:", b"A", b"Bank", b"x.example",
    b"<", b">", b",", b";", b":", b'"', b"(", b")", b"@", b"[", b"]", b"\\", b".", b" ", b"\t", b"%", b"!", b"",
    b"<<", b">>", b"@@", b",,", b";;", b"<>", b"()", b'""', b"(,)", b'",', b"<,", b'\\"', b"(\\", b"\r", b"\0",
    b"\x7f", b"\x0b", b"\r\n ", b"=40", b"%40", b"\xc3\xa9", b"\xff", b"\xe2\x80\x8b", b"\xe3\x80\x80",
    b"\xef\xbc\x8c", b"\xef\xbc\xa0", b"\xef\xbc\x9c", b"=?utf-8?Q?=2C?=", b"=?utf-8?Q?=22?=", b"=?utf-8?Q?=3E?=",
    b"=?utf-8?Q?=00?=", b"=?utf-8?Q?b=40y.example?=", b"=?utf-8?Q?=3Cb=40y.example=3E?=", b"=?utf-8?B?Iiw=?=",
    b"=?utf-7?Q?+ADw-b+AEA-y.example+AD4-?=",
]
HEAD = (b"Return-Path: <a@x.example>\r\nReceived: from m (m [192.0.2.7]) by mx.z.example (Postfix) with ESMTP id 1;"
        b" Tue, 12 Nov 2024 10:00:00 +0000\r\nFrom: ")


def invent(dice):
    value = dice.choice(ORDINARY)
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        at = dice.randint(0, len(value))
        value = value[:at] + dice.choice(PIECES) + value[at + dice.choice((0, 0, 0, 1)):]
    # What would end the field or the header is another case.
    return value if b"\n" not in value.replace(b"\r\n ", b"") and value.strip(b"\r\n \t") else None


def from_level(record):
    found = [rederive.EVIDENCE.match(e) for e in record.get("finding_evidence", [])]
    return max((rederive.LEVELS.index(m[2]) for m in found if m[1].startswith("FROM_")), default=0)


def is_named_otherwise(domain, name):
    """The same domain before UTS #46, or with a trailing dot."""
    try:
        return domain.decode().rstrip(".").encode("idna").decode() == name
    except UnicodeError:
        return False


def others(record, parsed):
    """Addresses of two test organizations that the oracle has and P2 is not of."""
    name = record.get("p2_domain", "")
    return [(local, domain) for local, domain in parsed.addresses
            if domain.rstrip(b".").endswith((b"x.example", b"y.example"))
            and domain.rstrip(b".").decode(errors="replace") != name and not is_named_otherwise(domain, name)]


def ask_all(values, gmime):
    """Oracle -> what it makes of each value."""
    unfolded = [value.replace(b"\r\n ", b" ") for value in values]
    asked = {"python_old": oracle.python_old(unfolded), "python_new": oracle.python_new(unfolded)}
    if gmime:
        asked["gmime"] = oracle.gmime(gmime, unfolded)
        asked["gmime_strict"] = oracle.gmime(gmime, unfolded, "strict")
    return asked


def scan_both(program, values):
    """The records with and without the prefilter."""
    mail = corpus_forms.make_tar([(str(i), HEAD + value + b"\r\nSubject: s\r\n\r\nbody\r\n")
                                  for i, value in enumerate(values)])
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "invented.tar"
        path.write_bytes(mail)
        _, summary, fast = corpus_forms.scan(program, path, work)
        _, _, slow = corpus_forms.scan(program, path, work, "--no-prefilter")
    short = summary["counts"]["short_way"]
    if len(fast) != len(values) or short == 0:
        raise SystemExit(f"{len(fast)} records of {len(values)} messages, {short} by the short way")
    return fast, slow


def main():
    if len(sys.argv) not in (4, 5):
        raise SystemExit(__doc__)
    seed = int(sys.argv[1]) or int.from_bytes(os.urandom(4), "little")
    print(f"seed {seed}")
    dice, values = random.Random(seed), set()
    while len(values) < int(sys.argv[2]):
        value = invent(dice)
        if value:
            values.add(value)
    values = sorted(values)
    fast, slow = scan_both(sys.argv[3], values)
    asked = ask_all(values, sys.argv[4] if len(sys.argv) == 5 else None)
    passed = failed = disputed = 0
    for i, (value, line, slow_line) in enumerate(zip(values, fast, slow)):
        record = json.loads(line)
        faults = [] if line == slow_line else ["another record without the prefilter"]
        faults += rederive.check(record)
        claims = {name: others(record, parsed[i]) for name, parsed in asked.items() if parsed[i] is not None}
        disputed += any(claims.values())
        if from_level(record) < rederive.MEDIUM:
            faults += [f"{name} takes {found}, P2 is {record.get('p2_address')}"
                       for name, found in claims.items() if found]
        passed, failed = passed + (not faults), failed + bool(faults)
        if faults:
            print(f"FAILED: {value!r}: {'; '.join(faults)}: {record.get('findings')}")
    print(f"{disputed} values have authors of other organizations for others")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not disputed else 0


if __name__ == "__main__":
    sys.exit(main())
