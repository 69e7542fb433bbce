# SPDX-License-Identifier: Apache-2.0
# A config file that is not there is no empty one.
TWOFROM_CONFIG=nosuch twofrom scan "$DATA/ambiguous.eml"
