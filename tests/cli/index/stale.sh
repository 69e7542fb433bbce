# SPDX-License-Identifier: Apache-2.0
# An index that does not belong to what is there: size, time, content, options, cut, changed.
cp "$DATA/../../../corpora/demo.mbox.zst" a.mbox.zst
twofrom index a.mbox.zst >/dev/null
touch -d '2020-01-01 00:00:00' a.mbox.zst
twofrom index --check a.mbox.zst
twofrom index a.mbox.zst >/dev/null && twofrom index --check a.mbox.zst
twofrom index --check --journal never a.mbox.zst
printf x >>a.mbox.zst
touch -d '2020-01-01 00:00:00' a.mbox.zst
twofrom index --check a.mbox.zst
truncate -s -1 a.mbox.zst
touch -d '2020-01-01 00:00:00' a.mbox.zst
twofrom index --check a.mbox.zst
truncate -s 5000 a.mbox.zst.twofrom.arrow
twofrom index --check a.mbox.zst
echo "status $?"
twofrom index a.mbox.zst >/dev/null
printf '\377' | dd of=a.mbox.zst.twofrom.arrow bs=1 seek=20000 conv=notrunc 2>/dev/null
twofrom index --check a.mbox.zst
echo "status $?"
