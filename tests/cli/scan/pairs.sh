# SPDX-License-Identifier: Apache-2.0
# Mismatches rolled up by the organizations of P2 and P1, the same for any number of threads.
twofrom scan -q -o pairs -T 1 "$DATA/../../../corpora/demo.mbox.zst" | tee one | head -n 6
twofrom scan -q -o pairs -T 3 "$DATA/../../../corpora/demo.mbox.zst" | cmp - one
