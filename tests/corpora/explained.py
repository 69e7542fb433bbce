#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""explain says of a message what its record says: explained.py PROGRAM EVERY PATH...

Of the archives and folders each EVERYth message is explained by its place (ARCHIVE#INDEX and ARCHIVE@OFFSET in
turn), and relation, findings with their levels, explainers that hold, rules that hit, class and score compared with
the record.
A message of which there are several (inside a journal report) has as many explanations.
"""
import json
import re
import subprocess
import sys
import urllib.parse
from collections import defaultdict

FINDING = re.compile(r"^(?:findings   |           ) (\w+) +((?:FROM|P1|R|J)_\w+)  ", re.M)
HOLDS = re.compile(r"^(?:explainers |           ) (X_\w+) +holds", re.M)
RULE = re.compile(r"^(?:rules      |           ) (?:informational|low|medium|high|critical) +([0-9a-f-]{36})  ", re.M)


def run(program, *args):
    done = subprocess.run([program, *args], stdout=subprocess.PIPE)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(args)}: ends with {done.returncode}")
    return done.stdout.decode(errors="replace")


def said_by_record(line):
    r = json.loads(line)
    levels = [re.match(r"(\w+)=(\w+)<", e).group(1, 2) for e in r.get("finding_evidence", [])]
    return (r["relation"], [(level, code) for code, level in levels], sorted(r.get("allowances", [])),
            sorted(r.get("rule_ids", [])), r["verdict"], r["score"])


def said_by_explain(text):
    """One message a part: "message" begins it."""
    for part in re.split(r"^message     ", text, flags=re.M)[1:]:
        relation = re.search(r"^relation    (\w+)", part, re.M)
        verdict = re.search(r"^verdict     (\w+):", part, re.M)
        score = re.search(r"^score       (\d+) =", part, re.M)
        yield (relation and relation[1], FINDING.findall(part), sorted(HOLDS.findall(part)),
               sorted(RULE.findall(part)), verdict and verdict[1], score and int(score[1]))


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    program, every, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    messages = defaultdict(list)
    for line in run(program, "scan", "-q", "--all", "-o", "jsonl", *paths).splitlines():
        r = json.loads(line)
        messages[r["source_uri"], r["message_index"]].append((r["message_offset"], line))
    passed = failed = 0
    for i, ((source, index), records) in enumerate(messages.items()):
        if i % every:
            continue
        place = f"#{index}" if i // every % 2 else f"@{records[0][0]}"
        got = list(said_by_explain(run(program, "explain", urllib.parse.unquote(source) + place)))
        want = [said_by_record(line) for _, line in records]
        if got == want:
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {source}{place}:\n  explain {got}\n  record  {want}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
