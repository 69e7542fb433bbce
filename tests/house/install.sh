#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh BUILD WORK SOURCE CC FLAGS: installs, moves the installed tree, and builds and runs a program
# against it, once by pkg-config and once by the CMake package (shared and static).
set -eu
build=$1 work=$2 source=$3 cc=$4 flags=$5
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/tree"
pc=$(find "$work/tree" -name twofrom.pc)
libdir=$(dirname "$(dirname "$pc")")
version=$(sed -n 's/^#define TWF_VERSION "\(.*\)"/\1/p' "$work/tree/include/twofrom/twofrom.h")
expect() {
    case $("$@") in
    "twofrom $version: "?*) ;;
    *) echo "$*: wrong words"; exit 1 ;;
    esac
}

export PKG_CONFIG_PATH=${pc%/*}
[ "$(pkg-config --modversion twofrom)" = "$version" ]
$cc $flags "$source/consumer.c" -o "$work/by_pc" $(pkg-config --cflags --libs twofrom)
LD_LIBRARY_PATH=$libdir expect "$work/by_pc"

cmake -S "$source" -B "$work/by_cmake" -G Ninja -DCMAKE_PREFIX_PATH="$work/tree" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags" >"$work/cmake.log"
grep -q "^twofrom_DIR:PATH=$work/tree/" "$work/by_cmake/CMakeCache.txt"
ninja -C "$work/by_cmake" >"$work/ninja.log" || { cat "$work/ninja.log"; exit 1; }
expect "$work/by_cmake/consumer_shared"
expect "$work/by_cmake/consumer_static"
if grep -rl "$work/first" "$libdir/pkgconfig" "$libdir/cmake"; then
    echo "an installed file holds the prefix"
    exit 1
fi
echo "installed, moved, found by pkg-config and by CMake"
