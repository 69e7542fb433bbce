# SPDX-License-Identifier: Apache-2.0
# The worked example of docs/rules.md holds, and every field of the table is in it.
root=$DATA/../../..
sed -n '/^```yaml$/,/^```$/p' "$root/docs/rules.md" | sed '1d;/^```$/,$d' >fake_invoice.yml
twofrom rules --no-shipped-rules lint fake_invoice.yml && twofrom rules --no-shipped-rules test fake_invoice.yml
sed -n 's/^R("\([^"]*\)".*/\1/p' "$root/src/rules/rule_fields.def" | while read -r field; do
    grep -qF "| \`$field\` |" "$root/docs/rules.md" || echo "docs/rules.md lacks $field"
done
