# SPDX-License-Identifier: Apache-2.0
# Messages for collectors: one JSON object a line, the summary too.
twofrom scan --log-format=json -o table nosuch.mbox 2>log
status=$?
tail -n 1 log | grep -c "^{\"time\":\"[0-9TZ:-]*\",\"level\":\"info\",\"summary\":{.*}$"
tail -n 1 log | grep -o "\"judged\": 0, \|\"exit_code\": [0-9]" | sort -u
exit $status
