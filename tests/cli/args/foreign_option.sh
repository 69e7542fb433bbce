# SPDX-License-Identifier: Apache-2.0
# Each verb has its own options.
twofrom explain --fail-on=high x.eml
