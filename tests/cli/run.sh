#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One case of the command line: run.sh PROGRAM NAME.sh
#
# NAME.sh runs in an empty folder with the program first in PATH, $DATA beside it. Its standard output
# must equal NAME.stdout.exact, its standard error match NAME.stderr.glob line by line (a pattern of the
# shell each), its status be that in NAME.exit. A file that is missing stands for no output and status 0.
# TWF_UPDATE=1 rewrites the three files: look at the difference before it is committed.
set -u
export LC_ALL=C TERM=dumb
unset NO_COLOR TWOFROM_CONFIG
program=$(readlink -f "$1")
script=$(readlink -f "$2")
base=${script%.sh}
export DATA=${script%/*/*}/data
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/work" "$dir/cache"
export XDG_CACHE_HOME=$dir/cache
ln -s "$program" "$dir/bin/twofrom"

(cd "$dir/work" && PATH=$dir/bin:$PATH exec bash "$script") >"$dir/stdout" 2>"$dir/stderr" </dev/null
status=$?
if [ $status = 77 ]; then
    cat "$dir/stderr"
    exit 77
fi

# What differs from run to run and from machine to machine.
mask() {
    sed -e 's/[][*?\\]/\\&/g' \
        -e 's/^twofrom [0-9.]*  run .*/twofrom *  run *  PSL *  * thread* */' \
        -e 's/^\(rules .* yours (\)[0-9a-f]*/\1????????/' \
        -e 's/^\(result .*, exit [0-9]*; \).*/\1*/'
}

put() { # CONTENT-FILE TARGET
    if [ -s "$1" ]; then cp "$1" "$2"; else rm -f "$2"; fi
}

if [ "${TWF_UPDATE:-0}" = 1 ]; then
    put "$dir/stdout" "$base.stdout.exact"
    mask <"$dir/stderr" >"$dir/glob"
    put "$dir/glob" "$base.stderr.glob"
    if [ $status = 0 ]; then rm -f "$base.exit"; else echo $status >"$base.exit"; fi
    exit 0
fi

failed=0
want=0
[ -e "$base.exit" ] && want=$(cat "$base.exit")
if [ $status != "$want" ]; then
    echo "exit status $status, expected $want"
    failed=1
fi

exact=$base.stdout.exact
[ -e "$exact" ] || exact=/dev/null
if ! diff -u "$exact" "$dir/stdout"; then
    echo "standard output differs"
    failed=1
fi

glob=$base.stderr.glob
[ -e "$glob" ] || glob=/dev/null
mapfile -t patterns <"$glob"
mapfile -t lines <"$dir/stderr"
count=${#patterns[@]}
[ ${#lines[@]} -gt "$count" ] && count=${#lines[@]}
for ((i = 0; i < count; i++)); do
    # Unquoted on purpose: the right side is a pattern.
    # shellcheck disable=SC2053
    if [[ ${lines[i]-<no line>} != ${patterns[i]-<no line>} ]]; then
        echo "standard error, line $((i + 1)): ${lines[i]-<no line>}"
        echo "expected:                ${patterns[i]-<no line>}"
        failed=1
    fi
done
exit $failed
