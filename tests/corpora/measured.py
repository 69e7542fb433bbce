#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/measure_verdicts on the seeds: measured.py SCRIPT PROGRAM CORPORA

Two labels by name; messages, levels and classes must add up to what seeds.tsv says of them, and each code that
a seed was written for must be in the table.
"""
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path


def number(cell):
    return int(re.match(r"[\d,]+", cell)[0].replace(",", ""))


def tables(text):
    """Title of each table -> name -> cells."""
    out = {}
    for part in text.split("\n\n"):
        head, _, *lines = [line.strip("| ").split(" | ") for line in part.strip().splitlines()]
        out[head[0]] = {cells[0].strip("`"): cells[1:] for cells in lines}
    return out


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    script, program, corpora = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    head, *rows = [line.split("\t") for line in (corpora / "seeds.tsv").read_text().splitlines()]
    rows = [dict(zip(head, row)) for row in rows if row[0].startswith(("near_", "from_"))]
    labels = ["near", "odd"]
    with tempfile.TemporaryDirectory() as folder:
        list_file = Path(folder) / "list.tsv"
        list_file.write_text(f"# label, path, name\nnear\t{corpora / 'seeds'}\t/near_\nodd\t{corpora / 'seeds'}\t/from_\n")
        done = subprocess.run([sys.executable, "-B", script, program, str(list_file)], check=True,
                              stdout=subprocess.PIPE, text=True)
    got, faults, checks = tables(done.stdout), [], 0
    for i, prefix in enumerate(("near_", "from_")):
        mine = [row for row in rows if row["file"].startswith(prefix)]
        wants = [("messages", {"messages": len(mine)}, list(got.values())[0]),
                 ("level", Counter(row["level"] for row in mine), got["level"]),
                 ("class", Counter(row["class"] for row in mine), got["class"])]
        for title, want, table in wants:
            have = {name: number(cells[i]) for name, cells in table.items() if number(cells[i]) > 0}
            have.pop("medium or above", None)
            checks += 1
            if have != dict(want):
                faults.append(f"{labels[i]}: {title}: {have}, not {dict(want)}")
    codes = got["code: messages, at medium or above"]
    for row in rows:
        if row["written_for"] != "none":
            checks += 1
            if number(codes.get(row["written_for"], ["0", "0"])[1]) < 1:
                faults.append(f"{row['written_for']} is missing")
    for fault in faults:
        print(f"FAILED: {fault}")
    print(f"{checks - len(faults)} passed, {len(faults)} failed")
    return 1 if faults or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
