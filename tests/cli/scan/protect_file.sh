# SPDX-License-Identifier: Apache-2.0
# A file of protected domains: comments, empty lines, both line ends; what is no domain is refused.
printf '# ours\nbank.example\n\nshop.example\r\n' >domains
printf 'Return-Path: <x@attack.example>\nFrom: <a@bank.example>\n\n' >a.eml
printf 'Return-Path: <x@attack.example>\nFrom: <b@shop.example>\n\n' >b.eml
for p in @domains bank.example; do
    twofrom scan -q --all --json --protect "$p" a.eml b.eml | grep -o '"findings":[^]]*]'
done
twofrom scan -q --protect @missing a.eml
echo "$?"
printf 'no domain\n' >wrong
twofrom scan -q --protect @wrong a.eml
echo "$?"
