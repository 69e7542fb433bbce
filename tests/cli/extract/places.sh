# SPDX-License-Identifier: Apache-2.0
# The same message by ordinal, by offset and by a record, out of every form of an archive; how much was
# decoded stands behind it.
for i in $(seq 200); do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    sed "s/^Subject: .*/Subject: number $i/" "$DATA/aligned.eml"
    echo
done >m.mbox
zstd -q m.mbox -o one.zst
split -b 9000 m.mbox piece.
for piece in piece.*; do zstd -q -c "$piece"; done >many.zst
twofrom pack --frame-size 4K m.mbox packed.zst >/dev/null
offset=$(twofrom scan --json --all --no-summary m.mbox | sed -n '171s/.*"message_offset":\([0-9]*\).*/\1/p')
for archive in m.mbox one.zst many.zst packed.zst; do
    twofrom extract --to=out $archive#170
    twofrom extract --to=out $archive@$offset
    twofrom scan --json --all --no-summary $archive | sed -n 171p | twofrom extract --to=out --from-records=-
done | sed 's/^out[^ ]*//'
ls out | wc -l
grep -h Subject out/*
sed 's/^Subject: .*/Subject: number 171/' "$DATA/aligned.eml" | cmp - out/*
