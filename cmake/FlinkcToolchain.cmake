# The compiler, its warnings, the linker and the sanitizers.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_EXTENSIONS ON)  # traits of __int128 exist only with gnu++23
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Every object may end up in the bitwise comparison of interpreter and generated code: no fused
# multiply-add that the source did not ask for.
add_compile_options(-ffp-contract=off)

add_library(flinkc_warnings INTERFACE)
target_compile_options(flinkc_warnings INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter
                       -Wno-missing-field-initializers)

# What makes a fault that is there harder to use. The standard library's own checks of indices are
# for libraries without loops over rows (flinkc_check_indices).
if(NOT FLINKC_SANITIZER)
  add_compile_options(-fstack-protector-strong -fcf-protection
                      "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
  add_link_options(-Wl,-z,relro -Wl,-z,now)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
endif()

if(FLINKC_SANITIZER)
  add_compile_options(-fsanitize=${FLINKC_SANITIZER} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FLINKC_SANITIZER})
  if(FLINKC_SANITIZER STREQUAL "address")
    add_compile_options(-fsanitize=undefined -fno-sanitize-recover=undefined)
    # Before a call by pointer this check reads a mark in front of the function, which generated
    # code does not have: at the start of a page that read faults.
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      add_compile_options(-fno-sanitize=function)
    endif()
    add_link_options(-fsanitize=undefined)
  endif()
endif()

# Coverage for libFuzzer everywhere; only the fuzz targets link its main.
if(FLINKC_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
