#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All From values of some mail through other parsers:
from_values.py [--counts] CORPORA PROGRAM ORACLE_TWOFROM [ORACLE_GMIME]

Oracles are GMime (loose, its default, and strict) and Python's email package (utils and headerregistry). Who
finds other mailboxes than the strict parse does must fall into a class of classes.tsv, by what our parser
says of the value or, where it finds no fault, by a test that is written below: an unknown class fails. With
--counts no class may be larger than it says there (for the corpora that TWF_CORPORA names).
Ends with "N passed, N failed"; 77 where CORPORA does not exist.
"""
import base64
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
import oracle  # noqa: E402

CLASSES = Path(__file__).with_name("classes.tsv")
PYTHON = (3, 11)  # whose counts classes.tsv has; other versions read broken values otherwise


def corpora_paths(corpora):
    if (corpora / "messages").is_dir():
        return [corpora / "messages", corpora / "spoof"]
    return [corpora / "seeds", *sorted(corpora.glob("*.zst"))]


def from_values(program, paths):
    """Each unfolded value of a From field, and in how many messages it stands."""
    done = subprocess.run([program, "scan", "-q", "--all", "-o", "jsonl", *map(str, paths)],
                          stdout=subprocess.PIPE)
    if done.returncode not in (0, 3):
        raise SystemExit(f"scan ends with {done.returncode}")
    values = Counter()
    for line in done.stdout.splitlines():
        record = json.loads(line)
        raw = base64.b64decode(record["from_raw_b64"]) if "from_raw_b64" in record else \
            record.get("from_raw", "").encode()
        for value in re.split(rb"\n(?![ \t])", raw):
            values[re.sub(rb"\r?\n(?=[ \t])", b"", value)] += 1
    return values


# ---- values that we find no fault with, and others read otherwise ----

def a_label_decoded(value, ours, theirs):
    """The same but for a domain in A-labels that the oracle writes in Unicode."""
    if len(ours.addresses) != len(theirs.addresses):
        return False
    try:
        domains = [domain.decode().encode("idna") for _, domain in theirs.addresses]
    except UnicodeError:
        return False
    return domains == [name for _, name in ours.addresses]


def no_utf8(value, ours, theirs):
    try:
        value.decode()
    except UnicodeError:
        return True
    return False


def encoded_word_in_local(value, ours, theirs):
    return "encoded_word" in ours.errors and b"=?" in value


def route(value, ours, theirs):
    return "route" in ours.errors


def nul(value, ours, theirs):
    return b"\0" in value


TESTS = {f.__name__: f for f in (a_label_decoded, no_utf8, encoded_word_in_local, route, nul)}


def read_classes():
    """(oracle, class) -> (at most, reason)."""
    rows = [line.split("\t") for line in CLASSES.read_text().splitlines() if line and line[0] != "#"]
    return {(names, kind): (int(count), reason)
            for oracles, kind, counts, reason in rows
            for names, count in zip(oracles.split(), counts.split())}


def class_of(name, classes, value, ours, theirs):
    """The first class of the table that the value belongs to, or None."""
    for oracle_name, kind in classes:
        if oracle_name != name:
            continue
        if kind in TESTS:
            if TESTS[kind](value, ours, theirs):
                return kind
        elif kind in ours.errors:
            return kind
    return None


def compare(name, values, ours, theirs, classes, counts):
    """Prints a table of the classes met. Returns passed, failed."""
    met, failed, passed = defaultdict(list), 0, 0
    for value, mine, other in zip(values, ours, theirs):
        if other is not None and oracle.same(mine, other):
            passed += 1
            continue
        kind = class_of(name, classes, value, mine, other or oracle.Parsed([]))
        if kind is None:
            failed += 1
            print(f"FAILED: {name}: {value!r}: {mine.grammar} {sorted(mine.errors)}: {mine.addresses}, "
                  f"not {other and other.addresses}")
        else:
            met[kind].append(value)
    print(f"{name}: {passed} of {len(values)} values alike")
    for kind, found in sorted(met.items(), key=lambda item: -len(item[1])):
        at_most, reason = classes[name, kind]
        print(f"  {len(found):4} {kind}: {reason}")
        if counts and len(found) > at_most:
            failed += 1
            print(f"FAILED: {name}: {len(found)} of class {kind}, at most {at_most} expected")
    return passed + sum(map(len, met.values())), failed


def main(args):
    counts = args[:1] == ["--counts"]
    args = args[counts:]
    if len(args) not in (3, 4):
        raise SystemExit(__doc__)
    corpora = Path(args[0])
    if not corpora.is_dir():
        print(f"skipped: no corpora at {corpora}")
        return 77
    values = sorted(from_values(args[1], corpora_paths(corpora)))
    ours, classes = oracle.twofrom(args[2], values), read_classes()
    asked = [("python_old", oracle.python_old(values)), ("python_new", oracle.python_new(values))]
    if len(args) == 4:
        asked += [("gmime", oracle.gmime(args[3], values)),
                  ("gmime_strict", oracle.gmime(args[3], values, "strict"))]
    else:
        print("not asked: GMime is not here")
    passed = failed = 0
    for name, theirs in asked:
        limited = counts and (not name.startswith("python") or sys.version_info[:2] == PYTHON)
        more, wrong = compare(name, values, ours, theirs, classes, limited)
        passed, failed = passed + more, failed + wrong
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
