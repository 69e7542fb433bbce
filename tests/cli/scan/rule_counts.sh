# SPDX-License-Identifier: Apache-2.0
# How many messages each rule hit is what a reader of all records counts, for any number of threads.
count() {
    twofrom scan -q "$@" -o summary=sum --clobber -o jsonl=rec --all "$DATA/../../../corpora/demo.mbox.zst"
    sed -n 's/^ *{"id": "\([^"]*\)".*"filter": false.*"messages": \([1-9][0-9]*\)}.*/\2 \1/p' sum | sort >counted
    grep -o '"rule_ids":\[[^]]*\]' rec | grep -o '[0-9a-f-]\{36\}' | sort | uniq -c | sed 's/^ *//' | sort >found
    cmp counted found && wc -l <found
}
count -T 1
count -T 8
count --no-prefilter
