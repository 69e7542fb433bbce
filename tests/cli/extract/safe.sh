# SPDX-License-Identifier: Apache-2.0
# Names come from hashes, links are not followed, nothing is replaced; records cannot lead elsewhere.
cp "$DATA/aligned.eml" a.eml
name=$(twofrom extract --to=out a.eml | sed 's/^out.\([^ ]*\) .*/\1/')
stat -c '%a %s' out "out/$name"
twofrom extract --to=out a.eml | sed 's/^[^ ]* *//'
# Another file under that name: the next number is taken.
echo other >"out/$name"
twofrom extract --to=out a.eml | sed 's/^[^ ]*-/-/'
# A link under that name.
echo kept >victim
mkdir linked
ln -s ../victim "linked/$name"
twofrom extract --to=linked a.eml | sed 's/^[^ ]*-/-/'
cat victim
# A subject, a Message-ID or a member that looks like a path is never one.
mkdir -p tree
printf 'From: a@x.example\nSubject: ../../up\nMessage-ID: </etc/x>\n\nbody\n' >tree/b.eml
tar cf t.tar -C tree --transform 's,^,/../../up/,' -P b.eml
twofrom scan --json --all --no-summary t.tar >r.jsonl 2>/dev/null
twofrom extract --to=deep --from-records=r.jsonl | sed 's/[0-9a-f]\{32\}/HASH/'
find . -newer victim -name '*up*'
# Records that are none, or tell of another message.
run() { twofrom extract --to=out2 --from-records="$1" 2>&1; echo "exit $?"; }
echo 'not json' >bad; run bad
echo '{"schema":"other/1"}' >bad; run bad
sed 's/"source_uri":"[^"]*"/"source_uri":"%00"/' r.jsonl >bad; run bad
sed 's/"message_hash":"./"message_hash":"-/' r.jsonl >bad; run bad
sed 's/"message_offset":[0-9]*/"message_offset":7/' r.jsonl >bad; run bad
sed 's/"source_uri":"[^"]*"/"source_uri":"nosuch"/' r.jsonl >bad; run bad
ls out2
