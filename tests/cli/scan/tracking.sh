# SPDX-License-Identifier: Apache-2.0
# P1 out of a tracking log, as the server writes it and as Export-Csv does, and another order.
{
    echo "Return-Path: <x@attack.example>"
    echo "Received: from m (m [192.0.2.7]) by mx.z.example (Postfix) with ESMTP id 1; d"
    echo "Message-ID: <1@z.example>"
    echo "From: A <a@x.example>"
    echo
} >a.eml
printf '#Software: S\r\n#Fields: date-time,event-id,message-id,return-path\r\n' >server.csv
printf '2026-02-07T10:00:00Z,RECEIVE,<1@z.example>,b@y.example\r\n' >>server.csv
printf '"MessageId","ReturnPath"\n"<1@z.example>","c@w.example"\n' >export.csv
for options in "" "--tracking server.csv" "--tracking export.csv" \
    "--tracking server.csv --tracking export.csv" "--p1-order return_path --tracking server.csv"; do
    echo "$options: $(twofrom scan -q --all -o jsonl $options a.eml |
        grep -o '"p1_address":"[^"]*"\|"p1_source":"[^"]*"\|"p1_rank":[0-9]*' | tr '\n' ' ')"
done
twofrom scan -q --all -o jsonl --tracking a.eml a.eml
echo "exit $?"
twofrom scan -q --p1-order none a.eml
echo "exit $?"
