#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The address-parsing cases of other projects: addresses.py CORPORA ORACLE_TWOFROM

CORPORA/addresses has a .jsonl a project (its README.md tells the form; the cases are not ours to ship). Each
case is asked of the strict parse: whether it is valid, and which mailboxes it has, as far as the project says
either. What differs must be explained in addresses.tsv, with the number of cases that do.
Ends with "N passed, N failed"; 77 where CORPORA does not exist.
"""
import base64
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
import oracle  # noqa: E402

REASONS = Path(__file__).with_name("addresses.tsv")
# Of Python's parts of a grammar, those that are a From value by themselves.
PYTHON_WHOLE = {"address-header", "addr-spec", "angle-addr", "name-addr", "mailbox", "mailbox-list", "group",
                "address", "address-list"}


class Case:
    """valid: True, False or None (not said); addresses: a list, or None."""

    def __init__(self, value, valid, addresses=None, mark=""):
        self.value, self.valid, self.addresses, self.mark = value, valid, addresses, mark


def isemail(case, value):
    grammar = case["expect"]["grammar"]
    valid = grammar != "invalid"
    # "rfc5322-only" is what RFC 5321 forbids, mostly by length.
    return Case(value, valid, None, case["expect"]["diagnosis"])


def python_email(case, value):
    expect = case["expect"]
    if case["context"] not in PYTHON_WHOLE:
        return None
    if "parseaddr" in expect:
        return Case(value, None, [expect["parseaddr"][1]] if expect["parseaddr"][1] else [])
    if "getaddresses" in expect:
        return Case(value, None, [a for _, a in expect["getaddresses"] if a])
    if "error" in expect:
        return Case(value, False, None, expect["error"])
    bad = [d for d in expect["defects"] or [] if d != "ObsoleteHeaderDefect"]
    addresses = [expect["addr_spec"]] if expect.get("addr_spec") not in (None, "<>") else None
    return Case(value, not bad and not expect.get("remainder"), addresses, " ".join(bad))


def mimekit(case, value):
    return Case(value, case["expect"]["parses_fully"], None, case["context"])


def rspamd(case, value):
    expect = case["expect"]
    if case["context"] == "smtp-path":
        if expect.get("addr") == "":
            return None  # <> is a path and no mailbox
        return Case(value, expect["valid"], [expect["addr"]] if "addr" in expect else None, "smtp-path")
    boxes = expect.get("addresses", [])
    addresses = [a["addr"] for a in boxes] if all("addr" in a for a in boxes) and boxes else None
    return Case(value, all(a.get("valid", True) for a in boxes), addresses)


def stalwart(case, value):
    boxes = case["expect"].get("List") or [a for g in case["expect"].get("Group", []) for a in g["addresses"]]
    return Case(value, None, [a["address"] for a in boxes if a["address"]])


def js(case, value):
    text = "\n".join(case["expect"]["asserts"])
    if re.search(r"^\), null", text):
        return Case(value, False)
    found = re.findall(r'^equal: result\S*\.address, "([^"]*)"', text, re.M)
    return Case(value, None, found or None, "some")


PROJECTS = {"isemail": isemail, "python-email": python_email, "mimekit": mimekit, "rspamd": rspamd,
            "stalwart-mail-parser": stalwart, "js-email-addresses": js}


def read_cases(path, make):
    """Cases that are a From value, and how many are not."""
    cases, left = [], 0
    for line in path.read_text().splitlines():
        case = json.loads(line)
        value = base64.b64decode(case["input_base64"]) if "input_base64" in case else case["input"].encode()
        # A value ends before its line end, and a fold is no part of it.
        value = re.sub(rb"\r?\n(?=[ \t])", b"", value)
        value = re.sub(rb"[\r\n]+$", b"", value)
        made = make(case, value)
        if made is None or b"\n" in value:
            left += 1
        else:
            cases.append(made)
    return cases, left


def addresses_alike(ours, case):
    """All of them, in order; for a test that looks at some of its answer, those."""
    theirs = [oracle.split_address(a) for a in case.addresses]
    if case.mark == "some":
        return all(any(oracle.unquoted(l) == oracle.unquoted(m) and d == e for m, e in ours.addresses)
                   for l, d in theirs)
    return oracle.same(ours, oracle.Parsed(theirs))


def difference(case, ours):
    """"valid", "invalid" (what they say and we do not), "mailboxes", or None."""
    if case.valid is not None and case.valid != (ours.grammar != "bad"):
        return "valid" if case.valid else "invalid"
    if case.addresses is not None and not addresses_alike(ours, case):
        return "mailboxes"
    return None


def read_reasons():
    """(project, difference, class) -> (number, reason)."""
    rows = [line.split("\t") for line in REASONS.read_text().splitlines() if line and line[0] != "#"]
    return {(project, what, kind): (int(count), reason) for project, what, kind, count, reason in rows}


def class_of(project, what, reasons, case, ours):
    for owner, kind_of, kind in reasons:
        if (owner, kind_of) == (project, what) and (kind in ours.errors or kind in case.mark.split()
                                                    or kind == ours.grammar):
            return kind
    return None


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder, reasons = Path(sys.argv[1]) / "addresses", read_reasons()
    if not folder.is_dir():
        print(f"skipped: no {folder}")
        return 77
    passed = failed = 0
    for project, make in PROJECTS.items():
        cases, left = read_cases(folder / (project + ".jsonl"), make)
        answers = oracle.twofrom(sys.argv[2], [c.value for c in cases])
        met, alike = Counter(), 0
        examples = defaultdict(list)
        for case, ours in zip(cases, answers):
            what = difference(case, ours)
            if what is None:
                alike += 1
                continue
            kind = class_of(project, what, reasons, case, ours)
            if kind is None:
                failed += 1
                print(f"FAILED: {project}: {case.value!r}: {what} for them {case.addresses or ''} {case.mark}; "
                      f"{ours.grammar} {sorted(ours.errors)} {ours.addresses}")
            else:
                met[what, kind] += 1
                examples[what, kind].append(case.value)
        print(f"{project}: {alike} of {len(cases)} alike, {left} are no From value")
        for (owner, what, kind), (count, reason) in reasons.items():
            if owner != project:
                continue
            print(f"  {met[what, kind]:4} {what} for them, {kind}: {reason}")
            if met[what, kind] != count:
                failed += 1
                print(f"FAILED: {count} expected: {examples[what, kind]}")
        passed += alike + sum(met.values())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
