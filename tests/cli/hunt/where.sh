# SPDX-License-Identifier: Apache-2.0
# Where the answer came from, and what a hunt does without an index or with a bad one.
cp "$DATA/../../../corpora/demo.mbox.zst" a.mbox.zst
cp a.mbox.zst b.mbox.zst
ask() { twofrom hunt --count "$@" 2>&1 | sed 's/; [0-9.]* s$//'; }
ask -e p2.org:=mill.example a.mbox.zst b.mbox.zst
twofrom index a.mbox.zst >/dev/null
ask -e p2.org:=mill.example a.mbox.zst b.mbox.zst
ask -e header.x-mailer:. a.mbox.zst
touch -d 2020-01-01 a.mbox.zst
ask -e p2.org:=mill.example a.mbox.zst
twofrom index a.mbox.zst b.mbox.zst >/dev/null
truncate -s 3000 b.mbox.zst.twofrom.arrow
ask -e p2.org:=mill.example b.mbox.zst
twofrom hunt -q --count --only-index -e p2.org:=mill.example a.mbox.zst b.mbox.zst
echo "status $?"
twofrom hunt -q -e nofield:x a.mbox.zst
echo "status $?"
twofrom hunt -q a.mbox.zst
echo "status $?"
twofrom hunt -q --group-by nofield -e p2.raw:. a.mbox.zst
echo "status $?"
truncate -s 20000 b.mbox.zst
ask -e p2.org:=mill.example b.mbox.zst
twofrom hunt -q --count -e p2.org:=mill.example b.mbox.zst
echo "status $?"
