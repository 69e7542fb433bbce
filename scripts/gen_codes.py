#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the list of codes into docs/verdicts.md: gen_codes.py [--check]

Out of the tables that the program is built from (src/flow/findings.def, allowances.def) and the cases that it is
tested with (tests/vectors/codes.txt): code, highest level, RFC, CVE, meaning, an example and the near misses. The
list stands between two marks; --check only compares.
"""
import re
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
DOC = TREE / "docs/verdicts.md"
BEGIN, END = "<!-- codes -->\n", "<!-- end of codes -->\n"
CASE = re.compile(r"(yes|no|proven|forged) (\w+)(?:=(\w+))?: (.*)")
EFFECTS = {"REMOVES": "removes", "TEXT": "text", "ONE_STEP": "one step", "ANNOTATE": "annotate"}


def strings(row):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', row)


def table(name, letter):
    text = (TREE / "src/flow" / name).read_text()
    return re.findall(rf"^{letter}\((\w+), (.*)\)$", text, re.M)


def cases():
    """(kind, code) -> [(level, name, value of From or "")]"""
    found = {}
    for part in (TREE / "tests/vectors/codes.txt").read_text().split("\n\n"):
        lines = [line for line in part.splitlines() if not line.startswith("#")]
        match = CASE.fullmatch(lines[0]) if lines else None
        if match:
            values = [line[8:] for line in lines if line[2:8] == "From: "]
            value = values[0] if match[2].startswith("FROM_") and len(values) == 1 else ""
            found.setdefault((match[1], match[2]), []).append((match[3], match[4], value))
    return found


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def shown(case, with_level=False):
    level, name, value = case
    value = re.sub(r"%\*(.)", r"\1\1\1…", value)  # a byte a thousand times
    text = name + (f" ({level})" if with_level and level else "")
    if not value or len(value) > 70:
        return cell(text)
    fence = "``" if "`" in value else "`"
    return cell(f"{text}: {fence}{value}{fence}")


def render():
    found = cases()
    out = ["| code | at most | RFC | CVE | exchange-like | means | example | near misses |",
           "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for code, rest in table("findings.def", "F"):
        level, rfc, cve, means = strings(rest)
        like = "yes" if re.search(r", 1, ", rest) else "–"
        example = shown(found["yes", code][0], True)
        near = "; ".join(shown(case) for case in found["no", code])
        out.append(f"| `{code}` | {level} | {rfc or '–'} | {cve or '–'} | {like} | {cell(means)} | {example} | {near} |")
    out += ["", "| code | effect | means | proven, for example | forged, for example |", "| --- | --- | --- | --- | --- |"]
    for code, rest in table("allowances.def", "X"):
        effect = EFFECTS[rest.split(",")[0]]
        proven, forged = found["proven", f"X_{code}"][0], found["forged", f"X_{code}"][0]
        out.append(f"| `X_{code}` | {effect} | {cell(strings(rest)[0])} | {shown(proven)} | {shown(forged)} |")
    return "\n".join(out) + "\n"


def main(args):
    if args not in ([], ["--check"]):
        raise SystemExit(__doc__)
    text = DOC.read_text("utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    want = text[:begin] + render() + text[end:]
    if args and want != text:
        print("docs/verdicts.md: the list of codes is not that of the tables; run scripts/gen_codes.py")
        return 1
    if not args:
        DOC.write_text(want, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
