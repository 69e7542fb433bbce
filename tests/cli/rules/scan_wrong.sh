# SPDX-License-Identifier: Apache-2.0
# A wrong rule ends a scan before any mail is read: no record, no output file, status 2.
printf 'title: T\nlogsource: {product: email}\ndetection:\n  a: {p1.domain|re: "(a"}\n  condition: a\n' >r.yml
twofrom scan --rules r.yml -o jsonl=out.jsonl "$DATA/ambiguous.eml"
status=$?
ls out.jsonl* 2>/dev/null
exit $status
