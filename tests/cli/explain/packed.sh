# SPDX-License-Identifier: Apache-2.0
# By the tables of pack, explain shows what it shows without them.
for i in $(seq 60); do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    sed "s/^Message-ID: .*/Message-ID: <$i@x.example>/" "$DATA/ambiguous.eml"
    echo
done >m.mbox
twofrom pack --frame-size=2K m.mbox packed.zst >/dev/null
zstd -dc packed.zst | zstd -q -o plain.zst
for n in 0 17 59; do
    twofrom explain packed.zst#$n >a
    twofrom explain plain.zst#$n >b
    sed 's/packed.zst/plain.zst/; s/frame [0-9]*/frame N/' a | diff - <(sed 's/frame [0-9]*/frame N/' b) && head -n 1 a
done
twofrom explain packed.zst#60
echo "exit $?"
# The first frame is damaged: message 59 lies in the last one, which proves itself.
python3 - <<'END'
data = bytearray(open("packed.zst", "rb").read())
data[30] ^= 1
open("damaged.zst", "wb").write(data)
END
twofrom explain damaged.zst#59 | head -n 1
twofrom explain damaged.zst#0 >/dev/null 2>&1
echo "exit $?"
