#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_isa.sh BUILD_DIR: no object uses an instruction set that its name does not tell. One AVX2
# instruction in a file that every CPU runs ends the program on those that lack it. The other way round,
# a kernel without the registers of its level was not compiled with its flags.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "usage: check_isa.sh BUILD_DIR" >&2
    exit 2
fi
objdump=${OBJDUMP:-objdump}
if ! command -v "$objdump" >/dev/null; then
    echo "SKIPPED: no objdump"
    exit 77
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

zmm='%zmm|%[xy]mm(1[6-9]|2[0-9]|3[01])|%k[0-7]'
ymm='%ymm'
# What AVX encodes anew (all its names begin with v), and BMI. tzcnt is missing on purpose: it is rep bsf,
# which gcc writes for every CPU where zero was excluded.
vex='\bv[a-z0-9]+[[:space:]]+[^#]*%xmm'
bmi='\b(andn|bextr|blsi|blsr|blsmsk|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx|lzcnt)[lq]?\b'

passed=0
failed=0
fail() {
    echo "FAIL $1: $2"
    failed=$((failed + 1))
}

find "$1" -path '*/CompilerIdC/*' -prune -o -name '*.c.o' -print | sort >"$tmp/objects"
while read -r object; do
    "$objdump" -d --no-show-raw-insn "$object" | sed -n 's/^ *[0-9a-f]*:[[:space:]]*//p' >"$tmp/code"
    needs=
    case $object in
    *_avx512.c.o) needs=%zmm bans= ;;
    *_avx2.c.o) needs=%ymm bans=$zmm ;;
    *_sse42.c.o) needs=%xmm bans="$zmm|$ymm|$vex|$bmi" ;;
    *) bans="$zmm|$ymm|$vex|$bmi" ;;
    esac
    if [ -n "$bans" ] && grep -E -m 1 -e "$bans" "$tmp/code" >"$tmp/hit"; then
        fail "$object" "$(cat "$tmp/hit")"
    elif [ -n "$needs" ] && ! grep -q -e "$needs" "$tmp/code"; then
        fail "$object" "no $needs"
    else
        passed=$((passed + 1))
    fi
done <"$tmp/objects"

echo "$passed passed, $failed failed"
if [ "$failed" -gt 0 ]; then
    exit 1
fi
# Without kernels nothing was proved.
grep -q '_avx2\.c\.o$' "$tmp/objects" || exit 77
