# SPDX-License-Identifier: Apache-2.0
# A full disk ends the run with 4.
[ -c /dev/full ] || exit 77
twofrom scan --no-summary "$DATA/ambiguous.eml" >/dev/full
