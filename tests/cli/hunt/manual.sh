# SPDX-License-Identifier: Apache-2.0
# docs/hunting.md: every command in it, and what it prints. In its blocks a line "$ COMMAND" stands before
# the output; here-documents end with END.
export CORPORA=$DATA/../../../corpora
inside=0 heredoc=0
while IFS= read -r line; do
    if [ "$line" = '```' ]; then
        inside=$((1 - inside))
    elif [ $inside = 0 ]; then
        continue
    elif [ $heredoc = 1 ]; then
        printf '%s\n' "$line" >>run
        [ "$line" != END ] || heredoc=0
    elif [ "${line#\$ }" != "$line" ]; then
        printf 'printf "%%s\\n" %q\n%s\n' "$line" "${line#\$ }" >>run
        printf '%s\n' "$line" >>want
        [ "${line%<<END}" = "$line" ] || heredoc=1
    else
        printf '%s\n' "$line" >>want
    fi
done <"$DATA/../../../docs/hunting.md"
bash run >got 2>&1
diff want got && [ "$(grep -c '^\$ ' want)" -ge 10 ]
