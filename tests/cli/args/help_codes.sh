# SPDX-License-Identifier: Apache-2.0
# Every code, as docs/verdicts.md lists them: the same codes in the same order.
twofrom --help codes
twofrom --help codes | sed -n 's/^  \([A-Z][A-Z0-9_]*\) .*/\1/p' >codes
sed -n '/^<!-- codes -->/,/^<!-- end/p' "$DATA/../../../docs/verdicts.md" | sed -n 's/^| `\([A-Z0-9_]*\)` .*/\1/p' | cmp - codes &&
    echo "as documented"
