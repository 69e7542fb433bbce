# SPDX-License-Identifier: Apache-2.0
# Frames of a tar begin with the header of a member, also where a member is an mbox with several messages.
mkdir mail
for i in 1 2 3 4; do cp "$DATA/aligned.eml" mail/$i.eml; done
for i in 1 2 3 4 5 6 7 8 9; do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/aligned.eml"
    echo
done >mail/2.mbox
tar --sort=name --owner=0 --group=0 --mtime=2024-11-14 -cf m.tar mail
twofrom pack --frame-size 2K m.tar m.zst | sed 's/[0-9,]* bytes ([^)]*)/N bytes/'
zstd -dc m.zst | cmp - m.tar && echo "the same bytes"
zstd -dc m.zst | tar tf - | wc -l
python3 - m.zst <<'END'
import struct, subprocess, sys
data = open(sys.argv[1], "rb").read()
count, _, _ = struct.unpack("<IBI", data[-9:])
at = 0
for comp, plain, _ in struct.iter_unpack("<III", data[-9 - 12 * count:-9]):
    frame = data[at:at + comp]
    at += comp
    if plain:
        text = subprocess.run(["zstd", "-dc"], input=frame, capture_output=True, check=True).stdout
        print(text[257:262].decode(), text.count(b"Message-ID"))
END
