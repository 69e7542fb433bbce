# SPDX-License-Identifier: Apache-2.0
# Compiled rules are kept in the user's cache folder, in one that is named, or not at all; the records are the same.
mkdir rules
for i in $(seq 100 139); do
    printf '%s\n' "title: word $i" "id: 00000000-0000-0000-0000-000000000$i" 'status: test' 'level: low' \
        'logsource: {product: email, category: message_header}' 'detection:' \
        "    word: {subject|contains: 'word $i'}" '    other: {p2.domain: attack.example}' \
        '    condition: word or other' >rules/$i.yml
done
ask() { twofrom scan -q --all -o jsonl --rules rules --no-shipped-rules "$@" "$DATA"/*.eml | sha256sum; }
ask --rules-cache off >off
ls -A "$XDG_CACHE_HOME"
ask >first
ls "$XDG_CACHE_HOME"/twofrom | grep -c '\.rules$'
stat -c %a "$XDG_CACHE_HOME"/twofrom "$XDG_CACHE_HOME"/twofrom/*
ask >again
ask --rules-cache mine >named
ls mine | grep -c '\.rules$'
printf x | dd of="$(ls mine/*.rules)" bs=1 seek=1000 conv=notrunc status=none
ask --rules-cache mine >damaged
chmod 500 mine
ask --rules-cache mine >closed
chmod 700 mine
HOME=/nowhere XDG_CACHE_HOME=relative ask >homeless
ls -d relative 2>/dev/null
cat off first again named damaged closed homeless | sort -u | wc -l
