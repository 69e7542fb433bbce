# SPDX-License-Identifier: Apache-2.0
# What is checked, in this order; what differs between machines is left out.
twofrom doctor --cpu scalar --io pread | sed -E 's/^(ok|warn)  +//; s/ +/ /; s/^(io|matcher|suffixes|tables|memlock|sandbox|rules) .*/\1/' |
    grep -v '^option'
twofrom doctor >/dev/null && echo "a scan would run"
