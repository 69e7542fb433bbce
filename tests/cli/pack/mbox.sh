# SPDX-License-Identifier: Apache-2.0
# Frames begin with a message, one that is longer than a frame has its own, bytes stay the same.
for i in 1 2 3 4 5 6; do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/aligned.eml"
    [ $i != 4 ] || head -c 3000 /dev/zero | tr '\0' x
    echo
done >m.mbox
zstd -q m.mbox
mkdir out
twofrom pack --frame-size 1K m.mbox.zst out/m.zst
zstd -dc out/m.zst | cmp - m.mbox && echo "the same bytes"
stat -c %a out/m.zst
ls out
# Both tables, and the messages of each frame.
python3 - out/m.zst <<'END'
import struct, subprocess, sys
data = open(sys.argv[1], "rb").read()
count, descriptor, magic = struct.unpack("<IBI", data[-9:])
print(hex(magic), hex(descriptor))
entries = struct.iter_unpack("<III", data[-9 - 12 * count:-9])
at = 0
for comp, plain, _ in entries:
    frame = data[at:at + comp]
    at += comp
    if plain == 0:
        line, numbers = frame[8:].split(b"\n", 1)
        print(line.decode(), [n for n, in struct.iter_unpack("<I", numbers)])
        continue
    text = subprocess.run(["zstd", "-dc"], input=frame, capture_output=True, check=True).stdout
    assert len(text) == plain and text.startswith(b"From a@b "), text
    print(text.count(b"From a@b"))
END
