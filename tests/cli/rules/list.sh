# SPDX-License-Identifier: Apache-2.0
# What --set leaves out; one rule by the beginning of its id, with what is looked for.
twofrom rules list --set all | tail -1
twofrom rules list --set core | tail -1
twofrom rules show 5e1c7f0a | head -2
twofrom rules show --hs 5e1c7f0a
