# SPDX-License-Identifier: Apache-2.0
# Without a verb there is no question.
twofrom
