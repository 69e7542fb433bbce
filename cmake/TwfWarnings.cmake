# SPDX-License-Identifier: Apache-2.0
# Flags of every target of ours: C17, warnings (fatal with TWF_WERROR), hardening.
add_library(twf_flags INTERFACE)
target_compile_features(twf_flags INTERFACE c_std_17)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
target_compile_options(twf_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes
  -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -fno-common
  -fstack-protector-strong -fcf-protection)
if(TWF_WERROR)
  target_compile_options(twf_flags INTERFACE -Werror)
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT TWF_SANITIZE)
  target_compile_options(twf_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
# gcc clears and copies structs of 100 to 500 bytes by "rep stos" and "rep movs", whose start alone costs what
# the whole of it costs in vectors; judging a message does so some twenty times (an eighth of its time).
include(CheckCCompilerFlag)
set(twf_strategy unrolled_loop:64:noalign,libcall:-1:noalign)
check_c_compiler_flag(-mmemset-strategy=${twf_strategy} TWF_CC_HAS_MEMSET_STRATEGY)
if(TWF_CC_HAS_MEMSET_STRATEGY)
  target_compile_options(twf_flags INTERFACE
    -mmemset-strategy=${twf_strategy} -mmemcpy-strategy=${twf_strategy})
endif()
target_link_options(twf_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
target_include_directories(twf_flags INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
