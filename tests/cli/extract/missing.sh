# SPDX-License-Identifier: Apache-2.0
# What is there is copied, what is not is told, and the status is 3.
cp "$DATA/aligned.eml" a.eml
zstd -q a.eml
head -c 100 a.eml.zst >cut.zst
twofrom extract --to=out a.eml#1 nosuch.eml a.eml@5 cut.zst a.eml.zst#0 | sed 's/[0-9a-f]\{32\}/HASH/'
echo "exit ${PIPESTATUS[0]}"
twofrom extract a.eml
echo "exit $?"
twofrom extract --to=out
echo "exit $?"
twofrom extract --to=a.eml a.eml
echo "exit $?"
