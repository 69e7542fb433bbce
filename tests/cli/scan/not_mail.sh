# SPDX-License-Identifier: Apache-2.0
# What is no mail is told the same in a folder and in a tar, and the run is incomplete: it may be an archive of a kind
# that nobody here can read. Empty files and AppleDouble are known to hold nothing.
mkdir mail quiet
cp "$DATA/ambiguous.eml" mail/a.eml
cp "$DATA/ambiguous.eml" quiet/a.eml
printf '\037\213\010 a packed mbox' >mail/old.mbox.gz
: >quiet/empty.eml
printf '\000\005\026\007\000\002\000\000Mac OS X        \000\002' >quiet/._a.eml
for folder in mail quiet; do
    tar -cf $folder.tar --format=ustar -C $folder $(cd $folder && find . -type f -printf '%P\n' | sort)
    for input in $folder $folder.tar; do
        twofrom scan -q -o null -o summary=$input.json $input
        echo "$input: $?"
        python3 - $input.json <<'P'
import json
import sys
document = json.load(open(sys.argv[1]))
print(" ", document["counts"]["messages"]["judged"], [n["code"] for n in document["not_read"]])
P
    done
done
