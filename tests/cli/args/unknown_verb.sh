# SPDX-License-Identifier: Apache-2.0
# A typing error is told.
twofrom scna x.mbox
