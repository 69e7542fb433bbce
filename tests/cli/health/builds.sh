# SPDX-License-Identifier: Apache-2.0
# One build each, without an archive; another table; a status for scripts.
for n in 15.2.1544.11 15.2.1544.13 15.2.1544.14 15.2.1544.33 15.2.1544.36 15.02.1544.014 15.2.1258.39 \
    15.2.1748.10 15.2.2562.17 15.0.1497.48 15.20.8158.24 15.2.2562.999; do
    twofrom health --exchange-build=$n --suv1=manual --transport-rules=yes
done
twofrom health --exchange-build=15.2.1544.13 | grep -c SUv1.advice
for color in yellow red; do
    for n in 15.2.1544.13 15.2.1544.14 15.2.1544.36; do
        twofrom health --fail-on=$color --exchange-build=$n >/dev/null
        echo "$color $n exit $?"
    done
done
printf 'date 2030-01\nsource a list\n15.2.1544.13 Nov24SU 2019 CU14\n15.2.1544.99 Nov24SUv2 2019 CU14\n' >table
twofrom health --builds=table --exchange-build=15.2.1544.36
echo nonsense >table
twofrom health --builds=table --exchange-build=15.2.1544.36
echo "exit $?"
twofrom health --exchange-build=15.2
echo "exit $?"
twofrom health
echo "exit $?"
