# SPDX-License-Identifier: Apache-2.0
# A rule of yours selects what no finding would, raises level and score, and a filter takes hits away.
cat >rule.yml <<'RULE'
title: From shop.example
id: 11111111-2222-4333-8444-555555555555
level: critical
logsource: {product: email}
detection:
    a: {p2.domain: shop.example, header.from|exists: true}
    condition: a
RULE
cat >filter.yml <<'RULE'
title: Not from our own
logsource: {product: email}
filter:
    rules: [11111111-2222-4333-8444-555555555555]
    own: {p1.domain: shop.example}
    condition: not own
RULE
show() { sed -E 's/.*"message_index":([0-9]+).*"level":"([a-z]+)","score":([0-9]+).*"rule_ids":\[([^]]*)\].*/\1 \2 \3 \4/'; }
for way in "" --no-prefilter; do
    twofrom scan -q $way --no-shipped-rules --rules rule.yml -o jsonl "$DATA/aligned.eml" | show
    twofrom scan -q $way --no-shipped-rules --rules rule.yml --filters filter.yml -o jsonl "$DATA/aligned.eml" | show
done
