#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh CC: each header compiles alone, twice in one file, and with the warnings of the house. The
# bodies in kernels/NAME/ are left out: they need the flags of their instruction set.
set -eu
cc=$1
cd "$(dirname "$0")/.."
flags=$(pkg-config --cflags libhs libzstd liburing libidn2 libcrypto libxxhash)
passed=0 failed=0
for header in include/twofrom/*.h src/*/*.h kernels/*.h; do
    name=${header#include/}
    name=${name#src/}
    if printf '#include "%s"\n#include "%s"\nextern int twf_header_test;\n' "$name" "$name" |
        "$cc" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror \
            -I. -Isrc -Iinclude $flags -fsyntax-only -x c -; then
        passed=$((passed + 1))
    else
        echo "$header does not stand alone"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
