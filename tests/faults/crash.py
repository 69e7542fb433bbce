#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A process that dies of a message costs that message: crash.py CRASHING_PROGRAM PROGRAM

The first program is the second one with faults in it (crash_hook.c): its stages die of words that stand in
messages. Exactly those messages have no record and are named with the signal, every other record is byte for
byte what the sound program writes, and the exit status is 3.
"""
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

CRASHING, SOUND = (os.path.abspath(p) for p in sys.argv[1:3])
MESSAGES = 240
LARGE = 9000  # some jobs: what was written before the crash is not written again
passed = failed = 0


def check(ok, *what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAILED:", *what)


def message(i, words):
    """words: where -> word. Any of them makes the message a marked one."""
    mid = words.get("id", "")
    return (
        f"Return-Path: <bounce{i}@list.example>\r\nReceived: from a.example by b.example; Thu, 14 Nov 2024 08:15:{i % 60:02} +0000\r\n"
        f"From: Person {i} <p{i}@{words.get('from', 'x')}.example>\r\nTo: you@corp.example\r\nSubject: {words.get('header', 'hello')}\r\n"
        f"Message-ID: <m{i}{mid}@x.example>\r\nDate: Thu, 14 Nov 2024 08:15:00 +0000\r\n\r\n"
        f"Dear reader,\r\n{words.get('body', 'nothing here')}\r\n" + "filler line\r\n" * (i % 40)).encode()


def raw_frame(data):
    """A zstd frame whose only block is not packed, so that words stand in it as they are (RFC 8878 section 3.1.1)."""
    assert 256 <= len(data) < 65536
    return b"\x28\xb5\x2f\xfd\x60" + (len(data) - 256).to_bytes(2, "little") + (len(data) << 3 | 1).to_bytes(3, "little") + data


def make(kind, mails, where):
    if kind in ("mbox", "zst"):
        plain = b"".join(b"From a@x.example Thu Nov 14 08:15:00 2024\n" + m.replace(b"\r\n", b"\n") + b"\n" for m in mails)
        path = where / "in.mbox"
        path.write_bytes(plain)
        if kind == "zst":
            path = where / "in.mbox.zst"
            with open(path, "wb") as out:
                for at in range(0, len(plain), 20000):
                    out.write(subprocess.run(["zstd", "-q", "--check"], input=plain[at:at + 20000], stdout=subprocess.PIPE, check=True).stdout)
    elif kind == "tar":
        path = where / "in.tar"
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            for i, m in enumerate(mails):
                info = tarfile.TarInfo(f"mail/{i:04}.eml")
                info.size = len(m)
                tar.addfile(info, io.BytesIO(m))
    else:
        path = where / "mail"
        path.mkdir()
        for i, m in enumerate(mails):
            if kind == "eml":
                (path / f"{i:04}.eml").write_bytes(m)
            else:
                long = m + b"filler line\r\n" * 2500 if kind == "long.eml.zst" else m
                (path / f"{i:04}.eml.zst").write_bytes(raw_frame(long))
    return path


def run(program, args, **more):
    done = subprocess.run([program, "scan", "-q", "--all", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def lines_of(sound, marked):
    """What the sound program wrote, less the messages that are marked."""
    lost = {f"m{i}" for i in marked}
    keep = []
    for line in sound.splitlines(keepends=True):
        record = json.loads(line)
        if record["message_id"].split("@")[0].split("crash-")[0].strip("<") not in lost:
            keep.append(line)
    return b"".join(keep)


def read_summary(path):
    return json.loads(path.read_text())


def check_summary(label, summary, marked, signals, whole=0):
    crashes = [x for x in summary["not_read"] if x["code"] == "crash"]
    counts = summary["counts"]["messages"]
    check(counts["failed"] == len(marked) - whole, label, "failed", counts)
    check(counts["total"] == counts["judged"] + counts["failed"], label, "sum", counts)
    check(len(crashes) == len(marked), label, "incidents", crashes)
    for name in signals:
        check(any(f"died of SIG{name}" in x["text"] for x in crashes), label, name, "is not named", crashes)
    check(summary["result"]["exit_code"] == 3 and not summary["result"]["complete"], label, summary["result"])


def case(label, kind, marks, threads=(1, 2, 8), options=(), whole=0, ways=("pipe", "file", "checkpoint"), count=MESSAGES):
    """marks: number of a message -> (place, word)."""
    where = Path(tempfile.mkdtemp(dir=top))
    mails = [message(i, dict([marks[i]]) if i in marks else {}) for i in range(count)]
    path = make(kind, mails, where)
    status, sound, words = run(SOUND, ["-o", "jsonl", path, *options])
    check(status == 0, label, "the sound program fails", words)
    want = lines_of(sound, marks)
    check(sound.count(b"\n") - want.count(b"\n") == len(marks), label, "the case is not what it says")
    signals = {word.split("-")[2].replace("STACK", "SEGV") for _, word in marks.values()}
    for t in threads:
        for way in ways:
            name = f"{label}, {kind}, -T {t}, {way}"
            out, summary = where / f"out{t}{way}", where / f"sum{t}{way}"
            args = ["-T", t, "-o", f"summary={summary}", *options, path]
            if way == "pipe":
                status, got, words = run(CRASHING, ["-o", "jsonl", *args])
            else:
                more = ["--checkpoint", where / "ck", "--checkpoint-every", "1"] if way == "checkpoint" else []
                status, _, words = run(CRASHING, ["-o", f"jsonl={out}", *more, *args])
                got = out.read_bytes() if out.exists() else b"(none)"
            check(status == 3, name, "exit", status, words)
            check(got == want, name, "records differ:", got.count(b"\n"), "of", want.count(b"\n"), words)
            if summary.exists():
                check_summary(name, read_summary(summary), marks, signals, whole)
            else:
                check(False, name, "no summary")
            left = [p.name for p in where.iterdir() if p.name.endswith(".partial") or p.name == "ck"]
            check(not left, name, "left behind", left)


def gives_up(label, marks, args, code, words_want, as_stream=False):
    where = Path(tempfile.mkdtemp(dir=top))
    mails = [message(i, dict([marks[i]]) if i in marks else {}) for i in range(MESSAGES)]
    path = make("mbox", mails, where)
    more = {"input": path.read_bytes()} if as_stream else {}
    status, _, words = run(CRASHING, [a if a != "IN" else path for a in args], **more)
    check(status == code, label, "exit", status, words)
    check(words_want in words, label, "words", repr(words))


def pseudonyms():
    """Without a key of the user: the process behind the crash has the same one, or the prefix would differ."""
    where = Path(tempfile.mkdtemp(dir=top))
    path = make("mbox", [message(i, {"header": "crash-judge-SEGV"} if i == LARGE - 9 else {}) for i in range(LARGE)], where)
    status, got, words = run(CRASHING, ["--redact", "local", "-T", 1, "-o", "jsonl", path])
    ids = {json.loads(line)["p2_address"] for line in got.splitlines()}
    check(status == 3 and len(ids) == LARGE - 1, "pseudonyms", status, len(ids), words)


def no_process_stays():
    """TERM and KILL of the one who stands by are those of the one at work."""
    for number, want in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
        p = subprocess.Popen([SOUND, "scan", "-q", "-o", "null", "-"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        p.stdin.write(b"From a@x.example Thu Nov 14 08:15:00 2024\nFrom: a@x.example\n\n")
        p.stdin.flush()
        children = wait_for(lambda: Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split())
        time.sleep(0.3)
        os.kill(p.pid, number)
        status = p.wait(timeout=20)
        check(status == want, "signal", number, "ended with", status)
        for child in children:
            check(wait_for(lambda: not alive(child)), "signal", number, "the process at work stays")
        p.stdin.close()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if got := what():
            return got
        time.sleep(0.02)
    return None


top = tempfile.mkdtemp()
if shutil.which("zstd") is None:
    print("skipped: no zstd")
    sys.exit(77)
try:
    for kind in ("mbox", "tar", "eml", "zst"):
        case("header", kind, {77: ("header", "crash-judge-SEGV")})
    case("body", "mbox", {3: ("body", "crash-judge-ABRT")})
    case("two", "zst", {10: ("header", "crash-judge-FPE"), 200: ("header", "crash-gather-ILL")})
    case("first and last", "tar", {0: ("header", "crash-gather-BUS"), MESSAGES - 1: ("header", "crash-judge-TRAP")}, threads=(2,))
    case("large", "mbox", {LARGE - 40: ("header", "crash-judge-SEGV"), LARGE - 2: ("from", "crash-match-FPE")}, threads=(1, 2), count=LARGE)
    case("out of stack", "mbox", {120: ("header", "crash-judge-STACK")}, threads=(1, 2))
    case("matched with others", "mbox", {50: ("from", "crash-match-SEGV")}, threads=(1, 2))
    case("rendered with others", "zst", {60: ("id", "crash-render-SEGV"), 61: ("id", "crash-render-ABRT")}, threads=(1, 2))
    case("killed by the sandbox", "mbox", {90: ("header", "crash-judge-SYS")}, threads=(1, 2))
    case("split", "eml", {33: ("header", "crash-split-SEGV")}, threads=(2,), whole=1, ways=("pipe", "file"))
    case("decode", "eml.zst", {33: ("header", "crash-decode-SEGV"), 200: ("body", "crash-decode-ABRT")}, threads=(1, 2, 8), whole=2,
         ways=("pipe", "file"))
    case("heads", "long.eml.zst", {33: ("header", "crash-heads-SEGV"), 201: ("body", "crash-heads-ABRT")}, threads=(1, 2, 8), whole=2,
         ways=("pipe", "file"))
    many = {i: ("header", "crash-judge-SEGV") for i in range(0, MESSAGES, 4)}
    case("many", "mbox", many, threads=(2,), ways=("pipe", "checkpoint"))
    case("with everything", "zst", {70: ("header", "crash-judge-SEGV")}, threads=(1, 2), ways=("pipe", "file"),
         options=("--dedup", "--digest", "sha256", "--verify", "--with-subject"))
    case("in parts", "mbox", {70: ("header", "crash-judge-SEGV")}, threads=(2,), ways=("pipe",), options=("--io", "pread"))
    one = {5: ("header", "crash-judge-SEGV")}
    gives_up("more than allowed", many, ["--crash-restarts", "4", "-o", "jsonl", "IN"], 5, "given up after 4 restarts")
    gives_up("a stream", one, ["-o", "jsonl", "-"], 5, "a stream cannot be read again", as_stream=True)
    gives_up("killed", {5: ("header", "crash-judge-KILL")}, ["-o", "jsonl", "IN"], -9, "")
    gives_up("nobody stands by", one, ["--crash-restarts", "off", "-o", "jsonl", "IN"], -11, "")
    pseudonyms()
    no_process_stays()
finally:
    shutil.rmtree(top)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
