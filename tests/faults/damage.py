#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged archives at random: damage.py PROGRAM [ROUNDS [SEED [DAMAGES]]]

An archive of random mail (mbox, tar, zstd of either with and without checksums, a folder; journal reports among the
messages) is flipped, cut, has bytes put in or two frames changed about, DAMAGES times (1), each time the sound one.
Of each damaged one must hold:

* every byte of every file stands in the summary, and its sums close; what is left out ends with status 3;
* the messages before the damage have the records that they had;
* what is marked verified is as it was, and a changed text under a checksum never ends with 0;
* the bytes that come out are the same for one thread and for three, and without the ring (the first of each archive).
"""
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SAME = ("message_hash", "verdict", "level", "score", "findings", "p1_raw", "p1_source", "from_raw", "p2_address",
        "relation", "message_length", "journal_depth")
FORMS = ("mbox", "tar", "mbox.zst", "tar.zst", "mbox.zst, no checksums", "folder")
HURTS = ("flip", "cut", "put in", "swap")
FROM_LINE = b"From a@x.example Thu Nov 14 08:15:00 2024\n"


class Archive:
    """Files by name; frames, where there are some; marks: (offset, how many messages end before it)."""

    def __init__(self, r, form):
        self.form, self.files, self.frames = form, {}, []
        texts = [message(r, i) for i in range(r.randrange(3, 30))]
        if form == "folder":
            self.files = {f"{i:03}.eml": text for i, text in enumerate(texts)}
            return
        pieces = [member(f"{i}.eml", t) for i, t in enumerate(texts)] if form.startswith("tar") else \
            [FROM_LINE + t + b"\n" for t in texts]
        if form.startswith("tar"):
            pieces.append(bytes(1024))
        name = form.split(",")[0].replace("mbox", "mail.mbox").replace("tar", "mail.tar")
        if ".zst" not in form:
            self.files = {name: b"".join(pieces)}
            self.marks = marks(pieces)
            return
        self.whole_messages = form.startswith("mbox") and r.random() < 0.7
        self.cut(r, pieces, "--no-check" if "no checksums" in form else "--check")
        self.files = {name: b"".join(self.frames)}

    def cut(self, r, pieces, check):
        """Frames, at the ends of messages or anywhere."""
        plain, ends = b"".join(pieces), [end for end, _ in marks(pieces)]
        cuts = sorted(r.sample(ends[:-1], min(len(ends) - 1, 3)) if self.whole_messages else
                      [r.randrange(1, len(plain)) for _ in range(3)])
        self.marks, packed = [], 0
        for begin, end in zip([0, *cuts], [*cuts, len(plain)]):
            frame = subprocess.run(["zstd", "-qc", check, f"-{r.choice((1, 3, 9))}"], input=plain[begin:end],
                                   stdout=subprocess.PIPE, check=True).stdout
            self.frames.append(frame)
            packed += len(frame)
            self.marks.append((packed, sum(e <= end for e in ends)))

    def before(self, at):
        """How many messages cannot know of a change at offset at: all but the last that begins before it."""
        return max([0, *(n - 1 for end, n in self.marks if end <= at)])


def marks(pieces):
    end, all_ends = 0, []
    for i, piece in enumerate(pieces):
        end += len(piece)
        all_ends.append((end, i + 1))
    return all_ends


def message(r, i):
    bounce, author = (f"{r.choice('abc')}{i}@{r.choice('xyz')}.example" for _ in range(2))
    if r.random() < 0.2:
        author = f"{author}>, <ceo@bank.example"
    text = f"Return-Path: <{bounce}>\nFrom: N <{author}>\nSubject: s{i}\nMessage-ID: <{i}@x.example>\n\n" + \
        "".join(f"line {r.getrandbits(64):x}\n" for _ in range(r.randrange(40)))
    if r.random() < 0.15:
        text = ("From: <j@corp.example>\nMessage-ID: <r@corp.example>\nX-MS-Exchange-Organization-Journal-Report:\n"
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n"
                f"Sender: {bounce}\nSubject: s\nMessage-Id: <{i}@x.example>\nTo: b@y.example\n\n--b\n"
                f"Content-Type: message/rfc822\n\n{text}\n--b--\n")
    return text.encode()


def member(name, data):
    head = bytearray(512)
    head[0:len(name)] = name.encode()
    head[100:108] = b"0000600\0"
    head[124:136] = b"%011o\0" % len(data)
    head[148:156] = b" " * 8
    head[156:157] = b"0"
    head[257:265] = b"ustar\x0000"
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + data + bytes(-len(data) % 512)


def hurt(r, archive, kind):
    """(file, its bytes, offset of the first change)."""
    name = r.choice(sorted(archive.files))
    data = archive.files[name]
    if kind == "swap":
        i, j = sorted(r.sample(range(len(archive.frames)), 2))
        frames = list(archive.frames)
        frames[i], frames[j] = frames[j], frames[i]
        return name, b"".join(frames), sum(map(len, frames[:i]))
    at = r.randrange(len(data))
    if kind == "flip":
        changed = bytearray(data)
        for _ in range(r.choice((1, 1, 8))):
            changed[r.randrange(at, min(len(data), at + 40))] ^= 1 << r.randrange(8)
        first = next((i for i, (a, b) in enumerate(zip(data, changed)) if a != b), len(data))
        return name, bytes(changed), first
    if kind == "cut":
        return name, data[:at] + (b"" if r.random() < 0.5 else data[at + r.randrange(1, 200):]), at
    put = r.choice((r.randbytes(r.randrange(1, 100)), bytes(r.randrange(1, 2000)), FROM_LINE,
                    b"\x50\x2a\x4d\x18" + r.randrange(9).to_bytes(4, "little") + bytes(8), b"\n"))
    return name, data[:at] + put + data[at:], at


def scan(program, path, *options):
    summary = path.parent / "summary.json"
    # A crash must be seen here, and not be lived through.
    run = subprocess.run([program, "scan", "--crash-restarts=off", "-q", "--all", "--clobber", "--no-shipped-rules",
                          *options, "-o", "jsonl", "-o", f"summary={summary}", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 3):
        raise SystemExit(f"{path}: status {run.returncode}: {run.stderr[-500:]}")
    return run.returncode, run.stdout, json.loads(summary.read_text())


def known(record, but_its_end=False):
    names = [name for name in SAME if name not in ("message_hash", "message_length") or not but_its_end]
    return tuple(json.dumps(record.get(name)) for name in names)


def sums(summary, status, files):
    """Sums that do not close."""
    c = summary["counts"]
    for name in ("bytes_in", "bytes_out", "messages"):
        for place, count in [("all", c[name])] + [(i["path"], i[name]) for i in summary["inputs"]]:
            if count["total"] != sum(v for k, v in count.items() if k != "total"):
                yield f"{name} of {place} does not close: {count}"
    size = sum(map(len, files.values()))
    if c["bytes_in"]["total"] + sum(n.get("size", 0) for n in summary["not_read"]) != size:
        yield f"{c['bytes_in']['total']} bytes of {size} are accounted for"
    lost = c["bytes_in"]["trailing"] + c["bytes_in"]["unread"] + c["bytes_out"]["gaps"] + c["frames"]["checksum_bad"]
    if status == 0 and lost > 0:
        yield f"status 0, and {lost} bytes or frames are lost"


def differences(archive, kind, at, name, whole, damaged, status):
    old = [json.loads(line) for line in whole.splitlines()]
    new = [json.loads(line) for line in damaged.splitlines()]
    if archive.form == "folder":
        kept = [[known(r) for r in records if Path(r["source_uri"]).name != name] for records in (old, new)]
        if kept[0] != kept[1]:
            yield "another file has other records"
        return
    n = archive.before(at)
    if [(r["message_offset"], known(r)) for r in old[:n]] != [(r["message_offset"], known(r)) for r in new[:n]]:
        yield f"the {n} messages before the damage have other records"
    if not archive.frames or "no checksums" in archive.form:
        return
    if kind == "flip" and status == 0 and [known(r) for r in old] != [known(r) for r in new]:
        yield "a changed text under a checksum ends with 0"
    if kind == "swap" and archive.whole_messages and sorted(map(known, old)) != sorted(map(known, new)):
        yield "frames in another order give other messages"
    if archive.whole_messages:
        # The blank line behind the last message of a frame belongs to it where the next From_ line was lost.
        last = {r["frame_offset"]: r["message_offset"] for r in new}
        there = [{known(r, end) for r in old} for end in (False, True)]
        for r in new:
            end = r["message_offset"] == last[r["frame_offset"]]
            if r["frame_verified"] == "ok" and known(r, end) not in there[end]:
                yield f"{r['message_id']} of frame {r['frame_index']} is verified and was never written"


def damaged_once(program, r, root, archive, kind, whole, more):
    """(what is wrong, status) of the archive with one damage; what is in root is sound before and after."""
    path = root if archive.form == "folder" else root / next(iter(archive.files))
    name, data, at = hurt(r, archive, kind)
    (root / name).write_bytes(data)
    options = r.choice(([], ["--salvage"], ["--verify"]))
    status, damaged, summary = scan(program, path, *options)
    faults = list(sums(summary, status, {**archive.files, name: data}))
    faults += differences(archive, kind, at, name, whole, damaged, status)
    for other_way in more:
        other = scan(program, path, *options, *other_way)
        if other[:2] != (status, damaged):
            faults.append(f"{other_way} gives other records or another status")
    (root / name).write_bytes(archive.files[name])
    return [f"{kind}, {options}, offset {at}: {fault}" for fault in faults], status


def one(program, r, folder, form, damages):
    """(what is wrong, status) of one archive for each of its damages."""
    archive = Archive(r, form)
    root = folder / "in"
    root.mkdir()
    for name, data in archive.files.items():
        (root / name).write_bytes(data)
    path = root if form == "folder" else root / next(iter(archive.files))
    status, whole, summary = scan(program, path)
    sound = [f"undamaged: {fault}" for fault in sums(summary, status, archive.files)]
    if status != 0 or len(whole.splitlines()) < 3:
        sound.append(f"undamaged: status {status}, {len(whole.splitlines())} records")
    for i in range(damages):
        kind = r.choice(HURTS if archive.frames else HURTS[:3])
        more = (["-T", "1"], ["-T", "3", "--io", "pread"]) if i == 0 else ()
        faults, status = damaged_once(program, r, root, archive, kind, whole, more)
        yield sound + faults, status


def main():
    program = Path(sys.argv[1]).resolve()
    rounds, seed, damages = (int(v) for v in (sys.argv[2:5] + ["60", "4711", "1"][len(sys.argv) - 2:]))
    if shutil.which("zstd") is None:
        print("zstd is missing")
        return 77
    passed = failed = incomplete = 0
    for i in range(rounds):
        r = random.Random(f"{seed}/{i}")
        form = FORMS[i % len(FORMS)]
        with tempfile.TemporaryDirectory() as folder:
            for faults, status in one(program, r, Path(folder), form, damages):
                for fault in faults:
                    print(f"seed {seed}, round {i}: {form}, {fault}")
                passed, failed = passed + (not faults), failed + bool(faults)
                incomplete += status == 3
    print(f"seed {seed}: {passed} passed, {failed} failed; {incomplete} ended with 3")
    return failed > 0 or incomplete == 0


sys.exit(main())
