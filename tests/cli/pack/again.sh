# SPDX-License-Identifier: Apache-2.0
# Packing twice gives the same frames, without the tables of the first time; other levels, other sizes,
# an empty input and one that is no mail keep their bytes too.
for i in $(seq 40); do
    printf 'From a@b Thu Nov 14 08:15:00 2024\r\n'
    sed 's/$/\r/' "$DATA/aligned.eml"
    printf '\r\n'
done >m.mbox
twofrom pack --frame-size 4K m.mbox one.zst >/dev/null
twofrom pack --frame-size 4K one.zst two.zst | head -n 1
cmp one.zst two.zst && echo same
for level in 1 19; do
    twofrom pack --level $level m.mbox $level.zst >/dev/null && zstd -dc $level.zst | cmp - m.mbox
done
: >empty
twofrom pack empty empty.zst
head -c 5000 /dev/zero >zeros
twofrom pack --frame-size 2K zeros zeros.zst
zstd -dc zeros.zst | cmp - zeros && zstd -dc empty.zst | wc -c
echo old >there
twofrom pack --clobber m.mbox there >/dev/null && zstd -dc there | cmp - m.mbox && echo replaced
