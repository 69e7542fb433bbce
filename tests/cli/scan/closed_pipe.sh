# SPDX-License-Identifier: Apache-2.0
# A closed pipe is a quiet 4.
{
    echo "From a@b Thu Nov 14 08:15:00 2024"
    cat "$DATA/ambiguous.eml"
    echo
} >m.mbox
for i in 1 2 3 4 5 6 7 8 9 10 11; do
    cat m.mbox m.mbox >twice
    mv twice m.mbox
done
twofrom scan --no-summary m.mbox | head -c 1 >/dev/null
echo "${PIPESTATUS[0]}"
