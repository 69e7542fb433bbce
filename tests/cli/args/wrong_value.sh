# SPDX-License-Identifier: Apache-2.0
# The library says what would be right.
twofrom scan --min-level=hihg "$DATA/aligned.eml"
