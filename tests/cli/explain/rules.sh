# SPDX-License-Identifier: Apache-2.0
# Rules that hit a message: what they make of its level and score is what scan makes of them; a filter; none.
cat >mine.yml <<'END'
title: Mail about the tender
id: 00000000-0000-4000-8000-000000000001
status: test
level: high
logsource: {product: email, category: message_header}
detection:
    tender: {p2.domain: 'shop.example'}
    condition: tender
END
cat >filter.yml <<'END'
title: Not from that host
id: 00000000-0000-4000-8000-000000000002
status: test
logsource: {product: email, category: message_header}
filter:
    rules: [00000000-0000-4000-8000-000000000001]
    host: {p1.domain: 'shop.example'}
    condition: not host
END
cp "$DATA/aligned.eml" "$DATA/ambiguous.eml" .
show() {
    twofrom explain "$@" | sed -n '/^rules/,/^score/p'
}
show aligned.eml
show ambiguous.eml
show --rules=mine.yml aligned.eml
show --rules=mine.yml --no-shipped-rules aligned.eml
twofrom scan -q --all --json --rules=mine.yml --no-shipped-rules aligned.eml ambiguous.eml | grep -o '"level":"[a-z]*","score":[0-9]*'
show --rules=mine.yml --filters=filter.yml aligned.eml
show --no-shipped-rules aligned.eml
twofrom explain --set=core ambiguous.eml | grep -c "^rules"
