# SPDX-License-Identifier: Apache-2.0
# Every form of a journal report that docs/formats.md names, through a scan: which messages are judged, how deep they
# lie, who their envelope names, how many recipients the report has, and what is undecodable (exit status 3).
python3 - <<'END'
import base64

INNER = """Return-Path: <sender@a.example>
Received: from a (192.0.2.1) by ex.corp.example (192.0.2.2) with Microsoft SMTP Server id 15.2.1544.14; Thu, 14 Nov 2024 08:15:00 +0000
From: {frm}
To: user@corp.example
Subject: inner
Date: Thu, 14 Nov 2024 08:15:00 +0000
Message-ID: <{id}@a.example>

inner body
"""
OUTER = """{marker}: {value}
Sender: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example>
From: {frm}
Subject: inner
Message-ID: <1@journal.report.generator>
Return-Path: <undeliverable@corp.example>
Content-Type: multipart/mixed; boundary="b"
MIME-Version: 1.0

"""
FROM = "Bank <bank@a.example>"
TEXT = "--b\nContent-Type: text/plain; charset=us-ascii\n\n{report}\n"
REPORT = """Sender: sender@a.example
Subject: inner
Message-Id: <1@a.example>
{lines}"""
RFC822 = "--b\nContent-Type: message/rfc822\n{more}\n{inner}\n"
END_ = "--b--\n"


def inner(n=1, frm=FROM):
    return INNER.format(id=n, frm=frm)


def report(lines="Recipient: user@corp.example\n", marker="X-MS-Journal-Report", value="", frm=FROM, inners=None,
           text=None, end=END_):
    body = inners if inners is not None else RFC822.format(more="", inner=inner())
    return (OUTER.format(marker=marker, value=value, frm=frm) +
            TEXT.format(report=text or REPORT.format(lines=lines)) + body + end)


def ndr(text):
    return ("Return-Path: <>\nFrom: postmaster@corp.example\nSubject: Undeliverable\nContent-Type: multipart/report; "
            "report-type=delivery-status; boundary=n\nMIME-Version: 1.0\n\n--n\nContent-Type: text/plain\n\nfailed\n"
            "--n\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n--n\nContent-Type: "
            "message/rfc822\n\n" + text + "\n--n--\n")


part = "--b\nContent-Type: {0}\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"\x78\x9f\x3e\x22").decode() + "\n"
forms = {
    "01-2007": report("To: user@corp.example\nCc: two@corp.example, Expanded: list@corp.example\n"
                      "Bcc: three@corp.example, Forwarded: user@corp.example\n"),
    "02-inside": report(marker="X-MS-Exchange-Organization-Journal-Report"),
    "03-any-case": report(marker="x-ms-JOURNAL-report"),
    "04-online": report("Recipient: user@corp.example\nRecipient: two@corp.example\n"
                        "Label: External\nMailbox: user@corp.example\nSentUtc: 11/14/2024 8:15:00 AM\n"
                        "ReceivedUtc: 11/14/2024 8:15:01 AM\n"),
    "05-gcc": report("Recipient-Count: 1\nRecipient: user@corp.example\n", marker="X-MS-Gcc-Journal-Report"),
    "06-crlf": report().replace("\n", "\r\n"),
    "07-x500": report(text="Sender: [EX:/o=Corp/ou=x/cn=y]\nMessage-Id: <1@a.example>\nRecipient: user@corp.example\n"),
    "08-2003": (OUTER.format(marker="Content-Identifier", value="ExJournalReport", frm=FROM) +
                "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\n"
                "Sender: \"Name\" <SMTP:sender@a.example>\nMessage-ID: <1@a.example>\nRecipients:\n\"One\" <SMTP:one@corp.example>,\n"
                "\"Two\" <EX:/o=Org/ou=two>\n\n--c\nContent-Type: text/html\n\n<p>x</p>\n--c--\n" +
                RFC822.format(more="", inner=inner()) + END_),
    "09-misspelt": report(marker="Content-Identifer", value="ExJournalReport"),
    "10-two-inner": report(inners=RFC822.format(more="", inner=inner(1)) + RFC822.format(more="", inner=inner(2))),
    "11-ndr": ndr(report()),
    "12-ndr-ndr-journal-ndr": ndr(ndr(report(frm="postmaster@corp.example", inners=RFC822.format(more="", inner=ndr(inner(3)))))),
    "13-base64": report(inners="--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" +
                        base64.encodebytes(inner().encode()).decode() + "\n"),
    "14-no-end": report(end=""),
    "15-tnef": report(inners=part.format("application/ms-tnef")),
    "16-encrypted": report(inners=part.format("application/pkcs7-mime")),
    "17-no-inner": report(inners=""),
    "18-unknown-line": report("Recipient: user@corp.example\nFree-Offer: yes\n"),
    "19-two-senders": report("Sender: other@a.example\nRecipient: user@corp.example\n"),
    "20-marker-alone": "X-MS-Journal-Report:\n" + inner(),
    "21-no-marker": report(marker="X-Other"),
    "22-forged-outer": report(frm="Boss <boss@corp.example>"),
    "23-other-id": report(text="Sender: sender@a.example\nMessage-Id: <9@a.example>\nRecipient: user@corp.example\n"),
}
for name, text in forms.items():
    open(name + ".eml", "w", newline="").write(text)
END
show() {
    python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(r["source_uri"], "#" + r["record_id"].split(":")[2], "depth", r["journal_depth"], r.get("journal_form", "-"),
          r.get("message_id", "-"), r["p1_source"], r.get("p1_address", "-"), "rcpt", r.get("rcpt_count", "-"),
          *(f for f in r.get("findings", []) if f.startswith("J_")))'
}
for mail in *.eml; do
    twofrom scan --all --json --no-summary "$mail" >r.jsonl 2>/dev/null
    status=$?
    show <r.jsonl
    [ $status = 0 ] || echo "   exit $status"
done
echo "== require"
for mail in 22-forged-outer.eml 18-unknown-line.eml; do
    twofrom scan --all --json --no-summary --journal=require "$mail" 2>/dev/null | show
done
echo "== never"
twofrom scan --all --json --no-summary --journal=never 01-2007.eml | show
