# SPDX-License-Identifier: Apache-2.0
# The rule and the overrides, byte for byte as Microsoft publishes them; docs/exchange.md has them too.
twofrom health --exchange-rule >rule
cat rule
sed -n '/^```powershell$/,/^```$/p' "$DATA/../../../docs/exchange.md" | sed '1d;$d' | cmp - rule && echo "as documented"
