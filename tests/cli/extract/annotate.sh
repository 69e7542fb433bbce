# SPDX-License-Identifier: Apache-2.0
# Copies as a patched Exchange would have delivered them: in every encoding, and what takes no notice.
# Annotating twice is annotating once. Python's parser sees what was intended and nothing else.
for mail in "$DATA"/annotate/*.eml; do
    twofrom extract --to=out --annotate "$mail"
done | sed 's/^[^ ]* *//'
python3 "$DATA/annotate/check.py" out/*.json
twofrom extract --to=again --annotate out/*.eml | sed 's/.*bytes, //' | sort | uniq -c
sha256sum out/*.eml | cut -c1-64 | sort >1
sha256sum again/*.eml | cut -c1-64 | sort | cmp 1 - && echo "the same bytes"
# The same message out of two archives is one copy.
cp "$DATA/annotate/plain.eml" one.eml
cp one.eml two.eml
twofrom extract --to=both --annotate one.eml two.eml | sed 's/.*bytes//'
ls both | sed 's/.*-/-/'
