# SPDX-License-Identifier: Apache-2.0
"""check_layers.py finds each kind of fault in a small tree, and none in a right one."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import check_layers  # noqa: E402

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"

RIGHT = [
    ("src/split/a.c", '#include "split/split.h"'),
    ("src/split/a.c", '#include "parse/parse.h"'),
    ("src/pipe/a.c", "#include <pthread.h>"),
    ("src/base/alloc.c", "#include <stdatomic.h>"),
    ("src/cli/a.c", "#include <twofrom/record.h>"),
    ("src/cli/a.c", '#include "args.h"'),
    ("src/decode/a.c", "#include <zstd_errors.h>"),
    ("kernels/a/a.c", "#include <immintrin.h>"),
]
WRONG = [
    ("src/split/a.c", '#include "gather/gather.h"', "split may not include gather"),
    ("src/split/a.c", '# include  "pipe/pipe.h"', "split may not include pipe"),
    ("src/parse/a.c", '#include "verdict/verdict.h"', "parse may not include verdict"),
    ("src/flow/a.h", '#include "parse/parse.h"', "flow may not include parse"),
    ("src/base/a.h", '#include "flow/batch.h"', "base may not include flow"),
    ("src/cli/a.c", '#include "base/span.h"', "cli may not include base"),
    ("kernels/a/a.c", '#include "base/span.h"', "kernels may not include base"),
    ("include/twofrom/a.h", '#include "base/span.h"', "public may not include base"),
    ("src/split/a.c", '#include "split.h"', "not written from the root"),
    ("src/split/a.c", "#include <zstd.h>", "at home in decode"),
    ("src/base/arena.c", "#include <stdatomic.h>", "at home in base/alloc.c, pipe"),
    ("src/gather/a.c", "#include <hs.h>", "at home in match, rules"),
    ("src/attic/a.c", "#include <stdio.h>", "no such room"),
]


def tree(files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files:
        path = Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    return folder


class Layers(unittest.TestCase):
    def test_right(self):
        for name, line in RIGHT:
            with self.subTest(line=line), tree([(name, line)]) as root:
                self.assertEqual(check_layers.check_layers(Path(root))[0], [])

    def test_wrong(self):
        for name, line, why in WRONG:
            with self.subTest(line=line), tree([(name, line)]) as root:
                faults = check_layers.check_layers(Path(root))[0]
                self.assertEqual(len(faults), 1)
                self.assertIn(why, faults[0])

    def test_name_twice(self):
        with tree([("src/io/a.c", ""), ("src/split/a.c", "")]) as root:
            faults = check_layers.check_layers(Path(root))[0]
        self.assertEqual(faults, ["src/split/a.c: the name is used by src/io/a.c too"])

    def test_licence(self):
        with tree([("src/io/a.c", LICENCE), ("src/io/b.c", "int b;")]) as root:
            faults, read, _ = check_layers.check_spdx(Path(root))
        self.assertEqual(read, 2)
        self.assertEqual(len(faults), 1)
        self.assertIn("src/io/b.c", faults[0])


if __name__ == "__main__":
    unittest.main()
