#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Job A with Python's mailbox and email: job_mailbox.py MBOX (not compressed). See job_gmime.c."""
import email.utils
import mailbox
import sys

messages = differ = 0
for message in mailbox.mbox(sys.argv[1], create=False):
    messages += 1
    p1 = email.utils.parseaddr(str(message.get("Return-Path", "")))[1].rpartition("@")[2].lower()
    p2 = email.utils.parseaddr(str(message.get("From", "")))[1].rpartition("@")[2].lower()
    differ += bool(p1 and p2 and p1 != p2)
print(messages, differ)
