# SPDX-License-Identifier: Apache-2.0
# A help that could not be written is no success.
[ -c /dev/full ] || exit 77
twofrom --help >/dev/full
