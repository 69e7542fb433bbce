# SPDX-License-Identifier: Apache-2.0
"""copies.py FOLDER TWOFROM [TREE_GMIME]: annotates every message of the folder. For each copy that was annotated:
undoing its edits gives the message back, and the parsers of others see the same tree in both, with the notice in the text
bodies and nothing else. Exit 77 where the folder is missing."""
import base64
import email
import email.policy
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

NOTICE = "Notice: the From field of this message"


def undo(copy, edits):
    at, out = 0, b""
    for e in edits:
        out += copy[at:e["offset"]] + base64.b64decode(e["removed_b64"])
        at = e["offset"] + e["inserted"]
    return out + copy[at:]


def python_tree(data):
    """(depth, type, content) of each part, as Python reads it."""
    stack, out = [(0, email.message_from_bytes(data, policy=email.policy.compat32))], []
    while stack:
        depth, part = stack.pop()
        if part.is_multipart():
            out.append((depth, part.get_content_type(), b""))
            stack += [(depth + 1, p) for p in reversed(part.get_payload())]
        else:
            out.append((depth, part.get_content_type(), part.get_payload(decode=True) or b""))
    return out


def gmime_tree(program, data, folder):
    file = pathlib.Path(folder) / "tree.eml"
    file.write_bytes(data)
    out = []
    for line in subprocess.run([program, file], capture_output=True, text=True, check=True).stdout.splitlines():
        depth, kind, content = line.split(" ", 2)
        out.append((int(depth), kind, bytes.fromhex(content)))
    return out


def flat(content):
    return re.sub(rb"[\s\0]", b"", content)


def without_notice(kind, old, new):
    """new without one notice, where that is what old and new differ in."""
    key = flat(NOTICE.encode())
    body = flat(new)
    at = body.find(key)
    if at < 0:
        return None
    if kind == "text/html":
        start = body.rfind(b"<div", 0, at)
        end = body.find(b"</div>", at) + 6
        return body[:start] + body[end:]
    end = body.find(b"(AddedtothiscopybytwofromI"[:-1], at)
    end = body.find(b".)", end) + 2
    return body[:at] + body[end:]


def compare(old, new):
    """Notices in new, or None where more than notices differs."""
    notices = 0
    if [(d, k.lower()) for d, k, _ in old] != [(d, k.lower()) for d, k, _ in new]:
        return None
    for (_, kind, a), (_, _, b) in zip(old, new):
        # A part that has no line end before its boundary keeps what it has; readers differ in that byte.
        if flat(a) == flat(b):
            continue
        if kind.lower() not in ("text/plain", "text/html") or without_notice(kind.lower(), a, b) != flat(a):
            return None
        notices += 1
    return notices


def check(path, programs, folder):
    m = json.loads(path.read_text())
    copy = path.with_suffix(".eml").read_bytes()
    original = undo(copy, m["edits"])
    if m["original"] != {"length": len(original), "sha256": hashlib.sha256(original).hexdigest()}:
        return "undoing does not give the message"
    if m["done"] not in ("edited", "header", "wrapped"):
        return None
    trees = [python_tree] + [lambda d, p=p: gmime_tree(p, d, folder) for p in programs]
    for i, tree in enumerate(trees):
        name = "Python" if i == 0 else "GMime"
        old, new = tree(original), tree(copy)
        if m["done"] == "wrapped":
            inner = [(d - 2, k, c) for d, k, c in new[3:]]
            if new[1][1] != "text/plain" or new[2][1] != "message/rfc822" or compare(old, inner) != 0:
                return f"{name}: the message inside is another one"
        else:
            n = compare(old, new)
            if n is None or n != m["bodies"]:
                return f"{name}: {n} notices instead of {m['bodies']}, or more than that differs"
    return None


def main():
    root, twofrom, *programs = sys.argv[1:]
    archives = [p for p in sorted(pathlib.Path(root).rglob("*")) if p.suffix in (".zst", ".eml")] if root else []
    if not archives:
        print("no corpora here")
        sys.exit(77)
    done, failed = {}, 0
    with tempfile.TemporaryDirectory() as tmp:
        records = subprocess.run(
            [twofrom, "scan", "--json", "--min-level=low", "--no-summary", "--no-shipped-rules", *map(str, archives)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        (pathlib.Path(tmp) / "r.jsonl").write_bytes(records)
        subprocess.run([twofrom, "extract", "--annotate", f"--to={tmp}/out", f"--from-records={tmp}/r.jsonl"],
                       stdout=subprocess.DEVNULL, check=True)
        for path in sorted((pathlib.Path(tmp) / "out").glob("*.json")):
            m = json.loads(path.read_text())
            done[m["done"]] = done.get(m["done"], 0) + 1
            fault = check(path, programs, tmp)
            if fault:
                failed += 1
                print(f"{m['source']}@{m['message_offset']} ({m['done']}): {fault}")
    print(f"{len(records.splitlines())} messages, annotated: {done}; {failed} failed; "
          f"Python{' and GMime' if programs else ''}")
    sys.exit(failed > 0)


main()
