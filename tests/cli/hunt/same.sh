# SPDX-License-Identifier: Apache-2.0
# The same question gives the same bytes: from the index and from the archive, by any number of threads, with
# and without prefilter, with and without headers in the index.
cp "$DATA/../../../corpora/demo.mbox.zst" a.mbox.zst
tar -cf b.tar -C "$DATA/../../../corpora/seeds" --sort=name --mtime=@0 --owner=0 --group=0 .
cp "$DATA/ambiguous.eml" c.eml
twofrom index --with-headers a.mbox.zst b.tar >/dev/null || exit 1
twofrom hunt --only-index -e p2.raw:. a.mbox.zst >/dev/null 2>&1 || exit 1
n=0 hits=0
mkdir in && mv a.mbox.zst* b.tar* c.eml in && cd in || exit 1
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
ask() {
    twofrom hunt -q --json "$@" . >"$out/index" 2>"$out/err" || { echo "failed: $*"; cat "$out/err"; }
    twofrom hunt -q --json --no-index -T 3 "$@" . >"$out/archive" || echo "failed: $*"
    twofrom hunt -q --json --no-prefilter -T 1 "$@" . >"$out/slow" || echo "failed: $*"
    cmp "$out/index" "$out/archive" && cmp "$out/index" "$out/slow" || echo "differs: $*"
    n=$((n + 1)) hits=$((hits + $(wc -l <"$out/index")))
}
ask -e 'p1.address:^office@'
ask -i -e 'p2.display:BANK|field'
ask -e 'p2.raw:<[^>]*,'
ask --with-subject -e 'subject:[^ -~]'
ask --with-headers -e 'header.received:by mx'
ask -e 'p2.readers:S2='
ask -e 'findings:=FROM_AMBIGUOUS_ORG' -e 'allowances:X_LIST' -e 'journal.form:.'
ask --all-of -e 'relation:=mismatch' -e 'verdict:SUSPECT|PLAIN'
ask -e score:=70 -e p1.null:=true -e 'archive.name:eml$'
ask --min-level medium -e 'message.id:.'
ask --since 2024-09-10 --until 2024-09-12 -e 'p2.domain:e$'
ask -e 'p2.domain:(?!bank)b' -e 'auth.dmarc:^fail$'
ask -e 'header.x-mailer:.' -e 'list.id:.' -e 'to.raw:undisclosed'
ask -e 'header.date:^Tue, 1[0-9] .*\+0[12]00'
ask -e 'header.return-path:^<[a-m].*>$' -e 'header.date:=+0000'
ask -e 'subject:no such subject'
echo "$n questions"
[ "$hits" -gt 1000 ] && echo "many hits"
