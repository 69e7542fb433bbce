# SPDX-License-Identifier: Apache-2.0
# What was not read is told as it comes where no summary will tell it, and with --verbose.
cp "$DATA/aligned.eml" a.eml
: >empty.eml
for option in --no-summary -v -q; do
    echo "== $option" >&2
    twofrom scan $option -o null missing.mbox a.eml 2>&1 >/dev/null | grep -v '^[a-zA-Z0-9 ]*  ' >&2
done
echo "== json" >&2
twofrom scan --log-format json --no-summary -o null missing.mbox a.eml 2>&1 | sed 's/"time":"[^"]*"/"time":"T"/' >&2
