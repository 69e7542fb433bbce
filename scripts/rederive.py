#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Derives the verdict of each record anew, from the record alone: rederive.py [RECORDS.jsonl... | -]
                                                                rederive.py --scan PROGRAM PATH...

docs/verdicts.md in another language: relation from P1 and P2, what must and must not be among the R_ and P1_
findings, what explainers do to them, then class, level and score. Prints each record that says otherwise;
1 if there is one. --scan takes the records of `PROGRAM scan --all PATH...`.

What a record does not tell, and so is taken as it says: whether an org is protected or a freemail provider, R_ findings that were removed, and --checks
exchange-like, under which nothing here holds. The level of a rule that hit is looked up in rules/; of a rule
that is not there it is only asked that level and score are not below what follows without it.
"""
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

LEVELS = ["none", "informational", "low", "medium", "high", "critical"]
NONE, INFO, LOW, MEDIUM, HIGH, CRITICAL = range(6)
BASE = [0, 0, 15, 40, 70, 90]
ANNOTATE, ONE_STEP, TEXT, REMOVES = range(4)
EFFECT = {"X_DKIM": REMOVES, "X_DMARC": REMOVES, "X_INTERNAL": REMOVES,
          "X_LIST": TEXT, "X_SRS": TEXT, "X_CAF": TEXT, "X_REPORT": TEXT,
          "X_SENDER": ONE_STEP, "X_RESENT": ONE_STEP, "X_CAL": ONE_STEP,
          "X_ESP": ANNOTATE, "X_VERP": ANNOTATE, "X_BATV": ANNOTATE, "X_MUNGED": ANNOTATE}
# Text that the sender writes himself does not bear on a protected name, but a list's does.
NOT_FOR_PROTECTED = {"X_SRS", "X_CAF", "X_REPORT"}
PLAIN = {"R_MISMATCH", "R_FREEMAIL"}
EVIDENCE = re.compile(r"([A-Z0-9_]+)=(\w+)<(\w+)@(\d+)\+(\d+) (.*)", re.ASCII | re.S)
ENFORCED = re.compile(r"action=(quarantine|reject|oreject|o\.reject)\b|\bp=(quarantine|reject)\b", re.I)


def code_order():
    text = (Path(__file__).resolve().parents[1] / "src/flow/findings.def").read_text()
    return {code: i for i, code in enumerate(re.findall(r"^F\((\w+),", text, re.M))}


ORDER = code_order()


def rule_levels():
    """The level of each rule of the tree, by its id."""
    levels = {}
    for path in (Path(__file__).resolve().parents[1] / "rules").rglob("*.yml"):
        text = path.read_text()
        rule_id, level = re.search(r"^id: (\S+)", text, re.M), re.search(r"^level: (\S+)", text, re.M)
        if rule_id and level:
            levels[rule_id[1]] = LEVELS.index(level[1])
    return levels


RULES = rule_levels()


def family(code):
    return code.partition("_")[0]


def unquoted_local(address):
    local = address.rpartition("@")[0]
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return local.lower()


def relation(r):
    """Section 5."""
    p1, p2 = r.get("p1_domain"), r.get("p2_domain")
    if r["p1_null"]:
        return "null"
    if not p1 or not p2:
        return "undetermined"
    if p1 == p2:
        same = "p1_address" in r and unquoted_local(r["p1_address"]) == unquoted_local(r["p2_address"])
        return "equal" if same else "same_domain"
    if r["p1_org"] == r["p2_org"] or ("." not in p2 and p2 in p1.split(".")):
        return "same_org"
    return "mismatch"


def after_explainers(code, before, held):
    """Section 7: the level that is left, or None where the finding goes."""
    effect = max([EFFECT[x] for x in held], default=ANNOTATE)
    if family(code) != "R" or code == "R_PRODUCT_FLAG" or effect == ANNOTATE:
        return before
    if effect == REMOVES:
        return None
    down = max(before - 1, INFO)
    if effect == ONE_STEP:
        return down if code in PLAIN else before
    if code in PLAIN:
        return None
    if code == "R_PROTECTED":
        return down if any(EFFECT[x] == TEXT and x not in NOT_FOR_PROTECTED for x in held) else before
    return down


def aggravated(levels):
    return any(family(c) == "FROM" and lvl == LOW and c not in ("FROM_8BIT", "FROM_SYNTAX")
               for c, lvl in levels.items())


def auth_fail_level(note):
    """R_AUTH_FAIL by the result that its note repeats."""
    if note.endswith(", but compauth=pass reason=130"):
        return LOW
    if note.startswith("compauth"):
        return HIGH if note == "compauth reason=000" else MEDIUM
    return HIGH if ENFORCED.search(note) and not re.search(r"\bdis=none\b", note, re.I) else MEDIUM


def expected_plain(r, rel, levels, held):
    """The findings of 6.2 that follow from other columns: code -> level before explainers."""
    weak = 1 if r["p1_trust"] == "weak" else 0
    found = {}
    if not r.get("p1_seen"):
        found["P1_NONE"] = INFO
    if weak:
        found["P1_WEAK"] = INFO
    if rel == "null" and not held & {"X_REPORT", "X_INTERNAL"}:
        found["P1_NULL_NOT_REPORT"] = MEDIUM - weak
    if rel == "mismatch":
        found["R_MISMATCH"] = MEDIUM - weak if aggravated(levels) else LOW
        if "fail" in (r.get("auth_dmarc"), r.get("auth_compauth")):
            found["R_AUTH_FAIL"] = None
    return {c: lvl for c, lvl in found.items() if lvl is None or after_explainers(c, lvl, held) is not None}


def verdict_class(r, rel, levels):
    """Section 8, the first line that holds."""
    def top(*families, without=()):
        return max([lvl for c, lvl in levels.items() if family(c) in families and c not in without], default=NONE)

    form, pair = top("FROM", without=("FROM_LIMIT",)), top("P1", "R")
    if form >= HIGH:
        return "AMBIGUOUS_FROM"
    if form >= MEDIUM or levels.get("R_PRODUCT_FLAG", NONE) >= HIGH:
        return "MALFORMED_FROM"
    if pair >= MEDIUM:
        return "MISMATCH_SUSPECT"
    if rel == "undetermined" or "FROM_LIMIT" in levels or levels.get("J_STRUCT", NONE) >= MEDIUM:
        return "UNDETERMINED"
    if rel in ("mismatch", "null"):
        return "MISMATCH_PLAIN" if pair >= LOW else "MISMATCH_EXPLAINED"
    return "ALIGNED"


def score(levels):
    """Section 1: the base of the level, and 5 for each other family at low or above."""
    level = max(levels.values(), default=NONE)
    families = {family(c) for c, lvl in levels.items() if lvl >= LOW}
    return min(100, BASE[level] + 5 * max(len(families) - 1, 0))


def check(r):
    """Yields what the record says otherwise than what is derived from it."""
    findings = r.get("findings", [])
    held = set(r.get("allowances", []))
    parsed = [EVIDENCE.match(e) for e in r.get("finding_evidence", [])]
    if None in parsed or [m[1] for m in parsed] != findings:
        yield "finding_evidence does not match findings"
        return
    before = {m[1]: LEVELS.index(m[3]) for m in parsed}
    levels = {m[1]: LEVELS.index(m[2]) for m in parsed}
    notes = {m[1]: m[6] for m in parsed}
    for code, level in levels.items():
        want = after_explainers(code, before[code], held)
        if want != level:
            yield f"{code} is {LEVELS[level]} after {LEVELS[before[code]]}"
        if level == NONE:
            yield f"{code} has no level"
    if sorted(findings, key=lambda c: (-levels[c], ORDER[c])) != findings:
        yield f"order of findings {findings}"
    rel = relation(r)
    if r["relation"] != rel:
        yield f"relation {r['relation']}, not {rel}"
    plain = expected_plain(r, rel, levels, held)
    for code in ("P1_NONE", "P1_WEAK", "P1_NULL_NOT_REPORT", "R_MISMATCH", "R_AUTH_FAIL"):
        if (code in plain) != (code in before):
            yield f"{code} is {'not ' if code not in before else ''}there"
        elif plain.get(code) is not None and plain[code] != before[code]:
            yield f"{code} is {LEVELS[before[code]]} before explainers, not {LEVELS[plain[code]]}"
    if "R_AUTH_FAIL" in before:
        want = auth_fail_level(notes["R_AUTH_FAIL"])
        want -= r["p1_trust"] == "weak" and want > LOW
        if before["R_AUTH_FAIL"] != want:
            yield f"R_AUTH_FAIL is {LEVELS[before['R_AUTH_FAIL']]} before explainers, not {LEVELS[want]}"
    if rel not in ("mismatch", "null") and {"R_FREEMAIL", "R_PROTECTED"} & before.keys():
        yield f"{rel} with R_FREEMAIL or R_PROTECTED"
    if r["verdict"] != verdict_class(r, rel, levels):
        yield f"verdict {r['verdict']}, not {verdict_class(r, rel, levels)}"
    rules = [RULES.get(rule, NONE) for rule in r.get("rule_ids", [])]
    level = max([*levels.values(), *rules], default=NONE)
    points = max([score(levels), *(BASE[rule] for rule in rules)])
    if set(r.get("rule_ids", [])) <= RULES.keys():
        wrong = (r["level"], r["score"]) != (LEVELS[level], points)
    else:
        wrong = LEVELS.index(r["level"]) < level or r["score"] < points
    if wrong:
        yield f"{r['level']} {r['score']}, not {LEVELS[level]} {points}"


def main(args):
    if not args:
        raise SystemExit(__doc__)
    if args[0] == "--scan":
        done = subprocess.run([args[1], "scan", "-q", "--all", "-o", "jsonl", *args[2:]],
                              stdout=subprocess.PIPE)
        if done.returncode not in (0, 3):
            raise SystemExit(f"scan ends with {done.returncode}")
        lines = done.stdout.splitlines()
    else:
        lines = [line for name in args
                 for line in (sys.stdin.buffer if name == "-" else Path(name).open("rb"))]
    wrong, classes = 0, Counter()
    for line in lines:
        record = json.loads(line)
        classes[record["verdict"]] += 1
        faults = list(check(record))
        wrong += bool(faults)
        if faults:
            print(f"{record['record_id']} {record.get('member') or record['source_uri']}: {'; '.join(faults)}")
    print(", ".join(f"{n} {name}" for name, n in classes.most_common()))
    print(f"{len(lines) - wrong} passed, {wrong} failed")
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
