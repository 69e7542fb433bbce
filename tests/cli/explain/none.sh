# SPDX-License-Identifier: Apache-2.0
# There is no such message.
cp "$DATA/aligned.eml" a.eml
twofrom explain a.eml#7
