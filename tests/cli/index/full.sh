# SPDX-License-Identifier: Apache-2.0
# A disk that is full (a limit on the length of files stands for it), and folders where nothing can be written: no
# index and no part of one, status 4; a scan on the way to one says so too, and a hunt goes on without.
cp "$DATA/../../../corpora/demo.mbox.zst" a.mbox.zst
trap '' XFSZ
for blocks in 0 1 20 40; do
    (ulimit -f $blocks && exec twofrom index a.mbox.zst 2>&1 >/dev/null) | sed 's/^/index: /'
    (ulimit -f $blocks && exec twofrom index a.mbox.zst >/dev/null 2>&1) || echo "status $?"
done
(ulimit -f 40 && exec twofrom scan -q -o null --write-index a.mbox.zst 2>&1) | sed 's/^/scan: /'
ls
twofrom index --index-dir /proc/self/fd a.mbox.zst >/dev/null 2>&1 || echo "status $?"
if [ "$(id -u)" != 0 ]; then
    mkdir closed && cp a.mbox.zst closed && chmod 500 closed
    twofrom index closed >/dev/null 2>&1
    [ $? = 4 ] || echo "a closed folder: wrong status"
    twofrom hunt -q --count -e p2.org:=mill.example closed/a.mbox.zst >closed.count
    twofrom hunt -q --count -e p2.org:=mill.example a.mbox.zst | cmp - closed.count
    chmod 700 closed
fi
ls *.arrow* closed/*.arrow* 2>/dev/null
twofrom hunt -q --count -e p2.org:=mill.example a.mbox.zst
