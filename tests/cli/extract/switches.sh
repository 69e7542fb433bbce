# SPDX-License-Identifier: Apache-2.0
# Header and notice are independent, texts are configurable, and the archive stays as it is.
cp "$DATA/annotate/plain.eml" "$DATA/annotate/html.eml" "$DATA/annotate/signed.eml" .
sha256sum *.eml >before
printf 'Achtung: <pr\303\274fen> & nicht antworten.\n' >text
echo '<b>Achtung</b>' >html
run() {
    echo "== $*"
    rm -rf out
    twofrom extract --to=out --annotate "$@" 2>&1 | sed 's/^out[^ ]* *//'
    cat out/*.eml 2>/dev/null | grep -aE '^X-|^Notice|Achtung|^Please'
}
run plain.eml
run --add-header=off plain.eml
run --add-disclaimer=off plain.eml
run --add-header=off --add-disclaimer=off plain.eml
run --disclaimer-text=text html.eml
run --disclaimer-text=text --disclaimer-html=html html.eml
# Seven bits hold no umlaut: the message is wrapped, or whatever was asked for.
run --disclaimer-text=text plain.eml
run --disclaimer-text=text --fallback=ignore plain.eml
run --disclaimer-text=text --fallback=skip plain.eml
run --fallback=ignore signed.eml
# A notice of somebody else counts too.
echo '# ours' >known
echo 'Please   pay.' >>known
run --disclaimers=known plain.eml
run --fallback=perhaps plain.eml
run --disclaimer-text=nosuch plain.eml
yes x | head -c 10002 >long
run --disclaimer-text=long plain.eml
printf '\377' >binary
run --disclaimer-text=binary plain.eml
sha256sum -c --quiet before && echo "archives unchanged"
