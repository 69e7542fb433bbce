# SPDX-License-Identifier: Apache-2.0
# -fsanitize for everything, so that no object is left out.
if(TWF_SANITIZE)
  string(REPLACE ";" "," twf_sanitize "${TWF_SANITIZE}")
  add_compile_options(-fsanitize=${twf_sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${twf_sanitize})
endif()
# libFuzzer's coverage in every object, so that targets see what the rooms do (fuzz/CMakeLists.txt).
if(TWF_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link -g)
endif()
