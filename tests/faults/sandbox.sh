#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every verb that reads mail, inside the sandbox, and where there is none: sandbox.sh PROGRAM DENY ROOT
# Inside, it gives what it gives without. Where the kernel lacks Landlock or seccomp, "require" ends with 5 and
# writes nothing, "auto" gives the same as ever, and those that have a place for words say what is missing.
set -u
export LC_ALL=C
program=$(readlink -f "$1") deny=$(readlink -f "$2") root=$(readlink -f "$3")
"$program" doctor | grep -q '^ok *sandbox' || { echo "no sandbox on this machine"; exit 77; }
"$deny" landlock /bin/true || { echo "no filter can be set here"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
cp "$root/corpora/demo.mbox.zst" .
mkdir mail && cp "$root"/corpora/seeds/*.eml mail/
passed=0 failed=0
check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        head -n 5 words
    fi
}
verb() { # NAME "ARGUMENTS" FILE-IT-MAKES-OR-EMPTY
    local name=$1 file=$3 what
    # shellcheck disable=SC2206  # several words on purpose
    local args=($2)
    once() { # MODE FIRST...
        local mode=$1
        shift
        rm -rf made .twofrom* ./*.arrow mail/*.arrow
        "$@" "$program" "$name" --sandbox "$mode" "${args[@]}" >out 2>words
        status=$?
        [ -n "$file" ] && [ -e "$file" ] && cat "$file" >>out
        # Clocks and speeds are not results.
        sed -i -E 's/[0-9.]+ s$//' out
    }
    once off env
    [ $status = 0 ] || { echo "FAILED: $name without a sandbox: status $status"; failed=$((failed + 1)); head -n 5 words; return; }
    mv out want
    mv words want.words
    once require env
    check "$name: status $status in the sandbox" test $status = 0
    check "$name gives something else in the sandbox" cmp out want
    for what in landlock seccomp; do
        once require "$deny" $what
        check "$name requires what is not there ($what): status $status" test $status = 5
        check "$name says nothing of it ($what)" grep -q "sandbox require.*no $what" words
        check "$name writes without a sandbox ($what)" test ! -s out
        once auto "$deny" $what
        check "$name: status $status without $what" test $status = 0
        check "$name gives something else without $what" cmp out want
    done
}
verb scan "-q -o jsonl demo.mbox.zst" ""
verb scan "-q --crash-restarts off -o jsonl mail" ""
verb explain "demo.mbox.zst#3" ""
verb health "demo.mbox.zst" ""
verb index "demo.mbox.zst" demo.mbox.zst.twofrom.arrow
verb pack "demo.mbox.zst made" made
verb extract "--to=made demo.mbox.zst#3" ""
verb hunt "-q --no-index -e p2.address:@ -o jsonl demo.mbox.zst" ""
verb hunt "-q -e p2.address:@ -o jsonl mail demo.mbox.zst" ""
# From the index, which is there now, and with an output and an index in folders of their own.
mkdir indexes
"$program" index -q --index-dir indexes demo.mbox.zst
verb hunt "-q --index-dir indexes -e p2.address:@ -o jsonl=made demo.mbox.zst" made
verb index "--check --index-dir indexes demo.mbox.zst" ""
echo "$passed passed, $failed failed"
exit $((failed > 0))
