# SPDX-License-Identifier: Apache-2.0
# The Spark example of docs/index.md, where PySpark and a JVM can be had.
python3 -c "import pyspark, pyarrow, pandas" 2>/dev/null || { echo "SKIPPED: no PySpark, pyarrow or pandas" >&2; exit 77; }
command -v java >/dev/null || { echo "SKIPPED: no Java" >&2; exit 77; }
cp "$DATA/../../../corpora/demo.mbox.zst" .
twofrom index demo.mbox.zst >/dev/null || exit 1
sed -n '/^```py$/,/^```$/p' "$DATA/../../../docs/index.md" | sed '/^```/d' >example.py
python3 example.py 2>spark.err || { tail -5 spark.err; exit 1; }
twofrom hunt -q --group-by verdict -e verdict:. demo.mbox.zst | sort -k2
