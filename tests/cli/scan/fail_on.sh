# SPDX-License-Identifier: Apache-2.0
# Exit 1 only when asked for.
twofrom scan -q -o null "$DATA/ambiguous.eml"
echo $?
twofrom scan -q -o null --fail-on critical "$DATA/ambiguous.eml"
echo $?
twofrom scan -q -o null --fail-on high "$DATA/ambiguous.eml"
