# SPDX-License-Identifier: Apache-2.0
# One object a line where standard output is no terminal; --all writes the harmless ones too.
mkdir mail
cp "$DATA"/*.eml mail
twofrom scan -q --all mail | sed -e "s/.*\"source_uri\":\"\([^\"]*\)\".*\"verdict\":\"\([^\"]*\)\",\"level\":\"\([^\"]*\)\".*/\1 \2 \3/"
