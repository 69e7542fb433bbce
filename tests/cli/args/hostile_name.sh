# SPDX-License-Identifier: Apache-2.0
# What stands on the screen is escaped.
twofrom "$(printf '\033[2Jscan')"
