# Third parties, all from Debian's packages (tools/setup). Each stands behind one wall: only the
# folder that wraps it links it.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)

# simdjson's own CMake target turns on its threads; ours does not (`threaded = false`).
find_library(SIMDJSON_LIBRARY simdjson REQUIRED)
add_library(flinkc_simdjson INTERFACE)
target_link_libraries(flinkc_simdjson INTERFACE ${SIMDJSON_LIBRARY})

find_package(LLVM 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm)
add_library(flinkc_llvm INTERFACE)
target_include_directories(flinkc_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(flinkc_llvm INTERFACE LLVM)
target_link_directories(flinkc_llvm INTERFACE ${LLVM_LIBRARY_DIRS})
find_program(FLINKC_KERNEL_CLANG clang++-19 REQUIRED)
find_program(FLINKC_LLVM_LINK llvm-link-19 REQUIRED)

if(FLINKC_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
