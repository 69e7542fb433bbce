# SPDX-License-Identifier: Apache-2.0
# What cannot be measured is refused, each with its reason.
cp "$DATA/aligned.eml" .
for words in "" "--kernels aligned.eml" "--stages" "--kernels --stages" "--stages --cold aligned.eml" \
    "--runs 0 aligned.eml" "--warmup x aligned.eml" "--export=md aligned.eml" "--runs 1 --reference aligned.eml aligned.eml"; do
    twofrom bench $words >out
    echo "$words: $?"
done
