# SPDX-License-Identifier: Apache-2.0
# The install target: headers, both libraries, the program where it is built, twofrom.pc and the CMake package.
# Nothing in it holds an absolute path: an installed tree may be moved.
include(CMakePackageConfigHelpers)

set(twf_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/twofrom)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/twofrom
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# Two export sets: who links the shared library need not have the libraries it is made with.
set_target_properties(twofrom_shared PROPERTIES EXPORT_NAME shared)
set_target_properties(twofrom_static PROPERTIES EXPORT_NAME static)
foreach(kind shared static)
  install(TARGETS twofrom_${kind} EXPORT twofrom_${kind}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT twofrom_${kind} NAMESPACE twofrom:: DESTINATION ${twf_package_dir}
    FILE twofrom-${kind}.cmake)
endforeach()
if(TARGET twofrom)
  install(TARGETS twofrom RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/twofromConfig.cmake.in
  ${PROJECT_BINARY_DIR}/twofromConfig.cmake INSTALL_DESTINATION ${twf_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/twofromConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/twofromConfig.cmake ${PROJECT_BINARY_DIR}/twofromConfigVersion.cmake
  DESTINATION ${twf_package_dir})

# An absolute CMAKE_INSTALL_LIBDIR or INCLUDEDIR is taken as it stands; then the tree cannot be moved.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR twf_fixed)
if(twf_fixed)
  set(twf_pc_prefix ${CMAKE_INSTALL_PREFIX})
  set(twf_pc_libdir ${CMAKE_INSTALL_LIBDIR})
else()
  file(RELATIVE_PATH twf_up /root/${CMAKE_INSTALL_LIBDIR}/pkgconfig /root)
  string(REGEX REPLACE "/$" "" twf_up "${twf_up}")
  set(twf_pc_prefix "\${pcfiledir}/${twf_up}")
  set(twf_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_INCLUDEDIR twf_fixed)
if(twf_fixed)
  set(twf_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(twf_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/twofrom.pc.in ${PROJECT_BINARY_DIR}/twofrom.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/twofrom.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
