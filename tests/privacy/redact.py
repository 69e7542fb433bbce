#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants addresses wherever mail and its containers can hold one, and looks for them in every output.

redact.py PROGRAM [SEED]: 1,000 addresses with local parts that occur nowhere else, each in one or several
places and spellings (plain, quoted, in comments, encoded-words, percent, quoted-printable, base64, UTF-7, wide
letters). With --redact none of their local parts may be found: not as they are, not in any case, not decoded
from any of these, not as hex or base64 at any alignment. Without --redact they must be found, or the test would
prove nothing. Then: pseudonyms are the same for one address and key, wherever it stands, and others for
another key; a key that others can read is refused. A hunt is held to the same, from indexes and from archives:
records, groups of every field, its log and its errors. explain shows a message as it stands and refuses.
"""
import base64
import csv
import io
import json
import os
import quopri
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
from pathlib import Path

COUNT = 1000
DOMAINS = ["bank.example", "mailer.example", "list.example.org", "x.co.uk", "b\u00fccher.example"]
failures = []


def fail(text):
    failures.append(text)
    print("FAILED:", text)


def make_locals(rng):
    """Random words of consonants and digits, so that no other text holds one by chance."""
    found = set()
    while len(found) < COUNT:
        found.add("".join(rng.choice("bcdfghjklmnpqrstvwxz") for _ in range(9)) + str(rng.randrange(100, 999)))
    return sorted(found)


def b64word(text):
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def qword(text):
    return "=?utf-8?Q?" + "".join(f"={b:02X}" for b in text.encode()) + "?="


def wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def spellings(a, rng):
    local, _, domain = a.partition("@")
    return [a, a.upper(), f'"{a}"', b64word(a), qword(a), wide(a), a.replace("@", "=40"), a.replace("@", "%40"),
            a.replace("@", " at "), a.replace("@", "=?utf-8?Q?=40?="), base64.b64encode(a.encode()).decode(),
            a.encode().hex(), f"{local}\x00@{domain}", f"{local}\u202e@{domain}", f"mailto:{a}", f"<{a}", f"{a}>", f"{local}=40",
            f"{local}@", local, f"{local} <x@{domain}>", f"\x1b]0;{a}\x07", f"={a}"][rng.randrange(23)]


def message(rng, take):
    """A message with addresses in some places; take() yields the next one as it is, spell() in some spelling."""
    def spell():
        return spellings(take(), rng)

    choices = {
        "Return-Path": lambda: f"<{take()}>",
        "From": lambda: rng.choice([
            lambda: f"{take()}", lambda: f'"{spell()}" <{take()}>', lambda: f"{b64word(take())} <{take()}>",
            lambda: f"{qword(spell())} <{take()}>", lambda: f"A <{take()}>, B <{take()}>", lambda: f"x ({spell()}) <{take()}>",
            lambda: f"<{take()}> {spell()}", lambda: f"Group: {take()}, {take()};{spell()}", lambda: f'"{take()}"@x.example',
            lambda: f"<@{take()}:{take()}>", lambda: spell(), lambda: f"{wide(take())} <a@b.example>",
            lambda: f"=?utf-8?B?{base64.b64encode(('<' + take() + '>').encode()).decode()}?= <a@b.example>"])(),
        "Sender": lambda: rng.choice([lambda: take(), lambda: f'"{spell()}" <{take()}>', spell])(),
        "Reply-To": lambda: rng.choice([lambda: take(), lambda: f'"{spell()}" <{take()}>', spell])(),
        "To": lambda: f"{spell()} <{take()}>",
        "Subject": spell,
        "Message-ID": lambda: rng.choice([lambda: f"<{take()}>", lambda: f"<{spell()}@host.example>", spell])(),
        "Received": lambda: f"from {spell()} (helo {spell()}) by mx.example for <{take()}>; Thu, 14 Nov 2024 08:15:00 +0000",
        "Received-SPF": lambda: f"pass (mx.example: {spell()}) client-ip=192.0.2.1; envelope-from={take()}; helo={spell()};",
        "Authentication-Results": lambda: f"mx.example; spf=pass smtp.mailfrom={take()}; dkim=pass header.i=@{take()}; dmarc={spell()}",
        "X-MS-Exchange-P2FromRegexMatch": spell,
        "List-Id": lambda: f"{spell()} <{take()}>",
        "X-Other": spell,
        "Resent-From": take,
        "X-Envelope-From": take,
        "Content-Type": lambda: f"text/plain; name=\"{spell()}\"",
        "Date": lambda: rng.choice(["Thu, 14 Nov 2024 08:15:00 +0000", f"Thu, 14 Nov 2024 08:15:00 +0000 ({spell()})", spell()]),
    }
    names = ["From"] + [n for n in choices if n != "From" and rng.random() < 0.55]
    rng.shuffle(names)
    text = "".join(f"{n}: {choices[n]()}\n" for n in names)
    if rng.random() < 0.1:
        text += f"From: {take()}\n"
    return text.encode("utf-8", "surrogateescape") + b"\nbody " + take().encode() + b"\n"


def journal(rng, take):
    inner = message(rng, take)
    return (f"From: <{take()}>\nSender: <journal@corp.example>\nTo: <{take()}>\nMessage-ID: <{take()}>\n"
            "X-MS-Exchange-Organization-Journal-Report:\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"
            f"Content-Type: text/plain\n\nSender: {take()}\nSubject: {take()}\nMessage-Id: <{take()}>\nTo: {take()}\n\n--b\n"
            "Content-Type: message/rfc822\n\n").encode() + inner + b"\n--b--\n"


def plant(folder, locals_, rng):
    at = [0]

    def take():
        at[0] += 1
        return f"{locals_[at[0] % COUNT]}@{rng.choice(DOMAINS)}"

    mbox = b"".join(f"From {take()} Thu Nov 14 08:15:00 2024\n".encode() + message(rng, take) + b"\n" for _ in range(700))
    (folder / "mail.mbox").write_bytes(mbox)
    (folder / "journal.mbox").write_bytes(b"".join(b"From a@b Thu Nov 14 08:15:00 2024\n" + journal(rng, take) + b"\n" for _ in range(60)))
    with tarfile.open(folder / "mail.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for i in range(80):
            name = rng.choice([take(), spellings(take(), rng).replace("\x00", ""), base64.b64encode(take().encode()).decode()])
            info = tarfile.TarInfo(f"{take()}/{name}-{i}.eml")
            data = message(rng, take)
            if i % 8 == 0:
                data = b"no mail \x00 " * 3
            if i % 9 == 0:
                info.type, info.linkname, data = tarfile.SYMTYPE, take(), b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    deep = folder / take() / take()
    deep.mkdir(parents=True)
    for i in range(60):
        (deep / f"{i}-{take()}.eml").write_bytes(message(rng, take))
        (deep / f"{i}-{take().replace('@', '%40')}.eml").write_bytes(message(rng, take))
    (deep / f"{take()}.txt").write_bytes(b"\x00\x01 no mail")
    (deep / f"damaged-{take()}.zst").write_bytes(b"\x28\xb5\x2f\xfd\xff damaged")
    secret = deep / f"{take()}-unreadable.eml"
    secret.write_bytes(message(rng, take))
    secret.chmod(0)
    # All of them, whatever the dice said.
    (folder / "rest.mbox").write_bytes(b"".join(f"From a@b Thu Nov 14 08:15:00 2024\nFrom: {x}@bank.example\nSubject: {x}@bank.example\n\n\n".encode()
                                                for x in locals_))
    return at[0]


def readings(data):
    """The bytes, and what whoever is curious decodes from them."""
    yield "as it is", data
    text = data.decode("utf-8", "replace")
    yield "JSON", re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text).encode("utf-8", "surrogatepass")
    yield "without controls", re.sub(rb"\\x00|\\u\{202E\}|\\u0000", b"", data)
    yield "percent", urllib.parse.unquote_to_bytes(data)
    yield "quoted-printable", quopri.decodestring(re.sub(rb"\n", b" ", data)[:20000000])
    yield "hexadecimal", b" ".join(bytes.fromhex(h.decode()) for h in re.findall(rb"(?:[0-9a-fA-F]{2}){8,}", data))
    folded = text.translate({c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)})
    yield "wide letters", folded.encode("utf-8", "replace")
    runs = []
    for run in re.findall(rb"[A-Za-z0-9+/_-]{12,}", data):
        for skip in range(4):
            part = run[skip:].translate(bytes.maketrans(b"-_", b"+/"))
            runs.append(base64.b64decode(part[:len(part) // 4 * 4]))
    yield "base64", b" ".join(runs)


def leaks(data, locals_):
    """Local parts in some reading of data. One search a reading: all of them have one shape."""
    known = {x.encode() for x in locals_}
    found = {}
    for name, reading in readings(data):
        low = reading.lower()
        for m in re.finditer(rb"(?=([bcdfghjklmnpqrstvwxz]{9}[0-9]{3}))", low):
            if m[1] in known:
                found.setdefault(m[1].decode(), (name, low[max(0, m.start() - 60):m.end() + 40]))
    return found


def run(program, folder, out, options):
    out.mkdir()
    args = [program, "scan", "--all", "--with-subject", "--with-headers", "--dedup", "-v", "--digest=sha256", "--no-progress",
            "-o", f"jsonl={out}/o.jsonl", "-o", f"csv={out}/o.csv", "-o", f"summary={out}/o.json", "-o", f"pairs={out}/o.pairs",
            "-o", "table", *options, "mail.mbox", "journal.mbox", "mail.tar", "rest.mbox",
            *sorted(p.name for p in folder.iterdir() if p.is_dir())]
    done = subprocess.run(args, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 3:
        fail(f"status {done.returncode} of {options}: {done.stderr[-300:]}")
    (out / "stdout").write_bytes(done.stdout)
    (out / "stderr").write_bytes(done.stderr)
    log = subprocess.run([a for a in args if not a.startswith(("csv=", "pairs=", "jsonl=", "summary="))
                          and a not in ("-o", "table")] + ["-o", "null", "--log-format=json"],
                         cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    (out / "log").write_bytes(log.stdout + log.stderr)
    return out


GROUPS = ("p1.address", "p1.raw", "p1.domain", "p2.raw", "p2.display", "p2.address", "sender.address", "replyto.address",
          "subject", "message.id", "archive.name", "archive.member", "finding_evidence", "p1_seen", "list_id", "date")


def hunt(program, folder, out, options):
    """Every message, in every form that a hunt has; some of the inputs fail."""
    out.mkdir()
    asked = ["-e", "verdict:.", "--no-progress"]
    inputs = ["mail.mbox", "journal.mbox", "mail.tar", "rest.mbox", *sorted(p.name for p in folder.iterdir() if p.is_dir())]
    channels = {"hunt": ["-v", "--with-subject", "--with-headers", "-o", f"jsonl={out}/o.jsonl", "-o", f"csv={out}/o.csv", "-o", "table"],
                "log": ["-v", "--log-format=json", "-o", "null"], "count": ["--count"]}
    channels.update({f"group-{field}": ["--group-by", field] for field in GROUPS})
    for name, more in channels.items():
        done = subprocess.run([program, "hunt", *asked, *more, *options, *inputs], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode != 3:
            fail(f"hunt: status {done.returncode} of {more} {options}: {done.stderr[-300:]}")
        (out / name).write_bytes(done.stdout + done.stderr)
    return out


def no_leaks(mode, out, locals_):
    for f in sorted(out.iterdir()):
        found = leaks(f.read_bytes(), locals_)
        for local, (reading, around) in list(found.items())[:3]:
            fail(f"{mode}: {f.name}: {local} ({reading}): {around!r}")
        if len(found) > 3:
            fail(f"{mode}: {f.name}: {len(found)} in all")


def check_hunts(program, folder, outs, locals_):
    key = f"--redact-key={outs}/key0"
    plain = hunt(program, folder, outs / "hunt", ["--no-index"])
    for f in sorted(plain.iterdir()):
        n = len(leaks(f.read_bytes(), locals_))
        least = COUNT if f.name in ("o.jsonl", "o.csv") else 1
        if n < least and f.name not in ("log", "count", "group-date", "group-p1.domain"):
            fail(f"hunt: {f.name} without --redact: {n} of {COUNT} found")
    modes = {"archives": ["--no-index", "--redact=local", key], "full": ["--no-index", "--redact=full"],
             "threads": ["--no-index", "--redact=local", key, "--threads=3"]}
    for mode, options in modes.items():
        no_leaks(f"hunt, {mode}", hunt(program, folder, outs / f"hunt-{mode}", options), locals_)
    # The same from indexes, which hold the fields as they are. Those of files that fail are none.
    subprocess.run([program, "index", "-q", "--with-headers", "mail.mbox", "journal.mbox", "mail.tar", "rest.mbox"], cwd=folder,
                   check=False, stdout=subprocess.DEVNULL)
    indexed = hunt(program, folder, outs / "hunt-index", ["--redact=local", key])
    no_leaks("hunt, index", indexed, locals_)
    said = re.search(rb"\d+ inputs? from the index.*", (indexed / "hunt").read_bytes())
    if said is None or said[0].startswith(b"0 "):
        fail(f"the hunt does not ask the indexes: {said and said[0][:400]}")
    for f in sorted((outs / "hunt-archives").iterdir()):
        if f.name in ("o.csv", "o.jsonl", "count"):
            a, b, c = ((outs / f"hunt-{m}" / f.name).read_bytes() for m in ("archives", "threads", "index"))
            a, b, c = (re.sub(rb"elapsed.*|; \d+\.\d+ s|\d+ inputs? from the index.*", b"", x) for x in (a, b, c))
            if not a == b == c:
                fail(f"hunt: {f.name} depends on threads or on an index")
    for x, y in zip(rows(plain / "o.jsonl"), rows(outs / "hunt-archives" / "o.jsonl")):
        if x["rule_ids"] != y["rule_ids"] or x["verdict"] != y["verdict"] or x.get("p2_domain") != y.get("p2_domain"):
            fail(f"a hunt changed {x} to {y}")
            break
    # explain would have to hide all that it is there to show.
    (outs / "config").write_text("--redact local\n")
    for command, word in ((["explain", "--redact=local", "mail.mbox#0"], b"no option --redact"),
                          (["--config", f"{outs}/config", "explain", "mail.mbox#0"], b"cannot hide the people")):
        done = subprocess.run([program, *command], cwd=folder, capture_output=True, check=False)
        if done.returncode != 2 or word not in done.stderr or done.stdout or leaks(done.stderr, locals_):
            fail(f"{command}: status {done.returncode}, {done.stderr[:200]}")


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def main():
    program = os.path.abspath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 2024
    print("seed", seed)
    rng = random.Random(seed)
    locals_ = make_locals(rng)
    with tempfile.TemporaryDirectory() as name:
        folder, outs = Path(name) / "in", Path(name) / "out"
        folder.mkdir()
        outs.mkdir()
        print(plant(folder, locals_, rng), "places")
        for i, fill in enumerate((b"k", b"l")):
            (outs / f"key{i}").write_bytes(fill * 32 + b"\n")
            (outs / f"key{i}").chmod(0o600)
        # Without it they are there: in the records all, in each other channel some.
        plain = run(program, folder, outs / "plain", [])
        for f in sorted(plain.iterdir()):
            n = len(leaks(f.read_bytes(), locals_))
            least = COUNT if f.name in ("o.jsonl", "o.csv") else 1
            if n < least and f.name != "log":
                fail(f"{f.name} without --redact: {n} of {COUNT} found, so that nothing is proved by their absence")
        modes = {"local": ["--redact=local"], "full": ["--redact=full"], "local-key": ["--redact=local", f"--redact-key={outs}/key0"],
                 "local-threads": ["--redact=local", f"--redact-key={outs}/key0", "--threads=3"],
                 "other-key": ["--redact=local", f"--redact-key={outs}/key1"], "defang": ["--redact=local", "--defang", "--ascii"]}
        for mode, options in modes.items():
            no_leaks(mode, run(program, folder, outs / mode, options), locals_)
        check_hunts(program, folder, outs, locals_)
        # One address, one pseudonym; another key, another one; any number of threads, the same bytes.
        a, b, c = (rows(outs / m / "o.jsonl") for m in ("plain", "local-key", "other-key"))
        if not len(a) == len(b) == len(c) > 1000:
            fail("other records")
        seen = {}
        for x, y in zip(a, b):
            for column in ("p1_address", "p2_address", "sender_address", "reply_to_address"):
                if column in x and seen.setdefault(x[column].lower(), y[column]) != y[column]:
                    fail(f"{x[column]} has two pseudonyms")
            for column in ("p1_domain", "p2_domain", "p2_org", "verdict", "findings", "level", "record_id", "relation"):
                if x.get(column) != y.get(column):
                    fail(f"{column} changed from {x.get(column)} to {y.get(column)}")
        if len(set(seen.values())) != len(seen):
            fail("two addresses have one pseudonym")
        if any(y["p2_address"] == z["p2_address"] for y, z in zip(b, c) if "p2_address" in y):
            fail("a pseudonym does not depend on the key")
        for f in ("o.jsonl", "o.csv", "o.pairs"):
            if (outs / "local-key" / f).read_bytes() != (outs / "local-threads" / f).read_bytes():
                fail(f"{f} depends on threads")
        summary = json.loads((outs / "local-key" / "o.json").read_text())
        if summary["redact"]["mode"] != "local" or len(summary["redact"]["key_id"]) != 16:
            fail("the summary does not say what was redacted")
        for x in rows(outs / "full" / "o.jsonl"):
            if any(d in json.dumps(x) for d in ("bank.example", "mailer.example", "list.example.org")):
                fail(f"full: a domain in {x}")
                break
        # Keys that are none.
        (outs / "key0").chmod(0o644)
        for options, word in ((["--redact=local", f"--redact-key={outs}/key0"], b"read by others"),
                              (["--redact-key", f"{outs}/key1"], b"needs --redact"),
                              (["--redact=local", f"--redact-key={outs}/none"], b"cannot open"),
                              (["--redact=some"], b"none, local or full"),
                              (["--redact=local", "--write-index"], b"index"),
                              (["--redact=local", "--checkpoint", f"{outs}/ck", "-o", f"jsonl={outs}/x"], b"--redact-key")):
            done = subprocess.run([program, "scan", *options, "mail.mbox"], cwd=folder, capture_output=True, check=False)
            if done.returncode != 2 or word not in done.stderr:
                fail(f"{options}: status {done.returncode}, {done.stderr[:200]}")
        for p in folder.rglob("*"):
            if p.is_file():
                p.chmod(0o600)
    print(f"{COUNT} addresses, {len(modes)} ways, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
