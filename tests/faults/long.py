#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run of any length through a pipe takes the memory of a short one: long.py PROGRAM GENERATOR RECIPE BYTES [PERCENT].

GENERATOR (twofrom-gen) writes an mbox of BYTES (k, M, G) into PROGRAM. The memory of the program (resident, all its
processes) is looked at while it runs: what it reached at any time behind the first twentieth must be within PERCENT (2) of what it had
reached there, of 40 MiB at least: a short run is not yet as large as any run becomes. The run must end with 0, so its sums closed, and have read what was written.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

SIZES = {"k": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def processes(root):
    """root and what it started."""
    found = [root]
    for pid in found:
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                found += [int(child) for child in f.read().split()]
        except OSError:
            pass
    return found


def look(root):
    """Resident bytes, and bytes read so far, of all of them; of one that has ended nothing."""
    resident = read = 0
    for pid in processes(root):
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as f:
                resident += int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            with open(f"/proc/{pid}/io", encoding="ascii") as f:
                read += int(f.readline().split()[1])
        except OSError:
            pass
    return resident, read


def main():
    program, generator, recipe, size = sys.argv[1:5]
    percent = float(sys.argv[5]) if len(sys.argv) > 5 else 2
    total = int(size[:-1]) * SIZES[size[-1]]
    with tempfile.TemporaryDirectory() as work:
        summary = f"{work}/summary.json"
        began = time.monotonic()
        gen = subprocess.Popen([generator, "-b", size, recipe], stdout=subprocess.PIPE)
        run = subprocess.Popen([program, "scan", "-q", "-T2", "-o", "null", "-o", f"summary={summary}", "-"],
                               stdin=gen.stdout)
        gen.stdout.close()
        early = late = samples = 0
        while run.poll() is None:
            resident, read = look(run.pid)
            if read < total // 20:
                early = max(early, resident)
            else:
                late = max(late, resident)
            samples += 1
            time.sleep(0.02 if total < 1 << 33 else 0.5)
        wrote = gen.wait()
        seconds = time.monotonic() - began
        with open(summary, encoding="utf-8") as f:
            counts = json.load(f)["counts"]
    got = counts["bytes_in"]["total"]
    print(f"{got / 1e9:.1f} GB, {counts['messages']['judged']:,} messages in {seconds:.0f} s; resident {early / 2**20:.1f} MiB "
          f"in the first twentieth, {late / 2**20:.1f} behind it ({samples} looks)")
    faults = []
    if run.returncode != 0 or wrote != 0:
        faults.append(f"status {run.returncode}, of the generator {wrote}")
    if got < total or counts["messages"]["judged"] != counts["messages"]["total"]:
        faults.append("not all was read and judged")
    if late > max(early, 40 << 20) * (1 + percent / 100):
        faults.append("memory grew")
    print("\n".join(faults) if faults else "1 passed, 0 failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
