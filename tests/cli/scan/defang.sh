# SPDX-License-Identifier: Apache-2.0
# Addresses that nobody clicks by accident.
cp "$DATA/ambiguous.eml" .
twofrom scan -q --defang -o table ambiguous.eml
