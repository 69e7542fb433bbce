#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The system itself refuses rings, or stops one at work: the reading tests pass all the same.
# usage: system_refuses.sh PROGRAM, with test_io_read as PROGRAM
set -u
export ASAN_OPTIONS=detect_leaks=0 # the leak check cannot run below strace
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

if ! strace -o "$log" -e inject=io_uring_setup:error=EPERM true 2>/dev/null; then
    echo "skipped: no strace here, or it may not trace"
    exit 77
fi
passed=0 failed=0
for inject in io_uring_setup:error=EPERM io_uring_setup:error=ENOSYS io_uring_register:error=EINVAL \
    io_uring_enter:error=EPERM io_uring_enter:error=EPERM:when=4 io_uring_enter:error=EINTR:when=2+2; do
    if strace -f --seccomp-bpf -o "$log" -e trace=io_uring_setup,io_uring_register,io_uring_enter \
        -e inject="$inject" "$1" >/dev/null 2>&1; then
        passed=$((passed + 1))
        echo "ok      $inject ($(grep -c INJECTED "$log") calls)"
    else
        failed=$((failed + 1))
        echo "failed  $inject"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
