#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What compiler and linker made of our flags: hardening.sh PROGRAM SHARED-LIBRARY STATIC-LIBRARY [fortify]
# Position independent, every relocation done and read-only before main, no executable stack, no text
# relocation, stack protector; with "fortify" checked calls of libc. Indirect branches are guarded in each
# of our objects: whether the whole program says so is up to the C library's own start code.
set -u
export LC_ALL=C
command -v readelf >/dev/null || { echo "no readelf here"; exit 77; }
passed=0 failed=0
check() { # FILE WHAT PATTERN TEXT
    if grep -qE -- "$3" <<<"$4"; then
        passed=$((passed + 1))
    else
        echo "$1: no $2"
        failed=$((failed + 1))
    fi
}
refuse() { # FILE WHAT PATTERN TEXT
    if grep -qE -- "$3" <<<"$4"; then
        echo "$1: $2"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
for file in "$1" "$2"; do
    name=${file##*/}
    head=$(readelf -hW "$file") segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file")
    symbols=$(readelf --dyn-syms -W "$file")
    check "$name" "position independent code" 'Type: +DYN' "$head"
    check "$name" "RELRO" 'GNU_RELRO' "$segments"
    check "$name" "immediate binding" 'BIND_NOW|\(FLAGS_1\).*NOW' "$dynamic"
    check "$name" "stack without execution" 'GNU_STACK.* RW ' "$segments"
    refuse "$name" "a segment that can be written and executed" 'LOAD.* RWE ' "$segments"
    refuse "$name" "text relocations" 'TEXTREL' "$dynamic"
    check "$name" "stack protector" '__stack_chk_fail' "$symbols"
    [ "${4:-}" = fortify ] && check "$name" "fortified calls" '__[a-z]+_chk(@|$| )' "$symbols"
done
check "${1##*/}" "PIE" '\(FLAGS_1\).*PIE' "$(readelf -dW "$1")"
if readelf -hW "$1" | grep -q 'X86-64'; then
    objects=$(readelf -hW "$3" | grep -c '^File: ')
    guarded=$(readelf -nW "$3" | grep -c 'IBT, SHSTK')
    if [ "$objects" -gt 0 ] && [ "$objects" = "$guarded" ]; then
        passed=$((passed + 1))
    else
        echo "${3##*/}: $guarded of $objects objects have guarded branches"
        failed=$((failed + 1))
    fi
fi
echo "$passed passed, $failed failed"
exit $((failed > 0))
