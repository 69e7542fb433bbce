# SPDX-License-Identifier: Apache-2.0
# A frame that was cut is told; what came before it stands.
command -v zstd >/dev/null || { echo "zstd is missing" >&2; exit 77; }
zstd -q -c "$DATA/ambiguous.eml" >a.zst
zstd -q -c "$DATA/null.eml" | head -c 60 >>a.zst
twofrom scan -q -o table a.zst
