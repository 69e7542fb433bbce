# SPDX-License-Identifier: Apache-2.0
# Stages and kernels are those of the programs in bench/: here only that they are reached.
twofrom bench --stages --runs 1 --export=json "$DATA/aligned.eml" | grep -o "\"messages\":1\|\"stage\":\"[a-z ]*\""
twofrom bench --kernels --runs 1 --export=json | grep -o "\"kernel\":\"mboxsep\",\"size\":24,\"level\":\"scalar\""
