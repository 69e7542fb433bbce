#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests twofrom-gen, and twofrom by what the generator knows: test_gen.py GEN TWOFROM CHECK [RECIPE].

repeat      same seed, same bytes; another seed, other bytes; a message does not depend on those before it
containers  mbox, tar, eml and Maildir hold the same messages, and zstd changes none of them
frames      frames, sizes, checksums and seek tables are what was asked for
again       --repeat: the messages of an archive again, under other Message-IDs
wrong       what cannot be is refused with a reason
truth       each attack of a recipe is reported at its level or above, nothing honest at medium or above
"""
import csv
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "corpora" / "recipes"
LEVELS = ["none", "informational", "low", "medium", "high", "critical"]
# Messages of a truth test: enough that each row of attacks.tsv comes several times, at a share of 100 %.
COUNT = {"m365": 2000, "office": 4000, "journal": 800, "lists": 1500, "attachments": 30}
FRAME, SKIPPABLE, SEEKABLE = 0xFD2FB528, 0x184D2A5E, 0x8F92EAB1


class Fault(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Fault(text)


def gen(*args):
    done = subprocess.run([GEN, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect(done.returncode == 0, f"twofrom-gen {' '.join(map(str, args))}: {done.stderr.decode()}")
    return done.stdout


def scan(*args):
    """The records of all messages, with what would tell containers apart left out."""
    done = subprocess.run([TWOFROM, "scan", "-q", "--all", "-o", "jsonl", *map(str, args)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect(done.returncode == 0, f"twofrom scan ends with {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def seen(records):
    """What a record says whatever the container; the From_ line of an mbox is no part of a message."""
    def p1(record):
        return [item.split("@")[0] for item in record.get("p1_seen", [])
                if not item.startswith("from_line=")]
    return sorted((record["message_id"], record["message_hash"], record["verdict"], record["level"],
                   p1(record)) for record in records)


def check_repeat(_):
    for recipe in ("m365", "office", "journal"):
        path = RECIPES / f"{recipe}.recipe"
        first = gen("-n", 300, path)
        expect(first == gen("-n", 300, path), f"{recipe}: not the same bytes twice")
        expect(first == gen("-n", 100, path) + gen("-n", 200, "--first", 101, path),
               f"{recipe}: message 101 depends on those before it")
        expect(first != gen("-n", 300, "--seed", 2, path), f"{recipe}: the seed changes nothing")


def check_containers(tmp):
    recipe = RECIPES / "office.recipe"
    args = ("-n", 250, "--seed", 7, recipe)
    want = None
    for form, name in (("mbox", "a.mbox"), ("tar", "a.tar"), ("eml", "eml"), ("maildir", "maildir")):
        for packed in ((), ("-z", "--frame", "64k"), ("-z", "--frame", "message")):
            out = tmp / f"{len(packed)}{name}"
            gen("-f", form, "-o", out, *packed, *args)
            # an mbox tells P1 in its From_ line: weak, and only where nothing else does
            records = seen(scan(out))
            expect(len(records) == 250, f"{out.name}: {len(records)} of 250 messages")
            if form == "mbox":
                expect([r[0] for r in records] == [r[0] for r in want or records], f"{out.name}: others")
                continue
            want = want or records
            expect(records == want, f"{out.name}: not the same messages")
    crlf = tmp / "crlf.mbox"
    gen("--eol", "crlf", "-o", crlf, *args)
    data = crlf.read_bytes()
    expect(data.count(b"\n") == data.count(b"\r\n") and len(scan(crlf)) == 250, "--eol crlf")


def frames_of(data):
    """(offset, magic) of each frame; blocks are walked as RFC 8878 says."""
    at, found = 0, []
    while at < len(data):
        magic, = struct.unpack_from("<I", data, at)
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            found.append((at, magic, None, None))
            at += 8 + struct.unpack_from("<I", data, at + 4)[0]
            continue
        expect(magic == FRAME, f"no frame at {at}")
        descriptor = data[at + 4]
        single, has_sum = descriptor >> 5 & 1, descriptor >> 2 & 1
        size_len = (single, 2, 4, 8)[descriptor >> 6]
        size_at = at + 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
        size = int.from_bytes(data[size_at:size_at + size_len], "little") + (256 if size_len == 2 else 0)
        found.append((at, magic, size if size_len else None, has_sum))
        at = size_at + size_len
        while True:
            header = int.from_bytes(data[at:at + 3], "little")
            at += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
            if header & 1:
                break
        at += 4 * has_sum
    return found


def check_frames(tmp):
    args = ("-n", 200, RECIPES / "m365.recipe")
    plain = gen(*args)
    for size in (100000, 1 << 20):
        frames = frames_of(gen("-z", "--frame", size, *args))
        expect(len(frames) == -(-len(plain) // size), f"{size}: {len(frames)} frames")
        expect(all(frame[2] == size for frame in frames[:-1]), f"{size}: a frame of another size")
    frames = frames_of(gen("-z", "--frame", 100000, "--align", *args))
    expect(all(frame[2] >= 100000 for frame in frames[:-1]), "--align: a frame too small")
    at = 0
    for frame in frames:
        expect(plain[at:at + 5] == b"From ", f"--align: no message begins at {at}")
        at += frame[2]
    expect(len(frames_of(gen("--frame", "message", *args))) == 200, "not a frame a message")
    one = frames_of(gen("--frame", "one", "--checksum", *args))
    expect(len(one) == 1 and one[0][2] is None and one[0][3] == 1, "--frame one --checksum")
    frames = frames_of(gen("-z", "--frame", 50000, "--no-content-size", *args))
    expect(all(frame[2] is None and not frame[3] for frame in frames), "--no-content-size")
    for checksum in ((), ("--checksum",)):
        check_table(gen("-z", "--frame", 50000, "--seekable", *checksum, *args), plain, bool(checksum))
    packed = tmp / "x.tar.zst"
    gen("-f", "tar", "-z", "--frame", 50000, "--seekable", "--checksum", "-o", packed, *args)
    expect(len(scan(packed)) == 200, "twofrom does not read a tar with a seek table")


def check_table(data, plain, has_sum):
    """The seek table names each frame, and what it decodes to."""
    count, flags, magic = struct.unpack_from("<IBI", data, len(data) - 9)
    frames = frames_of(data)
    entry = 12 if has_sum else 8
    expect(magic == SEEKABLE and flags == 0x80 * has_sum and count == len(frames) - 1, "seek table: footer")
    expect(frames[-1][1] == SKIPPABLE and len(data) - frames[-1][0] == 8 + count * entry + 9,
           "seek table: size")
    at = whole = 0
    for i in range(count):
        packed, size = struct.unpack_from("<II", data, frames[-1][0] + 8 + i * entry)
        expect(at == frames[i][0] and size == frames[i][2], f"seek table: entry {i}")
        at += packed
        whole += size
    expect(whole == len(plain), "seek table: sum")


def check_again(tmp):
    first = tmp / "first.mbox.zst"
    # m365: in a journal report the id of the report changes, and the record has the other
    gen("-n", 120, "-z", "-o", first, RECIPES / "m365.recipe")
    twice = tmp / "twice.mbox"
    gen("--repeat", "-n", 240, "-o", twice, first)
    ids = [record["message_id"] for record in scan(twice)]
    expect(len(set(ids)) == 240 and ids[120:] == ["r1." + name for name in ids[:120]], "--repeat: ids")
    expect([r["verdict"] for r in scan(first)] * 2 == [r["verdict"] for r in scan(twice)],
           "--repeat: other verdicts")


def check_wrong(tmp):
    bad = tmp / "bad.recipe"
    lines = {"head nowhere.head 1": "nowhere.head", "body cake 1 100 1": "cake", "orgs many": "many",
             "from 1 {nobody}": "nobody", "colour red": "colour", "attach 101% 5 1": "101%",
             "from 1 {hex:}": "number"}
    for line, reason in lines.items():
        bad.write_text("# a recipe\n" + line + "\n")
        done = subprocess.run([GEN, bad], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        expect(done.returncode == 2 and reason in done.stderr and ":2:" in done.stderr.replace(
            "nowhere.head: No", ":2:"), f"{line}: {done.returncode} {done.stderr}")
    for args in (["--frame", "0"], ["--frame", "2G"], ["-f", "zip"], ["--seekable"], ["-n", "-1"], []):
        recipe = [str(RECIPES / "m365.recipe")] if args else []
        done = subprocess.run([GEN, *args, *recipe], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        expect(done.returncode == 2 and done.stderr, f"{args} is taken")


def check_truth(tmp, recipe):
    # half of the messages attacks, so that each form comes often enough
    text = (RECIPES / f"{recipe}.recipe").read_text()
    path = tmp / "x.recipe"
    lines = [" ".join([*line.split()[:-1], "50%"]) if line.startswith("attacks ") else line
             for line in text.splitlines()]
    path.write_text("\n".join(lines).replace("heads/", f"{RECIPES}/heads/")
                    .replace("attacks.tsv", f"{RECIPES}/attacks.tsv") + "\n")
    table, archive = tmp / "truth.tsv", tmp / "x.mbox.zst"
    gen("-n", COUNT[recipe], "-z", "--truth", table, "-o", archive, path)
    with open(table, encoding="utf-8", errors="surrogateescape", newline="") as file:
        truth = {row["message_id"]: row for row in csv.DictReader(file, delimiter="\t",
                                                                  quoting=csv.QUOTE_NONE)}
    records = {record["message_id"]: record for record in scan(archive) if record["message_id"] in truth}
    expect(len(truth) == COUNT[recipe] and len(records) == len(truth),
           f"{len(records)} records of {len(truth)} messages")
    faults, labels = [], set()
    for name, row in truth.items():
        record = records[name]
        level = LEVELS.index(record["level"])
        labels.add(row["label"])
        fits = level < LEVELS.index("medium") if row["level"] == "-" else level >= LEVELS.index(row["level"])
        if not fits:
            faults.append(f"{row['label']}: {record['level']} {record.get('findings')} index {row['index']}")
        stated = record.get("p1_address") or record.get("p1_domain") or ""
        if record.get("p1_trust") == "trusted" and stated not in (row["p1"], row["p1"].split("@")[-1]):
            faults.append(f"{row['label']}: P1 {stated}, not {row['p1']}, index {row['index']}")
    expect(not faults, "\n".join(faults[:20]))
    if recipe in ("m365", "office"):
        rows = [line.split("\t") for line in (RECIPES / "attacks.tsv").read_text().splitlines()[1:]
                if line and line[0] != "#"]
        missing = {row[0] for row in rows} - labels
        expect(not missing, f"no message of {sorted(missing)}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            globals()[f"check_{sys.argv[3]}"](Path(folder), *sys.argv[4:])
        except Fault as fault:
            print(f"{sys.argv[3]}: {fault}")
            print("0 passed, 1 failed")
            return 1
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    GEN, TWOFROM = sys.argv[1:3]
    sys.exit(main())
