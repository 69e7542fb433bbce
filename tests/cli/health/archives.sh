# SPDX-License-Identifier: Apache-2.0
# What archives prove: checksums, tables, damage (exit status 3), journals, and bytes that were not read.
for i in $(seq 40); do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/aligned.eml"
    echo
done >m.mbox
run() {
    echo "== $*"
    twofrom health "$@" 2>&1 | grep -vE 'Exchange|Exposure|Table'
    echo "exit ${PIPESTATUS[0]}"
}
zstd -q m.mbox -o checked.zst
zstd -q --no-check m.mbox -o unchecked.zst
twofrom pack --frame-size=4K m.mbox packed.zst >/dev/null
head -c 300 packed.zst >cut.zst
run m.mbox
run checked.zst
run unchecked.zst
run packed.zst
run cut.zst
run nosuch.zst checked.zst
run --digest=sha256 checked.zst m.mbox | grep -E "^exit|$(sha256sum <checked.zst | head -c 64)|$(sha256sum <m.mbox | head -c 64)" |
    sed 's/sha256 [0-9a-f]*/sha256 as sha256sum has it/'
twofrom health --digest=sha256 --json checked.zst | grep -c "\"sha256\":\"$(sha256sum <checked.zst | head -c 64)\""
cp "$DATA"/../../golden/formats/journal-{2007,tnef,lookalike}.eml .
run journal-2007.eml journal-tnef.eml journal-lookalike.eml
