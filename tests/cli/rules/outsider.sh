# SPDX-License-Identifier: Apache-2.0
# Rules as somebody writes them who knows Sigma and not twofrom: they work, or the error says what to write.
n=0
lint() { # LOGSOURCE DETECTION: lines of standard output without the place of the file
    n=$((n + 1))
    { printf '%s\n' "title: rule $n" 'status: experimental' 'description: as for a SIEM' 'author: somebody' \
        'date: 2024-11-12' 'references:' '    - https://example.org/' 'tags:' '    - attack.initial-access' \
        '    - attack.t1566.002' "logsource: {$1}" 'detection:' "$2" 'falsepositives:' '    - Unknown' \
        'level: high'; } >rule.yml
    twofrom rules --no-shipped-rules lint rule.yml | grep -v '^ *|\|^ *[0-9]* |'
}
email() { lint 'product: email, category: message_header' "$1"; }
one() { email "    selection: {$1}
    condition: selection"; }
echo '# they work'
one 'Subject|contains|all: [invoice, overdue]'
one "subject|re|i: 'invoice.*overdue'"
one "p2.display|startswith: [CEO, CFO]"
one 'p2.domain|endswith: .example, p1.domain|contains: mail'
one 'header.X-Mailer|exists: true'
one 'p1.domain|fieldref: p2.domain'
one "message.size|gt: '1000'"
one "replyto.address: ''"
one "subject: 'C:\\\\Users\\\\*'"
email '    keywords: [invoice, overdue]
    condition: keywords'
email '    selection_a: {subject|contains: invoice}
    selection_b: {subject|contains: overdue}
    filter_main_x: {p2.domain: a.example}
    condition: 1 of selection_* and not 1 of filter_main_*'
email '    a: {subject|contains: invoice}
    b: {p2.domain: a.example}
    condition: all of them'
email '    selection: {subject|contains: invoice}
    filter:
        - p1.domain: a.example
        - p2.domain|endswith: .b.example
    condition: selection AND NOT filter'
echo '# they do not, and what to write instead'
one 'email.from.address|endswith: a.example, email.subject: x, email.attachments.file.name|endswith: .iso'
one 'P1Sender|endswith: a.example, P2Sender: b.example, url.domain: bit.ly, attachment.extension: iso'
one 'SenderFromAddress: a@b.example, SenderMailFromDomain: b.example, RecipientEmailAddress: c@d.example'
one 'SourceIp|cidr: 10.0.0.0/8'
one 'p2.domain|cidr: 10.0.0.0/8'
one 'From|contains: ceo'
one 'Return-Path|contains: ceo'
one 'body|contains: password'
one 'subject|base64offset|contains: invoice'
one 'subject|wide|base64offset|contains: invoice'
one 'subject|utf16le|contains: invoice'
one "subject|windash|contains: ' -enc'"
one "p2.domain|expand: '%domains%'"
one 'p2.display|startsWith: CEO'
one 'p2.display|regex: CEO'
one 'message.date|hour: 3'
one 'replyto.address: null'
one 'header.x-mailer|exists: yes'
email '    a: {subject|contains: x}
    b: {subject|contains: y1}
    condition: a | near b'
email '    a: {subject|contains: x}
    timeframe: 15m
    condition: a | count() by p2.address > 10'
email '    a_1: {subject|contains: x}
    a_2: {subject|contains: z}
    condition: 2 of a_*'
email '    a: {subject|contains: x}
    condition: a and b'
email '    a: {subject|contains: x}
    condition: any of a*'
lint 'product: m365, service: exchange' '    a: {subject|contains: x}
    condition: a'
lint 'category: email' '    a: {subject|contains: x}
    condition: a'
printf '%s\n' 'title: many' 'correlation: {type: event_count, rules: [x], group-by: [p2.address], timespan: 1h}' >rule.yml
twofrom rules --no-shipped-rules lint rule.yml | grep -v '^ *|\|^ *[0-9]* |'
