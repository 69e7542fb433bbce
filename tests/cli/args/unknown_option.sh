# SPDX-License-Identifier: Apache-2.0
# An abbreviation is no option: its meaning would change with the next one.
twofrom scan --min-lev=high x.mbox
