# SPDX-License-Identifier: Apache-2.0
# Written, then fresh; private; checked from end to end; none for single messages.
cp "$DATA/../../../corpora/demo.mbox.zst" demo.mbox.zst
cp "$DATA/aligned.eml" "$DATA/null.eml" .
twofrom index . | sed 's/, [0-9.]* MB.*//'
twofrom index demo.mbox.zst
twofrom index --check demo.mbox.zst
stat -c '%a %n' demo.mbox.zst.twofrom.arrow
ls
mkdir elsewhere
twofrom index --index-dir elsewhere demo.mbox.zst >line
sed 's/\.[0-9a-f]\{16\}\./.HASH./; s/, [0-9.]* MB.*//' line
ls elsewhere | sed 's/\.[0-9a-f]\{16\}\./.HASH./'
