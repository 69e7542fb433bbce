# SPDX-License-Identifier: Apache-2.0
"""Other parsers of address lists, asked for many values at once; used by the programs beside it."""
import email.errors
import email.policy
import email.utils
import os
import subprocess
import struct


class Parsed:
    """grammar and errors are only ours; addresses are (local, domain), domains in lower case."""

    def __init__(self, addresses, grammar="", errors=(), written=(), readers=()):
        self.addresses, self.grammar, self.errors = addresses, grammar, set(errors)
        self.written, self.readers = written, readers


def ask(program, values, *args):
    data = b"".join(struct.pack("<I", len(v)) + v for v in values)
    # GMime leaks a few bytes on some values in its strict mode; that is not what is tested here.
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([program, *args], input=data, stdout=subprocess.PIPE, check=True, env=env)
    lines = done.stdout.decode().splitlines()
    if len(lines) != len(values):
        raise SystemExit(f"{program}: {len(lines)} answers to {len(values)} values")
    return [line.split("\t") for line in lines]


def unhex(text, part):
    """The addresses of a cell; part: which of its domains, 1 or 2."""
    found = []
    for item in text.split():
        cells = [bytes.fromhex(cell) for cell in item.split("@")]
        found.append((cells[0], cells[part].lower()))
    return found


def twofrom(program, values):
    return [Parsed(unhex(mailboxes, 1), grammar, errors.split(), unhex(mailboxes, 2), unhex(readers, 1))
            for grammar, errors, mailboxes, readers in ask(program, values)]


def gmime(program, values, mode="loose"):
    return [Parsed(unhex(addresses, 1)) for _, addresses in ask(program, values, mode)]


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape")


def split_address(address):
    local, _, domain = as_bytes(address).rpartition(b"@")
    return (local, domain.lower()) if b"@" in as_bytes(address) else (as_bytes(address), b"")


def python_old(values):
    """email.utils.getaddresses, which most programs call."""
    found = []
    for value in values:
        pairs = email.utils.getaddresses([value.decode("utf-8", "surrogateescape")])
        found.append(Parsed([split_address(address) for _, address in pairs if address]))
    return found


def python_new(values):
    """email.headerregistry under the default policy; None where it raises."""
    found = []
    for value in values:
        try:
            header = email.policy.default.header_factory("From", value.decode("utf-8", "surrogateescape"))
            addresses = [(as_bytes(a.username), as_bytes(a.domain).lower()) for a in header.addresses]
        except Exception:  # it raises IndexError, AttributeError and others on some values
            found.append(None)
            continue
        found.append(Parsed(addresses))
    return found


def unquoted(local):
    """Without quotes and quoted pairs: parsers differ in whether they keep them."""
    if len(local) > 1 and local[:1] == b'"' and local[-1:] == b'"':
        local = local[1:-1]
    out, i = bytearray(), 0
    while i < len(local):
        if local[i] == 0x5C and i + 1 < len(local):
            i += 1
        out.append(local[i])
        i += 1
    return bytes(out)


def same(ours, theirs):
    """The same mailboxes in the same order, however a local part and a domain are spelled."""
    if len(ours.addresses) != len(theirs.addresses):
        return False
    for (local, name), (_, written), (local2, domain2) in zip(ours.addresses, ours.written, theirs.addresses):
        if unquoted(local) != unquoted(local2) or domain2 not in (name, written):
            return False
    return True
