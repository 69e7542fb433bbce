# SPDX-License-Identifier: Apache-2.0
# Closed standard descriptors change nothing, and no archive is opened in their place.
twofrom scan -o jsonl=hits --no-summary "$DATA/ambiguous.eml" <&- >&- 2>&-
echo "$? $(grep -c AMBIGUOUS_FROM hits)"
