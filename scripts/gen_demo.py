#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds corpora/demo.mbox.zst and corpora/manifest.tsv out of corpora/seeds: gen_demo.py [--check].

The archive is an mbox (mboxrd) of four zstd frames with checksums, cut between messages. Every message is a
seed with other people, dates and ids. Nothing is drawn by chance: the same seeds give the same mbox.
--check builds the mbox in memory and compares: the archive must decode to it (the compressed bytes depend on
the version of zstd), and the manifest must be true.
"""
import datetime
import hashlib
import re
import subprocess
import sys
from pathlib import Path

CORPORA = Path(__file__).resolve().parent.parent / "corpora"
ARCHIVE = CORPORA / "demo.mbox.zst"
MANIFEST = CORPORA / "manifest.tsv"
FRAMES = 4

# How often a seed occurs; near_* once each.
ORDINARY = {
    "ordinary_postfix": 110, "ordinary_exchange_online": 60, "ordinary_subdomain": 40,
    "ordinary_gmail": 30, "list_mailman": 30, "newsletter_esp": 25, "ordinary_encoded_name": 20,
    "ordinary_exchange_server": 20, "ordinary_folded_from": 10, "list_munged": 8, "forward_srs": 6,
    "sender_web_form": 6, "report_dsn": 6, "report_out_of_office": 6, "journal_2007": 4,
    "r_mismatch": 4, "from_8bit": 3,
}
# About one message in twenty.
ATTACKS = [
    "from_ambiguous_org", "from_dup_field", "from_name_obfuscated", "from_name_in_fold", "from_nul",
    "from_multi_no_sender", "from_text_after_addr", "from_text_after_addr_two_angles",
    "from_text_after_addr_colon", "from_broken_angle", "from_addr_in_comment", "from_ew_in_addr",
    "from_route", "from_group_tail", "from_group", "from_display_addr_diff", "from_confusable",
    "r_auth_fail", "r_product_flag", "journal_from_text_after_addr",
]

PEOPLE = [("Ann", "Field"), ("Eve", "Hill"), ("Tom", "Brook"), ("Ida", "Marsh"), ("Max", "Grove"),
          ("Lea", "Ford"), ("Jan", "Wood"), ("Zoe", "Lake"), ("Per", "Dale"), ("Una", "Heath")]
READERS = [("Ben", "Stone"), ("Amy", "Clay"), ("Leo", "Flint"), ("Mia", "Slate"), ("Sam", "Chalk")]
DOMAINS = ["supplier.example", "harbour.example", "mill.example", "bakery.example", "school.example",
           "foundry.example", "nursery.example"]
# Places where a seed has a number of its own.
NUMBERED = [b".0001@", b"b.0001.", b"/u/0001", b"Ticket 0001", b"<0001a0b1", b"Z10001z1",
            b"csp0001edb"]

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DATE = re.compile(rb"(?:Mon, )?0?2 Sep 2024 (\d\d):(\d\d):(\d\d)")
SENT = datetime.datetime(2024, 9, 2, 9, 15, 2)
STEP = datetime.timedelta(minutes=47, seconds=13)


def order():
    """Names of seeds in the order of the archive: mixed, and the same each time."""
    names = [name for name, count in ORDINARY.items() for _ in range(count)] + ATTACKS
    names += sorted(path.stem for path in (CORPORA / "seeds").glob("near_*.eml"))
    ranked = ((hashlib.sha256(f"{i} {name}".encode()).digest(), name)
              for i, name in enumerate(names))
    return [name for _, name in sorted(ranked)]


def rename(text, old, new):
    (first, last), (new_first, new_last) = old, new
    for form in ("{0} {1}", "{1}, {0}"):
        text = text.replace(form.format(first, last).encode(),
                            form.format(new_first, new_last).encode())
    text = text.replace(f"{first}.{last}".lower().encode(),
                        f"{new_first}.{new_last}".lower().encode())
    return text.replace(f"\n{first}\n".encode(), f"\n{new_first}\n".encode()).replace(
        f"morning {first},".encode(), f"morning {new_first},".encode())


def vary(text, i):
    """Message number i out of a seed; what is odd about its From stays as it is."""
    def later(match):
        hour, minute, second = (int(part) for part in match.groups())
        at = SENT.replace(hour=hour, minute=minute, second=second) + i * STEP
        day = f"{DAYS[at.weekday()]}, ".encode() if match[0].startswith(b"Mon") else b""
        return day + f"{at.day:02} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S}".encode()

    for place in NUMBERED:
        text = text.replace(place, place.replace(b"0001", f"{i:04}".encode()))
    text = DATE.sub(later, text)
    text = rename(text, PEOPLE[0], PEOPLE[i * 7 % len(PEOPLE)])
    text = rename(text, READERS[0], READERS[i * 3 % len(READERS)])
    return text.replace(DOMAINS[0].encode(), DOMAINS[i * 5 % len(DOMAINS)].encode())


def mbox_entry(text, i):
    at = SENT + i * STEP
    sender = re.search(rb"^Return-Path: <?([^\s<>()@]+@[^\s<>()@]+)>?\n", text, re.M)
    # A report and a message without Return-Path get what a delivery agent writes then.
    sender = sender[1] if sender and not text.startswith(b"Return-Path: <>") else b"MAILER-DAEMON"
    line = f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year}\n"
    quoted = re.sub(rb"^(>*From )", rb">\1", text, flags=re.M)
    return b"From " + sender + b" " + line.encode() + quoted + b"\n"


def frames():
    entries = [mbox_entry(vary((CORPORA / "seeds" / f"{name}.eml").read_bytes(), i), i)
               for i, name in enumerate(order(), 1)]
    size = -(-len(entries) // FRAMES)
    return [b"".join(entries[at:at + size]) for at in range(0, len(entries), size)], len(entries)


def compress(frame):
    return subprocess.run(["zstd", "-q", "-c", "-19", "--check", f"--stream-size={len(frame)}"],
                          input=frame, stdout=subprocess.PIPE, check=True).stdout


def manifest(mbox, messages):
    """A row a file; that of the archive also tells what it decodes to."""
    rows = ["file\tbytes\tsha256\tmessages"]
    files = [(ARCHIVE.name, ARCHIVE.read_bytes(), messages), ("demo.mbox", mbox, messages)]
    files += [(f"seeds/{path.name}", path.read_bytes(), 1)
              for path in sorted((CORPORA / "seeds").glob("*.eml"))]
    rows += [f"{name}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\t{count}"
             for name, data, count in files]
    return "\n".join(rows) + "\n"


def check_notes():
    """seeds.tsv says of each seed what it was written for."""
    noted = {line.split("\t")[0] for line in (CORPORA / "seeds.tsv").read_text("utf-8").splitlines()[1:]}
    there = {path.name for path in (CORPORA / "seeds").glob("*.eml")}
    return noted ^ there


def main(args):
    if args not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    parts, messages = frames()
    mbox = b"".join(parts)
    if not args:
        ARCHIVE.write_bytes(b"".join(compress(part) for part in parts))
        MANIFEST.write_text(manifest(mbox, messages), "utf-8")
    faults = [f"seeds.tsv: {name}" for name in sorted(check_notes())]
    decoded = subprocess.run(["zstd", "-q", "-dc", str(ARCHIVE)], stdout=subprocess.PIPE, check=True)
    if decoded.stdout != mbox:
        faults.append(f"{ARCHIVE.name} does not decode to the mbox of the seeds")
    if MANIFEST.read_text("utf-8") != manifest(mbox, messages):
        faults.append(f"{MANIFEST.name} is not that of these files")
    for fault in faults:
        print(fault)
    print(f"{messages} messages, {len(mbox)} bytes, {ARCHIVE.stat().st_size} compressed, "
          f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
