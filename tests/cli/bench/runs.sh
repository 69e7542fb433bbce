# SPDX-License-Identifier: Apache-2.0
# Whole runs: the facts that do not depend on the clock, as text and as JSON; and a reference.
mkdir mail
cp "$DATA"/*.eml mail
twofrom bench --runs 2 --warmup 0 mail | sed -n "s/^\(.* messages\), .*/\1/p"
twofrom bench --runs 3 --export=json mail >first.json 2>outliers
sed "s/.*\(\"runs\": 3, \"warmup\": 1, \"cold\": false, \"messages\": [0-9]*\),.*\(\"exit\": [0-9]*\).*/\1 \2/" first.json
twofrom bench --runs 1 --cold --reference first.json mail 2>outliers | grep -c "^against the reference: "
