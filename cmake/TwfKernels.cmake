# SPDX-License-Identifier: Apache-2.0
# Kernels: one file per kernel and instruction set, compiled with the flags of that set and no other.
# What the flags of a level allow is what kernels/cpu.c asks the CPU for; change both or none.
include(CheckCCompilerFlag)

set(TWF_ISA_FLAGS_sse42 -msse4.2 -mpopcnt)
set(TWF_ISA_FLAGS_avx2 -mavx2 -mpopcnt -mbmi -mbmi2 -mlzcnt)
set(TWF_ISA_FLAGS_avx512 ${TWF_ISA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512dq)

# No vectors but those that are written out: the scalar files are what the others are measured by, and in
# hdrscan gcc joins four stores to one vector, which costs more than it saves.
set(TWF_ISA_FLAGS_scalar "$<$<NOT:$<CONFIG:Debug>>:-O2>")
set(TWF_KERNEL_FLAGS -fno-tree-vectorize -fno-tree-slp-vectorize)

# The levels above scalar that this compiler makes for this target; a level needs the one below.
set(TWF_KERNEL_ISAS)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  foreach(isa sse42 avx2 avx512)
    string(REPLACE ";" " " twf_isa_flags "${TWF_ISA_FLAGS_${isa}}")
    check_c_compiler_flag("${twf_isa_flags}" TWF_CC_HAS_${isa})
    if(NOT TWF_CC_HAS_${isa})
      break()
    endif()
    list(APPEND TWF_KERNEL_ISAS ${isa})
  endforeach()
endif()

# twf_add_kernel(NAME ISAS isa...): the scalar file of kernels/NAME and those of ISAS that can be built.
# Called in kernels/CMakeLists.txt; adds to its list twf_kernel_sources.
function(twf_add_kernel name)
  cmake_parse_arguments(KERNEL "" "" "ISAS" ${ARGN})
  set(sources ${twf_kernel_sources})
  foreach(isa scalar ${KERNEL_ISAS})
    if(isa STREQUAL "scalar" OR isa IN_LIST TWF_KERNEL_ISAS)
      set(file ${name}/${name}_${isa}.c)
      set_source_files_properties(${file} PROPERTIES
        COMPILE_OPTIONS "${TWF_ISA_FLAGS_${isa}};${TWF_KERNEL_FLAGS}")
      list(APPEND sources ${file})
    endif()
  endforeach()
  set(twf_kernel_sources ${sources} PARENT_SCOPE)
endfunction()
