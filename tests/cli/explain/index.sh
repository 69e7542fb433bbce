# SPDX-License-Identifier: Apache-2.0
# A message of an archive by its number and by its offset.
{
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/aligned.eml"
    echo
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/ambiguous.eml"
} >m.mbox
twofrom explain m.mbox#1 | sed -n "1,2p"
twofrom explain m.mbox@34 | sed -n "1,2p"
