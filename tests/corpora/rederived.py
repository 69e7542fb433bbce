#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/rederive.py sees a record that is not true: rederived.py PROGRAM CORPORA

Each record of the seeds is changed in one column, in every way that the verdict depends on; the script must
object to each, and to none that was not changed.
"""
import copy
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import rederive  # noqa: E402

CLASSES = ["AMBIGUOUS_FROM", "MALFORMED_FROM", "MISMATCH_SUSPECT", "UNDETERMINED", "MISMATCH_PLAIN",
           "MISMATCH_EXPLAINED", "ALIGNED"]


def changed(r):
    """Yields (what, record): r with one thing that is not so."""
    for column, values in (("verdict", CLASSES), ("level", rederive.LEVELS),
                           ("score", [r["score"] + 5, r["score"] - 5]),
                           ("relation", ["equal", "same_org", "mismatch", "null", "undetermined"])):
        for value in values:
            if value != r[column]:
                yield f"{column}={value}", {**r, column: value}
    for i, code in enumerate(r.get("findings", [])):
        less = copy.deepcopy(r)
        del less["findings"][i]
        yield f"without {code}", less
        # Where a finding that is below the worst is gone from both lists, only some can be missed.
        if code in ("R_MISMATCH", "P1_NONE", "P1_WEAK", "P1_NULL_NOT_REPORT"):
            del less["finding_evidence"][i]
            yield f"without {code} and its evidence", less
    if "X_LIST" in r.get("allowances", []) and r["relation"] == "mismatch":
        yield "without X_LIST", {**r, "allowances": [x for x in r["allowances"] if x != "X_LIST"]}


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    done = subprocess.run([sys.argv[1], "scan", "-q", "--all", "-o", "jsonl", sys.argv[2]], check=True,
                          stdout=subprocess.PIPE)
    passed = failed = 0
    for line in done.stdout.splitlines():
        record = json.loads(line)
        cases = [("nothing", record, False)] + [(what, r, True) for what, r in changed(record)]
        for what, r, wrong in cases:
            if bool(list(rederive.check(r))) == wrong:
                passed += 1
            else:
                failed += 1
                print(f"FAILED: {record['source_uri']}: {what}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
