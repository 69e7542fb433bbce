# SPDX-License-Identifier: Apache-2.0
# The examples of docs/index.md, and every column as pyarrow, Polars and DuckDB read it against our records.
for module in pyarrow pandas polars duckdb; do
    python3 -c "import $module" 2>/dev/null || { echo "SKIPPED: no Python module $module" >&2; exit 77; }
done
cp "$DATA/../../../corpora/demo.mbox.zst" .
twofrom index --with-headers demo.mbox.zst >/dev/null || exit 1
for n in 1 2 3 4; do
    sed -n "/^\`\`\`python\$/,/^\`\`\`\$/p" "$DATA/../../../docs/index.md" |
        awk -v want=$n '/^```python$/ { n++; next } /^```$/ { next } n == want' >example.py
    python3 example.py || exit 1
done
mv example.py whole.py
twofrom hunt -q --json -e p2.raw:. -e p2.fields:=0 --with-headers demo.mbox.zst >rows.jsonl
python3 - <<'END'
import base64, datetime, json, polars, duckdb, pyarrow as pa, pyarrow.ipc
name = "demo.mbox.zst.twofrom.arrow"
table = mail = pyarrow.ipc.open_file(name).read_all()
table.validate(full=True)
plain = pa.table({f: (c.combine_chunks().dictionary_decode() if pa.types.is_dictionary(c.type) else c)
                  for f, c in zip(table.column_names, table.columns)})
ours = [json.loads(line) for line in open("rows.jsonl", encoding="utf-8")]
assert len(ours) == table.num_rows == 420
def shape(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value if value != [] and value != "" and value != b"" else None
checked = 0
brief = {}
exec(open("whole.py", encoding="utf-8").read(), brief)
rows = plain.to_pylist()
assert sum(row["record_id"] is None for row in rows) > 300 and sum(row["p2_readers"] is None for row in rows) > 100
assert sum("=" not in item for row in rows for item in row["p1_seen"]) > 300
assert sum(" " in item for row in rows for item in row["p1_seen"]) > 100
assert sum((row["date_raw"] or b"")[:1] in (b"+", b"-", b" ", b"~") for row in rows) > 300
assert sum((row["return_path_raw"] or b"") in (b"@", b"~", b"=", b"^") for row in rows) > 100
for row in rows:
    brief["whole"](row)
for column in plain.column_names:
    arrow = [shape(row[column]) for row in rows]
    for i, record in enumerate(ours):
        if column + "_b64" in record:
            want = base64.b64decode(record[column + "_b64"])
        elif column in record:
            want = record[column]
        else:
            continue
        have = arrow[i]
        if isinstance(have, bytes) and isinstance(want, str):
            want = want.encode()
        if isinstance(have, float):
            want = datetime.datetime.fromisoformat(want.replace("Z", "+00:00")).timestamp()
        assert have == want, (column, i, have, want)
        checked += 1
frame = polars.read_ipc(name)
def comparable(value):
    return list(value) if isinstance(value, polars.Series) else value
for column in plain.column_names:
    other = [comparable(v) for v in frame[column].to_list()]
    assert [shape(v) for v in other] == [shape(v) for v in plain[column].to_pylist()], column
for column in plain.column_names:
    if column in ("date", "date_received"):
        got = duckdb.sql(f'select epoch_us("{column}") from mail').fetchall()
        want = [(None if v is None else round(v.timestamp() * 1e6),) for v in plain[column].to_pylist()]
    else:
        got = duckdb.sql(f'select "{column}" from mail').fetchall()
        want = [(v,) for v in plain[column].to_pylist()]
    assert got == want, column
print(checked > 10000, table.num_columns > 60)
END
