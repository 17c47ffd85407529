# flinkc_kernel_bitcode(<target> SOURCES <.cpp> BITCODE <function> BUILD_ID <function>)
# Compiles kernels with clang to bitcode, links them into one module, and embeds it in a static
# library that defines, in namespace flinkc,
#   std::span<const std::byte> <BITCODE function>();
#   uint64_t <BUILD_ID function>();       // made of the bitcode's content
# The same sources are compiled natively elsewhere, with the same -ffp-contract=off.
#
# The flags: -O2, since functions built at -O0 are never inlined, but no vectors and no unrolling,
# which would freeze the SSE2 loops of an unknown CPU; no -g, which makes reading and objects many
# times bigger. Paths are absolute: a relative one in a depfile would be looked for in the build
# tree, and every build would compile all kernels again. Linking drops the sources' names and the
# prefix map the rest, so that equal sources give equal bitcode in every checkout.
set(FLINKC_KERNEL_FLAGS
    -std=gnu++23 -O2 -DNDEBUG -fno-vectorize -fno-slp-vectorize -fno-unroll-loops
    -ffp-contract=off -fno-exceptions -fno-rtti -fno-threadsafe-statics
    -fno-asynchronous-unwind-tables -fno-stack-protector -fno-ident -fPIC
    -Wall -Wextra -Werror -Wno-unused-parameter)

function(flinkc_kernel_bitcode target)
  cmake_parse_arguments(ARG "" "BITCODE;BUILD_ID" "SOURCES" ${ARGN})
  set(parts "")
  foreach(source IN LISTS ARG_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE relative)
    string(REPLACE "/" "_" part ${relative})
    set(part ${CMAKE_CURRENT_BINARY_DIR}/${target}/${part}.bc)
    add_custom_command(
      OUTPUT ${part}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/${target}
      COMMAND ${FLINKC_KERNEL_CLANG} ${FLINKC_KERNEL_FLAGS} -I${PROJECT_SOURCE_DIR}
              -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -MD -MF ${part}.d -MT ${part}
              -emit-llvm -c ${source} -o ${part}
      DEPFILE ${part}.d
      DEPENDS ${source}
      COMMENT "Kernel bitcode ${relative}"
      VERBATIM)
    list(APPEND parts ${part})
  endforeach()

  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${target}.bc)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  add_custom_command(
    OUTPUT ${linked} ${embedded}
    COMMAND ${FLINKC_LLVM_LINK} -o ${linked} ${parts}
    COMMAND ${CMAKE_COMMAND} -DBITCODE_FILE=${linked} -DOUTPUT=${embedded} -DNAME=${target}
            -DBITCODE=${ARG_BITCODE} -DBUILD_ID=${ARG_BUILD_ID}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_bitcode.cmake
    DEPENDS ${parts} ${PROJECT_SOURCE_DIR}/cmake/embed_bitcode.cmake
    COMMENT "Linking kernel bitcode ${target}"
    VERBATIM)
  add_library(${target} STATIC ${embedded})
  set_property(SOURCE ${embedded} PROPERTY OBJECT_DEPENDS ${linked})
  set_target_properties(${target} PROPERTIES FLINKC_BITCODE_FILE ${linked})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()
