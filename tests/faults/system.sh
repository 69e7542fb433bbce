#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The system refuses: system.sh PROGRAM ARCHIVE
# A ring that cannot be had, locked memory that is short, full devices, closed pipes: the same records as
# always, or the status that says why not.
set -u
export LC_ALL=C
program=$(readlink -f "$1")
archive=$(readlink -f "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() {
    echo "$*"
    failed=$((failed + 1))
}
expect() { # STATUS WHAT COMMAND...
    want=$1 what=$2
    shift 2
    "$@" >got 2>words
    status=$?
    if [ $status = "$want" ]; then good; else bad "$what: status $status, not $want: $(head -c 300 words)"; fi
}
same() { # WHAT COMMAND...
    expect 0 "$@"
    cmp -s got whole || bad "$1: other records"
}
scan() {
    "$program" scan -q --all -o jsonl "$@" "$archive"
}
scan >whole || { echo "the archive cannot be read"; exit 1; }

same "pread" scan --io pread
for kib in 64 0; do
    limited() { (ulimit -l $kib && scan "$@"); }
    same "locked memory of $kib KiB" limited
done

# ASan has its own use for ptrace at the end of a program.
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}
if strace -f -o /dev/null true 2>/dev/null; then
    for error in EPERM ENOSYS ENOMEM EINVAL; do
        traced() { strace -f -o /dev/null -e inject=io_uring_setup:error=$error "$program" scan -q --all -o jsonl "$@" "$archive"; }
        same "io_uring_setup $error" traced
        expect 2 "io_uring_setup $error, asked for" traced --io uring
        [ -s words ] || bad "io_uring_setup $error: no word of it"
    done
    strace -f -o trace -e trace=openat,open,openat2 "$program" scan -q --all -o null "$archive" >/dev/null 2>&1
    if grep -F "$archive" trace | grep -qE 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC'; then
        bad "the archive is opened for writing"
    else
        good
    fi
    if grep -qE 'socket|connect' trace; then bad "a socket"; else good; fi
else
    skipped=$((skipped + 1))
    echo "no strace here, or it may not trace: rings that are refused are left out"
fi

for format in jsonl csv table summary pairs; do
    full() { "$program" scan -q --all -o $format "$archive" >/dev/full; }
    expect 4 "$format to a full device" full
done
# A reader that goes away: quiet, and 4 unless the pipe took all of it before.
piped() {
    "$program" scan -q --all -o jsonl "$archive" "$archive" "$archive" | true
    return "${PIPESTATUS[0]}"
}
piped >/dev/null 2>words
status=$?
case $status in 0 | 4) good ;; *) bad "closed pipe: status $status" ;; esac
[ ! -s words ] || bad "closed pipe: not quiet: $(cat words)"

expect 2 "an output that is there" "$program" scan -q -o jsonl=whole "$archive"
expect 2 "an output in no folder" "$program" scan -q -o jsonl=no/such/folder "$archive"
ln -s whole link.partial
cp whole before
expect 2 "a link where the output is made" "$program" scan -q -o jsonl=link "$archive"
cmp -s whole before || bad "an output went through a link"
# Devices and FIFOs are written as they stand; nothing is ever renamed onto one.
mkfifo fifo
cat fifo >through &
expect 0 "a FIFO" "$program" scan -q --all --clobber -o jsonl=fifo "$archive"
wait
cmp -s through whole || bad "a FIFO: other records"
if mknod device c 1 3 2>/dev/null && : 2>/dev/null >device; then
    expect 0 "a device" "$program" scan -q --all --clobber -o jsonl=device "$archive"
    expect 2 "pack onto a device" "$program" pack --clobber "$archive" device
    [ -c device ] || bad "a device was replaced"
else
    skipped=$((skipped + 1))
    echo "no device can be made here: left out"
fi
expect 2 "pack onto a FIFO" "$program" pack --clobber "$archive" fifo
[ -p fifo ] || bad "a FIFO was replaced"
expect 4 "a full device by its name" "$program" scan -q --all --clobber -o jsonl=/dev/full "$archive"
mkdir here
expect 2 "a folder as output" "$program" scan -q --clobber -o jsonl=here "$archive"

expect 3 "a folder that is not there" "$program" scan -q missing/
expect 3 "a file that cannot be read" "$program" scan -q /proc/self/mem
echo "$passed passed, $failed failed, $skipped skipped"
exit $((failed > 0))
