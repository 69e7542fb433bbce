#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house: check_layers.py [layers|spdx [ROOT]]; without a name both.

layers  no include line crosses the table below, and no source file name is used twice
spdx    each source file says its licence in its first lines
"""
import re
import sys
from pathlib import Path

STAGES = ["io", "decode", "split", "gather", "match", "rules", "verdict", "report", "pack", "exchange", "index", "sandbox"]
# "public" is <twofrom/...>. parse is no stage but a tool of several: it holds no state between calls.
UNDER_STAGES = {"public", "base", "flow", "kernels", "parse"}
MAY_INCLUDE = {
    "public": set(),
    "kernels": set(),
    "base": {"public"},
    "flow": {"public", "base"},
    "parse": {"public", "base", "flow", "kernels"},
    **{stage: UNDER_STAGES for stage in STAGES},
    "pipe": UNDER_STAGES | set(STAGES),
    "api": UNDER_STAGES | set(STAGES) | {"pipe"},
    "cli": {"public"},
}

# Outside headers and the rooms they are at home in; a header that matches none is taken for libc's.
AT_HOME = [
    (r"immintrin\.h|cpuid\.h", {"kernels"}),
    (r"liburing.*", {"io"}),
    (r"zstd.*", {"decode", "index", "pack"}),
    (r"hs(/.*|\.h)|hs_.*", {"match", "rules"}),
    (r"idn2\.h|iconv\.h", {"parse"}),
    (r"yaml\.h", {"rules"}),
    (r"pcre2\.h", {"rules"}),
    (r"openssl/.*", {"parse", "rules", "pipe", "api"}),
    (r"xxhash\.h", {"base", "index", "pack", "pipe"}),
    (r"pthread\.h|threads\.h", {"pipe"}),
    (r"stdatomic\.h", {"pipe", "base/alloc.c"}),
    (r"getopt\.h", {"cli"}),
]

# A noun of flow/ may have the name of the room whose header it fills, and both tables are of names.
TWICE = {"CMakeLists.txt", "internal.h", "verdict.h", "names.c"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".c", ".h", ".def"}
# Where a name is used once. Public headers are not among them: they are always written <twofrom/...>.
NAMED = ["src", "kernels", "bench", "fuzz"]
SPOKEN = ["src", "kernels", "include", "tests", "bench", "fuzz", "cmake", "scripts"]
SPDX = "SPDX-License-Identifier: Apache-2.0"


def files(root, folders):
    for folder in folders:
        yield from sorted(p for p in (root / folder).rglob("*") if p.is_file())


def room_of(path):
    """The room of a file, and its name inside src/ (base/alloc.c)."""
    if path.parts[0] == "include":
        return "public", path.as_posix()
    if path.parts[0] == "kernels":
        return "kernels", path.as_posix()
    return path.parts[1], "/".join(path.parts[1:])


def outside(header, room, name):
    for pattern, rooms in AT_HOME:
        if re.fullmatch(pattern, header) and room not in rooms and name not in rooms:
            return f"<{header}> is at home in {', '.join(sorted(rooms))}"
    return None


def wrong(header, quoted, room, name):
    """Why the room may not include this header, or None."""
    if header.startswith("twofrom/"):
        target = "public"
    elif not quoted:
        return outside(header, room, name)
    elif room == "cli" and "/" not in header:
        return None  # its own file: src/ is not on the include path of the program
    else:
        target = header.split("/")[0]
        if target not in MAY_INCLUDE:
            return f'"{header}" is not written from the root'
    if target != room and target not in MAY_INCLUDE[room]:
        return f"{room} may not include {target}"
    return None


def check_layers(root):
    faults, read, first = [], 0, {}
    for path in files(root, ["src", "kernels", "include"]):
        short = path.relative_to(root)
        if path.suffix not in SOURCES:
            continue
        room, name = room_of(short)
        if room not in MAY_INCLUDE:
            faults.append(f"{short}: no such room in the table: {room}")
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                read += 1
                why = wrong(match[2], match[1] == '"', room, name)
                if why:
                    faults.append(f"{short}:{number}: {why}")
    for path in files(root, NAMED):
        short = path.relative_to(root)
        if path.suffix in SOURCES and path.name not in TWICE:
            if path.name in first:
                faults.append(f"{short}: the name is used by {first[path.name]} too")
            first.setdefault(path.name, short)
    return faults, read, "include lines"


def check_spdx(root):
    faults, read = [], 0
    for path in files(root, SPOKEN):
        code = path.suffix in SOURCES | {".cmake", ".py", ".sh"} or path.name == "CMakeLists.txt"
        if not code and not (path.parent.name == "scripts" and path.suffix == ""):
            continue
        read += 1
        with path.open(encoding="utf-8") as stream:
            head = stream.readline() + stream.readline()
        if SPDX not in head:
            faults.append(f"{path.relative_to(root)}: no {SPDX} in the first two lines")
    return faults, read, "files"


def main(args):
    checks = {"layers": check_layers, "spdx": check_spdx}
    if args and args[0] not in checks:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(args[1]) if len(args) > 1 else Path(__file__).resolve().parent.parent
    wrong = False
    for name in args[:1] or checks:
        faults, read, what = checks[name](root)
        for fault in faults:
            print(fault)
        print(f"{name}: {read} {what} read, {len(faults)} wrong")
        wrong |= bool(faults) or read == 0
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
