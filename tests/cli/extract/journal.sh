# SPDX-License-Identifier: Apache-2.0
# A report is copied as it stands by its place; by a record, the message inside.
golden=$DATA/../../golden/formats
for form in 2007 base64 in-bounce; do
    cp "$golden/journal-$form.eml" .
    twofrom extract --to=whole journal-$form.eml >/dev/null
    cmp whole/*.eml journal-$form.eml && echo "the report"
    twofrom scan --json --all --no-summary journal-$form.eml >r.jsonl
    twofrom extract --to=inner --from-records=r.jsonl | sed 's/^inner[^ ]* *//'
    python3 - <<'END'
import email, glob
inner, = glob.glob("inner/*.eml")
whole, = glob.glob("whole/*.eml")
data = open(inner, "rb").read()
parts = [p for p in email.message_from_binary_file(open(whole, "rb")).walk()
         if p.get_content_type() == "message/rfc822"]
print(email.message_from_bytes(data)["Message-ID"], parts[-1].get_payload(0)["Message-ID"])
END
    rm -r whole inner
done
