# SPDX-License-Identifier: Apache-2.0
# SenderDomainIs of an Exchange transport rule under each SenderAddressLocation: P1 a@x.example, P2 b@y.example and,
# in the second message, c@z.example as second author; hits from the archive and from its index.
mail() { # FROM [FIELD]
    echo "From a@x.example Thu Nov 14 08:15:00 2024"
    echo "Return-Path: <a@x.example>"
    echo "Received: from m (m [192.0.2.7]) by mx.w.example (Postfix) with ESMTP id 1; Thu, 14 Nov 2024 08:15:00 +0000"
    echo "From: $1"
    echo "Reply-To: d@v.example"
    echo "Sender: b@y.example"
    printf 'Subject: s\n\nbody\n\n'
}
{
    mail 'B <b@y.example>'
    mail 'B <b@y.example>, C <c@z.example>'
} >m.mbox
zstd -q m.mbox
twofrom index -q m.mbox.zst >/dev/null
for domain in x y z v; do
    for view in header envelope any legacy; do
        for how in --no-index --only-index; do
            printf '%s ' "$(twofrom hunt -q $how --json -e "exchange.sender.$view:@$domain\\.example\$" m.mbox.zst | wc -l)"
        done
        printf '%s %s.example\n' $view $domain
    done
done
