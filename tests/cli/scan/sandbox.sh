# SPDX-License-Identifier: Apache-2.0
# Records are the same with and without, outputs and indexes appear inside it, and the summary says what was in force.
[ "$(twofrom doctor | grep -c '^ok *sandbox')" = 1 ] || { echo "no sandbox on this machine"; exit 77; }
cp "$DATA/../../../corpora/demo.mbox.zst" demo.mbox.zst
twofrom scan -q --sandbox off -o jsonl=off demo.mbox.zst
twofrom scan -q --sandbox require -o jsonl=require -o csv=table -o summary=sum --write-index demo.mbox.zst
twofrom scan -q --sandbox require -o jsonl=kept --checkpoint=point demo.mbox.zst
cmp off kept
test ! -e point
echo demo.mbox.zst >list
twofrom scan -q --sandbox require -o jsonl=listed @list
test "$(wc -l <off)" = "$(wc -l <listed)"
cmp off require
test -s demo.mbox.zst.twofrom.arrow
test -s table
grep -o '"sandbox": "landlock [0-9]*, seccomp, one process"' sum | sed 's/[0-9][0-9]*/N/'
twofrom scan -q --sandbox maybe demo.mbox.zst || echo "status $?"
