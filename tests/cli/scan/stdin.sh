# SPDX-License-Identifier: Apache-2.0
# Standard input is an input.
twofrom scan --no-summary -o table - <"$DATA/null.eml"
