# SPDX-License-Identifier: Apache-2.0
"""One set of mail in every form that twofrom reads; used by scripts/corpora_counts and tests/corpora.

A set is a .tar.zst, a .mbox.zst or a folder of messages. Its forms hold the same messages: as shipped, not
compressed, in zstd frames of every shape, as a folder, as an mbox. libzstd is called through ctypes, as the
frames must be exactly what a form says.
"""
import ctypes
import ctypes.util
import io
import json
import os
import re
import shutil
import struct
import subprocess
import tarfile
from pathlib import Path

FRAME = 256 * 1024
# What says where a message lies, and so differs from form to form. All else in a record must be the same.
PLACE = ["run_id", "record_id", "source_uri", "source_id", "member", "container_format", "frame_index",
         "frame_offset", "frame_verified", "message_offset", "message_index"]
# An mbox quotes lines of bodies, and its From_ line is one more source of P1 that was met.
MBOX_PLACE = PLACE + ["message_length", "p1_seen"]


def zstd_library():
    lib = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    lib.ZSTD_createCCtx.restype = ctypes.c_void_p
    lib.ZSTD_freeCCtx.argtypes = [ctypes.c_void_p]
    lib.ZSTD_CCtx_setParameter.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    lib.ZSTD_CCtx_setParameter.restype = ctypes.c_size_t
    lib.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    lib.ZSTD_compressBound.restype = ctypes.c_size_t
    lib.ZSTD_compress2.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                   ctypes.c_char_p, ctypes.c_size_t]
    lib.ZSTD_compress2.restype = ctypes.c_size_t
    lib.ZSTD_isError.argtypes = [ctypes.c_size_t]
    return lib


ZSTD = zstd_library()
LEVEL, CONTENT_SIZE, CHECKSUM = 100, 200, 201  # enum ZSTD_cParameter


def frame(data, size=True, checksum=True):
    """One zstd frame."""
    ctx = ZSTD.ZSTD_createCCtx()
    for name, value in ((LEVEL, 1), (CONTENT_SIZE, int(size)), (CHECKSUM, int(checksum))):
        if ZSTD.ZSTD_isError(ZSTD.ZSTD_CCtx_setParameter(ctx, name, value)):
            raise RuntimeError("zstd refuses a parameter")
    room = ctypes.create_string_buffer(ZSTD.ZSTD_compressBound(len(data)))
    n = ZSTD.ZSTD_compress2(ctx, room, len(room), data, len(data))
    ZSTD.ZSTD_freeCCtx(ctx)
    if ZSTD.ZSTD_isError(n):
        raise RuntimeError("zstd does not compress")
    return ctypes.string_at(room, n)


def pieces(data, size=FRAME):
    return [data[i:i + size] for i in range(0, len(data), size)] or [b""]


def frames(data):
    """Frames that begin wherever 256 KiB end, in the middle of a header or of a word."""
    return b"".join(frame(piece) for piece in pieces(data))


def seekable(data):
    """The same with a seek table behind it (zstd contrib/seekable_format)."""
    out, table = [], []
    for piece in pieces(data):
        out.append(frame(piece, checksum=False))
        table.append(struct.pack("<II", len(out[-1]), len(piece)))
    body = b"".join(table) + struct.pack("<IBI", len(table), 0, 0x8F92EAB1)
    return b"".join(out) + struct.pack("<II", 0x184D2A5E, len(body)) + body


def pzstd(data):
    """As pzstd writes: before each frame a skippable one with its length."""
    out = []
    for piece in pieces(data, 4 * FRAME):
        packed = frame(piece)
        out.append(struct.pack("<III", 0x184D2A50, 4, len(packed)) + packed)
    return b"".join(out)


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", str(path)], check=True, stdout=subprocess.PIPE).stdout


def read_tar(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [(m.name, tar.extractfile(m).read()) for m in tar if m.isfile()]


def make_tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def read_mboxrd(data):
    """The messages of an mboxrd as files that begin with their From_ line, quoted as they are."""
    starts = [m.start() for m in re.finditer(rb"^From ", data, re.M)]
    return [("%06d" % i, data[a:b]) for i, (a, b) in enumerate(zip(starts, starts[1:] + [len(data)]))]


def header_of(data):
    return re.split(rb"\n\r?\n", data, maxsplit=1)[0]


def mbox_part(data):
    """A message as it stands in an mboxrd, or None where that would change its header."""
    line, rest = b"From - Thu Jan  1 00:00:00 1970\n", data
    if re.match(rb"From (?![ \t]*:)", data):
        line, rest = data[:data.find(b"\n") + 1], data[data.find(b"\n") + 1:]
    if not re.search(rb"\n\r?\n", rest) or re.search(rb"^>*From ", header_of(rest), re.M):
        return None
    rest = re.sub(rb"^(>*From )", rb">\1", rest, flags=re.M)
    return line + rest + (b"\n" if rest.endswith(b"\n") else b"\n\n")


def write_folder(members, folder):
    for name, data in members:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class MailSet:
    """name; kind ("tar", "mbox" or "folder"); members (name, bytes); plain bytes of the container."""

    def __init__(self, path):
        path = Path(path)
        self.path = path
        self.name = path.name.split(".")[0]
        if path.is_dir():
            self.kind = "folder"
            files = sorted((str(p.relative_to(path)).encode(), p) for p in path.rglob("*") if p.is_file())
            self.members = [(os.fsdecode(name), p.read_bytes()) for name, p in files]
            self.plain = make_tar(self.members)
        else:
            self.plain = unpacked(path)
            self.kind = "mbox" if ".mbox" in path.name else "tar"
            self.members = read_tar(self.plain) if self.kind == "tar" else read_mboxrd(self.plain)

    def forms(self, work, singles=None):
        """
        Yields (form, path, keys that may differ). A form's file is gone when the next one is made. singles:
        names of the members that hold one message each; without it no mbox is made of members.
        """
        suffix = ".mbox" if self.kind == "mbox" else ".tar"
        yield "as shipped", self.path, PLACE
        makers = [("plain", suffix, lambda d: d), ("one frame", suffix + ".zst", frame),
                  ("no size, no sum", suffix + ".zst", lambda d: frame(d, False, False)),
                  ("frames 256 KiB", suffix + ".zst", frames), ("seek table", suffix + ".zst", seekable),
                  ("pzstd", suffix + ".zst", pzstd)]
        for form, end, make in makers:
            path = Path(work) / (self.name + end)
            path.write_bytes(make(self.plain))
            yield form, path, PLACE
            path.unlink()
        if self.kind != "folder":
            folder = Path(work) / self.name
            write_folder(self.members, folder)
            yield "folder", folder, PLACE
            shutil.rmtree(folder)
        folder = Path(work) / (self.name + "-packed")
        write_folder([(name + ".zst", frame(data)) for name, data in self.members], folder)
        yield "folder of zst", folder, PLACE
        shutil.rmtree(folder)
        if self.kind == "mbox":
            path = Path(work) / (self.name + ".tar")
            path.write_bytes(make_tar(self.members))
            yield "tar of its mail", path, PLACE
            path.unlink()
        elif singles is not None:
            path = Path(work) / (self.name + ".mbox")
            path.write_bytes(b"".join(self.mbox_parts(singles).values()))
            yield "mbox of its mail", path, MBOX_PLACE
            path.unlink()

    def mbox_parts(self, singles):
        """The members among singles that an mboxrd can hold, in order."""
        parts = {name: mbox_part(data) for name, data in self.members if name in singles}
        return {name: part for name, part in parts.items() if part is not None}


def set_paths(corpora):
    """The sets of a folder of corpora: archives and folders of messages/ and spoof/, or archives and seeds/."""
    corpora = Path(corpora)
    if (corpora / "messages").is_dir():
        paths = sorted((corpora / "messages").glob("*.zst"))
        paths += sorted(p for p in (corpora / "spoof").iterdir() if p.is_dir())
    else:
        paths = sorted(corpora.glob("*.zst")) + [corpora / "seeds"]
    return paths


def scan(program, path, work, *options):
    """Runs a scan; returns status, summary (a dict) and the records (lines of bytes)."""
    jsonl, summary = Path(work) / "scan.jsonl", Path(work) / "scan.json"
    done = subprocess.run([program, "scan", "-q", "--all", "--clobber", "-o", f"jsonl={jsonl}", "-o",
                           f"summary={summary}", *options, str(path)], stderr=subprocess.PIPE)
    if done.stderr:
        raise SystemExit(f"{path}: {done.stderr.decode(errors='replace')}")
    return done.returncode, json.loads(summary.read_bytes()), jsonl.read_bytes().splitlines()


def without(lines, keys):
    """Records without some keys, byte for byte else. In a string a quote is escaped, so it holds no key."""
    value = rb'(?:"(?:[^"\\]|\\.)*"|\[(?:[^]"]|"(?:[^"\\]|\\.)*")*\]|[^,"{}\[\]]+)'
    drop = re.compile(rb'"(?:' + b"|".join(k.encode() for k in keys) + rb')":' + value + rb",?")
    return [drop.sub(b"", line) for line in lines]
