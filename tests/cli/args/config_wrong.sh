# SPDX-License-Identifier: Apache-2.0
# A wrong line is named.
printf "%s\n" "--quiet" "--min-levle=high" >conf
twofrom scan --config conf "$DATA/ambiguous.eml"
