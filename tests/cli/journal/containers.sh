# SPDX-License-Identifier: Apache-2.0
# A report is unwrapped in every container, and the counters of the summary tell all of them.
golden=$DATA/../../golden/formats
mkdir mail
cp "$golden"/journal-{2007,2003,base64,in-bounce,lookalike,tnef}.eml mail/
for mail in mail/*; do
    echo "From a@b Thu Nov 14 08:15:00 2024"
    sed 's/^From />From /' "$mail"
    echo
done >m.mbox
tar --sort=name --owner=0 --group=0 --mtime=2024-11-14 -cf m.tar mail
zstd -q m.mbox
zstd -q m.tar
twofrom pack --frame-size=1K m.mbox packed.zst >/dev/null
for input in mail m.mbox m.mbox.zst m.tar.zst packed.zst; do
    twofrom scan --all --json -o summary=s.json --clobber --no-summary $input 2>/dev/null >r.jsonl
    echo "$input exit $?"
    python3 - <<'END'
import json
rows = [json.loads(line) for line in open("r.jsonl")]
print(sorted((r.get("journal_form", "-"), r["journal_depth"], r.get("message_id", "-"), r["verdict"]) for r in rows))
END
done | awk '/exit/ { print; next } !seen[$0]++'
