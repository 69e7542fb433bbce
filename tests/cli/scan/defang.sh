# SPDX-License-Identifier: Apache-2.0
# Addresses that nobody clicks by accident.
twofrom scan -q --defang -o table "$DATA/ambiguous.eml"
