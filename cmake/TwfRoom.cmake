# SPDX-License-Identifier: Apache-2.0
# twf_room(NAME SOURCES file... [LIBS target...]): one room of src/ as an object library and, for
# tests of a single room, as the static library twf_room_NAME.
function(twf_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LIBS" ${ARGN})
  add_library(twf_obj_${name} OBJECT ${ROOM_SOURCES})
  target_link_libraries(twf_obj_${name} PRIVATE twf_flags ${ROOM_LIBS})
  set_target_properties(twf_obj_${name} PROPERTIES C_VISIBILITY_PRESET hidden)
  add_library(twf_room_${name} STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:twf_obj_${name}>)
  target_link_libraries(twf_room_${name} INTERFACE ${ROOM_LIBS})
  set_property(GLOBAL APPEND PROPERTY TWF_ROOMS ${name})
  set_property(GLOBAL APPEND PROPERTY TWF_ROOM_LIBS ${ROOM_LIBS})
endfunction()
