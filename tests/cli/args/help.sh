# SPDX-License-Identifier: Apache-2.0
# The short help names the verbs.
twofrom -h
