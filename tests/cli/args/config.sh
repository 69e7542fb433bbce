# SPDX-License-Identifier: Apache-2.0
# The command line wins over the config file; a verb may have lines of its own.
cp "$DATA/ambiguous.eml" .
cat >conf <<END
# who reads this wants little
--quiet
--min-level=critical
explain --defang
END
twofrom scan --config conf ambiguous.eml
echo "critical: $?"
TWOFROM_CONFIG=conf twofrom scan --min-level=high -o table ambiguous.eml
twofrom explain --config=conf ambiguous.eml | grep "^            so P"
