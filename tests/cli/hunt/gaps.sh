# SPDX-License-Identifier: Apache-2.0
# An archive of which something is not read gets an index that says so: a hunt writes the same records, tells the
# same incidents and has the same status as without it.
demo=$DATA/../../../corpora/demo.mbox.zst
twofrom pack -q --frame-size 64K "$demo" whole.mbox.zst 2>/dev/null >/dev/null || exit 1
flip() { # FILE AT
    byte=$(od -An -tu1 -j "$2" -N1 "$1")
    printf "\\$(printf %o $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
size=$(stat -c %s whole.mbox.zst)
cp whole.mbox.zst flipped.mbox.zst && flip flipped.mbox.zst $((size / 2))
cp flipped.mbox.zst twice.mbox.zst && flip twice.mbox.zst $((size / 3))
cp whole.mbox.zst cut.mbox.zst && truncate -s $((size * 2 / 3)) cut.mbox.zst
cp whole.mbox.zst trailing.mbox.zst && echo no frame >>trailing.mbox.zst
zstd -qdc "$demo" >plain.mbox && head -c 200001 plain.mbox >plain_cut.mbox && rm plain.mbox
tar -cf members.tar -C "$DATA/../../../corpora/seeds" --sort=name --mtime=@0 --owner=0 --group=0 .
cp members.tar cut.tar && truncate -s 100000 cut.tar
cp members.tar odd.tar && flip odd.tar 20500
n=0
ask() { # ARCHIVE OPTION...
    archive=$1
    shift
    twofrom index -q "$@" "$archive" >line 2>told
    made=$?
    for count in 1 3; do
        twofrom hunt --no-summary --json --only-index -T $count "$@" -e message.id:. -e p2.raw:. "$archive" >index 2>index_told
        from_index=$?
        twofrom hunt --no-summary --json --no-index -T $count "$@" -e message.id:. -e p2.raw:. "$archive" >archive 2>archive_told
        from_archive=$?
        cmp index archive || echo "$archive $*: other records"
        diff index_told archive_told || echo "$archive $*: another story"
        [ $from_index = $from_archive ] && [ $made = $from_archive ] ||
            echo "$archive $*: status $from_index from the index, $from_archive without, $made of making it"
    done
    n=$((n + 1))
    printf '%s: ' "$archive${*:+ $*}"
    twofrom index -q --check "$@" "$archive" | sed 's/.*fresh, //'
    sed "s/.*$archive: //" index_told
}
ask whole.mbox.zst
ask flipped.mbox.zst
ask flipped.mbox.zst --salvage
ask twice.mbox.zst --salvage
ask cut.mbox.zst
ask trailing.mbox.zst
ask plain_cut.mbox
ask members.tar
ask cut.tar
ask odd.tar
ask whole.mbox.zst --limit fields=3
ask whole.mbox.zst --limit from=20
# Where the index lies, once more.
twofrom index flipped.mbox.zst 2>/dev/null | sed 's/, [0-9.]* MB.*archive)//'
twofrom index flipped.mbox.zst
echo "status $?"
# More gaps than an index tells: it is refused, and the archive is asked.
cat >many.py <<'END'
import subprocess, sys
mail = "".join(f"From a@b Thu Jan  1 00:00:00 2026\nFrom: a{i}@mill.example\nSubject: {i}\n\n{'%064d' % (i * 7919 % 9973) * 16}\n\n"
               for i in range(9000))
open("many.mbox", "w").write(mail)
subprocess.run(["twofrom", "pack", "-q", "--frame-size", "1K", "many.mbox", "many.mbox.zst"], check=True,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
data = bytearray(open("many.mbox.zst", "rb").read())
at, n = data.find(b"\x28\xb5\x2f\xfd"), 0
while at >= 0:
    end = data.find(b"\x28\xb5\x2f\xfd", at + 4)
    if n % 2 == 1 and end > 0:
        data[end - 1] ^= 0xFF  # of the checksum
    at, n = end, n + 1
open("many.mbox.zst", "wb").write(data)
END
python3 many.py || exit 1
twofrom index --salvage many.mbox.zst
echo "status $?"
twofrom hunt -q --salvage --count -e p2.domain:=mill.example many.mbox.zst
echo "status $?"
ls | grep many
