#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every limit of flow/limits.h on both sides, and those of options: limits.py PROGRAM | --names.

A limit that is not met leaves status 0; one that is met is named, ends with 3, and costs no other message:
the one behind it is judged as always. --names prints what has a case here, for tests/house/check_limits.py.
"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = None if sys.argv[1:] == ["--names"] else Path(sys.argv[1]).resolve()
LAST = "Return-Path: <z@x.example>\nFrom: z@x.example\nMessage-ID: <last@x.example>\n\nlast\n"


def mail(lines="", value="a@x.example", body="body\n"):
    return f"Return-Path: <a@x.example>\nFrom: {value}\n{lines}Message-ID: <1@x.example>\n\n{body}"


def mbox(*messages):
    return "".join(f"From a@x.example Thu Nov 14 08:15:00 2024\n{m}\n" for m in messages).encode()


def report(inner, n=1, extra=""):
    """A journal report around a message."""
    part = f"--b{n}\nContent-Type: message/rfc822\n\n{inner}\n"
    return ("From: <j@corp.example>\nTo: <j@corp.example>\nMessage-ID: <r@corp.example>\n"
            "X-MS-Exchange-Organization-Journal-Report:\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'
            "Content-Type: text/plain\n\nSender: a@x.example\nSubject: s\nMessage-Id: <1@x.example>\n"
            f"To: b@y.example\n\n{extra}{part}--b{n}--\n")


def bounce(inner, depth):
    """A report inside so many bounces, each of them a multipart."""
    for n in range(depth):
        inner = ("From: <>\nContent-Type: multipart/report; report-type=delivery-status; "
                 f'boundary="n{n}"\n\n--n{n}\nContent-Type: message/rfc822\n\n{inner}\n--n{n}--\n')
    return inner


def member(name, data, kind="0"):
    head = bytearray(512)
    head[0:len(name)] = name.encode()
    head[100:108] = b"0000600\0"
    head[124:136] = b"%011o\0" % len(data)
    head[148:156] = b" " * 8
    head[156:157] = kind.encode()
    head[257:265] = b"ustar\x0000"
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + data + b"\0" * (-len(data) % 512)


def pax(length):
    name = "n" * length
    record = f"path={name}\n"
    total = len(record) + 3
    while len(f"{total} {record}") != total:
        total += 1
    return (member("pax", f"{total} {record}".encode(), "x") + member("short", mail().encode()) +
            member("last", LAST.encode()) + b"\0" * 1024)


def window(log, text):
    """A zstd frame of one raw block that asks for a window of 2^log bytes."""
    return (b"\x28\xb5\x2f\xfd\x00" + bytes([(log - 10) << 3]) +
            (len(text) << 3 | 1).to_bytes(3, "little") + text)


RULE = ("title: T\nid: 00000000-0000-0000-0000-000000000001\nlogsource: {product: email}\n"
        "detection:\n  a: {subject|re: '^(a+)+[bd]'}\n  condition: a\n")
MANY = "".join(f"X-{i}: y\n" for i in range(20))
PARTS = "".join("--b1\nContent-Type: text/plain\n\nx\n" for _ in range(8))
COMMENTS = "((((c)))) a@x.example"

# limit, input, a value that is not met, one that is; words that name it (default: NAME=VALUE@ in a record)
CASES = [
    ("header", mbox(mail("X-Long: " + "x" * 600 + "\n"), LAST), 1000, 300, None),
    ("fields", mbox(mail(MANY), LAST), 23, 22, None),
    ("field", mbox(mail("Subject: " + "x" * 200 + "\n"), LAST), 200, 199, None),
    ("from", mbox(mail(value="x" * 100 + " <a@x.example>"), LAST), 114, 113, None),
    ("mailboxes", mbox(mail(value="a@x.example, b@x.example, c@x.example"), LAST), 3, 2, None),
    ("comment", mbox(mail(value=COMMENTS), LAST), 4, 3, None),
    ("message", mbox(report(mail(body="x\n" * 1000)), LAST), 10000, 1000, "message"),
    ("journal", mbox(report(report(mail(), 2), 1), LAST), 2, 1, "journal"),
    ("mime-parts", mbox(report(mail(), 1, PARTS), LAST), 100, 5, "mime-parts"),
    ("tar-name", pax(300), 300, 299, "tar-name"),
    ("tar-pax", pax(300), 400, 300, "tar-pax"),
    ("regex", mbox(mail("Subject: " + "a" * 14 + "c\n"), LAST), 10_000_000, 1000, "regex"),
    ("max-window", window(28, mbox(mail(), LAST)), "256M", "128M", "--max-window"),
]


def scan_all(paths, options, folder):
    """(the run, its records, the summary as it stands)."""
    summary = folder / "summary.json"
    run = subprocess.run([PROGRAM, "scan", "-q", "--all", "--clobber", "--no-shipped-rules", *options, "-o", "jsonl",
                          "-o", f"summary={summary}", *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return run, [json.loads(line) for line in run.stdout.splitlines()], summary.read_text() if summary.exists() else ""


def scan(path, limit, value):
    option = f"--max-window={value}" if limit == "max-window" else f"--limit={limit}={value}"
    rule = path.parent / "rule.yml"
    rule.write_text(RULE)
    return scan_all([path], [option, *(["--rules", rule, "--no-prefilter"] if limit == "regex" else [])], path.parent)


def inventory(path):
    """Rows of an inventory that are too many are left out and counted; no mail is lost, so the status stays."""
    path.write_bytes(mbox(*(mail(value=f"a@y{i}.example") for i in range(3))))
    pairs, faults = path.parent / "pairs.csv", []
    for value, lines in (3, 4), (2, 3):
        subprocess.run([PROGRAM, "scan", "-q", "--clobber", f"--limit=rows={value}", "-o", f"pairs={pairs}", "-o",
                        f"summary={path.parent / 'summary.json'}", path], check=True)
        counted = json.loads((path.parent / "summary.json").read_text())["counts"]["pairs"]
        if counted != 3 or len(pairs.read_text().splitlines()) != lines:
            faults.append(f"rows={value}: {counted} counted, {pairs.read_text()}")
    return faults


def nested(depth):
    """A message that a notice belongs into, its text in so many multiparts."""
    inner = "Content-Type: text/plain\n\nhello\n"
    for n in range(depth):
        inner = f'Content-Type: multipart/mixed; boundary="n{n}"\n\n--n{n}\n{inner}\n--n{n}--\n'
    return ("Return-Path: <a@x.example>\nFrom: <first@attack.example>, <admin@bank.example>\nTo: z@y.example\n"
            f"Message-ID: <1@x.example>\nMIME-Version: 1.0\n{inner}").encode()


def annotation(path):
    """mime-depth bounds what extract --annotate looks into: beyond it the copy is wrapped whole, and says why."""
    faults = []
    path.write_bytes(nested(3))
    for value, word in (3, "notice in 1 body"), (2, "nested too deeply"):
        out = path.parent / f"copies-{value}"
        run = subprocess.run([PROGRAM, "extract", f"--to={out}", "--annotate", f"--limit=mime-depth={value}", path],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
        copies = list(out.glob("*.eml"))
        if run.returncode != 0 or word not in run.stdout or len(copies) != 1 or b"hello" not in copies[0].read_bytes():
            faults.append(f"mime-depth={value}: status {run.returncode}, {run.stdout}{run.stderr}")
    return faults


def pack(path, pieces, *options):
    """Pieces through zstd into a file, one frame."""
    with open(path, "wb") as out:
        zstd = subprocess.Popen(["zstd", "-q", "-1", "-c", *options], stdin=subprocess.PIPE, stdout=out)
        for piece in pieces:
            zstd.stdin.write(piece)
        zstd.stdin.close()
        if zstd.wait() != 0:
            raise SystemExit("zstd fails")


def ratio(path):
    """More than a gigabyte out of little: --ratio-limit ends that input, and no other."""
    faults, folder = [], path.parent / "growing"
    folder.mkdir()
    bomb, last = folder / "a.zst", folder / "b.mbox"
    pack(bomb, [mbox(mail())] + [b"line\n" * 200000] * 1100)
    last.write_bytes(mbox(LAST))
    real = 1100 * 1000000 // bomb.stat().st_size
    for limit, status in (2 * real, 0), (real // 2, 3):
        run, records, summary = scan_all([folder], [f"--ratio-limit={limit}"], path.parent)
        if run.returncode != status or ("--ratio-limit" in summary) != (status == 3):
            faults.append(f"ratio-limit={limit} of {real}: status {run.returncode} {run.stderr[:300]}")
        if [r["verdict"] for r in records if r.get("message_id") == "last@x.example"] != ["ALIGNED"]:
            faults.append(f"ratio-limit={limit}: the next input is not judged")
    return faults


def memory(path):
    """--memory is the sum of all that is allocated. A window that it has no room for costs that input, and no other."""
    folder, faults = path.parent / "wide", []
    folder.mkdir()
    pack(folder / "a.zst", [mbox(mail(), mail())] + [b"line\n" * 200000] * 300, "--long=28")
    (folder / "b.mbox").write_bytes(mbox(LAST))
    for cap, status, judged in ("1G", 0, 3), ("128M", 3, 1):
        for options in [], ["--threads=1"], ["--salvage"]:
            run, records, summary = scan_all([folder], ["--max-window=256M", f"--memory={cap}", *options], path.parent)
            if (run.returncode, len(records)) != (status, judged) or ("--memory" in summary) != (status == 3):
                faults.append(f"memory={cap} {options}: status {run.returncode} {run.stderr[:300]}, {len(records)} records")
            if [r["verdict"] for r in records if r.get("message_id") == "last@x.example"] != ["ALIGNED"]:
                faults.append(f"memory={cap} {options}: the next input is not judged")
    return faults


def lies(path):
    """Sizes of tar members that are none: what cannot be is named, and the members around it are judged."""
    faults = []
    first, last = member("first", mail().encode()), member("last", LAST.encode())
    end = bytes(1024)

    def lying(size):
        block = bytearray(member("liar", mail().encode()))
        block[124:136] = size
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block[:512])
        return bytes(block)

    for name, size in (("beyond the end", b"77777777777\0"), ("no number", b"zzzzzzzzzzz\0"),
                       ("of 2^63", b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7), ("negative", b"\xff" * 12),
                       ("beyond the next", b"%011o\0" % 100000)):
        path.write_bytes(first + last + lying(size) + end)
        run, records, summary = scan_all([path], [], path.parent)
        judged = [r.get("message_id") for r in records]
        if run.returncode != 3 or judged[:2] != ["1@x.example", "last@x.example"]:
            faults.append(f"a size {name}: status {run.returncode}, {judged}")
        counts = json.loads(summary)["counts"]["bytes_in"]
        if counts["total"] != path.stat().st_size:
            faults.append(f"a size {name}: {counts} of {path.stat().st_size} bytes")
    return faults


# Limits of options, and of one verb.
OTHERS = [("rows", inventory), ("mime-depth", annotation), ("tar sizes", lies)]
PACKED = [("ratio-limit", ratio), ("memory", memory)]  # as zstd packs them


def main():
    if PROGRAM is None:
        print("\n".join(sorted({case[0] for case in CASES} | {name for name, _ in OTHERS + PACKED})))
        return 0
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail"
        for limit, data, below, above, words in CASES:
            path.write_bytes(data)
            run, records, summary = scan(path, limit, below)
            faults = []
            if run.returncode != 0 or any("limits" in r for r in records):
                faults.append(f"{below} is met: status {run.returncode} "
                              f"{[r.get('limits') for r in records]} {run.stderr[:300]}")
            run, records, summary = scan(path, limit, above)
            if run.returncode != 3:
                faults.append(f"{above} is not met: status {run.returncode} {run.stderr[:300]}")
            named = [hit for r in records for hit in r.get("limits", [])]
            if words is None and not any(hit.startswith(f"{limit}={above}@") for hit in named):
                faults.append(f"{above}: the records name {named}")
            if words is not None and words not in summary and not any(words in hit for hit in named):
                faults.append(f"{above}: nobody names {words}: {named} {summary[-600:]}")
            last = [r for r in records if r.get("message_id") == "last@x.example"]
            if limit != "max-window" and (len(last) != 1 or last[0]["verdict"] != "ALIGNED"):
                faults.append(f"{above}: the last message is not judged: {last}")
            for fault in faults:
                print(f"{limit}: {fault}")
            failed += len(faults) > 0
            passed += len(faults) == 0
        if shutil.which("zstd") is None:
            print("skipped, there is no zstd:", *(name for name, _ in PACKED))
        for name, check in OTHERS + (PACKED if shutil.which("zstd") else []):
            faults = check(path)
            for fault in faults:
                print(f"{name}: {fault}")
            failed, passed = failed + bool(faults), passed + (not faults)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
