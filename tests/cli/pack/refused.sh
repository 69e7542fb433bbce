# SPDX-License-Identifier: Apache-2.0
# What pack does not do; nothing is left behind, and the inputs stay as they are.
cp "$DATA/aligned.eml" a.eml
zstd -q a.eml
cp a.eml.zst before
ln a.eml.zst hard.zst
ln -s a.eml.zst soft.zst
run() {
    twofrom pack "$@" 2>&1
    echo "exit $?"
}
run a.eml.zst a.eml.zst
run --clobber a.eml.zst hard.zst
run --clobber a.eml.zst soft.zst
echo kept >there
run a.eml.zst there
cat there
run - out.zst
run . out.zst
run nosuch out.zst
run a.eml.zst nosuch/out.zst
run --level 20 a.eml.zst out.zst
run --frame-size 0 a.eml.zst out.zst
run a.eml.zst
head -c 100 a.eml.zst >cut.zst
run cut.zst out.zst
(cat a.eml.zst; echo garbage) >trailing.zst
run trailing.zst out.zst
: >out2.zst.partial
run a.eml.zst out2.zst
cmp a.eml.zst before && ls
