# SPDX-License-Identifier: Apache-2.0
# An index of an archive that is cut says so; none over a file that is no index, none through a link, and a
# partial file that was left behind stops nobody.
cp "$DATA/../../../corpora/demo.mbox.zst" cut.mbox.zst
truncate -s 20000 cut.mbox.zst
twofrom index cut.mbox.zst | sed 's/, [0-9.]* MB.*archive)//'
echo "status ${PIPESTATUS[0]}"
cp "$DATA/../../../corpora/demo.mbox.zst" b.mbox.zst
echo precious >b.mbox.zst.twofrom.arrow
twofrom index b.mbox.zst
echo "status $?"
cat b.mbox.zst.twofrom.arrow
rm b.mbox.zst.twofrom.arrow
echo precious >target
ln -s target b.mbox.zst.twofrom.arrow
twofrom index b.mbox.zst
echo "status $?"
cat target
rm b.mbox.zst.twofrom.arrow
ln -s target b.mbox.zst.twofrom.arrow.partial
twofrom index b.mbox.zst >/dev/null
echo "status $?"
cat target
ls
twofrom index --index-dir /nowhere/at/all b.mbox.zst
echo "status $?"
