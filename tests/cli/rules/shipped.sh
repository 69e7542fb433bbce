# SPDX-License-Identifier: Apache-2.0
# The examples in every shipped rule hold, and none has a fault.
twofrom rules lint && twofrom rules test
