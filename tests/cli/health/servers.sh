# SPDX-License-Identifier: Apache-2.0
# One host over time (H2), a build beside it, a sender's Exchange below (H1), and what is assumed without --own.
mail() { # DATE BUILD TAG FROM [FIELDS-OF-THE-SENDER]
    printf 'From a@b Thu Nov 14 08:15:00 2024\n'
    printf 'Received: from a (192.0.2.1) by EX01.corp.example (192.0.2.2) with Microsoft\n'
    printf ' SMTP Server (version=TLS1_2) id %s; %s\n' "$2" "$1"
    printf 'Received: from b (192.0.2.3) by mail.sender.example (192.0.2.4) with Microsoft SMTP Server id\n'
    printf ' 15.1.2507.61; %s\n' "$1"
    printf 'From: %s\nSubject: x\nDate: %s\n%sX-MS-Exchange-Organization-AuthAs: Anonymous\n' "$4" "$1" "$5"
    [ -z "$3" ] || printf 'X-MS-Exchange-P2FromRegexMatch: %s\n' "$3"
    printf '\nbody\n\n'
}
{
    mail "Mon, 11 Nov 2024 08:00:00 +0000" 15.2.1544.11 "" "<a@x.example>, <b@y.example>"
    mail "Wed, 13 Nov 2024 23:30:00 -0200" 15.2.1544.13 True "<a@x.example>, <b@y.example>"
    mail "Fri, 15 Nov 2024 08:00:00 +0000" 15.2.1544.11 "" "<a@x.example>"
    mail "Sat, 30 Nov 2024 08:00:00 +0000" 15.02.1544.014 True "<a@x.example>"
    mail "no date" 15.2.1544.14 maybe "<a@x.example>"
    mail "Sat, 30 Nov 2024 09:00:00 +0000" 15.2.1544.14 "" "<a@x.example>" \
        $'X-MS-Exchange-P2FromRegexMatch: True\nX-Mailer: evil\n'
} >m.mbox
zstd -q m.mbox
echo "== assumed"
twofrom health m.mbox.zst
echo "== own"
twofrom health --own=.corp.example --others --suv1=manual --transport-rules=yes m.mbox.zst | grep -E 'server|SUv1'
echo "== not own"
twofrom health --own=other.example m.mbox.zst | grep -E 'server|Exposure|tag:'
echo "== json"
twofrom health --json m.mbox.zst | python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
for l in lines:
    if l["name"] == "Exchange server":
        print(l["host"], l["build"], l["scope"], l["status"], l["messages"], l["tags"], l["undated"], l["first_seen"], l["last_seen"])
exposure, = (l for l in lines if l["name"] == "Exposure")
print(sum(exposure[k] for k in ("current", "suv2", "suv1", "unpatched", "online", "none")))
tag, = (l for l in lines if l["name"] == "Exchange tag")
names = [f"{r}_{a}" for r in ("both", "neither", "only_exchange", "only_us") for a in ("able", "not_able", "able_unknown")]
print({n: tag[n] for n in names if tag[n]}, sum(tag[n] for n in names), tag["other_value"], tag["forged_or_foreign"])'
echo "== scan says the same of the tags"
twofrom scan -q -o summary m.mbox.zst | grep '"exchange_tag"'
echo "== html"
twofrom health --html m.mbox.zst >page.html
grep -v '^<style>' page.html
twofrom health m.mbox.zst >words
python3 - words page.html <<'PY'
import html, re, sys
words = [re.sub(r"^(\w+) +", r"\1 ", line) for line in open(sys.argv[1]).read().splitlines()]
cells = re.findall(r"<tr class=\"\w+\"><td>(\w+)</td><td>(.*?)</td><td>(.*?)</td></tr>", open(sys.argv[2]).read())
print(words == [f"{c} {html.unescape(n)}: {html.unescape(d)}" for c, n, d in cells], "page and words are the same")
PY
twofrom health --html --json m.mbox.zst
echo "exit $?"
echo "== diff"
twofrom health --diff-exchange=d.jsonl m.mbox.zst >/dev/null
sed 's/"record_id":"[0-9a-f]*/"record_id":"ID/' d.jsonl
stat -c %a d.jsonl
twofrom health --diff-exchange=d.jsonl m.mbox.zst
echo "exit $?"
