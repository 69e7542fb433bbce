# SPDX-License-Identifier: Apache-2.0
"""check.py MANIFEST...: undoing the edits of a copy gives the message back, and Python's parser sees in the
copy what was intended and nothing else. Prints a line for each."""
import base64
import email
import email.policy
import hashlib
import json
import pathlib
import re
import sys

WORDS = "Notice: the From field of this message"


def undo(copy, edits):
    at, out = 0, b""
    for e in edits:
        out += copy[at:e["offset"]] + base64.b64decode(e["removed_b64"])
        at = e["offset"] + e["inserted"]
    return out + copy[at:]


def parse(data):
    # compat32 keeps malformed fields as they stand.
    return email.message_from_bytes(data, policy=email.policy.compat32)


def text_of(part):
    return part.get_payload(decode=True).decode(part.get_content_charset("us-ascii"), "replace")


def flat(text):
    return re.sub(r"\s", "", text)


def same_but_notice(old, new):
    """Notices in the text bodies of new, which is old beside that."""
    assert old.items()[-len(old.items()):] == new.items()[-len(old.items()):]
    assert old.get_content_type() == new.get_content_type()
    if old.is_multipart():
        pairs = list(zip(old.get_payload(), new.get_payload(), strict=True))
        return sum(same_but_notice(a, b) for a, b in pairs)
    if old.get_payload(decode=True) == new.get_payload(decode=True):
        return 0
    a, b = text_of(old), text_of(new)
    if old.get_content_type() == "text/html":
        div = re.search(r"<div [^>]*>(.*?)</div>", b, re.S)
        assert WORDS in div.group(1)
        assert flat(b[:div.start()] + b[div.end():]) == flat(a)
        assert re.search(r"""<body("[^"]*"|[^>"])*>$""", flat(b[:div.start()]), re.I) or "<body" not in a.lower()
    else:
        assert b.lstrip("\ufeff").startswith(WORDS) and flat(b).endswith(flat(a.lstrip("\ufeff"))), b
    return 1


def main():
    for path in sorted(map(pathlib.Path, sys.argv[1:]), key=lambda p: json.loads(p.read_text())["source"]):
        m = json.loads(path.read_text())
        copy = path.with_suffix(".eml").read_bytes()
        original = undo(copy, m["edits"])
        for key, data in ("original", original), ("copy", copy):
            assert m[key] == {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}, key
        old, new = parse(original), parse(copy)
        tags = new.get_all("X-MS-Exchange-P2FromRegexMatch") or []
        words = [m["done"], f"{len(tags)} tag", f"{len(new.get_all('X-Twofrom-Annotated') or [])} mark"]
        if m["done"] == "wrapped":
            notice, inner = new.get_payload()
            assert notice.get_payload().startswith(WORDS)
            assert inner.get_content_type() == "message/rfc822"
            assert inner.get_payload(0).items() == old.items()
        else:
            words.append(f"{same_but_notice(old, new)} notice")
        words.append("dkim broken" if m["dkim_broken"] else "")
        print(pathlib.Path(m["source"]).name, *words)


main()
