# SPDX-License-Identifier: Apache-2.0
# Evidence is only read: no output lies on an input or in a folder that is one, whatever it is called.
mkdir -p mail/sub elsewhere
cp "$DATA/ambiguous.eml" mail/a.eml
ln -s mail linked
ln mail/a.eml hard.eml
printf '%s\n' mail/a.eml >list
printf '%s\n' elsewhere/gone.eml mail >folders

try() {
    twofrom scan -q "$@"
    echo "$? $(find . -name '*.partial' | wc -l)"
}
try -o jsonl=mail/out.jsonl mail
try -o jsonl=mail/sub/out.jsonl mail
try -o jsonl=linked/sub/../out.jsonl mail
try -o jsonl=mail/out.jsonl linked/.
try --clobber -o jsonl=mail/a.eml mail/a.eml
try --clobber -o jsonl=hard.eml mail/a.eml
try --clobber -o jsonl=mail/a.eml @list
try -o jsonl=mail/out.jsonl @folders
try -o null -o summary=mail/out.json elsewhere mail
(cd mail && try -o jsonl=out.jsonl .)
twofrom hunt -q -o jsonl=mail/out.jsonl -e 'p2.domain:bank' mail
echo "$?"
twofrom health --diff-exchange mail/diff.csv mail >/dev/null
echo "$?"
cmp mail/a.eml "$DATA/ambiguous.eml"
find mail -type f

# Beside an input, and onto a device, they may.
try -o jsonl=elsewhere/out.jsonl mail
try -o jsonl=mail/out.jsonl mail/a.eml
try -o jsonl=/dev/null mail/a.eml
