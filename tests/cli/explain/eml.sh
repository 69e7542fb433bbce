# SPDX-License-Identifier: Apache-2.0
# Every step for one message.
cp "$DATA/ambiguous.eml" a.eml
twofrom explain a.eml | sed "/^versions/d"
