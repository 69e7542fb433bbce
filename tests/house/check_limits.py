#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/limits.md against what it speaks of: check_limits.py

Each limit of src/flow/limits.h has a row with its default and no other row is there; each option is one of
src/cli/options.def, and where its help tells a default it is that of the row; each test is a file of the tree and has
the name of what it crosses, tests/faults/limits.py a case of it. A table with one thing changed must be objected to.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def rows(text):
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def check(text):
    """What is wrong with the table, and how many limits it has."""
    faults = []
    known = dict(re.findall(r'L\([A-Z_]+, "([a-z-]+)", (\d+),', (ROOT / "src/flow/limits.h").read_text()))
    options = dict(re.findall(r'^O\("([a-z-]+)",.*"(.*)"\)$', (ROOT / "src/cli/options.def").read_text(), re.M))
    cases = subprocess.run([sys.executable, ROOT / "tests/faults/limits.py", "--names"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split("\n")
    if len(known) < 10 or len(options) < 50 or len(cases) < 10:
        faults.append(f"read {len(known)} limits, {len(options)} options, {len(cases)} cases: their form has changed")
    told = {}
    for row in rows(text):
        name = row[0].strip("`").lstrip("-")
        test = row[-1].strip("`")
        if row[0].startswith("`--"):
            default = re.search(r"\(default ([^)]+)\)", options.get(name, ""))
            if name not in options:
                faults.append(f"there is no option {row[0]}")
            if default and default[1] != row[1]:
                faults.append(f"{row[0]}: the default is {default[1]}, not {row[1]}")
        elif row[0].startswith("`"):
            told[name] = row[1].replace(",", "")
        elif row[-1] == "test":
            continue
        if not (ROOT / test).is_file():
            faults.append(f"{row[0]}: there is no {test}")
        elif row[0].startswith("`") and test.endswith("faults/limits.py") and name not in cases:
            faults.append(f"{row[0]}: {test} has no case of it")
        elif row[0].startswith("`") and name not in (ROOT / test).read_text():
            faults.append(f"{row[0]}: {test} does not name it")
    for name in sorted(known.keys() | told.keys()):
        if known.get(name) != told.get(name):
            faults.append(f"{name}: {known.get(name)} in flow/limits.h, {told.get(name)} in the table")
    return faults, len(told)


def main():
    text = (ROOT / "docs/limits.md").read_text()
    faults, count = check(text)
    for old, new in (("1,048,576", "1,048,577"), ("| `journal` |", "| `journals` |"), ("`--max-window` | 128M", "`--max-window` | 64M"),
                     ("`--ratio-limit`", "`--ratio`"), ("faults/limits.py`", "faults/limit.py`")):
        if old not in text or not check(text.replace(old, new, 1))[0]:
            faults.append(f"{new} in place of {old} is not seen")
    print("\n".join(faults) if faults else f"{count} limits, as they are")
    return 1 if faults else 0


sys.exit(main())
