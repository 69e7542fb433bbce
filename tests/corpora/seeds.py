#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each seed has what it was written for: seeds.py PROGRAM CORPORA

By seeds.tsv: a finding is found, an explainer holds, and class, level and score are those of the table; of several
messages (a journal report that is judged inside and out) they are those of the one with the highest score. Honest
mail ("none", or an explainer) has no finding above low. Every finding and explainer of src/flow/ has a seed.
"""
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

LOW = ["none", "informational", "low"]
FLOW = Path(__file__).resolve().parents[2] / "src/flow"


def scan(program, option, paths):
    options = [] if option == "-" else ["--" + option]
    done = subprocess.run([program, "scan", "-q", "--all", "-o", "jsonl", *options, *map(str, paths)], check=True,
                          stdout=subprocess.PIPE)
    found = defaultdict(list)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        found[Path(record["source_uri"]).name].append(record)
    return found


def faults_of(row, records):
    """What a seed has otherwise than its row says."""
    written_for = row["written_for"]
    worst = max(records, key=lambda r: r["score"], default=None)
    if worst is None:
        return ["no record"]
    have = {code for r in records for code in r.get("findings", []) + r.get("allowances", [])}
    faults = [] if written_for in have | {"none"} else [f"has {sorted(have)}"]
    got = (worst["verdict"], worst["level"], str(worst["score"]))
    want = (row["class"], row["level"], row["score"])
    if got != want:
        faults.append(f"is {' '.join(got)}, not {' '.join(want)}")
    if (written_for == "none" or written_for.startswith("X_")) and any(r["level"] not in LOW for r in records):
        faults.append("is no honest mail")
    return faults


def codes():
    findings = re.findall(r"^F\((\w+),", (FLOW / "findings.def").read_text(), re.M)
    allowances = re.findall(r"^X\((\w+),", (FLOW / "allowances.def").read_text(), re.M)
    return findings + ["X_" + code for code in allowances]


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    corpora = Path(sys.argv[2])
    head, *lines = [line.split("\t") for line in (corpora / "seeds.tsv").read_text().splitlines()]
    rows = [dict(zip(head, line)) for line in lines]
    faults = [f"{path.name}: not in seeds.tsv" for path in (corpora / "seeds").glob("*.eml")
              if path.name not in {row["file"] for row in rows}]
    passed = 0
    for option in sorted({row["options"] for row in rows}):
        mine = [row for row in rows if row["options"] == option]
        records = scan(sys.argv[1], option, [corpora / "seeds" / row["file"] for row in mine])
        for row in mine:
            found = faults_of(row, records[row["file"]])
            faults += [f"{row['file']}, written for {row['written_for']}: {fault}" for fault in found]
            passed += not found
    have = {row["written_for"] for row in rows}
    faults += [f"{code}: no seed was written for it" for code in codes() if code not in have]
    for fault in faults:
        print(f"FAILED: {fault}")
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
