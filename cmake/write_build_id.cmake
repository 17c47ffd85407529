# cmake -DINPUTS=a;b -DOUTPUT=x.h -DCONSTANT=kName -P write_build_id.cmake
# Writes a header with a constant made of the content of the inputs.
set(hashes "")
list(SORT INPUTS)
foreach(input IN LISTS INPUTS)
  file(SHA256 ${input} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 hash "${hashes}")
string(SUBSTRING ${hash} 0 16 id)
file(WRITE ${OUTPUT} "#pragma once
#include <cstdint>
namespace flinkc {
inline constexpr uint64_t ${CONSTANT} = 0x${id};
}  // namespace flinkc
")
