#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every verb on the demo under valgrind's memcheck: memcheck.sh PROGRAM ROOT
# No invalid access, no use of what was never written, no leak. Skips where valgrind is not installed. valgrind knows no
# AVX-512 and no io_uring; what it cannot see ASan sees (preset asan).
set -u
export LC_ALL=C
program=$(readlink -f "$1")
root=$(readlink -f "$2")
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }
if ldd "$program" | grep -qE 'lib[at]san'; then
    echo "a program with a sanitizer has its own memory"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
demo=$root/corpora/demo.mbox.zst
cp "$demo" demo.mbox.zst
head -c 9000 "$demo" >cut.mbox.zst

passed=0 failed=0
try() { # STATUS WORDS...
    local want=$1 status
    shift
    valgrind -q --child-silent-after-fork=yes --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible "$program" "$@" >out 2>words
    status=$?
    if [ $status = "$want" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "twofrom $*: status $status, expected $want"
        head -n 40 words
    fi
}
cpu="--cpu avx2"
grep -qw avx2 /proc/cpuinfo || cpu="--cpu scalar"
how="$cpu --io pread"
# One process, whose errors are those of the program.
scan="$how --crash-restarts off"
# A question of a hunt is compiled by a child with little address space, less than valgrind takes: --no-prefilter.
# shellcheck disable=SC2086  # several words on purpose
{
    try 0 scan $scan -q -T 2 --all -o jsonl demo.mbox.zst
    try 0 scan $scan -q -T 1 -o table -o csv=o.csv -o summary=o.json -o pairs=p.csv demo.mbox.zst
    try 3 scan $scan -T 2 -o null cut.mbox.zst missing
    try 0 explain $how "demo.mbox.zst#3"
    try 0 index $how demo.mbox.zst
    try 0 hunt $how --no-prefilter -o jsonl -e 'p2.domain:bank' demo.mbox.zst
    try 0 hunt $how --no-prefilter --no-index -o jsonl -e 'p2.domain:bank' demo.mbox.zst
    try 0 pack $how demo.mbox.zst packed.mbox.zst
    try 0 extract $how --to to "packed.mbox.zst#3"
    try 0 health $how demo.mbox.zst
    try 0 doctor $how
}
try 0 rules list
try 0 version
try 2 scan --no-such-option
echo "$passed passed, $failed failed"
[ $failed = 0 ]
