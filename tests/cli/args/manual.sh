# SPDX-License-Identifier: Apache-2.0
# The option section of the manual is the one that the table yields.
twofrom --generate options >options.md
manual=$DATA/../../../docs/twofrom.1.md
sed -n "/^<!-- options -->$/,/^<!-- end of options -->$/p" "$manual" | sed "1d;\$d" | diff - options.md
