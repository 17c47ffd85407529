# flinkc_library(<target> DEPS <targets of this project> LIBRARIES <third parties>)
# One target a folder: all *.cpp of the current folder. DEPS are the allowed edges of the layering
# diagram (tools/tidy/layers.txt); a third party is named only by the folder that is its wall.
function(flinkc_library target)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBRARIES;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources AND NOT ARG_SOURCES)  # a folder of headers
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARG_DEPS} fmt::fmt ${ARG_LIBRARIES})
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    return()
  endif()
  add_library(${target} STATIC ${sources} ${ARG_SOURCES})
  target_link_libraries(${target} PUBLIC ${ARG_DEPS} fmt::fmt
                        PRIVATE flinkc_warnings ${ARG_LIBRARIES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
endfunction()

# flinkc_check_indices(<target>): the standard library checks indices and empty containers in it,
# and aborts instead of reading what is not there.
function(flinkc_check_indices target)
  target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
endfunction()

# flinkc_test(<target> DEPS <targets>): all *_test.cpp of the current folder as one GoogleTest
# program, its cases known to ctest under "<target>.".
function(flinkc_test target)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES} flinkc_warnings
                        GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE FLINKC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${target} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${target} PROPERTIES TIMEOUT 300)
endfunction()

# flinkc_protobuf(<variable> <file.proto>...): C++ from .proto files of the current folder, in the
# same folder of the build tree, so that `#include "runtime/data/types.pb.h"` and the import
# "runtime/data/types.proto" both work from everywhere. The variable gets the sources for SOURCES.
function(flinkc_protobuf variable)
  set(sources)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(proto IN LISTS ARGN)
    get_filename_component(stem ${proto} NAME_WE)
    set(output ${PROJECT_BINARY_DIR}/${folder}/${stem}.pb)
    add_custom_command(
      OUTPUT ${output}.cc ${output}.h
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${PROJECT_BINARY_DIR}
              ${CMAKE_CURRENT_SOURCE_DIR}/${proto}
      DEPENDS ${proto}
      VERBATIM)
    # Generated code is not ours to mend.
    set_source_files_properties(${output}.cc PROPERTIES COMPILE_OPTIONS -w)
    list(APPEND sources ${output}.cc ${output}.h)
  endforeach()
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()
