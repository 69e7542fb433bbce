#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Payloads from mail through every channel: channels.py PROGRAM.

Terminal escapes, formulas, bidi and zero-width characters, NUL, invalid UTF-8, line ends, markup, shell and path tricks
and very long values stand in every header field, in names of tar members and of files. Then: no control byte on the
screen or in a log; every JSON line has one reading in two parsers' terms (no duplicate keys, no raw control, no line
separators); no CSV cell that a spreadsheet would run, by the rule, and by LibreOffice where there is one; copies that
extract makes lie in their folder under names of ours; nothing else appears anywhere.
"""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PAYLOADS = [
    b"\x1b]0;title\x07\x1b[2J\x1b[31mred", b"\x9b31m c1", b"\xc2\x9b31m c1 as UTF-8", b"\x08\x08\x08back", b"a\x00b", b"\x7fdel",
    b"=cmd|'/c calc'!A1", b"+1+1", b"-2+3", b"@SUM(1+1)", b"\t=1+1", b"\r=1+1", "\uff1d1+1".encode(), "\uff20SUM(1)".encode(),
    b'"=1+1"', b'",=1+1,"', b"=HYPERLINK(\"http://x.example\",\"click\")", b"'=1+1", b" =1+1", b"\xef\xbb\xbf=1+1", b"\x00=1+1",
    "\u202egnp.exe\u202c".encode(), "\u2066a\u2069".encode(), "z\u200bero\u200d\ufeff".encode(), "line\u2028sep\u2029".encode(),
    b"\xff\xfe invalid", b"\xc0\xaf overlong", b"\xed\xa0\x80 surrogate", b"\xf4\x90\x80\x80 beyond", b"\xe2\x82",
    b"<script>alert(1)</script>", b"]]>--!>", b"%n%s%x", b"$(touch PWNED)`touch PWNED`", b"; touch PWNED", b"../../../PWNED",
    b"/tmp/PWNED-absolute", b"a" * 20000, b"\\x1b[31m", b"\\u{202E}", b'{"a":1}', b"\\", b'\\"', b"=?utf-8?B?GxtbMm0=?=",
    b"=?utf-8?Q?=3D1+1=0A=1B[31m?=", b"=?utf-8?Q?=00=E2=80=AE?=", b"=?utf-16?B?PQAxACsAMQA=?=", b"+AD0-1+-1",
]
FIELDS = [b"From", b"Sender", b"Reply-To", b"To", b"Subject", b"Message-ID", b"Return-Path", b"Date", b"Received", b"List-Id",
          b"Authentication-Results", b"Received-SPF", b"X-MS-Exchange-P2FromRegexMatch", b"X-Other"]
failures = []


def fail(text):
    failures.append(text)
    print("FAILED:", text[:400])


def message(payload, field):
    """The payload in one field, in the forms in which such a field can hold it."""
    bare = payload.replace(b"\r", b"").replace(b"\n", b"")
    forms = {b"From": [bare, b'"' + bare + b'" <a@b.example>', b"<" + bare + b"@x.example>", b"a (" + bare + b") <a@b.example>",
                       b"a@" + bare, b"x <a@b.example>, " + bare + b" <c@d.example>"],
             b"Return-Path": [b"<" + bare + b"@x.example>", bare],
             b"Authentication-Results": [b"mx.example; spf=pass smtp.mailfrom=" + bare, bare + b"; spf=" + bare]}
    for form in forms.get(field, [bare]):
        others = b"" if field == b"From" else b"From: Mr A <a@b.example>, <c@d.example>\n"
        yield field + b": " + form + b"\n" + others + b"\nbody\n"


def plant(folder):
    messages = [m for p in PAYLOADS for f in FIELDS for m in message(p, f)]
    (folder / "mail.mbox").write_bytes(b"".join(b"From " + (b"a@b" if i % 3 else PAYLOADS[i // 3 % len(PAYLOADS)][:60].replace(b"\n", b"").replace(b"\r", b"")) +
                                                b" Thu Nov 14 08:15:00 2024\n" + m + b"\n" for i, m in enumerate(messages)))
    with tarfile.open(folder / "mail.tar", "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as tar:
        for i, p in enumerate(PAYLOADS):
            info = tarfile.TarInfo(p[:3000].replace(b"\x00", b"").decode("utf-8", "surrogateescape") + f"/{i}.eml")
            data = messages[i * 7 % len(messages)]
            if i % 5 == 0:
                data = b"\x01 no mail"
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    names = folder / "names"
    names.mkdir()
    for i, p in enumerate(PAYLOADS):
        name = p.replace(b"/", b"_").replace(b"\x00", b"")[:200] + b"-%d.eml" % i
        (Path(os.fsdecode(bytes(names) + b"/" + name))).write_bytes(messages[i * 11 % len(messages)])
    return len(messages)


def run(program, folder, *args, ok=(0, 1, 3)):
    done = subprocess.run([program, *args], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in ok:
        fail(f"{args}: status {done.returncode}: {done.stderr[-300:]}")
    return done.stdout, done.stderr


def check_screen(what, data, ascii_only):
    """No control, no bidi, no zero width, valid UTF-8; with --ascii nothing but 0x20 to 0x7E."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        fail(f"{what}: no UTF-8: {e}")
        return
    bad = re.search("[^\x20-\x7e\n]" if ascii_only else
                    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", text)
    if bad:
        fail(f"{what}: {text[max(0, bad.start() - 40):bad.end() + 20]!r}")


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key twice in {keys}")
    return dict(pairs)


def check_json(what, data, lines=True):
    n = 0
    for line in data.split(b"\n") if lines else [data]:
        if not line:
            continue
        n += 1
        try:
            text = line.decode("utf-8")
            if re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]" if lines else "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text):
                fail(f"{what}: a control or separator in {line[:200]!r}")
            json.loads(text, object_pairs_hook=no_duplicates)
        except ValueError as e:
            fail(f"{what}: {e}: {line[:200]!r}")
    return n


FORMULA = re.compile("^[=+\\-@\t\r\x00\uff1d\uff0b\uff0d\uff20]")


def check_csv(what, data):
    text = data.decode("utf-8")
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text):  # TAB, CR and LF may stand between quotes
        fail(f"{what}: a control byte")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        if len(row) != len(rows[0]):
            fail(f"{what}: {len(row)} cells, the head has {len(rows[0])}")
        for cell in row:
            if FORMULA.match(cell) and not re.fullmatch(r"-[0-9]+", cell):
                fail(f"{what}: a formula: {cell[:80]!r}")
    return len(rows) - 1


def check_libreoffice(folder, name, formulas=0):
    """True when it was there: the sheet that it makes has so many formulas."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        print("SKIPPED: no LibreOffice, so its reading of CSV is not checked")
        return False
    done = subprocess.run([office, "--headless", f"-env:UserInstallation=file://{folder}/office", "--convert-to", "fods",
                           "--infilter=CSV:44,34,76,1", "--outdir", folder, f"{folder}/{name}"], capture_output=True, check=False, timeout=240)
    sheet = Path(folder) / (Path(name).stem + ".fods")
    if not sheet.exists():
        fail(f"LibreOffice: {done.stderr[-300:]}")
        return True
    text = sheet.read_text(encoding="utf-8")
    cells = text.count("<table:table-cell")
    if text.count("table:formula") != formulas or cells < 100:
        fail(f"{name} in LibreOffice: {text.count('table:formula')} formulas in {cells} cells")
    print(f"LibreOffice: {name}: {cells} cells, {text.count('table:formula')} formulas")
    return True


def everything(folder):
    return {os.fsencode(p) for p in folder.rglob("*")}


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as top:
        top = Path(top)
        folder, outs = top / "a" / "b" / "in", top / "out"
        folder.mkdir(parents=True)
        outs.mkdir()
        print(plant(folder), "messages,", len(PAYLOADS), "payloads")
        before = everything(top / "a")
        inputs = ["mail.mbox", "mail.tar", "names", "mi\x1b[31mssing\u202e"]
        out, err = run(program, folder, "scan", "--all", "--with-subject", "--with-headers", "-v", "-o", f"jsonl={outs}/o.jsonl",
                       "-o", f"csv={outs}/o.csv", "-o", f"summary={outs}/o.json", "-o", f"pairs={outs}/pairs.csv", "-o", "table", *inputs)
        check_screen("table", out, False)
        check_screen("standard error", err, False)
        n = check_json("jsonl", (outs / "o.jsonl").read_bytes())
        if n != check_csv("csv", (outs / "o.csv").read_bytes()) or n < 1000:
            fail(f"{n} records, other rows in CSV")
        check_csv("pairs", (outs / "pairs.csv").read_bytes())
        check_json("summary", (outs / "o.json").read_bytes(), lines=False)
        for options in (["--ascii"], ["--ascii", "--defang"]):
            out, err = run(program, folder, "scan", "--all", "--with-subject", "-v", *options, "-o", "table", *inputs)
            check_screen(f"table {options}", out, True)
            check_screen(f"standard error {options}", err, True)
        out, err = run(program, folder, "scan", "--all", "--log-format=json", "--with-subject", "-v", "-o", "jsonl", *inputs)
        check_json("jsonl on a pipe", out)
        check_json("log", err)
        for i in range(0, n // 30, 7):
            out, err = run(program, folder, "explain", f"mail.mbox#{i}")
            check_screen(f"explain {i}", out + err, False)
            if i % 28 == 0:
                out, err = run(program, folder, "explain", "--ascii", f"mail.mbox#{i}")
                check_screen(f"explain --ascii {i}", out + err, True)
        out, err = run(program, folder, "hunt", "-e", "p2.raw:.", "-o", "table", "mail.mbox", "mail.tar")
        check_screen("hunt", out + err, False)
        out, err = run(program, folder, "hunt", "--group-by", "p2.display", "mail.mbox", "mail.tar", ok=(0, 1, 2, 3))
        check_screen("hunt --group-by", err, False)
        if everything(top / "a") != before:
            fail(f"files appeared: {everything(top / 'a') - before}")
        # Copies: in their folder, under names of ours, whatever the mail, the member or the file is called.
        (folder / "records").write_bytes((outs / "o.jsonl").read_bytes())
        copies = outs / "copies"
        out, err = run(program, folder, "extract", "--to", str(copies), "--from-records", "records")
        check_screen("extract", out + err, False)
        names = sorted(p.name for p in copies.rglob("*"))
        if len(names) < 100 or not all(re.fullmatch(r"[0-9a-f]{32}(-[0-9]+)?\.eml", x) or x in ("manifest.jsonl", "manifest.tsv", "manifest.csv") for x in names):
            fail(f"{len(names)} copies: {[x for x in names if not re.fullmatch(r'[0-9a-f]{32}(-[0-9]+)?[.]eml', x)][:5]}")
        if everything(top / "a") - {os.fsencode(folder / "records")} != before or list(top.rglob("PWNED*")) or Path("/tmp/PWNED-absolute").exists():
            fail("extract wrote elsewhere")
        # A sheet that has one first: or its absence would prove nothing.
        (outs / "formula.csv").write_text("a,b\n" + "=1+1,x\n" * 100)
        if check_libreoffice(outs, "formula.csv", formulas=100):
            check_libreoffice(outs, "o.csv")
            check_libreoffice(outs, "pairs.csv")
    print(f"{n} records, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
