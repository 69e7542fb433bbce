# SPDX-License-Identifier: Apache-2.0
# Copies are marked, never dropped: the second and third copy of a message, in another input too, whatever
# the number of threads; without the option there is no such key.
cp "$DATA/ambiguous.eml" 1.eml
cp "$DATA/aligned.eml" 2.eml
cp "$DATA/ambiguous.eml" 3.eml
cp "$DATA/ambiguous.eml" 4.eml
cp "$DATA/aligned.eml" 5.eml
for threads in 1 3; do
    twofrom scan -q --all --json --dedup -T $threads ./*.eml |
        sed 's/.*"source_uri":"\([^"]*\)".*"duplicate":\([a-z]*\).*/\1 \2/'
done
twofrom scan -q --all --json 1.eml 3.eml | grep -c '"duplicate"'
twofrom scan --dedup -o summary ./*.eml 2>/dev/null | grep -o '"duplicates": [0-9]*'
