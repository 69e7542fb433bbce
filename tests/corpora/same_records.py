#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records are the same bytes however the mail is packed and read: same_records.py PROGRAM CORPORA [SET...]

forms  a set as .zst of any framing, plain, folder, mbox: apart from the keys that name the place, each record
       is the same, and in the same order where the form keeps the order
ways   the set as shipped, and in small frames, with every --io, --cpu, --threads and without the prefilter:
       the whole file is the same

Ends with "N passed, N failed"; 77 where CORPORA does not exist.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import corpus_forms  # noqa: E402

LARGE = 16 << 20  # bytes; of a larger set only the small frames are read in every way
UNORDERED = {"folder", "folder of zst"}  # walked in byte order, whatever the archive's was
LAST_TRUSTED_RANK = 7


class Result:
    def __init__(self):
        self.passed = self.failed = 0

    def same(self, got, want, text):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {text}: {first_difference(got, want)}")


def first_difference(got, want):
    """The first record that differs, and its keys that do."""
    for i, (a, b) in enumerate(zip(got, want)):
        if a != b:
            x, y = json.loads(a), json.loads(b)
            keys = [k for k in {**x, **y} if x.get(k) != y.get(k)]
            return f"record {i}: " + "; ".join(f"{k}: {x.get(k)!r}, not {y.get(k)!r}" for k in keys)
    return f"{len(got)} records, not {len(want)}"


def member_of(mail, record):
    """The member of a tar, or the file of a folder, that a record is of."""
    return record.get("member") if mail.kind == "tar" else record["source_uri"][len(str(mail.path)) + 1:]


def for_mbox(mail, lines):
    """
    Members that an mbox can hold without another verdict, and their records by member. The From_ line of the
    mbox is a source of P1 to each message: it must have had one, or have a better source.
    """
    if mail.kind == "mbox":
        return None, {}
    data, records = dict(mail.members), {}
    for line in lines:
        record = json.loads(line)
        records.setdefault(member_of(mail, record), []).append((record, line))
    names = set()
    for name, found in records.items():
        ranks = [r.get("p1_rank") or LAST_TRUSTED_RANK + 1 for r, _ in found]
        one = len({r["message_index"] for r, _ in found}) == 1
        if one and (max(ranks) <= LAST_TRUSTED_RANK or data[name].startswith(b"From ")):
            names.add(name)
    return names, records


def check_forms(result, program, mail, work):
    _, _, shipped = corpus_forms.scan(program, mail.path, work)
    singles, records = for_mbox(mail, shipped)
    for form, path, keys in mail.forms(work, singles):
        want = shipped
        if form == "mbox of its mail":
            want = [line for name in mail.mbox_parts(singles) for _, line in records[name]]
        _, _, got = corpus_forms.scan(program, path, work)
        got, want = corpus_forms.without(got, keys), corpus_forms.without(want, keys)
        if form in UNORDERED:
            got, want = sorted(got), sorted(want)
        result.same(got, want, f"{mail.name}, {form}")


def ways(program):
    """Lists of options that must change nothing, by the program's own help."""
    text = subprocess.run([program, "scan", "--help"], check=True, stdout=subprocess.PIPE).stdout.decode()
    levels = re.search(r"--cpu=LEVEL .*?((?:\w+, )+\w+ or \w+)$", text, re.M).group(1)
    found = [["--io=pread"], ["--io=uring"], ["--no-prefilter"]]
    found += [["--cpu=" + level] for level in re.split(r", | or ", levels)]
    threads = [["--threads=" + n] for n in "128"] if "--threads" in text else []
    if not threads:
        print("not tried: this program has no --threads")
    return found + threads + [a + b for a in threads[1:] for b in (["--io=pread"], ["--no-prefilter"])]


def check_ways(result, program, mail, work, options):
    """Returns how many messages took the short way with and without the prefilter."""
    packed = Path(work) / (mail.name + ".zst")
    packed.write_bytes(corpus_forms.frames(mail.plain))
    short = [0, 0]
    for path in (mail.path, packed) if len(mail.plain) < LARGE else (packed,):
        _, summary, want = corpus_forms.scan(program, path, work)
        short[0] += summary["counts"]["short_way"]
        for way in options:
            _, summary, got = corpus_forms.scan(program, path, work, *way)
            result.same(got, want, f"{path.name}, {' '.join(way)}")
            if "--no-prefilter" in way:
                short[1] += summary["counts"]["short_way"]
    packed.unlink()
    return short


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, corpora, only = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if not corpora.is_dir():
        print(f"skipped: no corpora at {corpora}")
        return 77
    result, options, short = Result(), ways(program), [0, 0]
    for path in corpus_forms.set_paths(corpora):
        mail = corpus_forms.MailSet(path)
        if only and mail.name not in only:
            continue
        with tempfile.TemporaryDirectory() as work:
            check_forms(result, program, mail, work)
            short = [a + b for a, b in zip(short, check_ways(result, program, mail, work, options))]
    # Without this the prefilter could be off in both runs, or on, and nobody would see it.
    if short[0] == 0 or short[1] != 0:
        result.failed += 1
        print(f"FAILED: short way: {short[0]} messages with the prefilter, {short[1]} without")
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if result.failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
