#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signals at random times: signals.sh PROGRAM [ROUNDS [SEED]]
# INT and TERM end with 130 and 143 within two seconds, and what stands in the output is a prefix of the
# whole one, in whole lines; a KILL leaves a prefix too. Nothing is left beside the output.
set -u
export LC_ALL=C
program=$(readlink -f "$1")
rounds=${2:-12}
RANDOM=${3:-4711}
echo "seed ${3:-4711}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

awk 'BEGIN {
    for (i = 0; i < 12000; i++)
        printf "From a@x.example Thu Nov 14 08:15:00 2024\nReturn-Path: <a%d@x.example>\nFrom: b@y%d.example\n\nbody\n\n", i, i % 7
}' >big.mbox
scan() {
    "$program" scan -q --all -T 2 -o jsonl big.mbox
}
begin=$(date +%s%N)
scan >whole || { echo "the whole run fails"; exit 1; }
took=$((($(date +%s%N) - begin) / 1000000))
[ "$(wc -l <whole)" = 12000 ] || { echo "not every message has a line"; exit 1; }

failed=0 stopped=0
say() {
    echo "round $round, $signal after $after ms: $*"
    failed=$((failed + 1))
}
for ((round = 1; round <= rounds; round++)); do
    case $((round % 3)) in 0) signal=INT want=130 ;; 1) signal=TERM want=143 ;; *) signal=KILL want=137 ;; esac
    after=$((RANDOM % (took + 1)))
    # A job of a script ignores INT; env gives it back.
    env --default-signal=INT "$program" scan -q --all -T 2 -o jsonl big.mbox >part 2>words &
    pid=$!
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    begin=$(date +%s%N)
    kill -$signal $pid 2>/dev/null
    wait $pid 2>/dev/null
    status=$?
    late=$((($(date +%s%N) - begin) / 1000000))
    # It may have ended by itself before the signal came, or not have begun to listen.
    case $status in
    "$want") stopped=$((stopped + 1)) ;;
    0) cmp -s part whole || say "status 0, but not the whole output" ;;
    *) say "status $status: $(cat words)" ;;
    esac
    [ $late -lt 4000 ] || say "ended after $late ms only"
    size=$(stat -c %s part)
    cmp -s -n "$size" part whole || say "the output is no prefix of the whole one"
    if [ $signal != KILL ] && [ "$size" -gt 0 ] && [ "$(tail -c 1 part | wc -l)" != 1 ]; then
        say "half a line at the end"
    fi
done
[ $stopped -gt 0 ] || { echo "no signal met a run at work"; failed=1; }

# A file that is not finished is not there, and nothing of it stays.
env --default-signal=INT "$program" scan -q --all -T 2 -o jsonl=out.jsonl big.mbox 2>words &
pid=$!
signal=TERM after=$((took / 3)) round=last
sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
status=$?
if [ $status = 143 ]; then
    [ ! -e out.jsonl.partial ] || say "out.jsonl.partial stays"
fi
[ ! -e out.jsonl ] || cmp -s out.jsonl whole || [ $status = 143 ] || say "out.jsonl is there, and not whole"
echo "$((rounds + 1 - failed)) passed, $failed failed ($stopped stopped at work)"
exit $((failed > 0))
