# SPDX-License-Identifier: Apache-2.0
# A scan writes the same index on the way, and its records are the same as without it.
cp "$DATA/../../../corpora/demo.mbox.zst" demo.mbox.zst
twofrom index demo.mbox.zst >/dev/null
mv demo.mbox.zst.twofrom.arrow apart
twofrom scan --json demo.mbox.zst >without 2>/dev/null
twofrom scan --json --write-index demo.mbox.zst >with 2>/dev/null
cmp without with && cmp apart demo.mbox.zst.twofrom.arrow && echo same
twofrom scan --write-index --since 2024-01-01 demo.mbox.zst
