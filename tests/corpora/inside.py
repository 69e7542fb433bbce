#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One message, one verdict, wherever it lies: inside.py PROGRAM PATH...

Each message of the archives and folders is judged where it is, as a file of its own, and inside a journal report.
As a file everything that was concluded must be the same, but for what an mbox's From_ line alone says. Inside a report the same holds where the envelope sender
is a trusted one of the message's own; else, as the report adds a source of its own, for what From gives.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

CONCLUSION = ("relation", "verdict", "level", "score", "findings", "allowances", "finding_evidence", "zone", "p1_source",
              "p1_trust", "p1_null", "p1_address", "p1_domain")
FROM = ("from_raw", "p2_address", "p2_domain", "p2_readers", "p2_field_count", "p2_mailbox_count")
REPORT = (b"From: Journal <journal@corp.example>\nMessage-ID: <outer@x>\nX-MS-Journal-Report:\nMIME-Version: 1.0\n"
          b"Content-Type: multipart/mixed; boundary=\"jj%d\"\n\n--jj%d\nContent-Type: text/plain; charset=us-ascii\n\n"
          b"Sender: s@journal.example\nSubject: s\nMessage-Id: <%s>\nRecipient: ben.stone@corp.example\n\n--jj%d\n"
          b"Content-Type: message/rfc822\n\n")


def scan(program, path, *options):
    done = subprocess.run([program, "scan", "-q", "--all", "-o", "jsonl", *options, str(path)], stdout=subprocess.PIPE)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{path}: scan ends with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def decoded(source):
    data = Path(source).read_bytes()
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        data = subprocess.run(["zstd", "-dqc", source], stdout=subprocess.PIPE, check=True).stdout
    return data


def from_findings(r):
    # The level of a From without an address depends on the envelope, and inside a report that is the report's.
    found = [re.match(r"(\w+=\w+)<", e)[1] for e in r.get("finding_evidence", []) if e.startswith("FROM_")]
    return sorted("FROM_NO_ADDR" if e.startswith("FROM_NO_ADDR=") else e for e in found)


def differences(here, file, inner):
    """What differs: (place, what, where the message lies, there)."""
    from_line = any(source.startswith("from_line=") for source in here.get("p1_seen", []))
    for name in FROM if from_line and here["p1_trust"] != "trusted" else CONCLUSION + FROM:
        if here.get(name) != file.get(name):
            yield "as a file", name, here.get(name), file.get(name)
    if inner is None:
        yield "inside a report", "no record", None, None
        return
    for name in FROM:
        if here.get(name) != inner.get(name):
            yield "inside a report", name, here.get(name), inner.get(name)
    if from_findings(here) != from_findings(inner):
        yield "inside a report", "FROM_ findings", from_findings(here), from_findings(inner)
    if here["p1_trust"] != "trusted":
        return
    if "J_STRUCT" in inner.get("findings", []):
        # A Message-ID that a report cannot repeat in a line (none, folded, two of them).
        codes = [code for code in inner["findings"] if code != "J_STRUCT"]
        if codes != here.get("findings", []) or inner["verdict"] != here["verdict"]:
            yield "inside a report", "findings", here.get("findings"), codes
        return
    for name in ("relation", "verdict", "level", "score", "findings", "p1_source", "p1_domain", "zone"):
        if here.get(name) != inner.get(name):
            yield "inside a report", name, here.get(name), inner.get(name)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, passed, failed, whole = sys.argv[1], 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        files, reports = Path(folder) / "files", Path(folder) / "reports"
        files.mkdir()
        reports.mkdir()
        here, sources = {}, {}
        for record in [r for path in sys.argv[2:] for r in scan(program, path)]:
            # What is a report itself, or lies in one, is looked at by other tests.
            if record["journal_depth"] > 0 or record.get("journal_form"):
                continue
            source = unquote(record["source_uri"])
            data = sources.setdefault(source, None) or decoded(source)
            sources[source] = data
            text = data[record["message_offset"]:record["message_offset"] + record["message_length"]]
            name = f"{len(here):05}.eml"
            here[name] = record
            n = len(here)
            (files / name).write_bytes(text)
            message_id = record.get("message_id", "none@x").encode()
            (reports / name).write_bytes(REPORT % (n, n, message_id, n) + text + b"\n--jj%d--\n" % n)
        as_file = {Path(r["source_uri"]).name: r for r in scan(program, files)}
        inside = {Path(r["source_uri"]).name: r for r in scan(program, reports, "--journal=require")}
    for name, record in here.items():
        whole += record["p1_trust"] == "trusted"
        found = list(differences(record, as_file[name], inside.get(name)))
        passed, failed = passed + (not found), failed + bool(found)
        for place, what, want, got in found[:3]:
            print(f"FAILED: {record['source_uri']} {record['message_index']}: {place}: {what}: {got!r}, not {want!r}")
    print(f"{passed} passed, {failed} failed; {whole} with a trusted envelope")
    return 1 if failed or not whole else 0


if __name__ == "__main__":
    sys.exit(main())
