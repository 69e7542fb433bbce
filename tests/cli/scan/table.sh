# SPDX-License-Identifier: Apache-2.0
# A table for people, and the summary behind it.
mkdir mail
cp "$DATA"/*.eml mail
twofrom scan -o table mail
