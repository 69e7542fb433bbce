# SPDX-License-Identifier: Apache-2.0
# An input that is not there makes the run incomplete; the others are read.
cp "$DATA/ambiguous.eml" .
twofrom scan -o table nosuch.mbox ambiguous.eml
