# SPDX-License-Identifier: Apache-2.0
# SIGTERM while standard input is silent: the status tells the signal, within two seconds and a bit.
mkfifo in
twofrom scan -q -o table - <in >out &
run=$!
exec 3>in
cat "$DATA/ambiguous.eml" >&3
sleep 0.5
kill -TERM "$run"
begin=$(date +%s%N)
wait "$run" 2>/dev/null
status=$?
[ $(($(date +%s%N) - begin)) -lt 3000000000 ] || echo "too late"
exit $status
