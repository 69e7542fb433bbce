# SPDX-License-Identifier: Apache-2.0
# The last word of a line of the table, or source_uri and message_offset of a record, name the message to explain and
# extract, whatever its path is made of.
mkdir 'a b%41'
cp "$DATA/ambiguous.eml" 'a b%41/m @7.eml'
place=$(twofrom scan -q -o table 'a b%41' | sed -n '2s/.* //p')
echo "$place"
twofrom explain "$place" | head -n 1
twofrom explain 'a b%41/m @7.eml@0' | head -n 1
twofrom extract --to out "$place" | sed 's/^[^ ]* *//'
cmp out/*.eml "$DATA/ambiguous.eml" && echo same
twofrom explain 'a b%41/m @7.eml' | head -n 1
twofrom extract --to first 'a b%41/m @7.eml' | sed 's/^[^ ]* *//'
twofrom explain nosuch.eml
