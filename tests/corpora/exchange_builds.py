#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""health over mail of every Exchange build: exchange_builds.py PROGRAM

One message per row of src/exchange/exchange_builds.def, and per build that is in none (older lines, 2007 to 2013,
Exchange Online, newer than the table), each by a host of its own. Status, colour and the words of the advice must be
those that docs/exchange.md gives, derived here again from the numbers.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "src/exchange/exchange_builds.def"
# Fixed since when, by line; the newest lines that got each update.
SUV1 = {(15, 1, 2507): 43, (15, 2, 1258): 38, (15, 2, 1544): 13}
SUV2 = {(15, 1, 2507): 44, (15, 2, 1258): 39, (15, 2, 1544): 14, (15, 2, 1748): 10}
AUG = {(15, 1, 2507): 58, (15, 2, 1544): 33, (15, 2, 1748): 36, (15, 2, 2562): 20}
OCT = {(15, 1, 2507): 61, (15, 2, 1544): 36, (15, 2, 1748): 39, (15, 2, 2562): 29}
OTHERS = ["8.3.485.1", "14.3.513.0", "15.0.1178.4", "15.0.1497.48", "15.1.1362.18", "15.1.2375.37", "15.2.659.4",
          "15.2.1118.40", "15.1.2507.42", "15.2.1258.37", "15.2.1544.12", "15.2.1544.999", "15.2.2562.999",
          "15.2.3000.1"]


def expected(a, b, c, d):
    """(status, colour, what the advice must say)."""
    line = (a, b, c)
    if a < 15 or b == 0:
        return "unpatched", "Red", ["no fix exists", "move to Exchange SE"]
    if c >= 2562:
        if c > 2562 or d >= OCT[15, 2, 2562]:
            return "current", "Green", []
        return "suv2", "Yellow", ["install Oct25SU", "CVE-2025-59248"] + (
            ["CVE-2025-25006", "CVE-2025-25007"] if d < AUG[15, 2, 2562] else [])
    end = ["support ended on 14 Oct 2025: move to Exchange SE"]
    if line in OCT and d >= OCT[line]:
        return "current", "Green", []
    if line in SUV2 and d >= SUV2[line]:
        lacks = ["CVE-2025-59248"]
        if line not in AUG or d < AUG[line]:
            lacks += ["CVE-2025-25006", "CVE-2025-25007"]
        return "suv2", "Yellow", ["install Oct25SU"] + lacks + end
    if line in SUV1 and d >= SUV1[line]:
        return "suv1", "Red", ["transport and DLP rules stop periodically", "replace by SUv2"] + end
    return "unpatched", "Red", ["install SUv2" if line in SUV2 else "with SUv2"] + end


def mail(host, build):
    return (f"From a@b Thu Nov 14 08:15:00 2024\nReceived: from a (192.0.2.1) by {host} (192.0.2.2) with Microsoft\n"
            f" SMTP Server (version=TLS1_2) id {build}; Thu, 14 Nov 2024 08:15:00 +0000\n"
            f"From: a@x.example\nMessage-ID: <{host}@x>\n\nbody\n\n")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    rows = re.findall(r'^B\("[^"]+", (\d+), (\d+), (\d+), (\d+),', TABLE.read_text(), re.M)
    builds = [".".join(row) for row in rows] + OTHERS
    hosts = {f"ex{i}.corp.example": build for i, build in enumerate(builds)}
    online = {"am0.eurprd00.prod.outlook.com": "15.20.7918.25", "x.prod.exchangelabs.com": "15.1.1362.18"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.mbox"
        path.write_text("".join(mail(*row) for row in (hosts | online).items()))
        done = subprocess.run([sys.argv[1], "health", "--json", "--own=.corp.example", "--own=.outlook.com",
                               "--own=.exchangelabs.com", "--others", str(path)], check=True, stdout=subprocess.PIPE)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    servers = {line["host"]: line for line in lines if line["name"] == "Exchange server"}
    faults = []
    for host, build in (hosts | online).items():
        status, color, words = ("online", "Grey", []) if host in online else expected(*map(int, build.split(".")))
        got = servers.get(host, {})
        if (got.get("build"), got.get("status"), got.get("color"), got.get("messages")) != (build, status, color, 1):
            faults.append(f"{host} {build}: {got}, not {status} {color}")
        missing = [word for word in words if word not in got.get("details", "")]
        if missing or ("install" in got.get("details", "") and not words):
            faults.append(f"{build}: {got.get('details')}: without {missing}")
    exposure = next(line for line in lines if line["name"] == "Exposure")
    total = sum(exposure[k] for k in ("current", "suv2", "suv1", "unpatched", "online", "none"))
    if total != len(hosts | online):
        faults.append(f"exposure adds up to {total}")
    for fault in faults:
        print(f"FAILED: {fault}")
    print(f"{len(hosts | online) + 1 - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
