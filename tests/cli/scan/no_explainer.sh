# SPDX-License-Identifier: Apache-2.0
# Each explainer can be switched off: what it took away is back, and explain tells why.
for f in "$DATA"/../../../corpora/seeds/{list_mailman,report_dsn,newsletter_esp}.eml; do
    cp "$f" .
done
show() {
    twofrom scan -q --all -o jsonl "$@" | python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(r["verdict"], r["score"], r.get("findings", []), r.get("allowances", []))'
}
show list_mailman.eml
show --no-explainer=X_LIST list_mailman.eml
twofrom explain --no-explainer=X_LIST list_mailman.eml | grep X_LIST
show --no-explainer=X_REPORT report_dsn.eml
twofrom explain --no-explainer=x_report report_dsn.eml | grep X_REPORT
show --no-explainer=X_DKIM newsletter_esp.eml
show --no-explainer=X_DKIM --no-explainer=X_VERP newsletter_esp.eml
twofrom scan -q --no-explainer=FROM_NUL newsletter_esp.eml
echo "exit $?"
