#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Index and archive answer alike: questions.py PROGRAM RULES N[:SEED] ARCHIVE...

Draws N questions as -e asks them, and N as rules ask them, over all fields and modifiers, from values that occur
in the archives. Each -e is asked alone (a dictionary of the index is then matched once per value) and in threes
that all have to hit; the rules all at once, the shipped ones of the folder RULES too. The records have to be the
same bytes from index and archive, with and without prefilter, by one thread and by three.

Prints its seed and ends with "N passed, N failed"; 77 where no archive exists.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TEXTS = {  # field: key of the record
    "p1.address": "p1_address", "p1.local": "p1_address", "p1.domain": "p1_domain", "p1.org": "p1_org",
    "p1.inner": "p1_inner", "p1.raw": "p1_raw", "p1.source": "p1_source", "p1.trust": "p1_trust",
    "p2.raw": "from_raw", "p2.decoded": "from_raw", "p2.address": "p2_address", "p2.local": "p2_address",
    "p2.domain": "p2_domain", "p2.org": "p2_org", "p2.display": "p2_display", "p2.readers": "p2_readers",
    "p2.defects": "findings", "sender.address": "sender_address", "replyto.address": "reply_to_address",
    "message.id": "message_id", "archive.member": "member", "journal.form": "journal_form",
    "relation": "relation", "verdict": "verdict", "level": "level", "zone": "zone", "findings": "findings",
    "allowances": "allowances", "cves": "cves", "auth.spf": "auth_spf", "auth.dkim": "auth_dkim",
    "auth.dmarc": "auth_dmarc", "auth.compauth": "auth_compauth", "exchange.tag": "exchange_tag",
    "exchange.sender.header": "p2_address", "exchange.sender.envelope": "p1_address",
    "exchange.sender.any": "p1_address", "exchange.sender.legacy": "sender_address", "subject": "subject",
    "header.from": "from_raw", "header.subject.raw": "subject", "header.reply-to": "reply_to_address",
    "header.x-mailer": "subject", "header.received": "p1_domain", "header.list-id": "p2_domain",
}
WORDS = {  # a value beside those of the closed list is an error of the rule
    "p1.source", "p1.trust", "journal.form", "relation", "verdict", "level", "zone", "findings", "allowances",
    "p2.defects", "auth.spf", "auth.dkim", "auth.dmarc", "auth.compauth", "exchange.tag"}
NUMBERS = {"p1.rank": "p1_rank", "p2.fields": "p2_field_count", "p2.mailboxes": "p2_mailbox_count",
           "message.size": "message_length", "rcpt.count": "rcpt_count", "journal.depth": "journal_depth",
           "score": "score"}
PAIRS = [("p1.domain", "p2.domain"), ("p1.org", "p2.org"), ("p1.address", "p2.address"), ("p2.local", "p1.local")]


def values_of(records):
    """Field: values that occur, each once."""
    found = {}
    for record in records:
        for field, key in {**TEXTS, **NUMBERS}.items():
            value = record.get(key)
            for one in value if isinstance(value, list) else [value]:
                if one is None or (field == "p2.defects" and not one.startswith("FROM_")):
                    continue
                if field.endswith(".local"):
                    one = one.rpartition("@")[0]
                if isinstance(one, str) and not re.fullmatch(r"[ -~]{1,200}", one):
                    continue  # a text that YAML and the shell would have to escape proves nothing more here
                found.setdefault(field, {})[one] = True
    return {field: sorted(values) for field, values in found.items()}


def escaped(text):
    return re.sub(r"([^A-Za-z0-9@ _<>,\"'=;:%&~!/`-])", r"\\\1", text)


def piece(rng, text, least=1, most=12):
    n = min(len(text), rng.randint(least, most))
    at = rng.randrange(len(text) - n + 1)
    return text[at:at + n]


def regex(rng, values):
    """An expression that finds a value, or nearly."""
    text = rng.choice(values)
    part = escaped(piece(rng, text))
    return rng.choice([
        lambda: part,
        lambda: "^" + escaped(text[:rng.randint(1, 9)]),
        lambda: escaped(text[-rng.randint(1, 9):]) + "$",
        lambda: "^" + escaped(text) + "$",
        lambda: f"({part}|{escaped(piece(rng, rng.choice(values)))})",
        lambda: part + ".{0,5}" + rng.choice("aeio@.<"),
        lambda: f"(?!{escaped(text[:1])}){part}" if text else part,
        lambda: re.sub(r"[a-z]", "[a-z]", part, count=2),
        lambda: re.sub(r"[0-9]+", r"\\d+", part),
        lambda: rf"\b{part}",
        lambda: f"(?i){part.upper()}" if "\\" not in part else part,
        lambda: f"[^{rng.choice('abcdeo')}]{part}",
    ])()


def expression(rng, values):
    field = rng.choice(sorted(set(TEXTS) | set(NUMBERS)))
    if field in NUMBERS:
        return f"{field}:={rng.choice(values.get(field, [1]))}"
    some = values.get(field) or ["a"]
    if rng.random() < 0.4:
        return f"{field}:={rng.choice(some)}"
    return f"{field}:{regex(rng, some)}"


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def plain(rng, text):
    """A plain value that finds text: '*' and '?' are wildcards, '\\' escapes."""
    text = re.sub(r"([*?\\])", r"\\\1", text)
    if rng.random() < 0.3 and len(text) > 3 and "\\" not in text:
        at = rng.randrange(1, len(text) - 1)
        text = text[:at] + rng.choice("*?") + text[at + 1:]
    return text


def item(rng, values):
    """One line of a selection."""
    field = rng.choice(sorted(set(TEXTS) | set(NUMBERS)))
    some = values.get(field)
    if field in NUMBERS:
        how = rng.choice(["", "|gt", "|gte", "|lt", "|lte", "|neq"])
        return f"{field}{how}: {rng.choice(some or [1])}"
    if rng.random() < 0.08:
        one, other = rng.choice(PAIRS)
        return f"{one}|fieldref{rng.choice(['', '|neq', '|startswith', '|endswith', '|contains'])}: {other}"
    if rng.random() < 0.1 or not some:
        return f"{field}|exists: {rng.choice(['true', 'false'])}"
    if field in WORDS:
        return f"{field}{rng.choice(['', '|neq'])}: {quoted(rng.choice(some))}"
    text = rng.choice(some)
    return rng.choice([
        lambda: f"{field}: {quoted(plain(rng, text))}",
        lambda: f"{field}|neq: {quoted(plain(rng, text))}",
        lambda: f"{field}|cased: {quoted(plain(rng, text.upper()))}",
        lambda: f"{field}|contains: {quoted(plain(rng, piece(rng, text)))}",
        lambda: f"{field}|contains|all: [{quoted(plain(rng, piece(rng, text, 1, 3)))}, "
                f"{quoted(plain(rng, piece(rng, text, 1, 3)))}]",
        lambda: f"{field}|startswith: {quoted(plain(rng, text[:rng.randint(1, 8)]))}",
        lambda: f"{field}|endswith|cased: {quoted(plain(rng, text[-rng.randint(1, 8):]))}",
        lambda: f"{field}|re: {quoted(regex(rng, some))}",
        lambda: f"{field}|re|i: {quoted(regex(rng, some))}",
        lambda: f"{field}: [{', '.join(quoted(plain(rng, v)) for v in rng.sample(some, min(3, len(some))))}]",
    ])()


def rule(rng, number, values):
    names = ["a", "b", "c"][:rng.randint(1, 3)]
    condition = rng.choice({1: ["a", "not a"], 2: ["a and not b", "a or b", "1 of them", "not (a or b)"],
                            3: ["a and (b or c)", "all of them", "1 of [x]* or not a", "not a and not b or c"]
                            }[len(names)]).replace("[x]*", "them")
    lines = [f"title: question {number}", f"id: 00000000-0000-4000-8000-{number:012}", "status: test",
             "level: low", "logsource: {product: email, category: message_header}", "detection:"]
    for name in names:
        lines.append(f"    {name}:")
        items = {}
        for _ in range(rng.randint(1, 2)):
            line = item(rng, values)
            items[line.partition(":")[0]] = line
        lines += [f"        {line}" for line in items.values()]
    return "\n".join(lines + [f"    condition: {condition}", ""])


class Asked:
    def __init__(self, program, folder, whole):
        """whole: status of a run over the archives, 3 where one of them is damaged."""
        self.program, self.folder, self.whole = program, folder, whole
        self.passed = self.failed = self.hits = self.refused = 0

    def run(self, *args):
        done = subprocess.run([self.program, "hunt", "-q", "--json", "--with-subject", *args, "."],
                              cwd=self.folder, capture_output=True, check=False)
        if done.returncode not in (self.whole, 2):
            sys.exit(f"{args}: status {done.returncode}: {done.stderr.decode()[:400]}")
        return done.returncode, done.stdout

    def ask(self, question, ways):
        """Whether the question was understood."""
        status, first = self.run(*question, *ways[0])
        if status == 2:
            self.refused += 1
            return False
        self.hits += len(first.splitlines())
        for way in ways[1:]:
            _, other = self.run(*question, *way)
            if other == first:
                self.passed += 1
                continue
            self.failed += 1
            a, b = first.splitlines(), other.splitlines()
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print(f"FAILED: {question}: {ways[0]} gives {len(a)} records, {way} gives {len(b)}; record {at}:")
            print(*[s[at][:600].decode(errors='replace') if at < len(s) else '(none)' for s in (a, b)], sep="\n")
        return True


def ask_expressions(asked, rng, n, values):
    done = 0
    while done < n:
        question = []
        for _ in range(3 if done % 5 == 4 else 1):
            question += ["-e", expression(rng, values)]
        if len(question) > 2:
            question += rng.choice([["--all-of"], []])
        question += rng.choice([[], [], ["-i"]])
        ways = [("--only-index", "-T", "3"), ("--no-index", "-T", "1")]
        if done % 4 == 0:
            ways += [("--only-index", "--no-prefilter"), ("--no-index", "--no-prefilter")]
        done += asked.ask(question, ways)
        if asked.refused > 2 * n:
            sys.exit("the program refuses nearly every question")


def ask_rules(asked, rng, n, values, shipped):
    ways = [("--only-index", "-T", "3"), ("--no-index", "-T", "3"), ("--only-index", "--no-prefilter", "-T", "1"),
            ("--no-index", "--no-prefilter", "-T", "1")]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(n):
            for _ in range(20):
                path = Path(folder, f"q{number:04}.yml")
                path.write_text(rule(rng, number, values))
                checked = subprocess.run([asked.program, "rules", "lint", path], capture_output=True, check=False)
                if checked.returncode == 0:
                    break
                asked.refused += 1
                path.unlink()
        if len(list(Path(folder).glob("*.yml"))) < n * 9 // 10:
            sys.exit("the program refuses nearly every rule")
        if not asked.ask(["--rules", folder], ways):
            sys.exit("a rule that lint takes is refused")
    if not asked.ask(["--rules", shipped], ways):
        sys.exit("the shipped rules are refused")


def main():
    program, rules = (os.path.abspath(p) for p in sys.argv[1:3])
    n, _, seed = sys.argv[3].partition(":")
    seed = int(seed or 20241112)
    archives = [Path(p).resolve() for p in sys.argv[4:] if Path(p).exists()]
    if not archives:
        print("SKIPPED: no archive", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for i, path in enumerate(archives):
            name = Path(folder, f"{i}-{path.name}")
            if path.is_dir():
                subprocess.run(["tar", "-cf", f"{name}.tar", "-C", path, "--sort=name", "--mtime=@0", "."], check=True)
            else:
                name.write_bytes(path.read_bytes())
        built = subprocess.run([program, "index", "-q", "--with-headers", "."], cwd=folder, check=False,
                               stdout=subprocess.DEVNULL)
        if built.returncode not in (0, 3):
            sys.exit(f"index: status {built.returncode}")
        # What cannot be told of an archive that is damaged (it is too much, or a matter of the day) makes no index.
        for path in sorted(Path(folder).glob("*.zst")) + sorted(Path(folder).glob("*.tar")):
            if not Path(f"{path}.twofrom.arrow").exists():
                print(f"left out, for it has no index: {path.name}")
                path.unlink()
        asked = Asked(program, folder, built.returncode)
        _, everything = asked.run("--only-index", "-e", "message.size:=0", "-e", "p2.raw:.", "-e", "p2.fields:=0")
        values = values_of(json.loads(line) for line in everything.splitlines())
        rng = random.Random(seed)
        ask_expressions(asked, rng, int(n), values)
        ask_rules(asked, rng, int(n), values, rules)
    print(f"seed {seed}, {asked.hits} records, {asked.refused} questions drawn again")
    print(f"{asked.passed} passed, {asked.failed} failed")
    return 1 if asked.failed or not asked.hits else 0


if __name__ == "__main__":
    sys.exit(main())
