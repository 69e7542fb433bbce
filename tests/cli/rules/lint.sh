# SPDX-License-Identifier: Apache-2.0
# A fault has a place, a caret and what to write instead; all of them are told.
cat >noreply.yml <<'RULE'
title: Anything from a noreply address
status: stable
level: hgih
logsource: {product: email, category: message_header}
detection:
    reply:
        p2.address|starstwith: 'noreply@'
        p2.adress: 'x@y.example'
        from.domain|contains|endswith: bank.example
    old:
        relation: mismatched
        message.date|gte: 12.11.2024
    condition: reply and not odl
RULE
twofrom rules --no-shipped-rules lint noreply.yml
