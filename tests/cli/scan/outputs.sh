# SPDX-License-Identifier: Apache-2.0
# Several outputs of one run; an existing file is not replaced unasked.
twofrom scan -q -o csv=hits.csv -o summary=run.json -o pairs=pairs.csv "$DATA/ambiguous.eml"
ls
grep -c FROM_AMBIGUOUS_ORG hits.csv
grep -o "\"judged\": 1" run.json | head -n 1
head -n 1 pairs.csv | cut -d, -f1-3
twofrom scan -q -o csv=hits.csv "$DATA/aligned.eml"
echo "$? $(grep -c AMBIGUOUS hits.csv)"
twofrom scan -q --clobber -o csv=hits.csv "$DATA/aligned.eml"
echo "$? $(grep -c AMBIGUOUS hits.csv)"
