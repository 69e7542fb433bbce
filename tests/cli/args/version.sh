# SPDX-License-Identifier: Apache-2.0
# Versions of all that decides a result; numbers differ between machines.
twofrom version | sed -E 's/ [0-9]+(\.[0-9]+)+/ N/g; s/ [0-9]{4}-[0-9]{2}-[0-9]{2}/ DAY/; s/kernels scalar.*/kernels scalar .../'
[ "$(twofrom --version)" = "$(twofrom version)" ] && echo "the same with --version"
