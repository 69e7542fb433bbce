#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each seed has what it was written for: seeds.py PROGRAM CORPORA

By seeds.tsv: a finding is found, an explainer holds, and honest mail ("none", or an explainer) has no finding
above low. Inside a journal report any of its messages may have it.
"""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

LOW = ["none", "informational", "low"]


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    corpora = Path(sys.argv[2])
    done = subprocess.run([sys.argv[1], "scan", "-q", "--all", "-o", "jsonl", str(corpora / "seeds")], check=True,
                          stdout=subprocess.PIPE)
    records = defaultdict(list)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        records[Path(record["source_uri"]).name].append(record)
    passed = failed = 0
    for line in (corpora / "seeds.tsv").read_text().splitlines()[1:]:
        name, written_for, _ = line.split("\t")
        found = records.pop(name, [])
        have = {code for r in found for code in r.get("findings", []) + r.get("allowances", [])}
        good = bool(found) and (written_for == "none" or written_for in have)
        if written_for == "none" or written_for.startswith("X_"):
            good = good and all(r["level"] in LOW for r in found)
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"FAILED: {name}, written for {written_for}: {sorted(have)} {[r['level'] for r in found]}")
    for name in records:
        failed += 1
        print(f"FAILED: {name} is not in seeds.tsv")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
